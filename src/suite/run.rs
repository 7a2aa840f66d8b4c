//! A run over files of tests: found, read, run, told.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::case::Stage;
use super::conformance;
use super::coverage::{Covered, covered};
use super::fault::Fault;
use super::files;
use super::schema::{self, Schema, shown};
use super::told::{Difference, Seen, Told};
use super::written::{self, Suite, Test, beside, find};
use super::yaml::{self, At};

/// What is to be run.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// Files, or folders that are searched for `*.connector.yaml` and for conformance files.
    pub paths: Vec<PathBuf>,
    /// Only tests in whose name, target or section this text stands, whatever its case.
    pub filter: Option<String>,
    /// A schema in the place of each suite's `config.schema`.
    pub schema: Option<PathBuf>,
    /// Whether problems of schemas are drawn in colours.
    pub colour: bool,
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// One for each file, in the order of their paths.
    pub suites: Vec<SuiteReport>,
    /// What kept anything from being run at all.
    pub faults: Vec<Fault>,
    /// What of the schemas' connectors the tests touched.
    pub coverage: Vec<Covered>,
    /// How long it took.
    pub elapsed: Duration,
    /// What was read besides the suites, or would have been if it were there: for whoever waits for a change.
    pub read_beside: BTreeSet<PathBuf>,
}

/// What came of one file.
#[derive(Debug)]
pub struct SuiteReport {
    /// Its path, as it is shortest to type.
    pub file: String,
    /// `config.name`, or the section of a conformance file, else the path.
    pub title: String,
    /// What is wrong with the file; then nothing of it was run.
    pub faults: Vec<Fault>,
    /// What is wrong with its schema, drawn; then nothing of it was run.
    pub schema_faults: Option<String>,
    /// Its tests in order.
    pub cases: Vec<CaseReport>,
}

/// What came of one test.
#[derive(Debug)]
pub struct CaseReport {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub at: At,
    /// The connector's id; empty in conformance files.
    pub target: String,
    /// How it ended.
    pub result: CaseResult,
    /// What is worth a word although nothing is wrong.
    pub notes: Vec<String>,
    /// How long it took.
    pub elapsed: Duration,
}

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseResult {
    /// All is as expected.
    Passed,
    /// The suite says `skip: true`.
    Skipped,
    /// Something is not, each with its place.
    Failed(Vec<Difference>),
}

impl Report {
    /// How many tests passed, failed and were skipped.
    pub fn counts(&self) -> (usize, usize, usize) {
        let cases = || self.suites.iter().flat_map(|suite| &suite.cases);
        let count = |fits: fn(&CaseResult) -> bool| cases().filter(|case| fits(&case.result)).count();
        (
            count(|result| *result == CaseResult::Passed),
            count(|result| matches!(result, CaseResult::Failed(_))),
            count(|result| *result == CaseResult::Skipped),
        )
    }

    /// Whether every file could be read and something was run.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
            && self.suites.iter().all(|suite| suite.faults.is_empty() && suite.schema_faults.is_none())
    }
}

/// A schema with what its tests came upon, connector by connector.
struct Loaded {
    schema: Schema,
    seen: Vec<Seen>,
}

/// Runs everything that is asked for. Opens no port and calls nobody.
pub fn run(ask: &Ask) -> Report {
    let begun = Instant::now();
    let mut report = Report::default();
    let mut schemas = Schemas { ask, known: BTreeMap::new(), read_beside: BTreeSet::new() };
    let (paths, faults) = files::found(&ask.paths);
    report.faults = faults;
    for path in &paths {
        report.suites.push(one(path, ask, &mut schemas));
    }
    if let (Some(filter), true, true) = (&ask.filter, report.is_sound(), report.counts() == (0, 0, 0)) {
        let message = format!("no test has {filter:?} in its name, target or section");
        report.faults.push(Fault { file: "--filter".into(), at: None, message, help: None });
    }
    for (place, loaded) in &schemas.known {
        report.read_beside.extend(schema::paths(place).unwrap_or_else(|_| vec![place.clone()]));
        report.coverage.extend(loaded.iter().flat_map(|loaded| covered(&loaded.schema, &loaded.seen)));
    }
    report.read_beside.extend(schemas.read_beside);
    report.elapsed = begun.elapsed();
    report
}

/// Schemas by their paths, each read once.
struct Schemas<'a> {
    ask: &'a Ask,
    known: BTreeMap<PathBuf, Result<Rc<Loaded>, String>>,
    read_beside: BTreeSet<PathBuf>,
}

impl Schemas<'_> {
    fn of(&mut self, suite: &Suite, path: &Path) -> Result<Rc<Loaded>, Fault> {
        let fault = |at, message: String, help: Option<&str>| Fault {
            file: shown(path),
            at,
            message,
            help: help.map(str::to_owned),
        };
        let place = match (&self.ask.schema, &suite.schema) {
            (Some(schema), _) => Some(schema.clone()),
            (None, Some(named)) => Some(find(path, &named.value).ok_or_else(|| {
                self.read_beside.insert(beside(path, &named.value));
                fault(
                    Some(named.at),
                    format!("there is no schema `{}` beside the suite or above it", named.value),
                    None,
                )
            })?),
            (None, None) => find(path, "schema"),
        };
        let place = place.ok_or_else(|| {
            fault(None, "the suite names no schema".into(), Some("write `config: { schema: … }` or give --schema"))
        })?;
        let place = fs::canonicalize(&place).unwrap_or(place);
        let colour = self.ask.colour;
        let loaded = self.known.entry(place.clone()).or_insert_with(|| {
            schema::load(&place, colour).map(|schema| {
                let seen = schema.catalog.connectors.iter().map(|_| Seen::default()).collect();
                Rc::new(Loaded { schema, seen })
            })
        });
        loaded.clone().map_err(|drawn| fault(None, drawn, None))
    }
}

fn one(path: &Path, ask: &Ask, schemas: &mut Schemas<'_>) -> SuiteReport {
    let file = shown(path);
    let mut report =
        SuiteReport { title: file.clone(), file, faults: Vec::new(), schema_faults: None, cases: Vec::new() };
    let fault = |at, message: String| Fault { file: shown(path), at, message, help: None };
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(why) => {
            report.faults.push(fault(None, format!("cannot be read: {why}")));
            return report;
        }
    };
    let root = match yaml::read(&text) {
        Ok(root) => root,
        Err((at, why)) => {
            report.faults.push(fault(Some(at), why));
            return report;
        }
    };
    if root.get("conformance").is_some() {
        conform(&root, ask, &mut report);
        return report;
    }
    match written::read(&report.file, &root) {
        Err(faults) => report.faults = faults,
        Ok(suite) => {
            report.title = suite.title.clone().unwrap_or(report.title);
            let named = suite.tests.iter().flat_map(Test::files);
            let place = |name: &str| find(path, name).unwrap_or_else(|| beside(path, name));
            schemas.read_beside.extend(named.map(place));
            match schemas.of(&suite, path) {
                Ok(loaded) => cases(&suite, &loaded, path, &text, ask, &mut report),
                // What is drawn stands for itself.
                Err(fault) if fault.message.contains('\n') => report.schema_faults = Some(fault.message),
                Err(fault) => report.faults.push(fault),
            }
        }
    }
    report
}

fn is_asked(ask: &Ask, texts: [&str; 3]) -> bool {
    let Some(filter) = &ask.filter else { return true };
    let filter = filter.to_lowercase();
    texts.iter().any(|text| text.to_lowercase().contains(&filter))
}

fn cases(suite: &Suite, loaded: &Loaded, path: &Path, text: &str, ask: &Ask, report: &mut SuiteReport) {
    let stage = Stage { schema: &loaded.schema, path, text };
    for test in &suite.tests {
        let begun = Instant::now();
        let found = loaded.schema.connector(&test.target.value);
        let target = found.as_ref().map_or_else(|_| test.target.value.clone(), |(_, connector)| connector.id.clone());
        if !is_asked(ask, [&test.name.value, &test.target.value, &target]) {
            continue;
        }
        let mut notes = Vec::new();
        let result = match found {
            Err((message, help)) => {
                let at = Some(test.target.at);
                report.faults.push(Fault { file: report.file.clone(), at, message, help });
                continue;
            }
            Ok(_) if test.skip => CaseResult::Skipped,
            Ok((index, connector)) => {
                let mut told = Told::new(&loaded.seen[index]);
                stage.run(test, connector, &mut told);
                notes = told.notes;
                if told.differences.is_empty() { CaseResult::Passed } else { CaseResult::Failed(told.differences) }
            }
        };
        let elapsed = begun.elapsed();
        report.cases.push(CaseReport {
            name: test.name.value.clone(),
            at: test.name.at,
            target,
            result,
            notes,
            elapsed,
        });
    }
}

fn conform(root: &yaml::Node, ask: &Ask, report: &mut SuiteReport) {
    let read = match conformance::read(&report.file, root) {
        Ok(read) => read,
        Err(faults) => {
            report.faults = faults;
            return;
        }
    };
    for case in read.cases.iter().filter(|case| is_asked(ask, [&case.name.value, &read.section, ""])) {
        let begun = Instant::now();
        let differences = case.run();
        let result = if differences.is_empty() { CaseResult::Passed } else { CaseResult::Failed(differences) };
        let (name, at, elapsed) = (case.name.value.clone(), case.name.at, begun.elapsed());
        report.cases.push(CaseReport { name, at, target: String::new(), result, notes: Vec::new(), elapsed });
    }
    report.title = read.section;
}
