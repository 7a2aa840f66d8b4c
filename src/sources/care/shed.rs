//! Refusing early: who would be late anyway had better be told at once.

use std::time::Duration;

/// How long keys wait that come now, behind `ahead` calls of a source of which so many are carried at once and each takes
/// about `usual`.
pub(in crate::sources) fn wait(ahead: usize, concurrency: usize, usual: Duration) -> Duration {
    let rounds = u32::try_from(ahead / concurrency.max(1)).unwrap_or(u32::MAX);
    usual.saturating_mul(rounds)
}
