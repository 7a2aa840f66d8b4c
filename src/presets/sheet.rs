//! A schema file cut into the pieces that may be kept, changed or left out.
//!
//! This reads the presets' own files and the contract's heart, not anybody's schema: it relies on how they are written. A
//! piece begins at the left margin after an empty line; fields are indented by two blanks and begin with a description;
//! a type's opening brace stands in its first line; connectors stand in an `extend type` without fields.

/// One file.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) pieces: Vec<Piece>,
}

/// What stands between two empty lines at the left margin.
#[derive(Debug)]
pub(super) enum Piece {
    /// `type` or `extend type` with fields.
    Fields(Block),
    /// An enum, interface or scalar: kept or left out as a whole.
    Named { name: String, text: String },
    /// Everything else: comments, `extend schema`, connectors.
    Other(String),
}

/// A type's fields.
#[derive(Debug)]
pub(super) struct Block {
    /// The type.
    pub(super) name: String,
    /// Whether it only adds to a type that is defined elsewhere.
    pub(super) extends: bool,
    /// Description and first line, opening brace included.
    pub(super) head: String,
    pub(super) fields: Vec<Field>,
}

/// One field with its description, comments and directives.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) text: String,
}

impl Sheet {
    pub(super) fn read(text: &str) -> Sheet {
        let mut pieces: Vec<Vec<&str>> = Vec::new();
        let mut after_empty = true;
        for line in text.lines() {
            let opens = after_empty && !line.is_empty() && !line.starts_with([' ', '}']);
            match pieces.last_mut() {
                Some(piece) if !opens => piece.push(line),
                _ => pieces.push(vec![line]),
            }
            after_empty = line.is_empty();
        }
        Sheet { pieces: pieces.iter().map(|lines| piece(lines)).collect() }
    }

    pub(super) fn write(&self) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            if !out.is_empty() {
                out.push('\n');
            }
            match piece {
                Piece::Fields(block) => {
                    out.push_str(&block.head);
                    out.push('\n');
                    for (index, field) in block.fields.iter().enumerate() {
                        out.push_str(if index > 0 { "\n" } else { "" });
                        out.push_str(&field.text);
                        out.push('\n');
                    }
                    out.push_str("}\n");
                }
                Piece::Named { text, .. } | Piece::Other(text) => {
                    out.push_str(text);
                    out.push('\n');
                }
            }
        }
        out
    }

    pub(super) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Fields(block) => Some(block),
            _ => None,
        })
    }

    pub(super) fn blocks_mut(&mut self) -> impl Iterator<Item = &mut Block> {
        self.pieces.iter_mut().filter_map(|piece| match piece {
            Piece::Fields(block) => Some(block),
            _ => None,
        })
    }
}

impl Field {
    /// The type that it leads to, without list and non-null marks.
    pub(super) fn leads_to(&self) -> &str {
        let signature = self.text.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        let typed = signature.filter_map(|line| {
            let line = line.trim_start();
            line.strip_prefix("): ").or_else(|| line.strip_prefix(self.name.as_str())?.strip_prefix(": "))
        });
        let end = |text: &str| text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
        typed.map(|text| text.trim_start_matches('[')).map(|text| &text[..end(text)]).next_back().unwrap_or("")
    }
}

fn piece(lines: &[&str]) -> Piece {
    let end = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    let lines = &lines[..end];
    for (at, line) in lines.iter().enumerate() {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["type", name, ..] | ["extend", "type", name, ..] if line.ends_with('{') => {
                return Piece::Fields(Block {
                    name: name.to_owned(),
                    extends: words[0] == "extend",
                    head: lines[..=at].join("\n"),
                    fields: fields(&lines[at + 1..lines.len() - 1]),
                });
            }
            ["enum" | "interface" | "scalar", name, ..] => {
                return Piece::Named { name: name.to_owned(), text: lines.join("\n") };
            }
            _ => {}
        }
    }
    Piece::Other(lines.join("\n"))
}

fn fields(lines: &[&str]) -> Vec<Field> {
    let mut fields: Vec<Vec<&str>> = Vec::new();
    let mut in_description = false;
    for line in lines {
        let is_mark = *line == "  \"\"\"";
        match fields.last_mut() {
            Some(field) if in_description || !is_mark => field.push(line),
            _ => fields.push(vec![line]),
        }
        in_description ^= is_mark;
    }
    fields.iter().map(|lines| field(lines)).collect()
}

fn field(lines: &[&str]) -> Field {
    let described = lines.iter().rposition(|line| *line == "  \"\"\"").map_or(0, |mark| mark + 1);
    let signature = lines[described..].iter().map(|line| line.trim_start()).find(|line| !line.starts_with('#'));
    let name = signature.unwrap_or_default();
    let name = &name[..name.find([':', '(']).unwrap_or(name.len())];
    Field { name: name.to_owned(), text: lines.join("\n").trim_end().to_owned() }
}
