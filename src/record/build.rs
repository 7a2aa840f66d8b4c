//! From a mapped value to a record: each leaf checked and serialised once.

use super::Record;
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
    out: Vec<u8>,
    invalid: u32,
    missing: u32,
    cut: bool,
    partial: bool,
}

impl Builder {
    /// A builder that has built nothing yet.
    pub fn new() -> Builder {
        Builder { out: Vec::with_capacity(512), ..Builder::default() }
    }

    /// Like [`build`], of an element that may be known to be incomplete or doubtful.
    pub fn build(&mut self, layout: &Layout, element: &Value<'_>, defects: Defects) -> Built {
        self.out.clear();
        (self.invalid, self.missing, self.cut, self.partial) = (0, 0, defects.cut, defects.cut);
        self.object(layout, element, true);
        let partial = self.partial || self.invalid > 0;
        // Copied into a box of its size: records are kept for long.
        let record = Record::new(self.out.as_slice().into(), partial, defects.doubled);
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
        let tag_at = self.out.len();
        let shown = items.len().min(max);
        let mut flags = if cut || shown < items.len() { LIST_CUT } else { 0 };
        self.out.extend_from_slice(&[LIST, 0]);
        let count_at = self.out.len();
        self.out.extend_from_slice(&[0; 4]);
        let ends = self.reserve(shown);
        let start = self.out.len();
        let mut kept = 0;
        for item in &items[..shown] {
            let before = self.out.len();
            self.wrapped(of, node, item, usize::MAX, false);
            let nothing = self.out.len() == before || self.out[before] == INVALID;
            if nothing && !of.nullable() {
                if self.out.len() == before {
                    self.invalid += 1;
                }
                self.out.truncate(before);
                flags |= LIST_DROPPED;
                continue;
            }
            self.close(ends, kept, start);
            kept += 1;
        }
        if kept < shown {
            // The offsets of dropped items are taken out again, so that a reader finds contents where it expects them.
            self.out.drain(ends + 4 * kept..ends + 4 * shown);
        }
        self.partial |= flags != 0;
        self.out[tag_at + 1] = flags;
        self.out[count_at..count_at + 4].copy_from_slice(&length(kept));
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

    fn refuse(&mut self) {
        self.invalid += 1;
        self.out.push(INVALID);
    }

    fn reserve(&mut self, slots: usize) -> usize {
        let at = self.out.len();
        self.out.resize(at + 4 * slots, 0);
        at
    }

    fn close(&mut self, ends: usize, index: usize, start: usize) {
        let end = length(self.out.len() - start);
        self.out[ends + 4 * index..ends + 4 * index + 4].copy_from_slice(&end);
    }
}

/// Offsets are 32 bits: a source's answer is capped far below 4 GiB.
fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).expect("answers are capped below 4 GiB").to_le_bytes()
}
