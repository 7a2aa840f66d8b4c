//! When keys travel, and with whom.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::super::{ScopeTag, Settings};
use super::desk::{Desk, json, parameter};
use super::world::{Spec, world};
use crate::catalog::CallBounds;

/// Everybody who is asked for, by name.
fn people(line: &str) -> String {
    let ids = parameter(line, "ids").replace("%2C", ",");
    let people: Vec<String> = ids.split(',').map(|id| format!(r#"{{"id":"{id}","name":"{id}!"}}"#)).collect();
    format!(r#"{{"people":[{}]}}"#, people.join(","))
}

/// A desk that answers as often as it is let.
async fn gated() -> (Desk, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let held = gate.clone();
    let desk = Desk::open(move |seen| {
        let held = held.clone();
        Box::pin(async move {
            held.acquire().await.unwrap().forget();
            json(people(&seen.line))
        })
    })
    .await;
    (desk, gate)
}

async fn until(desk: &Desk, calls: usize) {
    while desk.lines().len() < calls {
        tokio::task::yield_now().await;
    }
}

fn narrow(concurrency: usize) -> Settings {
    Settings { concurrency: concurrency.try_into().unwrap(), ..Settings::default() }
}

#[tokio::test]
async fn all_keys_of_an_order_travel_in_as_few_calls_as_the_width_allows() {
    let desk = Desk::saying(|seen| json(people(&seen.line))).await;
    let world = world(&desk.url, Spec { max_size: Some(3), ..Spec::default() }, Settings::default());
    let told = world.ask("a b c d e f g").await;
    assert_eq!(told, ["a!", "b!", "c!", "d!", "e!", "f!", "g!"]);
    let mut lines = desk.lines();
    lines.sort();
    assert_eq!(lines, ["GET /people?ids=a%2Cb%2Cc", "GET /people?ids=d%2Ce%2Cf", "GET /people?ids=g"]);
    let tally = world.sources.tally(super::world::ID);
    assert_eq!((tally.calls, tally.keys, world.sources.calls()), (3, 7, 3));
}

#[tokio::test]
async fn an_idle_source_is_asked_at_once_and_a_busy_one_lets_keys_gather() {
    let (desk, gate) = gated().await;
    let world = world(&desk.url, Spec::default(), narrow(1));
    let first = world.submit("a");
    until(&desk, 1).await;
    let (second, third) = (world.submit("b c"), world.submit("c d"));
    gate.add_permits(2);
    assert_eq!(first.told().await, ["a!"]);
    assert_eq!(second.told().await, ["b!", "c!"]);
    assert_eq!(third.told().await, ["c!", "d!"]);
    assert_eq!(desk.lines(), ["GET /people?ids=a", "GET /people?ids=b%2Cc%2Cd"]);
}

#[tokio::test]
async fn callers_of_different_scope_never_share_a_call() {
    let (desk, gate) = gated().await;
    let world = world(&desk.url, Spec::default(), narrow(1));
    let first = world.submit("a");
    until(&desk, 1).await;
    let mine = world.submit_as("b", ScopeTag::Caller(1), None);
    let yours = world.submit_as("b", ScopeTag::Caller(2), None);
    let mine_too = world.submit_as("c", ScopeTag::Caller(1), None);
    gate.add_permits(3);
    for waiter in [first, mine, yours, mine_too] {
        waiter.told().await;
    }
    assert_eq!(desk.lines(), ["GET /people?ids=a", "GET /people?ids=b%2Cc", "GET /people?ids=b"]);
}

#[tokio::test]
async fn no_more_calls_are_in_flight_than_the_source_and_the_connector_allow() {
    for (concurrency, max_parallel, expected) in [(2, None, 2), (8, Some(3), 3)] {
        let (desk, gate) = gated().await;
        let call = CallBounds { max_parallel, ..CallBounds::default() };
        let world = world(&desk.url, Spec { max_size: Some(1), call, ..Spec::default() }, narrow(concurrency));
        let waiter = world.submit("a b c d e f");
        until(&desk, expected).await;
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
        assert_eq!(desk.lines().len(), expected);
        gate.add_permits(6);
        assert_eq!(waiter.told().await, ["a!", "b!", "c!", "d!", "e!", "f!"]);
    }
}

#[tokio::test]
async fn more_keys_than_may_wait_are_refused_at_once() {
    let (desk, gate) = gated().await;
    let world = world(&desk.url, Spec { max_size: Some(1), ..Spec::default() }, Settings { queue: 2, ..narrow(1) });
    let waiter = world.submit("a b c d");
    until(&desk, 1).await;
    gate.add_permits(3);
    let crowded = "RATE_LIMITED: support has too many questions waiting";
    assert_eq!(waiter.told().await, ["a!", "b!", "c!", crowded]);
}

#[tokio::test]
async fn keys_of_a_request_that_lacks_something_give_way_to_those_of_one_that_does_not() {
    let (desk, gate) = gated().await;
    let world = world(&desk.url, Spec { max_size: Some(1), ..Spec::default() }, Settings { queue: 2, ..narrow(1) });
    let under_way = world.submit("a");
    until(&desk, 1).await;
    let lacking = world.submit_of(1, "b c d");
    let others = [world.submit_of(2, "e"), world.submit_of(3, "f")];
    let (too_many, lacking_more) = (world.submit_of(4, "g"), world.submit_of(1, "h"));
    gate.add_permits(3);
    let crowded = "RATE_LIMITED: support has too many questions waiting";
    assert_eq!(lacking.told().await, [crowded; 3]);
    assert_eq!(
        (too_many.told().await, lacking_more.told().await),
        (vec![crowded.to_owned()], vec![crowded.to_owned()])
    );
    for (waiter, answer) in [(&under_way, "a!"), (&others[0], "e!"), (&others[1], "f!")] {
        assert_eq!(waiter.told().await, [answer]);
    }
    assert_eq!(desk.lines(), ["GET /people?ids=a", "GET /people?ids=e", "GET /people?ids=f"]);
    let state = &world.sources.states()[0];
    assert_eq!((state.in_flight, state.waiting), (0, 0));
}

#[tokio::test]
async fn keys_that_nobody_waits_for_any_longer_are_not_asked_for() {
    let (desk, gate) = gated().await;
    let world = world(&desk.url, Spec::default(), narrow(1));
    let first = world.submit("a");
    until(&desk, 1).await;
    let too_late = "TIMEOUT: support did not answer in time";
    let gone = world.submit_as("d", ScopeTag::Shared, Some(Instant::now()));
    assert_eq!(gone.told().await, [too_late], "it waits for no turn");
    let soon = Duration::from_millis(20);
    let late = world.submit_as("b", ScopeTag::Shared, Some(Instant::now() + soon));
    let timely = world.submit("c");
    sleep(soon).await;
    gate.add_permits(2);
    assert_eq!(late.told().await, [too_late]);
    assert_eq!((first.told().await, timely.told().await), (vec!["a!".to_owned()], vec!["c!".to_owned()]));
    assert_eq!(desk.lines(), ["GET /people?ids=a", "GET /people?ids=c"]);
}

#[tokio::test]
async fn a_long_address_is_spread_over_more_calls() {
    let desk = Desk::saying(|seen| json(people(&seen.line))).await;
    let max = desk.url.len() + "/people?ids=".len() + 25;
    let call = CallBounds { max_url_bytes: Some(max), ..CallBounds::default() };
    let world = world(&desk.url, Spec { call, ..Spec::default() }, Settings::default());
    let long = "x".repeat(40);
    let told = world.ask(&format!("anna-1 anna-2 anna-3 anna-4 anna-5 {long}")).await;
    let too_long = "BAD_REQUEST: support cannot be asked for this";
    assert_eq!(told, ["anna-1!", "anna-2!", "anna-3!", "anna-4!", "anna-5!", too_long]);
    assert!(desk.lines().iter().all(|line| desk.url.len() + line.len() - "GET ".len() <= max), "{:?}", desk.lines());
}

#[tokio::test]
async fn calls_of_the_sources_before_count_against_the_bound_of_those_that_take_their_place() {
    // What is allowed before and after; how many calls of the second come beside two of the first.
    for (before, after, beside) in [(2, 2, 0), (2, 1, 0), (2, 3, 1)] {
        let (desk, gate) = gated().await;
        let spec = || Spec { max_size: Some(1), ..Spec::default() };
        let first = world(&desk.url, spec(), narrow(before));
        let early = first.submit("a b c");
        until(&desk, 2).await;
        let mut second = world(&desk.url, spec(), narrow(after));
        second.sources.take_over(&first.sources, |_| false);
        let late = second.submit("d e f");
        until(&desk, 2 + beside).await;
        sleep(Duration::from_millis(20)).await;
        assert_eq!(desk.lines().len(), 2 + beside, "{before}, then {after}");
        assert_eq!(second.sources.states()[0].in_flight, beside);
        gate.add_permits(6);
        assert_eq!(early.told().await, ["a!", "b!", "c!"]);
        assert_eq!(late.told().await, ["d!", "e!", "f!"]);
    }
}
