//! Where the file says what, for those who find out later that it cannot be.

use std::collections::BTreeMap;
use std::fmt;

use super::fault::Fault;
use super::problem::{Problem, locate};
use super::read::FILE_NAME;
use super::tree::{Node, Value};

/// The tables that are judged once all of them are read, and the schema is known.
const JUDGED_LATER: [&str; 7] = ["http", "admin", "cache", "telemetry", "sources", "webhooks", "connectors"];
/// So many keys lead to the innermost of theirs: `sources.NAME.auth.login.url`.
const MOST_KEYS: usize = 5;

/// Where tables and keys stand in the file that are judged later; nowhere where there is no file.
#[derive(Clone, Default)]
pub struct Places {
    file: String,
    /// Line and column by the keys that lead there: `webhooks.billing.hmac`.
    known: BTreeMap<String, (usize, usize)>,
}

impl Places {
    pub(super) fn of(file: &str, text: &str, document: &Node) -> Places {
        let mut marks = Vec::new();
        mark(document, 1, &mut marks);
        let found = locate(file, text, marks).into_iter();
        Places { file: file.to_owned(), known: found.map(|mark| (mark.message, (mark.line, mark.column))).collect() }
    }

    /// What is wrong with what stands there, or, where it does not, with the table that it belongs into.
    pub fn problem(&self, path: &str, message: impl Into<String>, help: Option<String>) -> Problem {
        let mut at = path;
        let (line, column) = loop {
            match (self.known.get(at), at.rsplit_once('.')) {
                (Some(place), _) => break *place,
                (None, Some((outer, _))) => at = outer,
                (None, None) => break (1, 1),
            }
        };
        let file = if self.file.is_empty() { FILE_NAME.to_owned() } else { self.file.clone() };
        Problem { file, line, column, message: message.into(), help }
    }
}

impl fmt::Debug for Places {
    /// Two files that say the same are the same settings.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Places")
    }
}

/// A table stands where its name does, everything else where its value does.
fn mark(node: &Node, depth: usize, marks: &mut Vec<Fault>) {
    let Value::Table(entries) = &node.value else { return };
    let is_judged = |key: &str| depth > 1 || JUDGED_LATER.contains(&key);
    for entry in entries.iter().filter(|entry| depth <= MOST_KEYS && is_judged(&entry.key)) {
        let span = match entry.node.value {
            Value::Table(_) => entry.key_span.clone(),
            _ => entry.node.span.clone(),
        };
        marks.push(Fault::new(span, entry.node.path.to_string()));
        mark(&entry.node, depth + 1, marks);
    }
}
