//! What an answer stands on: until when its parts are fresh, and which keys they came from.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::cache::{Lane, Mark};
use crate::record::{Key, Settled};

/// Notes what one request's answer stands on.
#[derive(Debug)]
pub struct Ledger {
    notes: Mutex<Notes>,
    wants_marks: bool,
}

#[derive(Debug, Default)]
struct Notes {
    oldest: Option<SystemTime>,
    until: Option<SystemTime>,
    marks: Vec<Mark>,
    /// Something is in it that is not fresh, or missing.
    is_spoilt: bool,
}

/// What a whole answer stands on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Basis {
    /// When the oldest of its fresh parts was true; `None` where there is none.
    pub oldest: Option<SystemTime>,
    /// The first moment at which a part of it is no longer fresh; `None` where none of it is.
    pub until: Option<SystemTime>,
    /// The keys of its fresh parts, their connectors and sources, each mark once.
    pub marks: Arc<[Mark]>,
    /// Whether all of its parts are fresh.
    pub is_whole: bool,
}

impl Ledger {
    /// An empty one. Marks are for whoever keeps the answer.
    pub fn new(wants_marks: bool) -> Ledger {
        Ledger { notes: Mutex::default(), wants_marks }
    }

    /// Notes the replies to some keys.
    pub(super) fn note<'s>(&self, lane: &Lane, replies: impl Iterator<Item = (&'s Key, &'s Settled)>) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let before = notes.marks.len();
        for (key, settled) in replies {
            match lane.good_until(key, settled) {
                Some(until) => {
                    notes.oldest = Some(notes.oldest.map_or(settled.as_of, |known| known.min(settled.as_of)));
                    notes.until = Some(notes.until.map_or(until, |known| known.min(until)));
                    if self.wants_marks {
                        notes.marks.push(lane.mark(key));
                    }
                }
                None => notes.is_spoilt = true,
            }
        }
        if notes.marks.len() > before {
            notes.marks.extend(lane.marks());
        }
    }

    /// Notes that something is missing that may be there at another time.
    pub(super) fn spoil(&self) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).is_spoilt = true;
    }

    /// What the answer stands on.
    pub fn close(self) -> Basis {
        let Notes { oldest, until, mut marks, is_spoilt } =
            self.notes.into_inner().unwrap_or_else(PoisonError::into_inner);
        marks.sort_unstable();
        marks.dedup();
        Basis { oldest, until, marks: marks.into(), is_whole: !is_spoilt }
    }
}
