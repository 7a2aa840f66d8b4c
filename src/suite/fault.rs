//! What is wrong with a file of tests, and the reader that notes it.

use std::fmt;

use super::yaml::{At, Kind, Node};

/// One thing that is wrong with a file that is to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, as it was named.
    pub file: String,
    /// Where in it; `None` where the file as a whole is meant.
    pub at: Option<At>,
    /// What was found and what was expected.
    pub message: String,
    /// How to mend it, where that is known.
    pub help: Option<String>,
}

impl fmt::Display for Fault {
    /// One line: `file:line:column: message (help)`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.file)?;
        if let Some(at) = self.at {
            write!(out, ":{}:{}", at.line, at.column)?;
        }
        write!(out, ": {}", self.message)?;
        match &self.help {
            Some(help) => write!(out, " ({help})"),
            None => Ok(()),
        }
    }
}

/// A value with where it is written.
#[derive(Clone, Debug)]
pub(super) struct Written<T> {
    pub at: At,
    pub value: T,
}

/// Reads one file's tree and keeps what is wrong with it.
#[derive(Debug)]
pub(super) struct Reader<'f> {
    pub file: &'f str,
    pub faults: Vec<Fault>,
}

impl<'f> Reader<'f> {
    pub fn new(file: &'f str) -> Reader<'f> {
        Reader { file, faults: Vec::new() }
    }

    pub fn fault(&mut self, at: At, message: impl Into<String>) -> &mut Fault {
        self.faults.push(Fault { file: self.file.to_owned(), at: Some(at), message: message.into(), help: None });
        self.faults.last_mut().expect("one was pushed just now")
    }

    /// Notes every key of a map that nobody knows, and says whether this is a map at all.
    pub fn keys(&mut self, node: &Node, what: &str, known: &[&str]) -> bool {
        let Kind::Map(entries) = &node.kind else {
            self.fault(node.at, format!("expected a map ({what}), found {}", node.said()));
            return false;
        };
        for (key, _) in entries.iter().filter(|(key, _)| !known.contains(&key.name.as_str())) {
            let help = match nearest(&key.name, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known are {}", known.join(", ")),
            };
            self.fault(key.at, format!("unknown key `{}` in {what}", key.name)).help = Some(help);
        }
        true
    }

    /// A text under a key. Numbers and flags are taken as they are written.
    pub fn text(&mut self, node: &Node, name: &str) -> Option<Written<String>> {
        let found = node.get(name)?;
        let value = match &found.kind {
            Kind::Text(text) => text.clone(),
            Kind::Number(number) => number.to_string(),
            Kind::Bool(flag) => flag.to_string(),
            _ => {
                self.fault(found.at, format!("`{name}` must be text, found {}", found.said()));
                return None;
            }
        };
        Some(Written { at: found.at, value })
    }

    /// A flag under a key; false where it is not given.
    pub fn flag(&mut self, node: &Node, name: &str) -> bool {
        match node.get(name).map(|found| (&found.kind, found)) {
            None => false,
            Some((Kind::Bool(flag), _)) => *flag,
            Some((_, found)) => {
                self.fault(found.at, format!("`{name}` must be true or false, found {}", found.said()));
                false
            }
        }
    }

    /// The items of a list under a key; none where it is not given.
    pub fn list<'n>(&mut self, node: &'n Node, name: &str) -> Option<&'n [Node]> {
        let found = node.get(name)?;
        match &found.kind {
            Kind::List(items) => Some(items),
            _ => {
                self.fault(found.at, format!("`{name}` must be a list, found {}", found.said()));
                None
            }
        }
    }
}

/// The known name nearest to `name`, where one is near enough to be meant.
pub(super) fn nearest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    let likeness = |candidate: &str| {
        if candidate.eq_ignore_ascii_case(name) { 1.0 } else { strsim::jaro_winkler(name, candidate) }
    };
    known
        .iter()
        .map(|candidate| (*candidate, likeness(candidate)))
        .filter(|(_, likeness)| *likeness > 0.8)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(candidate, _)| candidate)
}
