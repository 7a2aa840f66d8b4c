//! `__schema` and `__type`, answered from the contract by the flattened selections themselves.
//! Equality with what graphql-js says of the same SDL is pinned in `tests/it/introspection.rs`.

use super::describe::{About, Writer};
use super::{Bound, Complaint, Contract, Limits, Refusal, Selected, Selections};

/// Lists of fields within lists of fields may nest this deep: circular questions grow with the power of it.
const MAX_LISTS: usize = 2;

/// What an operation asks about the contract, beside what it asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Introspection {
    /// The root's keys that it fills, in order.
    pub keys: Vec<RootKey>,
    max_bytes: usize,
}

/// One key of the response's root that introspection fills.
#[derive(Clone, Debug, PartialEq)]
pub struct RootKey {
    /// How many of [`super::Operation::root`]'s selections stand before it.
    pub position: usize,
    /// `__schema` or `__type`.
    pub selected: Selected,
}

/// The value of one [`RootKey`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<'o> {
    /// How many of [`super::Operation::root`]'s selections stand before it.
    pub position: usize,
    /// The key in the response.
    pub key: &'o str,
    /// The value, as JSON.
    pub json: Vec<u8>,
}

/// Takes `__schema` and `__type` out of the root's selections.
pub(super) fn take(
    root: &mut Selections,
    contract: &Contract,
    limits: &Limits,
) -> Result<Option<Introspection>, Refusal> {
    let mut keys = Vec::new();
    let query = contract.schema.schema_definition.query.as_ref();
    for (name, selected) in
        root.per_type.iter_mut().filter(|(name, _)| query.is_some_and(|query| query.name.as_str() == name))
    {
        debug_assert!(!name.starts_with("__"), "a root is no introspection type");
        let mut rest = Vec::with_capacity(selected.len());
        for selected in selected.drain(..) {
            if matches!(selected.field.as_str(), "__schema" | "__type") {
                shallow(&selected, 0)?;
                keys.push(RootKey { position: rest.len(), selected });
            } else {
                rest.push(selected);
            }
        }
        *selected = rest;
    }
    Ok((!keys.is_empty()).then_some(Introspection { keys, max_bytes: limits.introspection_bytes }))
}

fn shallow(selected: &Selected, outer: usize) -> Result<(), Refusal> {
    let lists = outer
        + usize::from(matches!(selected.field.as_str(), "fields" | "interfaces" | "possibleTypes" | "inputFields"));
    if lists > MAX_LISTS {
        return Err(Refusal::limit(format!("introspection nests more than {MAX_LISTS} lists of fields or types")));
    }
    selected
        .of
        .iter()
        .flat_map(|of| &of.per_type)
        .flat_map(|(_, inner)| inner)
        .try_for_each(|inner| shallow(inner, lists))
}

impl Introspection {
    /// Answers each key that is wanted with these variables, in order. Errors: the answer grows longer
    /// than [`Limits::introspection_bytes`].
    pub fn answer(&self, contract: &Contract, variables: &Bound) -> Result<Vec<Answer<'_>>, Complaint> {
        let mut answers = Vec::with_capacity(self.keys.len());
        let mut left = self.max_bytes;
        for RootKey { position, selected } in self.keys.iter().filter(|key| key.selected.when.hold(variables)) {
            let mut writer = Writer { contract, variables, out: Vec::new(), max_bytes: left };
            let about = match selected.field.as_str() {
                "__schema" => Some(About::Schema),
                _ => writer
                    .text_argument(selected, "name")?
                    .and_then(|name| contract.schema.types.get(name.as_str()))
                    .map(About::Type),
            };
            writer.one(about, selected)?;
            left = left.saturating_sub(writer.out.len());
            answers.push(Answer { position: *position, key: &selected.key, json: writer.out });
        }
        Ok(answers)
    }
}
