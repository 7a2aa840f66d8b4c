//! Literals left open: where the texts of one form may differ, and what has to stand there.

use std::collections::HashMap;

use apollo_compiler::executable::{Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Node, ast};

use super::input::{Input, Inputs};
use super::leaf::{Leaf, leaf_written};
use super::{Contract, Operation, Spelling, TypeRef};
use crate::mapping::Value;

/// One value that a text of the form gives: one of its literals, as a scalar takes it. A literal may stand in places of
/// several types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OpenSlot {
    /// Index into the literals of a [`Spelling`].
    literal: usize,
    leaf: Leaf,
}

/// The open places of one valid document.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) slots: Vec<OpenSlot>,
    /// Where the literal stands in the text, in bytes → its slot.
    places: HashMap<usize, usize>,
}

/// The values of one text's literals, coerced.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Literals(pub(super) Vec<Value<'static>>);

impl Open {
    /// Every place at which `spelling` leaves a literal out, with its type; wherever it stands in the document.
    /// `None` where one of them stands where no scalar is expected.
    pub(super) fn find(contract: &Contract, document: &ExecutableDocument, spelling: &Spelling<'_>) -> Option<Open> {
        let open = Open { slots: Vec::new(), places: HashMap::new() };
        let mut search = Search { inputs: &contract.inputs, spelling, open };
        for operation in document.operations.iter() {
            search.selections(&operation.selection_set)?;
        }
        for fragment in document.fragments.values() {
            search.selections(&fragment.selection_set)?;
        }
        (search.open.places.len() == spelling.places.len()).then_some(search.open)
    }

    pub(super) fn slot_of(&self, literal: &Node<ast::Value>) -> Option<usize> {
        self.places.get(&literal.location()?.offset()).copied()
    }
}

struct Search<'s> {
    inputs: &'s Inputs,
    spelling: &'s Spelling<'s>,
    open: Open,
}

impl Search<'_> {
    fn selections(&mut self, set: &SelectionSet) -> Option<()> {
        set.selections.iter().try_for_each(|selection| match selection {
            Selection::Field(field) => {
                for argument in &field.arguments {
                    let definition = field.definition.argument_by_name(&argument.name)?;
                    self.value(TypeRef::from(&*definition.ty).base(), &argument.value)?;
                }
                self.selections(&field.selection_set)
            }
            Selection::InlineFragment(inline) => self.selections(&inline.selection_set),
            Selection::FragmentSpread(_) => Some(()),
        })
    }

    /// `ty` is the type without its wrappers: a literal stands for a list of one as well.
    fn value(&mut self, ty: &str, value: &Node<ast::Value>) -> Option<()> {
        match &**value {
            ast::Value::List(items) => items.iter().try_for_each(|item| self.value(ty, item)),
            ast::Value::Object(members) => {
                let inputs = self.inputs;
                members.iter().try_for_each(|(name, member)| match inputs.types.get(ty)? {
                    Input::Object(object) => self.value(object.fields.get(name.as_str())?.ty.base(), member),
                    Input::Scalar(_) => self.value(ty, member),
                    Input::Enum(_) => None,
                })
            }
            ast::Value::Int(_) | ast::Value::String(_) => self.literal(ty, value),
            _ => Some(()),
        }
    }

    fn literal(&mut self, ty: &str, value: &Node<ast::Value>) -> Option<()> {
        let place = value.location()?.offset();
        let Some(literal) = self.spelling.literal_at(place) else { return Some(()) };
        let Input::Scalar(leaf) = *self.inputs.types.get(ty)? else { return None };
        let wanted = OpenSlot { literal, leaf };
        let slots = &mut self.open.slots;
        let known = slots.iter().position(|slot| *slot == wanted);
        let slot = known.unwrap_or_else(|| {
            slots.push(wanted);
            slots.len() - 1
        });
        self.open.places.insert(place, slot);
        Some(())
    }
}

impl Operation {
    /// Whether it stands for every text of its form.
    pub fn is_form(&self) -> bool {
        self.open.is_some()
    }

    /// What a text of its form writes where it is left open. `None` where that does not fit: then the text as a whole
    /// has to be looked at.
    pub fn fit(&self, spelling: &Spelling<'_>) -> Option<Literals> {
        let fit = |slot: &OpenSlot| leaf_written(slot.leaf, spelling.literals.get(slot.literal)?);
        self.open.as_ref()?.iter().map(fit).collect::<Option<_>>().map(Literals)
    }
}
