//! How long a call may take.
//!
//! A call goes on for as long as the last of those who asked waits, and at least for its source's timeout: whoever came
//! later may wait for the same keys, and the next request finds what it brings. So one exchange takes at most the
//! timeout, or what is left of the call; nothing new is begun behind the end.

use std::time::Duration;

use tokio::time::Instant;

/// When a call that began at `begun` ends. `deadlines` are those of its keys; one of `None` waits for as long as it takes.
pub(in crate::sources) fn ends(
    deadlines: impl IntoIterator<Item = Option<Instant>>,
    begun: Instant,
    timeout: Duration,
) -> Option<Instant> {
    let own = begun.checked_add(timeout)?;
    deadlines.into_iter().try_fold(own, |last, deadline| Some(last.max(deadline?)))
}

/// The longest that one exchange may take which begins now.
pub(in crate::sources) fn limit(ends: Option<Instant>, now: Instant, timeout: Duration) -> Duration {
    ends.map_or(timeout, |ends| ends.saturating_duration_since(now).min(timeout))
}

/// The time in which a further try must begin.
pub(in crate::sources) fn left(deadlines: impl IntoIterator<Item = Option<Instant>>, now: Instant) -> Option<Duration> {
    let last = deadlines.into_iter().try_fold(now, |last, deadline| Some(last.max(deadline?)))?;
    Some(last.saturating_duration_since(now))
}
