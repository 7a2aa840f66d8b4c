//! What a program reads besides its input.

use std::collections::BTreeSet;
use std::ops::Range;

use super::methods::Kind;
use super::problem::Span;
use super::syntax::{Expr, Head, Item, Path, Selection, Step, Variable};

/// What a program reads. Paths are keys as far as they are static: `$this.account.id` is `["account", "id"]`;
/// an empty path means the whole variable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Paths into `$args`.
    pub args: BTreeSet<Vec<String>>,
    /// Paths into `$this`.
    pub this: BTreeSet<Vec<String>>,
    /// Paths into each element of `$batch`.
    pub batch: BTreeSet<Vec<String>>,
    /// Paths into `$config`.
    pub config: BTreeSet<Vec<String>>,
    /// Names of environment variables, one key each.
    pub env: BTreeSet<Vec<String>>,
    /// Paths into `$context`.
    pub context: BTreeSet<Vec<String>>,
    /// Names of client headers.
    pub request_headers: BTreeSet<String>,
    /// Whether client headers are read other than by name, so that any may matter.
    pub all_request_headers: bool,
    /// Whether `$response.headers` is read.
    pub response_headers: bool,
    /// Whether `$status` is read.
    pub status: bool,
    /// Each mention of a variable with its path, and where it stands, in bytes.
    pub spans: Vec<(String, Range<usize>)>,
}

impl Needs {
    /// Adds what another program reads. Its places are left out: they belong to another text.
    pub fn merge(&mut self, other: &Needs) {
        self.args.extend(other.args.iter().cloned());
        self.this.extend(other.this.iter().cloned());
        self.batch.extend(other.batch.iter().cloned());
        self.config.extend(other.config.iter().cloned());
        self.env.extend(other.env.iter().cloned());
        self.context.extend(other.context.iter().cloned());
        self.request_headers.extend(other.request_headers.iter().cloned());
        self.all_request_headers |= other.all_request_headers;
        self.response_headers |= other.response_headers;
        self.status |= other.status;
    }

    fn record(&mut self, variable: Variable, keys: Vec<String>) {
        let paths = match variable {
            Variable::Args => &mut self.args,
            Variable::This => &mut self.this,
            Variable::Batch => &mut self.batch,
            Variable::Config => &mut self.config,
            Variable::Context => &mut self.context,
            Variable::RequestHeaders => {
                match keys.into_iter().next() {
                    Some(name) => _ = self.request_headers.insert(name.to_ascii_lowercase()),
                    None => self.all_request_headers = true,
                }
                return;
            }
            Variable::ResponseHeaders => return self.response_headers = true,
            Variable::Status => return self.status = true,
        };
        paths.insert(keys);
    }
}

/// Where a value comes from, as long as that can be followed.
type Origin = Option<(Variable, Vec<String>)>;

/// Walks a tree and collects what it reads.
pub(super) struct NeedsOf<'t> {
    text: &'t str,
    needs: Needs,
    locals: Vec<Origin>,
}

#[derive(Clone, Copy)]
struct Scope<'s> {
    input: &'s Origin,
    current: &'s Origin,
}

impl<'t> NeedsOf<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text, needs: Needs::default(), locals: Vec::new() }
    }

    pub fn end(self) -> Needs {
        self.needs
    }

    pub fn selection(&mut self, selection: &Selection) {
        self.items(selection, &None);
    }

    /// An expression whose value is used; `at` is where its text begins.
    pub fn used_expr(&mut self, expr: &Expr) {
        let scope = Scope { input: &None, current: &None };
        let origin = self.expr(expr, scope);
        self.used(origin);
    }

    fn items(&mut self, selection: &Selection, input: &Origin) {
        let scope = Scope { input, current: input };
        for item in &selection.items {
            match item {
                Item::Field { path, .. } | Item::Spread { path, .. } => {
                    let origin = self.path(path, scope);
                    self.used(origin);
                }
                Item::Group { selection, .. } => self.items(selection, input),
            }
        }
    }

    /// Whether something at or below this place has been recorded.
    fn counted(&self, (variable, keys): &(Variable, Vec<String>)) -> bool {
        let paths = match variable {
            Variable::Args => &self.needs.args,
            Variable::This => &self.needs.this,
            Variable::Batch => &self.needs.batch,
            Variable::Config => &self.needs.config,
            Variable::Context => &self.needs.context,
            _ => return false,
        };
        paths.iter().any(|path| path.starts_with(keys))
    }

    fn used(&mut self, origin: Origin) {
        if let Some((variable, keys)) = origin {
            self.needs.record(variable, keys);
        }
    }

    fn expr(&mut self, expr: &Expr, scope: Scope<'_>) -> Origin {
        if expr.rest.is_empty() {
            return self.path(&expr.first, scope);
        }
        for operand in std::iter::once(&expr.first).chain(&expr.rest) {
            let origin = self.path(operand, scope);
            self.used(origin);
        }
        None
    }

    fn path(&mut self, path: &Path, scope: Scope<'_>) -> Origin {
        let bound = self.locals.len();
        let origin = self.path_in_scope(path, scope);
        self.locals.truncate(bound);
        origin
    }

    fn path_in_scope(&mut self, path: &Path, scope: Scope<'_>) -> Origin {
        let mut origin = self.head(path, scope);
        for step in &path.steps {
            match step {
                Step::Key { name, .. } => {
                    if let Some((_, keys)) = &mut origin {
                        keys.push(name.to_string());
                    }
                }
                Step::Optional => {}
                Step::Call(call) => {
                    let inner = Scope { input: scope.input, current: &origin };
                    let args: Vec<Origin> = call.args.iter().map(|arg| self.expr(arg, inner)).collect();
                    if call.method.kind == Kind::As {
                        let bound = args.into_iter().next().unwrap_or_else(|| origin.clone());
                        self.locals.push(bound);
                        continue;
                    }
                    for arg in args {
                        self.used(arg);
                    }
                    match call.method.kind {
                        // What comes out is of what went in: keys that follow are keys of the same thing.
                        Kind::Keeps => {}
                        // What comes out was made by the argument. If that looked at nothing, how many there are still matters.
                        Kind::Makes => {
                            let whole = origin.take();
                            if whole.as_ref().is_some_and(|origin| !self.counted(origin)) {
                                self.used(whole);
                            }
                        }
                        _ => {
                            let whole = origin.take();
                            self.used(whole);
                        }
                    }
                }
            }
        }
        match &path.selection {
            Some(selection) => {
                self.items(selection, &origin);
                None
            }
            None => origin,
        }
    }

    fn head(&mut self, path: &Path, scope: Scope<'_>) -> Origin {
        match &path.head {
            Head::Input => scope.input.clone(),
            Head::Current => scope.current.clone(),
            Head::Variable(variable) => {
                self.mention(variable.written(), path);
                Some((*variable, Vec::new()))
            }
            Head::Env(name) => {
                self.needs.env.insert(vec![name.to_string()]);
                self.mention(&format!("$env.{name}"), path);
                None
            }
            Head::Local { depth, .. } => self.locals.get(*depth).cloned().flatten(),
            Head::Expr(expr) => self.expr(expr, scope),
            Head::Constant(_) => None,
            Head::List(items) => {
                for item in items {
                    let origin = self.expr(item, scope);
                    self.used(origin);
                }
                None
            }
            Head::Object(entries) => {
                for (_, value) in entries {
                    let origin = self.expr(value, scope);
                    self.used(origin);
                }
                None
            }
        }
    }

    fn mention(&mut self, variable: &str, path: &Path) {
        let mut written = variable.to_owned();
        let mut end = path.span.start;
        for step in &path.steps {
            let Step::Key { name, span, .. } = step else {
                break;
            };
            written.push('.');
            written.push_str(name);
            end = span.end;
        }
        let start = path.span.start as usize;
        // Without keys, the place is the variable's own.
        let end = if end > path.span.start { end as usize } else { start + variable.len() };
        let span = Span::new(start, end.min(self.text.len()));
        self.needs.spans.push((written, span.range()));
    }
}
