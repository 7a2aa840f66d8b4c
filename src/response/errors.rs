//! Failures as GraphQL errors: path, code, department, connector.

use std::collections::HashSet;

use serde_json::{Map, Value as Json, json};

use crate::record::{Code, Failure};

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Segment {
    Key(String),
    Index(usize),
}

/// Where the writer stands.
#[derive(Debug, Default)]
pub(super) struct Path {
    segments: Vec<Segment>,
    /// Length of the part that lies outside all lists, once inside one.
    outside: Option<usize>,
}

impl Path {
    pub(super) fn enter(&mut self, key: &str) {
        self.segments.push(Segment::Key(key.to_owned()));
    }

    pub(super) fn leave(&mut self) {
        self.segments.pop();
    }

    /// Enters a list; returns what [`Path::leave_list`] wants back.
    pub(super) fn enter_list(&mut self) -> Option<usize> {
        let before = self.outside;
        self.outside.get_or_insert(self.segments.len());
        before
    }

    pub(super) fn leave_list(&mut self, before: Option<usize>) {
        self.outside = before;
    }

    pub(super) fn enter_item(&mut self, index: usize) {
        self.segments.push(Segment::Index(index));
    }

    /// The field itself, or the nearest one above that is outside all lists.
    fn outside_lists(&self) -> &[Segment] {
        &self.segments[..self.outside.unwrap_or(self.segments.len())]
    }
}

/// The errors of one answer: one per path outside lists, connector and code.
#[derive(Debug, Default)]
pub(super) struct Errors {
    list: Vec<Json>,
    seen: HashSet<(Vec<Segment>, String, Code)>,
}

impl Errors {
    /// A failed call. `connector` is the one that gives the field; where another one failed, it was blocked by that.
    pub(super) fn failed(&mut self, path: &Path, location: (u32, u32), connector: &str, failure: &Failure) {
        let mut extensions = Map::new();
        extensions.insert("code".into(), failure.code.as_str().into());
        extensions.insert("department".into(), failure.department.as_str().into());
        extensions.insert("connector".into(), connector.into());
        if failure.connector != connector {
            extensions.insert("blockedBy".into(), failure.connector.as_str().into());
        }
        if let Some(status) = failure.status {
            extensions.insert("status".into(), status.into());
        }
        for (key, value) in failure.extensions.iter().flatten() {
            extensions.insert(key.clone(), value.clone());
        }
        self.add(path, location, connector, failure.code, &failure.public, extensions);
    }

    /// A value that did not fit the contract's type.
    pub(super) fn invalid(
        &mut self,
        path: &Path,
        location: (u32, u32),
        connector: &str,
        department: &str,
        field: &str,
    ) {
        let mut extensions = Map::new();
        extensions.insert("code".into(), Code::MappingInvalid.as_str().into());
        extensions.insert("department".into(), department.into());
        extensions.insert("connector".into(), connector.into());
        extensions.insert("field".into(), field.into());
        let message = format!("{department} gave a value that does not fit the contract's type of {field}");
        self.add(path, location, connector, Code::MappingInvalid, &message, extensions);
    }

    fn add(
        &mut self,
        path: &Path,
        location: (u32, u32),
        connector: &str,
        code: Code,
        message: &str,
        extensions: Map<String, Json>,
    ) {
        let path = path.outside_lists();
        if !self.seen.insert((path.to_vec(), connector.to_owned(), code)) {
            return;
        }
        let path: Vec<Json> = path
            .iter()
            .map(|segment| match segment {
                Segment::Key(key) => key.as_str().into(),
                Segment::Index(index) => (*index).into(),
            })
            .collect();
        self.list.push(json!({
            "message": message,
            "locations": [{"line": location.0, "column": location.1}],
            "path": path,
            "extensions": extensions,
        }));
    }

    /// Appends `,"errors":[…]` where there are any.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if self.list.is_empty() {
            return;
        }
        out.extend_from_slice(b",\"errors\":");
        out.extend_from_slice(Json::Array(self.list.clone()).to_string().as_bytes());
    }
}
