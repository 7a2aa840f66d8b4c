//! The keys of a step, from what is at hand and what earlier steps brought.

use std::borrow::Cow;

use super::group::{Group, Outcome};
use super::loading::Request;
use crate::catalog::{Connector, Field};
use crate::mapping::{Object, Value, Variables};
use crate::plan::{Need, Stage, StepKind};
use crate::record::{Content, Key, component};

/// One object's key for a connector, or why it has none.
pub(super) enum Asking {
    Key(Key),
    Settled(Outcome),
}

/// The key of one object for one step.
pub(super) fn key(request: &Request<'_>, stage: &Stage, step: usize, group: &Group<'_>, index: usize) -> Asking {
    let catalog = request.catalog();
    let StepKind::Call { connector, .. } = &stage.steps[step].kind else {
        return Asking::Settled(Outcome::NotAsked);
    };
    let connector = catalog.connector(*connector);
    if !connector.enabled {
        return Asking::Settled(Outcome::NotLinked);
    }
    let mut components: Vec<Cow<'_, [u8]>> = Vec::with_capacity(connector.needs.len());
    for (name, need) in connector.needs.iter().zip(&stage.steps[step].needs) {
        let text = match need {
            Need::AtHand { slot } => match group.bases[index].as_ref().map(|base| leaf(base.view().slot(*slot))) {
                Some(Some(text)) => text,
                _ => return Asking::Settled(Outcome::NotLinked),
            },
            Need::From { step: giver, slot } => match group.outcome(*giver, index) {
                Outcome::Found { record, .. } => {
                    let StepKind::Call { connector: giver, .. } = &stage.steps[*giver].kind else {
                        return Asking::Settled(Outcome::NotLinked);
                    };
                    match leaf(record.view(&catalog.connector(*giver).gives).slot(*slot)) {
                        Some(text) => text,
                        None => return Asking::Settled(Outcome::NotLinked),
                    }
                }
                Outcome::Failed(failure) | Outcome::Blocked(failure) => {
                    return Asking::Settled(Outcome::Blocked(failure.clone()));
                }
                Outcome::Absent { .. } | Outcome::NotLinked | Outcome::NotAsked => {
                    return Asking::Settled(Outcome::NotLinked);
                }
            },
        };
        match normalized(request, connector, name, text) {
            Some(text) => components.push(text),
            None => return Asking::Settled(Outcome::NotLinked),
        }
    }
    Asking::Key(Key::from_components(components.iter().map(AsRef::as_ref)))
}

fn leaf(content: Content<'_>) -> Option<&[u8]> {
    match content {
        Content::Json(text) => Some(text),
        _ => None,
    }
}

/// `@normalize` applied to a needed value: what is sent and what is matched are the same spelling.
fn normalized<'t>(request: &Request<'_>, connector: &Connector, need: &str, text: &'t [u8]) -> Option<Cow<'t, [u8]>> {
    let object = request.catalog().object(connector.site.ty())?;
    match object.fields.get(need) {
        Some(Field { normalize: Some(program), .. }) => {
            let value = Value::read(text).ok()?;
            let outcome = program.run(Some(&value), &Variables::default());
            component(&connector.gives.slot(need)?.node, &outcome.value?).map(Cow::Owned)
        }
        _ => Some(Cow::Borrowed(text)),
    }
}

/// The objects of a look-up's arguments: `{ids: [1, 2]}` with `ids → id` gives `[{id: 1}, {id: 2}]`.
/// An object whose key is null stands as null.
pub(super) fn looked_up(arguments: &Object<'_>, keys: &[(String, String)], many: bool) -> Value<'static> {
    let given = |argument: &str| arguments.get(argument).cloned().unwrap_or(Value::Null).into_owned();
    if !many {
        return object(keys.iter().map(|(argument, field)| (field, given(argument))).collect());
    }
    let columns: Vec<(&String, Value<'static>)> =
        keys.iter().map(|(argument, field)| (field, given(argument))).collect();
    let length = columns
        .iter()
        .filter_map(|(_, column)| if let Value::List(list) = column { Some(list.len()) } else { None })
        .max();
    let row = |index: usize| {
        let cell = |column: &Value<'static>| match column {
            Value::List(list) => list.get(index).cloned().unwrap_or(Value::Null),
            other => other.clone(),
        };
        object(columns.iter().map(|(field, column)| (*field, cell(column))).collect())
    };
    Value::List((0..length.unwrap_or(0)).map(row).collect())
}

fn object(members: Vec<(&String, Value<'static>)>) -> Value<'static> {
    if members.iter().any(|(_, value)| matches!(value, Value::Null)) {
        return Value::Null;
    }
    Value::Object(members.into_iter().map(|(field, value)| (field.clone().into(), value)).collect())
}
