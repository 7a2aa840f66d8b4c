//! One object of an answer after another: what is wanted of it is noted by its place, then written.

use std::collections::HashMap;
use std::ops::Range;

use super::super::build::Builder;
use super::super::ends::Ends;
use super::super::view::{INVALID, OBJECT};
use super::form::{Form, Level, Target, Way};
use crate::mapping::{Cursor, Token};

/// No member of a level.
const NOBODY: u16 = u16::MAX;

/// The objects of one answer.
pub(super) struct Rows<'t> {
    pub cursor: Cursor<'t>,
    pub builder: Builder,
    /// Properties that the mapping names and an object does not have.
    pub problems: usize,
    /// Where the values stand that are wanted of the objects under way, inner ones behind outer ones.
    pub spots: Vec<Spot>,
    /// By level, what stood before the values of the last object, in their order: the next one mostly has the same.
    memories: Vec<Vec<Known<'t>>>,
    /// Where values were seen first.
    seen: HashMap<&'t str, usize>,
}

/// Where a value stands, and what it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub start: u32,
    /// 0 where there is none.
    pub end: u32,
    pub token: Token,
}

/// What stood before a value, from the end of the one before it, and which member that was.
struct Known<'t> {
    lead: &'t str,
    member: u16,
}

const NONE: Spot = Spot { start: 0, end: 0, token: Token::Null };

impl<'t> Rows<'t> {
    /// At the beginning of an answer; there is room for so many bytes of records before more is set aside.
    pub fn new(text: &'t str, levels: usize, room: usize, ends: Ends) -> Rows<'t> {
        Rows {
            cursor: Cursor::new(text),
            builder: Builder::with_room(room, ends),
            problems: 0,
            spots: Vec::new(),
            memories: (0..levels).map(|_| Vec::new()).collect(),
            seen: HashMap::new(),
        }
    }

    /// Passes over an object and notes what is wanted of it. Gives where its spots begin.
    pub fn spot(&mut self, form: &Form, depth: u8) -> Option<usize> {
        let base = self.spots.len();
        self.spots.resize(base + form.spots, NONE);
        self.cursor.count()?;
        self.level(&form.level, base, depth)?;
        Some(base)
    }

    /// The spots from `base` on are not needed any longer.
    pub fn forget(&mut self, base: usize) {
        self.spots.truncate(base);
    }

    fn level(&mut self, level: &Level, base: usize, depth: u8) -> Option<()> {
        if !self.cursor.takes(b'{') {
            return None;
        }
        let mut inner = 0;
        let mut index = 0;
        while let Some(member) = self.member(level, index)? {
            index += 1;
            match level.members.get(usize::from(member)).map(|member| &member.to) {
                None => _ = self.cursor.pass(depth + level.depth)?,
                Some(Target::Spots(spots)) => self.note(spots, base, depth + level.depth)?,
                Some(Target::Level(level)) => {
                    self.cursor.count()?;
                    inner += 1;
                    self.level(level, base, depth)?;
                }
            }
        }
        // Where one is missing, each path through it is a problem of its own: told by those who map.
        (inner == level.inner).then_some(())
    }

    /// Passes over a value. Answers are capped far below 4 GiB; longer ones are left to others.
    fn passed(&mut self, depth: u8) -> Option<Spot> {
        let start = self.cursor.at();
        let token = self.cursor.pass(depth)?;
        Some(Spot { start: u32::try_from(start).ok()?, end: u32::try_from(self.cursor.at()).ok()?, token })
    }

    /// The value at a spot, as it stands.
    pub fn text(&self, spot: Spot) -> Option<&'t str> {
        self.cursor.between(spot.start as usize, spot.end as usize)
    }

    #[inline]
    fn note(&mut self, spots: &[usize], base: usize, depth: u8) -> Option<()> {
        let spot = self.passed(depth)?;
        for place in spots {
            let noted = &mut self.spots[base + place];
            // The last of equal keys wins; who maps knows how.
            if std::mem::replace(noted, spot).end != 0 {
                return None;
            }
        }
        Some(())
    }

    /// Passes over whatever stands before the value at `index` of its object, its key above all, and says which member of
    /// the level that is. Some(None): the object ends.
    fn member(&mut self, level: &Level, index: usize) -> Option<Option<u16>> {
        if let Some(known) = self.memories[level.number].get(index)
            && self.cursor.skips(known.lead)
        {
            return Some(Some(known.member));
        }
        let before = self.cursor.at();
        if !self.cursor.has_more(b'}', index)? {
            return Some(None);
        }
        self.cursor.blanks();
        let start = self.cursor.at();
        if self.cursor.string()? {
            return None;
        }
        let key = self.cursor.between(start + 1, self.cursor.at() - 1)?;
        let place = level.members.iter().position(|member| member.key == key);
        let member = place.map_or(Some(NOBODY), |place| u16::try_from(place).ok())?;
        if !self.cursor.takes(b':') {
            return None;
        }
        self.cursor.blanks();
        let known = Known { lead: self.cursor.between(before, self.cursor.at())?, member };
        let memory = &mut self.memories[level.number];
        match memory.get_mut(index) {
            Some(old) => *old = known,
            None => memory.push(known),
        }
        Some(Some(member))
    }

    /// Writes an object whose values are noted from `base` on.
    pub fn object(&mut self, form: &Form, base: usize) -> Option<()> {
        let ends = self.builder.reserve(form.ways.len());
        let start = self.builder.out.len();
        for (index, way) in form.ways.iter().enumerate() {
            let spot = self.spots[base + index];
            if spot.end == 0 {
                self.builder.missing += 1;
                self.problems += usize::from(!form.optional[index]);
            } else if spot.token == Token::Null {
                self.builder.missing += u32::from(form.optional[index]);
            } else if !self.copied(way, spot) {
                self.value(way, spot)?;
            }
            self.builder.close(ends, index, start);
        }
        Some(())
    }

    fn value(&mut self, way: &Way, spot: Spot) -> Option<()> {
        match (way, spot.token) {
            (_, Token::Null) => Some(()),
            (Way::Object(form), Token::Object) => {
                self.builder.out.push(OBJECT);
                self.within(spot, |rows| {
                    // Nesting was counted when what it stands in was passed over.
                    let base = rows.spot(form, 0)?;
                    rows.object(form, base)?;
                    rows.forget(base);
                    Some(())
                })
            }
            (Way::List { of, nullable, max }, Token::List) => self.list(spot, of, *nullable, *max),
            (Way::Missing | Way::Object(_) | Way::List { .. }, _) => None,
            (way, _) => self.leaf(way, spot),
        }
    }

    fn list(&mut self, spot: Spot, of: &Way, nullable: bool, max: usize) -> Option<()> {
        let base = self.spots.len();
        self.within(spot, |rows| {
            rows.cursor.takes(b'[');
            while rows.cursor.has_more(b']', rows.spots.len() - base)? {
                rows.cursor.blanks();
                let spot = rows.passed(0)?;
                rows.spots.push(spot);
            }
            Some(())
        })?;
        let count = self.spots.len() - base;
        let mut list = self.builder.open_list(count, max, false);
        for item in base..base + count.min(max) {
            let before = self.builder.out.len();
            self.value(of, self.spots[item])?;
            self.builder.close_item(&mut list, before, nullable);
        }
        self.builder.close_list(list);
        self.forget(base);
        Some(())
    }

    /// Does something where a value begins, and comes back.
    fn within(&mut self, spot: Spot, work: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        let here = self.cursor.at();
        self.cursor.go(spot.start as usize);
        work(self)?;
        self.cursor.go(here);
        Some(())
    }

    /// The key that an object just written has, by its slots; None where one of them holds no value.
    pub fn key(&self, slots: usize, needs: &[usize]) -> Option<String> {
        let ends = self.builder.ends();
        let first = ends.size() * slots;
        let end = |slot: usize| first + ends.read(&self.builder.out, slot);
        let place = |slot: &usize| (if *slot == 0 { first } else { end(slot - 1) })..end(*slot);
        match needs {
            [slot] => self.key_text(&[place(slot)]),
            needs => self.key_text(&needs.iter().map(place).collect::<Vec<_>>()),
        }
    }

    /// The key whose components were written at these places.
    pub fn key_text(&self, places: &[Range<usize>]) -> Option<String> {
        let mut text = String::with_capacity(32);
        text.push('[');
        for (index, place) in places.iter().enumerate() {
            let component = self.builder.out.get(place.clone())?;
            if component.first().is_none_or(|first| *first == INVALID) {
                return None;
            }
            text.push_str(if index > 0 { "," } else { "" });
            text.push_str(std::str::from_utf8(component).ok()?);
        }
        text.push(']');
        Some(text)
    }

    /// A string without escapes, or a whole number, as it stands.
    pub fn plain(&self, spot: Spot) -> Option<&'t str> {
        matches!(spot.token, Token::Text | Token::Int | Token::Long).then(|| self.text(spot))?
    }

    /// The number under which a value is known; else it becomes known under this one.
    pub fn known(&mut self, value: &'t str, number: usize) -> Option<usize> {
        let known = *self.seen.entry(value).or_insert(number);
        (known != number).then_some(known)
    }
}
