//! JSON that is right → [`Value`], at one go. What is wrong, or odd, is left to the reader that says why.

use std::borrow::Cow;

use serde_json::Number;

use super::clean::clean_length;
use super::read::{MAX_DEPTH, MAX_VALUES};
use super::value::{Object, Value};

/// Powers of ten that a double holds exactly, as far as they are needed.
const TENS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// The value that fills `text`, and how many entries were replaced by later ones of the same key. None does not mean
/// that the text is wrong.
pub(super) fn read(text: &str) -> Option<(Value<'_>, usize)> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, room: MAX_VALUES, replaced: 0 };
    let value = reader.value(0, None)?;
    reader.blanks();
    (reader.at == text.len()).then_some((value, reader.replaced))
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// How many values more there may be; too many are told by the other reader.
    room: usize,
    replaced: usize,
}

impl<'a> Reader<'a> {
    /// One value. `like` is what stood at this place in the element before: rows of an answer have the same keys.
    fn value(&mut self, depth: u8, like: Option<&Value<'a>>) -> Option<Value<'a>> {
        self.room = self.room.checked_sub(1)?;
        self.blanks();
        match self.bytes.get(self.at)? {
            b'"' => self.string().map(Value::Text),
            // What is deeper is told by the other reader.
            b'{' if depth < MAX_DEPTH => self.object(depth + 1, like.and_then(Value::as_object)),
            b'[' if depth < MAX_DEPTH => self.list(depth + 1),
            b'-' | b'0'..=b'9' => self.number().map(Value::Number),
            b't' => self.word("true").then_some(Value::Bool(true)),
            b'f' => self.word("false").then_some(Value::Bool(false)),
            b'n' => self.word("null").then_some(Value::Null),
            _ => None,
        }
    }

    fn object(&mut self, depth: u8, like: Option<&Object<'a>>) -> Option<Value<'a>> {
        self.at += 1;
        if self.takes(b'}') {
            return Some(Value::Object(Object::new()));
        }
        let known = like.map(Object::entries).unwrap_or_default();
        let mut entries = Vec::with_capacity(if known.is_empty() { 8 } else { known.len() });
        let mut alike = true;
        loop {
            self.blanks();
            let twin = if alike { known.get(entries.len()) } else { None };
            let (key, twin) = match twin {
                Some((Cow::Borrowed(key), value)) if self.key_is(key) => (Cow::Borrowed(*key), Some(value)),
                _ => {
                    alike = false;
                    (self.string()?, None)
                }
            };
            if !self.takes(b':') {
                return None;
            }
            entries.push((key, self.value(depth, twin)?));
            if self.takes(b'}') {
                break;
            }
            if !self.takes(b',') {
                return None;
            }
        }
        // The first keys of an object, whose keys differ.
        if alike {
            return Some(Value::Object(Object::of_different_keys(entries)));
        }
        let (object, replaced) = Object::from_entries(entries);
        self.replaced += replaced;
        Some(Value::Object(object))
    }

    fn list(&mut self, depth: u8) -> Option<Value<'a>> {
        self.at += 1;
        let mut items: Vec<Value<'a>> = Vec::new();
        if self.takes(b']') {
            return Some(Value::List(items));
        }
        loop {
            let item = self.value(depth, items.last())?;
            items.push(item);
            if self.takes(b']') {
                return Some(Value::List(items));
            }
            if !self.takes(b',') {
                return None;
            }
        }
    }

    /// Whether `key`, read without escapes before, stands here in its quotation marks; then it is passed over.
    fn key_is(&mut self, key: &str) -> bool {
        let end = self.at + 1 + key.len();
        let is = self.bytes.get(self.at) == Some(&b'"')
            && self.bytes.get(end) == Some(&b'"')
            && self.bytes.get(self.at + 1..end) == Some(key.as_bytes());
        if is {
            self.at = end + 1;
        }
        is
    }

    fn string(&mut self) -> Option<Cow<'a, str>> {
        let opening = self.at;
        if self.bytes.get(opening) != Some(&b'"') {
            return None;
        }
        let mut escaped = false;
        let mut end = opening + 1;
        loop {
            end += clean_length(self.bytes.get(end..)?);
            match self.bytes.get(end)? {
                b'"' => break,
                b'\\' => end += 2,
                _ => return None,
            }
            escaped = true;
        }
        self.at = end + 1;
        if escaped {
            return serde_json::from_str(self.text.get(opening..=end)?).ok().map(Cow::Owned);
        }
        self.text.get(opening + 1..end).map(Cow::Borrowed)
    }

    fn number(&mut self) -> Option<Number> {
        let start = self.at;
        let negative = self.bytes.get(start) == Some(&b'-');
        self.at += usize::from(negative);
        let first = self.at;
        let whole = self.digits(0);
        let digits = self.at - first;
        if digits == 0 || digits > 1 && self.bytes.get(first) == Some(&b'0') {
            return None;
        }
        match self.bytes.get(self.at) {
            // More than 15 digits, exponents, a whole zero below zero: rare, and left to those who know.
            Some(b'.') => {
                self.at += 1;
                let point = self.at;
                let all = self.digits(whole);
                let fraction = self.at - point;
                let exponent = matches!(self.bytes.get(self.at), Some(b'e' | b'E'));
                if fraction == 0 || exponent || digits + fraction > 15 {
                    return self.any_number(start);
                }
                // Both are exact in a double, so that their quotient is the nearest there is.
                let float = all as f64 / TENS[fraction];
                Number::from_f64(if negative { -float } else { float })
            }
            Some(b'e' | b'E') => self.any_number(start),
            _ if digits > 18 || negative && whole == 0 => self.any_number(start),
            _ if negative => Some(Number::from(-i64::try_from(whole).ok()?)),
            _ => Some(Number::from(whole)),
        }
    }

    /// Passes over digits and appends them to `number`, which means nothing after more than 18.
    fn digits(&mut self, mut number: u64) -> u64 {
        while let Some(digit @ b'0'..=b'9') = self.bytes.get(self.at) {
            number = number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        number
    }

    fn any_number(&mut self, start: usize) -> Option<Number> {
        while let Some(b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-') = self.bytes.get(self.at) {
            self.at += 1;
        }
        serde_json::from_str(self.text.get(start..self.at)?).ok()
    }

    fn word(&mut self, word: &str) -> bool {
        let is = self.bytes[self.at..].starts_with(word.as_bytes());
        self.at += word.len();
        is
    }

    /// Passes over blanks, and over `byte` where it stands behind them.
    fn takes(&mut self, byte: u8) -> bool {
        self.blanks();
        let is = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(is);
        is
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }
}
