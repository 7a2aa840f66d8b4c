//! The duty to answer one key.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use super::flight::Flight;
use super::key::CacheKey;
use super::lane::{Inner, settled};
use super::memory::Entry;
use crate::record::{Blame, Code, Failure, Fresh, Key, Reply, Settled};

/// The duty to answer one key. Dropped without an answer, it settles a failure: nobody waits for ever.
pub struct Ticket {
    lane: Arc<Inner>,
    key: CacheKey,
    flight: Flight,
    /// What was kept from before, should the source fail.
    older: Option<Entry>,
    settled: bool,
}

impl Ticket {
    pub(super) fn new(lane: Arc<Inner>, key: CacheKey, flight: Flight, older: Option<Entry>) -> Ticket {
        Ticket { lane, key, flight, older, settled: false }
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
        let entry = match &reply {
            Reply::Found(record) => Entry::new(Some(record.clone()), as_of, &self.lane.freshness),
            Reply::Absent => Entry::new(None, as_of, &self.lane.freshness),
            Reply::Failed(_) => None,
        };
        let answer = match (&reply, &self.older) {
            (Reply::Failed(_), Some(older)) if older.stands_in(as_of, &self.lane.freshness) => {
                settled(older, Fresh::Stale)
            }
            _ => Settled { reply, as_of, fresh: Fresh::Fresh },
        };
        let cache = &self.lane.cache.0;
        let mut shard = cache.flights.shard(&self.key);
        // A flight that was detached meanwhile brings an answer from before the purge: it is not kept.
        if shard.carries(&self.key, &self.flight) {
            // Written before the flight ends, so that a claim finds the one or the other.
            if let Some(entry) = entry {
                cache.memory.insert(self.key.clone(), entry);
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
