//! The flattened operation.

use std::fmt;
use std::sync::Arc;

use super::input::Inputs;
use super::open::OpenSlot;
use super::{Arguments, Conditions, Introspection};
use crate::mapping::Value;

/// One client operation: valid against the contract, fragments merged away. Immutable; may be remembered and shared.
#[derive(Debug)]
pub struct Operation {
    /// Query, mutation or subscription.
    pub kind: Kind,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Its variables in the order they are declared.
    pub variables: Vec<VariableDefinition>,
    /// What is selected at the root, `__schema` and `__type` left out.
    pub root: Selections,
    /// `__schema` and `__type` at the root, where they are asked for.
    pub introspection: Option<Introspection>,
    /// What the texts of its form may write differently; `None` where it stands for one text.
    pub(super) open: Option<Vec<OpenSlot>>,
    /// The input types that variables are coerced by.
    pub(super) inputs: Arc<Inputs>,
    /// Variables that `@skip` and `@include` read: these must be `true` or `false`.
    pub(super) deciding: Vec<usize>,
    /// Deepest nesting of a variable's value.
    pub(super) variable_depth: usize,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Reads; root fields may run together.
    Query,
    /// Changes; root fields run one after another, in order.
    Mutation,
    /// A stream of answers to one root field.
    Subscription,
}

/// One declared variable.
#[derive(Clone, Debug, PartialEq)]
pub struct VariableDefinition {
    /// Its name, without `$`.
    pub name: String,
    /// Its declared type.
    pub ty: TypeRef,
    /// Its default, coerced.
    pub default: Option<Value<'static>>,
    /// Line and column of its declaration, from 1.
    pub location: (u32, u32),
}

/// What is selected of a value, per object type that it may be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selections {
    /// Object type name → what is selected of it. One entry under a field of an object type; under an
    /// interface or union one per possible object type, in the contract's order.
    pub per_type: Vec<(String, Vec<Selected>)>,
}

impl Selections {
    /// What is selected of objects of this type; `None` where the value cannot be one.
    pub fn of_type(&self, object_type: &str) -> Option<&[Selected]> {
        self.per_type.iter().find(|(name, _)| name == object_type).map(|(_, selected)| selected.as_slice())
    }
}

impl Operation {
    /// How many fields it selects, written out: those of a fragment count wherever it is spread, those of an abstract type
    /// for each object type.
    pub fn fields(&self) -> usize {
        self.root.fields()
    }
}

impl Selections {
    fn fields(&self) -> usize {
        let all = self.per_type.iter().flat_map(|(_, selected)| selected);
        all.map(|selected| 1 + selected.of.as_ref().map_or(0, Selections::fields)).sum()
    }
}

/// One key of the response, and the field that fills it. Where variables decide which of its occurrences comes first,
/// a key stands several times in its list, with conditions of which never two hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    /// The key in the response: alias or field name.
    pub key: String,
    /// The field's name; `__typename` is an ordinary one.
    pub field: String,
    /// Its arguments.
    pub arguments: Arguments,
    /// When it is there.
    pub when: Conditions,
    /// Line and column of the occurrence that decides over its place, from 1.
    pub location: (u32, u32),
    /// Its type in the contract.
    pub ty: TypeRef,
    /// What is selected of it; `None` for scalars and enums.
    pub of: Option<Selections>,
}

/// A type with its wrappers, as the contract says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeRef {
    /// A named type.
    Named {
        /// Its name.
        name: String,
        /// False where the contract says `!`.
        nullable: bool,
    },
    /// A list.
    List {
        /// The type of its items.
        of: Box<TypeRef>,
        /// False where the contract says `!`.
        nullable: bool,
    },
}

impl TypeRef {
    /// The name inside all wrappers.
    pub fn base(&self) -> &str {
        match self {
            TypeRef::Named { name, .. } => name,
            TypeRef::List { of, .. } => of.base(),
        }
    }

    /// Whether null is allowed here.
    pub fn nullable(&self) -> bool {
        match self {
            TypeRef::Named { nullable, .. } | TypeRef::List { nullable, .. } => *nullable,
        }
    }
}

impl From<&apollo_compiler::ast::Type> for TypeRef {
    fn from(ty: &apollo_compiler::ast::Type) -> TypeRef {
        use apollo_compiler::ast::Type;
        let nullable = !ty.is_non_null();
        match ty {
            Type::Named(name) | Type::NonNullNamed(name) => TypeRef::Named { name: name.to_string(), nullable },
            Type::List(of) | Type::NonNullList(of) => TypeRef::List { of: Box::new(TypeRef::from(&**of)), nullable },
        }
    }
}

impl fmt::Display for TypeRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TypeRef::Named { name, .. } => out.write_str(name)?,
            TypeRef::List { of, .. } => write!(out, "[{of}]")?,
        }
        out.write_str(if self.nullable() { "" } else { "!" })
    }
}
