//! What came before, known by hash alone: enough where being wrong costs time and nothing else.

use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};

use ahash::RandomState;

/// So many things are known at most: 32 kB.
const PLACES: usize = 4096;

/// Hashes, each in the place that it points at: the later takes it.
pub(super) struct Seen {
    places: Box<[AtomicU64]>,
    hasher: RandomState,
}

impl Seen {
    pub(super) fn new() -> Seen {
        Seen { places: (0..PLACES).map(|_| AtomicU64::default()).collect(), hasher: RandomState::new() }
    }

    /// Whether it came before, as far as is known; from now on it did.
    pub(super) fn again(&self, thing: &(impl Hash + ?Sized)) -> bool {
        let hash = self.hasher.hash_one(thing);
        self.places[hash as usize % PLACES].swap(hash, Ordering::Relaxed) == hash
    }
}
