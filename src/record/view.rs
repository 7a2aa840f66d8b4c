//! A record's bytes, and how they are read.
//!
//! An object is the end offsets of its slots ([`Ends`], from the first content byte) and then the
//! contents. A content is empty for null, JSON text for a leaf, and else starts with one of the tags below.

use std::sync::Arc;

use super::ends::Ends;
use crate::catalog::{Layout, Node, Slot};
use crate::mapping::Value;

/// A value that did not fit the contract's type.
pub(super) const INVALID: u8 = 0x01;
/// A list: flags, number of items (u32), end offsets, contents.
pub(super) const LIST: u8 = 0x02;
/// An object.
pub(super) const OBJECT: u8 = 0x03;
/// An object of one of several types: index of its layout (u16), then the object.
pub(super) const ABSTRACT: u8 = 0x04;
/// List flag: there were more items than were kept.
pub(super) const LIST_CUT: u8 = 0b01;
/// List flag: items that did not fit were dropped.
pub(super) const LIST_DROPPED: u8 = 0b10;

/// One contribution, mapped and coerced: what one connector gives for one key.
/// Its layout is the connector's; the bytes alone do not say which. Clones are the same record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its bytes, and one more for what is known of the whole: records are many and kept for long, so one allocation each.
    held: Arc<[u8]>,
}

/// Anything in it was cut, dropped or invalid.
const PARTIAL: u8 = 0b01;
/// The answer held its key twice.
const DOUBLED: u8 = 0b10;
/// Its end offsets are long.
const LONG: u8 = 0b100;

impl Record {
    /// Of bytes in a buffer that is of no use afterwards.
    pub(super) fn new(bytes: &mut Vec<u8>, ends: Ends, partial: bool, doubled: bool) -> Record {
        let flags = [(partial, PARTIAL), (doubled, DOUBLED), (ends == Ends::Long, LONG)];
        bytes.push(flags.iter().map(|(is_set, flag)| if *is_set { *flag } else { 0 }).sum());
        // Copied into an allocation of its size.
        Record { held: bytes.as_slice().into() }
    }

    /// A record whose bytes were kept elsewhere, as [`Record::as_bytes`] gave them. They have to be those: what is read of
    /// others has no meaning.
    pub fn kept(bytes: &[u8]) -> Record {
        Record { held: bytes.into() }
    }

    /// Whether the answer held its key twice, so that the first one won.
    pub fn is_doubled(&self) -> bool {
        self.flags() & DOUBLED != 0
    }

    /// Whether anything in it was cut, dropped or invalid.
    pub fn is_partial(&self) -> bool {
        self.flags() & PARTIAL != 0
    }

    /// Bytes held, the bookkeeping of the allocation not counted.
    pub fn size(&self) -> usize {
        self.held.len()
    }

    /// All that it is, for a shared cache tier.
    pub fn as_bytes(&self) -> &[u8] {
        &self.held
    }

    /// What its fields are read of.
    fn contents(&self) -> &[u8] {
        self.held.split_last().map_or(&[], |(_, bytes)| bytes)
    }

    fn flags(&self) -> u8 {
        self.held.last().copied().unwrap_or_default()
    }

    fn ends(&self) -> Ends {
        if self.flags() & LONG != 0 { Ends::Long } else { Ends::Short }
    }

    /// Its fields, read by the connector's layout.
    pub fn view<'r>(&'r self, layout: &'r Layout) -> View<'r> {
        self.view_at(layout, Place { start: 0, end: self.contents().len() })
    }

    /// An object inside it, found again by its place and the layout it was read by.
    pub fn view_at<'r>(&'r self, layout: &'r Layout, place: Place) -> View<'r> {
        View { layout, whole: self.contents(), place, ends: self.ends() }
    }
}

/// Where an object stands in its record: valid for that record only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    start: usize,
    end: usize,
}

/// An object inside a record.
#[derive(Clone, Copy, Debug)]
pub struct View<'r> {
    layout: &'r Layout,
    whole: &'r [u8],
    place: Place,
    ends: Ends,
}

impl<'r> View<'r> {
    /// The layout it is read by.
    pub fn layout(&self) -> &'r Layout {
        self.layout
    }

    /// Where it stands in its record.
    pub fn place(&self) -> Place {
        self.place
    }

    /// The content of a slot by position.
    pub fn slot(&self, index: usize) -> Content<'r> {
        let Some(slot) = self.layout.slots.get(index) else { return Content::Null };
        content(self.whole, self.member(index), slot, self.ends)
    }

    /// The JSON of a leaf by position, without a byte where it is null. None: there is something else.
    #[inline]
    pub fn leaf(&self, index: usize) -> Option<&'r [u8]> {
        if index >= self.layout.slots.len() {
            return Some(&[]);
        }
        let place = self.member(index);
        let bytes = &self.whole[place.start..place.end];
        bytes.first().is_none_or(|first| *first > ABSTRACT).then_some(bytes)
    }

    #[inline]
    fn member(&self, index: usize) -> Place {
        member(self.whole, self.place, self.ends, self.layout.slots.len(), index)
    }

    /// The content of a field; `Null` where the layout does not have it.
    pub fn field(&self, name: &str) -> Content<'r> {
        self.layout.position(name).map_or(Content::Null, |index| self.slot(index))
    }
}

/// What stands in a slot or list.
#[derive(Clone, Copy, Debug)]
pub enum Content<'r> {
    /// Null, or nothing.
    Null,
    /// A value was there and did not fit the contract's type.
    Invalid,
    /// A leaf: JSON text.
    Json(&'r [u8]),
    /// An object.
    Object(View<'r>),
    /// A list.
    List(Items<'r>),
}

impl<'r> Content<'r> {
    /// A leaf parsed again, for filters, keys and cursors.
    pub fn value(&self) -> Option<Value<'r>> {
        match self {
            Content::Json(json) => Value::read(json).ok(),
            _ => None,
        }
    }
}

/// A list inside a record.
#[derive(Clone, Copy, Debug)]
pub struct Items<'r> {
    slot: &'r Slot,
    flags: u8,
    count: usize,
    whole: &'r [u8],
    place: Place,
    ends: Ends,
}

impl<'r> Items<'r> {
    /// How many items are kept.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether there were more than are kept.
    pub fn is_cut(&self) -> bool {
        self.flags & LIST_CUT != 0
    }

    /// Whether items that did not fit were dropped.
    pub fn has_dropped(&self) -> bool {
        self.flags & LIST_DROPPED != 0
    }

    /// The item at a position below [`Items::len`].
    pub fn get(&self, index: usize) -> Content<'r> {
        content(self.whole, member(self.whole, self.place, self.ends, self.count, index), self.slot, self.ends)
    }

    /// All items in order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = Content<'r>> {
        (0..self.count).map(move |index| self.get(index))
    }
}

fn content<'r>(whole: &'r [u8], place: Place, slot: &'r Slot, ends: Ends) -> Content<'r> {
    let bytes = &whole[place.start..place.end];
    let inner = |skip: usize| Place { start: place.start + skip, end: place.end };
    match bytes.first() {
        None => Content::Null,
        Some(&INVALID) => Content::Invalid,
        Some(&LIST) => {
            let count = u32::from_le_bytes([bytes[2], bytes[3], bytes[4], bytes[5]]) as usize;
            Content::List(Items { slot, flags: bytes[1], count, whole, place: inner(6), ends })
        }
        Some(&OBJECT) => match &slot.node {
            Node::Object(layout) => Content::Object(View { layout, whole, place: inner(1), ends }),
            _ => Content::Invalid,
        },
        Some(&ABSTRACT) => match &slot.node {
            Node::Abstract(layouts) => {
                let index = usize::from(u16::from_le_bytes([bytes[1], bytes[2]]));
                layouts.get(index).map_or(Content::Invalid, |(_, layout)| {
                    Content::Object(View { layout, whole, place: inner(3), ends })
                })
            }
            _ => Content::Invalid,
        },
        Some(_) => Content::Json(bytes),
    }
}

/// The place of one of `count` members, whose end offsets stand at the start of `place`.
#[inline]
fn member(whole: &[u8], place: Place, ends: Ends, count: usize, index: usize) -> Place {
    let first = place.start + ends.size() * count;
    let table = &whole[place.start..first];
    let end = |index: usize| first + ends.read(table, index);
    Place { start: if index == 0 { first } else { end(index - 1) }, end: end(index) }
}
