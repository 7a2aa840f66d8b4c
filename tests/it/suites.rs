//! The suites of the shipped connectors, run as `c360 test` runs them.

use std::path::{Path, PathBuf};

use c360::suite::{Ask, Covered, human, run};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

#[test]
fn every_shipped_connector_is_tested_whole() {
    let report = run(&Ask { paths: vec![root().join("tests/connectors")], ..Ask::default() });
    let (passed, failed, skipped) = report.counts();
    let whole = report.coverage.iter().all(Covered::is_whole);
    assert!(passed > 0 && failed == 0 && skipped == 0 && whole && report.is_sound(), "{}", human(&report, true, false));
}

#[test]
fn no_suite_of_the_shipped_connectors_is_left_out() {
    let schemas = std::fs::read_dir(root().join("schema")).unwrap().map(|entry| entry.unwrap().path());
    for schema in schemas.filter(|path| path.extension().is_some_and(|extension| extension == "graphql")) {
        if !std::fs::read_to_string(&schema).unwrap().contains("@connect(") {
            continue;
        }
        let suite = format!("tests/connectors/{}.connector.yaml", schema.file_stem().unwrap().to_str().unwrap());
        assert!(root().join(&suite).is_file(), "{} has no {suite}", schema.display());
    }
}
