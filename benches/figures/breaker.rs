//! How soon a failing department is left alone, how it is looked after, and how soon all is well again: promised are 2 s
//! to open at 50 questions a second, one probe at a time, and 99 of 100 answers whole 5 s after it is mended.

use std::time::{Duration, Instant};

use c360::demo::{Fault, Which};
use c360::sources::BreakerState;
use tokio::time::sleep;

use super::trial::{Clients, Door, End, Trial, ms};

/// Questions a second.
const RATE: u32 = 50;
/// How long it fails.
const SICK: Duration = Duration::from_secs(4);

pub async fn breaker() {
    let trial = Trial::begin().await;
    println!("a department that fails for {} s, at {RATE} questions a second:\n", SICK.as_secs());
    println!("| fault | opened after | calls while open | at once | all whole after it was mended |");
    println!("|---|--:|--:|--:|--:|");
    for fault in [Fault::Refuse500, Fault::Hang, Fault::CutOff] {
        let door = Door::open(trial.settings());
        let clients = Clients::new(door.address, 8);
        let department = trial.town.department(Which::Support);
        let query = Trial::question([Which::Support].into_iter());
        trial.load(&clients, &query, RATE, Duration::from_millis(500)).await;
        department.fail(fault);
        let begun = Instant::now();
        let watched = async {
            while state(&door) == BreakerState::Closed && begun.elapsed() < SICK {
                sleep(Duration::from_millis(2)).await;
            }
            let opened = begun.elapsed();
            // What was under way when it opened ends.
            sleep(Duration::from_millis(50)).await;
            department.reset_calls();
            sleep(SICK.saturating_sub(begun.elapsed())).await;
            let calls = department.calls();
            department.fail(Fault::Calm);
            (opened, calls.total, calls.at_once)
        };
        let all = SICK + Duration::from_secs(5);
        let (asked, (opened, calls, at_once)) = tokio::join!(trial.load(&clients, &query, RATE, all), watched);
        let last_bad = asked.iter().filter(|asked| asked.end != End::Whole).map(|asked| asked.at).max();
        let mended = last_bad.unwrap_or_default().saturating_sub(SICK);
        println!("| {fault:?} | {} | {calls} | {at_once} | {} |", ms(opened), ms(mended));
    }
}

fn state(door: &Door) -> BreakerState {
    let states = door.desk.live().now().sources().states();
    states.iter().find(|state| state.name == "helpdesk").map_or(BreakerState::Closed, |state| state.breaker)
}
