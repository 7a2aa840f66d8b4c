//! The language's own cases, `tests/conformance/*.yaml`: what each section means, as data that anyone can run.

use std::collections::BTreeSet;
use std::fs;

use c360::mapping::Conformance;

fn files() -> Vec<(String, Conformance)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(path).unwrap();
        let file = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, file)
    };
    paths.iter().map(read).collect()
}

#[test]
fn the_language_means_what_its_cases_say() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (file, read) in files() {
        for case in &read.cases {
            count += 1;
            wrong.extend(case.differences().iter().map(|what| format!("{file}: {}: {what}", case.name)));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases do not hold:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 400, "{count} cases");
}

#[test]
fn cases_are_named_once_and_grouped_by_section() {
    for (file, read) in files() {
        assert!(!read.conformance.is_empty() && !read.about.is_empty(), "{file} says what it is about");
        let names: BTreeSet<&str> = read.cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names.len(), read.cases.len(), "{file} has two cases of one name");
    }
}
