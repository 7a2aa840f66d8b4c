//! Answers that clients have yet to take: their bytes, of each connection or socket and of all together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// Of what may wait for all, so much may wait for one connection or socket: its share is one of so many.
const SHARES: usize = 4;
/// Answers over HTTP of up to so many bytes are not counted: a connection costs as much.
const SMALL_BYTES: usize = 64 << 10;

/// What waits for one connection or socket, counted with what waits for the others.
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

/// An answer that is waited with.
struct Kept {
    body: Bytes,
    _held: Held,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

impl Waiting {
    /// The same answer, which counts until nobody holds it any longer if it is large; `None` where there is no room for it.
    pub fn keep(&self, body: Bytes, most: usize) -> Option<Bytes> {
        if body.len() <= SMALL_BYTES {
            return Some(body);
        }
        let held = self.admit(body.len(), most)?;
        Some(Bytes::from_owner(Kept { body, _held: held }))
    }

    /// What waits for another one.
    pub fn beside(&self) -> Waiting {
        Waiting { all: self.all.clone(), own: Arc::default() }
    }

    /// So many more bytes, where there is room for them among the most that may wait for all. What nothing else waits
    /// beside always finds room: it could never be told otherwise.
    pub fn admit(&self, bytes: usize, most: usize) -> Option<Held> {
        let has_room = |before: usize, most: usize| before == 0 || before.saturating_add(bytes) <= most;
        let ([all, own], held) = self.add(bytes);
        (has_room(all, most) && has_room(own, most / SHARES)).then_some(held)
    }

    /// So many more, room or not.
    pub fn hold(&self, bytes: usize) -> Held {
        self.add(bytes).1
    }

    /// What waited for all and for this one before, and the bytes beside it.
    fn add(&self, bytes: usize) -> ([usize; 2], Held) {
        let before = [&self.all, &self.own].map(|count| count.fetch_add(bytes, Ordering::Relaxed));
        (before, Held { waiting: self.clone(), bytes })
    }

    /// What waits for all.
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
