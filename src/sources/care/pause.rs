//! A source that says that it is asked too much is not asked for a while.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use tokio::time::Instant;

use super::settings;

/// Until when a bucket is left alone.
#[derive(Debug)]
pub(super) struct Pause {
    base: Instant,
    /// Nanoseconds since `base`; a moment that is over is none.
    until: AtomicU64,
    /// Refusals in a row that did not say for how long.
    vague: AtomicU32,
}

impl Pause {
    pub fn new(now: Instant) -> Pause {
        Pause { base: now, until: AtomicU64::new(0), vague: AtomicU32::new(0) }
    }

    /// How long it is still left alone.
    pub fn left(&self, now: Instant) -> Option<Duration> {
        let until = self.until.load(Ordering::Relaxed);
        let now = self.nanos(now);
        (until > now).then(|| Duration::from_nanos(until - now))
    }

    /// It was refused at `now` to a call that began at `begun`, and `told` is for how long.
    pub fn refused(&self, told: Option<Duration>, begun: Instant, now: Instant, settings: &settings::Pause) {
        let length = match told {
            Some(told) => told.min(settings.told.0),
            // All of those that were under way together are one refusal.
            None if self.until.load(Ordering::Relaxed) > self.nanos(begun) => return,
            None => {
                let before = self.vague.fetch_add(1, Ordering::Relaxed);
                settings.usual.0.saturating_mul(1 << before.min(16)).min(settings.longest.0)
            }
        };
        self.until(now + length);
    }

    /// It is left alone until then, or longer.
    pub fn until(&self, at: Instant) {
        self.until.fetch_max(self.nanos(at), Ordering::Relaxed);
    }

    /// It is left alone until then at the latest.
    pub fn at_most(&self, until: Instant) {
        self.until.fetch_min(self.nanos(until), Ordering::Relaxed);
    }

    /// It was not refused.
    pub fn allowed(&self) {
        if self.vague.load(Ordering::Relaxed) != 0 {
            self.vague.store(0, Ordering::Relaxed);
        }
    }

    fn nanos(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.base).as_nanos()).unwrap_or(u64::MAX)
    }
}

/// What `Retry-After` says (RFC 9110 §10.2.3): seconds, or a date, which counts from when the answer was [`sent`].
pub(in crate::sources) fn told(headers: &HeaderMap) -> Option<Duration> {
    let said = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match said.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Some(Duration::from_secs(u64::try_from(date(said)? - sent(headers)).unwrap_or(0))),
    }
}

/// When the source says that it sent the answer, in seconds since 1970: its clock is not ours. Ours has to do where it
/// does not say (RFC 9110 §6.6.1: who has no clock sends no `Date`).
pub(super) fn sent(headers: &HeaderMap) -> i64 {
    let told = headers.get(DATE).and_then(|said| date(said.to_str().ok()?));
    told.or_else(|| seconds(SystemTime::now())).unwrap_or(0)
}

fn date(text: &str) -> Option<i64> {
    seconds(httpdate::parse_http_date(text).ok()?)
}

fn seconds(at: SystemTime) -> Option<i64> {
    i64::try_from(at.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs()).ok()
}
