//! What can be known of a result without running.

use indexmap::IndexMap;

use super::methods::Kind;
use super::syntax::{Chain, Expr, Head, Item, Path, Selection, Step, Variable};
use super::value::Value;

/// The static shape of a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Shape {
    /// Anything: it comes from data that nothing is known of.
    #[default]
    Unknown,
    /// Certainly not there.
    Missing,
    /// `null`
    Null,
    /// A boolean.
    Bool,
    /// A whole number.
    Int,
    /// A number that may have a fraction.
    Float,
    /// A string.
    Text,
    /// An array of one shape.
    List(Box<Shape>),
    /// An object.
    Object {
        /// The keys that are known, in the order in which they are written.
        fields: IndexMap<String, Shape>,
        /// Whether there may be more keys than these.
        open: bool,
    },
    /// A value of this shape, or a list of such: `{ … }` over data that nothing is known of. It may be null too.
    Mapped(Box<Shape>),
    /// One of several.
    OneOf(Vec<Shape>),
}

impl Shape {
    /// The shape under a key, looking through lists, mapped values and alternatives.
    /// None when the key is certainly not given.
    pub fn field(&self, name: &str) -> Option<Shape> {
        match self {
            Shape::Unknown => Some(Shape::Unknown),
            Shape::Object { fields, open } => fields.get(name).cloned().or_else(|| open.then_some(Shape::Unknown)),
            Shape::List(item) | Shape::Mapped(item) => item.field(name),
            Shape::OneOf(shapes) => {
                let found: Vec<Shape> = shapes.iter().filter_map(|shape| shape.field(name)).collect();
                (!found.is_empty()).then(|| Shape::one_of(found))
            }
            _ => None,
        }
    }

    /// The known keys, looking through lists, mapped values and alternatives.
    pub fn keys(&self) -> Vec<&str> {
        let mut keys = Vec::new();
        self.collect_keys(&mut keys);
        keys
    }

    fn collect_keys<'s>(&'s self, keys: &mut Vec<&'s str>) {
        match self {
            Shape::Object { fields, .. } => {
                for key in fields.keys() {
                    if !keys.contains(&key.as_str()) {
                        keys.push(key);
                    }
                }
            }
            Shape::List(item) | Shape::Mapped(item) => item.collect_keys(keys),
            Shape::OneOf(shapes) => shapes.iter().for_each(|shape| shape.collect_keys(keys)),
            _ => {}
        }
    }

    /// Alternatives without repetitions; one alone is itself.
    pub(super) fn one_of(shapes: impl IntoIterator<Item = Shape>) -> Shape {
        let mut kept: Vec<Shape> = Vec::new();
        for shape in shapes {
            match shape {
                Shape::OneOf(inner) => {
                    for shape in inner {
                        if !kept.contains(&shape) {
                            kept.push(shape);
                        }
                    }
                }
                shape if kept.contains(&shape) => {}
                shape => kept.push(shape),
            }
        }
        if kept.contains(&Shape::Unknown) {
            return Shape::Unknown;
        }
        match kept.len() {
            0 => Shape::Missing,
            1 => kept.swap_remove(0),
            _ => Shape::OneOf(kept),
        }
    }

    /// The shape of one element, were this a list; of anything else itself.
    pub(super) fn item(&self) -> Shape {
        match self {
            Shape::List(item) | Shape::Mapped(item) => (**item).clone(),
            Shape::OneOf(shapes) => Shape::one_of(shapes.iter().map(Shape::item)),
            other => other.clone(),
        }
    }

    /// How many shapes this is made of; None when there are more than `most`.
    fn parts(&self, most: usize) -> Option<usize> {
        let mut left = most.checked_sub(1)?;
        let mut count = |shape: &Shape| match shape.parts(left) {
            Some(parts) => {
                left -= parts;
                true
            }
            None => false,
        };
        let fits = match self {
            Shape::List(item) | Shape::Mapped(item) => count(item),
            Shape::OneOf(shapes) => shapes.iter().all(count),
            Shape::Object { fields, .. } => fields.values().all(count),
            _ => true,
        };
        fits.then_some(most - left)
    }

    /// A list of this shape.
    pub(super) fn list(self) -> Shape {
        Shape::List(Box::new(self))
    }

    /// An object of exactly these keys.
    pub(super) fn object<const N: usize>(fields: [(&str, Shape); N]) -> Shape {
        Shape::Object { fields: fields.into_iter().map(|(key, shape)| (key.to_owned(), shape)).collect(), open: false }
    }

    /// `.key` of a value of this shape: over a list, a list.
    fn key(&self, name: &str) -> Shape {
        match self {
            Shape::Unknown => Shape::Unknown,
            Shape::List(item) => item.key(name).list(),
            Shape::Mapped(item) => Shape::Mapped(Box::new(item.key(name))),
            Shape::OneOf(shapes) => Shape::one_of(shapes.iter().map(|shape| shape.key(name))),
            other => other.field(name).unwrap_or(Shape::Missing),
        }
    }
}

impl From<&Value<'_>> for Shape {
    fn from(value: &Value<'_>) -> Self {
        match value {
            Value::Null => Shape::Null,
            Value::Bool(_) => Shape::Bool,
            Value::Number(number) if number.is_f64() => Shape::Float,
            Value::Number(_) => Shape::Int,
            Value::Text(_) => Shape::Text,
            Value::List(items) if items.is_empty() => Shape::Unknown.list(),
            Value::List(items) => Shape::one_of(items.iter().map(Shape::from)).list(),
            Value::Object(object) => Shape::Object {
                fields: object.iter().map(|(key, value)| (key.to_owned(), Shape::from(value))).collect(),
                open: false,
            },
        }
    }
}

/// The shape of a whole program's result, over data that nothing is known of.
pub(super) fn infer(selection: &Selection) -> Shape {
    let mut inference = Inference { locals: Vec::new(), parts_left: MAX_PARTS };
    let input = Shape::Unknown;
    let scope = Scope { input: &input, current: &input };
    match selection.items.as_slice() {
        [Item::Spread { path, .. }] if selection.lone => inference.path(path, scope),
        _ => Shape::Mapped(Box::new(inference.items(selection, &input))),
    }
}

/// The shape of an expression that has no input, as in a URL.
pub(super) fn infer_expr(expr: &Expr) -> Shape {
    let mut inference = Inference { locals: Vec::new(), parts_left: MAX_PARTS };
    let input = Shape::Null;
    inference.expr(expr, Scope { input: &input, current: &input })
}

/// How many parts all shapes of one program may have together; what is beyond is unknown.
const MAX_PARTS: usize = 100_000;

struct Inference {
    locals: Vec<Shape>,
    parts_left: usize,
}

#[derive(Clone, Copy)]
struct Scope<'s> {
    input: &'s Shape,
    current: &'s Shape,
}

impl Inference {
    /// The object that `{ … }` makes of one value.
    fn items(&mut self, selection: &Selection, input: &Shape) -> Shape {
        let scope = Scope { input, current: input };
        let mut fields = IndexMap::new();
        let mut open = false;
        let mut nullable = false;
        for item in &selection.items {
            match item {
                Item::Field { key, path, .. } => merge(&mut fields, key, self.path(path, scope)),
                Item::Group { key, selection, .. } => merge(&mut fields, key, self.items(selection, input)),
                Item::Spread { path, explicit } => {
                    let spread = self.path(path, scope);
                    nullable |= *explicit && may_be_null(&spread);
                    open |= spread_into(&mut fields, &spread);
                }
            }
        }
        let object = Shape::Object { fields, open };
        if nullable { Shape::one_of([object, Shape::Null]) } else { object }
    }

    fn select(&mut self, selection: &Selection, value: &Shape) -> Shape {
        match value {
            Shape::List(item) => self.select(selection, item).list(),
            Shape::Unknown => Shape::Mapped(Box::new(self.items(selection, value))),
            Shape::Mapped(item) => Shape::Mapped(Box::new(self.items(selection, item))),
            Shape::OneOf(shapes) => {
                let shapes: Vec<Shape> = shapes.iter().map(|shape| self.select(selection, shape)).collect();
                Shape::one_of(shapes)
            }
            Shape::Missing => Shape::Missing,
            Shape::Null if selection.reads_input => Shape::Null,
            Shape::Object { .. } => self.items(selection, value),
            scalar => match self.items(selection, value) {
                Shape::Object { fields, .. } if fields.values().all(|field| *field == Shape::Missing) => scalar.clone(),
                made => made,
            },
        }
    }

    fn expr(&mut self, expr: &Expr, scope: Scope<'_>) -> Shape {
        let first = self.path(&expr.first, scope);
        if expr.rest.is_empty() {
            return first;
        }
        let mut shapes = vec![first];
        for operand in &expr.rest {
            shapes.push(self.path(operand, scope));
        }
        // All but the last give way when they are missing, or null where the chain says so.
        let last = shapes.pop().unwrap_or_default();
        let gives_way =
            |shape: &Shape| *shape == Shape::Missing || (expr.chain == Chain::Nullish && *shape == Shape::Null);
        shapes.retain(|shape| !gives_way(shape));
        shapes.push(last);
        Shape::one_of(shapes)
    }

    fn path(&mut self, path: &Path, scope: Scope<'_>) -> Shape {
        let bound = self.locals.len();
        let shape = self.path_in_scope(path, scope);
        self.locals.truncate(bound);
        shape
    }

    fn path_in_scope(&mut self, path: &Path, scope: Scope<'_>) -> Shape {
        let mut shape = self.head(&path.head, scope);
        for step in &path.steps {
            shape = match step {
                Step::Key { name, .. } => shape.key(name),
                Step::Optional if shape == Shape::Null => Shape::Missing,
                Step::Optional => shape,
                Step::Call(call) => {
                    let item = if call.method.each { shape.item() } else { shape.clone() };
                    let inner = Scope { input: scope.input, current: &item };
                    if call.method.kind == Kind::Match {
                        self.cases(&call.args, inner)
                    } else {
                        let args: Vec<Shape> = call.args.iter().map(|arg| self.expr(arg, inner)).collect();
                        if call.method.kind == Kind::As {
                            self.locals.push(args.first().cloned().unwrap_or_else(|| shape.clone()));
                        }
                        if shape == Shape::Missing { shape } else { (call.method.gives)(&shape, &args) }
                    }
                }
            };
        }
        match &path.selection {
            Some(selection) => self.select(selection, &shape),
            None => shape,
        }
    }

    /// The shape, as long as there is room for its parts: names that double a shape at each step would have no end.
    fn taken(&mut self, shape: Shape) -> Shape {
        match shape.parts(self.parts_left) {
            Some(parts) => {
                self.parts_left -= parts;
                shape
            }
            None => Shape::Unknown,
        }
    }

    /// `match`: what the second elements of its pairs give.
    fn cases(&mut self, pairs: &[Expr], scope: Scope<'_>) -> Shape {
        let mut given = Vec::with_capacity(pairs.len());
        for pair in pairs {
            match &pair.first.head {
                Head::List(items) if items.len() == 2 => given.push(self.expr(&items[1], scope)),
                Head::Constant(Value::List(items)) if items.len() == 2 => given.push(Shape::from(&items[1])),
                Head::List(_) | Head::Constant(_) => {}
                _ => given.push(Shape::Unknown),
            }
        }
        Shape::one_of(given)
    }

    fn head(&mut self, head: &Head, scope: Scope<'_>) -> Shape {
        match head {
            Head::Input => self.taken(scope.input.clone()),
            Head::Current => self.taken(scope.current.clone()),
            Head::Variable(Variable::Status) => Shape::Int,
            Head::Variable(Variable::Batch) => Shape::Unknown.list(),
            Head::Variable(_) => Shape::Unknown,
            Head::Env(_) => Shape::Text,
            Head::Local { depth, .. } => {
                let bound = self.locals.get(*depth).cloned().unwrap_or_default();
                self.taken(bound)
            }
            Head::Expr(expr) => self.expr(expr, scope),
            Head::Constant(value) => Shape::from(value),
            Head::List(items) => {
                let items: Vec<Shape> = items
                    .iter()
                    .map(|item| match self.expr(item, scope) {
                        Shape::Missing => Shape::Null,
                        shape => shape,
                    })
                    .collect();
                Shape::one_of(items).list()
            }
            Head::Object(entries) => {
                let mut fields = IndexMap::with_capacity(entries.len());
                for (key, value) in entries {
                    fields.insert(key.to_string(), self.expr(value, scope));
                }
                Shape::Object { fields, open: false }
            }
        }
    }
}

fn may_be_null(shape: &Shape) -> bool {
    match shape {
        Shape::Null | Shape::Unknown | Shape::Mapped(_) => true,
        Shape::OneOf(shapes) => shapes.iter().any(may_be_null),
        _ => false,
    }
}

/// Merges the keys of a spread value; true when there may be more keys than are known.
fn spread_into(fields: &mut IndexMap<String, Shape>, spread: &Shape) -> bool {
    match spread {
        Shape::Object { fields: more, open } => {
            for (key, shape) in more {
                merge(fields, key, shape.clone());
            }
            *open
        }
        Shape::Mapped(item) => spread_into(fields, item),
        Shape::OneOf(shapes) => {
            let mut open = false;
            for shape in shapes {
                open |= spread_into(fields, shape);
            }
            open
        }
        Shape::Unknown => true,
        _ => false,
    }
}

fn merge(fields: &mut IndexMap<String, Shape>, key: &str, shape: Shape) {
    match (fields.get_mut(key), shape) {
        (Some(Shape::Object { fields: old, open }), Shape::Object { fields: new, open: more }) => {
            for (key, shape) in new {
                merge(old, &key, shape);
            }
            *open |= more;
        }
        (Some(old), shape) => *old = Shape::one_of([old.clone(), shape]),
        (None, shape) => _ = fields.insert(key.to_owned(), shape),
    }
}
