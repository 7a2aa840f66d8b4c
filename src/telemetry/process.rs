//! What the system says of this process, where it is Linux.

use std::fs;

use super::catalogue::{
    PROCESS_CPU, PROCESS_MAX_FDS, PROCESS_OPEN_FDS, PROCESS_RESIDENT, PROCESS_START, PROCESS_THREADS, PROCESS_VIRTUAL,
};
use super::page::Page;

/// Ticks in which Linux tells times of processes, per second: a constant of its interface (`USER_HZ`).
const TICKS: f64 = 100.0;

/// Puts memory, file descriptors, processor time and start on the page. Elsewhere than on Linux it puts nothing.
pub fn measure(page: &mut Page) {
    if let Ok(status) = fs::read_to_string("/proc/self/status") {
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        // The kernel tells both in units of 1,024 bytes, whatever its pages are.
        number("VmRSS").into_iter().for_each(|kib| page.put(&PROCESS_RESIDENT, &[], kib << 10));
        number("VmSize").into_iter().for_each(|kib| page.put(&PROCESS_VIRTUAL, &[], kib << 10));
        number("Threads").into_iter().for_each(|threads| page.put(&PROCESS_THREADS, &[], threads));
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        // The one that reads the folder is not counted.
        page.put(&PROCESS_OPEN_FDS, &[], open.count().saturating_sub(1) as u64);
    }
    max_fds().into_iter().for_each(|most| page.put(&PROCESS_MAX_FDS, &[], most));
    if let Some((cpu_seconds, start_seconds)) = times() {
        page.put_real(&PROCESS_CPU, &[], cpu_seconds);
        page.put_real(&PROCESS_START, &[], start_seconds);
    }
}

fn max_fds() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Processor time used, and the start since 1970, both in seconds.
fn times() -> Option<(f64, f64)> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in brackets, whatever is in it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok().map(|ticks| ticks / TICKS);
    let (user, system, started) = (ticks(11)?, ticks(12)?, ticks(19)?);
    let system_stat = fs::read_to_string("/proc/stat").ok()?;
    let boot = system_stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse::<f64>().ok()?;
    Some((user + system, boot + started))
}
