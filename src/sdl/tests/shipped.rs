//! The schema that is shipped with the gateway.

use super::listed;
use crate::sdl::{Origin, SourceText, read};

fn shipped() -> Vec<SourceText> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    let mut files: Vec<SourceText> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "graphql"))
        .map(|path| SourceText {
            name: format!("schema/{}", path.file_name().unwrap().to_string_lossy()),
            text: std::fs::read_to_string(path).unwrap(),
        })
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

#[test]
fn the_shipped_schema_can_be_served_without_a_warning() {
    let reading = match read(&shipped()) {
        Ok(reading) => reading,
        Err(problems) => panic!("{}", listed(&problems)),
    };
    assert_eq!(listed(&reading.warnings), "");
}

#[test]
fn every_selection_is_found_where_it_is_written() {
    let files = shipped();
    let reading = read(&files).unwrap();
    for connector in &reading.catalog.connectors {
        let origin = Origin::of_selection(connector, &files).unwrap_or_else(|| panic!("{}", connector.id));
        let (name, line, column) = origin.place(0);
        let text = &files.iter().find(|file| file.name == name).unwrap().text;
        let written: String = text.lines().nth(line - 1).unwrap().chars().skip(column - 1).collect();
        let first = connector.selection.text().lines().next().unwrap();
        assert!(written.starts_with(first), "{}: {name}:{line}:{column}: {written}", connector.id);
    }
}
