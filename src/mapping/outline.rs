//! Where in its text a mapping says what: the keys of its result, the constants that they may be, methods of ours.

use std::ops::Range;

use super::methods::Kind;
use super::problem::Span;
use super::syntax::{Expr, Head, Item, Path, Selection, Step};
use super::value::Value;

/// Places in a mapping's text, in bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outline {
    /// The keys of the result in the order in which they are written, each by the keys that lead to it.
    pub keys: Vec<(Vec<String>, Range<usize>)>,
    /// Scalars that are written out and may become the result, or the value of a key of it.
    pub constants: Vec<Constant>,
    /// Methods beyond the connect specification.
    pub extensions: Vec<(&'static str, Range<usize>)>,
}

/// A scalar that is written out and may become part of the result.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// The keys that lead to it; none where it may be the whole result.
    pub path: Vec<String>,
    /// The scalar.
    pub value: Value<'static>,
    /// Where it is written.
    pub span: Range<usize>,
}

impl Outline {
    /// Where a key of the result is written first.
    pub fn key(&self, path: &[String]) -> Option<Range<usize>> {
        self.keys.iter().find(|(known, _)| known == path).map(|(_, span)| span.clone())
    }
}

pub(super) fn of_selection(text: &str, selection: &Selection) -> Outline {
    let mut walk = Walk { text, path: Vec::new(), outline: Outline::default() };
    walk.items(selection);
    walk.outline
}

pub(super) fn of_expr(text: &str, expr: &Expr) -> Outline {
    let mut walk = Walk { text, path: Vec::new(), outline: Outline::default() };
    walk.result(expr);
    walk.outline
}

struct Walk<'t> {
    text: &'t str,
    path: Vec<String>,
    outline: Outline,
}

impl Walk<'_> {
    fn items(&mut self, selection: &Selection) {
        for item in &selection.items {
            match item {
                Item::Field { key, path, span } => self.under(key, *span, |walk| walk.value(path)),
                Item::Group { key, selection, span } => self.under(key, *span, |walk| walk.items(selection)),
                Item::Spread { path, .. } => self.value(path),
            }
        }
    }

    fn under(&mut self, key: &str, span: Span, walk: impl FnOnce(&mut Self)) {
        self.path.push(key.to_owned());
        self.outline.keys.push((self.path.clone(), span.range()));
        walk(self);
        self.path.pop();
    }

    fn result(&mut self, expr: &Expr) {
        for path in std::iter::once(&expr.first).chain(&expr.rest) {
            self.value(path);
        }
    }

    /// A path whose value becomes the result, or the value of the key at hand.
    fn value(&mut self, path: &Path) {
        for step in &path.steps {
            if let Step::Call(call) = step
                && call.method.extension
            {
                self.outline.extensions.push((call.method.name, call.span.range()));
            }
        }
        let before = self.outline.constants.len();
        // What comes out of the last step that makes something is what comes out of the path.
        let maker = path.steps.iter().rposition(|step| match step {
            Step::Optional => false,
            Step::Key { .. } => true,
            Step::Call(call) => !matches!(call.method.kind, Kind::Keeps | Kind::As),
        });
        for (index, step) in path.steps.iter().enumerate() {
            let Step::Call(call) = step else { continue };
            let makes = Some(index) == maker && path.selection.is_none();
            for arg in &call.args {
                match (makes, call.method.kind, arg.as_pair()) {
                    (true, Kind::Match, Some([test, made])) => {
                        self.aside(test);
                        self.result(made);
                    }
                    (true, Kind::Match, None) => self.folded_pair(arg),
                    (true, _, _) if matches!(call.method.name, "map" | "echo") => self.result(arg),
                    _ => self.aside(arg),
                }
            }
        }
        if maker.is_none() && path.selection.is_none() {
            self.head(path);
        } else {
            self.head_aside(path);
        }
        // `->first` of a text is one letter of it.
        if path.steps.iter().skip(maker.map_or(0, |maker| maker + 1)).any(|step| matches!(step, Step::Call(_))) {
            let depth = self.path.len();
            let mut index = 0;
            self.outline.constants.retain(|constant| {
                index += 1;
                index <= before || constant.path.len() > depth
            });
        }
        if let Some(selection) = &path.selection {
            self.items(selection);
        }
    }

    fn head(&mut self, path: &Path) {
        match &path.head {
            Head::Constant(value) => self.constant(value, path.span),
            Head::Expr(expr) => self.result(expr),
            Head::List(items) => items.iter().for_each(|item| self.result(item)),
            Head::Object(entries) => {
                for (key, value) in entries {
                    self.under(key, value.first.span, |walk| walk.result(value));
                }
            }
            _ => {}
        }
    }

    /// What is looked at and does not come out: of it only the methods are of interest.
    fn aside(&mut self, expr: &Expr) {
        let (keys, constants) = (self.outline.keys.len(), self.outline.constants.len());
        self.result(expr);
        self.outline.keys.truncate(keys);
        self.outline.constants.truncate(constants);
    }

    fn head_aside(&mut self, path: &Path) {
        let (keys, constants) = (self.outline.keys.len(), self.outline.constants.len());
        self.head(path);
        self.outline.keys.truncate(keys);
        self.outline.constants.truncate(constants);
    }

    /// `["open", "OPEN"]` was folded into one constant: the second of it comes out.
    fn folded_pair(&mut self, arg: &Expr) {
        if let Path { head: Head::Constant(Value::List(items)), steps, span, .. } = &arg.first
            && steps.is_empty()
            && let [_, made] = items.as_slice()
        {
            self.constant(made, *span);
        }
    }

    fn constant(&mut self, value: &Value<'static>, span: Span) {
        match value {
            Value::List(items) => items.iter().for_each(|item| self.constant(item, span)),
            Value::Object(object) => {
                for (key, value) in object.iter() {
                    self.under(key, span, |walk| walk.constant(value, span));
                }
            }
            scalar => {
                let span = self.within(span.range(), scalar);
                self.outline.constants.push(Constant { path: self.path.clone(), value: scalar.clone(), span });
            }
        }
    }

    /// The last mention of a scalar within a place: in a pair, the one that comes out.
    fn within(&self, place: Range<usize>, scalar: &Value<'_>) -> Range<usize> {
        let Some(written) = self.text.get(place.clone()) else { return place };
        let said = match scalar {
            Value::Text(text) => [format!("\"{text}\""), format!("'{text}'")],
            Value::Number(number) => [number.to_string(), String::new()],
            Value::Bool(flag) => [flag.to_string(), String::new()],
            _ => ["null".to_owned(), String::new()],
        };
        let found = said.iter().filter(|said| !said.is_empty()).filter_map(|said| {
            let at = written.rfind(said.as_str())?;
            Some(place.start + at..place.start + at + said.len())
        });
        found.max_by_key(|found| found.start).unwrap_or(place)
    }
}
