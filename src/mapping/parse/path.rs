//! Paths: a head, steps, and perhaps `{ … }`.

use regex::Regex;

use super::super::methods::{self, Kind};
use super::super::syntax::{Expr, Guess};
use super::super::value::Value;
use super::{
    Binding, Broken, Call, Head, MAX_STEPS, Parsed, Parser, Path, Span, Step, Token, VARIABLES, Variable, Version,
    nearest,
};

impl Parser<'_> {
    /// A path. `names` says that a single key is a field here, in every version.
    pub(super) fn path(&mut self, names: bool) -> Parsed<Path> {
        let start = self.span();
        let mut steps = Vec::new();
        let mut single_key = None;
        let head = match self.peek().clone() {
            Token::Dollar => {
                self.at += 1;
                if *self.peek() == Token::OpenParen && self.span().start == start.end {
                    self.at += 1;
                    self.deeper(start)?;
                    let expr = self.expr()?;
                    self.expect(&Token::CloseParen, "`)`")?;
                    self.depth -= 1;
                    Head::Expr(Box::new(expr))
                } else {
                    self.reads_input = true;
                    Head::Input
                }
            }
            Token::At => {
                self.at += 1;
                self.reads_input |= self.at_is_input;
                Head::Current
            }
            Token::DollarName(name) => {
                self.at += 1;
                self.variable(name, start)?
            }
            Token::Ident(_) | Token::Quoted(_) => {
                let name = self.key().ok_or(Broken)?;
                single_key = Some(name.clone());
                self.at += 1;
                self.reads_input = true;
                steps.push(Step::Key {
                    name,
                    optional: *self.peek() == Token::Question,
                    span: start,
                    guess: Guess::default(),
                });
                Head::Input
            }
            _ => return Err(self.unexpected("a field, `$`, `@` or a variable")),
        };
        let path = self.tail(head, steps, start)?;
        if self.dialect.version < Version::V0_3
            && let Some(key) = single_key
            && !matches!(path.steps.get(1), Some(Step::Key { .. }))
            && (path.steps.len() > 1 || !(names || self.field_like(&path)))
        {
            let help = Some(format!("write `$.{key}`"));
            self.problem(start, "a path that begins with one key needs connect/v0.3".into(), help);
        }
        Ok(path)
    }

    /// In a selection, `alias: key` was always a field; only in arguments a lone key is a path.
    fn field_like(&self, path: &Path) -> bool {
        path.steps.len() == 1 && !self.in_expr
    }

    /// What follows a head.
    pub(super) fn tail(&mut self, head: Head, mut steps: Vec<Step>, start: Span) -> Parsed<Path> {
        let bound = self.locals.len();
        let path = self.tail_in_scope(head, &mut steps, start);
        self.locals.truncate(bound);
        let (head, selection) = path?;
        Ok(Path { head, steps, selection, span: start.to(self.last_span()) })
    }

    fn tail_in_scope(
        &mut self,
        head: Head,
        steps: &mut Vec<Step>,
        start: Span,
    ) -> Parsed<(Head, Option<Box<super::Selection>>)> {
        let mut after_question = false;
        loop {
            if steps.len() > MAX_STEPS {
                self.problem(start, format!("a path of more than {MAX_STEPS} steps"), None);
                return Err(Broken);
            }
            let span = self.span();
            match self.peek() {
                Token::Dot => {
                    self.at += 1;
                    let span = span.to(self.span());
                    let Some(name) = self.key() else {
                        return Err(self.unexpected("a key after `.`"));
                    };
                    self.at += 1;
                    steps.push(Step::Key {
                        name,
                        optional: *self.peek() == Token::Question,
                        span,
                        guess: Guess::default(),
                    });
                    after_question = false;
                }
                Token::Arrow => {
                    self.at += 1;
                    let call = self.call(span)?;
                    steps.push(Step::Call(call));
                    after_question = false;
                }
                Token::Question => {
                    self.since(Version::V0_3, span, "`?`");
                    if after_question {
                        self.problem(span, "`?` twice in a row".into(), Some("one is enough".into()));
                    }
                    self.at += 1;
                    steps.push(Step::Optional);
                    after_question = true;
                }
                Token::OpenBrace => {
                    let selection = self.braced()?;
                    return Ok((head, Some(Box::new(selection))));
                }
                _ => return Ok((head, None)),
            }
        }
    }

    /// `name args?`, after `->`.
    fn call(&mut self, arrow: Span) -> Parsed<Call> {
        let Token::Ident(name) = *self.peek() else {
            return Err(self.unexpected("the name of a method after `->`"));
        };
        let span = arrow.to(self.span());
        self.at += 1;
        let method = methods::find(name);
        if method.is_some_and(|method| method.kind == Kind::As) {
            return self.binding(span);
        }
        let args = self.args()?;
        let Some(method) = method else {
            let help = Some(self.method_like(name));
            self.problem(span, format!("there is no method `->{name}`"), help);
            // Any method will do to read on, for the problems in what follows.
            return Ok(Call { method: methods::find("echo").ok_or(Broken)?, args, binds: None, pattern: None, span });
        };
        if method.extension && !self.dialect.extensions {
            let help = "it is one of this gateway's own methods, which its own @link switches on".to_owned();
            self.problem(span, format!("`->{name}` is not part of the connect specification"), Some(help));
        }
        let (least, most) = method.arity;
        if args.len() < least || args.len() > most {
            let wants = match (least, most) {
                (0, 0) => "no arguments".to_owned(),
                (1, 1) => "one argument".to_owned(),
                (least, usize::MAX) => format!("at least {least} argument{}", if least == 1 { "" } else { "s" }),
                (least, most) if least == most => format!("{least} arguments"),
                (least, most) => format!("{least} to {most} arguments"),
            };
            let help = Some(format!("{} Example: `{}`", method.doc, method.example.1));
            self.problem(span, format!("`->{name}` takes {wants}, here are {}", args.len()), help);
        }
        let pattern = if method.pattern { self.pattern(name, &args, span) } else { None };
        Ok(Call { method, args, binds: None, pattern, span })
    }

    /// The method that an unknown name may mean, and where all of them stand.
    fn method_like(&self, name: &str) -> String {
        let listed = "docs/mapping.md lists the methods";
        let near = methods::named_elsewhere(name).or_else(|| nearest(name, methods::all().map(|method| method.name)));
        let Some(method) = near.and_then(methods::find) else { return listed.to_owned() };
        let link = match method.extension && !self.dialect.extensions {
            true => " It is one of this gateway's own: link https://c360.dev/spec/v0.1;",
            false => "",
        };
        format!("did you mean `->{}`?{link} {listed}", method.name)
    }

    /// The regular expression of a method that takes one: a literal, so that it is compiled once and its mistakes are told early.
    fn pattern(&mut self, name: &str, args: &[Expr], span: Span) -> Option<Regex> {
        let first = args.first()?;
        let place = first.first.span;
        let Some(Value::Text(text)) = super::expr::constant_of(first) else {
            let help = Some("write the pattern as a string".to_owned());
            self.problem(place, format!("`->{name}` takes a regular expression that is a literal"), help);
            return None;
        };
        match methods::pattern(text) {
            Ok(pattern) => Some(pattern),
            Err(why) => {
                let place = if place == Span::default() { span } else { place };
                self.problem(place, format!("`->{name}` has a regular expression that cannot be read: {why}"), None);
                None
            }
        }
    }

    /// `($name)` or `($name, expr)`, after `->as`.
    fn binding(&mut self, span: Span) -> Parsed<Call> {
        let method = methods::find("as").ok_or(Broken)?;
        self.expect(&Token::OpenParen, "`($name)` after `->as`")?;
        let name_span = self.span();
        let Token::DollarName(name) = *self.peek() else {
            return Err(self.unexpected("a `$name` to bind"));
        };
        if VARIABLES.contains(&name) {
            self.problem(name_span, format!("`${name}` is a variable already"), Some("bind another name".into()));
        }
        self.at += 1;
        let mut args = Vec::new();
        if *self.peek() == Token::Comma {
            self.at += 1;
            if *self.peek() != Token::CloseParen {
                args.push(self.argument()?);
                if *self.peek() == Token::Comma {
                    self.at += 1;
                }
            }
        }
        self.expect(&Token::CloseParen, "`)`")?;
        self.locals.push(name.to_owned());
        let binds = Some(Binding { depth: self.locals.len() - 1, name: name.into() });
        Ok(Call { method, args, binds, pattern: None, span: span.to(self.last_span()) })
    }

    fn variable(&mut self, name: &str, span: Span) -> Parsed<Head> {
        if let Some(depth) = self.locals.iter().rposition(|local| local == name) {
            return Ok(Head::Local { depth, name: name.into() });
        }
        let variable = match name {
            "args" => Variable::Args,
            "this" => Variable::This,
            "batch" => Variable::Batch,
            "config" => Variable::Config,
            "context" => Variable::Context,
            "status" => Variable::Status,
            "env" => {
                let name = self.member(span, "`$env` is read by name", "$env.NAME")?;
                return Ok(Head::Env(name));
            }
            "request" | "response" => {
                let help = format!("${name}.headers");
                let member = self.member(span, &format!("`${name}` has only headers"), &help)?;
                if &*member != "headers" {
                    self.problem(span, format!("`${name}` has only headers"), Some(format!("write `{help}`")));
                    return Err(Broken);
                }
                if name == "request" { Variable::RequestHeaders } else { Variable::ResponseHeaders }
            }
            _ => {
                let known = VARIABLES.into_iter().chain(self.locals.iter().map(String::as_str));
                let help = match nearest(name, known) {
                    Some(near) => format!("did you mean `${near}`?"),
                    None => "the parent's fields are `$this`, the field's arguments `$args`".to_owned(),
                };
                let help = Some(help);
                self.problem(span, format!("there is no variable `${name}`"), help);
                // The rest of the path is read all the same, for the problems in it.
                return Ok(Head::Current);
            }
        };
        Ok(Head::Variable(variable))
    }

    /// `.name` right after a variable that is nothing without it.
    fn member(&mut self, span: Span, message: &str, example: &str) -> Parsed<Box<str>> {
        if *self.peek() == Token::Dot {
            self.at += 1;
            if let Some(name) = self.key() {
                self.at += 1;
                return Ok(name);
            }
        }
        self.problem(span, message.to_owned(), Some(format!("write `{example}`")));
        Err(Broken)
    }

    pub(super) fn expect(&mut self, token: &Token<'static>, named: &str) -> Parsed<()> {
        if self.peek() != token {
            return Err(self.unexpected(named));
        }
        self.at += 1;
        Ok(())
    }
}
