//! The shape of what one connector gives, in the contract's types: the form of its records.

use super::{Scalar, Ty, TypeId};

/// Fields of one object type, in the order in which a record holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The object type.
    pub ty: TypeId,
    /// One per field given.
    pub slots: Vec<Slot>,
}

impl Layout {
    /// The position of a field's slot.
    pub fn position(&self, field: &str) -> Option<usize> {
        self.slots.iter().position(|slot| slot.field == field)
    }

    /// The slot of a field.
    pub fn slot(&self, field: &str) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.field == field)
    }

    /// Whether the field is among those given.
    pub fn gives(&self, field: &str) -> bool {
        self.position(field).is_some()
    }
}

/// One field of a [`Layout`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The field's name: also the key under which the selection yields it.
    pub field: String,
    /// Its type with wrappers.
    pub ty: Ty,
    /// What stands inside all lists.
    pub node: Node,
    /// Most items kept of an outermost list; more are cut and the list says so.
    pub max: Option<usize>,
}

/// What stands inside all lists of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A scalar, checked and written by its kind.
    Scalar(Scalar),
    /// An enum: the values it may have.
    Enum(std::sync::Arc<[String]>),
    /// An object.
    Object(Layout),
    /// An interface or union: per possible object type its name, by which `__typename` tells it, and layout.
    Abstract(Vec<(String, Layout)>),
}
