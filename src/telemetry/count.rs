//! Numbers that grow: a single one, and how values spread. Adding is one or two relaxed atomic additions.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper ends of buckets of times, in microseconds: from what a kept answer takes to what a deadline allows.
const TIMES_US: [u64; 15] = [
    100, 250, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 10_000_000,
    30_000_000,
];
/// Upper ends of buckets of keys in one call.
const KEYS: [u64; 10] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

/// One number that grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds one.
    pub fn tick(&self) {
        self.add(1);
    }

    /// Adds an amount.
    pub fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// What it has come to.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How values spread over buckets that are fixed.
#[derive(Debug)]
pub struct Histogram {
    ends: &'static [u64],
    /// One more than ends: the last is of what is beyond all of them.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
    /// What one of the unit in which values are told is in the unit in which they are kept.
    scale: f64,
}

/// What a histogram has come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// Upper end and count of each bucket, its own values only; the last end is infinite.
    pub buckets: Vec<(f64, u64)>,
    /// All values together.
    pub sum: f64,
}

impl Histogram {
    /// Of times, told in seconds.
    pub fn of_times() -> Histogram {
        Histogram::new(&TIMES_US, 1e6)
    }

    /// Of keys in one call.
    pub fn of_keys() -> Histogram {
        Histogram::new(&KEYS, 1.0)
    }

    fn new(ends: &'static [u64], scale: f64) -> Histogram {
        let counts = (0..=ends.len()).map(|_| AtomicU64::new(0)).collect();
        Histogram { ends, counts, sum: AtomicU64::new(0), scale }
    }

    /// Adds one value, in the unit in which values are kept.
    pub fn add(&self, value: u64) {
        let bucket = self.ends.partition_point(|end| *end < value);
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Adds a time.
    pub fn time(&self, took: Duration) {
        self.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX >> 20));
    }

    /// How many values there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// What it has come to.
    pub fn spread(&self) -> Spread {
        let ends = self.ends.iter().map(|end| *end as f64 / self.scale).chain([f64::INFINITY]);
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        let sum = self.sum.load(Ordering::Relaxed) as f64 / self.scale;
        Spread { buckets: ends.zip(counts).collect(), sum }
    }
}
