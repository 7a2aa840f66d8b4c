//! The duty to answer one key.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use super::flight::Flight;
use super::key::CacheKey;
use super::lane::{Inner, settled};
use super::memory::Entry;
use super::validity::Moment;
use crate::record::{Blame, Code, Failure, Fresh, Key, Reply, Settled};

/// The duty to answer one key. Dropped without an answer, it settles a failure: nobody waits for ever.
pub struct Ticket {
    lane: Arc<Inner>,
    key: CacheKey,
    /// From before it was claimed: what is forgotten later concerns its answer.
    since: Moment,
    flight: Flight,
    /// What was kept from before, should the source fail.
    older: Option<Entry>,
    settled: bool,
}

impl Ticket {
    pub(super) fn new(lane: Arc<Inner>, key: CacheKey, since: Moment, flight: Flight, older: Option<Entry>) -> Ticket {
        Ticket { lane, key, since, flight, older, settled: false }
    }

    /// The key to be fetched.
    pub fn key(&self) -> &Key {
        &self.key.key
    }

    /// Keeps the answer as long as it may be kept, and gives it to everybody who waits.
    ///
    /// A failure is never kept; within `staleIfError` everybody gets the older record instead, marked stale.
    /// `as_of` is when the source said so.
    pub fn settle(mut self, reply: Reply, as_of: SystemTime) {
        self.finish(reply, as_of);
    }

    fn finish(&mut self, reply: Reply, as_of: SystemTime) {
        self.settled = true;
        let lane = &self.lane;
        let marks = lane.marks(&self.key);
        let record = match &reply {
            Reply::Found(record) => Some(Some(record.clone())),
            Reply::Absent => Some(None),
            Reply::Failed(_) => None,
        };
        let entry = record.and_then(|record| Entry::new(record, as_of, &lane.freshness, (self.since, marks)));
        let older = self
            .older
            .as_ref()
            .filter(|older| older.stands_in(as_of, &lane.freshness) && lane.cache.stands(older.since, &older.marks));
        let answer = match (&reply, older) {
            (Reply::Failed(_), Some(older)) => settled(older, Fresh::Stale),
            _ => Settled { reply, as_of, fresh: Fresh::Fresh },
        };
        let mut shard = lane.cache.0.flights.shard(&self.key);
        if shard.carries(&self.key, &self.flight) {
            // Written before the flight ends, so that a claim finds the one or the other. An answer from before a purge
            // would not be served; it need not be kept.
            if let Some(entry) = entry.filter(|_| lane.cache.stands(self.since, &marks)) {
                lane.cache.0.memory.insert(self.key.clone(), entry);
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
        self.finish(Reply::Failed(failure.shared()), SystemTime::now());
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Ticket").field("connector", &self.lane.connector).field("settled", &self.settled).finish()
    }
}
