//! The dashboard and the page for operators name metrics that there are.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use c360::telemetry::catalogue::{Kind, METRICS};
use serde_json::Value;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_else(|why| panic!("{path}: {why}"))
}

/// Every name that a query may have.
fn known() -> BTreeSet<String> {
    let names = METRICS.iter().flat_map(|metric| {
        let name = metric.full_name();
        match metric.kind {
            Kind::Histogram => ["_bucket", "_sum", "_count"].iter().map(|end| format!("{name}{end}")).collect(),
            Kind::Counter | Kind::Gauge => vec![name],
        }
    });
    names.collect()
}

/// Words of a text that begin as our metrics do.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("c360_") || word.starts_with("process_")).map(str::to_owned).collect()
}

fn expressions(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match (key.as_str(), member) {
                    ("expr" | "query" | "definition", Value::String(text)) => out.push(text.clone()),
                    _ => expressions(member, out),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| expressions(item, out)),
        _ => {}
    }
}

#[test]
fn the_dashboard_shows_every_metric_of_the_catalogue_and_no_other() {
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana/c360.json")).unwrap();
    let mut found = Vec::new();
    expressions(&dashboard, &mut found);
    let used: BTreeSet<String> = found.iter().flat_map(|text| named(text)).collect();
    let unknown: Vec<_> = used.difference(&known()).cloned().collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let is_shown = |name: &String| used.iter().any(|used| used == name || used.starts_with(&format!("{name}_")));
    let missing: Vec<String> = METRICS.iter().map(|metric| metric.full_name()).filter(|name| !is_shown(name)).collect();
    assert!(missing.is_empty(), "nothing shows {missing:?}");
    let ids: Vec<i64> =
        dashboard["panels"].as_array().unwrap().iter().map(|panel| panel["id"].as_i64().unwrap()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    let of = |panel: &Value, name: &str| panel["gridPos"][name].as_u64().unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    for (index, panel) in panels.iter().enumerate() {
        let apart = |other: &Value, at: &str, size: &str| {
            of(panel, at) + of(panel, size) <= of(other, at) || of(other, at) + of(other, size) <= of(panel, at)
        };
        let hidden = panels[..index].iter().find(|other| !apart(other, "x", "w") && !apart(other, "y", "h"));
        assert!(hidden.is_none(), "{} lies over {}", panel["title"], hidden.unwrap()["title"]);
    }
}

#[test]
fn every_metric_of_an_example_alert_is_in_the_catalogue() {
    let page = read("docs/operations.md");
    let alerts = page.split("```yaml\n").skip(1).map(|part| part.split("```").next().unwrap());
    let used: BTreeSet<String> = alerts.flat_map(named).collect();
    let unknown: Vec<_> = used.difference(&known()).cloned().collect();
    assert!(unknown.is_empty() && !used.is_empty(), "{unknown:?} of {used:?}");
}

/// `C360_UPDATE_PAGES=1` writes the table.
#[test]
fn the_page_for_operators_has_every_metric_in_order() {
    let (start, end) = ("<!-- metrics -->\n", "<!-- /metrics -->\n");
    let page = read("docs/operations.md");
    let (before, rest) = page.split_once(start).expect("the page marks where the table is");
    let (table, after) = rest.split_once(end).expect("the page marks where the table ends");
    let mut expected = "| metric | type | labels | says |\n|---|---|---|---|\n".to_owned();
    for metric in METRICS {
        let labels = metric.labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
        let labels = if labels.is_empty() { "–" } else { &labels };
        let kind = format!("{:?}", metric.kind).to_lowercase();
        expected += &format!("| `{}` | {kind} | {labels} | {} |\n", metric.full_name(), metric.help);
    }
    if std::env::var_os("C360_UPDATE_PAGES").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md");
        fs::write(path, format!("{before}{start}{expected}{end}{after}")).unwrap();
        return;
    }
    assert!(table == expected, "docs/operations.md differs: run `C360_UPDATE_PAGES=1 cargo test --test it sight`");
}
