//! JSON values that borrow the bytes they were read from.

use std::borrow::Cow;

use serde_json::Number;

use super::clean::clean_length;

/// JSON as read from an upstream; strings borrow the body where they can.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// `null`: present and empty. A missing value is `Option::None`, never this.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number: 64-bit integer, signed or unsigned, or a double.
    Number(Number),
    /// A string.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Value<'a>>),
    /// An object; keys keep their order and are unique.
    Object(Object<'a>),
}

/// A JSON object that keeps the order of its keys; a key stands in it once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

impl<'a> Object<'a> {
    /// An object without keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// An object without keys, with room for `keys` of them.
    pub fn with_capacity(keys: usize) -> Self {
        Self(Vec::with_capacity(keys))
    }

    /// The value under `key`, if there is one.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The value under `key` with its place, which is looked for at `guess` first.
    pub fn find(&self, key: &str, guess: usize) -> Option<(usize, &Value<'a>)> {
        match self.0.get(guess) {
            Some((name, value)) if name == key => Some((guess, value)),
            _ => self.0.iter().position(|(name, _)| name == key).map(|place| (place, &self.0[place].1)),
        }
    }

    /// The value under `key`, to be changed in place.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value<'a>> {
        self.0.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Puts `value` under `key` and gives back what stood there; a replaced key keeps its place.
    pub fn insert(&mut self, key: impl Into<Cow<'a, str>>, value: Value<'a>) -> Option<Value<'a>> {
        let key = key.into();
        match self.get_mut(&key) {
            Some(old) => Some(std::mem::replace(old, value)),
            None => {
                self.0.push((key, value));
                None
            }
        }
    }

    /// Keys and values in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value<'a>)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a key that the caller knows not to be there yet.
    pub(super) fn push_new(&mut self, key: Cow<'a, str>, value: Value<'a>) {
        // In a large object, looking would cost a square even in a test build.
        debug_assert!(self.len() > 64 || self.get(&key).is_none(), "push_new is for new keys");
        self.0.push((key, value));
    }

    /// The value of the entry at `place`, to be changed in place.
    pub(super) fn value_mut(&mut self, place: usize) -> Option<&mut Value<'a>> {
        self.0.get_mut(place).map(|(_, value)| value)
    }

    /// An object of entries whose keys the caller knows to differ.
    pub(super) fn of_different_keys(entries: Vec<(Cow<'a, str>, Value<'a>)>) -> Self {
        Self(entries)
    }

    pub(super) fn entries(&self) -> &[(Cow<'a, str>, Value<'a>)] {
        &self.0
    }

    /// An object of entries in which a key may stand twice: the last value wins, at the first one's place.
    /// The second number is how many entries were replaced.
    pub(super) fn from_entries(mut entries: Vec<(Cow<'a, str>, Value<'a>)>) -> (Self, usize) {
        // Small objects are compared pairwise; large ones sorted, lest a hostile body cost a square.
        let before = entries.len();
        let doubled = if before <= 24 {
            (1..before).any(|i| entries[..i].iter().any(|(key, _)| *key == entries[i].0))
        } else {
            let mut keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_ref()).collect();
            keys.sort_unstable();
            keys.windows(2).any(|pair| pair[0] == pair[1])
        };
        if doubled {
            let mut kept = indexmap::IndexMap::with_capacity(before);
            for (key, value) in entries {
                kept.insert(key, value);
            }
            entries = kept.into_iter().collect();
        }
        let replaced = before - entries.len();
        (Self(entries), replaced)
    }
}

impl<'a> FromIterator<(Cow<'a, str>, Value<'a>)> for Object<'a> {
    fn from_iter<I: IntoIterator<Item = (Cow<'a, str>, Value<'a>)>>(entries: I) -> Self {
        Self::from_entries(entries.into_iter().collect()).0
    }
}

impl<'a> IntoIterator for Object<'a> {
    type Item = (Cow<'a, str>, Value<'a>);
    type IntoIter = std::vec::IntoIter<Self::Item>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> Value<'a> {
    /// The value under `key`, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        match self {
            Value::Object(object) => object.get(key),
            _ => None,
        }
    }

    /// The text, if this is a string.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The elements, if this is an array.
    pub fn as_list(&self) -> Option<&[Value<'a>]> {
        match self {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The object, if this is one.
    pub fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// What this is, in JSON's own words: `null`, `boolean`, `number`, `string`, `array` or `object`.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::Text(_) => "string",
            Value::List(_) => "array",
            Value::Object(_) => "object",
        }
    }

    /// The same value, borrowing from this one.
    pub fn borrowed(&self) -> Value<'_> {
        match self {
            Value::Null => Value::Null,
            Value::Bool(flag) => Value::Bool(*flag),
            Value::Number(number) => Value::Number(number.clone()),
            Value::Text(text) => Value::Text(Cow::Borrowed(text)),
            Value::List(items) => Value::List(items.iter().map(Value::borrowed).collect()),
            Value::Object(object) => {
                let entries = object.0.iter();
                Value::Object(Object(entries.map(|(key, value)| (Cow::Borrowed(&**key), value.borrowed())).collect()))
            }
        }
    }

    /// The same value, borrowing nothing.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Null => Value::Null,
            Value::Bool(flag) => Value::Bool(flag),
            Value::Number(number) => Value::Number(number),
            Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Value::List(items) => Value::List(items.into_iter().map(Value::into_owned).collect()),
            Value::Object(object) => Value::Object(Object(
                object.into_iter().map(|(key, value)| (Cow::Owned(key.into_owned()), value.into_owned())).collect(),
            )),
        }
    }

    /// Appends this value to `out` as compact JSON.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Bool(true) => out.extend_from_slice(b"true"),
            Value::Bool(false) => out.extend_from_slice(b"false"),
            Value::Number(number) => write_number(number, out),
            Value::Text(text) => write_text(text, out),
            Value::List(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Value::Object(object) => {
                out.push(b'{');
                for (index, (key, value)) in object.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    write_text(key, out);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }
}

/// Appends a number as JSON.
pub(super) fn write_number(number: &Number, out: &mut Vec<u8>) {
    if let Some(int) = number.as_i64() {
        out.extend_from_slice(itoa::Buffer::new().format(int).as_bytes());
    } else if let Some(int) = number.as_u64() {
        out.extend_from_slice(itoa::Buffer::new().format(int).as_bytes());
    } else {
        // A Number that is no integer is a finite double.
        let float = number.as_f64().unwrap_or_default();
        out.extend_from_slice(ryu::Buffer::new().format_finite(float).as_bytes());
    }
}

/// Appends a string as JSON, quoted and escaped.
pub(super) fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (clean, marked) = rest.split_at(clean_length(rest));
        out.extend_from_slice(clean);
        let Some((&mark, after)) = marked.split_first() else { break };
        write_mark(mark, out);
        rest = after;
    }
    out.push(b'"');
}

/// Appends a byte that must not stand in JSON text as it is.
fn write_mark(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        _ => {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            out.extend_from_slice(b"\\u00");
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 15)]);
        }
    }
}

impl From<serde_json::Value> for Value<'static> {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(flag) => Value::Bool(flag),
            serde_json::Value::Number(number) => Value::Number(number),
            serde_json::Value::String(text) => Value::Text(Cow::Owned(text)),
            serde_json::Value::Array(items) => Value::List(items.into_iter().map(Value::from).collect()),
            serde_json::Value::Object(object) => Value::Object(Object(
                object.into_iter().map(|(key, value)| (Cow::Owned(key), Value::from(value))).collect(),
            )),
        }
    }
}

impl From<&Value<'_>> for serde_json::Value {
    fn from(value: &Value<'_>) -> Self {
        match value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(flag) => serde_json::Value::Bool(*flag),
            Value::Number(number) => serde_json::Value::Number(number.clone()),
            Value::Text(text) => serde_json::Value::String(text.to_string()),
            Value::List(items) => items.iter().map(serde_json::Value::from).collect(),
            Value::Object(object) => {
                object.iter().map(|(key, value)| (key.to_owned(), serde_json::Value::from(value))).collect()
            }
        }
    }
}

impl From<Value<'_>> for serde_json::Value {
    fn from(value: Value<'_>) -> Self {
        serde_json::Value::from(&value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::Text(Cow::Owned(text))
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Value::Bool(flag)
    }
}

impl From<i64> for Value<'_> {
    fn from(int: i64) -> Self {
        Value::Number(int.into())
    }
}
