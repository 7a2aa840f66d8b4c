//! Three times as many questions as can be answered: promised are 90 % of the peak in good answers, refusals within 100 ms
//! at the 99th percentile, and health within a second.

use std::time::{Duration, Instant};

use c360::demo::Which;
use c360::units::TimeSpan;
use serde_json::json;
use tokio::task::JoinSet;

use super::trial::{Asked, Clients, Door, End, Trial, count, ms, share};

/// How long each part is measured.
const LENGTH: Duration = Duration::from_secs(6);
/// Clients that find out what the peak is.
const CLIENTS: u32 = 64;
/// Connections of HTTP/2, each with as many questions at once as the door takes.
const CONNECTIONS: usize = 64;

pub async fn overload() {
    let trial = Trial::begin().await;
    let mut settings = trial.settings();
    settings.sources.values_mut().for_each(|source| source.timeout = TimeSpan::seconds(10));
    let (most, lag) = (settings.server.max_questions, settings.server.max_lag);
    let door = Door::open(settings);
    let clients = Clients::new(door.address, CONNECTIONS);
    let query = Trial::question(Which::ALL.into_iter());
    let _warm = peak(&trial, &clients, &query, Duration::from_secs(1)).await;
    let peak = peak(&trial, &clients, &query, LENGTH).await;
    println!(
        "whole answers a second, at most {most} questions at once and work {lag} behind, gateway, departments and clients on one machine:\n"
    );
    println!("| asked | whole | p50 | p99 | partial | refused | p99 | lost | health, slowest |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
    println!("| by {CLIENTS} clients, one after another | {peak:.0} | | | | | | | |");
    for times in [1, 3] {
        let rate = (peak * f64::from(times)) as u32;
        let (asked, health) = tokio::join!(trial.load(&clients, &query, rate.max(1), LENGTH), health(&door, LENGTH));
        let of = |end: End| asked.iter().copied().filter(move |asked| asked.end == end);
        let per_second = |end: End| count(&asked, end) as f64 / span(&asked).as_secs_f64();
        println!(
            "| {times} × as many a second ({rate}) | {:.0} ({:.0} %) | {} | {} | {:.0} | {:.0} | {} | {} | {} |",
            per_second(End::Whole),
            per_second(End::Whole) * 100.0 / peak,
            ms(share(of(End::Whole), 0.5)),
            ms(share(of(End::Whole), 0.99)),
            per_second(End::Partial),
            per_second(End::Refused),
            ms(share(of(End::Refused), 0.99)),
            count(&asked, End::Lost),
            ms(health),
        );
    }
}

/// From the first question to the last answer.
fn span(asked: &[Asked]) -> Duration {
    asked.iter().map(|asked| asked.at + asked.took).max().unwrap_or_default().max(LENGTH)
}

/// Whole answers a second of clients that wait for each answer.
async fn peak(trial: &Trial, clients: &Clients, query: &str, length: Duration) -> f64 {
    let mut working = JoinSet::new();
    for number in 0..CLIENTS {
        let (client, ids, query) = (clients.of(number), trial.ids.clone(), query.to_owned());
        working.spawn(async move {
            let (begun, mut whole) = (Instant::now(), 0u32);
            for id in ids.iter().cycle().skip(number as usize) {
                if begun.elapsed() >= length {
                    break;
                }
                let body = json!({ "query": query, "variables": { "id": id } }).to_string();
                whole += u32::from(client.ask(body).await == End::Whole);
            }
            whole
        });
    }
    f64::from(working.join_all().await.into_iter().sum::<u32>()) / length.as_secs_f64()
}

/// The slowest answer of a balancer's look.
pub(crate) async fn health(door: &Door, length: Duration) -> Duration {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("http://{}/health/ready", door.address);
    let (begun, mut slowest) = (Instant::now(), Duration::ZERO);
    while begun.elapsed() < length {
        let asked = Instant::now();
        let answer = client.get(&url).send().await;
        slowest = slowest.max(asked.elapsed());
        assert!(answer.is_ok_and(|answer| answer.status().is_success()), "it is ready");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    slowest
}
