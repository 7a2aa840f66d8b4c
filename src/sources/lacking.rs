//! Requests that lack something because a queue was full. Their other keys give way to those of requests that may still
//! be answered whole, lest queues that are full at the same time spend what they have on parts.

use std::sync::atomic::{AtomicU64, Ordering};

use super::order::{Seat, Wanted};

/// How many requests are remembered: each until one comes that many later which lacks something too.
const REMEMBERED: usize = 1_024;
/// No request's number.
const NOBODY: u64 = u64::MAX;

/// The requests of late that lack something, by their numbers.
pub(super) struct Lacking(Box<[AtomicU64]>);

impl Default for Lacking {
    fn default() -> Lacking {
        Lacking((0..REMEMBERED).map(|_| AtomicU64::new(NOBODY)).collect())
    }
}

impl Lacking {
    /// A key of this request is refused. Whoever has an older answer lacks nothing.
    pub fn note(&self, seat: &Seat) {
        if let Some(asker) = seat.waiting.asker().filter(|_| seat.wanted() != Wanted::Newer) {
            self.place(asker.number).store(asker.number, Ordering::Relaxed);
        }
    }

    /// Whether its request lacks something already.
    pub fn has(&self, seat: &Seat) -> bool {
        seat.waiting.asker().is_some_and(|asker| self.place(asker.number).load(Ordering::Relaxed) == asker.number)
    }

    /// Whether a key that waits is of use to nobody but a request that lacks something.
    pub fn gives_way(&self, seat: &Seat) -> bool {
        self.has(seat) && seat.wanted() != Wanted::ByOthers
    }

    fn place(&self, number: u64) -> &AtomicU64 {
        &self.0[(number % REMEMBERED as u64) as usize]
    }
}
