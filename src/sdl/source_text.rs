//! The files of a schema, and places in them.

use std::collections::HashMap;

use apollo_compiler::parser::{FileId, SourceSpan};

/// One schema file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    /// Its path, as problems shall show it.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// A span of one file, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    pub file: usize,
    pub start: usize,
    pub end: usize,
}

/// Line and column (in characters), from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    pub line: usize,
    pub column: usize,
}

/// All files, with where their lines begin.
#[derive(Debug)]
pub(super) struct Files {
    files: Vec<SourceText>,
    lines: Vec<Vec<usize>>,
    positions: HashMap<String, usize>,
    ids: HashMap<FileId, usize>,
}

impl Files {
    pub fn new(files: &[SourceText]) -> Files {
        let lines = files.iter().map(|file| line_starts(&file.text)).collect();
        let positions = files.iter().enumerate().map(|(index, file)| (file.name.clone(), index)).collect();
        Files { files: files.to_vec(), lines, positions, ids: HashMap::new() }
    }

    /// Remembers under which id the parser knows a file.
    pub fn learn(&mut self, id: FileId, index: usize) {
        self.ids.insert(id, index);
    }

    pub fn name(&self, index: usize) -> &str {
        self.files.get(index).map_or("", |file| &file.name)
    }

    pub fn text(&self, index: usize) -> &str {
        self.files.get(index).map_or("", |file| &file.text)
    }

    pub fn position(&self, name: &str) -> usize {
        self.positions.get(name).copied().unwrap_or(usize::MAX)
    }

    /// Where a node of the parser stands; the start of the first file for nodes that were never written.
    pub fn place(&self, span: Option<SourceSpan>) -> Place {
        span.and_then(|span| {
            let file = *self.ids.get(&span.file_id())?;
            Some(Place { file, start: span.offset(), end: span.end_offset() })
        })
        .unwrap_or_default()
    }

    pub fn locate(&self, place: Place) -> At {
        let (Some(lines), Some(file)) = (self.lines.get(place.file), self.files.get(place.file)) else {
            return At { line: 1, column: 1 };
        };
        let line = lines.partition_point(|start| *start <= place.start).max(1);
        let before = file.text.get(lines[line - 1]..place.start).unwrap_or("");
        At { line, column: before.chars().count() + 1 }
    }

    /// `schema/support.graphql:12`.
    pub fn name_and_line(&self, place: Place) -> String {
        format!("{}:{}", self.name(place.file), self.locate(place).line)
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0)
        .chain(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1))
        .collect()
}
