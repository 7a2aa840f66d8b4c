//! What a program means, worked out from the language's description in the plainest way: everything is copied, nothing
//! is compiled, no bound is kept.

use std::collections::BTreeSet;

use c360::mapping::{Object, Value};

use super::program::{Expr, Head, Item, Path, Property, Selection, Step};

/// A value, or missing.
pub type Maybe = Option<Value<'static>>;

/// What `$`, `@` and bound names mean.
#[derive(Clone)]
pub struct Scope {
    pub dollar: Value<'static>,
    pub at: Value<'static>,
    locals: Vec<(&'static str, Maybe)>,
}

pub struct Naive {
    pub args: Maybe,
    /// How much was amiss.
    pub problems: usize,
    /// What was done to what, in words: two programs that did the same things are alike.
    pub seen: BTreeSet<String>,
}

/// The `$status` of every run.
pub const STATUS: i64 = 200;

impl Naive {
    pub fn new(args: Maybe) -> Naive {
        Naive { args, problems: 0, seen: BTreeSet::new() }
    }

    pub fn program(&mut self, program: &Selection, input: Maybe) -> Maybe {
        let has_data = input.is_some();
        let input = input.unwrap_or(Value::Null);
        if let [Item::Anonymous(path)] = program.0.as_slice() {
            return self.path(path, &Scope { dollar: input.clone(), at: input, locals: Vec::new() });
        }
        if !input.is_null() {
            return self.select(program, input, &[]);
        }
        // An answer of null stays null where no key comes of it.
        let made = self.object(program, Value::Null, &[]);
        if has_data && made.as_object().is_some_and(Object::is_empty) { Some(Value::Null) } else { Some(made) }
    }

    /// `{ … }` applied to a value.
    fn select(&mut self, fields: &Selection, to: Value<'static>, locals: &[(&'static str, Maybe)]) -> Maybe {
        self.saw(format!("braces over {}", to.kind()));
        match to {
            Value::List(items) => Some(Value::List(
                items.into_iter().map(|item| self.select(fields, item, locals).unwrap_or(Value::Null)).collect(),
            )),
            Value::Null if looks_at_input(fields) => Some(Value::Null),
            Value::Object(_) => Some(self.object(fields, to, locals)),
            scalar => {
                let made = self.object(fields, scalar.clone(), locals);
                Some(if made.as_object().is_some_and(Object::is_empty) { scalar } else { made })
            }
        }
    }

    /// The object that fields make of one value; null where a spread null says so.
    fn object(&mut self, fields: &Selection, of: Value<'static>, locals: &[(&'static str, Maybe)]) -> Value<'static> {
        let scope = Scope { dollar: of.clone(), at: of.clone(), locals: locals.to_vec() };
        let mut made = Object::new();
        for item in &fields.0 {
            let (path, explicit) = match item {
                Item::Field(alias, path) => {
                    let key = match (alias, &path.head) {
                        (Some(alias), _) => alias,
                        (None, Head::Key(key)) => key,
                        _ => unreachable!("only keys name themselves"),
                    };
                    if let Some(value) = self.path(path, &scope) {
                        self.merge(&mut made, key.clone(), value);
                    }
                    continue;
                }
                Item::Group(key, inner) => {
                    let value = self.object(inner, of.clone(), locals);
                    self.merge(&mut made, key.clone(), value);
                    continue;
                }
                Item::Anonymous(path) => (path, false),
                Item::Spread(path) => (path, true),
            };
            let spread = self.path(path, &scope);
            self.saw(format!("{} of {}", if explicit { "..." } else { "spread" }, kind(&spread)));
            match spread {
                None => {}
                Some(Value::Object(spread)) => {
                    for (key, value) in spread {
                        self.merge(&mut made, key.into_owned(), value);
                    }
                }
                Some(Value::Null) if explicit => return Value::Null,
                Some(Value::Null) => {}
                Some(_) => self.problem(),
            }
        }
        Value::Object(made)
    }

    fn merge(&mut self, into: &mut Object<'static>, key: String, value: Value<'static>) {
        let value = match into.get(&key) {
            Some(old) => self.merged(old.clone(), value),
            None => value,
        };
        into.insert(key, value);
    }

    fn merged(&mut self, old: Value<'static>, new: Value<'static>) -> Value<'static> {
        self.saw(format!("{} merged with {}", old.kind(), new.kind()));
        match (old, new) {
            (Value::Null, _) | (_, Value::Null) => Value::Null,
            (Value::Object(mut old), Value::Object(new)) => {
                for (key, value) in new {
                    self.merge(&mut old, key.into_owned(), value);
                }
                Value::Object(old)
            }
            (Value::List(mut old), Value::List(new)) => {
                for (index, value) in new.into_iter().enumerate() {
                    match old.get(index).cloned() {
                        Some(before) => old[index] = self.merged(before, value),
                        None => old.push(value),
                    }
                }
                Value::List(old)
            }
            (old, new) => {
                if old.kind() != new.kind() {
                    self.problem();
                }
                new
            }
        }
    }

    pub fn path(&mut self, path: &Path, scope: &Scope) -> Maybe {
        let mut scope = scope.clone();
        let asks = |at: usize| matches!(path.steps.get(at), Some(Step::Question));
        let mut value = match &path.head {
            Head::Key(key) => self.key(&scope.dollar, key, asks(0))?,
            head => self.head(head, &scope)?,
        };
        for (index, step) in path.steps.iter().enumerate() {
            value = match step {
                Step::Key(key) => self.key(&value, key, asks(index + 1))?,
                Step::Question if value.is_null() => return None,
                Step::Question => value,
                Step::As(name, None) => {
                    scope.locals.push((name, Some(value.clone())));
                    value
                }
                Step::As(name, Some(expr)) => {
                    let bound = self.expr(expr, &scope.with_at(value.clone()));
                    scope.locals.push((name, bound));
                    value
                }
                Step::Call(name, args) => {
                    let (problems, given) = (self.problems, value.kind());
                    let made = self.call(name, args, value, &scope);
                    let noted = if self.problems > problems { ", noted" } else { "" };
                    self.saw(format!("{name} of {given}: {}{noted}", kind(&made)));
                    made?
                }
            };
        }
        match &path.braces {
            Some(fields) => self.select(fields, value, &scope.locals),
            None => Some(value),
        }
    }

    fn head(&mut self, head: &Head, scope: &Scope) -> Maybe {
        match head {
            Head::Key(_) => unreachable!("a path looks at its key itself"),
            Head::Dollar => Some(scope.dollar.clone()),
            Head::At => Some(scope.at.clone()),
            Head::Variable("$status") => Some(Value::from(STATUS)),
            Head::Variable(_) => {
                if self.args.is_none() {
                    self.problem();
                }
                self.args.clone()
            }
            Head::Local(name) => scope.locals.iter().rev().find(|(known, _)| known == name)?.1.clone(),
            Head::Paren(expr) => self.expr(expr, scope),
            Head::Scalar(value) => Some(value.clone()),
            Head::List(items) => {
                Some(Value::List(items.iter().map(|item| self.expr(item, scope).unwrap_or(Value::Null)).collect()))
            }
            Head::Object(properties) => {
                let mut object = Object::new();
                for property in properties {
                    let (key, value) = match property {
                        Property::Named(key, value) => (key, self.expr(value, scope)),
                        Property::Short(key, question) => {
                            let value = self.key(&scope.dollar, key, *question);
                            (key, value.filter(|value| !(*question && value.is_null())))
                        }
                    };
                    if let Some(value) = value {
                        object.insert(key.clone(), value);
                    }
                }
                Some(Value::Object(object))
            }
        }
    }

    fn key(&mut self, of: &Value<'static>, key: &str, silent: bool) -> Maybe {
        let found = match of {
            Value::List(items) => {
                Some(Value::List(items.iter().map(|item| self.key(item, key, silent).unwrap_or(Value::Null)).collect()))
            }
            Value::Object(object) => object.get(key).cloned(),
            _ => None,
        };
        if found.is_none() && !silent {
            self.problem();
        }
        self.saw(format!("key of {}: {}{}", of.kind(), kind(&found), if silent { ", silent" } else { "" }));
        found
    }

    /// The first operand that is there; what was amiss with those before it does not matter then.
    pub fn expr(&mut self, expr: &Expr, scope: &Scope) -> Maybe {
        let before = self.problems;
        let mut last = None;
        for operand in &expr.operands {
            last = self.path(operand, scope);
            let gives_way = last.as_ref().is_none_or(|value| expr.nullish && value.is_null());
            if expr.operands.len() > 1 {
                self.saw(format!("{} after {}", if expr.nullish { "??" } else { "?!" }, kind(&last)));
                if !gives_way {
                    self.problems = before;
                }
            }
            if !gives_way {
                break;
            }
        }
        last
    }

    pub fn problem(&mut self) {
        self.problems += 1;
    }

    fn saw(&mut self, what: String) {
        self.seen.insert(what);
    }
}

impl Scope {
    pub fn with_at(&self, at: Value<'static>) -> Scope {
        Scope { at, ..self.clone() }
    }
}

fn kind(value: &Maybe) -> &'static str {
    value.as_ref().map_or("missing", Value::kind)
}

/// Whether fields look at the value that they are applied to, anywhere.
fn looks_at_input(fields: &Selection) -> bool {
    fields.0.iter().any(|item| match item {
        Item::Field(_, path) | Item::Anonymous(path) | Item::Spread(path) => path_looks(path, true),
        Item::Group(_, inner) => looks_at_input(inner),
    })
}

/// Within arguments `@` is what the method was called on, but `$` and keys are still the input's.
fn path_looks(path: &Path, at: bool) -> bool {
    let expr = |expr: &Expr, at: bool| expr.operands.iter().any(|operand| path_looks(operand, at));
    let head = match &path.head {
        Head::Key(_) | Head::Dollar => true,
        Head::At => at,
        Head::Variable(_) | Head::Local(_) | Head::Scalar(_) => false,
        Head::Paren(inner) => expr(inner, at),
        Head::List(items) => items.iter().any(|item| expr(item, at)),
        Head::Object(properties) => properties.iter().any(|property| match property {
            Property::Named(_, value) => expr(value, at),
            Property::Short(..) => true,
        }),
    };
    let args = path.steps.iter().any(|step| match step {
        Step::Call(_, args) => args.iter().any(|arg| expr(arg, false)),
        Step::As(_, value) => value.as_ref().is_some_and(|value| expr(value, false)),
        Step::Key(_) | Step::Question => false,
    });
    head || args
}
