//! Trying again: only what reads, only what may pass by, never more than a share of all calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use super::chance;
use super::settings;

/// What one further try takes from the budget.
const TRY: u32 = 100;
/// The most that the budget holds: further tries that may come at once.
const MOST: u32 = 10 * TRY;

/// The further tries of one source.
#[derive(Debug)]
pub(super) struct Retry {
    settings: settings::Retry,
    /// In hundredths of a try: each call puts in its share, each further try takes one.
    budget: Arc<AtomicU32>,
    made: Arc<AtomicU64>,
}

impl Retry {
    pub fn new(settings: &settings::Retry) -> Retry {
        Retry { settings: settings.clone(), budget: Arc::new(AtomicU32::new(MOST)), made: Arc::default() }
    }

    /// Draws from the same budget as the one before it.
    pub fn take_over(&mut self, before: &Retry) {
        self.budget = before.budget.clone();
    }

    /// Counts on where an earlier one is.
    pub fn count_on(&mut self, before: &Retry) {
        self.made = before.made.clone();
    }

    /// A call is made that is no further try.
    pub fn first(&self) {
        // Mostly it is full, and a number that is only read costs the others nothing.
        if self.budget.load(Ordering::Relaxed) < MOST {
            let put_in = |held: u32| Some(held.saturating_add(self.settings.budget).min(MOST));
            let _ = self.budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, put_in);
        }
    }

    /// Whether there are any.
    pub fn is_on(&self) -> bool {
        self.settings.attempts > 0
    }

    /// Whether a status is worth a further try.
    pub fn is_passing(&self, status: u16) -> bool {
        self.settings.statuses.contains(&status)
    }

    /// How long to wait before one more try after so many; `None`: there is none. `left` is the time in which the try
    /// must begin. What is `free` is not drawn from the budget, and does not wait.
    pub fn after(&self, tries: u32, left: Option<Duration>, free: bool) -> Option<Duration> {
        if tries > self.settings.attempts {
            return None;
        }
        let longest = self.settings.backoff.0.saturating_mul(1 << (tries - 1).min(16)).min(self.settings.max_backoff.0);
        let wait = if free { Duration::ZERO } else { chance::up_to(longest) };
        if left.is_some_and(|left| left <= wait) {
            return None;
        }
        let take = |held: u32| held.checked_sub(TRY);
        if !free && self.budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_err() {
            return None;
        }
        self.made.fetch_add(1, Ordering::Relaxed);
        Some(wait)
    }

    /// Further tries since the start.
    pub fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }
}
