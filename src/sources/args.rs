//! The arguments that a connector reads.

use std::hash::{Hash, Hasher};

use crate::mapping::{Object, Value};

/// An object of arguments with its canonical text: two objects that differ only in the order of keys are equal.
#[derive(Clone, Debug)]
pub struct Args {
    value: Value<'static>,
    text: String,
}

impl Args {
    /// Arguments from an object.
    pub fn new(value: Value<'static>) -> Args {
        let value = sorted(value);
        let mut text = Vec::new();
        value.write(&mut text);
        Args { value, text: String::from_utf8_lossy(&text).into_owned() }
    }

    /// No arguments.
    pub fn none() -> Args {
        Args::new(Value::Object(Object::default()))
    }

    /// What `$args` is.
    pub fn value(&self) -> &Value<'static> {
        &self.value
    }

    /// JSON with sorted keys: a part of group keys and cache keys.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Args {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Args {}

impl Hash for Args {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

fn sorted(value: Value<'static>) -> Value<'static> {
    match value {
        Value::List(items) => Value::List(items.into_iter().map(sorted).collect()),
        Value::Object(object) => {
            let mut entries: Vec<_> = object.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(entries.into_iter().collect())
        }
        leaf => leaf,
    }
}
