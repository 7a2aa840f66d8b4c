//! How often something happened of late, counted without a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// A window is looked at in so many parts.
const PARTS: u64 = 10;
/// One part is going on and one is half over: as many places as parts would not do.
const PLACES: usize = PARTS as usize + 2;
/// Bits of each of the two counts.
const COUNT_BITS: u32 = 18;
const COUNT: u64 = (1 << COUNT_BITS) - 1;
const PART: u64 = (1 << (64 - 2 * COUNT_BITS)) - 1;

/// Counts of the last parts of a window. Each place is one number, which holds the part it speaks of, failures and all.
#[derive(Debug)]
pub(super) struct Window {
    base: Instant,
    part: Duration,
    places: [AtomicU64; PLACES],
}

/// What one part counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub all: u64,
    pub failed: u64,
}

impl Window {
    pub fn new(length: Duration, now: Instant) -> Window {
        let part = (length / PARTS as u32).max(Duration::from_millis(1));
        Window { base: now, part, places: Default::default() }
    }

    /// Counts one.
    pub fn add(&self, now: Instant, failed: bool) {
        let part = self.part_of(now);
        let add = |old| {
            let Counted { all, failed: before } = read(old, part).unwrap_or_default();
            Some(written(part, (all + 1).min(COUNT), (before + u64::from(failed)).min(COUNT)))
        };
        let _ = self.places[place(part)].fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// What the whole window holds, the part that is half over counted as a whole.
    pub fn sum(&self, now: Instant) -> Counted {
        self.parts(now).fold(Counted::default(), |sum, (_, part)| Counted {
            all: sum.all + part.all,
            failed: sum.failed + part.failed,
        })
    }

    /// When so many more fit under a limit; `None`: now.
    pub fn room(&self, now: Instant, limit: u64, more: u64) -> Option<Instant> {
        let mut held = self.sum(now).all;
        if held + more <= limit {
            return None;
        }
        // More than the window ever holds come one window after another.
        let (whole, more) = ((more - 1) / limit.max(1), (more - 1) % limit.max(1) + 1);
        let later = self.part * (PARTS as u32 + 1) * u32::try_from(whole).unwrap_or(u32::MAX);
        let mut free = now;
        for (part, counted) in self.parts(now) {
            if held + more <= limit {
                break;
            }
            held -= counted.all;
            free = self.base + self.part * u32::try_from(part + PARTS + 1).unwrap_or(u32::MAX);
        }
        free.checked_add(later)
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.places.iter().for_each(|place| place.store(0, Ordering::Relaxed));
    }

    /// The parts that the window reaches into, oldest first, with their numbers.
    fn parts(&self, now: Instant) -> impl Iterator<Item = (u64, Counted)> + '_ {
        let last = self.part_of(now);
        (last.saturating_sub(PARTS)..=last)
            .map(|part| (part, read(self.places[place(part)].load(Ordering::Relaxed), part).unwrap_or_default()))
    }

    fn part_of(&self, now: Instant) -> u64 {
        (now.saturating_duration_since(self.base).as_nanos() / self.part.as_nanos()) as u64
    }
}

fn place(part: u64) -> usize {
    (part % PLACES as u64) as usize
}

/// The counts, if they are of this part.
fn read(written: u64, part: u64) -> Option<Counted> {
    (written >> (2 * COUNT_BITS) == part & PART)
        .then_some(Counted { all: written & COUNT, failed: (written >> COUNT_BITS) & COUNT })
}

fn written(part: u64, all: u64, failed: u64) -> u64 {
    (part & PART) << (2 * COUNT_BITS) | failed << COUNT_BITS | all
}
