//! The compiled form of a mapping: what the parser makes and everything else walks.

use std::sync::atomic::{AtomicU32, Ordering};

use regex::Regex;

use super::methods::Method;
use super::problem::Span;
use super::value::Value;

/// `{ … }` or the top level.
#[derive(Debug)]
pub(super) struct Selection {
    pub items: Vec<Item>,
    /// Top level only: exactly one anonymous path, whose value is the result.
    pub lone: bool,
    /// Whether anything in it looks at `$`; if nothing does, it means the same over null.
    pub reads_input: bool,
    /// Keys are all different and nothing is spread, so that results need no merging.
    pub plain: bool,
}

#[derive(Debug)]
pub(super) enum Item {
    /// `key`, `alias: path`
    Field { key: Box<str>, path: Path, span: Span },
    /// `alias: { … }`
    Group { key: Box<str>, selection: Selection, span: Span },
    /// `path { … }`, or `...path` when explicit
    Spread { path: Path, explicit: bool },
}

#[derive(Debug)]
pub(super) struct Path {
    pub head: Head,
    pub steps: Vec<Step>,
    pub selection: Option<Box<Selection>>,
    pub span: Span,
}

#[derive(Debug)]
pub(super) enum Head {
    /// `$`, also what a path that starts with a key starts from
    Input,
    /// `@`
    Current,
    Variable(Variable),
    /// `$env.NAME`
    Env(Box<str>),
    /// A name bound by `->as`, by its depth in the stack of such names.
    Local {
        depth: usize,
        name: Box<str>,
    },
    /// `$( … )`
    Expr(Box<Expr>),
    Constant(Value<'static>),
    List(Vec<Expr>),
    Object(Vec<(Box<str>, Expr)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    Args,
    This,
    Batch,
    Config,
    Context,
    RequestHeaders,
    ResponseHeaders,
    Status,
}

impl Variable {
    pub fn written(self) -> &'static str {
        match self {
            Variable::Args => "$args",
            Variable::This => "$this",
            Variable::Batch => "$batch",
            Variable::Config => "$config",
            Variable::Context => "$context",
            Variable::RequestHeaders => "$request.headers",
            Variable::ResponseHeaders => "$response.headers",
            Variable::Status => "$status",
        }
    }
}

#[derive(Debug)]
pub(super) enum Step {
    /// `.key`; `optional` when `?` follows, so that absence is no problem.
    Key {
        name: Box<str>,
        optional: bool,
        span: Span,
        guess: Guess,
    },
    /// `?`: null becomes missing
    Optional,
    Call(Call),
}

/// Where a key stood in the last object it was looked up in: rows of an answer have their keys in one order. Any number
/// is right, and most are quick.
#[derive(Debug, Default)]
pub(super) struct Guess(AtomicU32);

impl Guess {
    pub fn place(&self) -> usize {
        self.0.load(Ordering::Relaxed) as usize
    }

    pub fn note(&self, place: usize) {
        self.0.store(u32::try_from(place).unwrap_or_default(), Ordering::Relaxed);
    }
}

#[derive(Debug)]
pub(super) struct Call {
    pub method: &'static Method,
    pub args: Vec<Expr>,
    /// What `->as` binds.
    pub binds: Option<Binding>,
    /// The regular expression that its first argument is.
    pub pattern: Option<Regex>,
    pub span: Span,
}

/// A name for the rest of a path.
#[derive(Debug)]
pub(super) struct Binding {
    /// Its place in the stack of such names.
    pub depth: usize,
    pub name: Box<str>,
}

#[derive(Debug)]
pub(super) struct Expr {
    pub first: Path,
    pub rest: Vec<Path>,
    /// How `rest` is joined; without meaning when it is empty.
    pub chain: Chain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chain {
    /// `??`: null and missing fall through
    Nullish,
    /// `?!`: only missing falls through
    Missing,
}

impl Expr {
    /// The two elements of a list that is written out.
    pub fn as_pair(&self) -> Option<&[Expr; 2]> {
        match &self.first {
            Path { head: Head::List(items), steps, selection: None, .. }
                if steps.is_empty() && self.rest.is_empty() =>
            {
                items.as_slice().try_into().ok()
            }
            _ => None,
        }
    }
}
