//! What memory the program takes for the worst that one can think of: hostile requests, one and 32 at once, and departments
//! that fail in every way that we know, 32 questions at once. Promised are 64 MB for one request and 128 MB for a failure,
//! and that nothing but a refusal is answered with 5xx, nobody waits longer than ten seconds, and all is well afterwards.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use c360::demo::Which;
use futures_util::future::join_all;
use tokio::time::sleep;

use super::attacks::{Attack, attacks};
use super::gate::{Failure, quiet_port};
use super::process::{Process, listening};
use super::street::{Street, failures, name};
use super::wire::{Heard, Wire};
use super::{held, whole};

const MEGABYTE: usize = 1_000_000;
/// By how much memory may grow for one request.
const MOST_FOR_ONE: usize = 64 * MEGABYTE;
/// By how much it may while a department fails.
const MOST_FOR_FAILURE: usize = 128 * MEGABYTE;
const AT_ONCE: usize = 32;
/// How long an answer may take.
const IN_TIME: Duration = Duration::from_secs(10);
/// How long each department fails.
const LENGTH: Duration = Duration::from_millis(1500);

/// A gateway of its own for each row: memory that one row gave back must not hide what the next one takes.
struct Gateway {
    process: Process,
    port: u16,
    base_bytes: usize,
}

pub async fn hostile() {
    let mut street = Street::open("").await;
    let folder = tempfile::tempdir().expect("room for a folder");
    let requests = requests(&street, folder.path()).await;
    let failures = failing(&mut street, folder.path()).await;
    let mb = |bytes: usize| bytes as f64 / MEGABYTE as f64;
    println!("\n| | promised | measured | kept |\n|---|--:|--:|---|");
    for (what, most, measured) in
        [("one hostile request", MOST_FOR_ONE, requests), ("any failure", MOST_FOR_FAILURE, failures)]
    {
        let kept = if measured <= most { "yes" } else { "NO" };
        println!("| {what} | {:.0} MB | {:.1} MB | {kept} |", mb(most), mb(measured));
    }
}

/// The growth of the worst of them.
async fn requests(street: &Street, folder: &Path) -> usize {
    let whole = whole::selection(&street.trial.gateway(street.trial.settings())).await;
    println!("\n| request | answered | bytes | after | growth | {AT_ONCE} at once | growth | kept |");
    println!("|---|---|--:|--:|--:|---|--:|---|");
    let mut worst = 0;
    for (name, attack) in attacks(&street.ids, &whole) {
        let gateway = Gateway::start(street, folder, "").await;
        let heard = attack.once(gateway.port).await;
        let growth = gateway.growth();
        let (many, most) = match &attack {
            Attack::One(wire) | Attack::Crowd(wire) => {
                let many = join_all((0..AT_ONCE).map(|_| wire.say(gateway.port))).await;
                (outcomes(&many), megabytes(gateway.growth()))
            }
            Attack::Many(..) => (String::new(), String::new()),
        };
        let is_well = gateway.is_well(street).await;
        let kept = growth <= MOST_FOR_ONE && heard.is_fine() && is_well;
        println!(
            "| {name} | {} | {} | {:.1} s | {} | {many} | {most} | {}{} |",
            heard.outcome(),
            heard.bytes,
            heard.took.as_secs_f64(),
            megabytes(growth),
            match attack {
                Attack::Crowd(_) => "not one request",
                _ if kept => "yes",
                _ => "NO",
            },
            if is_well { "" } else { ", it is gone" },
        );
        if !matches!(attack, Attack::Crowd(_)) {
            worst = worst.max(growth);
        }
    }
    worst
}

/// The growth of the worst of them.
async fn failing(street: &mut Street, folder: &Path) -> usize {
    println!("\n| failure | worst of | growth | kept |\n|---|---|--:|---|");
    let mut worst = 0;
    for failure in failures() {
        let mut grown = Vec::new();
        for department in Which::ALL {
            grown.push((fail(street, folder, department, failure).await, department));
        }
        let (growth, department) = grown.into_iter().max_by_key(|(growth, _)| *growth).expect("there are departments");
        let kept = if growth <= MOST_FOR_FAILURE { "yes" } else { "NO" };
        println!("| {} | {department} | {} | {kept} |", name(failure), megabytes(growth));
        worst = worst.max(growth);
    }
    worst
}

/// What a department's failure makes a gateway grow by.
async fn fail(street: &mut Street, folder: &Path, department: Which, failure: Failure) -> usize {
    let gateway = Gateway::start(street, folder, "[cache]\nmax_bytes = \"0B\"\n").await;
    street.begin(department, failure).await;
    let (begun, place) = (Instant::now(), Arc::new(std::sync::atomic::AtomicUsize::new(0)));
    let asking = (0..AT_ONCE).map(|_| async {
        while begun.elapsed() < LENGTH {
            let place = place.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % street.ids.len();
            Wire::body(&street.body(place)).say(gateway.port).await;
        }
    });
    join_all(asking).await;
    let growth = gateway.growth();
    street.end(department).await;
    growth
}

impl Gateway {
    /// Once it has answered something, so that what it takes once is there.
    async fn start(street: &Street, folder: &Path, more: &str) -> Gateway {
        let port = quiet_port();
        street.write(folder, &format!("[http]\nlisten = \"127.0.0.1:{port}\"\nmax_lag = \"0s\"\n{more}"));
        let mut gateway = Gateway { process: Process::gateway(folder), port, base_bytes: 0 };
        listening(port).await;
        for _ in 0..10 {
            assert!(gateway.is_well(street).await, "all is calm");
        }
        sleep(Duration::from_millis(100)).await;
        gateway.base_bytes = held::resident_bytes(gateway.process.id()).expect("it lives");
        gateway.forget_peak();
        gateway
    }

    /// The kernel sets `VmHWM` to what is held now.
    fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.process.id()), "5").expect("it lives");
    }

    /// From the start to the highest since this was last asked.
    fn growth(&self) -> usize {
        let peak = held::told(self.process.id(), "VmHWM").map_or(usize::MAX, |kib| kib * 1024);
        self.forget_peak();
        peak.saturating_sub(self.base_bytes)
    }

    /// Whether it lives, and answers.
    async fn is_well(&self, street: &Street) -> bool {
        Wire::body(&street.body(0)).say(self.port).await.status == 200
    }
}

impl Attack {
    /// The last answer, and how long all of them took.
    async fn once(&self, port: u16) -> Heard {
        match self {
            Attack::One(wire) | Attack::Crowd(wire) => wire.say(port).await,
            Attack::Many(many, wire) => {
                let mut heard = Heard::default();
                for number in 0..*many {
                    heard = wire(number).say(port).await;
                }
                heard
            }
        }
    }
}

impl Heard {
    fn outcome(&self) -> String {
        match (self.status, self.reason.as_str()) {
            (0, "") => "cut".to_owned(),
            (0, reason) => reason.to_owned(),
            (status, reason) => format!("{status} {reason}").trim().to_owned(),
        }
    }

    /// In time, and a failure only where it is a refusal.
    fn is_fine(&self) -> bool {
        self.took <= IN_TIME && (self.status < 500 || self.status == 503)
    }
}

/// What came of many: each outcome once.
fn outcomes(heard: &[Heard]) -> String {
    let mut all: Vec<_> = heard.iter().map(Heard::outcome).collect();
    all.sort_unstable();
    all.dedup();
    all.join(", ")
}

fn megabytes(bytes: usize) -> String {
    format!("{:.1} MB", bytes as f64 / MEGABYTE as f64)
}
