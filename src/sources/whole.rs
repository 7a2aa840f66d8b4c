//! A body out of the pieces that come.

use bytes::{Bytes, BytesMut};

use super::long::LONG_BYTES;

/// Pieces of fewer bytes are copied together: each keeps what it was read into.
const SMALL_BYTES: usize = 4 << 10;

/// What has come so far. What is long is put together once all of it is here: most that grows beyond bounds never is.
pub(super) struct Whole {
    first: Vec<u8>,
    /// Behind that.
    rest: Vec<Bytes>,
    /// Behind that: small pieces.
    tail: BytesMut,
    length: usize,
}

impl Whole {
    /// None of it. `declared` is how long it says it is.
    pub fn new(declared: Option<u64>) -> Whole {
        let declared = declared.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        let first = Vec::with_capacity(declared.min(LONG_BYTES));
        Whole { first, rest: Vec::new(), tail: BytesMut::new(), length: 0 }
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.length
    }

    pub fn add(&mut self, piece: Bytes) {
        self.length += piece.len();
        if self.length <= LONG_BYTES {
            self.first.extend_from_slice(&piece);
        } else if piece.len() < SMALL_BYTES {
            self.tail.extend_from_slice(&piece);
        } else {
            self.end_tail();
            self.rest.push(piece);
        }
    }

    /// All of it.
    pub fn done(mut self) -> Vec<u8> {
        self.end_tail();
        self.first.reserve_exact(self.length - self.first.len());
        self.rest.iter().for_each(|piece| self.first.extend_from_slice(piece));
        self.first
    }

    fn end_tail(&mut self) {
        if !self.tail.is_empty() {
            self.rest.push(self.tail.split().freeze());
        }
    }
}
