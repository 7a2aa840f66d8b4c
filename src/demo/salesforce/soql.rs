//! SOQL, a small part of it: one object, fields with dotted parents, lists of children in parentheses, comparisons joined by AND,
//! OR, NOT and parentheses, GROUP BY one field, ORDER BY, LIMIT, OFFSET. Everything else is malformed.

use jiff::Timestamp;

const DEEPEST: usize = 30;

/// A query taken apart.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) fields: Vec<Path>,
    /// Queries among the fields; their objects are names of relationships.
    pub(super) children: Vec<Query>,
    pub(super) object: String,
    pub(super) condition: Option<Condition>,
    pub(super) group: Option<Path>,
    pub(super) order: Vec<Order>,
    pub(super) limit: Option<usize>,
    pub(super) offset: usize,
}

/// `Account.Name` in its parts.
pub(super) type Path = Vec<String>;

#[derive(Debug)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Compare(Path, Operator, Literal),
    In(Path, bool, Vec<Literal>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number(f64),
    Bool(bool),
    Null,
    /// Seconds since 1970.
    Moment(i64),
    /// `2026-01-31`
    Day(String),
}

#[derive(Debug)]
pub(super) struct Order {
    pub(super) path: Path,
    pub(super) down: bool,
    pub(super) nulls_last: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(&'static str),
}

/// Takes a statement apart; the error is a sentence for the caller.
pub(super) fn parse(text: &str) -> Result<Query, String> {
    let mut reader = Reader { tokens: tokens(text)?, place: 0 };
    let query = reader.query(true)?;
    match reader.peek() {
        None => Ok(query),
        Some(token) => Err(format!("unexpected token: {token:?}")),
    }
}

const SIGNS: &[&str] = &["<=", ">=", "!=", "<>", "=", "<", ">", "(", ")", ","];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            rest = &rest[first.len_utf8()..];
        } else if first == '\'' {
            let (value, after) = quoted(&rest[1..])?;
            tokens.push(Token::Text(value));
            rest = after;
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            let end =
                rest.find(|letter: char| !(letter.is_alphanumeric() || "_.:+-".contains(letter))).unwrap_or(rest.len());
            if end == 0 {
                return Err(format!("unexpected token: '{first}'"));
            }
            tokens.push(Token::Word(rest[..end].into()));
            rest = &rest[end..];
        }
    }
    Ok(tokens)
}

fn quoted(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((place, letter)) = letters.next() {
        match letter {
            '\'' => return Ok((value, &text[place + 1..])),
            '\\' => value.push(match letters.next().map(|(_, letter)| letter) {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('b') => '\u{8}',
                Some('f') => '\u{c}',
                Some(letter @ ('\\' | '\'' | '"')) => letter,
                // Kept apart for LIKE: an escaped wildcard is a letter.
                Some('%') => LITERAL_PERCENT,
                Some('_') => LITERAL_UNDERSCORE,
                _ => return Err("invalid string literal: Illegal character sequence in string literal".into()),
            }),
            letter => value.push(letter),
        }
    }
    Err("unterminated string literal".into())
}

pub(super) const LITERAL_PERCENT: char = '\u{e000}';
pub(super) const LITERAL_UNDERSCORE: char = '\u{e001}';

struct Reader {
    tokens: Vec<Token>,
    place: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.place)
    }

    fn word(&mut self) -> Result<String, String> {
        match self.tokens.get(self.place) {
            Some(Token::Word(word)) => {
                self.place += 1;
                Ok(word.clone())
            }
            other => Err(format!("expecting a name, found {other:?}")),
        }
    }

    fn is(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(given)) if given.eq_ignore_ascii_case(word))
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.is(word);
        self.place += usize::from(found);
        found
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.take(word) { Ok(()) } else { Err(format!("expecting {word}, found {:?}", self.peek())) }
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(given)) if *given == sign);
        self.place += usize::from(found);
        found
    }

    fn path(&mut self) -> Result<Path, String> {
        let word = self.word()?;
        let path: Path = word.split('.').map(Into::into).collect();
        let named = |part: &String| part.starts_with(|letter: char| letter.is_ascii_alphabetic());
        if path.iter().all(named) { Ok(path) } else { Err(format!("unexpected token: '{word}'")) }
    }

    fn count(&mut self) -> Result<usize, String> {
        let word = self.word()?;
        word.parse().map_err(|_| format!("expecting a number, found '{word}'"))
    }

    /// `outer`: lists of children have no lists of children and no groups.
    fn query(&mut self, outer: bool) -> Result<Query, String> {
        self.expect("SELECT")?;
        let (mut fields, mut children) = (Vec::new(), Vec::new());
        loop {
            if outer && self.sign("(") {
                children.push(self.query(false)?);
                if !self.sign(")") {
                    return Err(format!("expecting ')', found {:?}", self.peek()));
                }
            } else {
                fields.push(self.path()?);
            }
            if !self.sign(",") {
                break;
            }
        }
        self.expect("FROM")?;
        let object = self.word()?;
        let condition = if self.take("WHERE") { Some(self.any(0)?) } else { None };
        let mut group = None;
        if outer && self.take("GROUP") {
            self.expect("BY")?;
            group = Some(self.path()?);
        }
        let mut order = Vec::new();
        if self.take("ORDER") {
            self.expect("BY")?;
            order.push(self.order()?);
            while self.sign(",") {
                order.push(self.order()?);
            }
        }
        let limit = if self.take("LIMIT") { Some(self.count()?) } else { None };
        let offset = if self.take("OFFSET") { self.count()? } else { 0 };
        Ok(Query { fields, children, object, condition, group, order, limit, offset })
    }

    fn order(&mut self) -> Result<Order, String> {
        let path = self.path()?;
        let down = !self.take("ASC") && self.take("DESC");
        let nulls_last = if self.take("NULLS") {
            let last = self.take("LAST");
            if !last {
                self.expect("FIRST")?;
            }
            last
        } else {
            down
        };
        Ok(Order { path, down, nulls_last })
    }

    fn any(&mut self, depth: usize) -> Result<Condition, String> {
        if depth > DEEPEST {
            return Err("too many levels of parentheses".into());
        }
        let first = self.single(depth)?;
        if self.is("AND") {
            let mut parts = vec![first];
            while self.take("AND") {
                parts.push(self.single(depth)?);
            }
            // As the original does: AND and OR beside each other want parentheses.
            return if self.is("OR") { Err("unexpected token: 'OR'".into()) } else { Ok(Condition::All(parts)) };
        }
        if self.is("OR") {
            let mut parts = vec![first];
            while self.take("OR") {
                parts.push(self.single(depth)?);
            }
            return if self.is("AND") { Err("unexpected token: 'AND'".into()) } else { Ok(Condition::Any(parts)) };
        }
        Ok(first)
    }

    fn single(&mut self, depth: usize) -> Result<Condition, String> {
        if depth > DEEPEST {
            return Err("too many levels of parentheses".into());
        }
        if self.take("NOT") {
            return Ok(Condition::Not(Box::new(self.single(depth + 1)?)));
        }
        if self.sign("(") {
            let inner = self.any(depth + 1)?;
            return if self.sign(")") { Ok(inner) } else { Err(format!("expecting ')', found {:?}", self.peek())) };
        }
        let path = self.path()?;
        let negated = self.take("NOT");
        if self.take("IN") {
            return Ok(Condition::In(path, negated, self.list()?));
        }
        if negated {
            return Err("expecting IN".into());
        }
        if self.take("LIKE") {
            return Ok(Condition::Compare(path, Operator::Like, self.literal()?));
        }
        let operators = [
            ("=", Operator::Equal),
            ("!=", Operator::Unequal),
            ("<>", Operator::Unequal),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        match operators.into_iter().find(|(sign, _)| self.sign(sign)) {
            Some((_, operator)) => Ok(Condition::Compare(path, operator, self.literal()?)),
            None => Err(format!("expecting an operator, found {:?}", self.peek())),
        }
    }

    fn list(&mut self) -> Result<Vec<Literal>, String> {
        if !self.sign("(") {
            return Err(format!("expecting '(', found {:?}", self.peek()));
        }
        let mut list = vec![self.literal()?];
        while self.sign(",") {
            list.push(self.literal()?);
        }
        if self.sign(")") { Ok(list) } else { Err(format!("expecting ')', found {:?}", self.peek())) }
    }

    fn literal(&mut self) -> Result<Literal, String> {
        let token = self.peek().cloned();
        self.place += 1;
        match token {
            Some(Token::Text(text)) => Ok(Literal::Text(text)),
            Some(Token::Word(word)) => literal(&word).ok_or_else(|| format!("unexpected token: '{word}'")),
            other => Err(format!("expecting a value, found {other:?}")),
        }
    }
}

fn literal(word: &str) -> Option<Literal> {
    match word.to_ascii_lowercase().as_str() {
        "null" => return Some(Literal::Null),
        "true" => return Some(Literal::Bool(true)),
        "false" => return Some(Literal::Bool(false)),
        _ => {}
    }
    if word.starts_with(|letter: char| letter.is_ascii_digit()) && word.contains('T') {
        return seconds(word).map(Literal::Moment);
    }
    if word.len() == 10 && word.parse::<jiff::civil::Date>().is_ok() {
        return Some(Literal::Day(word.into()));
    }
    word.parse::<f64>().ok().filter(|number| number.is_finite()).map(Literal::Number)
}

/// Seconds since 1970 of a date-time, with `+0000` or RFC 3339's offsets.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let text = text.strip_suffix("+0000").map_or_else(|| text.to_owned(), |text| format!("{text}Z"));
    text.parse::<Timestamp>().ok().map(Timestamp::as_second)
}
