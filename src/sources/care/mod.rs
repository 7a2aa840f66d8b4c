//! The care of one source: what stands between a call and its HTTP exchanges.
//!
//! In this order: what is left of the time (`deadline.rs`), the queue and its bounds (`queue.rs`, `limit.rs`, `shed.rs`), the
//! breaker (`breaker.rs`), pauses that the source asked for (`pause.rs`), its quotas (`quota.rs`), and after an exchange
//! that may go better another time, one more (`retry.rs`). Attempts at a credential are under the same care
//! (`granting.rs`). On the way of an exchange that goes well there is no lock.

mod breaker;
mod chance;
pub(super) mod deadline;
mod granting;
mod limit;
mod pause;
mod quota;
mod retry;
pub(super) mod settings;
pub(super) mod shed;
mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use breaker::Breaker;
pub(super) use breaker::Permit;
use limit::Limit;
pub(super) use limit::Tempo;
pub(super) use pause::told;
use quota::Bucket;
use retry::Retry;

use super::client::SendError;
use super::heard::Headers;
use super::settings::Settings;
use super::state::{BreakerState, QuotaLeft};
use crate::catalog::FailureClass;

/// The bucket that every call draws from.
const ALL: &str = "all";
/// The bucket of calls whose connector names none.
const REST: &str = "rest";

/// The care of one source.
#[derive(Debug)]
pub(super) struct Care {
    limit: Limit,
    breaker: Option<Breaker>,
    retry: Retry,
    pause: settings::Pause,
    /// [`ALL`] first.
    buckets: Vec<Bucket>,
    shed: Arc<AtomicU64>,
}

/// Which bucket a connector's calls draw from, beside the one that all draw from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Draw(usize);

impl Draw {
    /// From none but that one.
    pub const ALL: Draw = Draw(0);
}

/// Why nothing is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the source is left alone after repeated failures")]
    Open,
    #[error("the source asked to be left alone for {0:?}")]
    Paused(Duration),
    #[error("the calls that the source allows are made; the next one could begin too late")]
    Spent,
}

/// What an exchange says of its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is well, whatever it said.
    Well,
    /// It is not well, and may be the next moment: `RETRYABLE`, a connection that broke.
    Passing,
    /// It is not well and answered with this status.
    Status(u16),
    /// It closed the connection before it answered, as it may when that had been idle.
    Unanswered,
    /// It is not well, and asking again at once is no help: no answer in time, or none that can be read.
    Unwell,
    /// It refused for the number of calls.
    Rate,
    /// It refused for the number of calls, for longer.
    Quota,
    /// Nothing: the request cannot be sent, or was not waited for.
    Unsent,
}

impl Kind {
    /// What an answer with this status says that is no success.
    pub fn of_status(status: u16) -> Kind {
        match status {
            429 => Kind::Rate,
            408 | 500.. => Kind::Status(status),
            _ => Kind::Well,
        }
    }

    /// What an answer of this class says.
    pub fn of_class(class: FailureClass) -> Kind {
        match class {
            FailureClass::Absent | FailureClass::Auth | FailureClass::Fatal => Kind::Well,
            FailureClass::Quota => Kind::Quota,
            FailureClass::Rate => Kind::Rate,
            FailureClass::Retryable => Kind::Passing,
        }
    }

    /// What it says that nothing came. `is_whole` where it was waited for as long as the source may take.
    pub fn of_silence(error: &SendError, is_whole: bool) -> Kind {
        match error {
            SendError::Unreachable(_) | SendError::Broken(_) => Kind::Passing,
            SendError::Unanswered(_) => Kind::Unanswered,
            SendError::TimedOut(_) if is_whole => Kind::Unwell,
            SendError::TooLarge(_) => Kind::Unwell,
            SendError::TimedOut(_)
            | SendError::Abandoned
            | SendError::Unsendable(_)
            | SendError::ForeignOrigin
            | SendError::Inside => Kind::Unsent,
        }
    }
}

impl Care {
    /// `buckets` are the names that connectors of the source use.
    ///
    /// Errors: a quota of a bucket that nobody draws from, mappings that cannot be read.
    pub fn new(settings: &Settings, buckets: &BTreeSet<&str>) -> Result<Care, String> {
        let now = Instant::now();
        let known: Vec<&str> = [ALL, REST].into_iter().chain(buckets.iter().copied()).collect();
        if let Some(unknown) = settings.quota.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(format!("quota.{unknown}: no connector draws from it; expected one of {}", known.join(", ")));
        }
        let named: BTreeMap<&str, ()> =
            buckets.iter().filter(|name| ![ALL, REST].contains(name)).map(|name| (*name, ())).collect();
        let bucket = |name: &str| Bucket::new(name, settings.quota.get(name), now);
        let buckets = [ALL, REST].into_iter().chain(named.into_keys()).map(bucket).collect::<Result<_, _>>()?;
        Ok(Care {
            limit: Limit::new(settings.concurrency.get(), &settings.adapt, now),
            breaker: settings.breaker.enabled.then(|| Breaker::new(&settings.breaker, now)),
            retry: Retry::new(&settings.retry),
            pause: settings.pause.clone(),
            buckets,
            shed: Arc::default(),
        })
    }

    /// Goes on where the care before it is, of the same source at the same address: what that one knows of the source's
    /// health, and of calls that were made, this one knows; and while calls of both are under way, what either learns
    /// holds for both. `is_same_account` where the gateway is there who it was: then what the source said of quotas holds.
    pub fn take_over(&mut self, before: &Care, is_same_account: bool) {
        let now = Instant::now();
        if let (Some(own), Some(breaker)) = (&mut self.breaker, &before.breaker) {
            own.take_over(breaker, now);
        }
        self.limit.take_over(&before.limit);
        self.retry.take_over(&before.retry);
        let until = now + self.pause.longest.0.max(self.pause.told.0).max(self.pause.quota.0);
        for own in &mut self.buckets {
            if let Some(bucket) = before.buckets.iter().find(|bucket| bucket.name == own.name) {
                own.take_over(bucket, is_same_account, until);
            }
        }
    }

    /// Counts on where an earlier care of this source is.
    pub fn count_on(&mut self, before: &Care) {
        self.retry.count_on(&before.retry);
        self.shed = before.shed.clone();
    }

    /// Where calls of a connector with this bucket draw from.
    pub fn draw(&self, bucket: Option<&str>) -> Draw {
        let name = bucket.unwrap_or(REST);
        self.buckets.iter().position(|bucket| bucket.name == name).map_or(Draw::ALL, Draw)
    }

    /// How many calls may be under way at once.
    pub fn calls(&self) -> usize {
        self.limit.calls()
    }

    /// Takes note of how hard an exchange, which began at `begun`, was on the source; `tempo` is its connector's.
    pub fn feel(&self, kind: Kind, tempo: &Tempo, begun: Instant) {
        match kind {
            Kind::Well if self.limit.feels_time() => {
                tempo.add(begun.elapsed());
                if self.limit.is_slow(tempo) { self.limit.strained(begun) } else { self.limit.at_ease() }
            }
            Kind::Well => self.limit.at_ease(),
            Kind::Status(status) if !matches!(status, 408 | 502..=504) => {}
            Kind::Passing | Kind::Status(_) | Kind::Unanswered | Kind::Unwell | Kind::Rate => {
                self.limit.strained(begun);
            }
            Kind::Quota | Kind::Unsent => {}
        }
    }

    /// Whether keys had better not wait at all.
    pub fn refuses(&self, draw: Draw, now: Instant) -> Option<Refusal> {
        if self.breaker.as_ref().is_some_and(|breaker| breaker.refuses(now)) {
            return Some(Refusal::Open);
        }
        let left = self.drawn(draw).filter_map(|bucket| bucket.pause.left(now)).max()?;
        Some(Refusal::Paused(left))
    }

    /// When a call may be made behind `ahead` others of its bucket; `None`: now.
    pub fn ready(&self, draw: Draw, now: Instant, ahead: u64) -> Option<Instant> {
        self.drawn(draw).filter_map(|bucket| bucket.ready(now, ahead)).max()
    }

    /// Whether calls that draw from here are counted against a limit of our own.
    pub fn is_limited(&self, draw: Draw) -> bool {
        self.drawn(draw).any(Bucket::is_limited)
    }

    /// Whether any calls are.
    pub fn counts(&self) -> bool {
        self.buckets.iter().any(Bucket::is_limited)
    }

    /// The longest that keys wait for a turn under a limit.
    pub fn wait(&self, draw: Draw) -> Duration {
        self.drawn(draw).map(Bucket::wait).min().unwrap_or(Duration::MAX)
    }

    /// A call is about to be made.
    pub fn spend(&self, draw: Draw, now: Instant) {
        self.drawn(draw).for_each(|bucket| bucket.spend(now));
    }

    /// Waits for a turn under the limits, for further pages and tries: they are calls like others.
    pub async fn turn(&self, draw: Draw, until: Option<Instant>) -> Result<(), Refusal> {
        loop {
            let now = Instant::now();
            match self.ready(draw, now, 0) {
                None => {
                    self.spend(draw, now);
                    return Ok(());
                }
                Some(ready) if until.is_some_and(|until| ready >= until) => return Err(Refusal::Spent),
                Some(ready) => sleep_until(ready).await,
            }
        }
    }

    /// Leave for one exchange.
    pub fn enter(&self, draw: Draw, now: Instant) -> Result<Permit<'_>, Refusal> {
        if let Some(left) = self.drawn(draw).filter_map(|bucket| bucket.pause.left(now)).max() {
            return Err(Refusal::Paused(left));
        }
        match &self.breaker {
            None => Ok(Permit::free()),
            Some(breaker) => breaker.enter(now).map_err(|_| Refusal::Open),
        }
    }

    /// A call begins that is no further try.
    pub fn first(&self) {
        self.retry.first();
    }

    /// Takes note of what came of an exchange that was under way from `begun` to `now`. `heard` are the answer's headers.
    pub fn note(
        &self,
        permit: Permit<'_>,
        draw: Draw,
        kind: Kind,
        heard: Option<&Headers<'_>>,
        (begun, now): (Instant, Instant),
    ) {
        match kind {
            Kind::Well => permit.well(now),
            Kind::Passing | Kind::Status(_) | Kind::Unanswered | Kind::Unwell => permit.failed(now),
            Kind::Rate | Kind::Quota | Kind::Unsent => drop(permit),
        }
        let Some(heard) = heard else { return };
        let headers = heard.map;
        for bucket in self.drawn(draw).filter(|bucket| bucket.is_metered()) {
            bucket.note(headers, heard.lists(), now, self.pause.quota.0);
        }
        let own = &self.buckets[draw.0];
        match kind {
            Kind::Rate => own.pause.refused(pause::told(headers), begun, now, &self.pause),
            Kind::Quota => {
                let reset = pause::told(headers)
                    .or_else(|| self.drawn(draw).find_map(|bucket| bucket.reset(headers, heard.lists())));
                own.spent(reset, now, self.pause.quota.0);
            }
            // Who is under maintenance says how long, for all that is asked of it.
            Kind::Status(_) | Kind::Passing => {
                if let Some(told) = pause::told(headers) {
                    self.buckets[0].pause.until(now + told.min(self.pause.told.0));
                }
            }
            Kind::Well => own.pause.allowed(),
            Kind::Unanswered | Kind::Unwell | Kind::Unsent => {}
        }
    }

    /// How long to wait before an exchange is tried once more after so many tries; `None`: it is not. `left` is the time in
    /// which it must begin.
    ///
    /// `was_well` is whether the source was well before: a connection that it closed while it was idle is no sign of
    /// trouble, and its retry is free.
    pub fn again(
        &self,
        draw: Draw,
        kind: Kind,
        tries: u32,
        left: Option<Duration>,
        was_well: bool,
    ) -> Option<Duration> {
        let may_pass = match kind {
            Kind::Passing | Kind::Unanswered => true,
            Kind::Status(status) => self.retry.is_passing(status),
            Kind::Well | Kind::Unwell | Kind::Rate | Kind::Quota | Kind::Unsent => false,
        };
        if !may_pass || self.refuses(draw, Instant::now()).is_some() {
            return None;
        }
        self.retry.after(tries, left, kind == Kind::Unanswered && was_well)
    }

    /// Whether anything is ever tried again.
    pub fn repeats(&self) -> bool {
        self.retry.is_on()
    }

    /// Whether the latest exchange went well.
    pub fn is_well(&self) -> bool {
        self.breaker.as_ref().is_none_or(Breaker::is_well)
    }

    /// Keys were refused before anything was sent.
    pub fn shed(&self, keys: usize) {
        self.shed.fetch_add(keys as u64, Ordering::Relaxed);
    }

    /// By how much answers are believed for longer.
    pub fn stretch(&self, draw: Draw) -> f32 {
        self.drawn(draw).map(Bucket::stretch).fold(1.0, f32::max)
    }

    pub fn breaker_state(&self) -> BreakerState {
        self.breaker.as_ref().map_or(BreakerState::Closed, |breaker| breaker.state(Instant::now()))
    }

    pub fn paused_for(&self) -> Option<Duration> {
        let now = Instant::now();
        self.buckets.iter().filter_map(|bucket| bucket.pause.left(now)).max()
    }

    pub fn retries(&self) -> u64 {
        self.retry.made()
    }

    pub fn shed_so_far(&self) -> u64 {
        self.shed.load(Ordering::Relaxed)
    }

    pub fn quotas(&self) -> Vec<QuotaLeft> {
        let now = Instant::now();
        let known = self.buckets.iter().filter_map(|bucket| Some((bucket, bucket.left(now)?)));
        known
            .map(|(bucket, (remaining, limit))| QuotaLeft {
                bucket: bucket.name.clone(),
                remaining,
                limit,
                stretch: bucket.stretch(),
            })
            .collect()
    }

    /// The buckets that a call draws from, each once.
    fn drawn(&self, draw: Draw) -> impl Iterator<Item = &Bucket> {
        let own = (draw != Draw::ALL).then(|| &self.buckets[draw.0]);
        self.buckets.first().into_iter().chain(own)
    }
}

#[cfg(test)]
mod tests;
