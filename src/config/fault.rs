//! A problem before its line is known, and the place where many gather.

use std::cell::RefCell;
use std::ops::Range;

use super::key_path::KeyPath;

/// One thing that is wrong with the bytes of `span`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub span: Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

impl Fault {
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Fault {
        Fault { span, message: message.into(), help: None }
    }

    pub fn help(self, help: impl Into<String>) -> Fault {
        Fault { help: Some(help.into()), ..self }
    }

    /// A key that nobody knows, with the nearest one that is known.
    pub fn unknown_key(span: Range<usize>, key: &str, within: &KeyPath, known: &[&str]) -> Fault {
        let place = if within.is_empty() { String::new() } else { format!(" in `{within}`") };
        let help = match nearest(key, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", quoted(known)),
        };
        Fault::new(span, format!("unknown key `{key}`{place}")).help(help)
    }
}

/// Where faults gather. Readers share it, for unknown keys are told while reading goes on.
#[derive(Debug, Default)]
pub(super) struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    pub fn push(&self, fault: Fault) {
        self.0.borrow_mut().push(fault);
    }

    pub fn count(&self) -> usize {
        self.0.borrow().len()
    }

    pub fn into_list(self) -> Vec<Fault> {
        self.0.into_inner()
    }
}

/// Names as they are listed in a sentence.
pub(super) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The known name nearest to `name`, where one is near enough to be meant.
fn nearest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    let name = name.to_lowercase().replace('-', "_");
    let likeness = |known: &str| {
        let known = known.replace('-', "_");
        // Two letters changed about in a short name are a slip too, and far apart for the other measure.
        if strsim::damerau_levenshtein(&name, &known) <= 1 { 1.0 } else { strsim::jaro_winkler(&name, &known) }
    };
    known
        .iter()
        .map(|candidate| (*candidate, likeness(candidate)))
        .filter(|(_, likeness)| *likeness > 0.8)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(candidate, _)| candidate)
}
