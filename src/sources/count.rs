//! What one connector's calls came to.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::record::Code;
use crate::telemetry::Histogram;

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
    /// Fields that records could hold and answers left out: most by design.
    pub missing: u64,
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

#[derive(Debug)]
pub(super) struct Counters {
    pub calls: Counter,
    pub keys: Counter,
    pub bytes: Counter,
    pub problems: Counter,
    pub missing: Counter,
    pub strangers: Counter,
    pub doubles: Counter,
    pub invalid: Counter,
    pub cut: Counter,
    /// Keys of one call.
    pub widths: Histogram,
    /// Calls that failed, by [`Code::ALL`].
    failures: [Counter; Code::ALL.len()],
}

impl Default for Counters {
    fn default() -> Counters {
        Counters {
            calls: Counter::default(),
            keys: Counter::default(),
            bytes: Counter::default(),
            problems: Counter::default(),
            missing: Counter::default(),
            strangers: Counter::default(),
            doubles: Counter::default(),
            invalid: Counter::default(),
            cut: Counter::default(),
            widths: Histogram::of_keys(),
            failures: Default::default(),
        }
    }
}

impl Counters {
    /// A call failed.
    pub fn failed(&self, code: Code) {
        let position = Code::ALL.iter().position(|known| *known == code);
        self.failures[position.expect("ALL lists every code")].add(1);
    }

    /// How many calls failed with each code.
    pub fn failures(&self) -> impl Iterator<Item = (Code, u64)> {
        Code::ALL.into_iter().zip(self.failures.iter().map(Counter::get))
    }

    pub fn tally(&self) -> Tally {
        Tally {
            calls: self.calls.get(),
            keys: self.keys.get(),
            bytes: self.bytes.get(),
            problems: self.problems.get(),
            missing: self.missing.get(),
            strangers: self.strangers.get(),
            doubles: self.doubles.get(),
            invalid: self.invalid.get(),
            cut: self.cut.get(),
        }
    }
}
