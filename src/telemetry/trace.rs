//! Where a request stands in a trace: the W3C's `traceparent` and `tracestate`.

use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderMap;

/// The header that names the caller's span.
pub(super) const TRACEPARENT: &str = "traceparent";
/// The header in which tracing systems carry what is theirs.
pub(super) const TRACESTATE: &str = "tracestate";
/// The longest `tracestate` that is handed on; the standard asks for as much.
const MAX_STATE_BYTES: usize = 512;

/// A span's place in a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The trace; not zero.
    pub trace: u128,
    /// The span; not zero.
    pub span: u64,
    /// Whether whoever began the trace wants it recorded.
    pub is_sampled: bool,
    /// What tracing systems handed along, as it came.
    pub state: Option<Box<str>>,
}

impl Place {
    /// The caller's place, if its headers name one. What is malformed is as good as nothing.
    pub fn of_caller(headers: &HeaderMap) -> Option<Place> {
        let mut parents = headers.get_all(TRACEPARENT).iter();
        let (Some(parent), None) = (parents.next(), parents.next()) else { return None };
        let mut place = Place::read(parent.to_str().ok()?)?;
        let states: Vec<&str> = headers.get_all(TRACESTATE).iter().filter_map(|value| value.to_str().ok()).collect();
        let state = states.join(",");
        place.state = (!state.is_empty() && state.len() <= MAX_STATE_BYTES).then(|| state.into());
        Some(place)
    }

    /// Reads a `traceparent`: <https://www.w3.org/TR/trace-context/#traceparent-header>.
    pub fn read(text: &str) -> Option<Place> {
        let mut parts = text.trim().split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let version = hex(version, 2)?;
        // A later version may say more; this one does not.
        if version == 0xff || (version == 0 && parts.next().is_some()) {
            return None;
        }
        let (trace, span) = (hex(trace, 32)?, u64::try_from(hex(span, 16)?).ok()?);
        let is_sampled = hex(flags, 2)? & 1 == 1;
        (trace != 0 && span != 0).then_some(Place { trace, span, is_sampled, state: None })
    }

    /// As a `traceparent`.
    pub fn written(&self) -> String {
        let mut out = String::with_capacity(55);
        // Writing to a String cannot fail.
        let _ = write!(out, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, u8::from(self.is_sampled));
        out
    }

    /// The headers that tell a source where its call belongs.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, String)> {
        let state = self.state.as_deref().map(|state| (TRACESTATE, state.to_owned()));
        [(TRACEPARENT, self.written())].into_iter().chain(state)
    }
}

/// So many hexadecimal digits in lower case.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_plain = text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_plain.then(|| u128::from_str_radix(text, 16).ok())?
}

/// Gives numbers to traces and spans, hardly one of them twice.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    seed: RandomState,
    next: AtomicU64,
}

impl Numbers {
    pub(super) fn span(&self) -> u64 {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        self.seed.hash_one(next).max(1)
    }

    pub(super) fn trace(&self) -> u128 {
        u128::from(self.span()) << 64 | u128::from(self.span())
    }
}
