//! The schema that is shipped with the gateway.

use super::listed;
use crate::sdl::{SourceText, read};

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
