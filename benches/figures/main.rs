//! The figures that the project promises, printed: `cargo bench --bench figures`, or some of them:
//! `cargo bench --bench figures -- memory`. `-- instructions` counts with callgrind, all of its cases or those named
//! after it; with `--keep` the profiles stay in `target/callgrind.CASE`.
//!
//! Figures, not tests: shared machines are noisy, so nothing here fails by the clock. What may be compared is said
//! beside each figure.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use c360::cli;
use c360::demo::{Dials, Town};
use c360::gateway::{Ask, Gateway};
use c360::startup::{self, Assembled, Folder};
use c360::units::ByteSize;
use serde_json::value::RawValue;

#[path = "../../tests/it/faults/ageing.rs"]
mod ageing;
mod attacks;
mod breaker;
mod check;
mod door;
mod entries;
mod faults;
#[path = "../../tests/it/faults/gate.rs"]
mod gate;
mod growth;
mod healthy;
#[path = "../../tests/it/held.rs"]
mod held;
mod hostile;
mod instructions;
mod mapping;
mod memory;
mod overload;
#[path = "../../tests/it/fleet/process.rs"]
#[expect(clippy::unwrap_used, reason = "it is of tests")]
mod process;
#[path = "../../tests/it/fleet/proxy.rs"]
#[expect(clippy::unwrap_used, reason = "it is a proxy of tests")]
mod proxy;
mod race;
mod reload;
mod retries;
mod shared;
mod slow;
mod stale;
mod stops;
mod street;
mod together;
mod trial;
mod whole;
mod wire;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long the slow departments take.
const LATENCY: Duration = Duration::from_millis(200);

/// The parts by name, in the order in which they are printed.
const PARTS: [&str; 21] = [
    "together",
    "chain",
    "check",
    "mapping",
    "memory",
    "entries",
    "customers",
    "contributions",
    "connections",
    "healthy",
    "faults",
    "retries",
    "breaker",
    "overload",
    "reload",
    "shared",
    "slow",
    "stale",
    "stops",
    "hostile",
    "instructions",
];

fn main() {
    // Cargo adds flags of its own, such as `--bench`.
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    match asked.split_first() {
        Some((part, cases)) if part == "instructions" => {
            return instructions::instructions(cases, std::env::args().any(|word| word == "--keep"));
        }
        Some((part, case)) if part == "case" => {
            return instructions::case(&case[0], case[1].parse().expect("a number of rounds"));
        }
        _ => {}
    }
    if let Some(unknown) = asked.iter().find(|word| !PARTS.contains(&word.as_str())) {
        eprintln!("no figure is called {unknown:?}; there are {}", PARTS.join(", "));
        std::process::exit(2);
    }
    match asked.as_slice() {
        [part] => print(part),
        [] => PARTS.iter().for_each(|part| print_apart(part)),
        parts => parts.iter().for_each(|part| print_apart(part)),
    }
}

/// In a process of its own: memory that one part gave back must not hide what the next one takes.
fn print_apart(part: &str) {
    let program = std::env::current_exe().expect("a running program has a path");
    let status = std::process::Command::new(program).arg(part).status().expect("what runs once runs again");
    assert!(status.success(), "{part} failed: {status}");
}

fn print(part: &str) {
    if part == "customers" {
        return growth::customers();
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        match part {
            "together" => together::together().await,
            "chain" => chain().await,
            "check" => check::check(),
            "mapping" => mapping::mapping(),
            "memory" => memory::memory().await,
            "contributions" => growth::contributions(),
            "connections" => growth::connections().await,
            "healthy" => healthy::healthy().await,
            "faults" => faults::faults().await,
            "retries" => retries::retries().await,
            "breaker" => breaker::breaker().await,
            "overload" => overload::overload().await,
            "reload" => reload::reload().await,
            "shared" => shared::shared().await,
            "slow" => slow::slow().await,
            "stale" => stale::stale().await,
            "hostile" => hostile::hostile().await,
            "stops" => stops::stops().await,
            "instructions" => instructions::instructions(&[], false),
            _ => entries::entries(),
        }
    });
}

/// What the operating system holds in memory for this process.
fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
    kib.unwrap_or(0) * 1024
}

/// What this process has had of processors so far.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name in brackets; user and system time, in hundredths of a second.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

async fn good(gateway: &Arc<Gateway>, query: &str, variables: Box<RawValue>) {
    let answer = ask(gateway, query, Some(variables)).await;
    assert!(answer.starts_with(b"{\"data\":{\"customer") && !answer.ends_with(b"}]}"), "{answer:?}");
}

async fn ask(gateway: &Arc<Gateway>, query: &str, variables: Option<Box<RawValue>>) -> Bytes {
    let query = query.to_owned();
    let ask =
        Ask { query, operation_name: None, variables, headers: Arc::default(), want_coverage: false, budget: None };
    gateway.answer(ask).await.body
}

/// The shipped contract over look-alikes of 200 ms: the longest chain of needs decides.
async fn chain() {
    let town = Town::start(Dials { latency: LATENCY, ..Dials::default() }).await.expect("loopback ports");
    let gateway = shipped(&town, 256).gateway;
    let _warm = ask(&gateway, "{ customer(id: \"c-1020\") { name deals { totalCount } } }", None).await;
    let started = Instant::now();
    let _answer = ask(&gateway, include_str!("../../src/cli/demo.graphql"), None).await;
    let took = started.elapsed().as_millis();
    println!(
        "the shipped contract's whole view over departments of 200 ms: {took} ms (longest chain: two calls, 400 ms)"
    );
}

/// The gateway over the town with the shipped schema; its cache holds `cache_mebibytes`.
fn shipped(town: &Town, cache_mebibytes: u64) -> Assembled {
    let mut settings = cli::settings_of(town);
    settings.cache.max_bytes = ByteSize::mebibytes(cache_mebibytes);
    let folder = Folder { files: cli::shipped_schema(), settings };
    startup::assemble(folder, Arc::new(|_| None), None).expect("the shipped schema is right")
}
