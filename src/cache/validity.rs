//! Whether what was made of records still stands: nothing of it was forgotten since.
//!
//! Nothing is looked for when something is to be forgotten: a number is written down, and whatever was looked for before
//! that number is of no use from then on. So forgetting costs the same for one key as for a source of a million.

use std::sync::atomic::{AtomicU64, Ordering};

use ahash::RandomState;

use super::target::Target;
use crate::record::Key;

/// Keys are noted by groups of them, so many.
const GROUPS: usize = 1 << 14;
/// Connectors and sources are noted by families of them.
const FAMILIES: usize = 1 << 12;
/// Once more for connectors: that anything at all of them was forgotten.
const TOUCHED: usize = GROUPS + FAMILIES;

/// A point in the order of invalidations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    /// The same as a number that only grows.
    pub fn number(self) -> u64 {
        self.0
    }
}

/// A group of keys, a connector or a source, as invalidations are noted. Marks are shared by chance, so what is made of
/// a record may be dropped for another one's sake, and is never kept against its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u16);

/// When things were last forgotten, by mark.
pub(super) struct Validity {
    hasher: RandomState,
    last: AtomicU64,
    all: AtomicU64,
    noted: Box<[AtomicU64]>,
}

impl Validity {
    pub fn new() -> Validity {
        let noted = (0..TOUCHED + FAMILIES).map(|_| AtomicU64::new(0)).collect();
        Validity { hasher: RandomState::new(), last: AtomicU64::new(0), all: AtomicU64::new(0), noted }
    }

    pub fn now(&self) -> Moment {
        Moment(self.last.load(Ordering::SeqCst))
    }

    pub fn key(&self, definition: u64, key: &Key) -> Mark {
        Mark((self.hasher.hash_one((definition, key)) % GROUPS as u64) as u16)
    }

    pub fn connector(&self, definition: u64) -> Mark {
        Mark((GROUPS + self.family(b'c', definition)) as u16)
    }

    pub fn source(&self, fingerprint: u64) -> Mark {
        Mark((GROUPS + self.family(b's', fingerprint)) as u16)
    }

    /// Notes that something is forgotten. What was looked for before this call no longer stands once it returns.
    pub fn end(&self, target: Target<'_>) {
        // The number is taken first: whoever looks from now on asks the source, and sees what it says now.
        let now = self.last.fetch_add(1, Ordering::SeqCst) + 1;
        let note = |at: usize| _ = self.noted[at].fetch_max(now, Ordering::SeqCst);
        match target {
            Target::Everything => _ = self.all.fetch_max(now, Ordering::SeqCst),
            Target::Source(fingerprint) => note(self.source(fingerprint).0.into()),
            Target::Connector(definition) => {
                note(TOUCHED + self.family(b'c', definition));
                note(self.connector(definition).0.into());
            }
            Target::Key { definition, key } => {
                note(TOUCHED + self.family(b'c', definition));
                note(self.key(definition, key).0.into());
            }
        }
    }

    /// Whether nothing at all was forgotten after `since`.
    pub fn is_still(&self, since: Moment) -> bool {
        self.last.load(Ordering::SeqCst) <= since.0
    }

    /// Whether nothing with these marks was forgotten after `since`.
    pub fn holds(&self, since: Moment, marks: &[Mark]) -> bool {
        let stands = |at: &AtomicU64| at.load(Ordering::SeqCst) <= since.0;
        // Mostly nothing at all was.
        self.is_still(since) || (stands(&self.all) && marks.iter().all(|mark| stands(&self.noted[usize::from(mark.0)])))
    }

    /// The last time that anything of a connector was forgotten, by its mark and its source's.
    pub fn touched(&self, [connector, source]: [Mark; 2]) -> Moment {
        let at = |at: &AtomicU64| at.load(Ordering::SeqCst);
        let own = &self.noted[TOUCHED - GROUPS + usize::from(connector.0)];
        Moment(at(&self.all).max(at(own)).max(at(&self.noted[usize::from(source.0)])))
    }

    fn family(&self, kind: u8, number: u64) -> usize {
        (self.hasher.hash_one((kind, number)) % FAMILIES as u64) as usize
    }
}
