//! What one connector's calls came to.

use std::sync::atomic::{AtomicU64, Ordering};

/// Totals of one connector since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// HTTP exchanges, pages counted one by one; those for tokens are not among them.
    pub calls: u64,
    /// Keys carried by calls.
    pub keys: u64,
    /// Bytes of answers' bodies.
    pub bytes: u64,
    /// Things that went wrong while mappings ran.
    pub problems: u64,
    /// Elements of answers whose key nobody asked for, or that had none.
    pub strangers: u64,
    /// Elements whose key another element of the answer had already.
    pub doubles: u64,
    /// Values that did not fit the contract's types.
    pub invalid: u64,
    /// Answers that were cut at the most pages.
    pub cut: u64,
}

/// One number that grows.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, amount: usize) {
        self.0.fetch_add(amount as u64, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub calls: Counter,
    pub keys: Counter,
    pub bytes: Counter,
    pub problems: Counter,
    pub strangers: Counter,
    pub doubles: Counter,
    pub invalid: Counter,
    pub cut: Counter,
}

impl Counters {
    pub fn tally(&self) -> Tally {
        Tally {
            calls: self.calls.get(),
            keys: self.keys.get(),
            bytes: self.bytes.get(),
            problems: self.problems.get(),
            strangers: self.strangers.get(),
            doubles: self.doubles.get(),
            invalid: self.invalid.get(),
            cut: self.cut.get(),
        }
    }
}
