//! A report for people, and one for programs.

use std::fmt::Write;

use serde_json::{Value as Json, json as object};

use super::coverage::Covered;
use super::run::{CaseResult, Report};

/// The report as lines for a terminal: what failed with its places, what was never tried where `coverage` asks for it,
/// and one line that sums up. Tests that passed are counted only.
pub fn human(report: &Report, coverage: bool, colour: bool) -> String {
    let ink = |code: &str, text: &str| if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() };
    let mut out = String::new();
    for fault in &report.faults {
        line(&mut out, &format!("{} {fault}", ink("31", "ERROR")));
    }
    for suite in &report.suites {
        for fault in &suite.faults {
            line(&mut out, &format!("{} {fault}", ink("31", "ERROR")));
        }
        if let Some(drawn) = &suite.schema_faults {
            line(&mut out, &format!("{} {}: its schema cannot be read\n{drawn}", ink("31", "ERROR"), suite.file));
        }
        for case in &suite.cases {
            let place = format!("{}:{}:{}", suite.file, case.at.line, case.at.column);
            let of = if case.target.is_empty() { String::new() } else { format!(" [{}]", case.target) };
            match &case.result {
                CaseResult::Passed => {}
                CaseResult::Skipped => line(&mut out, &format!("{}  {place}  {}{of}", ink("33", "SKIP"), case.name)),
                CaseResult::Failed(differences) => {
                    line(&mut out, &format!("{}  {place}  {}{of}", ink("31", "FAIL"), case.name));
                    for one in differences {
                        let at = format!("{}:{}:{}", suite.file, one.at.line, one.at.column);
                        line(&mut out, &format!("      {at}  {}: {}", one.part, one.message));
                    }
                }
            }
            for note in &case.notes {
                line(&mut out, &format!("note  {place}  {}: {note}", case.name));
            }
        }
    }
    if coverage {
        tell_coverage(&report.coverage, &mut out);
    }
    let (passed, failed, skipped) = report.counts();
    let (tests, suites) = (passed + failed + skipped, report.suites.len());
    let skipped = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
    let failed = if failed > 0 { ink("31", &format!("{failed} failed")) } else { "0 failed".to_owned() };
    let broken = report.faults.len()
        + report.suites.iter().map(|one| one.faults.len() + usize::from(one.schema_faults.is_some())).sum::<usize>();
    let broken = if broken > 0 { format!(", {}", ink("31", &counted(broken, "error"))) } else { String::new() };
    let seconds = report.elapsed.as_secs_f64();
    line(
        &mut out,
        &format!(
            "{}, {}: {passed} passed, {failed}{skipped}{broken} in {seconds:.2} s",
            counted(suites, "suite"),
            counted(tests, "test")
        ),
    );
    out
}

fn tell_coverage(coverage: &[Covered], out: &mut String) {
    let (mut branches, mut touched) = (0, 0);
    for one in coverage {
        branches += one.branches;
        touched += one.branches - one.untouched.len();
        let share = format!("{} of {} branches", one.branches - one.untouched.len(), one.branches);
        let mut lacks = Vec::new();
        if one.tests == 0 {
            lacks.push("no test");
        } else if one.misses == 0 {
            lacks.push("no test of a failure");
        }
        let lacks = if lacks.is_empty() { String::new() } else { format!(", {}", lacks.join(", ")) };
        line(
            out,
            &format!(
                "{} {} ({}): {}, {share}{lacks}",
                one.place,
                one.connector,
                one.coordinate,
                counted(one.tests, "test")
            ),
        );
        for branch in &one.untouched {
            line(out, &format!("    {}  never: {}", branch.place, branch.what));
        }
    }
    if !coverage.is_empty() {
        let whole = coverage.iter().filter(|one| one.is_whole()).count();
        line(
            out,
            &format!("coverage: {whole} of {} connectors whole, {touched} of {branches} branches", coverage.len()),
        );
    }
}

/// `1 test`, `2 tests`.
fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn line(out: &mut String, text: &str) {
    // Writing into a String cannot fail.
    let _ = writeln!(out, "{}", text.trim_end());
}

/// The report as one JSON document; `coverage` is there where it is asked for.
pub fn json(report: &Report, coverage: bool) -> Json {
    let (passed, failed, skipped) = report.counts();
    let fault = |fault: &super::fault::Fault| {
        object!({
            "file": fault.file, "line": fault.at.map(|at| at.line), "column": fault.at.map(|at| at.column),
            "message": fault.message, "help": fault.help,
        })
    };
    let suites: Vec<Json> = report
        .suites
        .iter()
        .map(|suite| {
            let cases: Vec<Json> = suite
                .cases
                .iter()
                .map(|case| {
                    let (result, differences) = match &case.result {
                        CaseResult::Passed => ("passed", &[][..]),
                        CaseResult::Skipped => ("skipped", &[][..]),
                        CaseResult::Failed(differences) => ("failed", &differences[..]),
                    };
                    let differences: Vec<Json> = differences.iter().map(|one| {
                object!({ "line": one.at.line, "column": one.at.column, "part": one.part, "message": one.message })
            }).collect();
                    object!({
                        "name": case.name, "target": case.target, "line": case.at.line, "column": case.at.column,
                        "result": result, "differences": differences, "notes": case.notes,
                        "elapsed_us": u64::try_from(case.elapsed.as_micros()).unwrap_or(u64::MAX),
                    })
                })
                .collect();
            object!({
                "file": suite.file, "name": suite.title, "tests": cases,
                "errors": suite.faults.iter().map(fault).collect::<Vec<_>>(), "schemaErrors": suite.schema_faults,
            })
        })
        .collect();
    let mut whole = object!({
        "passed": passed, "failed": failed, "skipped": skipped,
        "errors": report.faults.iter().map(fault).collect::<Vec<_>>(), "suites": suites,
    });
    if coverage {
        whole["coverage"] = report
            .coverage
            .iter()
            .map(|one| {
                let untouched: Vec<Json> = one
                    .untouched
                    .iter()
                    .map(|branch| object!({ "place": branch.place, "what": branch.what }))
                    .collect();
                object!({
                    "connector": one.connector, "coordinate": one.coordinate, "place": one.place, "tests": one.tests,
                    "failureTests": one.misses, "branches": one.branches, "untouched": untouched,
                })
            })
            .collect();
    }
    whole
}
