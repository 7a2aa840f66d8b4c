//! Which element of an answer belongs to which key: by what the element says, never by where it stands.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::count::Counters;
use super::fault::Namer;
use super::single::Singles;
use crate::catalog::{Catalog, Connector, Site, Ty};
use crate::mapping::{Object, Program, Value, Variables};
use crate::record::{Builder, Defects, Failure, Key, Reply, key_of};

/// Pairs the answers of one connector.
pub(super) struct Pairing<'p> {
    pub catalog: &'p Catalog,
    pub connector: &'p Connector,
    pub names: Namer<'p>,
    pub counters: &'p Counters,
    /// The answer was cut at the most pages.
    pub cut: bool,
    /// What the answer says of single keys.
    pub singles: &'p Singles,
}

/// One reply for all keys of a call, one for each seat in their order, or one by key. A key without one is absent.
pub(super) enum Replies {
    One(Reply),
    InOrder(Vec<Reply>),
    ByKey(Arc<HashMap<Key, Reply>>),
}

impl Replies {
    /// The reply to the last seat of those that are left, whose key this is.
    pub fn of_last(&mut self, key: &Key) -> Reply {
        match self {
            Replies::One(reply) => reply.clone(),
            Replies::InOrder(replies) => replies.pop().unwrap_or(Reply::Absent),
            Replies::ByKey(replies) => replies.get(key).cloned().unwrap_or(Reply::Absent),
        }
    }
}

/// An element that was found for a key.
struct Found<'v> {
    element: Value<'v>,
    doubled: bool,
}

impl Pairing<'_> {
    /// The elements of a batch's answer by their keys. Elements that nobody asked for are dropped and counted.
    pub fn batch(&self, value: Option<Value<'_>>, keys: &[Key]) -> Result<Replies, Box<Failure>> {
        let elements = match value {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::List(elements)) => elements,
            Some(one @ Value::Object(_)) => vec![one],
            Some(other) => {
                return Err(self.names.invalid(format!("the selection yields {}, not a list", other.kind())).into());
            }
        };
        let mut found: HashMap<Key, Found<'_>> = HashMap::with_capacity(keys.len());
        let asked: HashSet<&Key> = keys.iter().collect();
        for mut element in elements {
            self.normalise(&mut element);
            let key = key_of(&self.connector.gives, &self.connector.needs, &element)
                .filter(|key| self.connector.call.scan || asked.contains(key));
            let Some(key) = key else {
                self.counters.strangers.add(1);
                continue;
            };
            match found.entry(key) {
                Entry::Vacant(place) => {
                    place.insert(Found { element, doubled: false });
                }
                Entry::Occupied(mut place) => self.group(place.get_mut(), element),
            }
        }
        let mut builder = Builder::new();
        let mut replies: HashMap<Key, Reply> = found
            .into_iter()
            .map(|(key, found)| (key, self.record_by(&mut builder, &found.element, found.doubled)))
            .collect();
        self.add_singles(&mut replies, keys, &asked);
        if self.cut {
            for key in keys {
                replies.entry(key.clone()).or_insert_with(|| self.unknown(key));
            }
        }
        Ok(Replies::ByKey(Arc::new(replies)))
    }

    /// What the answer says of keys that it does not hold.
    fn add_singles(&self, replies: &mut HashMap<Key, Reply>, keys: &[Key], asked: &HashSet<&Key>) {
        for (said, reply) in &self.singles.keys {
            let element = match (said, self.connector.needs.as_slice()) {
                (Value::Object(_), _) => said.clone(),
                (value, [need]) => Value::Object([(Cow::from(need.clone()), value.clone())].into_iter().collect()),
                _ => Value::Null,
            };
            match self.key(element) {
                Some(key) if asked.contains(&key) => _ = replies.entry(key).or_insert_with(|| reply.clone()),
                _ => self.counters.strangers.add(1),
            }
        }
        if let Some(rest) = &self.singles.rest {
            for key in keys {
                replies.entry(key.clone()).or_insert_with(|| rest.clone());
            }
        }
    }

    /// The key that an element says it has.
    fn key(&self, mut element: Value<'_>) -> Option<Key> {
        self.normalise(&mut element);
        key_of(&self.connector.gives, &self.connector.needs, &element)
    }

    /// The answer to one key.
    pub fn single(&self, value: Option<Value<'_>>, key: &Key) -> Result<Replies, Box<Failure>> {
        let mut value = match value {
            None | Some(Value::Null) => return Ok(Replies::One(Reply::Absent)),
            Some(value) => value,
        };
        if let Site::Field { field, .. } = &self.connector.site {
            let wrapped = [(Cow::Borrowed(field.as_str()), value)].into_iter().collect::<Object<'_>>();
            return Ok(Replies::One(self.record(&Value::Object(wrapped), false)));
        }
        if !matches!(value, Value::Object(_)) {
            return Err(self.names.invalid(format!("the selection yields {}, not an object", value.kind())).into());
        }
        self.normalise(&mut value);
        // Where the answer says whose it is, it must be the one that was asked for.
        if key_of(&self.connector.gives, &self.connector.needs, &value).is_some_and(|other| other != *key) {
            self.counters.strangers.add(1);
            return Ok(Replies::One(Reply::Absent));
        }
        Ok(Replies::One(self.record(&value, false)))
    }

    /// A second element of one key: lists grow, of all else the first one wins.
    fn group<'v>(&self, first: &mut Found<'v>, second: Value<'v>) {
        let Value::Object(mut second) = second else { return };
        let Value::Object(kept) = &mut first.element else { return };
        for slot in &self.connector.gives.slots {
            if !matches!(slot.ty, Ty::List { .. }) {
                continue;
            }
            let more = second.get_mut(&slot.field).map(|value| std::mem::replace(value, Value::Null));
            match (kept.get_mut(&slot.field), more) {
                (Some(Value::List(items)), Some(Value::List(more))) => items.extend(more),
                (None | Some(Value::Null), Some(more)) => {
                    kept.insert(slot.field.clone(), more);
                }
                _ => {}
            }
        }
        if self.gives_single() {
            first.doubled = true;
            self.counters.doubles.add(1);
        }
    }

    /// Whether anything that it gives, its key aside, is not a list.
    fn gives_single(&self) -> bool {
        let connector = self.connector;
        let is_need = |field: &String| connector.needs.contains(field);
        connector.gives.slots.iter().any(|slot| !matches!(slot.ty, Ty::List { .. }) && !is_need(&slot.field))
    }

    /// A key that is not in what was read of a longer answer: its lists are empty as far as is known.
    fn unknown(&self, key: &Key) -> Reply {
        let lists = self.connector.gives.slots.iter().filter(|slot| matches!(slot.ty, Ty::List { .. }));
        let lists: Vec<_> = lists.map(|slot| (Cow::from(slot.field.clone()), Value::List(Vec::new()))).collect();
        if lists.is_empty() || self.gives_single() {
            return Reply::Failed(self.names.cut().shared());
        }
        let Value::Object(needs) = key.representation(&self.connector.needs) else { return Reply::Absent };
        let element = Value::Object(needs.into_iter().chain(lists).collect());
        self.record(&element, false)
    }

    fn record(&self, element: &Value<'_>, doubled: bool) -> Reply {
        self.record_by(&mut Builder::new(), element, doubled)
    }

    fn record_by(&self, builder: &mut Builder, element: &Value<'_>, doubled: bool) -> Reply {
        let built = builder.build(&self.connector.gives, element, Defects { cut: self.cut, doubled });
        self.counters.invalid.add(built.invalid as usize);
        self.counters.missing.add(built.missing as usize);
        Reply::Found(built.record)
    }

    /// Brings the element's key fields into the form in which keys are asked for.
    fn normalise(&self, element: &mut Value<'_>) {
        let (Some(object), Value::Object(members)) = (self.catalog.object(self.connector.gives.ty), element) else {
            return;
        };
        for need in &self.connector.needs {
            let program = object.fields.get(need).and_then(|field| field.normalize.as_deref());
            if let Some(program) = program
                && let Some(value) = members.get_mut(need)
                && let Some(normal) = normal(program, value)
            {
                *value = normal;
            }
        }
    }
}

fn normal(program: &Program, value: &Value<'_>) -> Option<Value<'static>> {
    let outcome = program.run(Some(value), &Variables::default());
    outcome.value.map(Value::into_owned)
}
