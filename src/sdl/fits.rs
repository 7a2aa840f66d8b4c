//! Whether what a selection yields can be what the contract says. Where nothing is known, nothing is said.

use super::layouts::Layouts;
use super::problem::nearest;
use super::problem::said_names;
use crate::catalog::{Catalog, Scalar, Ty, TypeId, TypeKind};
use crate::mapping::{Constant, Shape, Value};

impl Layouts<'_, '_, '_> {
    pub(super) fn check_scalar(&mut self, on: TypeId, field: &str, base: TypeId, scalar: Scalar, shape: &Shape) {
        if scalar == Scalar::Other || self.is_object(on, field, base, shape) {
            return;
        }
        let fits = |shape: &Shape| scalar_fits(scalar, shape);
        let help = |found: &Shape| way_to(scalar, found);
        if self.check_constants(on, field, base, fits) {
            self.check_leaf(on, field, base, shape, fits, help);
        }
    }

    pub(super) fn check_enum(&mut self, on: TypeId, field: &str, base: TypeId, values: &[String], shape: &Shape) {
        if self.is_object(on, field, base, shape) {
            return;
        }
        let fits = |shape: &Shape| matches!(shape, Shape::Text);
        let first = values.first().map_or("VALUE", String::as_str);
        let help = |_: &Shape| Some(format!("say what becomes of each value: `->match([1, \"{first}\"], …)`"));
        if self.check_constants(on, field, base, fits) {
            self.check_leaf(on, field, base, shape, fits, help);
        }
        let names: Vec<&str> = values.iter().map(String::as_str).collect();
        for (text, place) in self.texts() {
            if !names.contains(&text.as_str()) {
                let message = format!("\"{text}\" is no value of the enum {}", self.name(base));
                let help = match nearest(&text, names.iter().copied()) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!("its values are {}", said_names(names.iter().copied())),
                };
                self.problems.error("INVALID_ENUM_VALUE", place, message).help(help);
            }
        }
    }

    /// The names that `__typename` may certainly have. A wrong one is served as null, which may be meant.
    pub(super) fn check_names(&mut self, base: &str, types: &[&str]) {
        for (text, place) in self.texts() {
            if !types.contains(&text.as_str()) {
                let message = format!("\"{text}\" is no type that {base} may be: such an object is shown as null");
                let help = match nearest(&text, types.iter().copied()) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!("it may be {}", said_names(types.iter().copied())),
                };
                self.problems.warning("TYPENAME_UNKNOWN", place, message).help(help);
            }
        }
    }

    /// A field that may not be null, and whose value is null whatever is answered.
    pub(super) fn check_null(&mut self, on: TypeId, field: &str, ty: &Ty, shape: &Shape) {
        let is_null = alternatives(shape).into_iter().all(|one| matches!(one, Shape::Null));
        if ty.nullable() || !is_null {
            return;
        }
        let place = self.here();
        let said = said_type(self.catalog, ty);
        let message =
            format!("{}.{field} is {said}, but the selection yields null, whatever is answered", self.name(on));
        let help = format!("give it a value, or declare it without the `!`: `{field}: {}`", said.trim_end_matches('!'));
        self.problems.error("SELECTED_TYPE_MISMATCH", place, message).help(help);
    }

    pub(super) fn check_list(&mut self, on: TypeId, field: &str, ty: &Ty, shape: &Shape) {
        let is_json = matches!(self.catalog.ty(ty.base()).kind, TypeKind::Scalar(Scalar::Other));
        let wants_list = ty.item().is_some();
        let single = |shape: &Shape| matches!(shape, Shape::Object { .. }) || is_scalar(shape);
        let (but, help) = if wants_list && always(shape, single) {
            ("one value", "where there is one at most, make a list of it: `$([…])`")
        } else if !wants_list && !is_json && always(shape, |shape| matches!(shape, Shape::List(_))) {
            ("a list", "take one element: `->first`, or declare the field as a list")
        } else {
            return;
        };
        let message = format!(
            "{}.{field} is {}, but the selection yields {but}",
            self.name(on),
            if wants_list {
                format!("a list, {}", said_type(self.catalog, ty))
            } else {
                format!("one {}", said_type(self.catalog, ty))
            },
        );
        let place = self.here();
        self.problems.error("SELECTED_TYPE_MISMATCH", place, message).help(help);
    }

    /// Whether fields are selected of what has none, which is told.
    fn is_object(&mut self, on: TypeId, field: &str, base: TypeId, shape: &Shape) -> bool {
        if !always(strip(shape), |leaf| matches!(strip(leaf), Shape::Object { .. })) {
            return false;
        }
        let place = self.here();
        let name = self.name(base);
        let message = format!("{}.{field} is of type {name}, but the selection makes an object", self.name(on));
        let help = match (self.path.is_empty(), shape.keys().first()) {
            (true, Some(key)) => {
                format!("the field is the whole result: write `$.{key}` for the value of `{key}` alone")
            }
            _ => format!("leave the `{{ … }}` out, or take one value: `{field}: path.to.it`"),
        };
        self.problems.error("GROUP_SELECTION_IS_NOT_OBJECT", place, message).help(help);
        true
    }

    /// Scalars that are written out; true where all of them fit.
    fn check_constants(&mut self, on: TypeId, field: &str, base: TypeId, fits: impl Fn(&Shape) -> bool) -> bool {
        let outline = self.outline;
        let mut all_fit = true;
        for Constant { value, span, .. } in outline.constants.iter().filter(|constant| constant.path == self.path) {
            let found = Shape::from(value);
            if found == Shape::Null || fits(&found) {
                continue;
            }
            all_fit = false;
            let written = &self.selection.text.get(span.clone()).unwrap_or_default();
            let message = format!("{}.{field} is of type {}, found {written}", self.name(on), self.name(base));
            let place = self.selection.at(span.clone());
            let help = match &self.catalog.ty(base).kind {
                TypeKind::Enum(values) => {
                    format!("its values are {}, written as text", said_names(values.iter().map(String::as_str)))
                }
                TypeKind::Scalar(Scalar::Boolean) => "write true or false, without quotes".to_owned(),
                TypeKind::Scalar(Scalar::Int | Scalar::Float) => "write a number, without quotes".to_owned(),
                _ => "write it as text, in quotes".to_owned(),
            };
            self.problems.error("SELECTED_TYPE_MISMATCH", place, message).help(help);
        }
        all_fit
    }

    fn check_leaf(
        &mut self,
        on: TypeId,
        field: &str,
        base: TypeId,
        shape: &Shape,
        fits: impl Fn(&Shape) -> bool,
        help: impl Fn(&Shape) -> Option<String>,
    ) {
        let Some(found) = misfit(shape, &fits) else { return };
        let (place, said) = (self.here(), said(found));
        let message =
            format!("{}.{field} is of type {}, but the selection yields {said}", self.name(on), self.name(base));
        self.problems.error("SELECTED_TYPE_MISMATCH", place, message).help = help(found);
    }

    /// Texts that are written out and become what is at hand.
    fn texts(&self) -> Vec<(String, super::source_text::Place)> {
        let here = self.outline.constants.iter().filter(|constant| constant.path == self.path);
        let texts = here.filter_map(|constant| match &constant.value {
            Value::Text(text) => Some((text.to_string(), self.selection.at(constant.span.clone()))),
            _ => None,
        });
        texts.collect()
    }
}

/// Whether a shape is of a kind in all its alternatives, null and missing aside.
pub(super) fn always(shape: &Shape, is: impl Fn(&Shape) -> bool + Copy) -> bool {
    let mut any = false;
    let all = alternatives(shape).into_iter().filter(|one| !matches!(one, Shape::Null | Shape::Missing)).all(|one| {
        any = true;
        is(one)
    });
    all && any
}

fn alternatives(shape: &Shape) -> Vec<&Shape> {
    match shape {
        Shape::OneOf(shapes) => shapes.iter().flat_map(alternatives).collect(),
        one => vec![one],
    }
}

fn strip(shape: &Shape) -> &Shape {
    match shape {
        Shape::List(item) | Shape::Mapped(item) => strip(item),
        other => other,
    }
}

/// The first of the alternatives within all lists, where none of them fits.
fn misfit<'s>(shape: &'s Shape, fits: &impl Fn(&Shape) -> bool) -> Option<&'s Shape> {
    let mut first = None;
    for one in alternatives(strip(shape)) {
        match strip(one) {
            Shape::Null | Shape::Missing => {}
            Shape::OneOf(_) => first = first.or(Some(misfit(strip(one), fits)?)),
            Shape::Unknown => return None,
            leaf if fits(leaf) => return None,
            leaf => first = first.or(Some(leaf)),
        }
    }
    first
}

pub(super) fn is_scalar(shape: &Shape) -> bool {
    matches!(shape, Shape::Bool | Shape::Int | Shape::Float | Shape::Text)
}

fn scalar_fits(scalar: Scalar, shape: &Shape) -> bool {
    match scalar {
        Scalar::Id => matches!(shape, Shape::Text | Shape::Int),
        Scalar::Int | Scalar::Float => matches!(shape, Shape::Int | Shape::Float),
        Scalar::Text | Scalar::DateTime | Scalar::Date => matches!(shape, Shape::Text),
        Scalar::Boolean => matches!(shape, Shape::Bool),
        Scalar::Decimal => matches!(shape, Shape::Text | Shape::Int | Shape::Float),
        Scalar::Other => true,
    }
}

/// How one kind of value is turned into another.
fn way_to(scalar: Scalar, found: &Shape) -> Option<String> {
    let way = match (scalar, found) {
        (Scalar::Int, Shape::Text) => "read the number: `->parseInt`",
        (Scalar::Float, Shape::Text) => "read the number: `->toFloat`",
        (Scalar::Text | Scalar::Id, Shape::Int | Shape::Float | Shape::Bool) => "turn it into text: `->toString`",
        (Scalar::Boolean, Shape::Text) => "compare it: `->eq(\"yes\")`",
        (Scalar::Boolean, Shape::Int | Shape::Float) => "compare it: `->eq(1)`",
        (Scalar::DateTime, Shape::Int | Shape::Float) => "seconds since 1970 are read by `->dateTime(\"s\")`",
        (Scalar::Date, Shape::Int | Shape::Float) => "seconds since 1970 are read by `->date(\"s\")`",
        _ => return None,
    };
    Some(way.to_owned())
}

/// A kind of value as messages call it.
pub(super) fn said(shape: &Shape) -> &'static str {
    match shape {
        Shape::Bool => "true or false",
        Shape::Int => "a whole number",
        Shape::Float => "a number",
        Shape::Text => "text",
        Shape::List(_) => "a list",
        Shape::Object { .. } => "an object",
        Shape::Null => "null",
        _ => "something else",
    }
}

/// `[Ticket!]`, `String`.
fn said_type(catalog: &Catalog, ty: &Ty) -> String {
    let bang = if ty.nullable() { "" } else { "!" };
    match ty.item() {
        Some(item) => format!("[{}]{bang}", said_type(catalog, item)),
        None => format!("{}{bang}", catalog.ty(ty.base()).name),
    }
}
