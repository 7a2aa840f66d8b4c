//! What it costs when there is more of something: customers in one question, contributions in the cache, connections.

use std::time::{Duration, Instant, SystemTime};

use c360::cache::{Cache, Lane, Settings};
use c360::record::Key;
use c360::units::ByteSize;
use futures_util::future::join_all;

use crate::entries::{fill, lane};
use crate::instructions::{page, view};
use crate::race::{self, CUSTOMERS, LIST, VIEW};
use crate::{cpu_time, door, good, resident_bytes};

/// The least of so many tries is told: others on the machine make a try longer, and none shorter.
const TRIES: u32 = 25;

/// The time of one round in microseconds: the least of several tries.
fn least(mut round: impl FnMut()) -> f64 {
    let tries = (0..TRIES).map(|_| {
        let started = Instant::now();
        round();
        started.elapsed()
    });
    tries.min().unwrap_or_default().as_secs_f64() * 1e6
}

/// From one customer to a thousand in one question: whole views, with nothing kept and with every record kept.
pub(crate) fn customers() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    for customers in [1, 10, 100, 1000] {
        let took = [race::Keeps::Nothing, race::Keeps::Records].map(|keeps| {
            let gateway = runtime.block_on(race::gateway(keeps)).gateway;
            runtime.block_on(good(&gateway, LIST, page(customers)));
            least(|| runtime.block_on(good(&gateway, LIST, page(customers))))
        });
        let each = took.map(|took| took / customers as f64);
        println!(
            "{customers:>5} customers in one question: {:>8.0} µs, {:>6.1} each; with records kept {:>8.0} µs, {:>6.1} each",
            took[0], each[0], took[1], each[1]
        );
    }
}

/// From a thousand kept contributions to a million: what a look-up takes, and what they take in memory.
pub(crate) fn contributions() {
    const LOOKS: usize = 1_000;
    let cache = Cache::new(Settings { max_bytes: ByteSize::mebibytes(4096), ..Settings::default() });
    let lane = lane(&cache);
    let (before, mut kept) = (resident_bytes(), 0);
    for contributions in [1_000, 10_000, 100_000, 1_000_000] {
        fill(&lane, kept..contributions, 200);
        kept = contributions;
        let weight = cache.weight();
        let keys: Vec<Key> = (0..LOOKS).map(|look| key(look * 7919 % contributions)).collect();
        let took = least(|| keys.iter().for_each(|key| found(&lane, key))) / LOOKS as f64;
        println!(
            "{contributions:>8} contributions kept: a look-up takes {:>5.0} ns; {} MiB charged, {} MiB of growth",
            took * 1e3,
            weight >> 20,
            resident_bytes().saturating_sub(before) >> 20,
        );
    }
}

fn key(number: usize) -> Key {
    Key::from_components([format!("\"c-{number:07}\"").as_bytes()])
}

fn found(lane: &Lane, key: &Key) {
    let claims = lane.claim(SystemTime::now(), std::slice::from_ref(key));
    assert!(matches!(claims.as_slice(), [c360::cache::Claimed::Settled(_)]), "what was kept is there");
}

/// From one connection to 512, each asking one question after another: over HTTP, clients and departments in this
/// process. Whole answers, records at hand, and nothing kept.
pub(crate) async fn connections() {
    for (about, keeps) in [
        ("whole answers kept", race::Keeps::Answers),
        ("records kept", race::Keeps::Records),
        ("nothing kept", race::Keeps::Nothing),
    ] {
        let address = door::open(keeps).await;
        for connections in [1, 8, 64, 512] {
            let clients = join_all((0..connections).map(|_| door::Client::connect(address))).await;
            let (spent, started) = (cpu_time(), Instant::now());
            let mut took = many(clients).await;
            let (spent, elapsed) = (cpu_time() - spent, started.elapsed());
            took.sort_unstable();
            let questions = took.len();
            let at = |share: usize| took[(questions * share / 1000).min(questions - 1)].as_secs_f64() * 1e3;
            println!(
                "{about}, {connections:>3} connections: {:>6.0} questions a second, {:.3} CPU-seconds per 1000, p50 {:.2} ms, \
                 p99 {:.2} ms, p99.9 {:.2} ms",
                questions as f64 / elapsed.as_secs_f64(),
                spent.as_secs_f64() * 1e3 / questions as f64,
                at(500),
                at(990),
                at(999),
            );
        }
    }
}

/// How long each answer took, over all connections.
async fn many(clients: Vec<door::Client>) -> Vec<Duration> {
    const QUESTIONS: usize = 65_536;
    let connections = clients.len();
    let tasks: Vec<_> = clients
        .into_iter()
        .enumerate()
        .map(|(connection, mut client)| {
            tokio::spawn(async move {
                let mut took = Vec::new();
                for round in 0..QUESTIONS / connections {
                    let request = door::request(VIEW, &view((connection * 31 + round) % 100 % CUSTOMERS));
                    let started = Instant::now();
                    let body = client.ask(&request).await;
                    took.push(started.elapsed());
                    assert!(body.starts_with(b"{\"data\":{\"customer") && !body.ends_with(b"}]}"));
                }
                took
            })
        })
        .collect();
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await.expect("clients do not panic"));
    }
    took
}
