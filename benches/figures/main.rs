//! The figures that the project promises, printed: `cargo bench --bench figures`, or some of them:
//! `cargo bench --bench figures -- memory`.
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

mod memory;
mod together;
mod whole;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long the slow departments take.
const LATENCY: Duration = Duration::from_millis(200);

/// The parts by name, in the order in which they are printed.
const PARTS: [&str; 3] = ["together", "chain", "memory"];

fn main() {
    // Cargo adds flags of its own, such as `--bench`.
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    if let Some(unknown) = asked.iter().find(|word| !PARTS.contains(&word.as_str())) {
        eprintln!("no figure is called {unknown:?}; there are {}", PARTS.join(", "));
        std::process::exit(2);
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    for part in PARTS.iter().filter(|part| asked.is_empty() || asked.iter().any(|word| word == *part)) {
        runtime.block_on(async {
            match *part {
                "together" => together::together().await,
                "chain" => chain().await,
                _ => memory::memory().await,
            }
        });
    }
}

async fn ask(gateway: &Arc<Gateway>, query: &str, variables: Option<Box<RawValue>>) -> Bytes {
    let query = query.to_owned();
    let ask = Ask { query, operation_name: None, variables, headers: Arc::default(), want_coverage: false };
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
