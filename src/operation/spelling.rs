//! A text as its tokens spell it: two texts that differ in blanks, comments and the literals of their fields' arguments
//! have one form.

use super::Limits;
use super::lexer::{Lexer, Token};

/// A text with more different literals has no form.
const MOST_LITERALS: usize = 256;

/// A text's form, and the literals that it leaves open.
///
/// Of the form are all tokens and commas but those literals, and which of these are alike: whatever else than a literal's own value
/// may depend on them (that one response key has the same arguments everywhere) holds for every text of the form.
/// Open are strings without escapes and whole numbers of 32 bits in the arguments of fields. What is in arguments of
/// directives, defaults of variables, enum values, `true`, `false` and `null` are of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelling<'t> {
    form: Vec<u8>,
    /// Those that differ, in the order in which they come first.
    pub(super) literals: Vec<Literal<'t>>,
    /// Where in the text a literal stands, in bytes, ascending, and which.
    pub(super) places: Vec<(usize, usize)>,
}

/// A literal that the form leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Literal<'t> {
    /// What stands between the quotes.
    Text(&'t str),
    /// Digits, perhaps behind a `-`; neither `-0` nor with zeros in front.
    Whole(&'t str),
}

/// Spells a text: one pass over its bytes. `None` where the rules of tokens leave the least doubt, or where it is longer
/// than `limits` allow.
pub fn spell<'t>(text: &'t str, limits: &Limits) -> Option<Spelling<'t>> {
    if text.len() > limits.document_bytes {
        return None;
    }
    let spelling = Spelling { form: Vec::with_capacity(text.len()), literals: Vec::new(), places: Vec::new() };
    let lexer = Lexer::new(text);
    let mut speller = Speller {
        lexer,
        spelling,
        is_apart: true,
        follows_at: false,
        of_directive: false,
        sets: 0,
        inside: 0,
        is_open: false,
    };
    while let Some(token) = speller.lexer.next().ok()? {
        speller.commas();
        speller.token(token)?;
    }
    speller.commas();
    Some(speller.spelling)
}

struct Speller<'t> {
    lexer: Lexer<'t>,
    spelling: Spelling<'t>,
    /// Whether a word may follow without a blank.
    is_apart: bool,
    /// Whether the token read last is `@`.
    follows_at: bool,
    /// Whether the name read last is that of a directive.
    of_directive: bool,
    /// How many selection sets are open.
    sets: usize,
    /// How many `(`, and `[` or `{` inside them, are open.
    inside: usize,
    /// Whether the open `(` holds arguments of a field.
    is_open: bool,
}

impl<'t> Speller<'t> {
    fn token(&mut self, token: Token<'t>) -> Option<()> {
        let follows_at = std::mem::take(&mut self.follows_at);
        match token {
            Token::Name(name) => {
                self.of_directive = follows_at;
                self.word(name);
            }
            Token::Punctuator(mark) => {
                self.bracket(mark)?;
                self.follows_at = mark == b'@';
                self.mark(mark);
            }
            Token::Spread => self.mark(b'.'),
            Token::Number => {
                // The specification forbids it, and not every reader of tokens stops at the same byte.
                if self.lexer.behind().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')) {
                    return None;
                }
                let digits = self.lexer.written().1;
                match self.inside_arguments() && is_whole(digits) {
                    true => self.literal(Literal::Whole(digits))?,
                    false => self.word(digits),
                }
            }
            Token::Text => {
                let written = self.lexer.written().1;
                if written.starts_with("\"\"\"") {
                    return None;
                }
                let text = &written[1..written.len() - 1];
                match self.inside_arguments() && text.bytes().all(|byte| byte >= b' ' && byte != b'\\') {
                    true => self.literal(Literal::Text(text))?,
                    false => self.word(written),
                }
            }
        }
        Some(())
    }

    /// They mean nothing, but the parser takes them for something between a name and its `:`, and behind `...`.
    fn commas(&mut self) {
        (0..self.lexer.commas()).for_each(|_| self.mark(b','));
    }

    fn inside_arguments(&self) -> bool {
        self.is_open && self.inside > 0
    }

    fn bracket(&mut self, mark: u8) -> Option<()> {
        match mark {
            b'(' => {
                if self.inside > 0 {
                    return None;
                }
                self.inside = 1;
                self.is_open = self.sets > 0 && !self.of_directive;
            }
            b'[' | b'{' if self.inside > 0 => self.inside += 1,
            b')' | b']' | b'}' if self.inside > 0 => self.inside -= 1,
            b'{' => self.sets += 1,
            b'}' => self.sets = self.sets.checked_sub(1)?,
            _ => {}
        }
        Some(())
    }

    fn mark(&mut self, mark: u8) {
        self.spelling.form.push(mark);
        self.is_apart = true;
    }

    fn word(&mut self, word: &str) {
        if !self.is_apart {
            self.spelling.form.push(b' ');
        }
        self.spelling.form.extend_from_slice(word.as_bytes());
        self.is_apart = false;
    }

    fn literal(&mut self, literal: Literal<'t>) -> Option<()> {
        let Spelling { form, literals, places } = &mut self.spelling;
        let known = literals.iter().position(|known| known.written() == literal.written());
        let index = known.unwrap_or_else(|| {
            literals.push(literal);
            literals.len() - 1
        });
        // `7` and `"7"` are one value to an ID, and two to whoever compares arguments.
        if literals[index] != literal || index >= MOST_LITERALS {
            return None;
        }
        places.push((self.lexer.written().0, index));
        // Bytes that begin no token.
        form.push(if matches!(literal, Literal::Text(_)) { 1 } else { 2 });
        form.push(u8::try_from(index).ok()?);
        self.is_apart = true;
        Some(())
    }
}

/// A whole number of 32 bits, written as everybody writes it.
fn is_whole(digits: &str) -> bool {
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    let is_plain = digits == "0" || !unsigned.starts_with('0');
    is_plain && digits.parse::<i32>().is_ok()
}

impl<'t> Literal<'t> {
    fn written(&self) -> &'t str {
        match self {
            Literal::Text(written) | Literal::Whole(written) => written,
        }
    }
}

impl Spelling<'_> {
    /// Two texts with equal bytes here are one, but for what is ignored and the literals left open.
    pub fn form(&self) -> &[u8] {
        &self.form
    }

    /// Bytes that are the same exactly for texts of one form with the same literals.
    pub fn whole(&self) -> Vec<u8> {
        let room = self.form.len() + self.literals.iter().map(|literal| literal.written().len() + 1).sum::<usize>() + 8;
        let mut whole = Vec::with_capacity(room);
        whole.extend_from_slice(&(self.form.len() as u64).to_le_bytes());
        whole.extend_from_slice(&self.form);
        for literal in &self.literals {
            whole.extend_from_slice(literal.written().as_bytes());
            // It stands in none of them.
            whole.push(0);
        }
        whole
    }

    pub(super) fn literal_at(&self, place: usize) -> Option<usize> {
        let at = self.places.binary_search_by_key(&place, |(place, _)| *place).ok()?;
        Some(self.places[at].1)
    }
}
