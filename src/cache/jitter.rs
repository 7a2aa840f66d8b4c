//! Records that were fetched together are not refreshed together: each ends a little before its age.

use std::time::{Duration, SystemTime};

use crate::record::Key;

/// By how much a record of `key`, answered at `as_of`, ends before `max_age`: at most `percent` of it. The same key and
/// time give the same, in every process.
pub(super) fn early(key: &Key, as_of: SystemTime, max_age: Duration, percent: u32) -> Duration {
    if percent == 0 {
        return Duration::ZERO;
    }
    let seconds = as_of.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    // FNV-1a over the key, then the time; its upper bits are the better ones.
    let bytes = key.as_str().bytes().chain(seconds.to_le_bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let part = (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u32;
    // `part` is one of 2^24.
    (max_age / 100 * percent.min(100)).mul_f64(f64::from(part) / f64::from(1_u32 << 24))
}
