//! The duty to answer one key.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use super::entry::{Age, Entry};
use super::flight::Flight;
use super::key::CacheKey;
use super::lane::{Inner, settled};
use super::outcome::Outcome;
use super::shared::{Kept, Stamp};
use super::validity::Moment;
use crate::record::{Blame, Code, Failure, Fresh, Key, Reply, Settled, Terms};

/// The duty to answer one key. Dropped without an answer, it settles a failure: nobody waits for ever.
pub struct Ticket {
    lane: Arc<Inner>,
    key: CacheKey,
    /// From before it was claimed: what is forgotten later concerns its answer.
    since: Moment,
    flight: Flight,
    /// What was kept from before, should the source fail.
    older: Option<Entry>,
    /// Under which the answer is written to the shared tier; `None`: it is not.
    pub(super) stamp: Option<Stamp>,
    /// Whether other gateways leave the key to us.
    pub(super) is_leased: bool,
    settled: bool,
}

impl Ticket {
    pub(super) fn new(lane: Arc<Inner>, key: CacheKey, since: Moment, flight: Flight, older: Option<Entry>) -> Ticket {
        Ticket { lane, key, since, flight, older, stamp: None, is_leased: false, settled: false }
    }

    /// The key to be fetched.
    pub fn key(&self) -> &Key {
        self.key.key()
    }

    /// Whether others wait for the answer beside whoever claimed the key.
    pub fn is_joined(&self) -> bool {
        self.flight.is_joined()
    }

    /// Whether an older answer serves at `now`, should the source fail.
    pub fn has_older(&self, now: SystemTime) -> bool {
        self.stand_in(now).is_some()
    }

    /// What is known from before, where its source can be asked whether it still holds.
    pub fn known(&self) -> Option<(Reply, Arc<Terms>)> {
        let older = self.older()?;
        let terms = older.terms.as_ref().filter(|terms| terms.validator.is_some())?;
        Some((older.record.clone().map_or(Reply::Absent, Reply::Found), terms.clone()))
    }

    /// What was kept from before, and was not forgotten since.
    fn older(&self) -> Option<&Entry> {
        self.older.as_ref().filter(|older| self.lane.cache.stands(older.since, &older.marks))
    }

    /// What is told in the place of a failure at that moment.
    fn stand_in(&self, at: SystemTime) -> Option<&Entry> {
        self.older().filter(|older| older.stands_in(at, &self.lane.freshness))
    }

    /// Keeps the answer as long as it may be kept, and gives it to everybody who waits.
    ///
    /// A failure is never kept; within `staleIfError` everybody gets the older answer instead, marked stale.
    /// `as_of` is when the source said so.
    pub fn settle(self, reply: Reply, as_of: SystemTime) {
        self.settle_on(None, reply, as_of);
    }

    /// The same on the terms that the source set, where anybody listens to them.
    pub fn settle_on(mut self, terms: Option<Arc<Terms>>, reply: Reply, as_of: SystemTime) {
        self.finish(reply, as_of, terms);
    }

    fn finish(&mut self, reply: Reply, as_of: SystemTime, terms: Option<Arc<Terms>>) {
        self.settled = true;
        let lane = &self.lane;
        if let Some(terms) = &terms {
            if terms.is_renewal {
                lane.counters.add(Outcome::Revalidated);
            } else if !terms.may_keep {
                lane.counters.add(Outcome::Unkept);
            }
        }
        let record = match &reply {
            _ if !lane.cache.keeps() => None,
            Reply::Found(record) => Some(Some(record.clone())),
            Reply::Absent => Some(None),
            Reply::Failed(_) => None,
        };
        let entry = record.and_then(|record| lane.entry(&self.key, self.since, (record, as_of), terms.clone()));
        let answer = match (&reply, self.stand_in(as_of)) {
            (Reply::Failed(_), Some(older)) => {
                lane.counters.add(Outcome::StoodIn);
                settled(older, Fresh::Stale)
            }
            _ => Settled { reply, as_of, fresh: Fresh::Fresh, terms },
        };
        self.share(entry.as_ref());
        self.land(entry, answer);
    }

    /// Writes an answer to the shared tier, or gives the key back there.
    fn share(&self, entry: Option<&Entry>) {
        let Some(tier) = &self.lane.cache.0.tier else { return };
        match (entry, self.stamp) {
            (Some(entry), Some(stamp)) => {
                let keep = entry.keep(&self.lane.freshness).unwrap_or_default();
                let kept = Kept { record: entry.record.clone(), as_of: entry.as_of(), terms: entry.terms.clone() };
                tier.put(self.lane.spot(), self.key.key(), stamp, kept, keep);
            }
            (None, Some(stamp)) if self.is_leased => tier.release(self.lane.spot(), self.key.key(), stamp),
            _ => {}
        }
    }

    /// Settles with what the shared tier has.
    pub(super) fn take(mut self, kept: Kept) {
        self.settled = true;
        let Kept { record, as_of, terms } = kept;
        let entry = self.lane.entry(&self.key, self.since, (record.clone(), as_of), terms.clone());
        let reply = record.map_or(Reply::Absent, Reply::Found);
        self.land(entry, Settled { reply, as_of, fresh: Fresh::Cached, terms });
    }

    /// An older answer that the shared tier has, should the source fail, or say that it still holds.
    pub(super) fn fall_back_on(&mut self, kept: Kept) {
        if self.older.as_ref().is_none_or(|older| older.as_of() < kept.as_of) {
            let Kept { record, as_of, terms } = kept;
            self.older = self.lane.entry(&self.key, self.since, (record, as_of), terms);
            self.older.iter().for_each(|older| self.flight.remember(older.clone()));
        }
    }

    /// Whether the older answer was served, and nobody waits for a newer one.
    pub(super) fn only_refreshes(&self, now: SystemTime) -> bool {
        self.older.as_ref().is_some_and(|older| older.age(now, &self.lane.freshness) == Age::Revalidate)
    }

    /// Lets another gateway do it.
    pub(super) fn leave(mut self) {
        if let Some(older) = &self.older {
            let answer = settled(older, Fresh::Stale);
            self.settled = true;
            self.land(None, answer);
        }
    }

    /// Keeps an answer and gives it to everybody who waits.
    fn land(&self, entry: Option<Entry>, answer: Settled) {
        let cache = &self.lane.cache;
        let mut shard = cache.0.flights.shard(&self.key);
        if shard.carries(&self.key, &self.flight) {
            // Written before the flight ends, so that a claim finds the one or the other. An answer from before a purge
            // would not be served; it need not be kept.
            if let Some(entry) = entry.filter(|entry| cache.stands(entry.since, &entry.marks)) {
                cache.0.memory.insert(self.key.clone(), entry);
            }
            shard.remove(&self.key);
        }
        drop(shard);
        self.flight.land(answer);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.settled {
            return;
        }
        let public = "the gateway gave up before an answer came";
        let mut failure = Failure::of_source(Code::Internal, &self.lane.connector, &self.lane.department, public);
        failure.blame = Blame::Gateway;
        // Only the moment of dropping is known here, and no caller is left to tell it.
        self.finish(Reply::Failed(failure.shared()), SystemTime::now(), None);
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Ticket").field("connector", &self.lane.connector).field("settled", &self.settled).finish()
    }
}
