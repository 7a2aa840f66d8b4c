//! How much slower what a failing department has no part in becomes, and what those wait who ask for everything:
//! promised are 1.2 times the calm run at the 99th percentile and 10 ms for the clock's grain; and for everything the
//! department's timeout and 50 ms while it is still called, 1.3 times the calm run once it is left alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use c360::demo::{Fault, Which};
use c360::gateway::Gateway;
use c360::units::TimeSpan;
use serde_json::json;
use serde_json::value::RawValue;

use super::trial::{Trial, ms};
use super::{ask, cpu_time};

/// How long a department may take.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long each row is measured: the slowest in a hundred of what is answered in a second would be the slowest of all.
const LENGTH: Duration = Duration::from_secs(4);
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

/// What was measured of one fault.
struct Measured {
    /// Of the question that leaves the department out.
    others: Vec<Duration>,
    /// Of the question for everything, in the order in which they were asked: when, and how long.
    everything: Vec<(Duration, Duration)>,
    /// What all of it took of processors.
    cpu: Duration,
}

pub async fn faults() {
    let trial = Trial::begin().await;
    println!(
        "what a failing department has no part in, and everything, while {CLIENTS} clients ask for everything; a call may \
         take {}:\n",
        ms(PATIENCE)
    );
    println!(
        "| department, fault | p50 | p99 | p99, calm | ratio | everything, slowest | p99 in the last third | calm | processors | calm |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for department in Which::ALL {
        let calm = measure(&trial, department, Fault::Calm).await;
        let calm_all = last_third(&calm.everything);
        for fault in FAULTS {
            let failing = measure(&trial, department, fault).await;
            let (p99, calm_p99) = (at(&failing.others, 99), at(&calm.others, 99));
            println!(
                "| {department} {fault:?} | {} | {} | {} | {:.2} | {} | {} | {} | {} | {} |",
                ms(at(&failing.others, 50)),
                ms(p99),
                ms(calm_p99),
                p99.as_secs_f64() / calm_p99.as_secs_f64(),
                ms(failing.everything.iter().map(|(_, took)| *took).max().unwrap_or_default()),
                ms(last_third(&failing.everything)),
                ms(calm_all),
                ms(failing.cpu),
                ms(calm.cpu),
            );
        }
    }
}

/// What this part in a hundred took at most.
fn at(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// The 99th percentile of those that were asked in the last third.
fn last_third(asked: &[(Duration, Duration)]) -> Duration {
    let mut took: Vec<_> = asked.iter().filter(|(at, _)| *at > LENGTH * 2 / 3).map(|(_, took)| *took).collect();
    took.sort_unstable();
    at(&took, 99)
}

async fn measure(trial: &Trial, department: Which, fault: Fault) -> Measured {
    let mut settings = trial.settings();
    settings.sources.values_mut().for_each(|source| source.timeout = TimeSpan(PATIENCE));
    let gateway = trial.gateway(settings);
    trial.town.department(department).fail(fault);
    let over = Arc::new(AtomicBool::new(false));
    let everything = Trial::question(Which::ALL.into_iter());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|first| {
            let (gateway, over, ids, everything) =
                (gateway.clone(), over.clone(), trial.ids.clone(), everything.clone());
            tokio::spawn(async move {
                let (begun, mut asked) = (Instant::now(), Vec::new());
                for id in ids.iter().cycle().skip(first * 7) {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    asked.push((begun.elapsed(), timed(&gateway, &everything, id).await));
                }
                asked
            })
        })
        .collect();
    let others = Trial::question(Which::ALL.into_iter().filter(|other| *other != department));
    let (begun, cpu, mut took) = (Instant::now(), cpu_time(), Vec::new());
    for id in trial.ids.iter().cycle().skip(3) {
        if begun.elapsed() >= LENGTH {
            break;
        }
        took.push(timed(&gateway, &others, id).await);
    }
    over.store(true, Ordering::Relaxed);
    trial.town.department(department).fail(Fault::Calm);
    let mut everything = Vec::new();
    for client in clients {
        everything.extend(client.await.expect("a client does not panic"));
    }
    took.sort_unstable();
    Measured { others: took, everything, cpu: cpu_time() - cpu }
}

async fn timed(gateway: &Arc<Gateway>, query: &str, id: &str) -> Duration {
    let asked = Instant::now();
    let variables = RawValue::from_string(json!({ "id": id }).to_string()).ok();
    let _answer = ask(gateway, query, variables).await;
    asked.elapsed()
}
