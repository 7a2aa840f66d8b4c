//! Long answers of one source are read one at a time, as far as they come fast.
//!
//! A source that sends without end sends as fast as it is read, in as many calls as it may have at once: together they
//! take memory and processors from everybody. In turn they take them once, and when the first few have been cut, so have
//! the others.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Response;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

/// An answer is long that has more bytes than this.
pub(super) const LONG_BYTES: usize = 1 << 20;
/// A turn ends after so long, and the next one's begins: one that comes slowly holds up nobody.
const TURN: Duration = Duration::from_millis(20);

/// The turns of one source.
#[derive(Debug)]
pub(super) struct Turns(Semaphore);

/// One answer's turn, while it is held.
#[derive(Debug)]
pub(super) struct Turn<'t> {
    _permit: Option<SemaphorePermit<'t>>,
    until: Instant,
}

impl Default for Turns {
    fn default() -> Turns {
        Turns(Semaphore::new(1))
    }
}

impl Turns {
    /// Waits for a turn, where `held` is none or over.
    pub async fn next<'t>(&'t self, held: Option<Turn<'t>>) -> Option<Turn<'t>> {
        if let Some(turn) = held.filter(|turn| Instant::now() < turn.until) {
            return Some(turn);
        }
        // Nobody closes it.
        let permit = self.0.acquire().await.ok();
        Some(Turn { _permit: permit, until: Instant::now() + TURN })
    }
}

/// The next piece of an answer; should it not come while a turn lasts, the turn is given up meanwhile.
pub(super) async fn piece(answer: &mut Response, held: &mut Option<Turn<'_>>) -> reqwest::Result<Option<Bytes>> {
    if let Some(turn) = held {
        match timeout_at(turn.until, answer.chunk()).await {
            Ok(came) => return came,
            Err(_) => *held = None,
        }
    }
    answer.chunk().await
}
