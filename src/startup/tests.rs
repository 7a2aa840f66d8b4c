//! Every setting holds at once after a reload, or is told to take a restart.

use std::collections::BTreeSet;
use std::path::Path;

use super::restart::take_a_restart;
use crate::config::{Settings, read_text};

const PAGE: &str = include_str!("../../docs/configuration.md");

/// Keys of `[http]` for which a reload is too late; of other tables it is all or nothing, but for `cache.answers`.
const OF_HTTP: [&str; 4] = ["http.listen", "http.max_connections", "http.playground", "http.websocket.max_sockets"];

fn settings(text: &str) -> Settings {
    read_text("gateway.toml", text, Path::new("/nowhere"), &|_| None).unwrap_or_else(|why| panic!("{text}: {why:?}"))
}

/// Every key that the page has, with its type and default: `http.listen`.
fn keys() -> Vec<(String, &'static str, &'static str)> {
    let mut section = "";
    let mut keys = Vec::new();
    for line in PAGE.lines() {
        if line.starts_with('#') {
            let heading = line.trim_start_matches('#');
            section = heading.strip_prefix(" `[").and_then(|name| name.strip_suffix("]`")).unwrap_or_default();
        } else if let Some(row) = line.strip_prefix("| `").filter(|_| !section.is_empty()) {
            let cells: Vec<&str> = row.splitn(4, " | ").collect();
            keys.push((format!("{section}.{}", cells[0].trim_end_matches('`')), cells[1], cells[2].trim_matches('`')));
        }
    }
    keys
}

/// A value of a type that is not the default; nothing for tables, whose keys have rows of their own.
fn other(kind: &str, default: &str) -> Option<String> {
    Some(match kind {
        "whole number" | "whole number above zero" => "77".to_owned(),
        "boolean" => (default != "true").to_string(),
        "time" => "'77s'".to_owned(),
        "size" => "'77MiB'".to_owned(),
        "address" => "'127.0.0.1:77'".to_owned(),
        "text" | "text, secret" => "'x-other'".to_owned(),
        "list of texts" => "['https://other.example']".to_owned(),
        "list of whole numbers" => "[418]".to_owned(),
        "table of texts, secret" => "{ a = 'b' }".to_owned(),
        words if words.contains("\"`") => {
            let mut words = words.split(" or ").map(|word| word.trim_matches('`'));
            words.find(|word| *word != default)?.to_owned()
        }
        _ => return None,
    })
}

#[test]
fn every_setting_holds_at_once_or_is_told_to_take_a_restart() {
    let mut told = BTreeSet::new();
    let mut seen = 0;
    for (key, kind, default) in keys() {
        let Some(value) = other(kind, default) else { continue };
        // Whatever is written of a source, a webhook or a connector is read anew; parts of it need others beside them.
        if ["sources.", "webhooks.", "connectors."].iter().any(|table| key.starts_with(table)) {
            continue;
        }
        seen += 1;
        let (table, name) = key.rsplit_once('.').unwrap();
        let changed = settings(&format!("[{table}]\n{name} = {value}\n"));
        let waits = take_a_restart(&Settings::default(), &changed);
        let whole = ["admin", "cache", "telemetry"].iter().any(|table| key.starts_with(&format!("{table}.")));
        let expected = whole && key != "cache.answers" || OF_HTTP.contains(&key.as_str());
        assert_eq!(waits.len(), usize::from(expected), "{key} = {value}: {waits:?}");
        told.extend(waits);
        assert!(take_a_restart(&changed, &changed).is_empty(), "{key}: back to what it was");
    }
    assert!(seen > 60, "the page has more settings than these {seen}");
    let known = OF_HTTP.iter().chain(&["[admin]", "[cache] (answers aside)", "[telemetry]"]);
    assert_eq!(told, known.copied().collect());
}
