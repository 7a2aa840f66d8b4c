//! How far the gateway's own work is behind: how long a task that is ready waits for a thread.
//!
//! Slow sources do not show in it, for who waits for them needs no thread. Where it stands for a while, more is asked
//! than processors can answer; who is let in then makes everybody late.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::Desk;

/// How often one looks.
const EVERY: Duration = Duration::from_millis(20);
/// Work that is behind for less long is a burst, which passes.
const BURST: Duration = Duration::from_millis(500);
/// For so long after it was behind, it is so again at once.
const RELAPSE: Duration = Duration::from_secs(5);

/// What is seen of it over time.
#[derive(Debug, Default)]
pub(super) struct Lag {
    since: Option<Instant>,
    /// When it was last behind for long.
    stood: Option<Instant>,
}

impl Lag {
    /// A task waited so long, by `now`: whether the work is behind. `most` is how long one may wait; zero: any time.
    pub fn is_behind(&mut self, waited: Duration, most: Duration, now: Instant) -> bool {
        if waited <= most || most.is_zero() {
            self.since = None;
            return false;
        }
        let since = *self.since.get_or_insert(now);
        let has_stood = self.stood.is_some_and(|stood| now - stood < RELAPSE);
        let is_behind = has_stood || now - since >= BURST;
        if is_behind {
            self.stood = Some(now);
        }
        is_behind
    }
}

/// Looks, for ever.
pub(super) async fn watch(desk: Desk) {
    let mut lag = Lag::default();
    loop {
        sleep(EVERY).await;
        let begun = Instant::now();
        // Through the queue, as whatever comes.
        if tokio::spawn(async {}).await.is_err() {
            return;
        }
        let (now, most) = (Instant::now(), desk.settings().max_lag.0);
        let waited = now - begun;
        let is_behind = lag.is_behind(waited, most, now);
        desk.lifecycle().behind(waited, is_behind);
    }
}
