//! A report as JUnit XML, which build servers read.

use std::fmt::Write;
use std::time::Duration;

use super::run::{CaseResult, Report};

/// The report as one JUnit document.
pub fn junit(report: &Report) -> String {
    let (passed, failed, skipped) = report.counts();
    let broken = report.faults.len() + report.suites.iter().filter(|suite| !is_read(suite)).count();
    let tests = passed + failed + skipped + broken;
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let seconds = report.elapsed.as_secs_f64();
    // Writing into a String cannot fail.
    let _ = writeln!(
        out,
        r#"<testsuites name="c360 test" tests="{tests}" failures="{failed}" errors="{broken}" skipped="{skipped}" time="{seconds:.3}">"#
    );
    if !report.faults.is_empty() {
        let count = report.faults.len();
        let _ = writeln!(
            out,
            r#"  <testsuite name="c360 test" tests="{count}" failures="0" errors="{count}" skipped="0" time="0">"#
        );
        for fault in &report.faults {
            let (file, said) = (escape(&fault.file), escape(&fault.to_string()));
            let _ = writeln!(out, r#"    <testcase name="{file}" classname="c360 test" time="0">"#);
            let _ = writeln!(out, "      <error message=\"{said}\"/>\n    </testcase>");
        }
        out.push_str("  </testsuite>\n");
    }
    for suite in &report.suites {
        let count = |fits: fn(&CaseResult) -> bool| suite.cases.iter().filter(|case| fits(&case.result)).count();
        let failed = count(|result| matches!(result, CaseResult::Failed(_)));
        let skipped = count(|result| *result == CaseResult::Skipped);
        let errors = usize::from(!is_read(suite));
        let tests = suite.cases.len() + errors;
        let seconds = suite.cases.iter().map(|case| case.elapsed).sum::<Duration>().as_secs_f64();
        let name = escape(&suite.title);
        let _ = writeln!(
            out,
            r#"  <testsuite name="{name}" tests="{tests}" failures="{failed}" errors="{errors}" skipped="{skipped}" time="{seconds:.3}">"#
        );
        let file = escape(&suite.file);
        if errors > 0 {
            let mut said: Vec<String> = suite.faults.iter().map(ToString::to_string).collect();
            said.extend(suite.schema_faults.clone());
            let said = escape(&said.join("\n"));
            let _ = writeln!(out, r#"    <testcase name="{file}" classname="{name}" file="{file}" time="0">"#);
            let _ = writeln!(out, "      <error message=\"the suite cannot be run\">{said}</error>\n    </testcase>");
        }
        for case in &suite.cases {
            let (title, line, seconds) = (escape(&case.name), case.at.line, case.elapsed.as_secs_f64());
            let head = format!(
                r#"    <testcase name="{title}" classname="{name}" file="{file}" line="{line}" time="{seconds:.3}""#
            );
            match &case.result {
                CaseResult::Passed => _ = writeln!(out, "{head}/>"),
                CaseResult::Skipped => _ = writeln!(out, "{head}><skipped/></testcase>"),
                CaseResult::Failed(differences) => {
                    let lines: Vec<String> = differences
                        .iter()
                        .map(|one| {
                            format!("{}:{}:{}: {}: {}", suite.file, one.at.line, one.at.column, one.part, one.message)
                        })
                        .collect();
                    let first = escape(differences.first().map_or("", |one| &one.message));
                    let _ = writeln!(
                        out,
                        "{head}>\n      <failure message=\"{first}\">{}</failure>\n    </testcase>",
                        escape(&lines.join("\n"))
                    );
                }
            }
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn is_read(suite: &super::run::SuiteReport) -> bool {
    suite.faults.is_empty() && suite.schema_faults.is_none()
}

/// Text for XML: what XML gives a meaning is escaped, what XML does not know is left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push('\t'),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
