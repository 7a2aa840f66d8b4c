//! What an operator may set of a source's care.

use std::num::{NonZeroU32, NonZeroUsize};

use serde::Deserialize;

use crate::catalog::Freshness;
use crate::units::TimeSpan;

/// `[sources.NAME.retry]`: when a call that only reads is tried again.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retry {
    /// Further tries of one exchange; 0: none.
    pub attempts: u32,
    /// Statuses that are worth another try; `RETRYABLE` of `@failure` always is.
    pub statuses: Vec<u16>,
    /// The longest pause before the first further try; it doubles with each. How much of it is waited is drawn.
    pub backoff: TimeSpan,
    /// The longest pause of all.
    pub max_backoff: TimeSpan,
    /// Further tries in percent of calls.
    pub budget: u32,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 1,
            statuses: vec![408, 500, 502, 503, 504],
            backoff: TimeSpan(std::time::Duration::from_millis(50)),
            max_backoff: TimeSpan::seconds(1),
            budget: 20,
        }
    }
}

/// `[sources.NAME.adapt]`: when fewer calls are under way at once than might be.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Adapt {
    /// Whether there ever are.
    pub enabled: bool,
    /// The fewest that may be under way.
    pub least: NonZeroU32,
    /// So many times as slow as when the source is at ease: then it has too much to do. Zero: time says nothing, for where
    /// the gateway itself has too much to do every source seems slow.
    pub slower: u32,
}

impl Default for Adapt {
    fn default() -> Self {
        Self { enabled: true, least: NonZeroU32::MIN, slower: 0 }
    }
}

/// `[sources.NAME.breaker]`: when a source is left alone.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Breaker {
    /// Whether it is ever left alone.
    pub enabled: bool,
    /// So many failures in a row open it.
    pub consecutive: NonZeroU32,
    /// So many failures in percent of a window's exchanges open it.
    pub failures: u32,
    /// The fewest exchanges of a window that say anything.
    pub exchanges: NonZeroUsize,
    /// What is looked back upon.
    pub window: TimeSpan,
    /// How long it is left alone at first; it doubles each time that it still fails.
    pub open: TimeSpan,
    /// The longest that it is left alone.
    pub max_open: TimeSpan,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            enabled: true,
            consecutive: NonZeroU32::new(5).expect("five is not zero"),
            failures: 50,
            exchanges: NonZeroUsize::new(20).expect("twenty is not zero"),
            window: TimeSpan::seconds(10),
            open: TimeSpan::seconds(1),
            max_open: TimeSpan::seconds(30),
        }
    }
}

/// `[sources.NAME.pause]`: how long a source that is asked too much is left alone.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pause {
    /// Where it does not say how long; it doubles while it still refuses.
    pub usual: TimeSpan,
    /// At most where it does not say how long.
    pub longest: TimeSpan,
    /// At most where it does.
    pub told: TimeSpan,
    /// At most after a used-up quota: then one call finds out.
    pub quota: TimeSpan,
}

impl Default for Pause {
    fn default() -> Self {
        Self {
            usual: TimeSpan::seconds(1),
            longest: TimeSpan::seconds(60),
            told: TimeSpan::seconds(15 * 60),
            quota: TimeSpan::seconds(15 * 60),
        }
    }
}

/// `[sources.NAME.quota.BUCKET]`: how often a source may be called, as it is set or as its answers tell it.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quota {
    /// The most calls in any `per`; without it the gateway counts nothing.
    pub calls: Option<NonZeroU32>,
    /// The window of `calls`.
    pub per: TimeSpan,
    /// The longest that keys wait for their turn under `calls`.
    pub wait: TimeSpan,
    /// Yields the calls of the source's window: a mapping over `$response.headers`.
    pub limit: Option<String>,
    /// Yields the calls that are left: a mapping like `limit`.
    pub remaining: Option<String>,
    /// Yields the calls that were made, where the source tells these: a mapping like `limit`.
    pub used: Option<String>,
    /// Yields when the window is over: seconds from now, or since 1970.
    pub reset: Option<String>,
    /// What is left, in percent of the limit, below which answers are believed for longer.
    pub low: u32,
    /// By how much answers are believed for longer when nothing is left; at most [`Freshness::MOST_STRETCH`].
    pub stretch: NonZeroU32,
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            calls: None,
            per: TimeSpan::seconds(1),
            wait: TimeSpan::seconds(1),
            limit: None,
            remaining: None,
            used: None,
            reset: None,
            low: 20,
            stretch: NonZeroU32::new(Freshness::MOST_STRETCH).expect("what is stretched grows"),
        }
    }
}
