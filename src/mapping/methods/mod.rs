//! The `->` methods, one file per family. Each says what it does, shows one example that is run as a test,
//! what it gives, and does it. Names are resolved when a mapping is parsed.

use super::held::{Held, View};
use super::run::{Run, Scope};
use super::shape::Shape;
use super::syntax::Call;

mod casts;
mod codes;
mod collections;
mod elsewhere;
mod flow;
mod groups;
mod lists;
mod logic;
mod money;
mod numbers;
mod patterns;
mod quotes;
mod rounding;
mod text;
mod times;
mod totals;
mod words;

/// One method.
pub(crate) struct Method {
    pub name: &'static str,
    /// One line: what it does.
    pub doc: &'static str,
    pub example: Example,
    /// Whether it is ours, beyond the connect specification.
    pub extension: bool,
    /// Least and most arguments.
    pub arity: (usize, usize),
    pub kind: Kind,
    /// Whether its first argument is a regular expression, which must be a literal.
    pub pattern: bool,
    /// Whether `@` in its arguments is each element rather than the whole input.
    pub each: bool,
    /// What it gives, from the shapes of its input and its arguments.
    pub gives: fn(&Shape, &[Shape]) -> Shape,
    pub run: RunMethod,
}

pub(super) type RunMethod = for<'v, 'r, 's> fn(&mut Run<'v, 'r>, &'v Call, Held<'v>, Scope<'s, 'v>) -> Option<Held<'v>>;

/// Input, selection and result, the first and last as JSON.
pub(crate) struct Example(pub &'static str, pub &'static str, pub &'static str);

/// How a method treats what goes through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Looks at its whole input and gives something else.
    Plain,
    /// Gives (some of) what went in.
    Keeps,
    /// Gives what its argument makes.
    Makes,
    /// `as`
    As,
    /// `match`
    Match,
}

impl std::fmt::Debug for Method {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "->{}", self.name)
    }
}

impl Method {
    const fn new(name: &'static str, doc: &'static str, example: Example, run: RunMethod) -> Self {
        Method {
            name,
            doc,
            example,
            extension: false,
            arity: (0, 0),
            kind: Kind::Plain,
            pattern: false,
            each: false,
            gives: |_, _| Shape::Unknown,
            run,
        }
    }

    /// Beyond the connect specification.
    const fn ours(mut self) -> Self {
        self.extension = true;
        self
    }

    const fn takes(mut self, least: usize, most: usize) -> Self {
        self.arity = (least, most);
        self
    }

    const fn gives(mut self, gives: fn(&Shape, &[Shape]) -> Shape) -> Self {
        self.gives = gives;
        self
    }

    const fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    const fn pattern(mut self) -> Self {
        self.pattern = true;
        self
    }

    const fn each(mut self) -> Self {
        self.each = true;
        self
    }
}

/// All methods, family by family.
pub(super) fn all() -> impl Iterator<Item = &'static Method> {
    [
        flow::METHODS,
        lists::METHODS,
        logic::METHODS,
        numbers::METHODS,
        text::METHODS,
        groups::METHODS,
        totals::METHODS,
        casts::METHODS,
        collections::METHODS,
        words::METHODS,
        patterns::METHODS,
        codes::METHODS,
        quotes::METHODS,
        rounding::METHODS,
        times::METHODS,
        money::METHODS,
    ]
    .into_iter()
    .flatten()
}

pub(super) use elsewhere::here as named_elsewhere;
pub(super) use patterns::compile as pattern;

/// The method of a name.
pub(super) fn find(name: &str) -> Option<&'static Method> {
    all().find(|method| method.name == name)
}

impl<'v> Run<'v, '_> {
    /// The value of one argument, `@` being `current`. None when it is missing or not given.
    pub(super) fn arg(
        &mut self,
        call: &'v Call,
        index: usize,
        current: &Held<'v>,
        scope: Scope<'_, 'v>,
    ) -> Option<Held<'v>> {
        self.expr(call.args.get(index)?, Scope { input: scope.input, current })
    }

    /// An argument that must be a string.
    pub(super) fn text_arg(
        &mut self,
        call: &'v Call,
        index: usize,
        current: &Held<'v>,
        scope: Scope<'_, 'v>,
    ) -> Option<std::borrow::Cow<'v, str>> {
        let arg = self.arg(call, index, current, scope);
        match arg.as_ref().and_then(Held::as_text) {
            Some(text) => Some(text),
            None => {
                let found = arg.as_ref().map_or("nothing", Held::kind);
                self.refuse(call, format!("needs a string as its argument, found {found}"))
            }
        }
    }

    /// Notes that a method cannot do its work; its value is missing.
    pub(super) fn refuse<T>(&mut self, call: &Call, why: impl std::fmt::Display) -> Option<T> {
        self.note(call.span, "method", || format!("Method ->{} {why}", call.method.name));
        None
    }

    /// Refuses an input of the wrong kind.
    pub(super) fn refuse_input<T>(&mut self, call: &Call, wants: &str, input: &Held<'v>) -> Option<T> {
        self.note(call.span, "method", || {
            format!("Method ->{} needs {wants}, found {}", call.method.name, input.kind())
        });
        None
    }

    /// The elements of a list; anything else is a list of itself.
    pub(super) fn elements(&mut self, input: &Held<'v>) -> Option<Vec<Held<'v>>> {
        match input.view() {
            View::List(items) => {
                self.work(items.len() as u64)?;
                Some(items.iter().collect())
            }
            _ => Some(vec![input.clone()]),
        }
    }
}

/// What a reference page says of one method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodDoc {
    /// Name, without `->`.
    pub name: &'static str,
    /// One line: what it does.
    pub doc: &'static str,
    /// Whether it is ours, beyond the connect specification.
    pub extension: bool,
    /// An example's input, as JSON.
    pub input: &'static str,
    /// The example's selection.
    pub selection: &'static str,
    /// What the selection makes of the input, as JSON.
    pub output: &'static str,
}

/// All methods, family by family, for reference pages.
pub fn method_docs() -> impl Iterator<Item = MethodDoc> {
    all().map(|method| {
        let Example(input, selection, output) = method.example;
        MethodDoc { name: method.name, doc: method.doc, extension: method.extension, input, selection, output }
    })
}
