//! `docs/configuration.md` against the structs: every key, its default, and the example.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::value::Error as Unread;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::forward_to_deserialize_any;

use super::{read, read_in};
use crate::config::{Connector, Settings};
use crate::{cache, gateway, hooks, http, operation, sources, telemetry, watch};

const PAGE: &str = include_str!("../../../docs/configuration.md");

/// Names the keys of a struct, or the choices of an enum, and reads nothing.
struct Keys<'a>(&'a mut Vec<String>);

impl Keys<'_> {
    fn take<T>(self, names: &[&str]) -> Result<T, Unread> {
        self.0.extend(names.iter().map(ToString::to_string));
        Err(Unread::custom("only its keys are wanted"))
    }
}

impl<'de> Deserializer<'de> for Keys<'_> {
    type Error = Unread;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Unread> {
        self.take(&[])
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Unread> {
        self.take(fields)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Unread> {
        self.take(variants)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}

fn keys<'de, T: Deserialize<'de>>() -> BTreeSet<String> {
    let mut keys = Vec::new();
    assert!(T::deserialize(Keys(&mut keys)).is_err());
    keys.into_iter().collect()
}

/// The rows of the table under the heading `## [name]` or `### [name]`: key, type, default, meaning.
fn rows(section: &str) -> BTreeMap<String, Vec<String>> {
    let heading = format!("# `[{section}]`");
    PAGE.lines()
        .skip_while(|line| !line.ends_with(&heading))
        .skip(1)
        .take_while(|line| !line.starts_with('#'))
        .filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"))
        .map(|line| {
            let mut cells = line.split(" | ").map(str::to_owned);
            let key = cells.next().unwrap_or_default().trim_end_matches('`').to_owned();
            (key, cells.collect())
        })
        .collect()
}

/// The page's table as a section that sets everything to what the page calls its default.
fn defaults(section: &str) -> String {
    let lines = rows(section).into_iter().filter_map(|(key, cells)| {
        let default = cells[1].strip_prefix('`')?.strip_suffix('`')?;
        Some(format!("{key} = {default}\n"))
    });
    format!("[{section}]\n{}", lines.collect::<String>())
}

#[test]
fn the_page_has_a_row_for_every_key_and_no_other() {
    let sections = [
        ("http", keys::<http::Settings>()),
        ("http.websocket", keys::<http::WebSocket>()),
        ("admin", keys::<http::AdminSettings>()),
        ("gateway", keys::<gateway::Settings>()),
        ("limits", keys::<operation::Limits>()),
        ("cache", keys::<cache::Settings>()),
        ("cache.shared", keys::<cache::Shared>()),
        ("cache.shared.tls", keys::<cache::SharedTls>()),
        ("telemetry", keys::<telemetry::Settings>()),
        ("telemetry.otlp", keys::<telemetry::Otlp>()),
        ("telemetry.log", keys::<telemetry::Log>()),
        ("sources.NAME", keys::<sources::Settings>()),
        ("sources.NAME.tls", keys::<sources::Tls>()),
        ("sources.NAME.adapt", keys::<sources::Adapt>()),
        ("sources.NAME.retry", keys::<sources::Retry>()),
        ("sources.NAME.breaker", keys::<sources::Breaker>()),
        ("sources.NAME.pause", keys::<sources::Pause>()),
        ("sources.NAME.quota.BUCKET", keys::<sources::Quota>()),
        ("sources.NAME.auth", keys::<sources::Auth>()),
        ("sources.NAME.auth.bearer", keys::<sources::Bearer>()),
        ("sources.NAME.auth.basic", keys::<sources::Basic>()),
        ("sources.NAME.auth.header", keys::<sources::Header>()),
        ("sources.NAME.auth.query", keys::<sources::Query>()),
        ("sources.NAME.auth.login", keys::<sources::Login>()),
        ("sources.NAME.auth.oauth2-client-credentials", keys::<sources::ClientCredentials>()),
        ("webhooks.NAME", keys::<hooks::Settings>()),
        ("webhooks.NAME.hmac", keys::<hooks::Hmac>()),
        ("connectors.ID", keys::<Connector>()),
        ("reload", keys::<watch::Settings>()),
    ];
    for (section, known) in &sections {
        let told: BTreeMap<_, _> = rows(section);
        assert_eq!(told.keys().cloned().collect::<BTreeSet<_>>(), *known, "[{section}]");
        for (key, cells) in told {
            assert_eq!(cells.len(), 3, "[{section}] {key}: type, default and meaning");
        }
    }
    let headings = PAGE.lines().filter(|line| line.starts_with('#') && line.ends_with("]`")).count();
    assert_eq!(headings, sections.len());
}

#[test]
fn the_defaults_on_the_page_are_those_of_the_structs() {
    let plain = [
        "http",
        "http.websocket",
        "admin",
        "gateway",
        "limits",
        "cache",
        "cache.shared",
        "cache.shared.tls",
        "telemetry",
        "telemetry.otlp",
        "telemetry.log",
        "reload",
    ];
    let plain = plain.map(defaults).concat();
    let plain = Settings { written: BTreeMap::new(), ..read(&plain).unwrap() };
    assert_eq!(format!("{plain:?}"), format!("{:?}", Settings::default()));
    let care =
        ["tls", "adapt", "retry", "breaker", "pause"].map(|part| defaults(&format!("sources.NAME.{part}"))).concat();
    // A table that stands on its own is not written out beside it.
    let source = defaults("sources.NAME").replace("quota = {}\n", "");
    let named = [defaults("webhooks.NAME"), source, care, defaults("connectors.ID")].concat();
    let settings = read(&named).unwrap();
    assert_eq!(format!("{:?}", settings.sources["NAME"]), format!("{:?}", sources::Settings::default()));
    assert_eq!(format!("{:?}", settings.webhooks["NAME"]), format!("{:?}", hooks::Settings::default()));
    assert_eq!(settings.connectors["ID"], Connector::default());
    let quota = &read(&defaults("sources.NAME.quota.BUCKET")).unwrap().sources["NAME"].quota["BUCKET"];
    assert_eq!(format!("{quota:?}"), format!("{:?}", sources::Quota::default()));
    let optional = "sources.NAME.auth.oauth2-client-credentials";
    let needed = "token_url = ''\nclient_id = ''\nclient_secret = ''\n";
    let grant = |text: &str| format!("{:?}", read(text).unwrap().sources["NAME"]);
    assert_eq!(grant(&format!("{}{needed}", defaults(optional))), grant(&format!("[{optional}]\n{needed}")));
}

#[test]
fn the_example_on_the_page_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("secrets")).unwrap();
    for name in ["crm-client", "erp", "archive"] {
        std::fs::write(folder.path().join("secrets").join(name), "x").unwrap();
    }
    let mut examples = 0;
    for example in PAGE.split("```toml\n").skip(1) {
        let text = example.split("```").next().unwrap();
        if let Err(problems) = read_in(folder.path(), text) {
            panic!("{problems:#?}\n{text}");
        }
        examples += 1;
    }
    assert!(examples > 0);
}
