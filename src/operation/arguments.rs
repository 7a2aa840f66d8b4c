//! A field's arguments: coerced once as far as the text decides them, the rest when variables are bound.

use std::borrow::Cow;

use apollo_compiler::ast;

use super::input::Inputs;
use super::scope::Scope;
use super::{Bound, Complaint, TypeRef};
use crate::mapping::{Object, Value};

/// The arguments of one selected field, defaults included.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arguments {
    slots: Vec<Slot>,
    /// Line and column of the field, for complaints.
    location: (u32, u32),
}

/// A value that may depend on variables.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Given {
    Constant(Value<'static>),
    /// The value of the variable with this index, or behind the variables that of a literal that the form leaves open.
    Variable(usize),
    List(Vec<Slot>),
    /// True for `@oneOf`.
    Object(Vec<Slot>, bool),
}

/// A place for a value: an argument, a field of an input object, an item of a list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Slot {
    /// Empty for an item of a list.
    pub name: String,
    pub given: Given,
    /// What holds where the variable has no value.
    pub default: Option<Value<'static>>,
    pub nullable: bool,
}

impl Slot {
    pub(super) fn item(ty: &TypeRef, given: Given) -> Slot {
        Slot { name: String::new(), given, default: None, nullable: ty.nullable() }
    }
}

impl Given {
    /// A list; constant where all items are.
    pub(super) fn list(slots: Vec<Slot>) -> Given {
        if slots.iter().any(|slot| !slot.given.is_constant()) {
            return Given::List(slots);
        }
        Given::Constant(Value::List(slots.into_iter().filter_map(|slot| slot.given.into_constant()).collect()))
    }

    /// An object; constant where all fields are.
    pub(super) fn object(slots: Vec<Slot>, one_of: bool) -> Given {
        if slots.iter().any(|slot| !slot.given.is_constant()) {
            return Given::Object(slots, one_of);
        }
        let members = slots.into_iter().filter_map(|slot| Some((Cow::Owned(slot.name), slot.given.into_constant()?)));
        Given::Constant(Value::Object(members.collect()))
    }

    /// Whether it is the literal `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Given::Constant(Value::Null))
    }

    fn is_constant(&self) -> bool {
        matches!(self, Given::Constant(_))
    }

    fn into_constant(self) -> Option<Value<'static>> {
        match self {
            Given::Constant(value) => Some(value),
            _ => None,
        }
    }
}

impl Arguments {
    /// Coerces what stands in the text. Errors: the argument, and what was expected.
    pub(super) fn read(
        inputs: &Inputs,
        definition: &ast::FieldDefinition,
        written: &[apollo_compiler::Node<ast::Argument>],
        scope: &Scope<'_>,
        location: (u32, u32),
    ) -> Result<Arguments, String> {
        let mut slots = Vec::with_capacity(definition.arguments.len());
        for argument in &definition.arguments {
            let ty = TypeRef::from(&*argument.ty);
            let explain = |why| format!("argument {}: {why}", argument.name);
            let default = argument
                .default_value
                .as_ref()
                .map(|literal| inputs.constant(&ty, literal))
                .transpose()
                .map_err(explain)?;
            let given = match written.iter().find(|written| written.name == argument.name) {
                Some(written) => inputs.literal(&ty, &written.value, scope, 0).map_err(explain)?,
                None => match &default {
                    Some(default) => Given::Constant(default.clone()),
                    None if ty.nullable() => continue,
                    None => return Err(explain("is required".to_owned())),
                },
            };
            slots.push(Slot { name: argument.name.to_string(), given, default, nullable: ty.nullable() });
        }
        Ok(Arguments { slots, location })
    }

    /// The arguments' values. An argument whose variable was omitted has its default, or is left out.
    /// Errors: null, from a nullable variable with a default, where the contract says `!`.
    pub fn bind(&self, variables: &Bound) -> Result<Object<'static>, Complaint> {
        fill_all(&self.slots, variables)
            .map_err(|slot| Complaint::new(format!("argument {slot} must not be null")).at(self.location))
    }

    /// Whether no variable decides any of them: [`Arguments::bind`] always gives the same.
    pub fn is_constant(&self) -> bool {
        self.slots.iter().all(|slot| slot.given.is_constant())
    }

    /// Whether there are none, defaults included.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Only the arguments with these names, in the same order.
    pub fn only(&self, names: &[String]) -> Arguments {
        let slots = self.slots.iter().filter(|slot| names.contains(&slot.name)).cloned().collect();
        Arguments { slots, location: self.location }
    }

    /// A text that is the same for two arguments of one field exactly where they give the same for all variables.
    pub fn spelled(&self) -> String {
        format!("{:?}", self.slots)
    }

    /// Names of the arguments that are given or have a default, in the contract's order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.slots.iter().map(|slot| slot.name.as_str())
    }

    /// The value of an argument that no variable decides; `None` where one does, or where it is left out.
    pub fn constant(&self, name: &str) -> Option<&Value<'static>> {
        self.slots.iter().find(|slot| slot.name == name).and_then(|slot| match &slot.given {
            Given::Constant(value) => Some(value),
            _ => None,
        })
    }

    /// The argument's variable, by index, where it is exactly one (`id: $id`).
    pub fn variable(&self, name: &str) -> Option<usize> {
        self.slots.iter().find(|slot| slot.name == name).and_then(|slot| match slot.given {
            Given::Variable(index) => Some(index),
            _ => None,
        })
    }

    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots
    }
}

/// Fills slots with names. The error is the name of the slot that must not be null.
fn fill_all(slots: &[Slot], variables: &Bound) -> Result<Object<'static>, String> {
    let mut members = Vec::with_capacity(slots.len());
    for slot in slots {
        if let Some(value) = fill(slot, variables)? {
            members.push((Cow::Owned(slot.name.clone()), value));
        }
    }
    Ok(members.into_iter().collect())
}

/// `None`: left out.
fn fill(slot: &Slot, variables: &Bound) -> Result<Option<Value<'static>>, String> {
    let value = match &slot.given {
        Given::Constant(value) => Some(value.clone()),
        Given::Variable(index) => variables.get(*index).cloned().or_else(|| slot.default.clone()),
        Given::List(items) => {
            let items = items
                .iter()
                .map(|item| Ok(fill(item, variables).map_err(|_| slot.name.clone())?.unwrap_or(Value::Null)));
            Some(Value::List(items.collect::<Result<_, String>>()?))
        }
        Given::Object(members, one_of) => {
            let object = fill_all(members, variables)?;
            if *one_of && !(object.len() == 1 && object.iter().all(|(_, value)| !value.is_null())) {
                return Err(slot.name.clone());
            }
            Some(Value::Object(object))
        }
    };
    match value {
        None | Some(Value::Null) if !slot.nullable => Err(slot.name.clone()),
        value => Ok(value),
    }
}
