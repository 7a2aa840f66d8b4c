//! The language's own cases, `tests/conformance/*.yaml`: what each section means, as data that anyone can run.

use c360::suite::{Ask, CaseResult, human, run};

#[test]
fn the_language_means_what_its_cases_say() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance");
    let report = run(&Ask { paths: vec![folder.into()], ..Ask::default() });
    let (passed, failed, skipped) = report.counts();
    assert!(report.is_sound() && failed == 0 && skipped == 0, "{}", human(&report, false, false));
    assert!(passed >= 400, "{passed} cases");
    for suite in report.suites {
        let mut names: Vec<&str> = suite.cases.iter().map(|case| case.name.as_str()).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{} has two cases of one name", suite.file);
        assert!(suite.cases.iter().all(|case| case.result == CaseResult::Passed));
    }
}
