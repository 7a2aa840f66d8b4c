//! Tokens of a GraphQL document: one pass over bytes, nothing allocated, nothing recursive.

/// One token, as far as counting needs to tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// One of `! $ & ( ) : = @ [ ] { | }`.
    Punctuator(u8),
    /// `...`
    Spread,
    /// A name.
    Name(&'t str),
    Number,
    /// Between quotes, or between three of them.
    Text,
}

/// The text is no sequence of tokens from this byte on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoToken {
    /// Where, in bytes from the start.
    pub offset: usize,
    /// What is wrong, without quoting the text.
    pub message: &'static str,
}

/// The bytes that may follow the first of a name.
const CONTINUES_NAME: [bool; 256] = {
    let (mut continues, mut byte) = ([false; 256], 0);
    while byte < 256 {
        continues[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_';
        byte += 1;
    }
    continues
};

/// Reads tokens one after another.
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    /// Where the token read last begins.
    start: usize,
    /// How many commas stand before it.
    commas: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Lexer<'t> {
        Lexer { text, at: 0, start: 0, commas: 0 }
    }

    /// Where the token read last begins, in bytes, and how it is written.
    pub(super) fn written(&self) -> (usize, &'t str) {
        (self.start, &self.text[self.start..self.at])
    }

    /// How many commas stand before the token read last, or behind all.
    pub(super) fn commas(&self) -> usize {
        self.commas
    }

    /// The byte behind the token read last.
    pub(super) fn behind(&self) -> Option<u8> {
        self.peek(0)
    }

    /// The next token; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Token<'t>>, NoToken> {
        self.skip_ignored();
        let start = self.at;
        self.start = start;
        let Some(byte) = self.peek(0) else {
            return Ok(None);
        };
        match byte {
            b'!' | b'$' | b'&' | b'(' | b')' | b':' | b'=' | b'@' | b'[' | b']' | b'{' | b'|' | b'}' => {
                self.at += 1;
                Ok(Some(Token::Punctuator(byte)))
            }
            b'.' if self.text[self.at..].starts_with("...") => {
                self.at += 3;
                Ok(Some(Token::Spread))
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                self.skip_while(|byte| CONTINUES_NAME[usize::from(byte)]);
                Ok(Some(Token::Name(&self.text[start..self.at])))
            }
            b'-' | b'0'..=b'9' => {
                self.number();
                Ok(Some(Token::Number))
            }
            b'"' => self.string().map(|()| Some(Token::Text)),
            _ => Err(NoToken { offset: start, message: "unexpected character" }),
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(|&byte| !wanted(byte)).unwrap_or(rest.len());
    }

    fn skip_ignored(&mut self) {
        self.commas = 0;
        loop {
            match self.peek(0) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(b',') => {
                    self.at += 1;
                    self.commas += 1;
                }
                Some(b'#') => self.skip_while(|byte| byte != b'\n' && byte != b'\r'),
                Some(0xEF) if self.text[self.at..].starts_with('\u{FEFF}') => self.at += 3,
                _ => return,
            }
        }
    }

    /// Exactly the grammar's number, so that what follows it (say, `...`) is still seen.
    fn number(&mut self) {
        self.at += 1;
        self.skip_while(|byte| byte.is_ascii_digit());
        if self.peek(0) == Some(b'.') && self.peek(1).is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
            self.skip_while(|byte| byte.is_ascii_digit());
        }
        if matches!(self.peek(0), Some(b'e' | b'E')) {
            let signed = usize::from(matches!(self.peek(1), Some(b'+' | b'-')));
            if self.peek(1 + signed).is_some_and(|byte| byte.is_ascii_digit()) {
                self.at += 1 + signed;
                self.skip_while(|byte| byte.is_ascii_digit());
            }
        }
    }

    fn string(&mut self) -> Result<(), NoToken> {
        let unterminated = NoToken { offset: self.at, message: "unterminated string" };
        if self.text[self.at..].starts_with("\"\"\"") {
            self.at += 3;
            loop {
                match self.peek(0) {
                    None => return Err(unterminated),
                    Some(b'\\') if self.text[self.at + 1..].starts_with("\"\"\"") => self.at += 4,
                    Some(b'"') if self.text[self.at..].starts_with("\"\"\"") => {
                        self.at += 3;
                        return Ok(());
                    }
                    Some(_) => self.at += self.char_bytes(),
                }
            }
        }
        self.at += 1;
        loop {
            // None of these is a byte within a character.
            self.skip_while(|byte| !matches!(byte, b'"' | b'\\' | b'\n' | b'\r'));
            match self.peek(0) {
                None | Some(b'\n' | b'\r') => return Err(unterminated),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    if matches!(self.peek(0), None | Some(b'\n' | b'\r')) {
                        return Err(unterminated);
                    }
                    self.at += self.char_bytes();
                }
                Some(_) => {}
            }
        }
    }

    /// Bytes of the character at hand, lest a slice begin inside one.
    fn char_bytes(&self) -> usize {
        match self.peek(0) {
            Some(0xF0..) => 4,
            Some(0xE0..) => 3,
            Some(0xC0..) => 2,
            _ => 1,
        }
    }
}

/// Turns byte offsets into lines and columns in logarithmic time, however long a line is.
pub(super) struct Lines {
    /// Where each line begins.
    starts: Vec<usize>,
    /// Bytes that continue a character: they do not count as columns.
    continuations: Vec<usize>,
}

impl Lines {
    pub(super) fn new(text: &str) -> Lines {
        let bytes = text.as_bytes();
        let mut lines = Lines { starts: vec![0], continuations: Vec::new() };
        for (at, &byte) in bytes.iter().enumerate() {
            let ends_line = byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
            if ends_line {
                lines.starts.push(at + 1);
            } else if byte & 0xC0 == 0x80 {
                lines.continuations.push(at);
            }
        }
        lines
    }

    /// Line and column, both from 1; columns count characters.
    pub(super) fn place(&self, offset: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        let before = |at: usize| self.continuations.partition_point(|byte| *byte < at);
        let column = offset - start - (before(offset) - before(start)) + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }
}
