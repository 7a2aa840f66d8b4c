//! How long what was fetched may be served, and to whom.

use std::time::Duration;

/// What `@cache` says of a type or field; per connector the smallest over the fields it gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Freshness {
    /// How long a record is fresh; `None`: never served again once answered.
    pub max_age: Option<Duration>,
    /// How long after that it may be served while it is being refreshed.
    pub stale_while_revalidate: Option<Duration>,
    /// How long after `max_age` it may be served because the source failed.
    pub stale_if_error: Option<Duration>,
    /// How long "not found" is remembered; `None`: as long as `max_age`, at most a minute.
    pub negative_max_age: Option<Duration>,
    /// To whom it may be served.
    pub scope: Scope,
    /// Whether what the source says of each answer narrows this.
    pub respect: bool,
}

/// Under whose rights an upstream answer is obtained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The gateway's own credential: everybody may share the answer.
    #[default]
    Public,
    /// The caller's: not cached, not coalesced, not batched with another caller's.
    Caller,
}

impl Freshness {
    /// How many times `max_age` a record is served at most when calls are to be spared.
    pub const MOST_STRETCH: u32 = 2;

    /// The stricter of two, member by member.
    pub fn min(self, other: Freshness) -> Freshness {
        let least = |a: Option<Duration>, b: Option<Duration>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, None) | (None, one) => one,
        };
        Freshness {
            max_age: least(self.max_age, other.max_age),
            stale_while_revalidate: least(self.stale_while_revalidate, other.stale_while_revalidate),
            stale_if_error: least(self.stale_if_error, other.stale_if_error),
            negative_max_age: least(self.negative_max_age, other.negative_max_age),
            scope: if self.scope == Scope::Caller || other.scope == Scope::Caller {
                Scope::Caller
            } else {
                Scope::Public
            },
            respect: self.respect || other.respect,
        }
    }

    /// How long "not found" is remembered.
    pub fn negative(&self) -> Option<Duration> {
        self.negative_max_age.or_else(|| self.max_age.map(|age| age.min(Duration::from_secs(60))))
    }

    /// How long a record may be kept at all: fresh, then within the longer of the stale windows.
    pub fn keep(&self) -> Option<Duration> {
        let stale = self.stale_while_revalidate.max(self.stale_if_error).unwrap_or_default();
        self.max_age.map(|age| age + stale)
    }

    /// How long "not found" may be kept at all: believed, then for as long as it may stand in for a failure.
    pub fn keep_absent(&self) -> Option<Duration> {
        self.negative().map(|age| age + self.stale_if_error.unwrap_or_default())
    }
}
