//! What is forgotten, and what of it nobody is shown.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::{Cache, Claimed, Forgotten, Lane, LaneSpec, Target};
use super::{CONNECTOR, at, cache, describe, failed, fill, fresh_for, key, lane, miss, record, seconds, see};
use crate::catalog::Freshness;
use crate::record::Reply;

/// A cache with records of two connectors, one of them with two sets of arguments, and of two sources.
struct Town {
    cache: Cache,
    lanes: Vec<(&'static str, Lane)>,
}

fn town() -> Town {
    let freshness = Freshness { stale_if_error: Some(seconds(600)), ..fresh_for(3600) };
    loop {
        let cache = cache();
        let lane = |definition, source, args| {
            cache.lane(LaneSpec { definition, source, args, freshness, connector: "tickets", department: "support" })
        };
        let lanes = vec![
            ("tickets", lane(7, 1, "{}")),
            ("first tickets", lane(7, 1, r#"{"first":1}"#)),
            ("people", lane(8, 1, "{}")),
            ("tickets elsewhere", lane(7, 2, "{}")),
        ];
        // Two connectors, two sources, two keys of each connector; marks are shared by chance, though seldom.
        let keys = lanes.iter().flat_map(|(_, lane)| [lane.mark(&key("ann")), lane.mark(&key("bob"))]);
        let marks: std::collections::BTreeSet<_> =
            keys.chain(lanes.iter().flat_map(|(_, lane)| lane.marks())).collect();
        if marks.len() == 8 {
            break Town { cache, lanes };
        }
    }
}

impl Town {
    /// What is kept of two keys, by lane.
    fn kept(&self) -> Vec<String> {
        let look = |name: &str, lane: &Lane, id: &str| (see(lane, 1, id) != "miss").then(|| format!("{name} {id}"));
        self.lanes
            .iter()
            .flat_map(|(name, lane)| ["ann", "bob"].into_iter().filter_map(|id| look(name, lane, id)))
            .collect()
    }
}

#[test]
fn what_is_forgotten_is_a_key_a_connector_a_source_or_everything() {
    let ann = key("ann");
    let table: [(Target<'_>, &[&str]); 6] = [
        (
            Target::Key { definition: 7, key: &ann },
            &["tickets bob", "first tickets bob", "people ann", "people bob", "tickets elsewhere bob"],
        ),
        (Target::Connector(7), &["people ann", "people bob"]),
        (Target::Source(1), &["tickets elsewhere ann", "tickets elsewhere bob"]),
        (
            Target::Source(2),
            &["tickets ann", "tickets bob", "first tickets ann", "first tickets bob", "people ann", "people bob"],
        ),
        (
            Target::Connector(8),
            &[
                "tickets ann",
                "tickets bob",
                "first tickets ann",
                "first tickets bob",
                "tickets elsewhere ann",
                "tickets elsewhere bob",
            ],
        ),
        (Target::Everything, &[]),
    ];
    for (target, left) in table {
        let town = town();
        for (_, lane) in &town.lanes {
            fill(lane, 0, "ann");
            miss(lane, 0, "bob").settle(Reply::Absent, at(0));
        }
        let since = town.cache.moment();
        town.cache.forget(target);
        assert_eq!(town.kept(), left, "{target:?}");
        // Looking does not keep; what is gone from memory is as many as were forgotten, unless all went at once.
        let swept = town.cache.sweep().records;
        assert!(swept == 8 - left.len() as u64 || target == Target::Everything, "{target:?}: {swept}");
        assert_eq!(town.cache.sweep(), Forgotten::default(), "once");
        for (name, lane) in &town.lanes {
            for id in ["ann", "bob"] {
                let marks = [vec![lane.mark(&key(id))], lane.marks().to_vec()].concat();
                let stands = town.cache.stands(since, &marks);
                assert_eq!(stands, left.contains(&format!("{name} {id}").as_str()), "{target:?}: {name} {id}");
                if !stands {
                    fill(lane, 1, id);
                    assert_eq!(see(lane, 2, id), format!("\"{id}\" Cached"), "what comes afterwards is kept");
                }
            }
        }
    }
}

#[test]
fn an_answer_on_its_way_when_it_is_forgotten_reaches_those_who_wait_and_nobody_later() {
    let ann = key("ann");
    for target in
        [Target::Key { definition: 7, key: &ann }, Target::Connector(7), Target::Source(1), Target::Everything]
    {
        let town = town();
        let (_, lane) = &town.lanes[0];
        let early = miss(lane, 0, "ann");
        let Some(Claimed::Joined(flight)) = lane.claim(at(0), &[key("ann")]).pop() else { panic!("expected to join") };
        town.cache.forget(target);
        let Some(Claimed::Miss(late, _)) = lane.claim(at(1), &[key("ann")]).pop() else {
            panic!("{target:?}: whoever comes later asks anew")
        };
        early.settle(Reply::Found(record("old")), at(2));
        assert_eq!(describe(&flight.peek().expect("settled")), r#""old" Fresh"#);
        assert_eq!(see(lane, 2, "ann"), "joined", "{target:?}: the newer call is under way");
        late.settle(Reply::Found(record("new")), at(3));
        assert_eq!(see(lane, 3, "ann"), r#""new" Cached"#, "{target:?}");
        assert_eq!(town.cache.in_flight(), 0);
    }
}

#[test]
fn what_was_forgotten_stands_in_for_no_failure_and_is_not_served_while_it_is_refreshed() {
    let cache = cache();
    let lane = lane(
        &cache,
        Freshness { stale_while_revalidate: Some(seconds(600)), stale_if_error: Some(seconds(600)), ..fresh_for(30) },
    );
    fill(&lane, 0, "ann");
    let Some(Claimed::StaleRefresh { ticket, .. }) = lane.claim(at(40), &[key("ann")]).pop() else {
        panic!("expected a stale record with a ticket");
    };
    cache.forget(Target::Key { definition: CONNECTOR, key: &key("ann") });
    ticket.settle(failed(), at(41));
    let Some(Claimed::Miss(ticket, flight)) = lane.claim(at(42), &[key("ann")]).pop() else {
        panic!("expected a miss")
    };
    ticket.settle(failed(), at(43));
    assert_eq!(describe(&flight.peek().expect("settled")), "TIMEOUT Fresh");
}

#[test]
fn of_connectors_it_is_known_whether_anything_was_forgotten() {
    let town = town();
    let touched = || town.lanes.iter().map(|(_, lane)| lane.touched().number()).collect::<Vec<_>>();
    assert_eq!(touched(), [0, 0, 0, 0]);
    town.cache.forget(Target::Key { definition: 8, key: &key("ann") });
    assert_eq!(touched(), [0, 0, 1, 0]);
    town.cache.forget(Target::Source(2));
    assert_eq!(touched(), [0, 0, 1, 2]);
    town.cache.forget(Target::Connector(7));
    assert_eq!(touched(), [3, 3, 1, 3]);
    town.cache.forget(Target::Everything);
    assert_eq!(touched(), [4, 4, 4, 4]);
}

/// Purges and answers by chance on many threads: nobody is shown a version from before a purge that was over when they
/// asked.
#[test]
fn nobody_who_asks_after_a_purge_is_shown_what_was_true_before_it() {
    let cache = cache();
    // What the source says; raised before each purge, as a webhook comes after a change.
    let truth = AtomicUsize::new(0);
    let ann = key("ann");
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let (cache, truth, ann) = (&cache, &truth, &ann);
            scope.spawn(move || {
                let lane = lane(cache, fresh_for(3600));
                for round in 0..5_000 {
                    if worker == 0 && round % 3 == 0 {
                        truth.fetch_add(1, Ordering::SeqCst);
                        cache.forget(match round % 4 {
                            0 => Target::Connector(CONNECTOR),
                            1 => Target::Source(1),
                            2 => Target::Everything,
                            _ => Target::Key { definition: CONNECTOR, key: ann },
                        });
                    }
                    // Only the purger knows that a purge is over.
                    let least = if worker == 0 { truth.load(Ordering::SeqCst) } else { 0 };
                    let told = match lane.claim(at(0), std::slice::from_ref(ann)).pop() {
                        Some(Claimed::Miss(ticket, flight)) => {
                            let now = truth.load(Ordering::SeqCst);
                            ticket.settle(Reply::Found(record(&now.to_string())), at(0));
                            flight.peek()
                        }
                        Some(Claimed::Joined(flight)) => loop {
                            if let Some(settled) = flight.peek() {
                                break Some(settled);
                            }
                            std::thread::yield_now();
                        },
                        Some(Claimed::Settled(settled)) => Some(settled),
                        other => panic!("{other:?}"),
                    };
                    let text = describe(&told.expect("settled"));
                    let seen: usize = text.split('"').nth(1).and_then(|number| number.parse().ok()).expect("a number");
                    assert!(seen >= least, "{seen} was shown after {least}");
                }
            });
        }
    });
}
