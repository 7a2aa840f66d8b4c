//! Which branches of a program were walked: what tests of a mapping have not touched.

use std::cell::RefCell;
use std::collections::HashSet;
use std::ops::Range;

use super::methods::Kind;
use super::problem::Span;
use super::program::Program;
use super::syntax::{Call, Chain, Expr, Head, Item, Path, Selection, Step};

/// Where runs of a program went. It belongs to one program: nodes are known by their place in memory.
#[derive(Debug, Default)]
pub struct Trail(RefCell<HashSet<(usize, bool)>>);

/// One way that a run of a program may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// What it is, in words: ``field `name` ``, `` `?` after `a` where nothing is there``.
    pub what: String,
    /// Where in the program's text, in bytes.
    pub span: Range<usize>,
    /// Nodes and outcomes, one of which was seen where this way was gone.
    ways: Vec<(usize, bool)>,
}

/// A node of a program by which runs and branches know it.
pub(super) fn id<T>(node: &T) -> usize {
    std::ptr::from_ref(node).addr()
}

impl Trail {
    /// Notes what became of a node.
    pub(super) fn note(&self, node: usize, came: bool) {
        self.0.borrow_mut().insert((node, came));
    }

    /// Whether any run went this way.
    pub fn has(&self, branch: &Branch) -> bool {
        let seen = self.0.borrow();
        branch.ways.iter().any(|way| seen.contains(way))
    }
}

impl Program {
    /// Every way that a run may go: each field that comes to a value (written `$(null)` aside), each pair of `->match`, each operand of `??` and
    /// `?!`, and for each `?` that something and that nothing is there. In the order of the text.
    pub fn branches(&self) -> Vec<Branch> {
        let mut walk = Walk { text: self.text(), found: Vec::new() };
        walk.selection(self.selection());
        walk.found.sort_by_key(|branch| branch.span.start);
        walk.found
    }
}

/// `$(null)`: nothing else can come of it.
fn is_null(path: &Path) -> bool {
    match &path.head {
        _ if !path.steps.is_empty() => false,
        Head::Constant(value) => value.is_null(),
        Head::Expr(expr) => expr.rest.is_empty() && is_null(&expr.first),
        _ => false,
    }
}

struct Walk<'t> {
    text: &'t str,
    found: Vec<Branch>,
}

impl Walk<'_> {
    fn branch(&mut self, span: Span, what: String, ways: Vec<(usize, bool)>) {
        self.found.push(Branch { what, span: span.range(), ways });
    }

    /// A part of the text on one line, cut where it is long.
    fn words(&self, span: Span) -> String {
        let text = self.text.get(span.range()).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(40).collect()
    }

    fn selection(&mut self, selection: &Selection) {
        for item in &selection.items {
            match item {
                Item::Field { key, path, span } => {
                    if !is_null(path) {
                        self.branch(*span, format!("field `{key}`"), vec![(id(item), true)]);
                    }
                    self.path(path);
                }
                Item::Group { selection, .. } => self.selection(selection),
                Item::Spread { path, .. } => self.path(path),
            }
        }
    }

    fn path(&mut self, path: &Path) {
        match &path.head {
            Head::Expr(expr) => self.expr(expr),
            Head::List(items) => items.iter().for_each(|item| self.expr(item)),
            Head::Object(entries) => entries.iter().for_each(|(_, value)| self.expr(value)),
            _ => {}
        }
        let mut before: Option<&Step> = None;
        for step in &path.steps {
            match step {
                Step::Optional => self.optional(path, before, step),
                Step::Call(call) => self.call(call),
                Step::Key { .. } => {}
            }
            before = Some(step);
        }
        if let Some(selection) = &path.selection {
            self.selection(selection);
        }
    }

    fn optional(&mut self, path: &Path, before: Option<&Step>, step: &Step) {
        let span = match before {
            Some(Step::Key { span, .. }) => *span,
            Some(Step::Call(call)) => call.span,
            _ => path.span,
        };
        let name = self.words(span);
        let name = name.trim_end_matches('?');
        self.branch(span, format!("`{name}?` where something is there"), vec![(id(step), true)]);
        let mut absent = vec![(id(step), false)];
        absent.extend(before.map(|before| (id(before), false)));
        self.branch(span, format!("`{name}?` where nothing is there"), absent);
    }

    fn call(&mut self, call: &Call) {
        for arg in &call.args {
            if call.method.kind == Kind::Match {
                let pair = self.words(arg.first.span);
                self.branch(arg.first.span, format!("`->match` of {pair}"), vec![(id(arg), true)]);
            }
            self.expr(arg);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        for operand in std::iter::once(&expr.first).chain(&expr.rest) {
            if !expr.rest.is_empty() {
                let sign = if expr.chain == Chain::Nullish { "??" } else { "?!" };
                let text = self.words(operand.span);
                self.branch(operand.span, format!("`{text}` of `{sign}`"), vec![(id(operand), true)]);
            }
            self.path(operand);
        }
    }
}
