//! What a gateway holds from moment to moment, and whether that grows.

use std::fs;
use std::time::{Duration, Instant};

use super::super::held;
use super::page::Page;
use super::process::Process;

/// What a process holds at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    at: Instant,
    pub resident_bytes: usize,
    pub files: usize,
    pub threads: usize,
    pub tasks: usize,
}

impl Held {
    /// As the system says, and of its tasks the gateway itself.
    pub async fn by(process: &Process, admin: u16) -> Held {
        let files = fs::read_dir(format!("/proc/{}/fd", process.id())).unwrap().count();
        Held {
            at: Instant::now(),
            resident_bytes: held::resident_bytes(process.id()).unwrap(),
            files,
            threads: held::told(process.id(), "Threads").unwrap(),
            tasks: Page::of(admin).await.number("c360_tasks") as usize,
        }
    }
}

/// The slope of the line through all moments, in bytes of memory for each `period`.
pub fn slope(held: &[Held], period: Duration) -> f64 {
    let (first, count) = (held[0].at, held.len() as f64);
    let points = held.iter().map(|held| ((held.at - first).as_secs_f64(), held.resident_bytes as f64));
    let sum = |of: fn((f64, f64)) -> f64| points.clone().map(of).sum::<f64>();
    let (times, bytes) = (sum(|(time, _)| time), sum(|(_, bytes)| bytes));
    let (products, squares) = (sum(|(time, bytes)| time * bytes), sum(|(time, _)| time * time));
    (count * products - times * bytes) / (count * squares - times * times) * period.as_secs_f64()
}
