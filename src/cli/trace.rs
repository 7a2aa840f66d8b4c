//! `--trace`: each upstream call as a line on standard error.

use crate::sources::{CallSeen, Observer};

pub(super) struct Trace;

impl Observer for Trace {
    fn call(&self, seen: &CallSeen<'_>) {
        let status = seen.status.map_or_else(|| "failed".to_owned(), |status| status.to_string());
        let page = if seen.page > 1 { format!(" page {}", seen.page) } else { String::new() };
        let attempt = if seen.attempt > 1 { format!(" try {}", seen.attempt) } else { String::new() };
        let elapsed_ms = seen.elapsed.as_secs_f64() * 1000.0;
        eprintln!(
            "{} {}{page}{attempt}: {} {} → {status}, {} keys, {} bytes, {elapsed_ms:.1} ms",
            seen.source, seen.connector, seen.method, seen.url, seen.keys, seen.bytes
        );
    }
}
