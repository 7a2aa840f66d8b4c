//! Values while a program runs: borrowed from the input as long as they can be.

use std::borrow::Cow;
use std::rc::Rc;

use serde_json::Number;

use super::value::{Object, Value};

/// No value that is read is nested more deeply: twice what the reader of answers lets through.
const INPUT_DEPTH: u16 = 128;

/// A value in the middle of a program: a reference, a finished value, or a container of either.
/// Cloning copies no text and no list of the input.
#[derive(Clone)]
pub(super) enum Held<'v> {
    Ref(&'v Value<'v>),
    /// With its size, so that no chain of methods builds what the stack cannot walk or copies without end.
    Own(Value<'v>, Size),
    List(Rc<[Held<'v>]>, u16),
    Object(Rc<[Entry<'v>]>, u16),
}

/// How big a finished value is.
#[derive(Clone, Copy, Default)]
pub(super) struct Size {
    /// Levels of nesting; a scalar has none.
    pub depth: u16,
    /// What copying it costs, in units of work; a scalar costs nothing.
    pub weight: u32,
}

pub(super) type Entry<'v> = (Cow<'v, str>, Held<'v>);

/// What a held value is, wherever it is held.
pub(super) enum View<'t, 'v> {
    Null,
    Bool(bool),
    Number(&'t Number),
    Text(&'t str),
    List(Items<'t, 'v>),
    Object(Entries<'t, 'v>),
}

#[derive(Clone, Copy)]
pub(super) enum Items<'t, 'v> {
    Input(&'v [Value<'v>]),
    Own(&'t [Value<'v>]),
    Held(&'t [Held<'v>]),
}

#[derive(Clone, Copy)]
pub(super) enum Entries<'t, 'v> {
    Input(&'v Object<'v>),
    Own(&'t Object<'v>),
    Held(&'t [Entry<'v>]),
}

impl<'v> Held<'v> {
    pub fn null() -> Self {
        Held::Own(Value::Null, Size::default())
    }

    pub fn bool(flag: bool) -> Self {
        Held::Own(Value::Bool(flag), Size::default())
    }

    pub fn text(text: impl Into<Cow<'v, str>>) -> Self {
        Held::Own(Value::Text(text.into()), Size::default())
    }

    pub fn number(number: impl Into<Number>) -> Self {
        Held::Own(Value::Number(number.into()), Size::default())
    }

    pub fn list(items: Vec<Held<'v>>) -> Self {
        let depth = items.iter().map(Held::depth).max().unwrap_or(0).saturating_add(1);
        Held::List(items.into(), depth)
    }

    /// An object of entries; of two with one key the last wins.
    pub fn object(mut entries: Vec<Entry<'v>>) -> Self {
        let depth = entries.iter().map(|(_, value)| value.depth()).max().unwrap_or(0).saturating_add(1);
        if entries.len() > 1 {
            let mut kept = indexmap::IndexMap::with_capacity(entries.len());
            for (key, value) in entries {
                kept.insert(key, value);
            }
            entries = kept.into_iter().collect();
        }
        Held::Object(entries.into(), depth)
    }

    /// A finished value whose size is not known.
    pub fn owned(value: Value<'v>) -> Self {
        let size = size_of(&value);
        Held::Own(value, size)
    }

    /// How deep this is nested at most.
    pub fn depth(&self) -> u16 {
        match self {
            Held::Ref(Value::List(_) | Value::Object(_)) => INPUT_DEPTH,
            Held::Ref(_) => 0,
            Held::Own(_, size) => size.depth,
            Held::List(_, depth) | Held::Object(_, depth) => *depth,
        }
    }

    /// What copying this costs: nothing for what is shared.
    pub fn weight(&self) -> u32 {
        match self {
            Held::Own(_, size) => size.weight,
            _ => 0,
        }
    }

    pub fn view(&self) -> View<'_, 'v> {
        match self {
            Held::Ref(value) => match value {
                Value::List(items) => View::List(Items::Input(items)),
                Value::Object(object) => View::Object(Entries::Input(object)),
                scalar => scalar_view(scalar),
            },
            Held::Own(Value::List(items), _) => View::List(Items::Own(items)),
            Held::Own(Value::Object(object), _) => View::Object(Entries::Own(object)),
            Held::Own(scalar, _) => scalar_view(scalar),
            Held::List(items, _) => View::List(Items::Held(items)),
            Held::Object(entries, _) => View::Object(Entries::Held(entries)),
        }
    }

    pub fn kind(&self) -> &'static str {
        match self.view() {
            View::Null => "null",
            View::Bool(_) => "boolean",
            View::Number(_) => "number",
            View::Text(_) => "string",
            View::List(_) => "array",
            View::Object(_) => "object",
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self.view(), View::Null)
    }

    /// The text, if this is a string; borrowed where the input holds it.
    pub fn as_text(&self) -> Option<Cow<'v, str>> {
        match self {
            Held::Ref(Value::Text(text)) => Some(Cow::Borrowed(text)),
            Held::Own(Value::Text(text), _) => Some(text.clone()),
            _ => None,
        }
    }
}

/// Lists and objects have been seen to already.
fn scalar_view<'t, 'v>(value: &'t Value<'v>) -> View<'t, 'v> {
    match value {
        Value::Bool(flag) => View::Bool(*flag),
        Value::Number(number) => View::Number(number),
        Value::Text(text) => View::Text(text),
        Value::Null | Value::List(_) | Value::Object(_) => View::Null,
    }
}

impl<'t, 'v> Items<'t, 'v> {
    pub fn len(self) -> usize {
        match self {
            Items::Input(items) => items.len(),
            Items::Own(items) => items.len(),
            Items::Held(items) => items.len(),
        }
    }

    pub fn get(self, index: usize) -> Option<Held<'v>> {
        match self {
            Items::Input(items) => items.get(index).map(Held::Ref),
            Items::Own(items) => items.get(index).cloned().map(Held::owned),
            Items::Held(items) => items.get(index).cloned(),
        }
    }

    pub fn iter(self) -> impl ExactSizeIterator<Item = Held<'v>> + DoubleEndedIterator + use<'t, 'v> {
        (0..self.len()).map(move |index| self.get(index).unwrap_or_else(Held::null))
    }
}

impl<'t, 'v> Entries<'t, 'v> {
    pub fn len(self) -> usize {
        match self {
            Entries::Input(object) => object.len(),
            Entries::Own(object) => object.len(),
            Entries::Held(entries) => entries.len(),
        }
    }

    pub fn get(self, key: &str) -> Option<Held<'v>> {
        match self {
            Entries::Input(object) => object.get(key).map(Held::Ref),
            Entries::Own(object) => object.get(key).cloned().map(Held::owned),
            Entries::Held(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone()),
        }
    }

    pub fn at(self, index: usize) -> Option<Entry<'v>> {
        match self {
            Entries::Input(object) => {
                object.entries().get(index).map(|(key, value)| (Cow::Borrowed(key.as_ref()), Held::Ref(value)))
            }
            Entries::Own(object) => {
                object.entries().get(index).map(|(key, value)| (key.clone(), Held::owned(value.clone())))
            }
            Entries::Held(entries) => entries.get(index).cloned(),
        }
    }

    pub fn iter(self) -> impl ExactSizeIterator<Item = Entry<'v>> + use<'t, 'v> {
        (0..self.len()).map(move |index| self.at(index).unwrap_or_else(|| (Cow::Borrowed(""), Held::null())))
    }
}

fn size_of(value: &Value<'_>) -> Size {
    match value {
        Value::List(items) => items.iter().map(size_of).fold(Size { depth: 1, weight: 1 }, Size::around),
        Value::Object(object) => {
            object.iter().map(|(_, value)| size_of(value)).fold(Size { depth: 1, weight: 1 }, Size::around)
        }
        _ => Size::default(),
    }
}

impl Size {
    /// The size of a container that also holds a part of this size.
    pub fn around(self, part: Size) -> Size {
        Size {
            depth: self.depth.max(part.depth.saturating_add(1)),
            weight: self.weight.saturating_add(part.weight).saturating_add(1),
        }
    }
}
