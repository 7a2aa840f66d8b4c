//! What is wrong with a schema, and where.

use std::fmt;
use std::ops::Range;

use super::source_text::{Files, Place};

/// One thing that is wrong with a schema, or looks wrong.
///
/// Shape: `file` is the name given with the text; `line` and `column` count from 1, columns in characters;
/// `span` is in bytes of that file and may point inside a mapping string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Whether it keeps the gateway from starting.
    pub severity: Severity,
    /// Stable code in capitals: `SELECTED_FIELD_NOT_FOUND`.
    pub code: &'static str,
    /// The file's name.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Bytes of the file.
    pub span: Range<usize>,
    /// What was found and what was expected.
    pub message: String,
    /// How to mend it, where that is known.
    pub help: Option<String>,
    /// Other places that belong to it.
    pub related: Vec<Related>,
}

/// A second place that explains a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The file's name.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Bytes of the file.
    pub span: Range<usize>,
    /// What stands there.
    pub message: String,
}

/// Whether a problem keeps the gateway from starting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The schema cannot be served.
    Error,
    /// It can be served, and probably not as meant.
    Warning,
}

impl fmt::Display for Problem {
    /// One line: `file:line:column: CODE message (help)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {} {}", self.file, self.line, self.column, self.code, self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

/// Where problems gather while a schema is read.
#[derive(Debug)]
pub(super) struct Problems<'f> {
    files: &'f Files,
    list: Vec<Problem>,
}

impl<'f> Problems<'f> {
    pub fn new(files: &'f Files) -> Problems<'f> {
        Problems { files, list: Vec::new() }
    }

    pub fn error(&mut self, code: &'static str, place: Place, message: impl Into<String>) -> &mut Problem {
        self.push(Severity::Error, code, place, message.into())
    }

    pub fn warning(&mut self, code: &'static str, place: Place, message: impl Into<String>) -> &mut Problem {
        self.push(Severity::Warning, code, place, message.into())
    }

    /// The same with a second place, which only the files can tell line and column of.
    pub fn error_with(
        &mut self,
        code: &'static str,
        place: Place,
        message: impl Into<String>,
        related: impl IntoIterator<Item = (Place, String)>,
    ) -> &mut Problem {
        let files = self.files;
        let problem = self.error(code, place, message);
        for (place, message) in related {
            let at = files.locate(place);
            problem.related.push(Related {
                file: files.name(place.file).to_owned(),
                line: at.line,
                column: at.column,
                span: place.start..place.end,
                message,
            });
        }
        problem
    }

    fn push(&mut self, severity: Severity, code: &'static str, place: Place, message: String) -> &mut Problem {
        let at = self.files.locate(place);
        self.list.push(Problem {
            severity,
            code,
            file: self.files.name(place.file).to_owned(),
            line: at.line,
            column: at.column,
            span: place.start..place.end,
            message,
            help: None,
            related: Vec::new(),
        });
        self.list.last_mut().expect("one was pushed just now")
    }

    pub fn errors(&self) -> usize {
        self.list.iter().filter(|problem| problem.severity == Severity::Error).count()
    }

    /// All of them in the order of the files, each once.
    pub fn into_sorted(self) -> Vec<Problem> {
        let order = |name: &str| self.files.position(name);
        let mut list = self.list;
        list.sort_by(|a, b| {
            (order(&a.file), a.span.start, a.severity, a.code, &a.message).cmp(&(
                order(&b.file),
                b.span.start,
                b.severity,
                b.code,
                &b.message,
            ))
        });
        list.dedup();
        list
    }
}

impl Problem {
    pub(super) fn help(&mut self, help: impl Into<String>) -> &mut Problem {
        self.help = Some(help.into());
        self
    }

    /// Says the nearest known name, or those that there are.
    pub(super) fn nearest<'n>(&mut self, name: &str, known: impl IntoIterator<Item = &'n str>) -> &mut Problem {
        let mut known: Vec<&str> = known.into_iter().filter(|known| !known.is_empty()).collect();
        known.dedup();
        match nearest(name, known.iter().copied()) {
            Some(near) => self.help = Some(format!("did you mean `{near}`?")),
            None if known.is_empty() => {}
            None => self.help = Some(format!("known here: {}", said_names(known))),
        }
        self
    }
}

/// Names as a sentence lists them, the first eight.
pub(super) fn said_names<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match names.get(..8) {
        Some(first) if names.len() > 8 => format!("{} and {} more", first.join(", "), names.len() - 8),
        _ => names.join(", "),
    }
}

/// The known name nearest to `name`, where one is near enough to be meant.
pub(super) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    known
        .into_iter()
        .map(|candidate| {
            let likeness =
                if candidate.eq_ignore_ascii_case(name) { 1.0 } else { strsim::jaro_winkler(name, candidate) };
            (candidate, likeness)
        })
        .filter(|(_, likeness)| *likeness > 0.8)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(candidate, _)| candidate)
}
