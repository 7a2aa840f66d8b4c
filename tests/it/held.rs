//! What the system says that a process holds.

use std::fs;

/// The number that `/proc` tells under a name such as `VmRSS` (in KiB) or `Threads`; None where the system does not tell.
pub fn told(process: u32, name: &str) -> Option<usize> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// Bytes of memory that a process has; None where the system does not tell.
pub fn resident_bytes(process: u32) -> Option<usize> {
    Some(told(process, "VmRSS")? * 1024)
}
