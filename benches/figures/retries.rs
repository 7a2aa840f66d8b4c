//! What a failing department is asked: promised are at most 1.2 times the calls of a calm day, at most 5 % of them once
//! the breaker is open, and none before `Retry-After` is over.

use std::time::Duration;

use c360::demo::{Fault, Which};
use tokio::time::sleep;

use super::trial::{Clients, Door, Trial};

/// Questions a second.
const RATE: u32 = 50;
const LENGTH: Duration = Duration::from_millis(1_500);

pub async fn retries() {
    let trial = Trial::begin().await;
    println!("calls of a department that fails, at {RATE} questions a second:\n");
    println!("| department | answers | calm | failing, without a breaker | once it is open |");
    println!("|---|---|--:|--:|--:|");
    for (department, fault) in
        [(Which::Support, Fault::Refuse500), (Which::Billing, Fault::Hang), (Which::Usage, Fault::Unavailable503)]
    {
        let calm = calls(&trial, department, Fault::Calm, false).await;
        let failing = calls(&trial, department, fault, false).await;
        let open = calls(&trial, department, fault, true).await;
        let times = |calls: u64| calls as f64 / calm as f64;
        println!(
            "| {department} | {fault:?} | {calm} | {failing} ({:.2} ×) | {open} ({:.0} %) |",
            times(failing),
            times(open) * 100.0
        );
    }
    println!("\n503 tells by Retry-After how long to wait: there calls stop without a breaker.");
}

/// Calls of a department in so long, by a gateway of its own; with a breaker, those of the time after it opened.
async fn calls(trial: &Trial, department: Which, fault: Fault, has_breaker: bool) -> u64 {
    let mut settings = trial.settings();
    for source in settings.sources.values_mut() {
        source.breaker.enabled = has_breaker;
        source.breaker.open = c360::units::TimeSpan::seconds(2);
    }
    let door = Door::open(settings);
    let clients = Clients::new(door.address, 8);
    let query = Trial::question([department].into_iter());
    // Tokens are fetched, connections made.
    trial.load(&clients, &query, RATE, Duration::from_millis(500)).await;
    trial.town.department(department).fail(fault);
    if has_breaker {
        trial.load(&clients, &query, RATE, Duration::from_millis(1_200)).await;
    }
    trial.town.department(department).reset_calls();
    trial.load(&clients, &query, RATE, LENGTH).await;
    let calls = trial.town.department(department).calls().total;
    trial.town.department(department).fail(Fault::Calm);
    // What hangs is let go.
    sleep(Duration::from_millis(200)).await;
    calls
}
