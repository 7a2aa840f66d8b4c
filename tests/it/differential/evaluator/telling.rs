//! What is told beside the data: errors, and how each department stands.

use apollo_compiler::executable::Field;
use serde_json::{Value as Json, json};

use super::{Evaluator, Fields, sets};
use crate::differential::departments::{DEPARTMENTS, Holding};
use crate::differential::mishaps::Told;

/// Stands in expected answers where the time of a department's answer stands.
pub(in crate::differential) const SOME_TIME: char = '\u{1}';
/// Stands there for its age in seconds.
pub(in crate::differential) const SOME_AGE: char = '\u{2}';

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Segment {
    Key(String),
    Index(usize),
}

/// How a department stands in a view, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    NotAsked,
    Fresh,
    NotLinked,
    Partial,
    Unavailable,
}

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Status::NotAsked => "NOT_ASKED",
            Status::Fresh => "FRESH",
            Status::NotLinked => "NOT_LINKED",
            Status::Partial => "PARTIAL",
            Status::Unavailable => "UNAVAILABLE",
        }
    }
}

/// Something to be said of a department.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) department: &'static str,
    pub(super) status: Status,
    pub(super) dated: bool,
    pub(super) reason: Option<&'static str>,
    pub(super) message: Option<String>,
}

/// What is to be told of a view: of its departments, and whether it is open if somebody exists.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    pub(super) notes: Vec<Note>,
    pub(super) unverified: bool,
}

impl Account {
    pub(super) fn add(&mut self, other: &Account) {
        self.notes.extend(other.notes.iter().cloned());
        self.unverified |= other.unverified;
    }

    pub(super) fn fresh(&mut self, department: &'static str) {
        self.notes.push(Note { department, status: Status::Fresh, dated: true, reason: None, message: None });
    }

    pub(super) fn partial(&mut self, department: &'static str, reason: &'static str) {
        self.notes.push(Note {
            department,
            status: Status::Partial,
            dated: false,
            reason: Some(reason),
            message: None,
        });
    }
}

pub(super) fn unavailable(told: &Told) -> Note {
    Note {
        department: told.department,
        status: Status::Unavailable,
        dated: false,
        reason: Some(told.code),
        message: Some(told.message.clone()),
    }
}

impl<'e> Evaluator<'e> {
    pub(super) fn coverage(&self, fields: &Fields<'e>, account: &Account) -> String {
        let fields = self.collect("Coverage", &sets(fields));
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(key, fields)| (key.as_str(), fields[0].name.as_str())).collect();
        rows(account, &fields)
    }

    /// A call that failed. `holding` has the field; another one may be what failed.
    pub(super) fn failed(&mut self, field: &Field, holding: &str, told: &Told) {
        let mut extensions =
            vec![("code", json!(told.code)), ("department", json!(told.department)), ("connector", json!(holding))];
        if told.holding != holding {
            extensions.push(("blockedBy", json!(told.holding)));
        }
        extensions.extend(told.status.map(|status| ("status", json!(status))));
        self.tell(field, holding, told.code, None, &told.message, &extensions);
    }

    pub(super) fn misfit(&mut self, field: &Field, from: &'static Holding, account: &mut Account) {
        account.partial(from.department, "MAPPING_INVALID");
        let name = field.name.to_string();
        let extensions = [
            ("code", json!("MAPPING_INVALID")),
            ("department", json!(from.department)),
            ("connector", json!(from.name)),
            ("field", json!(name)),
        ];
        let message = format!("{} gave a value that does not fit the contract's type of {name}", from.department);
        self.tell(field, from.name, "MAPPING_INVALID", Some(name), &message, &extensions);
    }

    /// Once for an object, or for all items of a list.
    pub(super) fn tell(
        &mut self,
        field: &Field,
        holding: &str,
        code: &str,
        name: Option<String>,
        message: &str,
        extensions: &[(&str, Json)],
    ) {
        // Fields of the root have nothing in common but the question.
        let object = if self.path.len() == 1 { 1 } else { self.path.len() - 1 };
        let ancestor = self.path[..self.outside.unwrap_or(object)].to_vec();
        if !self.told.insert((ancestor, holding.to_owned(), code.to_owned(), name)) {
            return;
        }
        let path = self.path[..self.outside.unwrap_or(self.path.len())].iter().map(|segment| match segment {
            Segment::Key(key) => json!(key).to_string(),
            Segment::Index(index) => index.to_string(),
        });
        let path: Vec<String> = path.collect();
        let before = &self.text[..field.name.location().unwrap().offset()];
        let before = match &field.alias {
            Some(alias) => &self.text[..alias.location().unwrap().offset()],
            None => before,
        };
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
        let extensions: Vec<String> = extensions.iter().map(|(key, value)| format!("{}:{value}", json!(key))).collect();
        self.errors.push(format!(
            "{{\"message\":{},\"locations\":[{{\"line\":{line},\"column\":{column}}}],\"path\":[{}],\"extensions\":{{{}}}}}",
            json!(message),
            path.join(","),
            extensions.join(",")
        ));
    }
}

/// One row per department, the worst of what is to be said of it, and one for the identity where that is open.
pub(super) fn rows(account: &Account, fields: &[(&str, &str)]) -> String {
    let mut rows: Vec<String> = DEPARTMENTS
        .iter()
        .map(|(name, title)| {
            let notes = || account.notes.iter().filter(|note| note.department == *name);
            let worst = notes().map(|note| note.status).max().unwrap_or(Status::NotAsked);
            let first = notes().find(|note| note.status == worst);
            let dated = notes().any(|note| note.dated);
            row(fields, name, title, worst.name(), dated, first)
        })
        .collect();
    if account.unverified {
        rows.push(row(fields, "identity", "Identity", "UNVERIFIED", false, None));
    }
    format!("[{}]", rows.join(","))
}

pub(super) fn row(
    fields: &[(&str, &str)],
    name: &str,
    title: &str,
    status: &str,
    dated: bool,
    note: Option<&Note>,
) -> String {
    let members = fields.iter().map(|(key, field)| {
        let value = match *field {
            "department" => json!(name).to_string(),
            "title" => json!(title).to_string(),
            "status" => json!(status).to_string(),
            "asOf" if dated => SOME_TIME.to_string(),
            "ageSeconds" if dated => SOME_AGE.to_string(),
            "reason" => json!(note.and_then(|note| note.reason)).to_string(),
            "message" => json!(note.and_then(|note| note.message.as_deref())).to_string(),
            "__typename" => "\"Coverage\"".to_owned(),
            _ => "null".to_owned(),
        };
        format!("{}:{value}", json!(key))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}
