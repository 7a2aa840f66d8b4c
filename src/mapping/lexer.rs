//! Text → tokens with their places.

use serde_json::Number;

use super::problem::{Problem, Span};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'t> {
    Ident(&'t str),
    /// A quoted string, its escapes resolved.
    Quoted(String),
    Number(Number),
    /// `$`
    Dollar,
    /// `$name`
    DollarName(&'t str),
    At,
    OpenBrace,
    CloseBrace,
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    Colon,
    Comma,
    Dot,
    Spread,
    Arrow,
    Question,
    DoubleQuestion,
    QuestionBang,
    /// A character that begins nothing.
    Stray(char),
    End,
}

impl Token<'_> {
    /// How the token is named in a message.
    pub fn named(&self) -> String {
        match self {
            Token::Ident(name) => format!("`{name}`"),
            Token::Quoted(text) => {
                let shown: String = text.chars().take(20).collect();
                format!("the string {shown:?}")
            }
            Token::Number(number) => format!("the number {number}"),
            Token::Dollar => "`$`".into(),
            Token::DollarName(name) => format!("`${name}`"),
            Token::At => "`@`".into(),
            Token::OpenBrace => "`{`".into(),
            Token::CloseBrace => "`}`".into(),
            Token::OpenParen => "`(`".into(),
            Token::CloseParen => "`)`".into(),
            Token::OpenBracket => "`[`".into(),
            Token::CloseBracket => "`]`".into(),
            Token::Colon => "`:`".into(),
            Token::Comma => "`,`".into(),
            Token::Dot => "`.`".into(),
            Token::Spread => "`...`".into(),
            Token::Arrow => "`->`".into(),
            Token::Question => "`?`".into(),
            Token::DoubleQuestion => "`??`".into(),
            Token::QuestionBang => "`?!`".into(),
            Token::Stray(char) => format!("{char:?}"),
            Token::End => "the end of the mapping".into(),
        }
    }
}

/// Cuts `text` into tokens, the last of which is [`Token::End`]. Unclosed strings are noted in `problems`.
pub(super) fn tokens<'t>(text: &'t str, problems: &mut Vec<Problem>) -> Vec<(Token<'t>, Span)> {
    let bytes = text.as_bytes();
    let mut found = Vec::with_capacity(text.len() / 4 + 1);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        let token = match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {
                at += 1;
                continue;
            }
            b'#' => {
                while bytes.get(at).is_some_and(|&b| b != b'\n') {
                    at += 1;
                }
                continue;
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                at = ident_end(bytes, at);
                Token::Ident(&text[start..at])
            }
            b'$' => {
                at += 1;
                if bytes.get(at).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_') {
                    at = ident_end(bytes, at);
                    Token::DollarName(&text[start + 1..at])
                } else {
                    Token::Dollar
                }
            }
            b'"' | b'\'' => match quoted(text, at) {
                Some((string, end)) => {
                    at = end;
                    Token::Quoted(string)
                }
                None => {
                    problems.push(Problem {
                        message: "a string that is never closed".into(),
                        span: start..start + 1,
                        help: Some(format!("close it with {}", char::from(byte))),
                    });
                    at = bytes.len();
                    Token::Quoted(text[start + 1..].to_owned())
                }
            },
            b'-' if bytes.get(at + 1) == Some(&b'>') => {
                at += 2;
                Token::Arrow
            }
            b'.' if bytes[at..].starts_with(b"...") => {
                at += 3;
                Token::Spread
            }
            b'0'..=b'9' | b'-' | b'.' if number_end(bytes, at).is_some() => {
                at = number_end(bytes, at).unwrap_or(at + 1);
                number(&text[start..at]).map_or(Token::Stray(char::from(byte)), Token::Number)
            }
            b'?' => {
                at += 1;
                match bytes.get(at) {
                    Some(b'?') => {
                        at += 1;
                        Token::DoubleQuestion
                    }
                    Some(b'!') => {
                        at += 1;
                        Token::QuestionBang
                    }
                    _ => Token::Question,
                }
            }
            _ => {
                let token = match byte {
                    b'@' => Token::At,
                    b'{' => Token::OpenBrace,
                    b'}' => Token::CloseBrace,
                    b'(' => Token::OpenParen,
                    b')' => Token::CloseParen,
                    b'[' => Token::OpenBracket,
                    b']' => Token::CloseBracket,
                    b':' => Token::Colon,
                    b',' => Token::Comma,
                    b'.' => Token::Dot,
                    _ => Token::Stray(text[at..].chars().next().unwrap_or(' ')),
                };
                at += match token {
                    Token::Stray(char) => char.len_utf8(),
                    _ => 1,
                };
                token
            }
        };
        found.push((token, Span::new(start, at)));
    }
    found.push((Token::End, Span::new(text.len(), text.len())));
    found
}

fn ident_end(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_') {
        at += 1;
    }
    at
}

/// Where the string that opens at `start` ends, and what it says. None when it is never closed.
pub(super) fn quoted(text: &str, start: usize) -> Option<(String, usize)> {
    let quote = char::from(*text.as_bytes().get(start)?);
    let mut said = String::new();
    let mut chars = text[start + 1..].char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => match chars.next()?.1 {
                'n' => said.push('\n'),
                other => said.push(other),
            },
            _ if char == quote => return Some((said, start + 1 + at + 1)),
            _ => said.push(char),
        }
    }
    None
}

/// `-? digits [. digits*] | -? . digits`
fn number_end(bytes: &[u8], start: usize) -> Option<usize> {
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let begin = start + usize::from(bytes[start] == b'-');
    let whole = digits(begin);
    if bytes.get(whole) != Some(&b'.') {
        return (whole > begin).then_some(whole);
    }
    let end = digits(whole + 1);
    (end > whole + 1 || whole > begin).then_some(end)
}

fn number(written: &str) -> Option<Number> {
    if let Ok(int) = written.parse::<i64>() {
        return Some(int.into());
    }
    // Ids of 64 bits without a sign are more than a double can tell apart.
    if let Ok(int) = written.parse::<u64>() {
        return Some(int.into());
    }
    Number::from_f64(written.parse::<f64>().ok()?)
}
