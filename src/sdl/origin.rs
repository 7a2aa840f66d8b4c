//! Where in the schema's files a byte of a connector's selection is written.

use super::literal::{Literal, block_end};
use super::source_text::SourceText;
use crate::catalog::Connector;

/// Where the selection of a connector is written, byte by byte.
#[derive(Debug)]
pub struct Origin<'f> {
    file: &'f SourceText,
    literal: Literal,
}

impl<'f> Origin<'f> {
    /// Finds the selection of a connector in the files that it was read from.
    pub fn of_selection(connector: &Connector, files: &'f [SourceText]) -> Option<Origin<'f>> {
        let (name, line) = connector.place.rsplit_once(':')?;
        let file = files.iter().find(|file| file.name == name)?;
        let line: usize = line.parse().ok()?;
        let mut at: usize = file.text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
        let mut word = "";
        while let Some(rest) = file.text.get(at..).filter(|rest| !rest.is_empty()) {
            if rest.starts_with('"') {
                let literal = Literal::read(&file.text, at)?;
                // A block's text may end lines before its quotes.
                at = match rest.starts_with("\"\"\"") {
                    true => block_end(&file.text, at + 3)? + 3,
                    false => literal.origin(literal.text.len()) + 1,
                };
                if word == "selection" && literal.text == connector.selection.text() {
                    return Some(Origin { file, literal });
                }
                word = "";
            } else if rest.starts_with('#') {
                at += rest.find('\n').unwrap_or(rest.len());
            } else {
                let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                if length > 0 {
                    word = &rest[..length];
                    at += length;
                } else {
                    at += rest.chars().next().map_or(1, char::len_utf8);
                }
            }
        }
        None
    }

    /// File, line and column (in characters), from 1, of a byte of the selection.
    pub fn place(&self, offset: usize) -> (&'f str, usize, usize) {
        let at = self.literal.origin(offset).min(self.file.text.len());
        let before = self.file.text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (&self.file.name, line, column)
    }
}
