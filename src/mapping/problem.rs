//! What may be wrong with a mapping, and where.

use std::ops::Range;

/// One thing that is wrong in a mapping's text, or went wrong while it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What was found and what was expected; lower case, one line.
    pub message: String,
    /// Where in the mapping's text, in bytes.
    pub span: Range<usize>,
    /// How to mend it, when that is known.
    pub help: Option<String>,
}

/// A place in a mapping's text, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        // Texts longer than 4 GiB are refused before anything is parsed.
        Self { start: start as u32, end: end as u32 }
    }

    /// From the start of this to the end of `last`.
    pub fn to(self, last: Span) -> Self {
        Self { start: self.start, end: last.end.max(self.start) }
    }

    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The known name nearest to `name`, when it is near enough to be meant.
pub(super) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    known
        .into_iter()
        .map(|candidate| {
            let same_letters = candidate.eq_ignore_ascii_case(name);
            (candidate, if same_letters { 1.0 } else { strsim::jaro_winkler(name, candidate) })
        })
        .filter(|(_, likeness)| *likeness > 0.8)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(candidate, _)| candidate)
}
