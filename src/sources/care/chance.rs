//! Chance, so that those who wait do not all come back at the same moment.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// A time between nothing and `most`, each as likely.
pub(super) fn up_to(most: Duration) -> Duration {
    most.mul_f64(share())
}

/// A time within a quarter of `about`.
pub(super) fn around(about: Duration) -> Duration {
    about.mul_f64(0.75 + share() / 2.0)
}

/// Between 0 and 1. Nothing secret hangs on it: what seeds hash maps is good enough.
fn share() -> f64 {
    (RandomState::new().hash_one(0u8) >> 11) as f64 / (1u64 << 53) as f64
}
