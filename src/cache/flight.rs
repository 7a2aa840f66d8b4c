//! Keys that are being fetched, so that nobody fetches one twice at a time.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use ahash::RandomState;
use tokio::sync::SetOnce;

use super::entry::Entry;
use super::key::{CacheKey, LaneDigest, OwnHash};
use super::validity::Moment;
use crate::record::{Key, Settled};

/// A key's answer that is on its way. Clones wait for the same one; it always comes.
#[derive(Clone, Debug)]
pub struct Flight(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    answer: SetOnce<Settled>,
    /// What is known from before, for those who cannot wait.
    older: OnceLock<Entry>,
}

impl Flight {
    pub(super) fn new(older: Option<Entry>) -> Flight {
        Flight(Arc::new(Inner { answer: SetOnce::new(), older: older.map_or_else(OnceLock::new, OnceLock::from) }))
    }

    /// Waits for the answer.
    pub async fn settled(&self) -> Settled {
        self.0.answer.wait().await.clone()
    }

    /// The answer, where it is there already.
    pub fn peek(&self) -> Option<Settled> {
        self.0.answer.get().cloned()
    }

    /// Wakes everybody who waits. A second answer is not heard.
    pub(super) fn land(&self, settled: Settled) {
        let _ = self.0.answer.set(settled);
    }

    /// What was known when it began.
    pub(super) fn older(&self) -> Option<&Entry> {
        self.0.older.get()
    }

    /// Something older became known on the way; the first stays.
    pub(super) fn remember(&self, older: Entry) {
        let _ = self.0.older.set(older);
    }

    /// Whether others wait for it beside the one that began it: the list of flights and its ticket know it too.
    pub(super) fn is_joined(&self) -> bool {
        Arc::strong_count(&self.0) > 3
    }

    fn is(&self, other: &Flight) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// All keys in flight, spread over shards so that requests seldom meet at a lock.
pub(super) struct Flights {
    hasher: RandomState,
    shards: Box<[Mutex<Shard>]>,
    /// Held while one request claims all keys that it misses of one lane.
    turns: Box<[Mutex<()>]>,
}

/// Some of the keys in flight, and since when. Whoever holds it decides alone who fetches them.
#[derive(Default)]
pub(super) struct Shard(HashMap<CacheKey, (Moment, Flight), BuildHasherDefault<OwnHash>>);

impl Flights {
    pub fn new() -> Flights {
        Flights {
            hasher: RandomState::new(),
            shards: (0..64).map(|_| Mutex::default()).collect(),
            turns: (0..64).map(|_| Mutex::default()).collect(),
        }
    }

    /// A lane's turn: without it two requests that claim the same keys at once would share them out between them, and
    /// make two calls where one is enough.
    pub fn turn(&self, lane: &LaneDigest) -> MutexGuard<'_, ()> {
        let index = self.hasher.hash_one(lane) as usize % self.turns.len();
        self.turns[index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A key of a lane, as it is looked for; zero where it lies with what other lanes give for the key.
    pub fn key(&self, lane: LaneDigest, apart: u64, key: &Key) -> CacheKey {
        CacheKey::new(&self.hasher, lane, apart, key.clone())
    }

    /// The shard that decides over `key`.
    pub fn shard(&self, key: &CacheKey) -> MutexGuard<'_, Shard> {
        self.shards[key.entity.part(self.shards.len())].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many keys are in flight.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).0.len()).sum()
    }
}

impl Shard {
    /// The flight that is fetching `key`, if it began at a moment of which `stands` is true. Another one brings an answer
    /// from before a purge: those who wait get it, those who come later do not join them.
    pub fn joined(&self, key: &CacheKey, stands: impl FnOnce(Moment) -> bool) -> Option<Flight> {
        let (since, flight) = self.0.get(key)?;
        stands(*since).then(|| flight.clone())
    }

    /// A new flight for a key that nobody fetches, and of which this is known from before.
    pub fn start(&mut self, key: &CacheKey, since: Moment, older: Option<Entry>) -> Flight {
        let flight = Flight::new(older);
        self.0.insert(key.clone(), (since, flight.clone()));
        flight
    }

    /// Whether `flight` still is the one that fetches `key`: it was neither ended nor replaced.
    pub fn carries(&self, key: &CacheKey, flight: &Flight) -> bool {
        self.0.get(key).is_some_and(|(_, known)| known.is(flight))
    }

    /// Ends whatever fetches `key`.
    pub fn remove(&mut self, key: &CacheKey) {
        self.0.remove(key);
    }
}
