//! How many calls of a source are under way at once: as many as are set, and fewer while it shows that they are too many.
//!
//! A source that is overrun answers with errors, later and later, or not at all; who goes on asking at the same pace only makes it
//! worse. So each sign of strain takes a quarter of what may be under way, and each answer that comes at ease gives back
//! a part of a call, one whole call for as many answers as calls may be under way. Nothing is held back as a rule, and
//! then all of this is one number that is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::settings;

/// One call, as it is counted here.
const WHOLE: u32 = 100;
/// Nothing is held back.
const FREE: u32 = u32::MAX;
/// Exchanges that take this much longer than the fastest are not slow yet, however fast those are.
const GRACE: Duration = Duration::from_millis(100);

/// The calls of one source that may be under way.
#[derive(Debug)]
pub(super) struct Limit {
    /// `None` where it is as set, whatever happens.
    settings: Option<settings::Adapt>,
    most: u32,
    held: Arc<Held>,
}

/// What is held back, for all limits that took each other's place.
#[derive(Debug)]
struct Held {
    base: Instant,
    /// Calls that may be under way, in hundredths, or [`FREE`].
    calls: AtomicU32,
    /// The latest sign of strain, in nanoseconds since `base`.
    strained: AtomicU64,
}

/// How long exchanges of one connector take.
#[derive(Debug, Default)]
pub(in crate::sources) struct Tempo {
    /// The fastest in microseconds, which rises while all are slower; zero before there was one.
    least: AtomicU64,
    /// Those of late in microseconds.
    usual: AtomicU64,
}

impl Limit {
    pub fn new(most: usize, settings: &settings::Adapt, now: Instant) -> Limit {
        let held = Held { base: now, calls: AtomicU32::new(FREE), strained: AtomicU64::new(0) };
        let most = u32::try_from(most).unwrap_or(u32::MAX).min(FREE / WHOLE - 1);
        Limit { settings: settings.enabled.then(|| settings.clone()), most, held: Arc::new(held) }
    }

    /// Holds back what the limit before it does, and shares with it what either still learns.
    pub fn take_over(&mut self, before: &Limit) {
        self.held = before.held.clone();
    }

    /// How many may be under way.
    pub fn calls(&self) -> usize {
        let calls = match (&self.settings, self.held.calls.load(Ordering::Relaxed)) {
            (None, _) | (_, FREE) => self.most,
            (Some(settings), calls) => (calls / WHOLE).max(settings.least.get()).min(self.most),
        };
        calls as usize
    }

    /// An exchange that began at `begun` shows that the source has too much to do. Those that were under way at the
    /// latest such sign are part of it.
    pub fn strained(&self, begun: Instant) {
        let Some(settings) = &self.settings else { return };
        let nanos = |at: Instant| at.saturating_duration_since(self.held.base).as_nanos() as u64;
        let strained = &self.held.strained;
        let (latest, now) = (strained.load(Ordering::Relaxed), nanos(Instant::now()).max(1));
        let is_new = latest <= nanos(begun)
            && strained.compare_exchange(latest, now, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if !is_new {
            return;
        }
        let least = settings.least.get().min(self.most) * WHOLE;
        let cut = |calls: u32| Some((calls.min(self.most * WHOLE) / 4 * 3).max(least));
        let _ = self.held.calls.fetch_update(Ordering::Relaxed, Ordering::Relaxed, cut);
    }

    /// An exchange went as it should.
    pub fn at_ease(&self) {
        let calls = self.held.calls.load(Ordering::Relaxed);
        if calls == FREE {
            return;
        }
        let more = calls + (WHOLE * WHOLE / calls.max(1)).max(1);
        let more = if more >= self.most * WHOLE { FREE } else { more };
        // Where two come together, one of them counts: the next ones will tell.
        let _ = self.held.calls.compare_exchange(calls, more, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Whether the time that exchanges take says anything.
    pub fn feels_time(&self) -> bool {
        self.settings.as_ref().is_some_and(|settings| settings.slower > 0)
    }

    /// Whether exchanges that take this long are slow.
    pub fn is_slow(&self, tempo: &Tempo) -> bool {
        let Some(settings) = &self.settings else { return false };
        let (least, usual) = (tempo.least.load(Ordering::Relaxed), tempo.usual.load(Ordering::Relaxed));
        let slow = least.saturating_mul(settings.slower.into()).max(least + GRACE.as_micros() as u64);
        settings.slower > 0 && usual > slow
    }
}

impl Tempo {
    /// An exchange that went well took so long.
    pub fn add(&self, took: Duration) {
        let took = (took.as_micros() as u64).max(1);
        // Two that come together may count as one: it is of no consequence.
        let mean = |number: &AtomicU64, parts: u64| match number.load(Ordering::Relaxed) {
            0 => took,
            before => (before * (parts - 1) + took) / parts,
        };
        self.usual.store(mean(&self.usual, 8), Ordering::Relaxed);
        let least = self.least.load(Ordering::Relaxed);
        let least = if took <= least { took } else { mean(&self.least, 256) };
        self.least.store(least, Ordering::Relaxed);
    }
}
