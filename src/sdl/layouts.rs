//! What a selection gives, in the contract's types.

use apollo_compiler::Schema;
use indexmap::IndexMap;

use super::problem::{Problems, nearest};
use super::reader::Text;
use super::source_text::Place;
use crate::catalog::{Catalog, Connection, Layout, Node, Scalar, Slot, Ty, TypeId, TypeKind};
use crate::mapping::Shape;

/// Lays the shape of one selection over the types it is for, noting what does not fit.
#[derive(Debug)]
pub(super) struct Layouts<'a, 'p, 'f> {
    pub schema: &'a Schema,
    pub catalog: &'a Catalog,
    pub problems: &'p mut Problems<'f>,
    pub selection: &'a Text,
}

/// The alternatives of an object shape merged into one.
#[derive(Default)]
struct Members {
    fields: IndexMap<String, Shape>,
    /// There may be more keys than are known.
    open: bool,
    /// One of the alternatives is a scalar.
    scalar: bool,
}

impl Layouts<'_, '_, '_> {
    /// The layout of the objects inside `shape`, lists aside.
    pub fn object(&mut self, ty: TypeId, shape: &Shape, place: Place) -> Layout {
        let mut members = Members::default();
        members.collect(shape);
        let mut slots = Vec::with_capacity(members.fields.len());
        if members.fields.is_empty() && (members.open || members.scalar) {
            let message = format!("nothing is known of this {}: its fields must be selected", self.name(ty));
            self.problems
                .error("GROUP_SELECTION_REQUIRED_FOR_OBJECT", place, message)
                .help("write the fields after the path: $.data { id name }");
        }
        for (key, shape) in &members.fields {
            if key != "__typename" {
                slots.extend(self.member(ty, key, shape));
            }
        }
        Layout { ty, slots }
    }

    fn member(&mut self, ty: TypeId, key: &str, shape: &Shape) -> Option<Slot> {
        if self.catalog.object(ty)?.fields.contains_key(key) {
            if self.takes_arguments(ty, key) {
                let place = self.key(key);
                let message = format!("{}.{key} has arguments, so it needs a connector of its own", self.name(ty));
                self.problems.error("CONNECTORS_FIELD_WITH_ARGUMENTS", place, message);
                return None;
            }
            return Some(self.slot(ty, key, shape));
        }
        let known: Vec<&str> = self.catalog.object(ty)?.fields.keys().map(String::as_str).collect();
        let place = self.key(key);
        let message = format!("`{key}` is selected, but {} has no such field", self.name(ty));
        self.problems.error("SELECTED_FIELD_NOT_FOUND", place, message).nearest(key, known);
        None
    }

    /// The slot of a field that the type is known to have.
    pub fn slot(&mut self, on: TypeId, field: &str, shape: &Shape) -> Slot {
        let catalog = self.catalog;
        let def = catalog
            .object(on)
            .and_then(|object| object.fields.get(field))
            .expect("callers have seen the field on this type");
        self.check_list(on, field, &def.ty, shape);
        let node = self.node(on, field, def.ty.base(), shape);
        let max = match &def.connection {
            Some(Connection::Gateway { max }) => Some(*max),
            // One more than wanted is asked for, so that there is a next page can be told.
            Some(Connection::Source { max, .. }) => Some(max + 1),
            None => None,
        };
        Slot { field: field.to_owned(), ty: def.ty.clone(), node, max }
    }

    fn node(&mut self, on: TypeId, field: &str, base: TypeId, shape: &Shape) -> Node {
        let catalog = self.catalog;
        match &catalog.ty(base).kind {
            TypeKind::Scalar(scalar) => {
                self.check_leaf(on, field, base, shape, |shape| scalar_fits(*scalar, shape));
                Node::Scalar(*scalar)
            }
            TypeKind::Enum(values) => {
                self.check_leaf(on, field, base, shape, |shape| matches!(shape, Shape::Text));
                Node::Enum(values.clone().into())
            }
            TypeKind::Object(_) => Node::Object(self.object(base, shape, self.key(field))),
            TypeKind::Abstract(possible) => Node::Abstract(self.alternatives(base, possible, shape)),
            TypeKind::Input => Node::Scalar(Scalar::Other),
        }
    }

    /// Per possible object type the selected fields it has; a field that none of them has is a problem.
    fn alternatives(&mut self, base: TypeId, possible: &[TypeId], shape: &Shape) -> Vec<(String, Layout)> {
        let mut members = Members::default();
        members.collect(shape);
        let name = self.name(base).to_owned();
        if !members.fields.contains_key("__typename") {
            let place = self.whole();
            let message = format!("which {name} it is cannot be told: `__typename` is not selected");
            self.problems
                .error("CONNECTORS_UNSUPPORTED_ABSTRACT_TYPE", place, message)
                .help("__typename: kind->match([\"call\", \"Call\"], [\"mail\", \"Email\"])");
        }
        let catalog = self.catalog;
        let has = |ty: TypeId, key: &str| catalog.object(ty).is_some_and(|object| object.fields.contains_key(key));
        for key in members.fields.keys() {
            if key != "__typename" && !possible.iter().any(|ty| has(*ty, key)) {
                let place = self.key(key);
                let message = format!("`{key}` is selected, but no {name} has such a field");
                let known =
                    possible.iter().filter_map(|ty| catalog.object(*ty)).flat_map(|object| object.fields.keys());
                let near = nearest(key, known.map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
                self.problems.error("SELECTED_FIELD_NOT_FOUND", place, message).help = near;
            }
        }
        possible
            .iter()
            .map(|ty| {
                let own = members.fields.iter().filter(|(key, _)| has(*ty, key));
                let slots = own.filter_map(|(key, shape)| self.member(*ty, key, shape)).collect();
                (self.name(*ty).to_owned(), Layout { ty: *ty, slots })
            })
            .collect()
    }

    fn check_leaf(&mut self, on: TypeId, field: &str, base: TypeId, shape: &Shape, fits: impl Fn(&Shape) -> bool) {
        let coordinate = format!("{}.{field}", self.name(on));
        let place = self.key(field);
        let is_json = matches!(self.catalog.ty(base).kind, TypeKind::Scalar(Scalar::Other));
        if is_json {
            return;
        }
        if !leaves(shape).is_empty() && leaves(shape).iter().all(|leaf| matches!(leaf, Shape::Object { .. })) {
            let message = format!("{coordinate} is {}, which has no fields to select", self.name(base));
            self.problems.error("GROUP_SELECTION_IS_NOT_OBJECT", place, message);
            return;
        }
        let certain = |leaf: &&Shape| !matches!(leaf, Shape::Unknown | Shape::Null | Shape::Missing);
        let leaves = leaves(shape);
        if !leaves.is_empty() && leaves.iter().all(|leaf| certain(leaf) && !fits(leaf)) {
            let found = leaves.first().map_or("something else", |leaf| said(leaf));
            let message = format!("{coordinate} is {}, but the selection yields {found}", self.name(base));
            self.problems.error("SELECTED_TYPE_MISMATCH", place, message);
        }
    }

    fn check_list(&mut self, on: TypeId, field: &str, ty: &Ty, shape: &Shape) {
        let is_json = matches!(self.catalog.ty(ty.base()).kind, TypeKind::Scalar(Scalar::Other));
        let wants_list = ty.item().is_some();
        let message = match shape {
            Shape::List(_) if !wants_list && !is_json => "is not a list, but the selection yields one",
            Shape::Object { .. } | Shape::Bool | Shape::Int | Shape::Float | Shape::Text if wants_list => {
                "is a list, but the selection yields a single value"
            }
            _ => return,
        };
        let message = format!("{}.{field} {message}", self.name(on));
        let place = self.key(field);
        self.problems.error("SELECTED_TYPE_MISMATCH", place, message);
    }

    fn takes_arguments(&self, ty: TypeId, field: &str) -> bool {
        self.schema.type_field(self.name(ty), field).is_ok_and(|field| !field.arguments.is_empty())
    }

    fn name(&self, ty: TypeId) -> &str {
        &self.catalog.ty(ty).name
    }

    fn whole(&self) -> Place {
        self.selection.inside()
    }

    /// Where a key stands in the selection: its first mention as a word.
    fn key(&self, key: &str) -> Place {
        match word(&self.selection.text, key) {
            Some(start) => self.selection.at(start..start + key.len()),
            None => self.whole(),
        }
    }
}

impl Members {
    fn collect(&mut self, shape: &Shape) {
        match shape {
            Shape::Unknown => self.open = true,
            Shape::Missing | Shape::Null => {}
            Shape::Bool | Shape::Int | Shape::Float | Shape::Text => self.scalar = true,
            Shape::List(item) | Shape::Mapped(item) => self.collect(item),
            Shape::OneOf(shapes) => shapes.iter().for_each(|shape| self.collect(shape)),
            Shape::Object { fields, open } => {
                self.open |= open;
                for (key, shape) in fields {
                    match self.fields.get_mut(key) {
                        Some(Shape::OneOf(known)) => known.push(shape.clone()),
                        Some(known) => *known = Shape::OneOf(vec![known.clone(), shape.clone()]),
                        None => _ = self.fields.insert(key.clone(), shape.clone()),
                    }
                }
            }
        }
    }
}

/// The alternatives inside all lists.
fn leaves(shape: &Shape) -> Vec<&Shape> {
    match shape {
        Shape::List(item) | Shape::Mapped(item) => leaves(item),
        Shape::OneOf(shapes) => shapes.iter().flat_map(leaves).collect(),
        leaf => vec![leaf],
    }
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

fn said(shape: &Shape) -> &'static str {
    match shape {
        Shape::Bool => "true or false",
        Shape::Int => "a whole number",
        Shape::Float => "a number",
        Shape::Text => "text",
        Shape::List(_) => "a list",
        Shape::Object { .. } => "an object",
        _ => "something else",
    }
}

/// Where `word` stands in `text`, not as part of a longer name.
pub(super) fn word(text: &str, word: &str) -> Option<usize> {
    let part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let bytes = text.as_bytes();
    text.match_indices(word).map(|(at, _)| at).find(|&at| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        !part(before) && !part(bytes.get(at + word.len()))
    })
}
