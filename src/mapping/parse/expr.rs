//! Expressions: what stands in `$( )`, in arguments and in literals.

use std::borrow::Cow;

use super::super::syntax::Chain;
use super::super::value::{Object, Value};
use super::{Expr, Head, Parsed, Parser, Path, Step, Token, Version};

impl Parser<'_> {
    /// `primary (('??' | '?!') primary)*`, one kind of operator per chain.
    pub(super) fn expr(&mut self) -> Parsed<Expr> {
        let was_in_expr = std::mem::replace(&mut self.in_expr, true);
        let expr = self.chain();
        self.in_expr = was_in_expr;
        expr
    }

    fn chain(&mut self) -> Parsed<Expr> {
        let first = self.primary()?;
        let mut rest = Vec::new();
        let mut chain = None;
        loop {
            let operator = match self.peek() {
                Token::DoubleQuestion => Chain::Nullish,
                Token::QuestionBang => Chain::Missing,
                _ => break,
            };
            let span = self.span();
            let named = self.peek().named();
            self.since(Version::V0_3, span, &named);
            if chain.is_some_and(|before| before != operator) {
                let help = Some("put one of them into `$( )`".to_owned());
                self.problem(span, "`??` and `?!` in one chain".into(), help);
            }
            chain = Some(operator);
            self.at += 1;
            rest.push(self.primary()?);
        }
        Ok(Expr { first, rest, chain: chain.unwrap_or(Chain::Nullish) })
    }

    fn primary(&mut self) -> Parsed<Path> {
        let start = self.span();
        let head = match self.peek().clone() {
            Token::Quoted(text) => self.constant(Value::Text(Cow::Owned(text))),
            Token::Number(number) => self.constant(Value::Number(number)),
            Token::Ident("true") => self.constant(Value::Bool(true)),
            Token::Ident("false") => self.constant(Value::Bool(false)),
            Token::Ident("null") => self.constant(Value::Null),
            Token::OpenBrace => {
                self.deeper(start)?;
                let object = self.object()?;
                self.depth -= 1;
                object
            }
            Token::OpenBracket => {
                self.deeper(start)?;
                let list = self.list()?;
                self.depth -= 1;
                list
            }
            Token::Ident(_) | Token::Dollar | Token::DollarName(_) | Token::At => {
                return self.path(false);
            }
            _ => return Err(self.unexpected("a value")),
        };
        self.tail(head, Vec::new(), start)
    }

    fn constant(&mut self, value: Value<'static>) -> Head {
        self.at += 1;
        Head::Constant(value)
    }

    fn list(&mut self) -> Parsed<Head> {
        self.at += 1;
        let items = self.comma_separated(&Token::CloseBracket, "`,` or `]`")?;
        if items.iter().any(|item| constant_of(item).is_none()) {
            return Ok(Head::List(items));
        }
        Ok(Head::Constant(Value::List(items.into_iter().filter_map(into_constant).collect())))
    }

    /// `( … )` if there is one.
    pub(super) fn args(&mut self) -> Parsed<Vec<Expr>> {
        if *self.peek() != Token::OpenParen {
            return Ok(Vec::new());
        }
        let span = self.span();
        self.at += 1;
        self.deeper(span)?;
        let at_is_input = std::mem::replace(&mut self.at_is_input, false);
        let args = self.comma_separated(&Token::CloseParen, "`,` or `)`")?;
        self.at_is_input = at_is_input;
        self.depth -= 1;
        Ok(args)
    }

    /// One expression among a method's arguments.
    pub(super) fn argument(&mut self) -> Parsed<Expr> {
        let at_is_input = std::mem::replace(&mut self.at_is_input, false);
        let expr = self.expr()?;
        self.at_is_input = at_is_input;
        Ok(expr)
    }

    fn comma_separated(&mut self, close: &Token<'static>, expected: &str) -> Parsed<Vec<Expr>> {
        let mut items = Vec::new();
        while self.peek() != close {
            items.push(self.expr()?);
            match self.peek() {
                Token::Comma => self.at += 1,
                token if token == close => {}
                _ => return Err(self.unexpected(expected)),
            }
        }
        self.at += 1;
        Ok(items)
    }

    fn object(&mut self) -> Parsed<Head> {
        self.at += 1;
        let mut entries: Vec<(Box<str>, Expr)> = Vec::new();
        while *self.peek() != Token::CloseBrace {
            let (key, value) = self.property()?;
            entries.push((key, value));
            match self.peek() {
                Token::Comma => self.at += 1,
                Token::CloseBrace => {}
                _ => return Err(self.unexpected("`,` or `}`")),
            }
        }
        self.at += 1;
        if entries.iter().any(|(_, value)| constant_of(value).is_none()) {
            return Ok(Head::Object(entries));
        }
        let constant = entries
            .into_iter()
            .filter_map(|(key, value)| Some((Cow::Owned(key.into_string()), into_constant(value)?)))
            .collect::<Object<'static>>();
        Ok(Head::Constant(Value::Object(constant)))
    }

    /// `key: expr`, or since 0.4 a path that names itself: `a`, `a?`, `$args.a`.
    fn property(&mut self) -> Parsed<(Box<str>, Expr)> {
        let span = self.span();
        if let Some(key) = self.key()
            && self.tokens.get(self.at + 1).is_some_and(|(token, _)| *token == Token::Colon)
        {
            self.at += 2;
            return Ok((key, self.expr()?));
        }
        let path = self.path(true)?;
        let mut keys = path.steps.iter().filter(|step| !matches!(step, Step::Optional));
        let name = match (keys.next(), keys.next()) {
            (Some(Step::Key { name, .. }), None) => name.clone(),
            _ => {
                let help = Some("write `name: value`".to_owned());
                self.problem(span, "an entry of an object without a name".into(), help);
                // Read on for the problems in what follows; nothing will be made of it.
                return Ok((Box::default(), Expr { first: path, rest: Vec::new(), chain: Chain::Nullish }));
            }
        };
        if self.dialect.version < Version::V0_4 {
            let help = Some(format!("write `{name}: {}`", &self.text[path.span.range()]));
            self.problem(span, "an entry without `:` needs connect/v0.4".into(), help);
        }
        Ok((name, Expr { first: path, rest: Vec::new(), chain: Chain::Nullish }))
    }
}

pub(super) fn constant_of(expr: &Expr) -> Option<&Value<'static>> {
    match &expr.first {
        Path { head: Head::Constant(value), steps, selection: None, .. }
            if steps.is_empty() && expr.rest.is_empty() =>
        {
            Some(value)
        }
        _ => None,
    }
}

fn into_constant(expr: Expr) -> Option<Value<'static>> {
    match expr.first.head {
        Head::Constant(value) => Some(value),
        _ => None,
    }
}
