//! What became of one look into the cache, by name.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};

/// What became of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A fresh record was there.
    Hit,
    /// A record past its age was served, while it is being refreshed.
    Stale,
    /// It is known that the source does not have the key.
    Negative,
    /// Somebody else is fetching it: their answer is awaited.
    Joined,
    /// Nothing was there: the asker fetches.
    Miss,
    /// Of the misses: another gateway had it, and nobody fetched.
    Shared,
    /// Of the misses and the stale: what was known still holds, says the source, and was not sent again.
    Revalidated,
    /// Of the misses and the stale: the source does not want its answer kept.
    Unkept,
    /// Of the misses: an older answer stood in, for the source failed or did not answer in time for somebody who waited.
    StoodIn,
    /// The cache was not to be used: the asker fetches.
    Bypass(Bypass),
}

/// Why the cache is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bypass {
    /// No `maxAge` is declared: an answer serves those who wait for it, and nobody later.
    NoMaxAge,
    /// The answer belongs to one caller.
    CallerScope,
}

/// How often each outcome was had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally([u64; Outcome::ALL.len()]);

impl Outcome {
    /// Every outcome.
    pub const ALL: [Outcome; 11] = [
        Outcome::Hit,
        Outcome::Stale,
        Outcome::Negative,
        Outcome::Joined,
        Outcome::Miss,
        Outcome::Shared,
        Outcome::Revalidated,
        Outcome::Unkept,
        Outcome::StoodIn,
        Outcome::Bypass(Bypass::NoMaxAge),
        Outcome::Bypass(Bypass::CallerScope),
    ];

    /// The outcome as metrics and logs name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Hit => "hit",
            Outcome::Stale => "stale",
            Outcome::Negative => "negative",
            Outcome::Joined => "joined",
            Outcome::Miss => "miss",
            Outcome::Shared => "shared",
            Outcome::Revalidated => "revalidated",
            Outcome::Unkept => "unkept",
            Outcome::StoodIn => "stood_in",
            Outcome::Bypass(Bypass::NoMaxAge) => "bypass_no_max_age",
            Outcome::Bypass(Bypass::CallerScope) => "bypass_caller_scope",
        }
    }

    fn position(self) -> usize {
        Outcome::ALL.iter().position(|outcome| *outcome == self).expect("ALL lists every outcome")
    }
}

impl Tally {
    /// How often `outcome` was had.
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.0[outcome.position()]
    }
}

/// Counters of one connector, added to from everywhere.
#[derive(Debug, Default)]
pub(super) struct Counters([AtomicU64; Outcome::ALL.len()]);

impl Counters {
    pub fn add(&self, outcome: Outcome) {
        self.0[outcome.position()].fetch_add(1, Ordering::Relaxed);
    }

    pub fn tally(&self) -> Tally {
        Tally(array::from_fn(|index| self.0[index].load(Ordering::Relaxed)))
    }
}
