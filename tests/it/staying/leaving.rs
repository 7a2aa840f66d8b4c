//! The program is stopped while it is asked.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{PATIENCE, Program};

/// Stops the program under load: nothing is lost or cut, readiness is told at once, and the exit code is zero.
async fn leaves_under_load() {
    let mut program = Program::start("notice = \"600ms\"").await;
    let load = program.load(8);
    let began = Instant::now();
    while load.answered() < 50 {
        assert!(began.elapsed() < PATIENCE);
        sleep(Duration::from_millis(5)).await;
    }
    let before = load.answered();
    load.lets_it_leave();
    program.signal("TERM");
    let told = Instant::now();
    while program.health().await.is_none_or(|health| health["ready"] == true) {
        assert!(told.elapsed() < Duration::from_millis(500), "readiness is told at once");
    }
    let after = load.answered();
    load.ended().await;
    assert_eq!(program.ended().await, Some(0));
    assert!(after >= before, "{before} answers before, {after} after");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_loses_nothing() {
    leaves_under_load().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a minute: the same twenty times"]
async fn twenty_stops_under_load_lose_nothing() {
    for _ in 0..20 {
        leaves_under_load().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn told_twice_it_ends_at_once() {
    let mut program = Program::start("notice = \"60s\"").await;
    program.signal("TERM");
    program.until(|health| health["ready"] == false).await;
    program.signal("TERM");
    let told = Instant::now();
    assert_eq!(program.ended().await, Some(1));
    assert!(told.elapsed() < Duration::from_secs(5));
}
