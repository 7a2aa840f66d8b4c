//! Answers that sockets have yet to take: their bytes, of each socket and of all together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Of what may wait for all sockets, so much may wait for one: its share is one of so many.
const SHARES: usize = 4;

/// What waits for one socket, counted with what waits for the others.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    all: Arc<AtomicUsize>,
    own: Arc<AtomicUsize>,
}

/// Bytes that wait, until this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    waiting: Waiting,
    bytes: usize,
}

impl Waiting {
    /// What waits for another socket.
    pub fn beside(&self) -> Waiting {
        Waiting { all: self.all.clone(), own: Arc::default() }
    }

    /// So many more bytes, where there is room for them among the most that may wait for all sockets. What nothing else waits
    /// beside always finds room: it could never be told otherwise.
    pub fn admit(&self, bytes: usize, most: usize) -> Option<Held> {
        let has_room = |before: usize, most: usize| before == 0 || before.saturating_add(bytes) <= most;
        let all = self.all.fetch_add(bytes, Ordering::Relaxed);
        let own = self.own.fetch_add(bytes, Ordering::Relaxed);
        let held = Held { waiting: self.clone(), bytes };
        (has_room(all, most) && has_room(own, most / SHARES)).then_some(held)
    }

    /// So many more, room or not.
    pub fn hold(&self, bytes: usize) -> Held {
        self.all.fetch_add(bytes, Ordering::Relaxed);
        self.own.fetch_add(bytes, Ordering::Relaxed);
        Held { waiting: self.clone(), bytes }
    }

    /// What waits for all sockets.
    pub fn bytes(&self) -> usize {
        self.all.load(Ordering::Relaxed)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.waiting.all.fetch_sub(self.bytes, Ordering::Relaxed);
        self.waiting.own.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
