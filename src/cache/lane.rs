//! One connector with one set of arguments: where its keys are claimed.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::entry::{Age, Entry, narrowed};
use super::flight::Flight;
use super::jitter::early;
use super::key::{CacheKey, LaneDigest};
use super::outcome::{Bypass, Counters, Outcome};
use super::shared::{Kept, Spot};
use super::store::Cache;
use super::ticket::Ticket;
use super::validity::{Mark, Moment};
use crate::catalog::{Freshness, Scope};
use crate::record::{Fresh, Key, Record, Reply, Settled, Terms};

/// The canonical text of no arguments.
const NO_ARGS: &str = "{}";

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
pub struct Lane(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub cache: Cache,
    pub freshness: Freshness,
    pub connector: String,
    pub department: String,
    digest: LaneDigest,
    /// Zero where its entries lie with what other lanes give for a key.
    apart: u64,
    definition: u64,
    source: u64,
    /// The connector's and the source's.
    marks: [Mark; 2],
    pub counters: Arc<Counters>,
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
        let validity = &cache.0.validity;
        let marks = [validity.connector(spec.definition), validity.source(spec.source)];
        Lane(Arc::new(Inner {
            cache,
            definition: spec.definition,
            source: spec.source,
            marks,
            freshness: spec.freshness,
            connector: spec.connector.to_owned(),
            department: spec.department.to_owned(),
            digest,
            apart: if spec.args == NO_ARGS { 0 } else { digest.number() },
            counters,
        }))
    }

    /// Looks for keys and claims those that nobody has or fetches.
    ///
    /// Shape: one answer per key, in the order asked; a key asked twice is joined the second time.
    /// Of all who claim a key at once, one gets the ticket.
    pub fn claim(&self, now: SystemTime, keys: &[Key]) -> Vec<Claimed> {
        self.claim_sparingly(now, keys, || 1.0)
    }

    /// The same while calls are to be spared: records past their age are served, labelled as what they are, until
    /// `stretch` times their age, and nobody refreshes them. `stretch` is asked where something is past its age only.
    pub fn claim_sparingly(&self, now: SystemTime, keys: &[Key], stretch: impl Fn() -> f32) -> Vec<Claimed> {
        let look = |key| {
            let key = self.key(key);
            self.look(now, &key, &stretch).ok_or(key)
        };
        let looks: Vec<_> = keys.iter().map(look).collect();
        let some_missed = looks.iter().any(Result::is_err);
        let turn = some_missed.then(|| self.0.cache.0.flights.turn(&self.0.digest));
        let claim = |look: Result<(Claimed, Outcome), CacheKey>| {
            let (claimed, outcome) = look.unwrap_or_else(|key| self.claim_one(now, key));
            self.0.counters.add(outcome);
            claimed
        };
        let claims = looks.into_iter().map(claim).collect();
        drop(turn);
        claims
    }

    /// The mark of a key, for [`Cache::stands`].
    pub fn mark(&self, key: &Key) -> Mark {
        self.0.cache.0.validity.key(self.0.definition, key)
    }

    /// The marks of the connector and its source, for the same.
    pub fn marks(&self) -> [Mark; 2] {
        self.0.marks
    }

    /// The last time that anything of the connector was forgotten: what is kept of it elsewhere, from calls that were
    /// asked for before, does not serve.
    pub fn touched(&self) -> Moment {
        self.0.cache.0.validity.touched(self.0.marks)
    }

    /// The record that is kept here for a key, whatever its age, unless it was forgotten. Nobody is counted as looking.
    pub fn peek(&self, key: &Key) -> Option<Record> {
        self.0.kept(&self.key(key))?.record
    }

    /// The same of the shared tier, in the order of the keys: `None` where it cannot be asked now.
    pub async fn peek_shared(&self, keys: &[&Key]) -> Option<Vec<Option<Record>>> {
        let (Some(tier), true) = (&self.0.cache.0.tier, self.stores()) else { return Some(Vec::new()) };
        let kept = tier.peek(self.0.spot(), keys).await?;
        Some(kept.into_iter().map(|kept| kept?.record).collect())
    }

    pub(super) fn digest(&self) -> LaneDigest {
        self.0.digest
    }

    /// Until when an answer for a key from here may be shown; `None` where it may serve nobody but who asked for it.
    pub fn good_until(&self, key: &Key, settled: &Settled) -> Option<SystemTime> {
        let freshness = &narrowed(settled.terms.as_deref(), &self.0.freshness);
        let may_keep = settled.terms.as_ref().is_none_or(|terms| terms.may_keep);
        let age = match &settled.reply {
            _ if !self.stores() || !may_keep || settled.fresh == Fresh::Stale => None,
            Reply::Found(_) => freshness.max_age,
            Reply::Absent => freshness.negative(),
            Reply::Failed(_) => None,
        };
        settled.as_of.checked_add(age?.saturating_sub(match settled.reply {
            Reply::Found(_) => self.0.early(key, settled.as_of, freshness.max_age),
            _ => Duration::ZERO,
        }))
    }

    /// What is known from before of a key that is being fetched, for one who cannot wait for the answer: good while
    /// it may stand in for a failure. It is labelled stale.
    pub fn meanwhile(&self, now: SystemTime, flight: &Flight) -> Option<Settled> {
        let older = flight.older().filter(|older| older.stands_in(now, &self.0.freshness))?;
        self.0.cache.stands(older.since, &older.marks).then(|| {
            self.0.counters.add(Outcome::StoodIn);
            settled(older, Fresh::Stale)
        })
    }

    fn claim_one(&self, now: SystemTime, key: CacheKey) -> (Claimed, Outcome) {
        let since = self.0.cache.moment();
        if self.0.freshness.scope == Scope::Caller {
            let flight = Flight::new(None);
            let ticket = Ticket::new(self.0.clone(), key, since, flight.clone(), None);
            return (Claimed::Miss(ticket, flight), Outcome::Bypass(Bypass::CallerScope));
        }
        let stores = self.stores();
        let mut shard = self.0.cache.0.flights.shard(&key);
        if let Some(flight) = shard.joined(&key, |since| self.0.stands(since, &key)) {
            return (Claimed::Joined(flight), Outcome::Joined);
        }
        // A flight that ended since the first look has left its answer: entries are written before flights end.
        let kept = if stores { self.0.kept(&key) } else { None };
        if let Some(entry) = &kept
            && entry.age(now, &self.0.freshness) == Age::Fresh
        {
            return self.serve(now, entry);
        }
        let older = kept.as_ref().filter(|kept| kept.stands_in(now, &self.0.freshness)).cloned();
        let flight = shard.start(&key, since, older);
        drop(shard);
        let outcome = if stores { Outcome::Miss } else { Outcome::Bypass(Bypass::NoMaxAge) };
        (Claimed::Miss(Ticket::new(self.0.clone(), key, since, flight.clone(), kept), flight), outcome)
    }

    /// Whether anything is kept at all.
    pub(super) fn stores(&self) -> bool {
        let freshness = &self.0.freshness;
        freshness.scope != Scope::Caller && (freshness.max_age.is_some() || freshness.negative_max_age.is_some())
    }

    /// What can be served from memory without waiting.
    fn look(&self, now: SystemTime, key: &CacheKey, stretch: impl Fn() -> f32) -> Option<(Claimed, Outcome)> {
        if !self.stores() {
            return None;
        }
        let entry = self.0.kept(key)?;
        match entry.age(now, &self.0.freshness) {
            Age::Fresh => Some(self.serve(now, &entry)),
            _ if entry.serves_stretched(now, &self.0.freshness, stretch()) => {
                Some((Claimed::Settled(settled(&entry, Fresh::Stale)), Outcome::Stale))
            }
            Age::Revalidate => Some(self.serve_and_refresh(key, entry)),
            Age::IfError | Age::Gone => None,
        }
    }

    /// What was brought since the request came was called for this answer, even where another part of it did so.
    fn serve(&self, now: SystemTime, entry: &Entry) -> (Claimed, Outcome) {
        let outcome = if entry.record.is_some() { Outcome::Hit } else { Outcome::Negative };
        let fresh = if entry.as_of() > now { Fresh::Fresh } else { Fresh::Cached };
        (Claimed::Settled(settled(entry, fresh)), outcome)
    }

    /// The first to see an entry past its age refreshes it; others are served meanwhile.
    fn serve_and_refresh(&self, key: &CacheKey, entry: Entry) -> (Claimed, Outcome) {
        let stale = settled(&entry, Fresh::Stale);
        let since = self.0.cache.moment();
        let mut shard = self.0.cache.0.flights.shard(key);
        if shard.joined(key, |since| self.0.stands(since, key)).is_some() {
            return (Claimed::Settled(stale), Outcome::Stale);
        }
        let flight = shard.start(key, since, None);
        drop(shard);
        let ticket = Ticket::new(self.0.clone(), key.clone(), since, flight, Some(entry));
        (Claimed::StaleRefresh { settled: stale, ticket }, Outcome::Stale)
    }

    fn key(&self, key: &Key) -> CacheKey {
        self.0.cache.0.flights.key(self.0.digest, self.0.apart, key)
    }
}

impl Inner {
    /// An answer as it is kept, if it may be: for a key, claimed at a moment.
    pub fn entry(
        &self,
        key: &CacheKey,
        since: Moment,
        (record, as_of): (Option<Record>, SystemTime),
        terms: Option<Arc<Terms>>,
    ) -> Option<Entry> {
        let max_age = terms.as_ref().map_or(self.freshness.max_age, |terms| terms.narrow(&self.freshness).max_age);
        let early = if record.is_some() { self.early(key.key(), as_of, max_age) } else { Duration::ZERO };
        Entry::new((record, as_of), terms, &self.freshness, (since, self.marks(key)), early)
    }

    /// Whether an answer may be served at `now` without asking again.
    pub fn is_fresh(&self, key: &Key, kept: &Kept, now: SystemTime) -> bool {
        let freshness = narrowed(kept.terms.as_deref(), &self.freshness);
        let age = now.duration_since(kept.as_of).unwrap_or_default();
        match (&kept.record, freshness.max_age) {
            (Some(_), max_age) => max_age.is_some_and(|fresh| age + self.early(key, kept.as_of, max_age) < fresh),
            (None, _) => freshness.negative().is_some_and(|fresh| age < fresh),
        }
    }

    /// By how much a record that is fresh for `max_age` ends before it.
    fn early(&self, key: &Key, as_of: SystemTime, max_age: Option<Duration>) -> Duration {
        early(key, as_of, max_age.unwrap_or_default(), self.cache.0.jitter)
    }

    /// Where its keys lie in the shared tier.
    pub fn spot(&self) -> Spot {
        Spot { definition: self.definition, source: self.source, lane: self.digest }
    }

    /// Under which invalidations of a key are noted.
    pub fn marks(&self, key: &CacheKey) -> [Mark; 3] {
        let [connector, source] = self.marks;
        [self.cache.0.validity.key(self.definition, key.key()), connector, source]
    }

    /// Whether nothing that the key belongs to was forgotten after `since`.
    fn stands(&self, since: Moment, key: &CacheKey) -> bool {
        self.cache.0.validity.is_still(since) || self.cache.stands(since, &self.marks(key))
    }

    /// What was kept, unless it was forgotten.
    fn kept(&self, key: &CacheKey) -> Option<Entry> {
        let entry = self.cache.0.memory.get(key)?;
        self.cache.stands(entry.since, &entry.marks).then_some(entry)
    }
}

/// An entry as an answer.
pub(super) fn settled(entry: &Entry, fresh: Fresh) -> Settled {
    let reply = entry.record.clone().map_or(Reply::Absent, Reply::Found);
    Settled { reply, as_of: entry.as_of(), fresh, terms: entry.terms.clone() }
}
