//! Runs a compiled program. Problems are collected with their place; none of them ends the run.

use std::borrow::Cow;

use super::held::{Entries, Held, Items, View};
use super::problem::{Problem, Span};
use super::syntax::{Chain, Expr, Head, Path, Step, Variable};
use super::trail::{self, Trail};
use super::variables::Variables;

mod finish;
mod select;

/// How deep a result may be nested.
const MAX_DEPTH: u16 = 512;
/// How much one run may do: each step, each value and every eight bytes of new text count one.
const MAX_WORK: u64 = 20_000_000;
/// How many problems are kept of one run.
const MAX_PROBLEMS: usize = 32;

/// One run of one program.
pub(super) struct Run<'v, 'r> {
    variables: &'r Variables<'v>,
    /// What `->as` bound; None is missing, and was noted where it was made.
    locals: Vec<Option<Held<'v>>>,
    /// With the class that tells problems of one place apart.
    problems: Vec<(Span, &'static str, Problem)>,
    problem_count: usize,
    work_left: u64,
    exhausted: bool,
    trail: Option<&'r Trail>,
}

/// What `$` and `@` mean.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s, 'v> {
    pub input: &'s Held<'v>,
    pub current: &'s Held<'v>,
}

/// What a run left behind.
pub(super) struct Ended {
    pub problems: Vec<Problem>,
    pub problem_count: usize,
    pub exhausted: bool,
}

impl<'v, 'r> Run<'v, 'r> {
    pub fn new(variables: &'r Variables<'v>) -> Self {
        Self {
            variables,
            locals: Vec::new(),
            problems: Vec::new(),
            problem_count: 0,
            work_left: MAX_WORK,
            exhausted: false,
            trail: None,
        }
    }

    /// The same, noting which branches are walked.
    pub fn noting(self, trail: &'r Trail) -> Self {
        Self { trail: Some(trail), ..self }
    }

    /// Notes what became of a node of the program, where anybody wants to know.
    pub fn walked<T>(&self, node: &T, came: bool) {
        if let Some(trail) = self.trail {
            trail.note(trail::id(node), came);
        }
    }

    pub fn end(self) -> Ended {
        let mut problems: Vec<Problem> = self.problems.into_iter().map(|(_, _, problem)| problem).collect();
        if self.exhausted {
            problems.truncate(MAX_PROBLEMS - 1);
            problems.push(Problem {
                message: "the mapping does too much on this input: it was stopped".into(),
                span: 0..0,
                help: None,
            });
        }
        let problem_count = self.problem_count.max(problems.len());
        Ended { problems, problem_count, exhausted: self.exhausted }
    }

    pub fn expr(&mut self, expr: &'v Expr, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
        if expr.rest.is_empty() {
            return self.path(&expr.first, scope);
        }
        let (kept, counted) = (self.problems.len(), self.problem_count);
        let mut fallen = None;
        for operand in std::iter::once(&expr.first).chain(&expr.rest) {
            let value = self.path(operand, scope);
            let hit = match (&value, expr.chain) {
                (Some(value), Chain::Nullish) => !value.is_null(),
                (value, Chain::Missing) => value.is_some(),
                (None, Chain::Nullish) => false,
            };
            if hit {
                self.walked(operand, true);
                // What went wrong in operands that were skipped does not matter any more.
                self.problems.truncate(kept);
                self.problem_count = counted;
                return value;
            }
            fallen = value;
        }
        fallen
    }

    pub fn path(&mut self, path: &'v Path, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
        let bound = self.locals.len();
        let value = self.path_in_scope(path, scope);
        self.locals.truncate(bound);
        value
    }

    fn path_in_scope(&mut self, path: &'v Path, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
        let mut steps = path.steps.iter();
        let mut value = match &path.head {
            Head::Input => self.leading_keys(scope.input, &mut steps)?,
            Head::Current => self.leading_keys(scope.current, &mut steps)?,
            head => self.head(head, path.span, scope)?,
        };
        for step in steps {
            self.work(1)?;
            let made = self.step(step, value, scope);
            self.walked(step, made.is_some());
            value = made?;
        }
        match &path.selection {
            Some(selection) => self.select(selection, &value),
            None => Some(value),
        }
    }

    fn step(&mut self, step: &'v Step, value: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
        match step {
            Step::Key { name, optional, span, .. } => self.key(&value, name, *optional, *span),
            Step::Optional if value.is_null() => None,
            Step::Optional => Some(value),
            Step::Call(call) => {
                self.work(value.weight().into())?;
                let made = (call.method.run)(self, call, value, scope)?;
                self.work(made.weight().into())?;
                if made.depth() > MAX_DEPTH {
                    self.note(call.span, "deep", || format!("a value nested deeper than {MAX_DEPTH}"));
                    return None;
                }
                Some(made)
            }
        }
    }

    /// The first keys of a path, followed without copying what they lead through.
    fn leading_keys(&mut self, from: &Held<'v>, steps: &mut std::slice::Iter<'v, Step>) -> Option<Held<'v>> {
        self.work(1)?;
        match steps.as_slice().first() {
            Some(step @ Step::Key { name, optional, span, .. }) => {
                steps.next();
                let made = self.key(from, name, *optional, *span);
                self.walked(step, made.is_some());
                made
            }
            _ => self.copy(from),
        }
    }

    /// A copy, accounted for.
    fn copy(&mut self, value: &Held<'v>) -> Option<Held<'v>> {
        self.work(value.weight().into())?;
        Some(value.clone())
    }

    fn head(&mut self, head: &'v Head, span: Span, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
        self.work(1)?;
        let made = match head {
            Head::Input => self.copy(scope.input)?,
            Head::Current => self.copy(scope.current)?,
            Head::Variable(Variable::Status) => match self.variables.status {
                Some(status) => Held::number(status),
                None => return self.no_variable("$status", span),
            },
            Head::Variable(variable) => match self.variables.value(*variable) {
                Some(value) => Held::Ref(value),
                None => return self.no_variable(variable.written(), span),
            },
            Head::Env(name) => match self.variables.env.and_then(|env| env(name)) {
                Some(value) => Held::text(value),
                None => return self.no_variable(&format!("$env.{name}"), span),
            },
            Head::Local { depth, .. } => {
                let weight = self.locals.get(*depth)?.as_ref()?.weight();
                self.work(weight.into())?;
                self.locals.get(*depth)?.clone()?
            }
            Head::Expr(expr) => self.expr(expr, scope)?,
            Head::Constant(value) => Held::Ref(value),
            Head::List(items) => {
                Held::list(items.iter().map(|item| self.expr(item, scope).unwrap_or_else(Held::null)).collect())
            }
            Head::Object(entries) => Held::object(
                entries
                    .iter()
                    .filter_map(|(key, value)| Some((Cow::Borrowed(&**key), self.expr(value, scope)?)))
                    .collect(),
            ),
        };
        if made.depth() > MAX_DEPTH {
            self.note(span, "deep", || format!("a value nested deeper than {MAX_DEPTH}"));
            return None;
        }
        Some(made)
    }

    fn no_variable(&mut self, name: &str, span: Span) -> Option<Held<'v>> {
        self.note(span, "variable", || format!("Variable {name} not found"));
        None
    }

    /// `.key`: of an object, or of each element of a list.
    fn key(&mut self, value: &Held<'v>, name: &'v str, optional: bool, span: Span) -> Option<Held<'v>> {
        let found = match value.view() {
            View::Object(entries) => self.member(entries, name),
            View::List(items) => return self.key_of_each(items, name, optional, span),
            _ => None,
        };
        if found.is_none() && !optional {
            self.note(span, "key", || format!("Property .{name} not found in {}", value.kind()));
        }
        found
    }

    fn member(&mut self, entries: Entries<'_, 'v>, name: &str) -> Option<Held<'v>> {
        self.work(entries.len() as u64 / 16)?;
        let found = entries.get(name)?;
        self.work(found.weight().into())?;
        Some(found)
    }

    fn key_of_each(&mut self, items: Items<'_, 'v>, name: &'v str, optional: bool, span: Span) -> Option<Held<'v>> {
        let mut found = Vec::with_capacity(items.len());
        for item in items.iter() {
            self.work(1 + u64::from(item.weight()))?;
            found.push(self.key(&item, name, optional, span).unwrap_or_else(Held::null));
        }
        Some(Held::list(found))
    }

    /// Binds `value` to the name of an `->as` that stands at `depth`.
    pub fn bind(&mut self, depth: usize, value: Option<Held<'v>>) {
        // A path binds in order, so only names of skipped steps could be between; they are never read.
        self.locals.truncate(depth);
        while self.locals.len() < depth {
            self.locals.push(None);
        }
        self.locals.push(value);
    }

    /// Accounts for work; None once there was too much of it.
    pub fn work(&mut self, units: u64) -> Option<()> {
        match self.work_left.checked_sub(units) {
            Some(left) => {
                self.work_left = left;
                Some(())
            }
            None => {
                self.work_left = 0;
                self.exhausted = true;
                None
            }
        }
    }

    /// Accounts for `bytes` of new text.
    pub fn work_text(&mut self, bytes: usize) -> Option<()> {
        self.work(1 + bytes as u64 / 8)
    }

    /// Notes what went wrong at `span`; once for each place and `class`.
    pub fn note(&mut self, span: Span, class: &'static str, message: impl FnOnce() -> String) {
        self.problem_count += 1;
        if self.problems.len() < MAX_PROBLEMS
            && !self.problems.iter().any(|(at, other, _)| *at == span && *other == class)
        {
            let problem = Problem { message: message(), span: span.range(), help: None };
            self.problems.push((span, class, problem));
        }
    }
}
