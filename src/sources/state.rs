//! How a source is doing, for whoever looks after it.

use std::time::Duration;

/// One source at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceState {
    /// The source's name; for a connector without a source, the connector's id.
    pub name: String,
    /// Calls under way.
    pub in_flight: usize,
    /// Calls that may be under way at once now.
    pub most_in_flight: usize,
    /// Keys that wait for a call.
    pub waiting: usize,
    /// Whether it is called at all.
    pub breaker: BreakerState,
    /// How long it is still left alone because it asked for that; the longest of its buckets.
    pub paused_for: Option<Duration>,
    /// Exchanges since the start that were a second try.
    pub retries: u64,
    /// Keys since the start that were refused before anything was sent.
    pub shed: u64,
    /// What is known of its quotas, by bucket.
    pub quotas: Vec<QuotaLeft>,
}

/// Whether a source is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BreakerState {
    /// As usual.
    Closed,
    /// It is left alone after repeated failures.
    Open,
    /// One call is to find out whether it answers again.
    HalfOpen,
}

impl BreakerState {
    /// Every state.
    pub const ALL: [BreakerState; 3] = [BreakerState::Closed, BreakerState::Open, BreakerState::HalfOpen];

    /// The state in one word: `closed`, `open`, `half-open`.
    pub fn as_str(self) -> &'static str {
        match self {
            BreakerState::Closed => "closed",
            BreakerState::Open => "open",
            BreakerState::HalfOpen => "half-open",
        }
    }
}

/// One quota as its source tells it, or as it is set.
#[derive(Clone, Debug, PartialEq)]
pub struct QuotaLeft {
    /// The bucket's name.
    pub bucket: String,
    /// Calls that may still be made; `None` where nothing is known yet.
    pub remaining: Option<u64>,
    /// Calls of a whole window, where known.
    pub limit: Option<u64>,
    /// By how much answers are believed for longer on its behalf: 1 or more.
    pub stretch: f32,
}
