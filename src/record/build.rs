//! From a mapped value to a record: each leaf checked and serialised once.

use super::Record;
use super::ends::Ends;
use super::scalar::write_scalar;
use super::view::{ABSTRACT, INVALID, LIST, LIST_CUT, LIST_DROPPED, OBJECT};
use crate::catalog::{Layout, Node, Slot, Ty};
use crate::mapping::Value;

/// A record with what was noticed while building it.
#[derive(Debug)]
pub struct Built {
    /// The record.
    pub record: Record,
    /// Values that did not fit the contract's type and were left null or dropped.
    pub invalid: u32,
    /// Properties of the layout that the value does not have.
    pub missing: u32,
}

/// Builds the record of one element. Anything but an object yields a record without values, counted as invalid.
pub fn build(layout: &Layout, element: &Value<'_>) -> Built {
    Builder::new().build(layout, element, Defects::default())
}

/// What is wrong with an element as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Defects {
    /// The answer was cut: all its outermost lists may lack items.
    pub cut: bool,
    /// The answer held the key twice; the first one won.
    pub doubled: bool,
}

/// Builds records one after another, in a buffer that they share.
#[derive(Debug, Default)]
pub struct Builder {
    pub(super) out: Vec<u8>,
    pub(super) invalid: u32,
    pub(super) missing: u32,
    cut: bool,
    partial: bool,
    ends: Ends,
    /// Whether an end was too far to be written: what was built is of no use.
    overran: bool,
}

/// What was noticed while something was written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    invalid: u32,
    missing: u32,
    partial: bool,
}

/// A list while its items are written.
pub(super) struct OpenList {
    at: usize,
    flags: u8,
    /// How many items there may be.
    room: usize,
    kept: usize,
    ends: usize,
    start: usize,
}

impl Builder {
    /// A builder that has built nothing yet.
    pub fn new() -> Builder {
        Builder::with_room(512, Ends::Short)
    }

    /// The same, with room for so many bytes before it has to grow; all its records have such ends.
    pub(super) fn with_room(bytes: usize, ends: Ends) -> Builder {
        Builder { out: Vec::with_capacity(bytes), ends, ..Builder::default() }
    }

    /// Like [`build`], of an element that may be known to be incomplete or doubtful.
    pub fn build(&mut self, layout: &Layout, element: &Value<'_>, defects: Defects) -> Built {
        self.begin(defects.cut);
        self.object(layout, element, true);
        if self.overran {
            (self.ends, self.overran) = (Ends::Long, false);
            self.begin(defects.cut);
            self.object(layout, element, true);
        }
        let built = self.end(defects.doubled);
        self.ends = Ends::Short;
        built
    }

    /// How ends are written.
    pub(super) fn ends(&self) -> Ends {
        self.ends
    }

    /// Whether an end was too far to be written in any record so far.
    pub(super) fn overran(&self) -> bool {
        self.overran
    }

    /// Begins a record.
    pub(super) fn begin(&mut self, cut: bool) {
        self.out.clear();
        (self.invalid, self.missing, self.cut, self.partial) = (0, 0, cut, cut);
    }

    /// What was noticed since, which then counts as not noticed.
    pub(super) fn take_found(&mut self) -> Found {
        let found = Found { invalid: self.invalid, missing: self.missing, partial: self.partial };
        (self.invalid, self.missing, self.partial) = (0, 0, self.cut);
        found
    }

    /// Counts what was noticed of something that is part of this record now.
    pub(super) fn add_found(&mut self, found: Found) {
        self.invalid += found.invalid;
        self.missing += found.missing;
        self.partial |= found.partial;
    }

    /// Ends the record that was written.
    pub(super) fn end(&mut self, doubled: bool) -> Built {
        let partial = self.partial || self.invalid > 0;
        let record = Record::new(&mut self.out, self.ends, partial, doubled);
        Built { record, invalid: self.invalid, missing: self.missing }
    }

    /// Appends the end offsets of all slots, then their contents.
    fn object(&mut self, layout: &Layout, value: &Value<'_>, outermost: bool) {
        let Value::Object(members) = value else {
            self.invalid += 1;
            self.missing += u32::try_from(layout.slots.len()).unwrap_or(u32::MAX);
            self.reserve(layout.slots.len());
            return;
        };
        let ends = self.reserve(layout.slots.len());
        let start = self.out.len();
        // Slots and members mostly have one order.
        let mut next = 0;
        for (index, slot) in layout.slots.iter().enumerate() {
            match members.find(&slot.field, next) {
                Some((place, member)) => {
                    next = place + 1;
                    self.slot(slot, member, outermost);
                }
                None => self.missing += 1,
            }
            self.close(ends, index, start);
        }
    }

    fn slot(&mut self, slot: &Slot, value: &Value<'_>, outermost: bool) {
        let max = slot.max.unwrap_or(usize::MAX);
        self.wrapped(&slot.ty, &slot.node, value, max, outermost && self.cut);
    }

    /// Appends a value of a possibly wrapped type; null appends nothing.
    fn wrapped(&mut self, ty: &Ty, node: &Node, value: &Value<'_>, max: usize, cut: bool) {
        match (ty, value) {
            (_, Value::Null) => {}
            (Ty::Named { .. }, value) => self.node(node, value),
            (Ty::List { of, .. }, Value::List(items)) => self.list(of, node, items, max, cut),
            (Ty::List { .. }, _) => self.refuse(),
        }
    }

    fn list(&mut self, of: &Ty, node: &Node, items: &[Value<'_>], max: usize, cut: bool) {
        let mut list = self.open_list(items.len(), max, cut);
        for item in &items[..list.room] {
            let before = self.out.len();
            self.wrapped(of, node, item, usize::MAX, false);
            self.close_item(&mut list, before, of.nullable());
        }
        self.close_list(list);
    }

    /// Begins a list of which at most `max` items are kept.
    pub(super) fn open_list(&mut self, items: usize, max: usize, cut: bool) -> OpenList {
        let at = self.out.len();
        let room = items.min(max);
        let flags = if cut || room < items { LIST_CUT } else { 0 };
        self.out.extend_from_slice(&[LIST, 0, 0, 0, 0, 0]);
        let ends = self.reserve(room);
        OpenList { at, flags, room, kept: 0, ends, start: self.out.len() }
    }

    /// Ends the item that was written from `before` on.
    pub(super) fn close_item(&mut self, list: &mut OpenList, before: usize, nullable: bool) {
        let nothing = self.out.len() == before || self.out[before] == INVALID;
        if nothing && !nullable {
            if self.out.len() == before {
                self.invalid += 1;
            }
            self.out.truncate(before);
            list.flags |= LIST_DROPPED;
            return;
        }
        self.close(list.ends, list.kept, list.start);
        list.kept += 1;
    }

    /// Ends a list.
    pub(super) fn close_list(&mut self, list: OpenList) {
        let OpenList { at, flags, room, kept, ends, .. } = list;
        if kept < room {
            // The offsets of dropped items are taken out again, so that a reader finds contents where it expects them.
            let size = self.ends.size();
            self.out.drain(ends + size * kept..ends + size * room);
        }
        self.partial |= flags != 0;
        self.out[at + 1] = flags;
        self.out[at + 2..at + 6]
            .copy_from_slice(&u32::try_from(kept).expect("answers are capped below 4 GiB").to_le_bytes());
    }

    fn node(&mut self, node: &Node, value: &Value<'_>) {
        match node {
            Node::Scalar(scalar) => {
                if !write_scalar(*scalar, value, &mut self.out) {
                    self.refuse();
                }
            }
            Node::Enum(names) => match value {
                Value::Text(text) if names.iter().any(|name| name == text) => value.write(&mut self.out),
                _ => self.refuse(),
            },
            Node::Object(layout) => match value {
                Value::Object(_) => {
                    self.out.push(OBJECT);
                    self.object(layout, value, false);
                }
                _ => self.refuse(),
            },
            Node::Abstract(layouts) => {
                let name = match value.get("__typename") {
                    Some(Value::Text(name)) => name.as_ref(),
                    _ => "",
                };
                match layouts.iter().position(|(known, _)| known == name) {
                    Some(index) => {
                        self.out.push(ABSTRACT);
                        self.out.extend_from_slice(
                            &u16::try_from(index).expect("fewer than 65,536 possible types").to_le_bytes(),
                        );
                        self.object(&layouts[index].1, value, false);
                    }
                    None => self.refuse(),
                }
            }
        }
    }

    pub(super) fn refuse(&mut self) {
        self.invalid += 1;
        self.out.push(INVALID);
    }

    pub(super) fn reserve(&mut self, slots: usize) -> usize {
        let at = self.out.len();
        self.out.resize(at + self.ends.size() * slots, 0);
        at
    }

    pub(super) fn close(&mut self, ends: usize, index: usize, start: usize) {
        let end = self.out.len() - start;
        let at = ends + self.ends.size() * index;
        self.overran |= !self.ends.write(&mut self.out[at..], end);
    }
}
