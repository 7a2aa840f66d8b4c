//! Tokens → compiled tree. By hand, because what a token means depends on where it stands (a quoted string is a key
//! in a selection and a literal in an argument), because every problem is wanted, and because names are resolved here.

use super::lexer::{Token, tokens};
use super::problem::{Problem, Span, nearest};
use super::syntax::{Binding, Call, Expr, Head, Item, Path, Selection, Step, Variable};
use super::{Dialect, Version};

mod expr;
mod path;

/// How deep braces, brackets and parentheses may be nested.
const MAX_DEPTH: usize = 64;
/// How many steps one path may have.
const MAX_STEPS: usize = 256;
/// How many problems are kept of one text.
const MAX_PROBLEMS: usize = 32;
/// How long a mapping may be, in bytes.
const MAX_TEXT: usize = 1 << 20;

const VARIABLES: [&str; 9] = ["args", "this", "batch", "config", "env", "context", "request", "response", "status"];

/// A problem was noted; the construct it stands in has no meaning.
pub(super) struct Broken;
type Parsed<T> = Result<T, Broken>;

/// Parses a selection, which may be a lone anonymous path.
pub(super) fn selection(text: &str, dialect: Dialect) -> Result<Selection, Vec<Problem>> {
    let mut parser = Parser::new(text, dialect)?;
    let selection = parser.top_selection();
    parser.finish(selection)
}

/// Parses one expression, as it stands in a template.
pub(super) fn expression(text: &str, dialect: Dialect) -> Result<Expr, Vec<Problem>> {
    let mut parser = Parser::new(text, dialect)?;
    let expr = parser.expr();
    if expr.is_ok() && *parser.peek() != Token::End {
        parser.unexpected("the end of the expression");
    }
    match expr {
        Ok(expr) => parser.finish(expr),
        Err(Broken) => Err(parser.problems),
    }
}

struct Parser<'t> {
    tokens: Vec<(Token<'t>, Span)>,
    at: usize,
    text: &'t str,
    dialect: Dialect,
    problems: Vec<Problem>,
    depth: usize,
    /// Names bound by `->as` around this place.
    locals: Vec<String>,
    /// Whether an expression is being read, where words and strings are literals.
    in_expr: bool,
    /// Whether `$` was looked at since this was last cleared.
    reads_input: bool,
    /// Whether `@` is the input of the braces, too: not within arguments, where it is what the method was called on.
    at_is_input: bool,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, dialect: Dialect) -> Result<Self, Vec<Problem>> {
        if text.len() > MAX_TEXT {
            return Err(vec![Problem {
                message: format!("the mapping is {} bytes long, more than {MAX_TEXT}", text.len()),
                span: 0..0,
                help: None,
            }]);
        }
        let mut problems = Vec::new();
        let tokens = tokens(text, &mut problems);
        Ok(Self {
            tokens,
            at: 0,
            text,
            dialect,
            problems,
            depth: 0,
            locals: Vec::new(),
            in_expr: false,
            reads_input: false,
            at_is_input: true,
        })
    }

    fn finish<T>(self, parsed: T) -> Result<T, Vec<Problem>> {
        if self.problems.is_empty() { Ok(parsed) } else { Err(self.problems) }
    }

    fn top_selection(&mut self) -> Selection {
        let mut items = Vec::new();
        let mut anonymous = Vec::new();
        self.reads_input = false;
        loop {
            match self.peek() {
                Token::End => break,
                Token::CloseBrace => {
                    self.unexpected("a field or the end of the mapping");
                    self.at += 1;
                }
                _ => self.item(&mut items, &mut anonymous),
            }
        }
        let lone = items.len() == 1 && matches!(items[0], Item::Spread { explicit: false, .. });
        if !lone {
            self.refuse_anonymous(&anonymous);
        }
        Selection { plain: is_plain(&items), items, lone, reads_input: self.reads_input }
    }

    /// `{ … }`; the next token is the opening brace.
    fn braced(&mut self) -> Parsed<Selection> {
        let open = self.span();
        self.at += 1;
        self.deeper(open)?;
        let outside = std::mem::replace(&mut self.reads_input, false);
        let in_expr = std::mem::replace(&mut self.in_expr, false);
        let at_is_input = std::mem::replace(&mut self.at_is_input, true);
        let mut items = Vec::new();
        let mut anonymous = Vec::new();
        loop {
            match self.peek() {
                Token::CloseBrace => {
                    self.at += 1;
                    break;
                }
                Token::End => {
                    self.problem(open, "a `{` that is never closed".into(), Some("close it with `}`".into()));
                    return Err(Broken);
                }
                _ => self.item(&mut items, &mut anonymous),
            }
        }
        self.refuse_anonymous(&anonymous);
        self.depth -= 1;
        self.in_expr = in_expr;
        self.at_is_input = at_is_input;
        let reads_input = std::mem::replace(&mut self.reads_input, outside);
        Ok(Selection { plain: is_plain(&items), items, lone: false, reads_input })
    }

    /// One item; after a syntax error, whatever comes up to a place where a next item may begin is skipped.
    fn item(&mut self, items: &mut Vec<Item>, anonymous: &mut Vec<Span>) {
        let depth = self.depth;
        let locals = self.locals.len();
        let (in_expr, at_is_input) = (self.in_expr, self.at_is_input);
        match self.named(anonymous) {
            Ok(item) => items.push(item),
            Err(Broken) => {
                self.depth = depth;
                self.in_expr = in_expr;
                self.at_is_input = at_is_input;
                self.recover();
            }
        }
        self.locals.truncate(locals);
    }

    fn named(&mut self, anonymous: &mut Vec<Span>) -> Parsed<Item> {
        let span = self.span();
        if *self.peek() == Token::Spread {
            self.since(Version::V0_4, span, "`...`");
            self.at += 1;
            let path = self.path(false)?;
            return Ok(Item::Spread { path, explicit: true });
        }
        if let Some(key) = self.key()
            && self.tokens.get(self.at + 1).is_some_and(|(token, _)| *token == Token::Colon)
        {
            self.at += 2;
            if *self.peek() == Token::OpenBrace {
                let selection = self.braced()?;
                self.reads_input |= selection.reads_input;
                return Ok(Item::Group { key, selection, span });
            }
            let path = self.path(false)?;
            return Ok(Item::Field { key, path, span });
        }
        let key = self.key();
        let path = self.path(true)?;
        // `key`, `key?`, `key { … }` and `key? { … }` name their output; every other path is anonymous.
        if let Some(key) = key
            && matches!(path.steps.as_slice(), [Step::Key { .. }] | [Step::Key { .. }, Step::Optional])
        {
            return Ok(Item::Field { key, path, span });
        }
        if path.selection.is_none() {
            anonymous.push(path.span);
        }
        Ok(Item::Spread { path, explicit: false })
    }

    fn refuse_anonymous(&mut self, anonymous: &[Span]) {
        for span in anonymous {
            let written = &self.text[span.range()];
            let help = format!(
                "name it: `name: {written}`{}",
                if self.dialect.version >= Version::V0_4 { ", or spread its keys: `...` before it" } else { "" }
            );
            self.problem(*span, "a path without a name, beside others or inside `{ }`".into(), Some(help));
        }
    }

    /// Skips to where another item may begin: a name before `:`, a name on a new line, or the end of the braces.
    fn recover(&mut self) {
        let mut open = 0_usize;
        let begun = self.at;
        loop {
            let (token, span) = &self.tokens[self.at];
            match token {
                Token::End => return,
                Token::OpenBrace | Token::OpenParen | Token::OpenBracket => open += 1,
                Token::CloseBrace if open == 0 => return,
                Token::CloseBrace | Token::CloseParen | Token::CloseBracket => open = open.saturating_sub(1),
                Token::Ident(_) | Token::Quoted(_) if open == 0 && self.at > begun => {
                    let named = self.tokens.get(self.at + 1).is_some_and(|(next, _)| *next == Token::Colon);
                    let before = &self.tokens[self.at - 1].1;
                    let line = self.text[before.end as usize..span.start as usize].contains('\n');
                    if named || line {
                        return;
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    fn peek(&self) -> &Token<'t> {
        &self.tokens[self.at].0
    }

    fn span(&self) -> Span {
        self.tokens[self.at].1
    }

    /// The place of the token before this one.
    fn last_span(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].1
    }

    /// The key that the next token is, if it is one.
    fn key(&self) -> Option<Box<str>> {
        match self.peek() {
            Token::Ident(name) => Some((*name).into()),
            Token::Quoted(text) => Some(text.as_str().into()),
            _ => None,
        }
    }

    fn deeper(&mut self, span: Span) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let help = Some("take what lies deep by a path of keys, `a.b.c`".to_owned());
            self.problem(span, format!("nested deeper than {MAX_DEPTH} levels"), help);
            // Nothing sensible can follow: go to the end.
            self.at = self.tokens.len() - 1;
            return Err(Broken);
        }
        Ok(())
    }

    /// Tells a form that the version linked does not have yet.
    fn since(&mut self, version: Version, span: Span, form: &str) {
        if self.dialect.version < version {
            let message = format!("{form} needs connect/{}", version.as_str());
            self.problem(span, message, Some(version.way_to()));
        }
    }

    fn problem(&mut self, span: Span, message: String, help: Option<String>) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem { message, span: span.range(), help });
        }
    }

    fn unexpected(&mut self, expected: &str) -> Broken {
        let message = format!("found {}, expected {expected}", self.peek().named());
        let help = match self.peek() {
            Token::OpenBrace if !self.in_expr => {
                Some("a mapping makes an object of its fields: write them without braces around")
            }
            Token::Comma => Some("fields stand beside each other without commas"),
            Token::Stray('|') => Some("a value for what is missing: `$(a ?? \"b\")`"),
            Token::Stray('-') => Some("quote a key that has a `-`: `\"first-name\"`"),
            Token::DoubleQuestion | Token::QuestionBang if !self.in_expr => {
                Some("operators stand inside `$( )`: `$(a ?? b)`")
            }
            _ => None,
        };
        self.problem(self.span(), message, help.map(str::to_owned));
        Broken
    }
}

/// Whether keys are all different and nothing is spread.
fn is_plain(items: &[Item]) -> bool {
    let mut keys: Vec<&str> = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Item::Field { key, .. } | Item::Group { key, .. } => keys.push(key),
            Item::Spread { .. } => return false,
        }
    }
    keys.sort_unstable();
    keys.windows(2).all(|pair| pair[0] != pair[1])
}
