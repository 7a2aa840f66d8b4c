//! What is written to standard error: lines for people, or one JSON object each.

use std::fmt;

use serde_json::{Map, Value as Json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::telemetry::{Log, LogFormat};

/// What `C360_LOG` says; nothing where it is not set.
///
/// # Errors
/// A sentence about what it says.
pub(super) fn wanted() -> Result<Option<EnvFilter>, String> {
    match std::env::var("C360_LOG").map(|wanted| wanted.parse::<EnvFilter>()) {
        Ok(Ok(filter)) => Ok(Some(filter)),
        Ok(Err(why)) => {
            Err(format!("C360_LOG: {why}; expected a level, such as debug, or levels of parts, such as c360=trace"))
        }
        Err(_) => Ok(None),
    }
}

/// Begins to write, as the settings want it; what `C360_LOG` says counts more.
///
/// # Errors
/// A sentence about the settings' level.
pub(super) fn begin(settings: &Log) -> Result<(), String> {
    let filter = match wanted()? {
        Some(filter) => filter,
        None => settings.level.parse::<EnvFilter>().map_err(|why| format!("`telemetry.log.level`: {why}"))?,
    };
    let is_seen = std::io::IsTerminal::is_terminal(&std::io::stderr()) && std::env::var_os("NO_COLOR").is_none();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second beginning would be of the same process, whose first one stands.
    let _ = match settings.format {
        LogFormat::Text => log.with_ansi(is_seen).with_target(false).try_init(),
        LogFormat::Json => log.with_ansi(false).event_format(JsonLines).try_init(),
    };
    Ok(())
}

/// One object a line: `time`, `level`, `target`, `message`, and the event's own fields beside them.
struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let mut line = Line(Map::new());
        event.record(&mut line);
        let Line(mut line) = line;
        line.insert("time".into(), time.into());
        line.insert("level".into(), event.metadata().level().as_str().to_ascii_lowercase().into());
        line.insert("target".into(), event.metadata().target().into());
        writeln!(out, "{}", Json::Object(line))
    }
}

/// The fields of an event.
struct Line(Map<String, Json>);

impl Visit for Line {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().into(), format!("{value:?}").into());
    }
}
