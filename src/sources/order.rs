//! What is asked of sources, and who waits for it.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::Args;
use super::renewal::Known;
use crate::catalog::ConnectorId;
use crate::mapping::Value;
use crate::record::{Failure, Key, Reply, Terms};
use crate::telemetry::Asker;

/// Keys that one connector is asked for.
pub struct Order {
    /// The connector.
    pub connector: ConnectorId,
    /// The arguments it reads.
    pub args: Arc<Args>,
    /// Whose answer it is: orders of different scopes never share a call.
    pub scope: ScopeTag,
    /// The client's headers for `$request.headers` and `from`: lower-case name → list of strings.
    pub headers: Option<Arc<Value<'static>>>,
    /// The keys, normalised as their fields say.
    pub keys: Vec<Key>,
    /// What is known of some of them from before, by place, should the source be asked whether it still holds.
    pub known: Vec<(usize, Known)>,
    /// Grows whenever something that the connector gave is declared outdated: what the source kept for an order of a
    /// smaller one does not serve this one.
    pub edition: u64,
    /// When nobody waits any longer: keys still in the queue then are not asked for.
    pub deadline: Option<Instant>,
    /// Who is told.
    pub waiting: Arc<dyn Waiting>,
}

/// Whose answer an order is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScopeTag {
    /// Everybody's: obtained with the gateway's own credential.
    Shared,
    /// One request's, by a number that no other request has.
    Caller(u64),
}

/// Who waits for an order.
pub trait Waiting: Send + Sync {
    /// Told once for each key, in any order, from any thread, whatever happens.
    ///
    /// `index` is the key's place among the order's keys; `as_of` is when the source said so, `terms` what it said of
    /// its answer, where its connector listens to that.
    fn settle(&self, index: usize, reply: Reply, as_of: SystemTime, terms: Option<&Arc<Terms>>);

    /// How much the key at `index` is waited for.
    fn wanted(&self, index: usize) -> Wanted {
        let _ = index;
        Wanted::ByOne
    }

    /// Which request it is: for logs and traces, and for what gives way where there is too little room.
    fn asker(&self) -> Option<&Asker> {
        None
    }
}

/// How much a key is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Whoever asked has an older answer.
    Newer,
    /// By whoever asked.
    ByOne,
    /// By others besides.
    ByOthers,
}

/// One key on its way to an answer.
pub(super) struct Seat {
    pub key: Key,
    pub index: usize,
    pub known: Option<Box<Known>>,
    pub deadline: Option<Instant>,
    pub waiting: Arc<dyn Waiting>,
}

impl Seat {
    /// How much it is waited for.
    pub fn wanted(&self) -> Wanted {
        self.waiting.wanted(self.index)
    }

    pub fn settle(self, reply: Reply, as_of: SystemTime, terms: Option<&Arc<Terms>>) {
        self.waiting.settle(self.index, reply, as_of, terms);
    }
}

/// Gives every seat the same failure, now.
pub(super) fn fail_all(seats: impl IntoIterator<Item = Seat>, failure: Failure) {
    let (failure, now) = (failure.shared(), SystemTime::now());
    for seat in seats {
        seat.settle(Reply::Failed(failure.clone()), now, None);
    }
}
