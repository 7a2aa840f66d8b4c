//! What a selection gives, in the contract's types.

use apollo_compiler::Schema;
use indexmap::IndexMap;

use super::problem::said_names;
use super::problem::{Problems, nearest};
use super::reader::Text;
use super::source_text::Place;
use super::versions;
use crate::catalog::{Catalog, Connection, Layout, Node, Scalar, Slot, TypeId, TypeKind};
use crate::mapping::{Outline, Shape, Version};

/// Lays the shape of one selection over the types it is for, noting what does not fit.
#[derive(Debug)]
pub(super) struct Layouts<'a, 'p, 'f> {
    pub schema: &'a Schema,
    pub catalog: &'a Catalog,
    pub problems: &'p mut Problems<'f>,
    pub selection: &'a Text,
    pub outline: &'a Outline,
    /// The keys that lead to what is at hand.
    pub path: Vec<String>,
    pub version: Version,
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
    pub fn object(&mut self, ty: TypeId, shape: &Shape) -> Layout {
        let mut members = Members::default();
        members.collect(shape);
        let mut slots = Vec::with_capacity(members.fields.len());
        if members.fields.is_empty() && (members.open || members.scalar) {
            self.nothing_selected(ty, members.scalar);
        }
        for (key, shape) in &members.fields {
            if key != "__typename" {
                slots.extend(self.inside(key, |within| within.member(ty, key, shape)));
            }
        }
        Layout { ty, slots }
    }

    fn nothing_selected(&mut self, ty: TypeId, scalar: bool) {
        let catalog = self.catalog;
        let what = match self.path.last() {
            Some(key) => format!("`{key}` is"),
            None => "this yields".to_owned(),
        };
        let but = if scalar { ", but this is a single value" } else { ", and none of its fields is selected" };
        let message = format!("{what} an object of type {}{but}", self.name(ty));
        let fields = catalog.object(ty).into_iter().flat_map(|object| object.fields.keys());
        let fields: Vec<&str> = fields.map(String::as_str).take(2).collect();
        let path = self.path.last().map_or("$.path.to.it", String::as_str);
        let place = self.here();
        self.problems
            .error("GROUP_SELECTION_REQUIRED_FOR_OBJECT", place, message)
            .help(format!("write its fields after the path: `{path} {{ {} }}`", fields.join(" ")));
    }

    fn member(&mut self, ty: TypeId, key: &str, shape: &Shape) -> Option<Slot> {
        if self.catalog.object(ty)?.fields.contains_key(key) {
            if self.takes_arguments(ty, key) {
                let place = self.here();
                let message = format!("{}.{key} has arguments, so it needs a connector of its own", self.name(ty));
                self.problems
                    .error("CONNECTORS_FIELD_WITH_ARGUMENTS", place, message)
                    .help("leave it out of this selection, and write @connect on the field");
                return None;
            }
            return Some(self.slot(ty, key, shape));
        }
        let known: Vec<&str> = self.catalog.object(ty)?.fields.keys().map(String::as_str).collect();
        let message = format!("`{key}` is selected, but the type {} has no such field", self.name(ty));
        self.not_found(key, message, &known);
        None
    }

    fn not_found(&mut self, key: &str, message: String, known: &[&str]) {
        let help = match nearest(key, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? To rename, write `{near}: {key}`"),
            None => format!(
                "it has {}; to rename, write `field: {key}`, or declare `{key}` in the type",
                said_names(known.iter().copied())
            ),
        };
        let place = self.here();
        self.problems.error("SELECTED_FIELD_NOT_FOUND", place, message).help(help);
    }

    /// The slot of a field that the type is known to have.
    pub fn slot(&mut self, on: TypeId, field: &str, shape: &Shape) -> Slot {
        let catalog = self.catalog;
        let def = catalog
            .object(on)
            .and_then(|object| object.fields.get(field))
            .expect("callers have seen the field on this type");
        self.check_null(on, field, &def.ty, shape);
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
                self.check_scalar(on, field, base, *scalar, shape);
                Node::Scalar(*scalar)
            }
            TypeKind::Enum(values) => {
                self.check_enum(on, field, base, values, shape);
                Node::Enum(values.clone().into())
            }
            TypeKind::Object(_) => Node::Object(self.object(base, shape)),
            TypeKind::Abstract(possible) => Node::Abstract(self.alternatives(base, possible, shape)),
            TypeKind::Input => Node::Scalar(Scalar::Other),
        }
    }

    /// Per possible object type the selected fields it has; a field that none of them has is a problem.
    fn alternatives(&mut self, base: TypeId, possible: &[TypeId], shape: &Shape) -> Vec<(String, Layout)> {
        let mut members = Members::default();
        members.collect(shape);
        let name = self.name(base).to_owned();
        let place = self.here();
        versions::tell(
            &format!("a selection that yields {name}, an abstract type,"),
            Version::V0_4,
            self.version,
            place,
            self.problems,
        );
        let types: Vec<&str> = possible.iter().map(|ty| self.catalog.ty(*ty).name.as_str()).collect();
        if members.fields.contains_key("__typename") {
            self.inside("__typename", |within| within.check_names(&name, &types));
        } else {
            let place = self.here();
            let message = format!("which {name} it is cannot be told: `__typename` is not selected");
            let first = types.first().copied().unwrap_or("Name");
            self.problems
                .error("CONNECTORS_UNSUPPORTED_ABSTRACT_TYPE", place, message)
                .help(format!("name the type of each, for example `__typename: kind->match([\"a\", \"{first}\"])`"));
        }
        let catalog = self.catalog;
        let has = |ty: TypeId, key: &str| catalog.object(ty).is_some_and(|object| object.fields.contains_key(key));
        for key in members.fields.keys() {
            if key != "__typename" && !possible.iter().any(|ty| has(*ty, key)) {
                let known =
                    possible.iter().filter_map(|ty| catalog.object(*ty)).flat_map(|object| object.fields.keys());
                let known: Vec<&str> = known.map(String::as_str).collect();
                let message = format!("`{key}` is selected, but none of {} has such a field", types.join(", "));
                self.inside(key, |within| within.not_found(key, message, &known));
            }
        }
        let laid = possible.iter().map(|ty| {
            let own = members.fields.iter().filter(|(key, _)| has(*ty, key));
            let slots = own.filter_map(|(key, shape)| self.inside(key, |within| within.member(*ty, key, shape)));
            let slots = slots.collect();
            (self.name(*ty).to_owned(), Layout { ty: *ty, slots })
        });
        laid.collect()
    }

    fn takes_arguments(&self, ty: TypeId, field: &str) -> bool {
        self.schema.type_field(self.name(ty), field).is_ok_and(|field| !field.arguments.is_empty())
    }

    pub(super) fn name(&self, ty: TypeId) -> &str {
        &self.catalog.ty(ty).name
    }

    fn inside<T>(&mut self, key: &str, within: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(key.to_owned());
        let done = within(self);
        self.path.pop();
        done
    }

    /// Where the key at hand stands in the selection.
    pub(super) fn here(&self) -> Place {
        match self.outline.key(&self.path) {
            Some(span) => self.selection.at(span),
            None => self.selection.inside(),
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

/// Where `word` stands in `text`, not as part of a longer name.
pub(super) fn word(text: &str, word: &str) -> Option<usize> {
    let part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let bytes = text.as_bytes();
    text.match_indices(word).map(|(at, _)| at).find(|&at| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        !part(before) && !part(bytes.get(at + word.len()))
    })
}
