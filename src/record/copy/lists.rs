//! Rows that become lists: all of them one, or those of a key that key's.

use super::super::build::Found;
use super::rows::Spot;
use super::{Becomes, Copying};

/// A row among what was written, and the next one of its group.
pub(super) struct Item {
    pub start: usize,
    pub end: usize,
    pub found: Found,
    pub next: Option<usize>,
}

/// Rows of one key, by the first and the last of them.
pub(super) struct Group<'t> {
    by: &'t str,
    spot: Spot,
    first: usize,
    last: usize,
    count: usize,
}

impl<'t> Copying<'_, 't> {
    /// Puts a row into its group.
    pub(super) fn group(&mut self, item: usize, spot: Spot) -> Option<()> {
        let by = self.rows.plain(spot)?;
        // One kind of key in one answer: 7 and "7" are two groups and one key.
        if self.groups.first().is_some_and(|group| group.by.starts_with('"') != by.starts_with('"')) {
            return None;
        }
        let known = match self.groups.last() {
            Some(last) if last.by == by => Some(self.groups.len() - 1),
            _ => self.rows.known(by, self.groups.len()),
        };
        match known {
            Some(known) => {
                let group = &mut self.groups[known];
                self.items[group.last].next = Some(item);
                group.last = item;
                group.count += 1;
            }
            None => self.groups.push(Group { by, spot, first: item, last: item, count: 1 }),
        }
        Some(())
    }

    /// The records of groups.
    pub(super) fn groups(&mut self, rows: &[u8]) -> Option<()> {
        let Becomes::Groups { key, key_at, max, .. } = &self.copier.becomes else { return Some(()) };
        for group in std::mem::take(&mut self.groups) {
            let builder = &mut self.rows.builder;
            builder.begin(false);
            let ends = builder.reserve(2);
            let start = builder.out.len();
            let mut written = 0..0;
            for slot in 0..2 {
                if slot == *key_at {
                    let before = self.rows.builder.out.len();
                    self.rows.leaf(key, group.spot)?;
                    written = before..self.rows.builder.out.len();
                } else {
                    self.list(rows, group.first, group.count, *max);
                }
                self.rows.builder.close(ends, slot, start);
            }
            match self.rows.key_text(std::slice::from_ref(&written)).and_then(|key| self.asked.place(&key)) {
                Some(place) => self.record(place)?,
                None => self.copied.strangers += 1,
            }
        }
        Some(())
    }

    /// Writes rows as a list, from `first` on along their group or, where they are in none, one after another.
    pub(super) fn list(&mut self, rows: &[u8], first: usize, count: usize, max: usize) {
        // What rows take on the average, and the ends of so many.
        let room = rows.len() / self.items.len().max(1) * count + self.rows.builder.ends().size() * count;
        self.rows.builder.out.reserve(room);
        let mut list = self.rows.builder.open_list(count, max, false);
        let mut at = first;
        for _ in 0..count.min(max) {
            let Item { start, end, found, next } = &self.items[at];
            let before = self.rows.builder.out.len();
            self.rows.builder.out.extend_from_slice(&rows[*start..*end]);
            self.rows.builder.add_found(*found);
            self.rows.builder.close_item(&mut list, before, true);
            at = next.unwrap_or(at + 1);
        }
        self.rows.builder.close_list(list);
    }
}
