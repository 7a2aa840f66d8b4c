//! The contract that is read and the answers that are written speak of the same things.

use c360::response::{COVERAGE_FIELDS, CoverageStatus};
use c360::sdl::{Reading, SourceText, read};

/// Reads all `.graphql` files of a folder of this repository.
fn folder(path: &str) -> Reading {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let mut files: Vec<SourceText> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "graphql"))
        .map(|path| SourceText {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            text: std::fs::read_to_string(path).unwrap(),
        })
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    match read(&files) {
        Ok(reading) => reading,
        Err(problems) => panic!("{}", problems.iter().map(|problem| format!("{problem}\n")).collect::<String>()),
    }
}

#[test]
fn coverage_is_declared_as_it_is_written() {
    let contract = folder("schema").contract;
    let document = apollo_compiler::ast::Document::parse(contract, "contract").unwrap();
    let named =
        |name: &str| document.definitions.iter().find(|definition| definition.name().is_some_and(|n| n == name));
    let coverage = named("Coverage").unwrap().as_object_type_definition().unwrap();
    let fields: Vec<&str> = coverage.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(fields, COVERAGE_FIELDS);
    let status = named("CoverageStatus").unwrap().as_enum_type_definition().unwrap();
    let values: Vec<&str> = status.values.iter().map(|value| value.value.as_str()).collect();
    assert_eq!(values, CoverageStatus::ALL.map(CoverageStatus::as_str));
}

#[test]
fn the_schema_of_the_race_can_be_served() {
    assert!(!folder("bench/race/gateway/schema").catalog.connectors.is_empty());
}

#[test]
fn the_committed_contract_is_what_the_shipped_schema_expands_to() {
    let committed = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let contract = folder("schema").contract;
    let kept = std::fs::read_to_string(&committed).unwrap_or_default();
    assert!(
        kept == contract,
        "schema.graphql is not what schema/*.graphql expands to: `cargo run -- schema print . > schema.graphql`, \
         look at the difference, and commit it"
    );
}
