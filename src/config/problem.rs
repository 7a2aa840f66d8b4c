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
    let mut cursor = Cursor { text, byte: 0, line: 1, column: 1 };
    let problem = |fault: Fault| {
        cursor.forward(fault.span.start);
        let Cursor { line, column, .. } = cursor;
        Problem { file: file.to_owned(), line, column, message: fault.message, help: fault.help }
    };
    faults.into_iter().map(problem).collect()
}

/// Line and column of a byte, found going forwards only: many problems in a long line cost no more than one.
#[derive(Clone, Copy)]
struct Cursor<'t> {
    text: &'t str,
    byte: usize,
    line: usize,
    column: usize,
}

impl Cursor<'_> {
    /// Goes on to a byte. One behind the text counts as its end, one inside a character as the character's first.
    fn forward(&mut self, byte: usize) {
        let mut end = byte.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let end = end.max(self.byte);
        let passed = &self.text[self.byte..end];
        match passed.rfind('\n') {
            Some(newline) => {
                self.line += passed.matches('\n').count();
                self.column = 1 + passed[newline + 1..].chars().count();
            }
            None => self.column += passed.chars().count(),
        }
        self.byte = end;
    }
}
