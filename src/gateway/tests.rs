//! Answers that are kept and shared; one gateway in the place of another.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::sync::Notify;

use super::answers::{Answers, Question, Told};
use super::{Gateway, Live, Parts, Settings};
use crate::cache::{self, Cache, Lane, LaneSpec, Target};
use crate::catalog::Freshness;
use crate::fetch::Basis;
use crate::operation::{Contract, Limits};
use crate::record::Key;
use crate::sdl::SourceText;
use crate::sources::Sources;
use crate::units::ByteSize;

const PATIENCE: Duration = Duration::from_secs(15);

fn question(variables: &str) -> Question {
    Question { plan: 1, variables: variables.into() }
}

fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + second)
}

fn lane(cache: &Cache) -> Lane {
    let freshness = Freshness { max_age: Some(Duration::from_secs(60)), ..Freshness::default() };
    cache.lane(LaneSpec {
        definition: 1,
        source: 1,
        args: "{}",
        freshness,
        connector: "tickets",
        department: "support",
    })
}

fn key(id: &str) -> Key {
    Key::from_components([format!("\"{id}\"").as_bytes()])
}

/// An answer made at second 0, fresh until second 60, of one record.
fn told(cache: &Cache, body: &'static str, id: &str) -> Told {
    let basis = Basis { until: Some(at(60)), marks: [lane(cache).mark(&key(id))].into(), is_whole: true };
    Told { body: Bytes::from_static(body.as_bytes()), errors: 0, basis, since: cache.moment(), made: at(0) }
}

async fn shared(answers: &Answers, cache: &Cache, second: u64, variables: &str, told: &Told) -> Bytes {
    let make = || {
        let told = told.clone();
        async move { told }
    };
    answers.share(&question(variables), at(second), PATIENCE, cache, make).await.body
}

#[tokio::test]
async fn an_answer_is_kept_while_all_of_it_is_fresh() {
    let (answers, cache) = (Answers::new(1 << 20), Cache::new(cache::Settings::default()));
    assert_eq!(shared(&answers, &cache, 0, "1", &told(&cache, "one", "a")).await, "one");
    assert_eq!(answers.get(&question("1"), at(59), &cache).unwrap().body, "one");
    assert_eq!(answers.get(&question("2"), at(59), &cache), None);
    assert_eq!(answers.get(&Question { plan: 2, ..question("1") }, at(59), &cache), None);
    assert_eq!(answers.get(&question("1"), at(60), &cache), None);
    assert_eq!(answers.get(&question("1"), at(59), &cache), None, "what was found past its time is gone");
}

#[tokio::test]
async fn an_answer_goes_the_moment_a_record_of_it_is_forgotten() {
    let (answers, cache) = (Answers::new(1 << 20), Cache::new(cache::Settings::default()));
    shared(&answers, &cache, 0, "1", &told(&cache, "one", "a")).await;
    cache.forget(Target::Key { definition: 1, key: &key("a") });
    assert_eq!(answers.get(&question("1"), at(1), &cache), None);
    shared(&answers, &cache, 0, "1", &told(&cache, "one", "a")).await;
    assert_eq!(answers.get(&question("1"), at(1), &cache).unwrap().body, "one", "what was made since stands");
    cache.forget(Target::Everything);
    assert_eq!(answers.get(&question("1"), at(1), &cache), None);
}

#[tokio::test]
async fn an_answer_from_before_an_invalidation_is_not_told_after_it() {
    let (answers, cache) = (Answers::new(1 << 20), Cache::new(cache::Settings::default()));
    let early = told(&cache, "early", "a");
    cache.forget(Target::Key { definition: 1, key: &key("a") });
    assert_eq!(shared(&answers, &cache, 0, "1", &early).await, "early", "whoever asked before gets it");
    assert_eq!(answers.get(&question("1"), at(1), &cache), None);
}

#[tokio::test]
async fn what_is_not_whole_or_of_no_time_or_too_long_is_not_kept() {
    let (answers, cache) = (Answers::new(4096), Cache::new(cache::Settings::default()));
    let good = told(&cache, "one", "a");
    let partial = Told { basis: Basis { is_whole: false, ..good.basis.clone() }, ..good.clone() };
    let timeless = Told { basis: Basis { until: None, ..good.basis.clone() }, ..good.clone() };
    let long = Told { body: Bytes::from(vec![b' '; 1000]), ..good };
    for told in [partial, timeless, long] {
        shared(&answers, &cache, 0, "1", &told).await;
        assert_eq!(answers.get(&question("1"), at(1), &cache), None);
    }
}

/// Asks the same often at once; how often it was made.
async fn together(answers: &Arc<Answers>, cache: &Cache, told: &Told, seconds: &[u64]) -> (usize, Vec<Bytes>) {
    let (made, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let tasks: Vec<_> = seconds
        .iter()
        .map(|&second| {
            let (answers, cache, told) = (answers.clone(), cache.clone(), told.clone());
            let (made, go) = (made.clone(), go.clone());
            tokio::spawn(async move {
                let make = || {
                    let number = made.fetch_add(1, Ordering::Relaxed);
                    let (told, go) = (told.clone(), go.clone());
                    async move {
                        if number == 0 {
                            go.notified().await;
                        }
                        told
                    }
                };
                answers.share(&question("1"), at(second), PATIENCE, &cache, make).await.body
            })
        })
        .collect();
    tokio::task::yield_now().await;
    go.notify_one();
    let mut bodies = Vec::new();
    for task in tasks {
        bodies.push(task.await.unwrap());
    }
    (made.load(Ordering::Relaxed), bodies)
}

#[tokio::test]
async fn those_who_ask_the_same_at_once_share_one_execution() {
    let (answers, cache) = (Arc::new(Answers::new(1 << 20)), Cache::new(cache::Settings::default()));
    let (made, bodies) = together(&answers, &cache, &told(&cache, "one", "a"), &[0; 100]).await;
    assert_eq!((made, bodies), (1, vec![Bytes::from("one"); 100]));
}

#[tokio::test]
async fn whoever_comes_too_late_for_an_answer_makes_one() {
    let (answers, cache) = (Arc::new(Answers::new(1 << 20)), Cache::new(cache::Settings::default()));
    let (made, _) = together(&answers, &cache, &told(&cache, "one", "a"), &[0, 59, 60, 61]).await;
    assert_eq!(made, 3);
}

#[tokio::test]
async fn an_answer_whose_maker_left_is_made_by_those_who_wait() {
    let (answers, cache) = (Arc::new(Answers::new(1 << 20)), Cache::new(cache::Settings::default()));
    let go = Arc::new(Notify::new());
    let asking = |told: Told| {
        let (answers, cache, go) = (answers.clone(), cache.clone(), go.clone());
        tokio::spawn(async move {
            let make = || {
                let (told, go) = (told.clone(), go.clone());
                async move {
                    go.notified().await;
                    told
                }
            };
            answers.share(&question("1"), at(0), PATIENCE, &cache, make).await.body
        })
    };
    let first = asking(told(&cache, "first", "a"));
    tokio::task::yield_now().await;
    let second = asking(told(&cache, "second", "a"));
    tokio::task::yield_now().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    go.notify_one();
    assert_eq!(second.await.unwrap(), "first");
    // Nobody waits any longer: the next one starts anew.
    let third = asking(told(&cache, "third", "a"));
    tokio::task::yield_now().await;
    go.notify_one();
    assert_eq!(third.await.unwrap(), "third");
}

/// A gateway whose contract can be told from others by its root field.
fn gateway(field: &str) -> Arc<Gateway> {
    let link = r#"extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@connect"])"#;
    let connect = r#"@connect(http: { GET: "https://example.com/" }, selection: "$")"#;
    let text = format!("{link}\ntype Query {{ {field}: String {connect} }}");
    let reading = crate::sdl::read(&[SourceText { name: "schema.graphql".into(), text }]).unwrap();
    let catalog = Arc::new(reading.catalog);
    let sources = Sources::new(catalog.clone(), &BTreeMap::new(), Arc::new(|_: &str| None), None).ok().unwrap();
    Arc::new(Gateway::new(Parts {
        catalog,
        contract: Contract::read(&reading.contract).unwrap(),
        contract_sdl: reading.contract,
        sources: Arc::new(sources),
        cache: Arc::new(Cache::new(cache::Settings::default())),
        limits: Limits::default(),
        answers: ByteSize(0),
        settings: Settings::default(),
    }))
}

#[test]
fn another_gateway_takes_the_place_of_the_first_and_a_refused_one_does_not() {
    let live = Live::new(gateway("first"), Some(7));
    let began = live.now();
    live.refuse("schema/sales.graphql:3: no such type".to_owned());
    let history = live.history();
    assert!(live.now().contract_sdl().contains("first"));
    assert_eq!((history.generation, history.fingerprint, history.reloads, history.refusals), (1, Some(7), 0, 1));
    assert_eq!(history.last.unwrap().refused.as_deref(), Some("schema/sales.graphql:3: no such type"));
    live.clone().swap(gateway("second"), Some(8));
    assert!(began.contract_sdl().contains("first"), "who has begun goes on with it");
    assert!(live.now().contract_sdl().contains("second"));
    let history = live.history();
    assert_eq!((history.generation, history.fingerprint, history.reloads, history.refusals), (2, Some(8), 1, 1));
    assert_eq!(history.last.unwrap().refused, None);
}
