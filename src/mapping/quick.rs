//! JSON that is right → [`Value`], at one go. What is wrong, or odd, is left to the reader that says why.

use std::borrow::Cow;

use serde_json::Number;

use super::cursor::{Cursor, Figure};
use super::read::MAX_DEPTH;
use super::value::{Object, Value};

/// Powers of ten that a double holds exactly, as far as they are needed.
const TENS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// The value that fills `text`, and how many entries were replaced by later ones of the same key. None does not mean
/// that the text is wrong.
pub(super) fn read(text: &str) -> Option<(Value<'_>, usize)> {
    let mut reader = Reader { cursor: Cursor::new(text), replaced: 0 };
    let value = reader.value(0, None)?;
    reader.cursor.is_over().then_some((value, reader.replaced))
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    replaced: usize,
}

impl<'a> Reader<'a> {
    /// One value. `like` is what stood at this place in the element before: rows of an answer have the same keys.
    fn value(&mut self, depth: u8, like: Option<&Value<'a>>) -> Option<Value<'a>> {
        self.cursor.count()?;
        self.cursor.blanks();
        match self.cursor.peek()? {
            b'"' => self.string().map(Value::Text),
            // What is deeper is told by the other reader.
            b'{' if depth < MAX_DEPTH => self.object(depth + 1, like.and_then(Value::as_object)),
            b'[' if depth < MAX_DEPTH => self.list(depth + 1),
            b'-' | b'0'..=b'9' => self.number().map(Value::Number),
            b't' => self.cursor.word("true").then_some(Value::Bool(true)),
            b'f' => self.cursor.word("false").then_some(Value::Bool(false)),
            b'n' => self.cursor.word("null").then_some(Value::Null),
            _ => None,
        }
    }

    fn object(&mut self, depth: u8, like: Option<&Object<'a>>) -> Option<Value<'a>> {
        self.cursor.takes(b'{');
        let known = like.map(Object::entries).unwrap_or_default();
        let mut entries = Vec::new();
        let mut alike = true;
        while self.cursor.has_more(b'}', entries.len())? {
            if entries.is_empty() {
                entries.reserve_exact(if known.is_empty() { 8 } else { known.len() });
            }
            self.cursor.blanks();
            let twin = if alike { known.get(entries.len()) } else { None };
            let (key, twin) = match twin {
                Some((Cow::Borrowed(key), value)) if self.cursor.key_is(key) => (Cow::Borrowed(*key), Some(value)),
                _ => {
                    alike = false;
                    (self.string()?, None)
                }
            };
            if !self.cursor.takes(b':') {
                return None;
            }
            entries.push((key, self.value(depth, twin)?));
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
        self.cursor.takes(b'[');
        let mut items: Vec<Value<'a>> = Vec::new();
        while self.cursor.has_more(b']', items.len())? {
            let item = self.value(depth, items.last())?;
            items.push(item);
        }
        Some(Value::List(items))
    }

    fn string(&mut self) -> Option<Cow<'a, str>> {
        let opening = self.cursor.at();
        let escaped = self.cursor.string()?;
        let closing = self.cursor.at();
        if escaped {
            return serde_json::from_str(self.cursor.between(opening, closing)?).ok().map(Cow::Owned);
        }
        self.cursor.between(opening + 1, closing - 1).map(Cow::Borrowed)
    }

    fn number(&mut self) -> Option<Number> {
        let start = self.cursor.at();
        match self.cursor.number()? {
            Figure::Whole { negative: true, digits } => Some(Number::from(-i64::try_from(digits).ok()?)),
            Figure::Whole { negative: false, digits } => Some(Number::from(digits)),
            Figure::Fraction { negative, digits, places } => {
                // Both are exact in a double, so that their quotient is the nearest there is.
                let float = digits as f64 / TENS[places];
                Number::from_f64(if negative { -float } else { float })
            }
            Figure::Odd => serde_json::from_str(self.cursor.between(start, self.cursor.at())?).ok(),
        }
    }
}
