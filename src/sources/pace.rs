//! Whether keys had better wait for a call of their own kind that is under way.
//!
//! While a source answers fast, each call's fixed costs are most of what it costs. A call that is sent while another one
//! like it is under way then saves its keys less time than it takes from everybody: they wait for that one's end, and
//! leave together. Where calls take longer than [`SHORT`], nobody waits.

use std::time::Duration;

use tokio::time::Instant;

use super::crowd::{Bounds, GroupKey};

/// The longest that keys wait for a call of their own kind.
pub(super) const SHORT: Duration = Duration::from_millis(3);

/// What is known of one connector's calls.
#[derive(Default)]
pub(super) struct Pace {
    running: usize,
    /// How long calls took of late; `None` before the first one ended.
    usual: Option<Duration>,
    /// The latest call: when it began and what it is for.
    latest: Option<(Instant, GroupKey)>,
}

/// Whether a call may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Now,
    /// When a call that is under way ends, or at that moment.
    Soon(Instant),
    /// When a call that is under way ends.
    Later,
}

impl Turn {
    /// The one of two that comes first.
    pub fn sooner(self, other: Turn) -> Turn {
        match (self, other) {
            (Turn::Now, _) | (_, Turn::Now) => Turn::Now,
            (Turn::Soon(at), Turn::Soon(other)) => Turn::Soon(at.min(other)),
            (Turn::Soon(at), Turn::Later) | (Turn::Later, Turn::Soon(at)) => Turn::Soon(at),
            (Turn::Later, Turn::Later) => Turn::Later,
        }
    }
}

impl Pace {
    /// Whether so many keys of a group may leave.
    pub fn turn(&self, group: &GroupKey, bounds: Bounds, keys: usize, now: Instant) -> Turn {
        if self.running >= bounds.parallel {
            return Turn::Later;
        }
        match &self.latest {
            Some((begun, latest))
                if self.running > 0
                    && keys < bounds.width
                    && self.usual.is_some_and(|usual| usual < SHORT)
                    && *begun + SHORT > now
                    && latest == group =>
            {
                Turn::Soon(*begun + SHORT)
            }
            _ => Turn::Now,
        }
    }

    /// A call begins.
    pub fn begin(&mut self, group: &GroupKey, now: Instant) {
        self.running += 1;
        self.latest = Some((now, group.clone()));
    }

    /// A call that took so long ended.
    pub fn end(&mut self, took: Duration) {
        self.running = self.running.saturating_sub(1);
        // The latest calls count most, and no single one decides.
        self.usual = Some(self.usual.map_or(took, |usual| (usual * 7 + took) / 8));
    }
}
