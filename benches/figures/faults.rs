//! How much slower what a failing department has no part in becomes: the promise is at most 1.2 times the calm run at
//! the 99th percentile, and 10 ms for the clock's grain.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use c360::cli;
use c360::demo::{Dials, Fault, Town, Which};
use c360::gateway::Gateway;
use c360::startup::{self, Folder};
use c360::units::{ByteSize, TimeSpan};
use serde_json::json;
use serde_json::value::RawValue;

use super::ask;

/// How long each department takes when all is well.
const LATENCY: Duration = Duration::from_millis(5);
/// How long each row is measured.
const LENGTH: Duration = Duration::from_secs(2);
/// Clients that ask for everything meanwhile.
const CLIENTS: usize = 4;

const FAULTS: [Fault; 10] = [
    Fault::Hang,
    Fault::Drip,
    Fault::CutOff,
    Fault::Refuse500,
    Fault::Unavailable503,
    Fault::RateLimited,
    Fault::Html,
    Fault::TruncatedJson,
    Fault::Endless,
    Fault::Deep,
];

/// A part of a view that a department alone gives.
fn part_of(department: Which) -> &'static str {
    match department {
        Which::Sales => "deals { nodes { name } }",
        Which::Support => "tickets { nodes { subject } }",
        Which::Marketing => "marketingProfile { lifecycleStage }",
        Which::Billing => "invoices { nodes { number } }",
        Which::Usage => "usage { seatsUsed }",
    }
}

fn question(departments: impl Iterator<Item = Which>) -> String {
    let parts: Vec<_> = departments.map(part_of).collect();
    format!("query ($id: ID!) {{ customer(id: $id) {{ {} }} }}", parts.join(" "))
}

pub async fn faults() {
    let town =
        Town::start(Dials { customers: 400, latency: LATENCY, ..Dials::default() }).await.expect("loopback ports");
    let known = town.cast().persons.iter().filter(|person| !person.sales.is_empty() && person.support.is_some());
    let ids: Arc<[String]> = known.map(|person| person.id.clone()).collect();
    println!("what a failing department has no part in, while {CLIENTS} clients ask for everything:\n");
    println!(
        "{:<28} {:>9} {:>9} {:>9} {:>9} {:>7}",
        "department, fault", "calm p50", "p50", "calm p99", "p99", "ratio"
    );
    for department in Which::ALL {
        for fault in FAULTS {
            let calm = measure(&town, &ids, department, Fault::Calm).await;
            let failing = measure(&town, &ids, department, fault).await;
            let ratio = failing.1.as_secs_f64() / calm.1.as_secs_f64();
            let name = format!("{department} {fault:?}");
            let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
            println!(
                "{name:<28} {:>9} {:>9} {:>9} {:>9} {ratio:>7.2}",
                ms(calm.0),
                ms(failing.0),
                ms(calm.1),
                ms(failing.1)
            );
        }
    }
}

/// Median and 99th percentile of a question that leaves the department out.
async fn measure(town: &Town, ids: &Arc<[String]>, department: Which, fault: Fault) -> (Duration, Duration) {
    let gateway = gateway(town);
    town.department(department).fail(fault);
    let over = Arc::new(AtomicBool::new(false));
    let everything = question(Which::ALL.into_iter());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|first| {
            let (gateway, over, ids, everything) = (gateway.clone(), over.clone(), ids.clone(), everything.clone());
            tokio::spawn(async move {
                for id in ids.iter().cycle().skip(first * 7) {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let _answer = ask(&gateway, &everything, variables(id)).await;
                }
            })
        })
        .collect();
    let others = question(Which::ALL.into_iter().filter(|other| *other != department));
    let (begun, mut took) = (Instant::now(), Vec::new());
    for id in ids.iter().cycle().skip(3) {
        if begun.elapsed() >= LENGTH {
            break;
        }
        let asked = Instant::now();
        let _answer = ask(&gateway, &others, variables(id)).await;
        took.push(asked.elapsed());
    }
    over.store(true, Ordering::Relaxed);
    town.department(department).fail(Fault::Calm);
    for client in clients {
        client.await.expect("a client does not panic");
    }
    took.sort_unstable();
    (took[took.len() / 2], took[took.len() * 99 / 100])
}

fn variables(id: &str) -> Option<Box<RawValue>> {
    RawValue::from_string(json!({ "id": id }).to_string()).ok()
}

/// The shipped schema over the town, without a cache; a call may take a second.
fn gateway(town: &Town) -> Arc<Gateway> {
    let mut settings = cli::settings_of(town);
    settings.cache.max_bytes = ByteSize(0);
    for source in settings.sources.values_mut() {
        source.timeout = TimeSpan::seconds(1);
    }
    let files = cli::shipped_schema();
    startup::assemble(Folder { files, settings }, Arc::new(|_| None), None)
        .expect("the shipped schema is right")
        .gateway
}
