//! What is wrong with a configuration, and where.

use std::fmt;

use super::fault::Fault;

/// One thing that keeps a configuration from being used.
///
/// Shape: `line` and `column` count from 1, columns in characters. No text holds the value of a variable, of a secret
/// file, or of anything beneath a source's `auth` or `config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file as it was named to the reader.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The setting, what was found and what was expected.
    pub message: String,
    /// How to mend it, where that is known.
    pub help: Option<String>,
}

impl fmt::Display for Problem {
    /// One line: `file:line:column: message (help)`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        match &self.help {
            Some(help) => write!(out, " ({help})"),
            None => Ok(()),
        }
    }
}

/// Tells the faults of one text in the order of their places, each once.
pub(super) fn locate(file: &str, text: &str, mut faults: Vec<Fault>) -> Vec<Problem> {
    faults.sort_by(|a, b| (a.span.start, &a.message).cmp(&(b.span.start, &b.message)));
    faults.dedup();
    faults
        .into_iter()
        .map(|fault| {
            let (line, column) = place(text, fault.span.start);
            Problem { file: file.to_owned(), line, column, message: fault.message, help: fault.help }
        })
        .collect()
}

/// Line and column of a byte, both from 1. A byte inside a character or behind the text counts as the one before.
fn place(text: &str, byte: usize) -> (usize, usize) {
    let mut end = byte.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
