//! JSON text, passed over piece by piece. It says nothing of what is wrong, or odd: that is left to the reader that does.

use serde_json::Number;

use super::clean::clean_length;
use super::read::{MAX_DEPTH, MAX_VALUES};

/// A place in a JSON text. Whatever gives None does not mean that the text is wrong, and the cursor is of no use then.
#[derive(Clone, Debug)]
pub struct Cursor<'t> {
    text: &'t str,
    at: usize,
    /// How many values more there may be; too many are told by the other reader.
    room: usize,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A whole number within 32 bits, signed; like the next two as [`super::Value::write`] would write it.
    Int,
    /// A whole number beyond.
    Long,
    /// A number with a fraction.
    Fraction,
    /// A number that would be written in another way.
    Odd,
    /// A string without a backslash: as it would be written.
    Text,
    /// A string in which something stands for something else.
    Escaped,
    /// An array.
    List,
    /// An object.
    Object,
}

/// A number as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Figure {
    /// At most 18 digits; not 0 where `negative`.
    Whole { negative: bool, digits: u64 },
    /// At most 15 digits with a point among them and `places` behind it; at least one.
    Fraction { negative: bool, digits: u64, places: usize },
    /// Any other number that can be read.
    Odd,
}

impl Figure {
    fn token(self) -> Token {
        match self {
            Figure::Whole { digits, .. } if digits <= i32::MAX as u64 => Token::Int,
            Figure::Whole { .. } => Token::Long,
            // Without a zero at its end, and not so small that it would be written with an exponent.
            Figure::Fraction { digits, places, .. }
                if digits >= BELOW_ONE[places] && (places == 1 || digits % 10 != 0) =>
            {
                Token::Fraction
            }
            Figure::Fraction { .. } | Figure::Odd => Token::Odd,
        }
    }
}

/// By places behind the point, the least digits that make one or more.
const BELOW_ONE: [u64; 16] = {
    let mut powers = [1; 16];
    let mut place = 1;
    while place < 16 {
        powers[place] = powers[place - 1] * 10;
        place += 1;
    }
    powers
};

impl<'t> Cursor<'t> {
    /// At the beginning of a text.
    pub fn new(text: &'t str) -> Cursor<'t> {
        Cursor { text, at: 0, room: MAX_VALUES }
    }

    /// Where it is, in bytes.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Goes to a place where a value begins that was passed over before.
    pub fn go(&mut self, at: usize) {
        self.at = at;
    }

    /// What stands between two places.
    pub fn between(&self, from: usize, to: usize) -> Option<&'t str> {
        self.text.get(from..to)
    }

    /// The same in bytes; nothing where the text does not reach so far.
    #[inline]
    pub fn bytes(&self, from: usize, to: usize) -> &'t [u8] {
        self.text.as_bytes().get(from..to).unwrap_or_default()
    }

    /// Whether `text` stands here; then it is passed over.
    #[inline]
    pub fn skips(&mut self, text: &str) -> bool {
        let end = self.at + text.len();
        let is = self.text.as_bytes().get(self.at..end) == Some(text.as_bytes());
        if is {
            self.at = end;
        }
        is
    }

    /// The byte that it is at.
    #[inline]
    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes over blanks.
    #[inline]
    pub fn blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Passes over blanks, and over `byte` where it stands behind them.
    #[inline]
    pub fn takes(&mut self, byte: u8) -> bool {
        self.blanks();
        let is = self.peek() == Some(byte);
        self.at += usize::from(is);
        is
    }

    /// Whether another element follows in a list or object that ends with `close`; what stands before it, or the end, is
    /// passed over. `index` is how many came before it.
    #[inline]
    pub fn has_more(&mut self, close: u8, index: usize) -> Option<bool> {
        if self.takes(close) {
            return Some(false);
        }
        (index == 0 || self.takes(b',')).then_some(true)
    }

    /// Whether nothing but blanks is left.
    pub fn is_over(&mut self) -> bool {
        self.blanks();
        self.at == self.text.len()
    }

    /// Accounts for one value. None where there were too many.
    #[inline]
    pub fn count(&mut self) -> Option<()> {
        self.room = self.room.checked_sub(1)?;
        Some(())
    }

    /// Whether `key`, read without escapes before, stands here in its quotation marks; then it is passed over.
    #[inline]
    pub fn key_is(&mut self, key: &str) -> bool {
        let bytes = self.text.as_bytes();
        let end = self.at + 1 + key.len();
        let is = bytes.get(self.at) == Some(&b'"')
            && bytes.get(end) == Some(&b'"')
            && bytes.get(self.at + 1..end) == Some(key.as_bytes());
        if is {
            self.at = end + 1;
        }
        is
    }

    /// Passes over a string and says whether it holds a backslash.
    pub fn string(&mut self) -> Option<bool> {
        let bytes = self.text.as_bytes();
        if bytes.get(self.at) != Some(&b'"') {
            return None;
        }
        let mut escaped = false;
        let mut end = self.at + 1;
        loop {
            end += clean_length(bytes.get(end..)?);
            match bytes.get(end)? {
                b'"' => break,
                b'\\' => end += 2,
                _ => return None,
            }
            escaped = true;
        }
        self.at = end + 1;
        Some(escaped)
    }

    /// Passes over a number. An odd one has to be read by somebody who knows numbers.
    pub(super) fn number(&mut self) -> Option<Figure> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        let first = self.at;
        let whole = self.digits(0);
        let count = self.at - first;
        if count == 0 || count > 1 && self.text.as_bytes().get(first) == Some(&b'0') {
            return None;
        }
        match self.peek() {
            // More than 15 digits, exponents, a whole zero below zero: rare, and left to those who know.
            Some(b'.') => {
                self.at += 1;
                let point = self.at;
                let digits = self.digits(whole);
                let places = self.at - point;
                let exponent = matches!(self.peek(), Some(b'e' | b'E'));
                if places == 0 || exponent || count + places > 15 {
                    return Some(self.odd(start));
                }
                Some(Figure::Fraction { negative, digits, places })
            }
            Some(b'e' | b'E') => Some(self.odd(start)),
            _ if count > 18 || negative && whole == 0 => Some(self.odd(start)),
            _ => Some(Figure::Whole { negative, digits: whole }),
        }
    }

    fn odd(&mut self, start: usize) -> Figure {
        self.at = start;
        while let Some(b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-') = self.peek() {
            self.at += 1;
        }
        Figure::Odd
    }

    /// Passes over digits and appends them to `number`, which means nothing after more than 18.
    fn digits(&mut self, mut number: u64) -> u64 {
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            number = number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        number
    }

    /// Whether `word` stands here; it is passed over.
    pub fn word(&mut self, word: &str) -> bool {
        let is = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        self.at += word.len();
        is
    }

    /// Passes over one value, whatever is in it. `depth` is how many lists and objects it stands in.
    pub fn pass(&mut self, depth: u8) -> Option<Token> {
        self.count()?;
        self.blanks();
        match self.peek()? {
            b'"' => Some(if self.checked_string()? { Token::Escaped } else { Token::Text }),
            b'-' | b'0'..=b'9' => {
                let start = self.at;
                let figure = self.number()?;
                if figure == Figure::Odd {
                    serde_json::from_str::<Number>(self.between(start, self.at)?).ok()?;
                }
                Some(figure.token())
            }
            b't' => self.word("true").then_some(Token::Bool),
            b'f' => self.word("false").then_some(Token::Bool),
            b'n' => self.word("null").then_some(Token::Null),
            b'[' if depth < MAX_DEPTH => self.pass_list(depth + 1),
            b'{' if depth < MAX_DEPTH => self.pass_object(depth + 1),
            _ => None,
        }
    }

    fn pass_list(&mut self, depth: u8) -> Option<Token> {
        self.at += 1;
        let mut index = 0;
        while self.has_more(b']', index)? {
            self.pass(depth)?;
            index += 1;
        }
        Some(Token::List)
    }

    fn pass_object(&mut self, depth: u8) -> Option<Token> {
        self.at += 1;
        let mut index = 0;
        while self.has_more(b'}', index)? {
            self.blanks();
            self.checked_string()?;
            if !self.takes(b':') {
                return None;
            }
            self.pass(depth)?;
            index += 1;
        }
        Some(Token::Object)
    }

    /// Passes over a string whose escapes can be read.
    fn checked_string(&mut self) -> Option<bool> {
        let start = self.at;
        let escaped = self.string()?;
        if escaped {
            serde_json::from_str::<String>(self.between(start, self.at)?).ok()?;
        }
        Some(escaped)
    }
}
