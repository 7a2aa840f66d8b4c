//! One connector with one set of arguments: where its keys are claimed.

use std::sync::Arc;
use std::time::SystemTime;

use super::flight::Flight;
use super::key::{CacheKey, LaneDigest};
use super::memory::{Age, Entry};
use super::outcome::{Bypass, Counters, Outcome};
use super::store::Cache;
use super::ticket::Ticket;
use super::validity::Mark;
use crate::catalog::{Freshness, Scope};
use crate::record::{Fresh, Key, Reply, Settled};

/// What a lane is made of.
#[derive(Clone, Copy, Debug)]
pub struct LaneSpec<'s> {
    /// Hash of the connector's definition.
    pub definition: u64,
    /// Hash of the source's effective address and settings.
    pub source: u64,
    /// Canonical text of the arguments that the connector reads.
    pub args: &'s str,
    /// How long its answers may be served, and to whom.
    pub freshness: Freshness,
    /// The connector's id, for failures.
    pub connector: &'s str,
    /// The department's name, for failures.
    pub department: &'s str,
}

/// The keys of one connector with one set of arguments. Cheap to clone.
#[derive(Clone)]
pub struct Lane(Arc<Inner>);

pub(super) struct Inner {
    pub cache: Cache,
    pub freshness: Freshness,
    pub connector: String,
    pub department: String,
    digest: LaneDigest,
    counters: Arc<Counters>,
}

/// What a claim found for one key.
#[derive(Debug)]
pub enum Claimed {
    /// The answer was kept.
    Settled(Settled),
    /// An older answer may be served at once; whoever holds the ticket refreshes it, alone.
    StaleRefresh {
        /// What to serve.
        settled: Settled,
        /// To be settled with the newer answer.
        ticket: Ticket,
    },
    /// Somebody is fetching it.
    Joined(Flight),
    /// The claimant fetches it and settles the ticket; the flight is where to wait for that.
    Miss(Ticket, Flight),
}

impl Lane {
    pub(super) fn new(cache: Cache, spec: LaneSpec<'_>, digest: LaneDigest, counters: Arc<Counters>) -> Lane {
        Lane(Arc::new(Inner {
            cache,
            freshness: spec.freshness,
            connector: spec.connector.to_owned(),
            department: spec.department.to_owned(),
            digest,
            counters,
        }))
    }

    /// Looks for keys and claims those that nobody has or fetches.
    ///
    /// Shape: one answer per key, in the order asked; a key asked twice is joined the second time.
    /// Of all who claim a key at once, one gets the ticket.
    pub fn claim(&self, now: SystemTime, keys: &[Key]) -> Vec<Claimed> {
        let looks: Vec<_> = keys.iter().map(|key| self.look(now, &self.key(key))).collect();
        let some_missed = looks.iter().any(Option::is_none);
        let turn = some_missed.then(|| self.0.cache.0.flights.turn(&self.0.digest));
        let claim = |(look, key): (Option<(Claimed, Outcome)>, &Key)| {
            let (claimed, outcome) = look.unwrap_or_else(|| self.claim_one(now, self.key(key)));
            self.0.counters.add(outcome);
            claimed
        };
        let claims = looks.into_iter().zip(keys).map(claim).collect();
        drop(turn);
        claims
    }

    /// Forgets one key. An answer on its way reaches those who wait, and is not kept.
    pub fn forget(&self, key: &Key) {
        let key = self.key(key);
        let mut shard = self.0.cache.0.flights.shard(&key);
        shard.remove(&key);
        self.0.cache.0.memory.remove(&key);
        self.0.cache.0.validity.end(&key);
    }

    /// The mark of a key, for [`Cache::stands`].
    pub fn mark(&self, key: &Key) -> Mark {
        self.0.cache.0.validity.mark(&self.key(key))
    }

    /// Until when an answer from here may be shown; `None` where it may serve nobody but who asked for it.
    pub fn good_until(&self, settled: &Settled) -> Option<SystemTime> {
        let freshness = &self.0.freshness;
        let age = match &settled.reply {
            _ if !self.stores() || settled.fresh == Fresh::Stale => None,
            Reply::Found(_) => freshness.max_age,
            Reply::Absent => freshness.negative(),
            Reply::Failed(_) => None,
        };
        settled.as_of.checked_add(age?)
    }

    fn claim_one(&self, now: SystemTime, key: CacheKey) -> (Claimed, Outcome) {
        if self.0.freshness.scope == Scope::Caller {
            let flight = Flight::new();
            let ticket = Ticket::new(self.0.clone(), key, flight.clone(), None);
            return (Claimed::Miss(ticket, flight), Outcome::Bypass(Bypass::CallerScope));
        }
        let stores = self.stores();
        let mut shard = self.0.cache.0.flights.shard(&key);
        if let Some(flight) = shard.joined(&key) {
            return (Claimed::Joined(flight), Outcome::Joined);
        }
        // A flight that ended since the first look has left its answer: entries are written before flights end.
        let kept = if stores { self.0.cache.0.memory.get(&key) } else { None };
        if let Some(entry) = &kept
            && entry.age(now, &self.0.freshness) == Age::Fresh
        {
            return self.serve(now, entry);
        }
        let flight = shard.start(&key);
        drop(shard);
        let outcome = if stores { Outcome::Miss } else { Outcome::Bypass(Bypass::NoMaxAge) };
        (Claimed::Miss(Ticket::new(self.0.clone(), key, flight.clone(), kept), flight), outcome)
    }

    /// Whether anything is kept at all.
    fn stores(&self) -> bool {
        let freshness = &self.0.freshness;
        freshness.scope != Scope::Caller && (freshness.max_age.is_some() || freshness.negative_max_age.is_some())
    }

    /// What can be served from memory without waiting.
    fn look(&self, now: SystemTime, key: &CacheKey) -> Option<(Claimed, Outcome)> {
        if !self.stores() {
            return None;
        }
        let entry = self.0.cache.0.memory.get(key)?;
        match entry.age(now, &self.0.freshness) {
            Age::Fresh => Some(self.serve(now, &entry)),
            Age::Revalidate => Some(self.serve_and_refresh(key, entry)),
            Age::IfError | Age::Gone => None,
        }
    }

    /// What was brought since the request came was called for this answer, even where another part of it did so.
    fn serve(&self, now: SystemTime, entry: &Entry) -> (Claimed, Outcome) {
        let outcome = if entry.record.is_some() { Outcome::Hit } else { Outcome::Negative };
        let fresh = if entry.as_of > now { Fresh::Fresh } else { Fresh::Cached };
        (Claimed::Settled(settled(entry, fresh)), outcome)
    }

    /// The first to see an entry past its age refreshes it; others are served meanwhile.
    fn serve_and_refresh(&self, key: &CacheKey, entry: Entry) -> (Claimed, Outcome) {
        let stale = settled(&entry, Fresh::Stale);
        let mut shard = self.0.cache.0.flights.shard(key);
        if shard.joined(key).is_some() {
            return (Claimed::Settled(stale), Outcome::Stale);
        }
        let flight = shard.start(key);
        drop(shard);
        let ticket = Ticket::new(self.0.clone(), key.clone(), flight, Some(entry));
        (Claimed::StaleRefresh { settled: stale, ticket }, Outcome::Stale)
    }

    fn key(&self, key: &Key) -> CacheKey {
        CacheKey { lane: self.0.digest, key: key.clone() }
    }
}

/// An entry as an answer.
pub(super) fn settled(entry: &Entry, fresh: Fresh) -> Settled {
    let reply = entry.record.clone().map_or(Reply::Absent, Reply::Found);
    Settled { reply, as_of: entry.as_of, fresh }
}
