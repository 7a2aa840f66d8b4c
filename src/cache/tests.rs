//! Claims at told times, by one and by many.

mod bundles;
mod purges;
mod shared;
mod terms;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use super::{Bypass, Cache, Claimed, Lane, LaneSpec, Outcome, Settings, Ticket};
use crate::catalog::{Freshness, Layout, Node, Scalar, Scope, Slot, Ty, TypeId};
use crate::mapping::Value;
use crate::record::{Code, Content, Failure, Fresh, Key, Record, Reply, Settled, build};
use crate::units::ByteSize;

const CONNECTOR: u64 = 7;

/// One whose records end when their age does.
fn cache() -> Cache {
    Cache::new(Settings { jitter: 0, ..Settings::default() })
}

fn lane(cache: &Cache, freshness: Freshness) -> Lane {
    lane_of(cache, freshness, "{}")
}

fn lane_of(cache: &Cache, freshness: Freshness, args: &str) -> Lane {
    let definition = CONNECTOR;
    cache.lane(LaneSpec { definition, source: 1, args, freshness, connector: "tickets", department: "support" })
}

fn fresh_for(max_age: u64) -> Freshness {
    Freshness { max_age: Some(seconds(max_age)), ..Freshness::default() }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + seconds(1_800_000_000 + second)
}

fn key(id: &str) -> Key {
    Key::from_components([format!("\"{id}\"").as_bytes()])
}

fn layout() -> Layout {
    let ty = Ty::Named { id: TypeId(1), nullable: true };
    let slot = Slot { field: "name".to_owned(), ty, node: Node::Scalar(Scalar::Text), max: None };
    Layout { ty: TypeId(0), slots: vec![slot] }
}

fn record(name: &str) -> Record {
    let element = Value::Object([("name".into(), Value::from(name.to_owned()))].into_iter().collect());
    build(&layout(), &element).record
}

fn failed() -> Reply {
    Reply::Failed(Failure::of_source(Code::Timeout, "tickets", "support", "support did not answer in time").shared())
}

fn miss(lane: &Lane, second: u64, id: &str) -> Ticket {
    match lane.claim(at(second), &[key(id)]).pop() {
        Some(Claimed::Miss(ticket, _)) => ticket,
        other => panic!("expected a miss, got {other:?}"),
    }
}

fn fill(lane: &Lane, second: u64, id: &str) {
    miss(lane, second, id).settle(Reply::Found(record(id)), at(second));
}

/// What a claim at a second sees, in a word or three; what it takes on is given back unsettled.
fn see(lane: &Lane, second: u64, id: &str) -> String {
    match lane.claim(at(second), &[key(id)]).pop().expect("one answer per key") {
        Claimed::Settled(settled) => describe(&settled),
        Claimed::StaleRefresh { settled, .. } => format!("{}, to be refreshed", describe(&settled)),
        Claimed::Joined(_) => "joined".to_owned(),
        Claimed::Miss(..) => "miss".to_owned(),
    }
}

fn describe(settled: &Settled) -> String {
    let what = match &settled.reply {
        Reply::Found(record) => match record.view(&layout()).slot(0) {
            Content::Json(json) => String::from_utf8_lossy(json).into_owned(),
            _ => "null".to_owned(),
        },
        Reply::Absent => "absent".to_owned(),
        Reply::Failed(failure) => failure.code.as_str().to_owned(),
    };
    format!("{what} {:?}", settled.fresh)
}

#[test]
fn a_record_is_fresh_until_its_age_and_then_a_miss() {
    let cache = cache();
    let lane = lane(&cache, fresh_for(30));
    fill(&lane, 0, "ann");
    assert_eq!(see(&lane, 0, "ann"), r#""ann" Cached"#);
    assert_eq!(see(&lane, 29, "ann"), r#""ann" Cached"#);
    assert_eq!(see(&lane, 30, "ann"), "miss");
    assert_eq!(see(&lane, 29, "bob"), "miss");
}

#[test]
fn what_came_since_the_request_came_is_fresh() {
    let cache = cache();
    let lane = lane(&cache, fresh_for(30));
    fill(&lane, 5, "ann");
    assert_eq!(see(&lane, 4, "ann"), r#""ann" Fresh"#);
    assert_eq!(see(&lane, 6, "ann"), r#""ann" Cached"#);
}

#[test]
fn an_older_record_is_served_while_one_claimant_refreshes_it() {
    let cache = cache();
    let lane = lane(&cache, Freshness { stale_while_revalidate: Some(seconds(60)), ..fresh_for(30) });
    fill(&lane, 0, "ann");
    let Some(Claimed::StaleRefresh { settled, ticket }) = lane.claim(at(40), &[key("ann")]).pop() else {
        panic!("expected a stale record with a ticket");
    };
    assert_eq!((describe(&settled).as_str(), settled.as_of), (r#""ann" Stale"#, at(0)));
    assert_eq!(see(&lane, 40, "ann"), r#""ann" Stale"#, "the others are served, and do not refresh");
    ticket.settle(Reply::Found(record("anna")), at(41));
    assert_eq!(see(&lane, 42, "ann"), r#""anna" Cached"#);
    assert_eq!(see(&lane, 41 + 90, "ann"), "miss", "past the window nothing is served");
}

#[test]
fn a_failure_within_the_window_gives_the_older_record_and_is_not_kept() {
    let cache = cache();
    let lane = lane(&cache, Freshness { stale_if_error: Some(seconds(600)), ..fresh_for(30) });
    fill(&lane, 0, "ann");
    for (second, expected) in [(100, r#""ann" Stale"#), (629, r#""ann" Stale"#), (630, "TIMEOUT Fresh")] {
        let Some(Claimed::Miss(ticket, flight)) = lane.claim(at(second), &[key("ann")]).pop() else {
            panic!("past its age the source is asked");
        };
        ticket.settle(failed(), at(second));
        assert_eq!(describe(&flight.peek().expect("settled")), expected, "at {second} s");
    }
}

#[test]
fn not_found_is_remembered_for_its_own_time() {
    let cache = cache();
    let lane = lane(&cache, Freshness { negative_max_age: Some(seconds(5)), ..fresh_for(30) });
    miss(&lane, 0, "ann").settle(Reply::Absent, at(0));
    assert_eq!(see(&lane, 4, "ann"), "absent Cached");
    assert_eq!(see(&lane, 5, "ann"), "miss");
    let hour = self::lane_of(&cache, fresh_for(3600), r#"{"x":1}"#);
    miss(&hour, 0, "ann").settle(Reply::Absent, at(0));
    assert_eq!(see(&hour, 59, "ann"), "absent Cached");
    assert_eq!(see(&hour, 60, "ann"), "miss", "at most a minute where nothing is said");
}

#[test]
fn without_an_age_an_answer_serves_only_those_who_wait() {
    let cache = cache();
    let lane = lane(&cache, Freshness::default());
    let ticket = miss(&lane, 0, "ann");
    let Some(Claimed::Joined(flight)) = lane.claim(at(0), &[key("ann")]).pop() else { panic!("expected to join") };
    ticket.settle(Reply::Found(record("ann")), at(0));
    assert_eq!(describe(&flight.peek().expect("settled")), r#""ann" Fresh"#);
    assert_eq!(see(&lane, 0, "ann"), "miss");
    assert_eq!(cache.tally(CONNECTOR).of(Outcome::Bypass(Bypass::NoMaxAge)), 2);
}

#[test]
fn an_answer_of_one_caller_is_shared_with_nobody() {
    let cache = cache();
    let lane = lane(&cache, Freshness { scope: Scope::Caller, ..fresh_for(30) });
    let ticket = miss(&lane, 0, "ann");
    let other = miss(&lane, 0, "ann");
    ticket.settle(Reply::Found(record("ann")), at(0));
    assert_eq!(see(&lane, 0, "ann"), "miss");
    drop(other);
    assert_eq!(cache.tally(CONNECTOR).of(Outcome::Bypass(Bypass::CallerScope)), 3);
}

#[test]
fn arguments_sources_and_namespaces_do_not_mix() {
    let cache = cache();
    fill(&lane_of(&cache, fresh_for(30), r#"{"first":1}"#), 0, "ann");
    assert_eq!(see(&lane_of(&cache, fresh_for(30), r#"{"first":2}"#), 0, "ann"), "miss");
    assert_eq!(see(&lane_of(&cache, fresh_for(30), r#"{"first":1}"#), 0, "ann"), r#""ann" Cached"#);
    let elsewhere = LaneSpec {
        definition: CONNECTOR,
        source: 2,
        args: r#"{"first":1}"#,
        freshness: fresh_for(30),
        connector: "",
        department: "",
    };
    assert_eq!(see(&cache.lane(elsewhere), 0, "ann"), "miss");
}

#[tokio::test]
async fn a_dropped_ticket_settles_a_failure_that_is_not_kept() {
    let cache = cache();
    let lane = lane(&cache, fresh_for(30));
    let ticket = miss(&lane, 0, "ann");
    let Some(Claimed::Joined(flight)) = lane.claim(at(0), &[key("ann")]).pop() else { panic!("expected to join") };
    drop(ticket);
    assert_eq!(describe(&flight.settled().await), "INTERNAL Fresh");
    assert_eq!(see(&lane, 0, "ann"), "miss");
    assert_eq!(cache.in_flight(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_who_claim_the_same_keys_at_once_one_fetches_each() {
    let cache = cache();
    let fetched = Arc::new(AtomicUsize::new(0));
    let keys: Vec<Key> = (0..50).map(|index| key(&format!("k{index}"))).collect();
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let (cache, fetched, keys) = (cache.clone(), fetched.clone(), keys.clone());
            tokio::spawn(async move {
                let lane = lane(&cache, fresh_for(3600));
                let mut waiting = Vec::new();
                for (claimed, key) in lane.claim(at(0), &keys).into_iter().zip(&keys) {
                    match claimed {
                        Claimed::Miss(ticket, flight) => {
                            fetched.fetch_add(1, Ordering::Relaxed);
                            tokio::task::yield_now().await;
                            ticket.settle(Reply::Found(record(key.as_str())), at(0));
                            waiting.push(flight);
                        }
                        Claimed::Joined(flight) => waiting.push(flight),
                        Claimed::Settled(settled) => assert!(matches!(settled.reply, Reply::Found(_))),
                        Claimed::StaleRefresh { .. } => panic!("nothing is stale"),
                    }
                }
                for flight in waiting {
                    assert!(matches!(flight.settled().await.reply, Reply::Found(_)));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no claimant panics");
    }
    assert_eq!(fetched.load(Ordering::Relaxed), 50);
    assert_eq!(cache.in_flight(), 0);
    let tally = cache.tally(CONNECTOR);
    assert_eq!(Outcome::ALL.map(|outcome| tally.of(outcome)).iter().sum::<u64>(), 5_000);
    assert_eq!(tally.of(Outcome::Miss), 50);
}

#[test]
fn memory_stays_within_its_bound() {
    let cache = Cache::new(Settings { max_bytes: ByteSize(1 << 20), ..Settings::default() });
    let lane = lane(&cache, fresh_for(3600));
    let name = "x".repeat(2000);
    for index in 0..2_000 {
        miss(&lane, 0, &format!("k{index}")).settle(Reply::Found(record(&name)), at(0));
    }
    let weight = cache.weight();
    assert!(weight > 1 << 19 && weight <= 1 << 20, "{weight} bytes are held");
}

#[test]
fn settings_name_their_units_and_refuse_unknown_words() {
    let read = |text: &str| toml::from_str::<Settings>(text).map_err(|error| error.message().to_owned());
    assert_eq!(read("max_bytes = \"2MiB\"").map(|settings| settings.max_bytes), Ok(ByteSize::mebibytes(2)));
    assert!(read("max_size = \"2MiB\"").is_err_and(|error| error.contains("unknown field")));
}

#[test]
fn of_requests_that_ask_for_the_same_keys_at_once_one_fetches_them_all() {
    let keys: Vec<Key> = (0..50).map(|number| key(&number.to_string())).collect();
    for round in 0..100 {
        let cache = cache();
        let lane = lane(&cache, fresh_for(60));
        let start = std::sync::Barrier::new(2);
        let misses = || {
            start.wait();
            let claims = lane.claim(at(0), &keys);
            let misses = claims.iter().filter(|claimed| matches!(claimed, Claimed::Miss(..))).count();
            // Nothing is settled before both have claimed.
            start.wait();
            drop(claims);
            misses
        };
        let (one, other) = std::thread::scope(|scope| {
            let other = scope.spawn(misses);
            (misses(), other.join().expect("it does not panic"))
        });
        assert!((one, other) == (50, 0) || (one, other) == (0, 50), "round {round}: {one} and {other}");
    }
}

#[test]
fn records_of_one_moment_end_at_different_ones_and_never_after_their_age() {
    let cache = Cache::new(Settings { jitter: 10, ..Settings::default() });
    let lane = lane(&cache, fresh_for(1000));
    let ids: Vec<String> = (0..500).map(|number| number.to_string()).collect();
    ids.iter().for_each(|id| fill(&lane, 0, id));
    let kept = |second: u64| ids.iter().filter(|id| see(&lane, second, id) != "miss").count();
    assert_eq!((kept(899), kept(1000)), (500, 0));
    let middle = kept(950);
    assert!((150..350).contains(&middle), "about half of them have ended in the middle of the time: {middle}");
    assert_eq!(kept(950), middle, "the same ones whenever one looks");
    // What is made of a record ends with it.
    for id in &ids {
        let settled = Settled { reply: Reply::Found(record(id)), as_of: at(0), fresh: Fresh::Fresh, terms: None };
        let until = lane.good_until(&key(id), &settled).expect("it is kept");
        assert_eq!(see(&lane, 950, id) != "miss", until > at(950), "{id}");
    }
    // Absence is remembered for its own time, to the second.
    let absent =
        self::lane_of(&cache, Freshness { negative_max_age: Some(seconds(100)), ..fresh_for(1000) }, "{\"a\":1}");
    ids.iter().for_each(|id| miss(&absent, 0, id).settle(Reply::Absent, at(0)));
    assert!(ids.iter().all(|id| see(&absent, 99, id) == "absent Cached" && see(&absent, 100, id) == "miss"));
}

#[test]
fn while_calls_are_to_be_spared_a_record_serves_past_its_age_and_says_so() {
    let cache = cache();
    let stale = Freshness { stale_while_revalidate: Some(seconds(5)), ..fresh_for(30) };
    for (name, freshness) in [("plain", fresh_for(30)), ("revalidated", stale)] {
        let lane = lane_of(&cache, freshness, name);
        fill(&lane, 0, "ann");
        miss(&lane, 0, "nobody").settle(Reply::Absent, at(0));
        let look = |second: u64, id: &str, stretch: f32| match lane
            .claim_sparingly(at(second), &[key(id)], || stretch)
            .pop()
        {
            Some(Claimed::Settled(settled)) => describe(&settled),
            Some(Claimed::StaleRefresh { .. }) => "refresh".to_owned(),
            _ => "miss".to_owned(),
        };
        for (second, stretch, expected) in [
            (29, 2.0, r#""ann" Cached"#),
            (31, 1.5, r#""ann" Stale"#),
            (44, 1.5, r#""ann" Stale"#),
            (45, 1.5, "miss"),
            (59, 2.0, r#""ann" Stale"#),
            (59, 9.0, r#""ann" Stale"#),
            (60, 9.0, "miss"),
        ] {
            assert_eq!(look(second, "ann", stretch), expected, "{name} at {second} by {stretch}");
        }
        assert_eq!(look(31, "nobody", 2.0), "miss", "absence is not believed for longer");
    }
}
