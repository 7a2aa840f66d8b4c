//! Failures as GraphQL errors: path, code, department, connector.

use std::cell::OnceCell;
use std::collections::HashSet;

use crate::mapping::{Object, Value};
use crate::operation::{Places, Twins};
use crate::record::{Code, Failure};

/// One step of a path. Keys are the plan's: the writer enters one for every value of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Segment<'w> {
    Key(&'w str),
    Index(usize),
}

/// Where the writer stands.
#[derive(Debug, Default)]
pub(super) struct Path<'w> {
    segments: Vec<Segment<'w>>,
    /// Length of the part that lies outside all lists, once inside one.
    outside: Option<usize>,
}

impl<'w> Path<'w> {
    pub(super) fn enter(&mut self, key: &'w str) {
        self.segments.push(Segment::Key(key));
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
    fn outside_lists(&self) -> &[Segment<'w>] {
        &self.segments[..self.outside.unwrap_or(self.segments.len())]
    }

    fn told(&self, connector: &str, code: Code, field: Option<&str>) -> Told<'w> {
        let ancestor = match self.outside {
            Some(list) => &self.segments[..list],
            // Fields of the root have nothing in common but the request.
            None if self.segments.len() == 1 => &self.segments,
            None => &self.segments[..self.segments.len().saturating_sub(1)],
        };
        Told { ancestor: ancestor.to_vec(), connector: connector.to_owned(), code, field: field.map(str::to_owned) }
    }
}

/// The errors of one answer: a failed call is told once for all fields of one object that it gives, and once for all
/// items of a list; a value that does not fit, once for its field.
#[derive(Debug, Default)]
pub(super) struct Errors<'w> {
    /// Each as JSON text.
    list: Vec<Vec<u8>>,
    seen: HashSet<Told<'w>>,
    /// Set where places are to be told of another text than the plan's.
    twins: Option<Twins<'w>>,
    /// Where its tokens stand, once there was an error.
    places: OnceCell<Places>,
    /// Of each, of whom it speaks.
    pub(super) blamed: Vec<Blamed>,
}

/// An error of an answer, to be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blamed {
    /// Its code.
    pub code: Code,
    /// The department it speaks of.
    pub department: String,
}

/// What is told once.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Told<'w> {
    /// The nearest object above that is outside all lists.
    ancestor: Vec<Segment<'w>>,
    connector: String,
    code: Code,
    /// The field, where it alone is at fault.
    field: Option<String>,
}

impl<'w> Errors<'w> {
    pub(super) fn new(twins: Option<Twins<'w>>) -> Errors<'w> {
        Errors { twins, ..Errors::default() }
    }

    /// A failed call. `connector` is the one that gives the field; where another one failed, it was blocked by that.
    pub(super) fn failed(&mut self, path: &Path<'w>, location: (u32, u32), connector: &str, failure: &Failure) {
        let mut extensions = Object::default();
        extensions.insert("code", failure.code.as_str().into());
        extensions.insert("department", failure.department.as_str().into());
        extensions.insert("connector", connector.into());
        if failure.connector != connector {
            extensions.insert("blockedBy", failure.connector.as_str().into());
        }
        if let Some(status) = failure.status {
            extensions.insert("status", i64::from(status).into());
        }
        for (key, value) in failure.extensions.iter().flatten() {
            extensions.insert(key.clone(), Value::from(value.clone()));
        }
        let told = path.told(connector, failure.code, None);
        if self.add(told, path, location, &failure.public, extensions) {
            self.blamed.push(Blamed { code: failure.code, department: failure.department.clone() });
        }
    }

    /// A value that did not fit the contract's type.
    pub(super) fn invalid(
        &mut self,
        path: &Path<'w>,
        location: (u32, u32),
        connector: &str,
        department: &str,
        field: &str,
    ) {
        let mut extensions = Object::default();
        extensions.insert("code", Code::MappingInvalid.as_str().into());
        extensions.insert("department", department.into());
        extensions.insert("connector", connector.into());
        extensions.insert("field", field.into());
        let message = format!("{department} gave a value that does not fit the contract's type of {field}");
        let told = path.told(connector, Code::MappingInvalid, Some(field));
        if self.add(told, path, location, &message, extensions) {
            self.blamed.push(Blamed { code: Code::MappingInvalid, department: department.to_owned() });
        }
    }

    /// Whether it was not told before.
    fn add(
        &mut self,
        told: Told<'w>,
        path: &Path<'w>,
        location: (u32, u32),
        message: &str,
        extensions: Object<'_>,
    ) -> bool {
        if !self.seen.insert(told) {
            return false;
        }
        let path = path.outside_lists().iter().map(|segment| match segment {
            Segment::Key(key) => Value::from(*key),
            Segment::Index(index) => number(*index),
        });
        let moved = self.twins.map(|twins| self.places.get_or_init(|| twins.places()).asked(location));
        let (line, column) = moved.unwrap_or(location);
        let place: Object<'_> = [("line".into(), i64::from(line).into()), ("column".into(), i64::from(column).into())]
            .into_iter()
            .collect();
        let error: Object<'_> = [
            ("message".into(), Value::from(message)),
            ("locations".into(), Value::List(vec![Value::Object(place)])),
            ("path".into(), Value::List(path.collect())),
            ("extensions".into(), Value::Object(extensions)),
        ]
        .into_iter()
        .collect();
        let mut text = Vec::new();
        Value::Object(error).write(&mut text);
        self.list.push(text);
        true
    }

    /// Appends `,"errors":[…]` where there are any.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if self.list.is_empty() {
            return;
        }
        out.extend_from_slice(b",\"errors\":[");
        out.extend_from_slice(&self.list.join(&b','));
        out.push(b']');
    }
}

/// An index of a list, far below what 64 bits hold.
fn number(index: usize) -> Value<'static> {
    Value::from(i64::try_from(index).unwrap_or(i64::MAX))
}
