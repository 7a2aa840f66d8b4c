//! What one source's exchanges came to, and who hears of failures.

use std::time::{Duration, Instant};

use super::client::SendError;
use crate::telemetry::{Counter, Histogram, Pace};

/// Most lines about failures of one source, in so long.
const LINES: (u32, Duration) = (10, Duration::from_secs(60));

/// What one source's exchanges came to.
#[derive(Debug)]
pub(super) struct Meter {
    /// By [`ENDS`].
    ends: [Counter; ENDS.len()],
    pub took: Histogram,
    pub bytes: Counter,
    lines: Pace,
}

/// How an exchange can end: the class of its status, or why there is none.
const ENDS: [&str; 10] =
    ["1xx", "2xx", "3xx", "4xx", "5xx", "unreachable", "timeout", "broken", "too_large", "unsendable"];

impl Default for Meter {
    fn default() -> Meter {
        let (took, bytes) = (Histogram::of_times(), Counter::default());
        Meter { ends: Default::default(), took, bytes, lines: Pace::new(LINES.0, LINES.1) }
    }
}

impl Meter {
    /// An exchange has ended.
    pub fn add(&self, end: Result<u16, &SendError>, bytes: usize, took: Duration) {
        let position = match end {
            Ok(status) => usize::from(status / 100).clamp(1, 5) - 1,
            Err(SendError::Unreachable(_)) => 5,
            Err(SendError::TimedOut(_)) => 6,
            Err(SendError::Broken(_)) => 7,
            Err(SendError::TooLarge(_)) => 8,
            Err(_) => 9,
        };
        self.ends[position].tick();
        self.bytes.add(bytes as u64);
        self.took.time(took);
    }

    /// How many exchanges ended in each way.
    pub fn ends(&self) -> impl Iterator<Item = (&'static str, u64)> {
        ENDS.into_iter().zip(self.ends.iter().map(Counter::get))
    }

    /// Whether one more failure may be told in the log, and how many were not told since the last one.
    pub fn line(&self) -> Option<u64> {
        self.lines.pass(Instant::now())
    }
}
