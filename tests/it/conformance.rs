//! The language's own cases, `tests/conformance/*.yaml`: what each section means, as data that anyone can run. And the
//! programs that random tests found worth keeping, `tests/corpus/*.yaml`.

use c360::suite::{Ask, CaseResult, human, run};

#[test]
fn the_language_means_what_its_cases_say() {
    let passed = all_pass("conformance");
    assert!(passed >= 600, "{passed} cases");
}

#[test]
fn programs_found_by_chance_mean_what_they_meant() {
    all_pass("corpus");
}

/// How many cases of a folder passed: all of them, each under a name of its own.
fn all_pass(folder: &str) -> usize {
    let folder = format!("{}/tests/{folder}", env!("CARGO_MANIFEST_DIR"));
    let report = run(&Ask { paths: vec![folder.into()], ..Ask::default() });
    let (passed, failed, skipped) = report.counts();
    assert!(report.is_sound() && failed == 0 && skipped == 0, "{}", human(&report, false, false));
    for suite in report.suites {
        let mut names: Vec<&str> = suite.cases.iter().map(|case| case.name.as_str()).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{} has two cases of one name", suite.file);
        assert!(suite.cases.iter().all(|case| case.result == CaseResult::Passed));
    }
    passed
}
