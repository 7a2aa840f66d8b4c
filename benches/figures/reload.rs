//! Thirty reloads in a minute under load: promised are no failure, and 1.5 times the time of a quiet minute at the 99th
//! percentile.

use std::sync::Arc;
use std::time::Duration;

use c360::cli;
use c360::demo::Which;
use c360::startup::{self, Folder};
use c360::units::TimeSpan;
use tokio::time::sleep;

use super::resident_bytes;
use super::trial::{Clients, Door, End, Trial, count, ms, share};

/// Questions a second.
const RATE: u32 = 200;
const RELOADS: u32 = 30;
const EVERY: Duration = Duration::from_secs(2);
/// How long the quiet part is measured.
const CALM: Duration = Duration::from_secs(8);

pub async fn reload() {
    let trial = Trial::begin().await;
    let mut settings = trial.settings();
    settings.cache = c360::cache::Settings::default();
    let door = Door::open(settings.clone());
    let clients = Clients::new(door.address, 8);
    let query = Trial::question(Which::ALL.into_iter());
    trial.load(&clients, &query, RATE, Duration::from_secs(2)).await;
    let calm = trial.load(&clients, &query, RATE, CALM).await;
    let before = resident_bytes();
    let reloading = async {
        for number in 0..RELOADS {
            sleep(EVERY).await;
            // Another timeout each time, so that nothing of a source is taken over but what is known of it.
            let mut settings = settings.clone();
            settings.sources.values_mut().for_each(|source| source.timeout = TimeSpan::seconds(2 + u64::from(number)));
            settings.written = (0..1).map(|_| ("sources.crm".to_owned(), u64::from(number))).collect();
            let (desk, earlier) = (door.desk.clone(), settings.clone());
            let read = move || {
                let before = desk.live().now();
                let folder = Folder { files: cli::shipped_schema(), settings: earlier.clone() };
                let assembled = startup::assemble_after(folder, Arc::new(|_| None), None, Some((&before, &earlier)));
                desk.live().swap(assembled.expect("the shipped schema is right").gateway, None);
            };
            tokio::task::spawn_blocking(read).await.expect("a reload does not panic");
        }
    };
    let (asked, ()) = tokio::join!(trial.load(&clients, &query, RATE, EVERY * RELOADS), reloading);
    println!("{RELOADS} reloads, one every {} s, at {RATE} questions a second:\n", EVERY.as_secs());
    println!("| | whole | not whole | p50 | p99 |");
    println!("|---|--:|--:|--:|--:|");
    for (name, asked) in [("calm", &calm), ("reloading", &asked)] {
        let whole = count(asked, End::Whole);
        let (half, most) = (ms(share(asked.iter().copied(), 0.5)), ms(share(asked.iter().copied(), 0.99)));
        println!("| {name} | {whole} | {} | {half} | {most} |", asked.len() - whole);
    }
    let ratio = share(asked, 0.99).as_secs_f64() / share(calm, 0.99).as_secs_f64();
    let grown = resident_bytes().saturating_sub(before) >> 20;
    println!("\np99: {ratio:.2} times the calm one; the process grew by {grown} MiB, clients and departments included");
}
