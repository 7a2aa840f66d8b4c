//! What may be turned while a department works, and what it counts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::desk::{Bucket, Tally};
use super::town::Dials;

/// What a department does instead of answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing: it answers.
    #[default]
    Calm,
    /// 500 with the vendor's error body.
    Refuse500,
    /// 503 with the vendor's error body and `Retry-After: 1`.
    Unavailable503,
    /// The vendor's way of refusing for too many calls.
    RateLimited,
    /// The vendor's way of refusing credentials, whatever was sent.
    Unauthorized,
    /// 200 with a page for people.
    Html,
    /// 200, JSON type, the text cut in half.
    TruncatedJson,
    /// 200, JSON type, no body.
    Empty,
    /// 200, JSON type, half of the body, then the connection breaks.
    CutOff,
    /// 200, JSON type, bytes that are not UTF-8 inside a string.
    NotUtf8,
    /// 200, JSON type, ten thousand arrays within each other.
    Deep,
    /// 200, JSON type, a string that never ends.
    Endless,
    /// 200, the true answer, a byte at a time, 50 a second.
    Drip,
    /// 200, JSON type, a number where an object was promised.
    WrongType,
    /// 200, JSON type, every member of every object twice: null first, then its value.
    DoubledNames,
    /// The true answer with its lists the other way round.
    Shuffled,
    /// The true answer with every second element of its lists missing.
    Missing,
    /// The true answer, or the page before, and a further page that is like it, for ever.
    EndlessPages,
    /// 302 to where the call came already.
    Redirect,
    /// Takes the call and never answers. Stays the last one: [`Fault::ALL`] is as long as that.
    Hang,
}

impl Fault {
    /// All of them, in the order in which they are declared.
    pub const ALL: [Self; Self::Hang as usize + 1] = [
        Self::Calm,
        Self::Refuse500,
        Self::Unavailable503,
        Self::RateLimited,
        Self::Unauthorized,
        Self::Html,
        Self::TruncatedJson,
        Self::Empty,
        Self::CutOff,
        Self::NotUtf8,
        Self::Deep,
        Self::Endless,
        Self::Drip,
        Self::WrongType,
        Self::DoubledNames,
        Self::Shuffled,
        Self::Missing,
        Self::EndlessPages,
        Self::Redirect,
        Self::Hang,
    ];
}

/// Whether calls are counted against rate limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Limits {
    /// Never refused for their number; headers still tell the vendor's figures.
    #[default]
    Open,
    /// The vendor's published figures.
    Vendor,
    /// So many calls in each of the vendor's windows, for tests.
    Calls(u32),
}

/// Calls a department received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// All of them, refused ones and unknown addresses included.
    pub total: u64,
    /// By route, e.g. `GET /api/v2/users/{id}`; addresses of no route count under `unknown`.
    pub by_route: BTreeMap<String, u64>,
    /// Most that were being answered at the same moment.
    pub at_once: u64,
}

impl Calls {
    /// Calls of one route, 0 when there were none.
    pub fn of(&self, route: &str) -> u64 {
        self.by_route.get(route).copied().unwrap_or(0)
    }
}

/// What may be turned while a department works, and what it counts.
#[derive(Debug)]
pub(super) struct Dial {
    state: Mutex<DialState>,
    sessions: AtomicU64,
}

#[derive(Debug)]
pub(super) struct DialState {
    pub(super) latency: Duration,
    pub(super) limits: Limits,
    pub(super) fault: Fault,
    pub(super) next: Option<(Fault, u64)>,
    pub(super) routes: BTreeMap<String, Fault>,
    /// By route: properties that hold another value than they should.
    pub(super) distorted: BTreeMap<String, Vec<(String, Value)>>,
    pub(super) calls: Calls,
    /// The last page that was fine, for [`Fault::EndlessPages`].
    pub(super) page: Option<String>,
    now: u64,
    pub(super) windows: BTreeMap<&'static str, (Instant, u32)>,
}

impl Dial {
    pub(super) fn new(dials: &Dials) -> Self {
        Self {
            state: Mutex::new(DialState {
                latency: dials.latency,
                limits: dials.limits,
                fault: Fault::Calm,
                next: None,
                routes: BTreeMap::new(),
                distorted: BTreeMap::new(),
                calls: Calls::default(),
                page: None,
                now: 0,
                windows: BTreeMap::new(),
            }),
            sessions: AtomicU64::new(1),
        }
    }

    /// Counts how often sessions were ended; a token is valid while its number is this one.
    pub(super) fn session(&self) -> u64 {
        self.sessions.load(Ordering::SeqCst)
    }

    /// Calls counted against a window so far.
    pub(super) fn used(&self, bucket: &str) -> u32 {
        self.lock().windows.get(bucket).map_or(0, |(_, used)| *used)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, DialState> {
        // Every change is a single assignment: a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends every session: tokens given out so far carry an older number.
    pub(super) fn end_sessions(&self) {
        self.sessions.fetch_add(1, Ordering::SeqCst);
    }

    /// Counts one call in; says how long to wait and what to do instead of answering.
    pub(super) fn enter(&self, route: &str) -> (Duration, Fault) {
        let mut state = self.lock();
        state.calls.total += 1;
        *state.calls.by_route.entry(route.into()).or_default() += 1;
        state.now += 1;
        state.calls.at_once = state.calls.at_once.max(state.now);
        let fault = match state.next.take() {
            Some((fault, left)) if left > 0 => {
                state.next = Some((fault, left - 1));
                fault
            }
            _ => state.routes.get(route).copied().unwrap_or(state.fault),
        };
        (state.latency, fault)
    }

    /// Properties of this route's answers that hold another value than they should.
    pub(super) fn distorted(&self, route: &str) -> Vec<(String, Value)> {
        self.lock().distorted.get(route).cloned().unwrap_or_default()
    }

    /// Counts one call against a window.
    pub(super) fn spend(&self, bucket: Bucket) -> Tally {
        let mut state = self.lock();
        let (limit, refuses) = match state.limits {
            Limits::Open => (bucket.calls, false),
            Limits::Vendor => (bucket.calls, true),
            Limits::Calls(calls) => (calls, true),
        };
        let now = Instant::now();
        let (started, used) = state.windows.entry(bucket.name).or_insert((now, 0));
        if now.duration_since(*started) >= bucket.window {
            (*started, *used) = (now, 0);
        }
        let refused = refuses && *used >= limit;
        if !refused {
            *used = used.saturating_add(1);
        }
        Tally {
            name: bucket.name,
            limit,
            used: (*used).min(limit),
            reset: bucket.window.saturating_sub(now.duration_since(*started)),
            window: bucket.window,
            refused,
        }
    }
}

/// Counts a call out again, also when the client went away.
pub(super) struct Leaving<'a>(pub(super) &'a Dial);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.lock().now -= 1;
    }
}
