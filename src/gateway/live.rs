//! The gateway that answers now, and how it came to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use arc_swap::ArcSwap;

use super::Gateway;

/// The place of the gateway that answers now. Clones are the same place.
///
/// Whoever begins to answer takes it with [`Live::now`] and keeps to it until the end, so that a request sees one
/// schema, one configuration and one set of sources. A swap is one store of a pointer; nobody waits.
#[derive(Clone)]
pub struct Live(Arc<Place>);

struct Place {
    gateway: ArcSwap<Gateway>,
    history: Mutex<History>,
}

/// What serves, since when, and what became of attempts to replace it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// One for the gateway of the start, one more with each that took its place.
    pub generation: u64,
    /// When it took it.
    pub since: SystemTime,
    /// Tells one content of the folder from another; nothing where the gateway was made of no folder.
    pub fingerprint: Option<u64>,
    /// How many took the place of another.
    pub reloads: u64,
    /// How many were refused.
    pub refusals: u64,
    /// The last attempt to put another in its place.
    pub last: Option<Attempt>,
    /// Settings of the folder that hold only after a restart of the process: names without values.
    pub waiting: Vec<&'static str>,
}

/// One attempt to put another gateway in the place of the one that serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it ended.
    pub at: SystemTime,
    /// Why the old one still serves: a sentence for operators, without values of settings; nothing where it does not.
    pub refused: Option<String>,
}

impl Live {
    /// The place of a gateway that begins to answer. `fingerprint` tells what it was made of.
    pub fn new(gateway: Arc<Gateway>, fingerprint: Option<u64>) -> Live {
        let since = SystemTime::now();
        let history =
            History { generation: 1, since, fingerprint, reloads: 0, refusals: 0, last: None, waiting: Vec::new() };
        gateway.take_over_news();
        Live(Arc::new(Place { gateway: ArcSwap::new(gateway), history: Mutex::new(history) }))
    }

    /// The gateway that answers now.
    pub fn now(&self) -> Arc<Gateway> {
        self.0.gateway.load_full()
    }

    /// Puts another gateway in its place. Requests in flight finish on the one they began with.
    pub fn swap(&self, gateway: Arc<Gateway>, fingerprint: Option<u64>) {
        let mut history = self.locked();
        gateway.take_over_news();
        self.0.gateway.store(gateway);
        history.generation += 1;
        history.reloads += 1;
        history.since = SystemTime::now();
        history.fingerprint = fingerprint;
        history.last = Some(Attempt { at: history.since, refused: None });
    }

    /// Notes which settings of the folder hold only after a restart of the process.
    pub fn wait(&self, settings: Vec<&'static str>) {
        self.locked().waiting = settings;
    }

    /// Notes that another one was to take its place and was not fit to, and why.
    pub fn refuse(&self, why: String) {
        let mut history = self.locked();
        history.refusals += 1;
        history.last = Some(Attempt { at: SystemTime::now(), refused: Some(why) });
    }

    /// What serves, since when, and what became of attempts to replace it.
    pub fn history(&self) -> History {
        self.locked().clone()
    }

    fn locked(&self) -> MutexGuard<'_, History> {
        self.0.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Arc<Gateway>> for Live {
    fn from(gateway: Arc<Gateway>) -> Live {
        Live::new(gateway, None)
    }
}
