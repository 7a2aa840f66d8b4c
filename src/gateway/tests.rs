//! Answers that are kept and shared; one gateway in the place of another.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::answers::{Answers, Lasting, Question, Told, Way};
use super::shelf::Shelf;
use super::{Ask, Gateway, Live, Parts, Settings};
use crate::cache::{self, Cache, Claimed, Lane, LaneSpec, Target};
use crate::catalog::{ConnectorId, Freshness};
use crate::fetch::Basis;
use crate::mapping::Value;
use crate::operation::{Contract, Limits};
use crate::record::{Key, Reply, build};
use crate::sdl::SourceText;
use crate::sources::{Args, Sources};
use crate::telemetry::{Format, Page};
use crate::units::{ByteSize, TimeSpan};

const PATIENCE: Duration = Duration::from_secs(15);

fn question(written: &str) -> Question {
    Question::new(written.as_bytes())
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
    let basis =
        Basis { oldest: Some(at(0)), until: Some(at(60)), marks: [lane(cache).mark(&key(id))].into(), is_whole: true };
    Told::new(Bytes::from_static(body.as_bytes()), 0, Arc::default(), basis, cache.moment())
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
    assert_eq!(answers.get(b"1", at(59), &cache).unwrap().0.body, "one");
    assert!(answers.get(b"2", at(59), &cache).is_none());
    assert!(answers.get(b"1", at(60), &cache).is_none());
}

#[test]
fn whoever_keeps_an_answer_outside_is_told_how_long_all_of_it_is_good() {
    let cache = Cache::new(cache::Settings::default());
    let good = told(&cache, "one", "a");
    let lasting = |told: &Told, second: u64| {
        told.spoken(Way::Kept, at(second)).lasting.map(|Lasting { age_s, max_age_s, .. }| (age_s, max_age_s))
    };
    let of = |errors: usize, basis: Basis| Told::new(good.body.clone(), errors, Arc::default(), basis, good.since);
    let basis = |basis: Basis| of(0, basis);
    assert_eq!(lasting(&good, 0), Some((0, 60)));
    assert_eq!(lasting(&good, 59), Some((59, 60)), "what is left is one second");
    assert_eq!(lasting(&good, 60), None);
    let later = basis(Basis { oldest: Some(at(40)), ..good.basis.clone() });
    assert_eq!(lasting(&later, 30), Some((0, 20)), "it was fetched after the request came");
    assert_eq!(lasting(&of(1, good.basis.clone()), 0), None);
    assert_eq!(lasting(&basis(Basis { is_whole: false, ..good.basis.clone() }), 0), None);
    assert_eq!(lasting(&basis(Basis { until: None, oldest: None, ..good.basis.clone() }), 0), None);
}

#[tokio::test]
async fn an_answer_goes_the_moment_a_record_of_it_is_forgotten() {
    let (answers, cache) = (Answers::new(1 << 20), Cache::new(cache::Settings::default()));
    shared(&answers, &cache, 0, "1", &told(&cache, "one", "a")).await;
    cache.forget(Target::Key { definition: 1, key: &key("a") });
    assert!(answers.get(b"1", at(1), &cache).is_none());
    shared(&answers, &cache, 0, "1", &told(&cache, "one", "a")).await;
    assert_eq!(answers.get(b"1", at(1), &cache).unwrap().0.body, "one", "what was made since stands");
    cache.forget(Target::Everything);
    assert!(answers.get(b"1", at(1), &cache).is_none());
}

#[tokio::test]
async fn an_answer_from_before_an_invalidation_is_not_told_after_it() {
    let (answers, cache) = (Answers::new(1 << 20), Cache::new(cache::Settings::default()));
    let early = told(&cache, "early", "a");
    cache.forget(Target::Key { definition: 1, key: &key("a") });
    assert_eq!(shared(&answers, &cache, 0, "1", &early).await, "early", "whoever asked before gets it");
    assert!(answers.get(b"1", at(1), &cache).is_none());
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
        assert!(answers.get(b"1", at(1), &cache).is_none());
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

#[tokio::test(start_paused = true)]
async fn those_whose_answer_is_forgotten_on_its_way_share_the_next_one() {
    let (answers, cache) = (Arc::new(Answers::new(1 << 20)), Arc::new(Cache::new(cache::Settings::default())));
    let (made, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let ask = |()| {
        let (answers, cache, made, go) = (answers.clone(), cache.clone(), made.clone(), go.clone());
        tokio::spawn(async move {
            let make = || {
                let (number, go) = (made.fetch_add(1, Ordering::Relaxed), go.clone());
                let told = told(&cache, if number == 0 { "old" } else { "new" }, "a");
                async move {
                    match number {
                        0 => go.notified().await,
                        _ => tokio::time::sleep(Duration::from_millis(1)).await,
                    }
                    told
                }
            };
            answers.share(&question("1"), at(0), PATIENCE, &cache, make).await.body
        })
    };
    let tasks = [(); 100].map(ask);
    tokio::task::yield_now().await;
    cache.forget(Target::Key { definition: 1, key: &key("a") });
    go.notify_one();
    let mut bodies = Vec::new();
    for task in tasks {
        bodies.push(task.await.unwrap());
    }
    assert_eq!(bodies.iter().filter(|body| **body == "new").count(), 99, "whoever began it gets what it began");
    assert_eq!(made.load(Ordering::Relaxed), 2);
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
    gateway_over(format!("{link}\ntype Query {{ {field}: String {connect} }}"), Settings::default())
}

fn gateway_over(text: String, settings: Settings) -> Arc<Gateway> {
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
        settings,
    }))
}

/// The source is there, and says nothing.
#[tokio::test(start_paused = true)]
async fn at_the_deadline_what_is_kept_within_stale_if_error_stands_in_and_is_no_error() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let text = format!(
        r#"extend schema
             @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@connect"])
             @link(url: "https://c360.dev/spec/v0.1", import: ["@cache"])
           type Query {{
             name: String @cache(maxAge: 0, staleIfError: 3600)
               @connect(id: "name", http: {{ GET: "http://{}/" }}, selection: "$.name")
           }}"#,
        silent.local_addr().unwrap()
    );
    let gateway =
        gateway_over(text, Settings { deadline: TimeSpan(Duration::from_millis(900)), ..Settings::default() });
    let connector = &gateway.catalog().connectors[0];
    let lane = gateway.cache().lane(LaneSpec {
        definition: connector.definition,
        source: gateway.sources().fingerprint(ConnectorId(0)),
        args: Args::none().text(),
        freshness: connector.freshness,
        connector: "name",
        department: "name",
    });
    let ask = async || {
        let begun = Instant::now();
        let ask = Ask {
            query: "{ name }".to_owned(),
            operation_name: None,
            variables: None,
            headers: Arc::default(),
            want_coverage: false,
            budget: None,
        };
        let answer = gateway.answer(ask).await;
        assert!((900..1000).contains(&begun.elapsed().as_millis()), "it is sent at the deadline");
        assert_eq!(answer.lasting, None);
        String::from_utf8(answer.body.to_vec()).unwrap()
    };
    let Some(Claimed::Miss(ticket, _)) = lane.claim(SystemTime::now(), &[Key::empty()]).pop() else { panic!("a miss") };
    let name = Value::Object([("name".into(), Value::from("Ada"))].into_iter().collect());
    let record = build(&connector.gives, &name).record;
    ticket.settle(Reply::Found(record), SystemTime::now() - Duration::from_secs(60));
    assert_eq!(ask().await, r#"{"data":{"name":"Ada"}}"#);
    // Another one joins the call that is under way, and is told the same.
    assert_eq!(ask().await, r#"{"data":{"name":"Ada"}}"#);
    gateway.cache().forget(Target::Everything);
    assert!(ask().await.contains("TIMEOUT"), "nothing is known any longer");
    drop(silent);
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

/// Looks into the memory of plans that hit, and plans kept.
fn plans(gateway: &Gateway) -> (u64, u64) {
    let mut page = Page::default();
    gateway.measure(&mut page);
    let text = page.write(Format::Prometheus);
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).unwrap();
    (value("c360_plans_total{outcome=\"hit\"}"), value("c360_plans_kept"))
}

async fn ask(gateway: &Arc<Gateway>, query: &str) -> String {
    let (query, headers) = (query.to_owned(), Arc::default());
    let ask = Ask { query, operation_name: None, variables: None, headers, want_coverage: false, budget: None };
    String::from_utf8(gateway.answer(ask).await.body.into()).unwrap()
}

#[tokio::test]
async fn the_second_text_of_a_form_is_remembered_for_all_that_follow() {
    let gateway = gateway("first");
    for (number, name) in ["Query", "String", "Nothing", "Int", "Query"].into_iter().enumerate() {
        let answer = ask(&gateway, &format!("{{ __type(name: \"{name}\") {{ name }} }} # {number}")).await;
        let expected =
            if ["Nothing", "Int"].contains(&name) { "null".to_owned() } else { format!("{{\"name\":\"{name}\"}}") };
        assert_eq!(answer, format!("{{\"data\":{{\"__type\":{expected}}}}}"));
    }
    assert_eq!(plans(&gateway), (3, 2), "one of the first text, one of the form");
    for number in 0..100 {
        ask(&gateway, &format!("{{ __type(name: \"{number}\") {{ name }} }}")).await;
        ask(&gateway, "{ __typename }").await;
    }
    assert_eq!(plans(&gateway), (3 + 100 + 99, 3), "texts of a form drive nothing out");
    assert!(ask(&gateway, "{ __type(name: 1) { name } }").await.contains("BAD_REQUEST"));
}

#[test]
fn a_plan_is_charged_for_all_that_its_text_comes_to() {
    let connect = r#"@connect(http: { GET: "https://example.com/" }, selection: "f0 f1 f2 f3")"#;
    let text = format!(
        "extend schema @link(url: \"https://specs.apollo.dev/connect/v0.4\", import: [\"@connect\"])\n\
         type Query {{ some: Some {connect} }} type Some {{ f0: String f1: String f2: String f3: String }}"
    );
    let gateway = gateway_over(text, Settings::default());
    let fragment = "fragment all on Some { f0 f1 f2 f3 }";
    let spread: String = (0..50).map(|number| format!("a{number}: some {{ ...all }} ")).collect();
    let query = format!("{{ {spread} }} {fragment}");
    gateway.plan(&query, None).ok().unwrap();
    let weight = gateway.plans.weight();
    assert!((250_000..260_000).contains(&weight), "{weight} for 250 fields in {} bytes", query.len());
}

#[test]
fn what_is_said_is_one_question_with_its_name_and_variables() {
    let said = |whole: &str, name, variables| Question::said(whole.as_bytes(), name, variables);
    assert_eq!(said("a", None, None), said("a", None, None));
    let apart = [
        said("a", None, None),
        said("b", None, None),
        said("a", Some("b"), None),
        said("a", None, Some("{}")),
        said("a", Some("b"), Some("{}")),
        question("a"),
    ];
    for (index, one) in apart.iter().enumerate() {
        assert!(!apart[index + 1..].contains(one), "{one:?}");
    }
}

#[tokio::test]
async fn an_answer_with_errors_serves_no_other_text_that_says_the_same() {
    let (answers, cache) = (Answers::new(1 << 20), Cache::new(cache::Settings::default()));
    let said = Question::said(b"a", None, None);
    let whole = told(&cache, "whole", "a");
    let with_error = Told { errors: 1, ..told(&cache, "line 3", "a") };
    for (told, is_kept) in [(&with_error, false), (&whole, true)] {
        let make = || {
            let told = told.clone();
            async move { told }
        };
        answers.share(&said, at(0), PATIENCE, &cache, make).await;
        assert_eq!(answers.get(said.borrow(), at(1), &cache).is_some(), is_kept);
    }
}

#[tokio::test]
async fn what_is_said_twice_in_the_same_bytes_is_recalled_by_them() {
    let (answers, cache) = (Answers::new(1 << 20), Cache::new(cache::Settings::default()));
    let said = Question::said(b"a", None, None);
    let get = |written: &str| answers.get_said(&said, written.as_bytes(), at(1), &cache);
    assert_eq!(get("a # 1"), None);
    answers.take(&said, &told(&cache, "one", "a"), at(0), &cache);
    assert_eq!(get("a # 2").unwrap().body, "one");
    assert!(answers.get(b"a # 2", at(1), &cache).is_none(), "it may never come again");
    for again in ["a # 1", "a # 2"] {
        assert_eq!(get(again).unwrap().body, "one");
        assert_eq!(answers.get(again.as_bytes(), at(1), &cache).unwrap().0.body, "one");
        assert!(answers.get(again.as_bytes(), at(60), &cache).is_none(), "no longer than by what it says");
    }
}

/// What is on a shelf of room for about four in each compartment, of those with these keys.
fn on(shelf: &Shelf<u32, u32>, keys: std::ops::Range<u32>) -> Vec<u32> {
    keys.filter(|key| shelf.look(key, |value| assert_eq!(value, key)).is_some()).collect()
}

#[test]
fn a_shelf_holds_no_more_than_its_room_and_rather_what_is_asked_for_often() {
    let shelf = Shelf::new(320);
    for key in 0..1000 {
        shelf.put(key, key, 10, |_| true);
        assert!(shelf.weight() <= 320);
        // Asked for again and again, while all others are asked for never.
        assert!(key < 7 || shelf.look(&7, |_| ()).is_some());
    }
    assert_eq!(shelf.count() * 10, shelf.weight());
    assert!(on(&shelf, 0..900).len() <= 2, "what nobody asks for makes room");
}

#[test]
fn a_shelf_keeps_the_later_of_one_key_and_nothing_that_would_take_a_whole_compartment() {
    let shelf = Shelf::new(320);
    shelf.put("key", 1, 10, |_| true);
    shelf.put("key", 2, 20, |_| true);
    shelf.put("wide", 3, 41, |_| true);
    assert_eq!((shelf.look(&"key", |value| *value), shelf.look(&"wide", |value| *value)), (Some(2), None));
    assert_eq!((shelf.count(), shelf.weight()), (1, 20));
}

#[test]
fn what_is_of_no_use_any_longer_leaves_the_shelf_as_others_come() {
    let shelf = Shelf::new(1 << 20);
    (0..100).for_each(|key| shelf.put(key, key, 10, |_| true));
    (100..400).for_each(|key| shelf.put(key, key, 10, |value| *value >= 100));
    assert!(on(&shelf, 0..100).is_empty());
    assert_eq!(on(&shelf, 100..400).len(), 300);
}

#[test]
fn what_is_swept_leaves_the_shelf_at_once_and_its_room_serves_others() {
    let shelf = Shelf::new(8_000);
    (0..400).for_each(|key| shelf.put(key, key, 10, |_| true));
    let before = shelf.weight();
    assert_eq!(shelf.sweep(|key, value| key % 4 > 0 && *value != 1), 101);
    assert_eq!((shelf.count(), shelf.weight()), (299, before - 1_010));
    assert!(on(&shelf, 0..2).is_empty());
    assert_eq!(shelf.sweep(|key, _| key % 4 > 0), 0, "once");
    (400..500).for_each(|key| shelf.put(key, key, 10, |_| true));
    assert_eq!(on(&shelf, 0..500).len(), 399, "nobody else had to make room");
}

#[test]
fn what_is_handed_to_protocols_is_the_text_that_was_written() {
    let body = br#"{"data":{"big":12345678901234567890123,"exact":1.10,"none":null}}"#;
    let told = serde_json::to_string(&super::protocol::response(body)).unwrap();
    assert!(told.contains(r#"{"big":12345678901234567890123,"exact":1.10,"none":null}"#), "{told}");
    for nothing in [&br#"{"data":null}"#[..], br#"{"errors":[]}"#] {
        let told = serde_json::to_string(&super::protocol::response(nothing)).unwrap();
        assert!(told.contains(r#""data":null"#), "{told}");
    }
}
