//! The keys of a step, from what is at hand and what earlier steps brought.

use std::borrow::Cow;

use smallvec::SmallVec;

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
    let StepKind::Call { connector, normalizes, .. } = &stage.steps[step].kind else {
        return Asking::Settled(Outcome::NotAsked);
    };
    let connector = catalog.connector(*connector);
    if !connector.enabled {
        return Asking::Settled(Outcome::NotLinked);
    }
    let mut components: SmallVec<[Cow<'_, [u8]>; 2]> = SmallVec::with_capacity(connector.needs.len());
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
        let text = if *normalizes { normalized(request, connector, name, text) } else { Some(Cow::Borrowed(text)) };
        match text {
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
pub(super) fn looked_up<'a>(arguments: &'a Object<'_>, keys: &'a [(String, String)], many: bool) -> Value<'a> {
    let given = |argument: &str| arguments.get(argument).unwrap_or(&Value::Null);
    if !many {
        return object(keys.iter().map(|(argument, field)| (field.as_str(), given(argument))));
    }
    let lengths = keys.iter().filter_map(|(argument, _)| match given(argument) {
        Value::List(list) => Some(list.len()),
        _ => None,
    });
    let row = |index: usize| {
        object(keys.iter().map(|(argument, field)| match given(argument) {
            Value::List(list) => (field.as_str(), list.get(index).unwrap_or(&Value::Null)),
            other => (field.as_str(), other),
        }))
    };
    Value::List((0..lengths.max().unwrap_or(0)).map(row).collect())
}

fn object<'a>(members: impl ExactSizeIterator<Item = (&'a str, &'a Value<'a>)>) -> Value<'a> {
    let mut object = Object::with_capacity(members.len());
    for (field, value) in members {
        if matches!(value, Value::Null) {
            return Value::Null;
        }
        object.insert(field, value.borrowed());
    }
    Value::Object(object)
}
