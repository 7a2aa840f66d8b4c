//! Whether what was made of records still stands: nothing of it was invalidated since.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use super::key::CacheKey;

/// Invalidations are noted by groups of keys, so many of them.
const GROUPS: usize = 1 << 14;

/// A point in the order of invalidations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

/// The group of keys that a record's key is in. Groups are shared by chance, so what is made of a record may be dropped
/// for another one's sake, and is never kept against its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u32);

/// When keys were last invalidated, by group.
pub(super) struct Validity {
    hasher: RandomState,
    last: AtomicU64,
    all: AtomicU64,
    groups: Box<[AtomicU64]>,
}

impl Validity {
    pub fn new() -> Validity {
        let groups = (0..GROUPS).map(|_| AtomicU64::new(0)).collect();
        Validity { hasher: RandomState::new(), last: AtomicU64::new(0), all: AtomicU64::new(0), groups }
    }

    pub fn now(&self) -> Moment {
        Moment(self.last.load(Ordering::SeqCst))
    }

    pub fn mark(&self, key: &CacheKey) -> Mark {
        Mark((self.hasher.hash_one(key) % GROUPS as u64) as u32)
    }

    /// Notes that a key was invalidated; called once its record is gone, so that whoever asks later sees neither.
    pub fn end(&self, key: &CacheKey) {
        let now = self.next();
        self.groups[self.mark(key).0 as usize].fetch_max(now, Ordering::SeqCst);
    }

    /// The same for every key.
    pub fn end_all(&self) {
        let now = self.next();
        self.all.fetch_max(now, Ordering::SeqCst);
    }

    /// Whether none of the keys was invalidated after `since`.
    pub fn holds(&self, since: Moment, marks: &[Mark]) -> bool {
        let stands = |at: &AtomicU64| at.load(Ordering::SeqCst) <= since.0;
        stands(&self.all) && marks.iter().all(|mark| stands(&self.groups[mark.0 as usize]))
    }

    fn next(&self) -> u64 {
        self.last.fetch_add(1, Ordering::SeqCst) + 1
    }
}
