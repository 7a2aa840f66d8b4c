//! Whole answers as bytes: kept while everything in them is fresh, and shared by those who ask the same at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use moka::Expiry;

use crate::cache::{Cache, Moment};
use crate::fetch::Basis;

/// What an answer costs beside its bytes and its question: moka's nodes, allocations.
const ENTRY_OVERHEAD: usize = 400;
/// An answer that would take more than this part of the room is not kept.
const MOST_OF_ROOM: u64 = 8;

/// What is asked, of everybody alike: a remembered operation with its variables as they were written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question {
    /// The remembered plan's number.
    pub plan: u64,
    /// JSON as it came; empty where there are none.
    pub variables: Box<str>,
}

/// An answer, and what it stands on.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub body: Bytes,
    /// How many errors are in it.
    pub errors: usize,
    pub basis: Basis,
    /// From before anything was looked for.
    pub since: Moment,
    /// The time of the request it was made for.
    pub made: SystemTime,
}

/// An answer as one asker gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spoken {
    pub body: Bytes,
    pub errors: usize,
    pub way: Way,
}

/// How an answer was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// It was kept.
    Kept,
    /// Somebody was making it.
    Shared,
    /// It was made, and may be kept.
    Made,
    /// It was made for this asker alone.
    Apart,
}

impl Way {
    pub(super) const ALL: [Way; 4] = [Way::Kept, Way::Shared, Way::Made, Way::Apart];

    /// As metrics and logs name it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Way::Kept => "kept",
            Way::Shared => "shared",
            Way::Made => "made",
            Way::Apart => "apart",
        }
    }
}

impl Told {
    fn spoken(self, way: Way) -> Spoken {
        Spoken { body: self.body, errors: self.errors, way }
    }

    /// A little more than as long as it may be told: what decides is [`Told::holds`].
    fn keep_for(&self) -> Option<Duration> {
        Some(self.basis.until?.duration_since(self.made).unwrap_or_default())
    }

    /// Whether it may be told to somebody who asks at `now`.
    fn holds(&self, now: SystemTime, cache: &Cache) -> bool {
        self.basis.until.is_none_or(|until| now < until) && cache.stands(self.since, &self.basis.marks)
    }
}

type Flight = Shared<BoxFuture<'static, Told>>;
/// Answers being made, and since when. Those who wait keep them going; where nobody does, they end.
type Flying = HashMap<Question, (Instant, WeakShared<BoxFuture<'static, Told>>)>;

/// Answers that are kept, and those that are being made.
pub(super) struct Answers {
    /// Zero: nothing is kept or shared.
    room_bytes: u64,
    kept: moka::sync::Cache<Question, Told>,
    flying: Mutex<Flying>,
}

impl Answers {
    /// Room for answers of at most `room_bytes` together, bookkeeping included.
    pub(super) fn new(room_bytes: u64) -> Answers {
        let weigh = |question: &Question, told: &Told| {
            let marks = size_of_val(&*told.basis.marks);
            u32::try_from(told.body.len() + question.variables.len() + marks + ENTRY_OVERHEAD).unwrap_or(u32::MAX)
        };
        let kept = moka::sync::Cache::builder().max_capacity(room_bytes).weigher(weigh).expire_after(WhileFresh);
        Answers { room_bytes, kept: kept.build(), flying: Mutex::default() }
    }

    pub(super) fn is_on(&self) -> bool {
        self.room_bytes > 0
    }

    /// The kept answer, if all of it is still fresh.
    pub(super) fn get(&self, question: &Question, now: SystemTime, cache: &Cache) -> Option<Spoken> {
        let told = self.kept.get(question)?;
        if told.holds(now, cache) {
            return Some(told.spoken(Way::Kept));
        }
        self.kept.invalidate(question);
        None
    }

    /// Makes an answer, or waits for the one that somebody is making, begun at most `patience` ago. `make` is not
    /// called where another one's answer serves: it has to be fresh for this asker as well.
    pub(super) async fn share<F>(
        &self,
        question: &Question,
        now: SystemTime,
        patience: Duration,
        cache: &Cache,
        make: impl Fn() -> F,
    ) -> Spoken
    where
        F: Future<Output = Told> + Send + 'static,
    {
        if let Some(flight) = self.joined(question, patience) {
            let told = flight.await;
            if told.holds(now, cache) {
                return told.spoken(Way::Shared);
            }
            return make().await.spoken(Way::Made);
        }
        let flight = make().boxed().shared();
        // It cannot have ended before it was polled, so it can be found by others.
        if let Some(weak) = flight.downgrade() {
            self.flying().insert(question.clone(), (Instant::now(), weak));
        }
        let told = Landing { answers: self, question }.land(flight).await;
        self.keep(question, &told);
        told.spoken(Way::Made)
    }

    /// Bytes held, bookkeeping included; does housekeeping first.
    pub(super) fn held(&self) -> u64 {
        self.kept.run_pending_tasks();
        self.kept.weighted_size()
    }

    fn joined(&self, question: &Question, patience: Duration) -> Option<Flight> {
        let flying = self.flying();
        let (begun, flight) = flying.get(question)?;
        (begun.elapsed() <= patience).then(|| flight.upgrade())?
    }

    fn keep(&self, question: &Question, told: &Told) {
        if told.basis.is_whole && told.basis.until.is_some() && told.body.len() as u64 <= self.room_bytes / MOST_OF_ROOM
        {
            // A box of its own size: what was written into has room to spare, and this is kept for long.
            let body = Bytes::from(Box::<[u8]>::from(&*told.body));
            self.kept.insert(question.clone(), Told { body, ..told.clone() });
        }
    }

    fn flying(&self) -> MutexGuard<'_, Flying> {
        self.flying.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever began to make an answer takes it off the list, however it ends.
struct Landing<'a> {
    answers: &'a Answers,
    question: &'a Question,
}

impl Landing<'_> {
    async fn land(self, flight: Flight) -> Told {
        flight.await
    }
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.answers.flying().remove(self.question);
    }
}

/// Lets go of answers that can no longer be told.
struct WhileFresh;

impl Expiry<Question, Told> for WhileFresh {
    fn expire_after_create(&self, _: &Question, told: &Told, _: Instant) -> Option<Duration> {
        told.keep_for()
    }

    fn expire_after_update(&self, _: &Question, told: &Told, _: Instant, _: Option<Duration>) -> Option<Duration> {
        told.keep_for()
    }
}
