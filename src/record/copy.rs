//! Answers copied straight into records: no values between the source's bytes and ours.
//!
//! Where a mapping only picks, renames and groups, what it makes of a row is known before any row is there. An answer's
//! rows are then passed over once, what is wanted of each is noted by its place, and copied. Whatever is not plainly
//! right (a type that does not fit, a row that is none, a key twice) ends the copying: the answer is then read and
//! mapped as all others are, so that there is one judge of odd answers.

use std::collections::HashMap;

use super::build::Built;
use super::ends::Ends;
use super::key::Key;
use super::view::OBJECT;
use crate::catalog::{Connector, Node, Site, Slot, Ty};
use crate::mapping::{MAX_DEPTH, Straight};

mod form;
mod leaf;
mod lists;
mod rows;

use form::{Form, Way};
use lists::{Group, Item};
use rows::Rows;

/// The most bytes that are set aside for the records of an answer before they are written.
const MAX_FIRST_ROOM: usize = 1 << 20;

/// How the answers of one connector are copied.
#[derive(Debug)]
pub struct Copier {
    lead: Vec<String>,
    /// How many objects and lists a row's values stand in: those of the lead, the list of rows, the row.
    depth: u8,
    row: Form,
    becomes: Becomes,
    /// How many levels of keys its rows have, those of objects within them included.
    levels: usize,
}

/// What becomes of rows.
#[derive(Debug)]
enum Becomes {
    /// Each is the record of the key in its slots.
    Elements { needs: Vec<usize> },
    /// There is one, the record of the key that was asked for.
    Element { needs: Vec<usize> },
    /// Those of one key are the list in that key's record. `by` is the spot of the key in a row.
    Groups { by: usize, key: Way, key_at: usize, max: usize },
    /// All are the list that the one record holds.
    List { max: usize },
    /// There is one, the object that the one record holds.
    Object,
}

/// What was copied of an answer.
#[derive(Debug)]
pub struct Copied {
    /// Records by the position of their keys among those asked for. The others are absent.
    pub records: Vec<(usize, Built)>,
    /// Rows, or groups of them, that nobody asked for.
    pub strangers: usize,
    /// Properties that the mapping names and a row does not have.
    pub problems: usize,
}

impl Copier {
    /// How to copy the answers of a connector whose mapping is `straight`; None where they have to be mapped.
    pub fn new(connector: &Connector, straight: &Straight) -> Option<Copier> {
        let mut levels = 0;
        let slot_of = |field: &String| connector.gives.position(field);
        let needs = connector.needs.iter().map(slot_of).collect::<Option<Vec<usize>>>();
        let lead = straight.lead.clone();
        let depth = u8::try_from(lead.len() + 2).ok()?;
        // What may be nested more deeply than is read is left to those who say so.
        let copier = |row: Form, becomes, levels| {
            let deepest = depth.checked_add(row.level.deepest()).filter(|deepest| *deepest <= MAX_DEPTH);
            deepest.map(|_| Copier { lead, depth, row, becomes, levels })
        };
        if let Some(groups) = &straight.groups {
            let (key_at, values_at) = (slot_of(&groups.key)?, slot_of(&groups.values)?);
            let [key, values] = [&connector.gives.slots[key_at], &connector.gives.slots[values_at]];
            let is_batch = connector.batch.is_some() && connector.needs == [groups.key.clone()];
            if !is_batch || connector.gives.slots.len() != 2 || !is_scalar(key) {
                return None;
            }
            let (Ty::List { of, .. }, Node::Object(layout)) = (&values.ty, &values.node) else { return None };
            let Ty::Named { .. } = **of else { return None };
            let (row, by) = Form::grouped(&straight.row, layout, &groups.by, &mut levels)?;
            let key = Form::leaf(key)?;
            let becomes = Becomes::Groups { by, key, key_at, max: values.max.unwrap_or(usize::MAX) };
            return copier(row, becomes, levels);
        }
        if let Site::Field { .. } = connector.site {
            let [slot] = connector.gives.slots.as_slice() else { return None };
            let Node::Object(layout) = &slot.node else { return None };
            let becomes = match &slot.ty {
                _ if connector.batch.is_some() => return None,
                Ty::Named { .. } => Becomes::Object,
                Ty::List { of, .. } if matches!(**of, Ty::Named { .. }) => {
                    Becomes::List { max: slot.max.unwrap_or(usize::MAX) }
                }
                Ty::List { .. } => return None,
            };
            return copier(Form::new(&straight.row, layout, &mut levels)?, becomes, levels);
        }
        let is_key = |slot: &usize| is_scalar(&connector.gives.slots[*slot]);
        let needs = needs.filter(|needs| !needs.is_empty() && needs.iter().all(is_key))?;
        let row = Form::new(&straight.row, &connector.gives, &mut levels)?;
        let becomes = if connector.batch.is_some() { Becomes::Elements { needs } } else { Becomes::Element { needs } };
        copier(row, becomes, levels)
    }

    /// Copies an answer to `keys`, which differ. None where it has to be read and mapped, be it wrong or only odd.
    pub fn copy(&self, text: &str, keys: &[Key]) -> Option<Copied> {
        // An answer is mostly about as long as its records.
        let ends = Ends::reaching(text.len() / keys.len().max(1));
        match self.attempt(text, keys, ends)? {
            Ok(copied) => Some(copied),
            Err(Overran) => self.attempt(text, keys, Ends::Long)?.ok(),
        }
    }

    fn attempt(&self, text: &str, keys: &[Key], ends: Ends) -> Option<Result<Copied, Overran>> {
        // Rows that become lists are all written before any of those.
        let room = match self.becomes {
            Becomes::Groups { .. } | Becomes::List { .. } => text.len().min(MAX_FIRST_ROOM),
            _ => 512,
        };
        let mut copying = Copying {
            copier: self,
            rows: Rows::new(text, self.levels, room, ends),
            asked: Asked { keys, next: 0, places: HashMap::new() },
            told: vec![false; keys.len()],
            copied: Copied { records: Vec::with_capacity(keys.len()), strangers: 0, problems: 0 },
            items: Vec::new(),
            groups: Vec::new(),
        };
        copying.lead(&self.lead)?;
        copying.end()
    }
}

fn is_scalar(slot: &Slot) -> bool {
    matches!((&slot.ty, &slot.node), (Ty::Named { .. }, Node::Scalar(_)))
}

/// A record was too long for its ends.
struct Overran;

/// One answer while it is copied.
struct Copying<'c, 't> {
    copier: &'c Copier,
    rows: Rows<'t>,
    asked: Asked<'c>,
    /// By key, whether its record is there.
    told: Vec<bool>,
    copied: Copied,
    /// Rows that were written and are to become items of a list.
    items: Vec<Item>,
    groups: Vec<Group<'t>>,
}

/// The keys that were asked for.
struct Asked<'k> {
    keys: &'k [Key],
    /// Answers mostly follow the order of the question.
    next: usize,
    places: HashMap<&'k str, usize>,
}

impl<'k> Asked<'k> {
    fn place(&mut self, text: &str) -> Option<usize> {
        let place = match self.keys.get(self.next) {
            Some(key) if key.as_str() == text => self.next,
            _ => {
                if self.places.is_empty() {
                    self.places = self.keys.iter().enumerate().map(|(place, key)| (key.as_str(), place)).collect();
                }
                *self.places.get(text)?
            }
        };
        self.next = place + 1;
        Some(place)
    }
}

impl<'t> Copying<'_, 't> {
    /// Follows the keys that lead to the rows, copies those, and passes over the rest.
    fn lead(&mut self, keys: &[String]) -> Option<()> {
        let Some((wanted, further)) = keys.split_first() else { return self.all_rows() };
        let depth = u8::try_from(self.copier.lead.len() - further.len()).ok()?;
        if !self.rows.cursor.takes(b'{') {
            return None;
        }
        let mut found = false;
        let mut index = 0;
        while self.rows.cursor.has_more(b'}', index)? {
            index += 1;
            self.rows.cursor.blanks();
            let is_wanted = self.rows.cursor.key_is(wanted);
            if !is_wanted && self.rows.cursor.string()? {
                // With its escapes it may be the one that is wanted.
                return None;
            }
            if !self.rows.cursor.takes(b':') || is_wanted && std::mem::replace(&mut found, true) {
                return None;
            }
            if is_wanted {
                self.lead(further)?;
            } else {
                self.rows.cursor.pass(depth)?;
            }
        }
        found.then_some(())
    }

    fn all_rows(&mut self) -> Option<()> {
        self.rows.cursor.blanks();
        let is_one = matches!(self.copier.becomes, Becomes::Element { .. } | Becomes::Object);
        match self.rows.cursor.peek()? {
            b'{' if !matches!(self.copier.becomes, Becomes::Groups { .. } | Becomes::List { .. }) => self.row(),
            b'[' if !is_one => {
                self.rows.cursor.takes(b'[');
                let mut index = 0;
                while self.rows.cursor.has_more(b']', index)? {
                    self.row()?;
                    index += 1;
                }
                Some(())
            }
            _ => None,
        }
    }

    fn row(&mut self) -> Option<()> {
        let copier = self.copier;
        let spots = self.rows.spot(&copier.row, copier.depth)?;
        match &copier.becomes {
            Becomes::Elements { needs } | Becomes::Element { needs } => {
                self.rows.builder.begin(false);
                self.rows.object(&copier.row, spots)?;
                self.rows.forget(spots);
                let key = self.rows.key(copier.row.slots(), needs);
                self.element(key, matches!(copier.becomes, Becomes::Element { .. }))
            }
            Becomes::Object => {
                self.rows.builder.begin(false);
                let ends = self.rows.builder.reserve(1);
                let start = self.rows.builder.out.len();
                self.rows.builder.out.push(OBJECT);
                self.rows.object(&copier.row, spots)?;
                self.rows.builder.close(ends, 0, start);
                self.rows.forget(spots);
                self.record(0)
            }
            Becomes::Groups { .. } | Becomes::List { .. } => {
                let start = self.rows.builder.out.len();
                self.rows.builder.out.push(OBJECT);
                self.rows.object(&copier.row, spots)?;
                let end = self.rows.builder.out.len();
                let by = match copier.becomes {
                    Becomes::Groups { by, .. } => Some(self.rows.spots[spots + by]),
                    _ => None,
                };
                self.rows.forget(spots);
                let item = self.items.len();
                self.items.push(Item { start, end, found: self.rows.builder.take_found(), next: None });
                match by {
                    Some(spot) => self.group(item, spot),
                    None => Some(()),
                }
            }
        }
    }

    /// The record of a row, if somebody asked for it.
    fn element(&mut self, key: Option<String>, is_one: bool) -> Option<()> {
        let place = match key {
            // Where the answer says whose it is, it must be the one that was asked for.
            Some(key) if is_one => Some(self.asked.place(&key)?),
            Some(key) => self.asked.place(&key),
            None => is_one.then_some(0),
        };
        match place {
            Some(place) => self.record(place),
            None => {
                self.copied.strangers += 1;
                Some(())
            }
        }
    }

    /// Ends the record that was written. A second one of its key ends the copying.
    fn record(&mut self, place: usize) -> Option<()> {
        if std::mem::replace(self.told.get_mut(place)?, true) {
            return None;
        }
        self.copied.records.push((place, self.rows.builder.end(false)));
        Some(())
    }

    fn end(mut self) -> Option<Result<Copied, Overran>> {
        if !self.rows.cursor.is_over() {
            return None;
        }
        let rows = std::mem::take(&mut self.rows.builder.out);
        match &self.copier.becomes {
            Becomes::List { max } => {
                self.rows.builder.begin(false);
                let ends = self.rows.builder.reserve(1);
                let start = self.rows.builder.out.len();
                self.list(&rows, 0, self.items.len(), *max);
                self.rows.builder.close(ends, 0, start);
                self.record(0)?;
            }
            _ => self.groups(&rows)?,
        }
        self.copied.problems += self.rows.problems;
        Some(if self.rows.builder.overran() { Err(Overran) } else { Ok(self.copied) })
    }
}
