//! What an operator may set.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::num::NonZeroUsize;

use secrecy::SecretString;
use serde::Deserialize;

use crate::units::TimeSpan;

/// `[telemetry]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Most names of operations that have series of their own; the rest are counted as `other`.
    pub operation_names: usize,
    /// Operations that take at least this long are told in the log; zero: none.
    pub slow: TimeSpan,
    /// Whether the plan is told with a slow operation.
    pub slow_plan: bool,
    /// Most slow operations told in a minute; how many more there were is told with the next one.
    pub slow_per_minute: u32,
    /// Whether sources are told the trace that a call belongs to.
    pub propagate: bool,
    /// Where traces go.
    pub otlp: Otlp,
    /// What is written to standard error.
    pub log: Log,
}

/// `[telemetry.otlp]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Otlp {
    /// The collector's address for OTLP over HTTP; empty: no traces are made.
    pub endpoint: String,
    /// Headers sent to it.
    pub headers: BTreeMap<String, SecretString>,
    /// The service's name in traces.
    pub service_name: String,
    /// One of how many operations is traced, where the caller has not decided.
    pub one_in: NonZeroU64,
    /// Whether the steps of a plan that were waited for are spans too.
    pub steps: bool,
    /// Most spans that wait to be sent; more are dropped and counted.
    pub queue: NonZeroUsize,
    /// How long one export may take.
    pub timeout: TimeSpan,
}

/// `[telemetry.log]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// How lines are written.
    pub format: LogFormat,
    /// What is told, where `C360_LOG` does not say it: a level, or levels of parts.
    pub level: String,
    /// The level of the one line that each request gets.
    pub requests: RequestLevel,
}

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The level of the one line that each request gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestLevel {
    /// Told where more than usual is told.
    #[default]
    Debug,
    /// Told always.
    Info,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            operation_names: 200,
            slow: TimeSpan::seconds(0),
            slow_plan: false,
            slow_per_minute: 60,
            propagate: false,
            otlp: Otlp::default(),
            log: Log::default(),
        }
    }
}

impl Default for Otlp {
    fn default() -> Otlp {
        Otlp {
            endpoint: String::new(),
            headers: BTreeMap::new(),
            service_name: "c360".to_owned(),
            one_in: NonZeroU64::MIN,
            steps: false,
            queue: NonZeroUsize::new(4_096).expect("it is not zero"),
            timeout: TimeSpan::seconds(5),
        }
    }
}

impl Default for Log {
    fn default() -> Log {
        Log { format: LogFormat::Text, level: "info".to_owned(), requests: RequestLevel::Debug }
    }
}
