//! How long `c360 check` takes on a folder of 200 connectors that give 2,000 fields.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

use c360::config::Settings;
use c360::sdl::{self, SourceText};
use c360::startup::{self, Folder};

const TYPES: usize = 20;
/// Per type; each reads a field that the one before it gives, so that chains are as long as ten.
const CONNECTORS: usize = 10;
/// Per connector.
const FIELDS: usize = 10;

/// A folder without a problem, and the same folder where every connector gives a field that its type does not have.
pub(crate) fn check() {
    for (about, slip) in [("nothing wrong", ""), ("200 mistakes", "  nobody: no_body")] {
        let files: Vec<SourceText> = (0..TYPES).map(|ty| file(ty, slip)).collect();
        let bytes: usize = files.iter().map(|file| file.text.len()).sum();
        let started = Instant::now();
        let folder = Folder { files: files.clone(), settings: Settings::default() };
        let problems = match startup::assemble(folder, Arc::new(|_| None), None) {
            Ok(assembled) => assembled.warnings,
            Err(faults) => faults.schema,
        };
        let drawn = sdl::draw(&problems, &files, false);
        let took = started.elapsed().as_millis();
        println!(
            "a check of {} fields and {} connectors in {} kB, {about}: {took} ms, {} problems told in {} kB (promised: \
             under 1,000 ms)",
            TYPES * CONNECTORS * FIELDS,
            TYPES * CONNECTORS,
            bytes / 1_000,
            problems.len(),
            drawn.len() / 1_000,
        );
    }
}

fn file(ty: usize, slip: &str) -> SourceText {
    let mut text = format!(
        r#"extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @link(url: "https://c360.dev/spec/v0.1", import: ["@department", "@lookup"])
  @department(name: "d{ty}", title: "Department {ty}")
  @source(name: "s{ty}", http: {{ baseURL: "http://127.0.0.1" }})
{} type Query {{ thing{ty}(id: ID!): Thing{ty} @lookup }}
type Thing{ty}"#,
        if ty == 0 { "" } else { "extend" }
    );
    for connector in 0..CONNECTORS {
        let needs = if connector == 0 { "id".to_owned() } else { format!("f{}_0", connector - 1) };
        let members: String = (0..FIELDS).fold(String::new(), |mut members, field| {
            let _ = write!(members, "  f{connector}_{field}: field_{field}");
            members
        });
        let _ = write!(
            text,
            r#"
  @connect(
    source: "s{ty}"
    id: "c{ty}_{connector}"
    batch: {{ maxSize: 100 }}
    http: {{ GET: "/c{connector}", queryParams: "keys: $batch.{needs}->joinNotNull(',')" }}
    selection: "$.rows {{ {needs}: key{members}{slip} }}"
  )"#
        );
    }
    text.push_str(" {\n  id: ID!\n");
    for connector in 0..CONNECTORS {
        for field in 0..FIELDS {
            let _ = writeln!(text, "  \"Field {field} of connector {connector}.\"\n  f{connector}_{field}: String");
        }
    }
    text.push_str("}\n");
    SourceText { name: format!("schema/d{ty}.graphql"), text }
}
