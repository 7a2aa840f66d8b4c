//! Expected and found JSON held against each other, with the places of what was expected.

use serde_json::Value as Json;

use super::yaml::{self, At, Kind, Node};

/// Most differences told of one comparison.
const MAX_TOLD: usize = 20;
/// Longest value shown, in characters.
const MAX_SHOWN: usize = 160;

/// One place where two values differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unlike {
    pub at: At,
    /// `$.tickets[0].status`
    pub path: String,
    pub expected: String,
    pub found: String,
}

/// Every place where the found value is not as expected, at most 20. Numbers are compared by value: 3 is 3.0.
pub(super) fn differences(expected: &Node, found: &Json) -> Vec<Unlike> {
    let mut out = Vec::new();
    walk(expected, found, "$", &mut out);
    out.truncate(MAX_TOLD);
    out
}

fn walk(expected: &Node, found: &Json, path: &str, out: &mut Vec<Unlike>) {
    if out.len() > MAX_TOLD {
        return;
    }
    match (&expected.kind, found) {
        (Kind::Map(entries), Json::Object(members)) => {
            for (key, value) in entries {
                let path = format!("{path}{}", step(&key.name));
                match members.get(&key.name) {
                    Some(member) => walk(value, member, &path, out),
                    None => out.push(unlike(key.at, &path, show(&value.json()), "nothing")),
                }
            }
            for (key, member) in members {
                if !entries.iter().any(|(known, _)| known.name == *key) {
                    out.push(unlike(expected.at, &format!("{path}{}", step(key)), "nothing", show(member)));
                }
            }
        }
        (Kind::List(items), Json::Array(elements)) => {
            for (index, item) in items.iter().enumerate() {
                let path = format!("{path}[{index}]");
                match elements.get(index) {
                    Some(element) => walk(item, element, &path, out),
                    None => out.push(unlike(item.at, &path, show(&item.json()), "nothing")),
                }
            }
            for (index, element) in elements.iter().enumerate().skip(items.len()) {
                out.push(unlike(expected.at, &format!("{path}[{index}]"), "nothing", show(element)));
            }
        }
        _ => {
            let wanted = expected.json();
            if !same(&wanted, found) {
                out.push(unlike(expected.at, path, show(&wanted), show(found)));
            }
        }
    }
}

/// Whether two values are the same JSON; numbers by value.
pub(super) fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a == b || a.as_f64().is_some() && a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

fn unlike(at: At, path: &str, expected: impl Into<String>, found: impl Into<String>) -> Unlike {
    Unlike { at, path: path.to_owned(), expected: expected.into(), found: found.into() }
}

fn step(key: &str) -> String {
    let is_plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_plain { format!(".{key}") } else { format!("[{}]", Json::from(key)) }
}

/// A value as one line, cut where it is long.
pub(super) fn show(value: &Json) -> String {
    cut(&value.to_string())
}

/// A text cut where it is long.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// JSON that is written as text in a suite, as a tree with places in the suite; `source` is the suite's own text.
///
/// Errors: why it is no JSON.
pub(super) fn json_in(text: &str, at: At, source: &str) -> Result<Node, String> {
    let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match yaml::read(text) {
        Ok(mut node) if node.json() == json => {
            Shift::of(text, at, source).apply(&mut node);
            Ok(node)
        }
        _ => Ok(Node::of(&json, at)),
    }
}

/// How places in a scalar's text become places in the file.
struct Shift {
    at: At,
    /// Where the text's lines begin in the file; `None` where they cannot be told apart.
    columns: Option<(usize, usize)>,
}

impl Shift {
    fn of(text: &str, at: At, source: &str) -> Shift {
        let lines: Vec<&str> = source.lines().collect();
        // A block scalar's place is its indicator's or its first line's, by the library's choice.
        let marker = |line: usize| {
            lines.get(line.wrapping_sub(1)).is_some_and(|line| {
                let end = line.split(" #").next().unwrap_or_default().trim_end();
                end.ends_with(['|', '>']) || end.ends_with("|-") || end.ends_with("|+")
            })
        };
        let first =
            if marker(at.line) { Some(at.line + 1) } else { marker(at.line.wrapping_sub(1)).then_some(at.line) };
        if let Some(first) = first {
            let raw = lines.get(first - 1).copied().unwrap_or_default();
            let own = text.lines().next().unwrap_or_default();
            let indent = raw.chars().count().saturating_sub(own.chars().count());
            return Shift { at, columns: Some((first - 1, indent)) };
        }
        let opens = lines.get(at.line - 1).and_then(|line| line.chars().nth(at.column - 1));
        let quote = usize::from(matches!(opens, Some('\'' | '"')));
        let is_one_line = !text.trim_end().contains('\n') && opens != Some('"');
        Shift { at, columns: is_one_line.then(|| (at.line - 1, at.column - 1 + quote)) }
    }

    fn place(&self, inner: At) -> At {
        match self.columns {
            Some((lines, columns)) => At { line: inner.line + lines, column: inner.column + columns },
            None => self.at,
        }
    }

    fn apply(&self, node: &mut Node) {
        node.at = self.place(node.at);
        match &mut node.kind {
            Kind::List(items) => items.iter_mut().for_each(|item| self.apply(item)),
            Kind::Map(entries) => {
                for (key, value) in entries {
                    key.at = self.place(key.at);
                    self.apply(value);
                }
            }
            _ => {}
        }
    }
}
