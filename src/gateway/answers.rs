//! Whole answers as bytes: kept while everything in them is fresh, and shared by those who ask the same at once.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::seen::Seen;
use super::shelf::Shelf;
use super::sight::OperationMeter;
use crate::cache::{Cache, Moment};
use crate::fetch::Basis;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use http::HeaderValue;

/// What an answer costs beside its bytes and its question: its place on the shelf, allocations.
const ENTRY_OVERHEAD: usize = 400;
/// How often somebody waits for another one's answer: where that was forgotten on its way, those who waited share the next.
const JOINED: usize = 2;

/// What is asked, of everybody alike; compared, not only hashed. A whole request as it was written, with text, operation
/// name, variables and extensions: there two spellings of one request are two questions. Or, of a text that is
/// recognised, what it says: there they are one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question(Arc<[u8]>);

/// No request that was written begins with this byte.
const SAID: u8 = 0;

impl Question {
    pub(super) fn new(written: &[u8]) -> Question {
        Question(written.into())
    }

    /// `whole` says where it ends.
    pub(super) fn said(whole: &[u8], operation_name: Option<&str>, variables: Option<&str>) -> Question {
        let mut said = Vec::with_capacity(whole.len() + variables.map_or(0, str::len) + 64);
        said.push(SAID);
        said.extend_from_slice(&(whole.len() as u64).to_le_bytes());
        said.extend_from_slice(whole);
        // No name and no JSON is empty or has such a byte in it.
        said.extend_from_slice(operation_name.unwrap_or_default().as_bytes());
        said.push(0);
        said.extend_from_slice(variables.unwrap_or_default().as_bytes());
        Question(said.into())
    }

    /// Whether all who ask it wrote the same text: else places in it, which errors name, differ.
    fn is_of_one_text(&self) -> bool {
        self.0.first() != Some(&SAID)
    }

    /// Whether an answer of one who asks it serves the others.
    fn is_served_by(&self, told: &Told) -> bool {
        told.errors == 0 || self.is_of_one_text()
    }
}

impl Borrow<[u8]> for Question {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

/// An answer, and what it stands on.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub body: Bytes,
    /// How many errors are in it.
    pub errors: usize,
    /// Where it is counted that it was told.
    pub meter: Arc<OperationMeter>,
    pub basis: Basis,
    /// From before anything was looked for.
    pub since: Moment,
    /// When the oldest part was true, and how long it lasts from then on, where others may keep it.
    pub lasts: Option<(SystemTime, Lasting)>,
}

/// How long an answer is good, for whoever may keep it outside: all of it is everybody's, whole, and fresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lasting {
    /// How many seconds ago the oldest part of it was true.
    pub age_s: u32,
    /// How many seconds after that the first part of it is fresh no longer; more than `age_s`.
    pub max_age_s: u32,
    /// The same as `Cache-Control` says it where only who asked may keep it: worded once for all who are told.
    pub private: HeaderValue,
}

/// An answer as one asker gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spoken {
    pub body: Bytes,
    pub errors: usize,
    pub way: Way,
    /// Nothing where nobody outside may keep it.
    pub lasting: Option<Lasting>,
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
    pub(super) fn new(body: Bytes, errors: usize, meter: Arc<OperationMeter>, basis: Basis, since: Moment) -> Told {
        let lasts = if errors == 0 { lasts(&basis) } else { None };
        Told { body, errors, meter, basis, since, lasts }
    }

    /// As it is told to somebody who asks at `now`.
    pub(super) fn spoken(&self, way: Way, now: SystemTime) -> Spoken {
        Spoken { body: self.body.clone(), errors: self.errors, way, lasting: self.lasting(now) }
    }

    fn lasting(&self, now: SystemTime) -> Option<Lasting> {
        let (oldest, lasting) = self.lasts.as_ref()?;
        // What was fetched for this request is from a moment after it came.
        let age_s = now.duration_since(*oldest).map_or(0, seconds);
        (lasting.max_age_s > age_s).then(|| Lasting { age_s, ..lasting.clone() })
    }

    /// Whether it may be told to somebody who asks at `now`.
    fn holds(&self, now: SystemTime, cache: &Cache) -> bool {
        self.basis.until.is_none_or(|until| now < until) && cache.stands(self.since, &self.basis.marks)
    }
}

fn lasts(basis: &Basis) -> Option<(SystemTime, Lasting)> {
    let (oldest, until) = (basis.oldest?, basis.until.filter(|_| basis.is_whole)?);
    let max_age_s = until.duration_since(oldest).map_or(0, seconds);
    let private = ["private, max-age=", itoa::Buffer::new().format(max_age_s)].concat();
    let private = HeaderValue::try_from(private).ok()?;
    Some((oldest, Lasting { age_s: 0, max_age_s, private }))
}

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}

type Flight = Shared<BoxFuture<'static, Told>>;
/// Answers being made, and since when. Those who wait keep them going; where nobody does, they end.
#[derive(Default)]
struct Flying {
    begun: u64,
    by_question: HashMap<Question, Making>,
}

struct Making {
    /// Tells it from others of the same question.
    number: u64,
    begun: Instant,
    flight: WeakShared<BoxFuture<'static, Told>>,
}

/// Answers that are kept, and those that are being made.
pub(super) struct Answers {
    /// Zero: nothing is kept or shared.
    room_bytes: u64,
    kept: Shelf<Question, Told>,
    /// Requests as they were written, whose texts were recognised.
    seen: Seen,
    flying: Mutex<Flying>,
}

impl Answers {
    /// Room for answers of at most `room_bytes` together, bookkeeping included.
    pub(super) fn new(room_bytes: u64) -> Answers {
        Answers { room_bytes, kept: Shelf::new(room_bytes), seen: Seen::new(), flying: Mutex::default() }
    }

    pub(super) fn is_on(&self) -> bool {
        self.room_bytes > 0
    }

    /// The kept answer, if all of it is still fresh.
    pub(super) fn get(&self, written: &[u8], now: SystemTime, cache: &Cache) -> Option<(Spoken, Arc<OperationMeter>)> {
        if !self.is_on() {
            return None;
        }
        // One that no longer holds is overwritten by its successor, or makes room.
        let told = |told: &Told| told.holds(now, cache).then(|| (told.spoken(Way::Kept, now), told.meter.clone()));
        self.kept.look(written, told)?
    }

    /// The kept answer to what a recognised text says. A request that came before in these bytes will come again: then
    /// it is recalled by them, as those are whose texts nobody has to recognise.
    pub(super) fn get_said(&self, said: &Question, written: &[u8], now: SystemTime, cache: &Cache) -> Option<Spoken> {
        let comes_again = self.seen.again(written);
        let told = self.kept.look(said.0.as_ref(), |told| told.holds(now, cache).then(|| told.clone()))??;
        if comes_again {
            self.keep(&Question::new(written), &told, now, cache);
        }
        Some(told.spoken(Way::Kept, now))
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
        for _ in 0..JOINED {
            let Some(flight) = self.joined(question, patience) else { break };
            let told = flight.await;
            if told.holds(now, cache) && question.is_served_by(&told) {
                return told.spoken(Way::Shared, now);
            }
        }
        let flight = make().boxed().shared();
        let number = self.flying().begin(question, &flight);
        let told = Landing { answers: self, question, number }.land(flight).await;
        self.take(question, &told, now, cache)
    }

    /// An answer as whoever made it gets it; it may be kept for others.
    pub(super) fn take(&self, question: &Question, told: &Told, now: SystemTime, cache: &Cache) -> Spoken {
        self.keep(question, told, now, cache);
        told.spoken(Way::Made, now)
    }

    /// Bytes held, bookkeeping included.
    pub(super) fn held(&self) -> u64 {
        self.kept.weight()
    }

    /// Gives back the memory of answers that hold no longer; how many those were.
    pub(super) fn sweep(&self, now: SystemTime, cache: &Cache) -> u64 {
        self.kept.sweep(|_, told| told.holds(now, cache))
    }

    fn joined(&self, question: &Question, patience: Duration) -> Option<Flight> {
        let flying = self.flying();
        let making = flying.by_question.get(question)?;
        (making.begun.elapsed() <= patience).then(|| making.flight.upgrade())?
    }

    fn keep(&self, question: &Question, told: &Told, now: SystemTime, cache: &Cache) {
        // One that was forgotten on its way would not be told; it need not be kept.
        let is_good = told.basis.is_whole && told.basis.until.is_some() && told.holds(now, cache);
        if !is_good || !question.is_served_by(told) {
            return;
        }
        let bytes = told.body.len() + question.0.len() + size_of_val(&*told.basis.marks) + ENTRY_OVERHEAD;
        if bytes as u64 > self.kept.most() {
            return;
        }
        // A box of its own size: what was written into has room to spare, and this is kept for long.
        let body = Bytes::from(Box::<[u8]>::from(&*told.body));
        let told = Told { body, ..told.clone() };
        self.kept.put(question.clone(), told, bytes as u64, |told| told.holds(now, cache));
    }

    fn flying(&self) -> MutexGuard<'_, Flying> {
        self.flying.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flying {
    /// The number of one more, which others find from now on in the place of any before it.
    fn begin(&mut self, question: &Question, flight: &Flight) -> u64 {
        self.begun += 1;
        // It cannot have ended before it was polled.
        if let Some(flight) = flight.downgrade() {
            let making = Making { number: self.begun, begun: Instant::now(), flight };
            self.by_question.insert(question.clone(), making);
        }
        self.begun
    }

    fn end(&mut self, question: &Question, number: u64) {
        if self.by_question.get(question).is_some_and(|making| making.number == number) {
            self.by_question.remove(question);
        }
    }
}

/// Whoever began to make an answer takes it off the list, however it ends.
struct Landing<'a> {
    answers: &'a Answers,
    question: &'a Question,
    number: u64,
}

impl Landing<'_> {
    async fn land(self, flight: Flight) -> Told {
        flight.await
    }
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.answers.flying().end(self.question, self.number);
    }
}
