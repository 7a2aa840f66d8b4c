//! A source that fails again and again is left alone for a while; then one call finds out whether it is well.
//!
//! Closed: everything passes, and is counted without a lock. Open: nothing passes until a moment. Then half open: one
//! exchange at a time is let through; if it goes well all is as before, else the source is left alone for twice as long.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::super::state::BreakerState;
use super::chance;
use super::settings;
use super::window::Window;

/// The source is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the source is left alone after repeated failures")]
pub(super) struct Open;

/// The breaker of one source.
#[derive(Debug)]
pub(super) struct Breaker {
    settings: settings::Breaker,
    /// The same for all breakers that took each other's place.
    health: Arc<Health>,
    window: Arc<Window>,
}

/// What is known of the source.
#[derive(Debug)]
struct Health {
    /// False while nothing but one call at a time may pass.
    is_closed: AtomicBool,
    consecutive: AtomicU32,
    rest: Mutex<Rest>,
}

/// How a source is left alone.
#[derive(Debug)]
struct Rest {
    until: Instant,
    /// How long it will be left alone the next time.
    period: Duration,
    is_probed: bool,
}

/// Leave to make one exchange. Dropped without a word it means nothing: whoever asked went away.
#[derive(Debug)]
pub(in crate::sources) struct Permit<'b> {
    /// `None` where there is no breaker.
    breaker: Option<&'b Breaker>,
    is_probe: bool,
}

impl Breaker {
    pub fn new(settings: &settings::Breaker, now: Instant) -> Breaker {
        let health = Health {
            is_closed: AtomicBool::new(true),
            consecutive: AtomicU32::new(0),
            rest: Mutex::new(Rest { until: now, period: settings.open.0, is_probed: false }),
        };
        Breaker {
            settings: settings.clone(),
            health: Arc::new(health),
            window: Arc::new(Window::new(settings.window.0, now)),
        }
    }

    /// Knows what the breaker before it knows, and shares with it what either still learns. Its own settings hold.
    pub fn take_over(&mut self, before: &Breaker, now: Instant) {
        self.health = before.health.clone();
        if self.settings.window == before.settings.window {
            self.window = before.window.clone();
        }
        let mut rest = self.rest();
        rest.period = rest.period.clamp(self.settings.open.0.min(self.settings.max_open.0), self.settings.max_open.0);
        rest.until = rest.until.min(now + self.settings.max_open.0);
    }

    /// Whether an exchange would be refused now.
    pub fn refuses(&self, now: Instant) -> bool {
        !self.is_closed() && {
            let rest = self.rest();
            rest.is_probed || now < rest.until
        }
    }

    /// Leave for one exchange.
    pub fn enter(&self, now: Instant) -> Result<Permit<'_>, Open> {
        if self.is_closed() {
            return Ok(Permit { breaker: Some(self), is_probe: false });
        }
        let mut rest = self.rest();
        // Whoever mended it meanwhile held the lock.
        if self.is_closed() {
            return Ok(Permit { breaker: Some(self), is_probe: false });
        }
        if rest.is_probed || now < rest.until {
            return Err(Open);
        }
        rest.is_probed = true;
        Ok(Permit { breaker: Some(self), is_probe: true })
    }

    /// Whether the latest exchange went well.
    pub fn is_well(&self) -> bool {
        self.is_closed() && self.health.consecutive.load(Ordering::Relaxed) == 0
    }

    pub fn state(&self, now: Instant) -> BreakerState {
        if self.is_closed() {
            BreakerState::Closed
        } else if now < self.rest().until {
            BreakerState::Open
        } else {
            BreakerState::HalfOpen
        }
    }

    fn went_well(&self, now: Instant, is_probe: bool) {
        if is_probe {
            let mut rest = self.rest();
            rest.is_probed = false;
            rest.period = self.settings.open.0;
            self.window.clear();
            self.health.consecutive.store(0, Ordering::Relaxed);
            self.health.is_closed.store(true, Ordering::Release);
        } else if self.is_closed() {
            // A line of memory that is only read costs the others nothing.
            if self.health.consecutive.load(Ordering::Relaxed) != 0 {
                self.health.consecutive.store(0, Ordering::Relaxed);
            }
            self.window.add(now, false);
        }
    }

    /// An exchange failed.
    pub fn failed(&self, now: Instant, is_probe: bool) {
        if is_probe {
            let mut rest = self.rest();
            rest.is_probed = false;
            self.leave_alone(&mut rest, now);
        } else if self.is_closed() {
            let consecutive = self.health.consecutive.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            self.window.add(now, true);
            let of_late = self.window.sum(now);
            let is_telling = of_late.all >= self.settings.exchanges.get() as u64;
            let is_mostly = of_late.failed * 100 >= of_late.all * u64::from(self.settings.failures);
            if consecutive >= self.settings.consecutive.get() || is_telling && is_mostly {
                let mut rest = self.rest();
                if self.is_closed() {
                    self.health.is_closed.store(false, Ordering::Release);
                    self.leave_alone(&mut rest, now);
                }
            }
        }
    }

    fn leave_alone(&self, rest: &mut Rest, now: Instant) {
        rest.until = now + chance::around(rest.period);
        rest.period = (rest.period * 2).min(self.settings.max_open.0);
    }

    fn is_closed(&self) -> bool {
        self.health.is_closed.load(Ordering::Acquire)
    }

    fn rest(&self) -> MutexGuard<'_, Rest> {
        self.health.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// Leave where there is no breaker.
    pub fn free() -> Permit<'static> {
        Permit { breaker: None, is_probe: false }
    }

    /// Whether the source is left alone by now, and this is not the exchange that finds out whether it is well.
    pub fn is_moot(&self) -> bool {
        !self.is_probe && self.breaker.is_some_and(|breaker| !breaker.is_closed())
    }

    /// The source is well.
    pub fn well(mut self, now: Instant) {
        if let Some(breaker) = self.breaker.take() {
            breaker.went_well(now, self.is_probe);
        }
    }

    /// The source is not well.
    pub fn failed(mut self, now: Instant) {
        if let Some(breaker) = self.breaker.take() {
            breaker.failed(now, self.is_probe);
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if let (Some(breaker), true) = (self.breaker, self.is_probe) {
            breaker.rest().is_probed = false;
        }
    }
}
