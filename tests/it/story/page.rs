//! A markdown file as a title and fenced blocks, which can be written back changed.

use std::collections::BTreeMap;

/// A story file.
pub struct Page {
    pub title: String,
    pub blocks: Vec<Block>,
    lines: Vec<String>,
}

/// One fenced block.
#[derive(Clone, Debug)]
pub struct Block {
    /// Everything after the fence: `graphql query coverage`.
    pub words: Vec<String>,
    pub body: String,
    /// Index of the opening fence's line; the body ends before line `end`, which is the closing fence.
    start: usize,
    end: usize,
}

/// What a page's blocks shall become.
#[derive(Default)]
pub struct Changes {
    bodies: BTreeMap<usize, String>,
    /// After which block, in order.
    added: Vec<(usize, String, String)>,
}

impl Block {
    /// Whether the block is of this kind: `json answer`.
    pub fn is(&self, kind: &str) -> bool {
        kind.split(' ').zip(&self.words).all(|(kind, word)| kind == word) && self.words.len() >= kind.split(' ').count()
    }

    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|known| known == word)
    }

    /// The value of `name=value` after the fence.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    /// Line of the opening fence, from 1.
    pub fn line(&self) -> usize {
        self.start + 1
    }
}

impl Page {
    pub fn read(text: &str) -> Result<Page, String> {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let title =
            lines.iter().find_map(|line| line.strip_prefix("# ")).ok_or("no title: a story begins with `# `")?;
        let mut blocks = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            let Some(info) = lines[at].strip_prefix("```") else {
                at += 1;
                continue;
            };
            let end = (at + 1..lines.len())
                .find(|&end| lines[end] == "```")
                .ok_or_else(|| format!("line {}: the block is never closed", at + 1))?;
            let words = info.split_whitespace().map(str::to_owned).collect();
            blocks.push(Block { words, body: lines[at + 1..end].join("\n"), start: at, end });
            at = end + 1;
        }
        Ok(Page { title: title.to_owned(), blocks, lines: lines.clone() })
    }

    /// The file's text with changed blocks.
    pub fn with(&self, changes: &Changes) -> String {
        let mut out = String::new();
        let mut at = 0;
        for (index, block) in self.blocks.iter().enumerate() {
            self.lines[at..=block.start].iter().for_each(|line| add(&mut out, line));
            add(&mut out, changes.bodies.get(&index).unwrap_or(&block.body));
            add(&mut out, "```");
            at = block.end + 1;
            for (_, info, body) in changes.added.iter().filter(|(after, ..)| *after == index) {
                add(&mut out, &format!("\n```{info}\n{body}\n```"));
            }
        }
        self.lines[at..].iter().for_each(|line| add(&mut out, line));
        out
    }
}

fn add(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

impl Changes {
    pub fn body(&mut self, block: usize, body: String) {
        self.bodies.insert(block, body);
    }

    pub fn add(&mut self, after: usize, info: &str, body: String) {
        self.added.push((after, info.to_owned(), body));
    }
}
