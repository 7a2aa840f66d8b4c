//! `c360 test`: runs suites of connector tests without a network.

use std::fs;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::Failure;
use super::say::say;
use crate::suite::{self, Ask, Report};

/// How often files are looked at while they are watched.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Test connectors without calling anybody: what is sent, and what comes of an answer
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    c360 test                                  every suite below ./tests\n  \
    c360 test tests/support.connector.yaml --filter status --coverage\n  \
    c360 test --junit report.xml --format json > report.json\n\n\
    Exit codes: 0 every test passed, 1 a test failed, 2 a suite, a schema or the command line cannot be read.")]
pub(super) struct Test {
    /// Suites (*.connector.yaml) and conformance files, or folders with such
    #[arg(value_name = "PATH", default_value = "tests")]
    paths: Vec<PathBuf>,
    /// Only tests with this in their name, target or section
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// A schema file, or a folder of them, in the place of each suite's own
    #[arg(long, value_name = "PATH")]
    schema: Option<PathBuf>,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Write a JUnit report too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Tell per connector which branches of its selection no test went through
    #[arg(long)]
    coverage: bool,
    /// Fail where a connector of a tested schema is not covered whole: request, failure and every branch
    #[arg(long, requires = "coverage")]
    whole: bool,
    /// Run again whenever a suite, a file beside it or the schema changes, until interrupted
    #[arg(long)]
    watch: bool,
}

/// What is printed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// Lines for people
    #[default]
    Human,
    /// One JSON document
    Json,
}

impl Test {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let colour = std::io::stdout().is_terminal();
        let ask = Ask { paths: self.paths.clone(), filter: self.filter.clone(), schema: self.schema.clone(), colour };
        let mut known = Report::default();
        loop {
            let before = suite::stamp(&ask, &known);
            let report = suite::run(&ask);
            let told = match self.format {
                Format::Human => suite::human(&report, self.coverage, colour),
                Format::Json => format!("{:#}\n", suite::json(&report, self.coverage)),
            };
            say(told);
            if let Some(file) = &self.junit {
                let place = |why| format!("{}: cannot be written: {why}", file.display());
                fs::write(file, suite::junit(&report)).map_err(place)?;
            }
            if !self.watch {
                return Ok(self.code(&report));
            }
            // What changed while the tests ran may be in the report or not: they run again.
            if suite::stamp(&ask, &known) == before {
                until_changed(&ask, &report);
            }
            known = report;
            if colour {
                // Clears the screen, as a fresh page for the next report.
                say("\x1b[2J\x1b[H");
            }
        }
    }

    fn code(&self, report: &Report) -> ExitCode {
        let (_, failed, _) = report.counts();
        let lacks = self.whole && !report.coverage.iter().all(suite::Covered::is_whole);
        match (report.is_sound(), failed > 0 || lacks) {
            (false, _) => ExitCode::from(2),
            (true, true) => ExitCode::FAILURE,
            (true, false) => ExitCode::SUCCESS,
        }
    }
}

/// Waits for a change, and then until files rest: editors write in several steps.
fn until_changed(ask: &Ask, report: &Report) {
    let first = suite::stamp(ask, report);
    let mut last = first;
    loop {
        thread::sleep(LOOK_EVERY);
        let now = suite::stamp(ask, report);
        if now != first && now == last {
            return;
        }
        last = now;
    }
}
