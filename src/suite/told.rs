//! What one test says: how it differs from what was found, and what is worth a word.

use std::cell::Cell;

use super::compare::Unlike;
use super::yaml::At;
use crate::mapping::Trail;

/// One thing that is not as a test expects it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where the expectation is written.
    pub at: At,
    /// Which expectation: `connectorResponse`, `connectorRequest`, `error`, `problems` …
    pub part: String,
    /// What was expected and what was found.
    pub message: String,
}

/// What the tests of one connector came upon.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub trail: Trail,
    pub tests: Cell<usize>,
    /// Tests in which the answer was a failure or an absence.
    pub misses: Cell<usize>,
}

/// Gathers what one test says.
pub(super) struct Told<'s> {
    pub differences: Vec<Difference>,
    pub notes: Vec<String>,
    seen: &'s Seen,
}

impl<'s> Told<'s> {
    pub fn new(seen: &'s Seen) -> Told<'s> {
        seen.tests.set(seen.tests.get() + 1);
        Told { differences: Vec::new(), notes: Vec::new(), seen }
    }

    pub fn differs(&mut self, at: At, part: &str, message: String) {
        self.differences.push(Difference { at, part: part.to_owned(), message });
    }

    pub fn unlike(&mut self, part: &str, unlike: Unlike) {
        let message = format!("{}: expected {}, found {}", unlike.path, unlike.expected, unlike.found);
        self.differs(unlike.at, part, message);
    }

    pub fn note(&mut self, sentence: &str) {
        self.notes.push(sentence.to_owned());
    }

    /// Where runs of the connector's selection are noted.
    pub fn trail(&self) -> &'s Trail {
        &self.seen.trail
    }

    /// The answer was a failure, or nothing was there.
    pub fn missed(&self) {
        self.seen.misses.set(self.seen.misses.get() + 1);
    }
}
