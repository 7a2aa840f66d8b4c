//! Whether work is taken, and what was counted on the way.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::Settings;

/// How far along the way out a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Work is taken.
    Open,
    /// Work is still taken, and readiness says 503 so that balancers look elsewhere.
    Leaving,
    /// Nothing new is taken; what is in flight finishes.
    Closing,
}

/// The state of one server, shared by its handlers and whoever stops it.
#[derive(Debug)]
pub struct Lifecycle {
    phase: watch::Sender<Phase>,
    /// One permit for each socket that may still be opened.
    sockets: Arc<Semaphore>,
    /// All of them, when none is open.
    max_sockets: u32,
    panics: AtomicU64,
    requests: AtomicU64,
    /// Makes request ids differ between processes.
    seed: RandomState,
}

impl Lifecycle {
    /// An open server.
    pub fn new(settings: &Settings) -> Lifecycle {
        let most = u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX);
        let max_sockets = u32::try_from(settings.websocket.max_sockets).unwrap_or(most).min(most);
        Lifecycle {
            phase: watch::Sender::new(Phase::Open),
            sockets: Arc::new(Semaphore::new(usize::try_from(max_sockets).unwrap_or(usize::MAX))),
            max_sockets,
            panics: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            seed: RandomState::new(),
        }
    }

    /// Where it is now.
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Moves on; never back.
    pub fn enter(&self, phase: Phase) {
        self.phase.send_if_modified(|now| {
            let is_later = phase > *now;
            *now = phase.max(*now);
            is_later
        });
    }

    /// Panics that were caught in handlers and operations so far.
    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    pub(super) fn count_panic(&self) {
        self.panics.fetch_add(1, Ordering::Relaxed);
    }

    /// An id that no other request of this process has, and hardly one of another.
    pub(super) fn request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        format!("{:016x}-{number:x}", self.seed.hash_one(number))
    }

    /// Room for one more socket, until it is dropped.
    pub(super) fn socket(&self) -> Option<OwnedSemaphorePermit> {
        self.sockets.clone().try_acquire_owned().ok()
    }

    /// Resolves once nothing new is taken.
    pub(super) async fn closing(&self) {
        let mut phase = self.phase.subscribe();
        // It cannot fail: the sender lives in `self`.
        let _ = phase.wait_for(|phase| *phase == Phase::Closing).await;
    }

    /// Resolves once no socket is open; from then on none is opened.
    pub(super) async fn sockets_closed(&self) {
        if let Ok(all) = self.sockets.acquire_many(self.max_sockets).await {
            all.forget();
        }
    }
}
