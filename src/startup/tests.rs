//! Every setting holds at once after a reload, or is told to take a restart; and what did not change is not read again.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::restart::take_a_restart;
use super::{Assembled, Folder, assemble_after};
use crate::config::{Settings, read_text};
use crate::gateway::Gateway;
use crate::sdl::SourceText;

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

const SCHEMA: &str = r#"
extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(name: "people", http: { baseURL: "http://127.0.0.1:9/" })

type Query {
  name: String @connect(id: "name", source: "people", http: { GET: "/name" }, selection: "$")
}
"#;

#[test]
fn a_schema_whose_texts_and_switches_did_not_change_is_not_read_again() {
    let after = |schema: &str, written: &str, before: Option<&Gateway>| {
        let files = vec![SourceText { name: "schema/people.graphql".to_owned(), text: schema.to_owned() }];
        let (settings, none) = (settings(written), settings(""));
        let folder = Folder { files, settings };
        let assembled = assemble_after(folder, Arc::new(|_| None), None, before.map(|before| (before, &none)));
        assembled.unwrap_or_else(|faults| panic!("{faults}"))
    };
    let Assembled { gateway: first, .. } = after(SCHEMA, "", None);
    let is_read = |schema: &str, written: &str, before: &Gateway| {
        let gateway = after(schema, written, Some(before)).gateway;
        (!Arc::ptr_eq(before.catalog(), gateway.catalog()), gateway)
    };
    let (is_read_again, second) = is_read(SCHEMA, "[sources.people]\ntimeout = '3s'", &first);
    assert!(!is_read_again, "a timeout says nothing of the schema");
    assert!(is_read(&SCHEMA.replace("/name", "/other"), "", &second).0, "another text");
    let (is_read_again, off) = is_read(SCHEMA, "[connectors.name]\nenabled = false", &second);
    assert!(is_read_again && !off.catalog().connectors[0].enabled, "a connector is switched off");
    assert!(!is_read(SCHEMA, "[connectors.name]\nenabled = false", &off).0, "it is off as before");
    let (is_read_again, on) = is_read(SCHEMA, "", &off);
    assert!(is_read_again && on.catalog().connectors[0].enabled, "and on again");
    let files = vec![SourceText { name: "schema/people.graphql".to_owned(), text: SCHEMA.to_owned() }];
    let folder = Folder { files, settings: settings("[connectors.nome]\nenabled = false") };
    let none = settings("");
    let faults = assemble_after(folder, Arc::new(|_| None), None, Some((&on, &none))).err().unwrap();
    assert!(faults.to_string().contains("did you mean `name`?"), "{faults}");
}
