//! What sources say of their answers, what stands in for what does not come, and for how long.

use std::sync::Arc;
use std::time::Duration;

use super::super::{Cache, Claimed, Lane, Outcome, Target};
use super::{CONNECTOR, at, cache, describe, failed, fill, fresh_for, key, lane, lane_of, miss, record, seconds, see};
use crate::catalog::Freshness;
use crate::record::{Fresh, Reply, Settled, Terms, Validator};

const CACHED: &str = r#""ann" Cached"#;
const STALE: &str = r#""ann" Stale, to be refreshed"#;
const GONE: &str = "TIMEOUT Fresh";

/// Name, what is said, and what is seen when.
type Case = (&'static str, Terms, &'static [(u64, &'static str)]);

fn terms() -> Terms {
    Terms {
        may_keep: true,
        max_age: None,
        stale_while_revalidate: None,
        stale_if_error: None,
        is_strict: false,
        validator: None,
        is_renewal: false,
    }
}

fn tagged(terms: Terms) -> Terms {
    let validator = Validator { call: 5, etag: Some("\"v1\"".into()), last_modified: None };
    Terms { validator: Some(Arc::new(validator)), ..terms }
}

fn windows() -> Freshness {
    Freshness {
        stale_while_revalidate: Some(seconds(20)),
        stale_if_error: Some(seconds(600)),
        negative_max_age: Some(seconds(10)),
        respect: true,
        ..fresh_for(60)
    }
}

fn give(lane: &Lane, second: u64, id: &str, terms: Terms) {
    miss(lane, second, id).settle_on(Some(Arc::new(terms)), Reply::Found(record(id)), at(second));
}

/// What a claim sees whose call then fails.
fn fail(lane: &Lane, second: u64, id: &str) -> String {
    let Some(Claimed::Miss(ticket, flight)) = lane.claim(at(second), &[key(id)]).pop() else {
        return see(lane, second, id);
    };
    ticket.settle(failed(), at(second));
    describe(&flight.peek().expect("settled"))
}

#[test]
fn what_a_source_says_narrows_what_is_declared_and_never_widens_it() {
    let said = |max_age: u64| Terms { max_age: Some(seconds(max_age)), ..terms() };
    let window = |window: u64| Terms { stale_while_revalidate: Some(seconds(window)), ..said(5) };
    let in_error = |window: u64| Terms { stale_if_error: Some(seconds(window)), ..window_of_none(said(5)) };
    let strict = |terms: Terms| Terms { is_strict: true, ..terms };
    let table: [Case; 8] = [
        ("nothing", terms(), &[(59, CACHED), (60, STALE), (79, STALE), (80, r#""ann" Stale"#)]),
        ("less", said(5), &[(4, CACHED), (5, STALE), (24, STALE), (25, r#""ann" Stale"#), (605, GONE)]),
        ("more", said(3600), &[(59, CACHED), (60, STALE), (659, r#""ann" Stale"#), (660, GONE)]),
        ("nothing at all", said(0), &[(0, STALE), (19, STALE), (20, r#""ann" Stale"#), (600, GONE)]),
        ("a window", window(3), &[(4, CACHED), (7, STALE), (8, r#""ann" Stale"#)]),
        ("a long window", window(3600), &[(24, STALE), (25, r#""ann" Stale"#)]),
        ("for errors", in_error(30), &[(34, r#""ann" Stale"#), (35, GONE)]),
        ("strictly", strict(said(5)), &[(4, CACHED), (5, GONE)]),
    ];
    for (name, terms, looks) in table {
        for (second, expected) in looks {
            let cache = cache();
            let lane = lane(&cache, windows());
            give(&lane, 0, "ann", terms.clone());
            assert_eq!(fail(&lane, *second, "ann"), *expected, "{name} at {second}");
        }
    }
}

fn window_of_none(terms: Terms) -> Terms {
    Terms { stale_while_revalidate: Some(Duration::ZERO), ..terms }
}

#[test]
fn what_may_not_be_kept_serves_those_who_wait_and_is_counted() {
    let cache = cache();
    let lane = lane(&cache, windows());
    let ticket = miss(&lane, 0, "ann");
    let Some(Claimed::Joined(flight)) = lane.claim(at(0), &[key("ann")]).pop() else { panic!("expected to join") };
    let terms = Terms { may_keep: false, ..tagged(terms()) };
    ticket.settle_on(Some(Arc::new(terms)), Reply::Found(record("ann")), at(0));
    let settled = flight.peek().expect("settled");
    assert_eq!((describe(&settled).as_str(), lane.good_until(&key("ann"), &settled)), (r#""ann" Fresh"#, None));
    assert_eq!(see(&lane, 0, "ann"), "miss");
    assert_eq!(cache.weight(), 0);
    assert_eq!(cache.tally(CONNECTOR).of(Outcome::Unkept), 1);
}

#[test]
fn not_found_is_narrowed_too() {
    let cache = cache();
    let lane = lane(&cache, windows());
    let terms = Terms { max_age: Some(seconds(4)), ..terms() };
    miss(&lane, 0, "ann").settle_on(Some(Arc::new(terms)), Reply::Absent, at(0));
    assert_eq!((see(&lane, 3, "ann").as_str(), see(&lane, 4, "ann").as_str()), ("absent Cached", "miss"));
}

#[test]
fn an_answer_made_of_it_ends_with_it() {
    let cache = cache();
    let lane = lane(&cache, windows());
    let until = |terms: Terms, reply: Reply| {
        let settled = Settled { reply, as_of: at(0), fresh: Fresh::Fresh, terms: Some(Arc::new(terms)) };
        lane.good_until(&key("ann"), &settled)
    };
    let said = |max_age: u64| Terms { max_age: Some(seconds(max_age)), ..terms() };
    assert_eq!(until(said(5), Reply::Found(record("ann"))), Some(at(5)));
    assert_eq!(until(said(500), Reply::Found(record("ann"))), Some(at(60)));
    assert_eq!(until(said(5), Reply::Absent), Some(at(5)));
}

#[test]
fn what_can_be_asked_about_again_is_kept_for_that_and_renewed() {
    let cache = cache();
    let lane = lane(&cache, Freshness { respect: true, ..fresh_for(0) });
    give(&lane, 0, "bob", terms());
    assert!(miss(&lane, 1, "bob").known().is_none(), "nothing to ask with");
    let strict = Terms { max_age: Some(Duration::ZERO), is_strict: true, ..tagged(terms()) };
    give(&lane, 0, "ann", strict.clone());
    assert_eq!(fail(&lane, 1, "ann"), "TIMEOUT Fresh", "it is served to nobody");
    let ticket = miss(&lane, 3600, "ann");
    let Some((reply, known)) = ticket.known() else { panic!("expected to know something") };
    assert_eq!(*known, strict);
    let renewed = Terms { is_renewal: true, ..strict };
    ticket.settle_on(Some(Arc::new(renewed)), reply, at(3600));
    assert_eq!(cache.tally(CONNECTOR).of(Outcome::Revalidated), 1);
    assert!(miss(&lane, 3601, "ann").known().is_some(), "and so on");
    cache.forget(Target::Key { definition: CONNECTOR, key: &key("ann") });
    assert!(miss(&lane, 3602, "ann").known().is_none(), "what was forgotten is known no longer");
}

#[test]
fn who_cannot_wait_gets_what_may_stand_in_for_a_failure() {
    let cache = cache();
    let lane = lane(&cache, Freshness { stale_if_error: Some(seconds(600)), ..fresh_for(30) });
    let flight = |second: u64, id: &str| match lane.claim(at(second), &[key(id)]).pop() {
        Some(Claimed::Miss(ticket, flight)) => (Some(ticket), flight),
        Some(Claimed::Joined(flight)) => (None, flight),
        other => panic!("expected a flight, got {other:?}"),
    };
    fill(&lane, 0, "ann");
    let meanwhile = |second: u64, of: &super::super::Flight| lane.meanwhile(at(second), of).map(|told| describe(&told));
    let (ticket, first) = flight(100, "ann");
    let (_, joined) = flight(101, "ann");
    assert_eq!(meanwhile(100, &first).as_deref(), Some(r#""ann" Stale"#));
    assert_eq!(meanwhile(629, &joined).as_deref(), Some(r#""ann" Stale"#));
    assert_eq!(meanwhile(630, &first), None, "the window is over");
    cache.forget(Target::Connector(CONNECTOR));
    assert_eq!(meanwhile(102, &first), None, "it was forgotten");
    drop(ticket);
    // Twice for those who could not wait; not for the call, which came to nothing after all was forgotten.
    assert_eq!(cache.tally(CONNECTOR).of(Outcome::StoodIn), 2);
    let (_ticket, unknown) = flight(100, "bob");
    assert_eq!(meanwhile(100, &unknown), None, "nothing was known");
}

#[test]
fn that_a_key_was_not_there_stands_in_for_a_failure_too() {
    let cache = cache();
    let lane = lane(&cache, windows());
    for (second, expected) in
        [(9, "absent Cached"), (10, "absent Stale"), (609, "absent Stale"), (610, "TIMEOUT Fresh")]
    {
        let id = format!("nobody at {second}");
        miss(&lane, 0, &id).settle(Reply::Absent, at(0));
        assert_eq!(fail(&lane, second, &id), expected, "at {second}");
    }
    let plain = lane_of(&cache, Freshness { stale_if_error: None, ..windows() }, "{\"a\":1}");
    miss(&plain, 0, "nobody").settle(Reply::Absent, at(0));
    assert_eq!(fail(&plain, 10, "nobody"), "TIMEOUT Fresh", "without a window");
}

#[test]
fn what_a_source_limits_is_not_believed_for_longer_to_spare_calls() {
    let cache = cache();
    let lane = lane(&cache, Freshness { respect: true, ..fresh_for(60) });
    let look = |second: u64, id: &str| match lane.claim_sparingly(at(second), &[key(id)], || 2.0).pop() {
        Some(Claimed::Settled(settled)) => describe(&settled),
        _ => "miss".to_owned(),
    };
    give(&lane, 0, "ann", terms());
    give(&lane, 0, "bob", Terms { max_age: Some(seconds(40)), ..terms() });
    give(&lane, 0, "cem", Terms { is_strict: true, ..terms() });
    assert_eq!((look(100, "ann").as_str(), look(100, "bob").as_str()), (r#""ann" Stale"#, "miss"));
    assert_eq!((look(39, "bob").as_str(), look(41, "bob").as_str()), (r#""bob" Cached"#, "miss"));
    assert_eq!(look(61, "cem"), "miss");
}

#[test]
fn what_was_said_takes_room_as_well() {
    let weight = |terms: Option<Terms>| {
        let cache = Cache::new(super::Settings { jitter: 0, ..super::Settings::default() });
        let lane = lane(&cache, windows());
        miss(&lane, 0, "ann").settle_on(terms.map(Arc::new), Reply::Found(record("ann")), at(0));
        cache.weight()
    };
    let tag: Box<str> = "x".repeat(200).into();
    let validator = Validator { call: 1, etag: Some(tag), last_modified: None };
    let long = Terms { validator: Some(Arc::new(validator)), ..terms() };
    assert!(weight(Some(long)) > weight(None) + 200);
}
