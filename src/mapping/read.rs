//! Bytes of an upstream's answer → [`Value`].

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use encoding_rs::Encoding;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_json::error::Category;

use super::quick;
use super::value::{Object, Value};

/// Why an answer could not be read. Says where, never what stood there: bodies do not belong in messages.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The bytes are not JSON, or not UTF-8.
    #[error("the body is not readable JSON at line {line}, column {column}")]
    Syntax {
        /// Line within the body, counted from 1.
        line: usize,
        /// Column within the line, in bytes, counted from 1.
        column: usize,
    },
    /// Lists and objects stand within each other more deeply than is read.
    #[error("the body is nested too deep: more than {MAX_DEPTH} levels at line {line}, column {column}")]
    TooDeep {
        /// Line within the body, counted from 1.
        line: usize,
        /// Column within the line, in bytes, counted from 1.
        column: usize,
    },
    /// It holds more values than [`MAX_VALUES`].
    #[error("the body holds more than {MAX_VALUES} values")]
    TooMany,
    /// The body ends in the middle of a value.
    #[error("the body ends in the middle of a JSON value")]
    Truncated,
    /// The body is of a media type that cannot be mapped.
    #[error("the body is {0}, which is neither JSON nor plain text")]
    MediaType(String),
    /// The body is text in a character set that is not read here, or is not what it says.
    #[error("the body's text cannot be read as {0}")]
    Charset(String),
}

/// The most values of one answer, those within others counted one by one: each takes more memory than bytes of text.
pub const MAX_VALUES: usize = 1 << 20;
/// The most lists and objects that may stand within each other, the outermost counted.
pub const MAX_DEPTH: u8 = 64;

/// What was remarkable about an answer that could be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadNotes {
    /// How many keys stood twice in their object (each time the last value was taken).
    pub duplicate_keys: usize,
}

impl<'a> Value<'a> {
    /// Reads one JSON value that fills `bytes`.
    ///
    /// Errors: no JSON, invalid UTF-8, more than 64 levels, or anything after the value.
    pub fn read(bytes: &'a [u8]) -> Result<Value<'a>, ReadError> {
        Value::read_noting(bytes).map(|(value, _)| value)
    }

    /// Like [`Value::read`], and says what was remarkable.
    pub fn read_noting(bytes: &'a [u8]) -> Result<(Value<'a>, ReadNotes), ReadError> {
        // Nearly all answers are right; only the others are read by a reader that can say what is wrong.
        if let Ok(text) = std::str::from_utf8(bytes)
            && let Some((value, duplicate_keys)) = quick::read(text)
        {
            return Ok((value, ReadNotes { duplicate_keys }));
        }
        Value::read_slowly(bytes)
    }

    /// The same, by a reader that says where a text goes wrong.
    pub(super) fn read_slowly(bytes: &'a [u8]) -> Result<(Value<'a>, ReadNotes), ReadError> {
        let duplicate_keys = Cell::new(0);
        let room = Cell::new(MAX_VALUES);
        let mut input = serde_json::Deserializer::from_slice(bytes);
        let is_deep = Cell::new(false);
        let value = Reader { duplicate_keys: &duplicate_keys, room: &room, is_deep: &is_deep, levels: MAX_DEPTH }
            .deserialize(&mut input)
            .and_then(|value| input.end().map(|()| value))
            .map_err(|error| match error.classify() {
                _ if room.get() == 0 => ReadError::TooMany,
                Category::Eof => ReadError::Truncated,
                _ if is_deep.get() => ReadError::TooDeep { line: error.line(), column: error.column() },
                _ => ReadError::Syntax { line: error.line(), column: error.column() },
            })?;
        Ok((value, ReadNotes { duplicate_keys: duplicate_keys.get() }))
    }
}

/// Reads an upstream's body by its content type.
///
/// Empty → null; `*/json`, `*/*+json` or no type → JSON; `text/plain` → a string in its charset (of the WHATWG encoding standard; UTF-8 if none is said).
/// Errors: unreadable JSON, and any other media type: a page of HTML is no answer.
pub fn body_value<'a>(content_type: Option<&str>, body: &'a [u8]) -> Result<Option<Value<'a>>, ReadError> {
    if body.is_empty() {
        return Ok(Some(Value::Null));
    }
    let Some(content_type) = content_type else {
        return Value::read(body).map(Some);
    };
    if is_json(content_type) {
        return Value::read(body).map(Some);
    }
    let mut parts = content_type.split(';');
    let essence = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence != "text/plain" {
        let shown: String = essence.chars().filter(|c| c.is_ascii_graphic()).take(80).collect();
        return Err(ReadError::MediaType(shown));
    }
    let charset = parts
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .map_or("utf-8".to_owned(), |(_, value)| value.trim().trim_matches('"').to_ascii_lowercase());
    // Labels and their meaning are those of the WHATWG encoding standard, in which latin1 is windows-1252.
    let text = Encoding::for_label(charset.as_bytes())
        .and_then(|encoding| encoding.decode_without_bom_handling_and_without_replacement(body));
    match text {
        Some(text) => Ok(Some(Value::Text(text))),
        None => Err(ReadError::Charset(charset.chars().filter(char::is_ascii_graphic).take(40).collect())),
    }
}

/// A body's text, where its content type says that it is JSON; whether it is, is not looked at.
pub fn json_text<'a>(content_type: Option<&str>, body: &'a [u8]) -> Option<&'a str> {
    content_type.is_none_or(is_json).then(|| std::str::from_utf8(body).ok())?
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let ending = essence.len().checked_sub(5).and_then(|start| essence.get(start..));
    ending.is_some_and(|ending| ending.eq_ignore_ascii_case("/json") || ending.eq_ignore_ascii_case("+json"))
}

#[derive(Clone, Copy)]
struct Reader<'c> {
    duplicate_keys: &'c Cell<usize>,
    /// How many values more there may be.
    room: &'c Cell<usize>,
    /// Set where the text is nested too deep.
    is_deep: &'c Cell<bool>,
    /// How many levels more there may be.
    levels: u8,
}

impl Reader<'_> {
    /// The reader of what stands within.
    fn within<E: de::Error>(self) -> Result<Self, E> {
        match self.levels.checked_sub(1) {
            Some(levels) => Ok(Reader { levels, ..self }),
            None => {
                self.is_deep.set(true);
                Err(de::Error::custom("nested too deep"))
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value<'de>;
    fn deserialize<D: de::Deserializer<'de>>(self, input: D) -> Result<Value<'de>, D::Error> {
        let room = self.room.get().checked_sub(1).ok_or_else(|| de::Error::custom("too many values"))?;
        self.room.set(room);
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, flag: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(flag))
    }
    fn visit_i64<E>(self, int: i64) -> Result<Value<'de>, E> {
        Ok(Value::Number(int.into()))
    }
    fn visit_u64<E>(self, int: u64) -> Result<Value<'de>, E> {
        Ok(Value::Number(int.into()))
    }
    fn visit_f64<E>(self, float: f64) -> Result<Value<'de>, E> {
        Ok(Number::from_f64(float).map_or(Value::Null, Value::Number))
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut input: A) -> Result<Value<'de>, A::Error> {
        let within = self.within()?;
        let mut items = Vec::new();
        while let Some(item) = input.next_element_seed(within)? {
            items.push(item);
        }
        Ok(Value::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut input: A) -> Result<Value<'de>, A::Error> {
        let within = self.within()?;
        let mut entries = Vec::with_capacity(8);
        while let Some(key) = input.next_key_seed(KeyReader)? {
            entries.push((key, input.next_value_seed(within)?));
        }
        let (object, replaced) = Object::from_entries(entries);
        self.duplicate_keys.set(self.duplicate_keys.get() + replaced);
        Ok(Value::Object(object))
    }
}

struct KeyReader;

impl<'de> DeserializeSeed<'de> for KeyReader {
    type Value = Cow<'de, str>;
    fn deserialize<D: de::Deserializer<'de>>(self, input: D) -> Result<Cow<'de, str>, D::Error> {
        input.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeyReader {
    type Value = Cow<'de, str>;
    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }
    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
