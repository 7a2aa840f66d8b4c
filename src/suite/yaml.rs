//! YAML as a tree whose keys and values know where they stand.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value as Json};
use serde_saphyr::{Location, Spanned};

use crate::mapping::Value;

/// Longest file that is read, in bytes.
const MAX_FILE_BYTES: usize = 16 << 20;

/// Line and column, in characters, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct At {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub at: At,
    pub kind: Kind,
}

/// A key with its place.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub at: At,
    pub name: String,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// Reads one document. Depth, aliases and size are bounded; a key that stands twice is an error.
///
/// Errors: what is wrong, and where.
pub(super) fn read(text: &str) -> Result<Node, (At, String)> {
    if text.len() > MAX_FILE_BYTES {
        return Err((At { line: 1, column: 1 }, format!("{} bytes, more than {MAX_FILE_BYTES}", text.len())));
    }
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    serde_saphyr::from_str_with_options::<Node>(text, options).map_err(|error| {
        let at = error.location().map_or(At { line: 1, column: 1 }, |location| at(&location));
        (at, said(&error.to_string()))
    })
}

/// The library's sentence without the place, which is told apart from it, and on one line.
fn said(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    // What programmers may set is no help to who wrote the file.
    let line = line.split(", set DuplicateKeyPolicy").next().unwrap_or(line);
    match line.rfind(" at line ") {
        Some(end) => line[..end].to_owned(),
        None => {
            line.strip_prefix("line ").and_then(|rest| rest.split_once(": ")).map_or(line, |(_, rest)| rest).to_owned()
        }
    }
}

fn at(location: &Location) -> At {
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).max(1);
    At { line: count(location.line()), column: count(location.column()) }
}

impl Node {
    /// The value without places.
    pub fn json(&self) -> Json {
        match &self.kind {
            Kind::Null => Json::Null,
            Kind::Bool(flag) => Json::Bool(*flag),
            Kind::Number(number) => Json::Number(number.clone()),
            Kind::Text(text) => Json::String(text.clone()),
            Kind::List(items) => items.iter().map(Node::json).collect(),
            Kind::Map(entries) => {
                Json::Object(entries.iter().map(|(key, value)| (key.name.clone(), value.json())).collect::<Map<_, _>>())
            }
        }
    }

    /// The value without places, keys in the order in which they are written.
    pub fn value(&self) -> Value<'static> {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(flag) => Value::Bool(*flag),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text(text) => Value::from(text.clone()),
            Kind::List(items) => Value::List(items.iter().map(Node::value).collect()),
            Kind::Map(entries) => {
                Value::Object(entries.iter().map(|(key, value)| (key.name.clone().into(), value.value())).collect())
            }
        }
    }

    /// As one line of JSON, keys in the order in which they are written.
    pub fn text(&self) -> String {
        let mut out = Vec::new();
        self.value().write(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    /// A tree of a value that has one place.
    pub fn of(value: &Json, at: At) -> Node {
        let kind = match value {
            Json::Null => Kind::Null,
            Json::Bool(flag) => Kind::Bool(*flag),
            Json::Number(number) => Kind::Number(number.clone()),
            Json::String(text) => Kind::Text(text.clone()),
            Json::Array(items) => Kind::List(items.iter().map(|item| Node::of(item, at)).collect()),
            Json::Object(members) => Kind::Map(
                members.iter().map(|(key, value)| (Key { at, name: key.clone() }, Node::of(value, at))).collect(),
            ),
        };
        Node { at, kind }
    }

    /// What it is, as messages say it.
    pub fn said(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "true or false",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }

    /// The value under a key.
    pub fn get(&self, name: &str) -> Option<&Node> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|(key, _)| key.name == name).map(|(_, value)| value),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Node, D::Error> {
        let spanned = Spanned::<Kind>::deserialize(input)?;
        Ok(Node { at: at(&spanned.referenced), kind: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Kind, D::Error> {
        input.deserialize_any(KindVisitor)
    }
}

struct KindVisitor;

impl<'de> Visitor<'de> for KindVisitor {
    type Value = Kind;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a YAML value")
    }
    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }
    fn visit_none<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, input: D) -> Result<Kind, D::Error> {
        Kind::deserialize(input)
    }
    fn visit_bool<E>(self, flag: bool) -> Result<Kind, E> {
        Ok(Kind::Bool(flag))
    }
    fn visit_i64<E>(self, int: i64) -> Result<Kind, E> {
        Ok(Kind::Number(int.into()))
    }
    fn visit_u64<E>(self, int: u64) -> Result<Kind, E> {
        Ok(Kind::Number(int.into()))
    }
    fn visit_i128<E: de::Error>(self, int: i128) -> Result<Kind, E> {
        self.visit_f64(int as f64)
    }
    fn visit_u128<E: de::Error>(self, int: u128) -> Result<Kind, E> {
        self.visit_f64(int as f64)
    }
    fn visit_f64<E: de::Error>(self, float: f64) -> Result<Kind, E> {
        Number::from_f64(float).map(Kind::Number).ok_or_else(|| E::custom("JSON knows no infinity and no NaN"))
    }
    fn visit_str<E>(self, text: &str) -> Result<Kind, E> {
        Ok(Kind::Text(text.to_owned()))
    }
    fn visit_string<E>(self, text: String) -> Result<Kind, E> {
        Ok(Kind::Text(text))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut input: A) -> Result<Kind, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = input.next_element()? {
            items.push(item);
        }
        Ok(Kind::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut input: A) -> Result<Kind, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = input.next_key::<Spanned<String>>()? {
            entries.push((Key { at: at(&key.referenced), name: key.value }, input.next_value()?));
        }
        Ok(Kind::Map(entries))
    }
}
