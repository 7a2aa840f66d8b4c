//! `{ … }`: objects made of objects, and how their keys come together.

use std::borrow::Cow;
use std::collections::HashMap;

use super::super::held::{Held, Size, View};
use super::super::problem::Span;
use super::super::syntax::{Head, Item, Path, Selection, Step};
use super::super::value::{Object, Value};
use super::{MAX_DEPTH, Run, Scope};

impl<'v> Run<'v, '_> {
    /// Applies `{ … }` to a value: to each element of a list, to an object, or to a scalar that it may leave alone.
    pub fn select(&mut self, selection: &'v Selection, value: &Held<'v>) -> Option<Held<'v>> {
        match value.view() {
            View::List(items) => {
                let mut made = Vec::with_capacity(items.len());
                let mut size = Size { depth: 1, weight: 1 };
                self.work(value.weight().into())?;
                for item in items.iter() {
                    self.work(1)?;
                    made.push(match self.select(selection, &item) {
                        Some(item) => {
                            let (item, part) = self.finish_sized(item)?;
                            size = size.around(part);
                            item
                        }
                        None => Value::Null,
                    });
                }
                self.within_depth(Value::List(made), size)
            }
            // `owner { kind: $("user") id }` over null is null, not an owner without an id.
            View::Null if selection.reads_input => Some(Held::null()),
            View::Object(_) => self.object(selection, value),
            _ => match self.object(selection, value)? {
                Held::Own(Value::Object(object), _) if object.is_empty() => Some(value.clone()),
                made => Some(made),
            },
        }
    }

    /// The object that a selection makes of one value.
    pub fn object(&mut self, selection: &'v Selection, input: &Held<'v>) -> Option<Held<'v>> {
        let scope = Scope { input, current: input };
        let mut object = Object::with_capacity(selection.items.len());
        let mut size = Size { depth: 1, weight: 1 };
        for item in &selection.items {
            let (key, value, span) = match item {
                Item::Field { key, path, span } => {
                    let value = match self.straight(path, input) {
                        Some(value) => Some(Held::Ref(value)),
                        None => self.path(path, scope),
                    };
                    (key, value, *span)
                }
                Item::Group { key, selection, span } => (key, self.object(selection, input), *span),
                Item::Spread { path, explicit } => {
                    let Some(value) = self.path(path, scope) else {
                        continue;
                    };
                    let (value, part) = self.finish_sized(value)?;
                    size = size.around(part);
                    match value {
                        Value::Object(spread) => self.merge_objects(&mut object, spread, path.span),
                        Value::Null if *explicit => return Some(Held::null()),
                        Value::Null => {}
                        other => {
                            self.note(path.span, "spread", || format!("cannot spread {} into an object", other.kind()))
                        }
                    }
                    continue;
                }
            };
            let Some(value) = value else { continue };
            let (value, part) = self.finish_sized(value)?;
            self.walked(item, !value.is_null());
            size = size.around(part);
            let key = Cow::Borrowed(&**key);
            if selection.plain {
                object.push_new(key, value);
            } else {
                self.merge(&mut object, key, value, span);
            }
        }
        self.within_depth(Value::Object(object), size)
    }

    /// What a path of nothing but keys leads to, where each of them is there; None says nothing.
    fn straight(&mut self, path: &'v Path, input: &Held<'v>) -> Option<&'v Value<'v>> {
        let (Head::Input, None, Held::Ref(input), None) = (&path.head, &path.selection, input, self.trail) else {
            return None;
        };
        let mut value = *input;
        for step in &path.steps {
            let (Step::Key { name, guess, .. }, Value::Object(object)) = (step, value) else { return None };
            let guessed = guess.place();
            let (place, found) = object.find(name, guessed)?;
            if place != guessed {
                self.work(object.len() as u64 / 16)?;
                guess.note(place);
            }
            self.work(1)?;
            value = found;
        }
        Some(value)
    }

    fn within_depth(&mut self, made: Value<'v>, size: Size) -> Option<Held<'v>> {
        if size.depth > MAX_DEPTH {
            self.note(Span::default(), "deep", || format!("a value nested deeper than {MAX_DEPTH}"));
            return None;
        }
        Some(Held::Own(made, size))
    }

    /// Puts a key into an object: objects merge key by key, arrays by index, null wins, else the later wins.
    fn merge(&mut self, into: &mut Object<'v>, key: Cow<'v, str>, value: Value<'v>, span: Span) {
        match into.get_mut(&key) {
            Some(old) => self.merge_values(old, value, span),
            None => into.push_new(key, value),
        }
    }

    /// Puts all keys of `new` into `old`. Keys of large objects are found by an index, lest they cost a square.
    fn merge_objects(&mut self, old: &mut Object<'v>, new: Object<'v>, span: Span) {
        if old.len().saturating_mul(new.len()) <= 1 << 10 {
            for (key, value) in new {
                self.merge(old, key, value, span);
            }
            return;
        }
        let mut places: HashMap<Cow<'v, str>, usize> =
            old.entries().iter().enumerate().map(|(place, (key, _))| (key.clone(), place)).collect();
        for (key, value) in new {
            match places.get(&key).and_then(|place| old.value_mut(*place)) {
                Some(old) => self.merge_values(old, value, span),
                None => {
                    places.insert(key.clone(), old.len());
                    old.push_new(key, value);
                }
            }
        }
    }

    fn merge_values(&mut self, old: &mut Value<'v>, new: Value<'v>, span: Span) {
        match (&mut *old, new) {
            (Value::Object(old), Value::Object(new)) => self.merge_objects(old, new, span),
            (Value::List(old), Value::List(new)) => {
                for (index, value) in new.into_iter().enumerate() {
                    match old.get_mut(index) {
                        Some(old) => self.merge_values(old, value, span),
                        None => old.push(value),
                    }
                }
            }
            (Value::Null, _) => {}
            (_, Value::Null) => *old = Value::Null,
            (before, new) => {
                if before.kind() != new.kind() {
                    let kinds = (before.kind(), new.kind());
                    self.note(span, "merge", || format!("Lossy merge: {} replaces {} under one key", kinds.1, kinds.0));
                }
                *old = new;
            }
        }
    }
}
