//! Two caches over one real server: what they see of each other, and what its failures cost.

mod erasing;
mod failover;
mod hangs;
mod kinds;
mod notices;
mod server;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use tokio::time::sleep;

use super::super::{Cache, Claimed, Flight, Lane, LaneSpec, Outcome, Settings, Shared, SharedTally, Target};
use server::Server;

use super::{at, describe, failed, fresh_for, key, record, see};
use crate::catalog::Freshness;
use crate::record::{Key, Reply, Terms, Validator};
use crate::units::TimeSpan;

/// A cache over the server. Looks may take longer than usual here: what is slow is the machine.
fn cache(address: &str) -> Cache {
    cache_with(address, Shared { budget: TimeSpan(Duration::from_millis(500)), ..Shared::default() })
}

fn cache_with(address: &str, shared: Shared) -> Cache {
    let redis = Some(SecretString::from(address));
    let cache = Cache::open(Settings { redis, shared, ..Settings::default() }).unwrap();
    cache.warm_up();
    cache
}

fn tally(cache: &Cache) -> SharedTally {
    cache.shared_tally().unwrap()
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        sleep(Duration::from_millis(2)).await;
    }
}

/// A cache that has connected and hears the others.
async fn ready(address: &str) -> Cache {
    let cache = cache(address);
    until("it connects and listens", || tally(&cache).is_up && tally(&cache).is_listening).await;
    cache
}

fn lane_of(cache: &Cache, definition: u64, source: u64, args: &str) -> Lane {
    let freshness = Freshness { stale_if_error: Some(Duration::from_secs(600)), ..fresh_for(3600) };
    cache.lane(LaneSpec { definition, source, args, freshness, connector: "tickets", department: "support" })
}

fn lane(cache: &Cache) -> Lane {
    lane_of(cache, 7, 1, "{}")
}

/// Asks for keys as a request does; the source says `truth` of each and counts how often it was asked.
async fn ask(
    lane: &Lane,
    second: u64,
    ids: &[&str],
    truth: &(dyn Fn(&Key) -> Reply + Sync),
    asked: &AtomicUsize,
) -> Vec<String> {
    let keys: Vec<Key> = ids.iter().map(|id| key(id)).collect();
    let mut tickets = Vec::new();
    let mut waits: Vec<Result<String, Flight>> = Vec::new();
    for claimed in lane.claim(at(second), &keys) {
        match claimed {
            Claimed::Settled(settled) => waits.push(Ok(describe(&settled))),
            Claimed::StaleRefresh { settled, ticket } => {
                waits.push(Ok(describe(&settled)));
                tickets.push(ticket);
            }
            Claimed::Joined(flight) => waits.push(Err(flight)),
            Claimed::Miss(ticket, flight) => {
                waits.push(Err(flight));
                tickets.push(ticket);
            }
        }
    }
    lane.seek(at(second), tickets, |tickets| {
        asked.fetch_add(tickets.len(), Ordering::SeqCst);
        for ticket in tickets {
            let reply = truth(ticket.key());
            ticket.settle(reply, at(second));
        }
    })
    .await;
    let mut told = Vec::new();
    for wait in waits {
        told.push(match wait {
            Ok(told) => told,
            Err(flight) => describe(&flight.settled().await),
        });
    }
    told
}

fn found(key: &Key) -> Reply {
    Reply::Found(record(key.as_str().trim_matches(|c: char| !c.is_alphanumeric())))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_gateway_was_answered_the_other_does_not_ask_for() {
    let server = Server::start();
    let (one, other) = (ready(&server.address()).await, ready(&server.address()).await);
    let asked = AtomicUsize::new(0);
    let truth = |of: &Key| if *of == key("nobody") { Reply::Absent } else { found(of) };
    assert_eq!(ask(&lane(&one), 0, &["ann", "nobody"], &truth, &asked).await, [r#""ann" Fresh"#, "absent Fresh"]);
    until("it is written", || tally(&one).written == 2).await;
    assert_eq!(ask(&lane(&other), 5, &["ann", "nobody"], &truth, &asked).await, [r#""ann" Cached"#, "absent Cached"]);
    assert_eq!(asked.load(Ordering::SeqCst), 2, "each was asked for once");
    assert_eq!((tally(&other).hits, other.tally(7).of(Outcome::Shared)), (2, 2));
    assert_eq!(see(&lane(&other), 6, "ann"), r#""ann" Cached"#, "from then on it has it itself");
    // Not where the definition, the source or the arguments are others.
    for other_lane in [lane_of(&other, 8, 1, "{}"), lane_of(&other, 7, 2, "{}"), lane_of(&other, 7, 1, r#"{"a":1}"#)] {
        let before = asked.load(Ordering::SeqCst);
        ask(&other_lane, 5, &["ann"], &truth, &asked).await;
        assert_eq!(asked.load(Ordering::SeqCst), before + 1);
    }
    // What is past its age is asked for again, and stands in where the source fails.
    let third = ready(&server.address()).await;
    let fails = |_: &Key| failed();
    assert_eq!(ask(&lane(&third), 3700, &["ann"], &fails, &asked).await, [r#""ann" Stale"#]);
}

/// Asks for one key; what is known of it where it has to be fetched, which is then answered on these terms.
async fn ask_on(lane: &Lane, second: u64, id: &str, reply: Reply, terms: &Terms) -> (String, Option<Terms>) {
    let Some(Claimed::Miss(ticket, flight)) = lane.claim(at(second), &[key(id)]).pop() else {
        return (see(lane, second, id), None);
    };
    let known = Mutex::new(None);
    lane.seek(at(second), vec![ticket], |tickets| {
        for ticket in tickets {
            *known.lock().unwrap() = ticket.known().map(|(_, terms)| (*terms).clone());
            ticket.settle_on(Some(Arc::new(terms.clone())), reply.clone(), at(second));
        }
    })
    .await;
    (describe(&flight.settled().await), known.into_inner().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_source_said_of_its_answers_holds_for_all_gateways() {
    let server = Server::start();
    let (one, other) = (ready(&server.address()).await, ready(&server.address()).await);
    let long = Validator { call: 77, etag: Some("\"v1\"".into()), last_modified: Some("Sun, 06 Nov 1994".into()) };
    let terms = Terms {
        may_keep: true,
        max_age: Some(Duration::from_secs(5)),
        stale_while_revalidate: None,
        stale_if_error: Some(Duration::from_secs(90)),
        is_strict: true,
        validator: Some(Arc::new(long)),
        is_renewal: false,
    };
    ask_on(&lane(&one), 0, "ann", found(&key("ann")), &terms).await;
    ask_on(&lane(&one), 0, "bob", found(&key("bob")), &Terms { may_keep: false, ..terms.clone() }).await;
    let plain = Terms { validator: None, is_strict: false, stale_if_error: None, ..terms.clone() };
    ask_on(&lane(&one), 0, "cem", found(&key("cem")), &plain).await;
    until("they are written", || tally(&one).written == 2).await;
    assert_eq!(server.names().len(), 2, "what may not be kept is not there");
    // In time it is as good as here; after it, only for asking whether it still holds, and to stand in.
    let seen = ask_on(&lane(&other), 4, "ann", failed(), &terms).await;
    assert_eq!(seen, (r#""ann" Cached"#.to_owned(), None));
    let third = ready(&server.address()).await;
    let seen = ask_on(&lane(&third), 6, "ann", failed(), &terms).await;
    assert_eq!(seen, (r#""ann" Stale"#.to_owned(), Some(terms.clone())));
    let fourth = ready(&server.address()).await;
    let seen = ask_on(&lane(&fourth), 95, "ann", failed(), &terms).await;
    assert_eq!(seen, ("TIMEOUT Fresh".to_owned(), Some(terms.clone())), "past the source's own window");
    let seen = ask_on(&lane(&fourth), 6, "cem", failed(), &terms).await;
    assert_eq!(seen, (r#""cem" Stale"#.to_owned(), None), "nothing to ask with");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_gateway_knows_from_before_stands_in_for_an_answer_that_does_not_come() {
    let server = Server::start();
    let (one, other) = (ready(&server.address()).await, ready(&server.address()).await);
    let asked = AtomicUsize::new(0);
    let truth = |of: &Key| if *of == key("nobody") { Reply::Absent } else { found(of) };
    ask(&lane(&one), 0, &["ann", "nobody"], &truth, &asked).await;
    until("it is written", || tally(&one).written == 2).await;
    let fails = |_: &Key| failed();
    assert_eq!(ask(&lane(&other), 100, &["nobody"], &fails, &asked).await, ["absent Stale"]);
    // Nobody answers: the tickets are held.
    let lane = lane(&other);
    let Some(Claimed::Miss(ticket, flight)) = lane.claim(at(3700), &[key("ann")]).pop() else { panic!("a miss") };
    assert!(lane.meanwhile(at(3700), &flight).is_none());
    let held = Mutex::new(Vec::new());
    lane.seek(at(3700), vec![ticket], |tickets| held.lock().unwrap().extend(tickets)).await;
    let told = lane.meanwhile(at(3700), &flight).expect("the tier has it");
    assert_eq!(describe(&told), r#""ann" Stale"#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_gateway_forgets_all_forget() {
    let ann = key("ann");
    for target in
        [Target::Key { definition: 7, key: &ann }, Target::Connector(7), Target::Source(1), Target::Everything]
    {
        let server = Server::start();
        let (one, other) = (ready(&server.address()).await, ready(&server.address()).await);
        let asked = AtomicUsize::new(0);
        let plain = |cache: &Cache| lane_of(cache, 7, 1, "{}");
        let with_args = |cache: &Cache| lane_of(cache, 7, 1, r#"{"first":1}"#);
        for lane in [plain(&one), with_args(&one)] {
            ask(&lane, 0, &["ann"], &found, &asked).await;
        }
        until("they are written", || tally(&one).written == 2).await;
        for lane in [plain(&other), with_args(&other)] {
            ask(&lane, 0, &["ann"], &found, &asked).await;
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2, "{target:?}");
        let lost = tally(&other).news_lost;
        one.forget(target);
        assert!(one.told(Duration::from_secs(10)).await, "{target:?}");
        until("the other hears it", || tally(&other).purges_heard == 1).await;
        for lane in [plain(&one), with_args(&one), plain(&other), with_args(&other)] {
            assert_eq!(see(&lane, 1, "ann"), "miss", "{target:?}: no memory has it");
        }
        let third = ready(&server.address()).await;
        for lane in [plain(&third), with_args(&third)] {
            ask(&lane, 1, &["ann"], &found, &asked).await;
        }
        assert_eq!(asked.load(Ordering::SeqCst), 4, "{target:?}: nor has the tier");
        assert_eq!(tally(&other).news_lost, lost, "{target:?}: nothing was missed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_passed_on_reaches_the_others_and_nothing_is_forgotten_for_it() {
    let server = Server::start();
    let (one, other) = (ready(&server.address()).await, ready(&server.address()).await);
    let asked = AtomicUsize::new(0);
    ask(&lane(&other), 0, &["ann"], &found, &asked).await;
    let words: Arc<std::sync::Mutex<Vec<String>>> = Arc::default();
    for (name, cache) in [("one", &one), ("other", &other)] {
        let words = words.clone();
        cache.listen(move |word| words.lock().unwrap().push(format!("{name} hears {word}")));
    }
    one.pass_on("a word");
    assert!(one.told(Duration::from_secs(10)).await);
    until("it is heard", || !words.lock().unwrap().is_empty()).await;
    assert_eq!(*words.lock().unwrap(), ["other hears a word"]);
    assert_eq!(see(&lane(&other), 1, "ann"), r#""ann" Cached"#);
    assert_eq!(tally(&other).rubbish, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_from_before_a_purge_is_of_no_use_to_anybody_when_it_is_written() {
    let server = Server::start();
    let (one, other) = (ready(&server.address()).await, ready(&server.address()).await);
    let asked = AtomicUsize::new(0);
    let slow = |of: &Key| {
        // The other one forgets while the first has its answer in hands.
        other.forget(Target::Key { definition: 7, key: of });
        let end = Instant::now() + Duration::from_secs(10);
        while tally(&other).purges_sent == 0 || tally(&one).purges_heard == 0 {
            assert!(Instant::now() < end);
            std::thread::sleep(Duration::from_millis(1));
        }
        Reply::Found(record("old"))
    };
    assert_eq!(ask(&lane(&one), 0, &["ann"], &slow, &asked).await, [r#""old" Fresh"#]);
    assert_eq!(see(&lane(&one), 1, "ann"), "miss");
    sleep(Duration::from_millis(50)).await;
    let new = |_: &Key| Reply::Found(record("new"));
    assert_eq!(ask(&lane(&other), 1, &["ann"], &new, &asked).await, [r#""new" Fresh"#]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_gateways_that_need_the_same_keys_at_once_one_fetches_each() {
    let server = Server::start();
    let (one, other) = (ready(&server.address()).await, ready(&server.address()).await);
    let asked = Arc::new(AtomicUsize::new(0));
    let slow = |of: &Key| {
        std::thread::sleep(Duration::from_millis(1));
        found(of)
    };
    let asks = [&one, &other].map(|cache| {
        let (lane, asked) = (lane(cache), asked.clone());
        tokio::spawn(async move {
            let ids: Vec<String> = (0..50).map(|number| format!("k{number}")).collect();
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            ask(&lane, 0, &ids, &slow, &asked).await
        })
    });
    for told in asks {
        let told = told.await.unwrap();
        assert!(told.len() == 50 && told.iter().all(|told| told.starts_with("\"k")), "{told:?}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 50, "one, {:?}, other, {:?}", tally(&one), tally(&other));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_whose_fetcher_fails_is_left_to_the_next() {
    let server = Server::start();
    let (one, other) = (ready(&server.address()).await, ready(&server.address()).await);
    let asked = AtomicUsize::new(0);
    let fails = |_: &Key| failed();
    assert_eq!(ask(&lane(&one), 0, &["ann"], &fails, &asked).await, ["TIMEOUT Fresh"]);
    let begun = Instant::now();
    assert_eq!(ask(&lane(&other), 0, &["ann"], &found, &asked).await, [r#""ann" Fresh"#]);
    assert!(begun.elapsed() < Duration::from_millis(450), "nobody waits for who failed: {:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_costs_nothing_and_is_used_again_when_it_is_back() {
    let mut server = Server::start();
    let cache = ready(&server.address()).await;
    let asked = AtomicUsize::new(0);
    ask(&lane(&cache), 0, &["before"], &found, &asked).await;
    until("it is written", || tally(&cache).written == 1).await;
    server.kill();
    for number in 0..50 {
        let id = format!("k{number}");
        assert_eq!(ask(&lane(&cache), 1, &[&id], &found, &asked).await, [format!("\"{id}\" Fresh")]);
    }
    assert!(!tally(&cache).is_up && tally(&cache).skipped > 40, "{:?}", tally(&cache));
    assert_eq!(see(&lane(&cache), 1, "before"), r#""before" Cached"#, "memory serves on");
    cache.forget(Target::Key { definition: 7, key: &key("k1") });
    assert!(!cache.told(Duration::from_millis(20)).await, "nobody can be told now");
    server.restart();
    until("it connects again", || tally(&cache).is_up && tally(&cache).is_listening).await;
    assert!(cache.told(Duration::from_secs(5)).await, "what was to be told is told");
    ask(&lane(&cache), 2, &["after"], &found, &asked).await;
    let other = ready(&server.address()).await;
    until("it is written", || tally(&cache).written >= 2).await;
    let before = asked.load(Ordering::SeqCst);
    ask(&lane(&other), 2, &["after"], &found, &asked).await;
    assert_eq!(asked.load(Ordering::SeqCst), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_costs_a_few_looks_their_budget_and_then_nothing() {
    let server = Server::start();
    let cache =
        cache_with(&server.address(), Shared { budget: TimeSpan(Duration::from_millis(20)), ..Shared::default() });
    until("it connects", || tally(&cache).is_up).await;
    server.signal("-STOP");
    let asked = AtomicUsize::new(0);
    let begun = Instant::now();
    for number in 0..200 {
        let id = format!("k{number}");
        assert_eq!(ask(&lane(&cache), 0, &[&id], &found, &asked).await, [format!("\"{id}\" Fresh")]);
    }
    // Three looks of 20 ms, and whatever the machine adds.
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    let now = tally(&cache);
    assert!(!now.is_up && now.skipped >= 150, "{now:?}");
    server.signal("-CONT");
    until("it is used again", || tally(&cache).is_up).await;
}

/// A server that says the same to whatever it is asked.
fn parrot(says: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("redis://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let mut stream = stream;
                let mut bytes = [0; 4096];
                while stream.read(&mut bytes).is_ok_and(|read| read > 0) && stream.write_all(says).is_ok() {}
            });
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_talks_rubbish_is_left_alone() {
    for says in [
        &b"+OK\r\n+OK\r\n+OK\r\n+OK\r\n"[..],
        b"<html>\r\n\r\n",
        b"$-7\r\n",
        b"*4\r\n:1\r\n",
        b"-ERR no\r\n",
        b"\x00\xff\xfe",
    ] {
        let cache = cache(&parrot(says));
        sleep(Duration::from_millis(100)).await;
        let asked = AtomicUsize::new(0);
        for id in ["ann", "bob", "eve", "joe", "kim"] {
            assert_eq!(ask(&lane(&cache), 0, &[id], &found, &asked).await, [format!("\"{id}\" Fresh")]);
        }
        assert_eq!(asked.load(Ordering::SeqCst), 5, "{:?}", String::from_utf8_lossy(says));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_of_another_key_and_damaged_bytes_are_no_records() {
    let server = Server::start();
    let one = ready(&server.address()).await;
    let asked = AtomicUsize::new(0);
    ask(&lane(&one), 0, &["ann"], &found, &asked).await;
    until("it is written", || tally(&one).written == 1).await;
    let anns = server.names();
    ask(&lane(&one), 0, &["bob"], &found, &asked).await;
    until("it is written", || tally(&one).written == 2).await;
    let [ann, bob]: [String; 2] = {
        let bobs = server.names().into_iter().find(|name| *name != anns[0]).unwrap();
        [anns[0].clone(), bobs]
    };
    // Bob's hash under Ann's name: bytes of another scope.
    server.say(&[b"COPY", bob.as_bytes(), ann.as_bytes(), b"REPLACE"]);
    let other = ready(&server.address()).await;
    assert_eq!(ask(&lane(&other), 1, &["ann"], &found, &asked).await, [r#""ann" Fresh"#]);
    // As often as it looked.
    assert!(tally(&other).rubbish > 0);
    assert_eq!((tally(&other).hits, asked.load(Ordering::SeqCst)), (0, 3));
    // And of another namespace nothing is found at all.
    let redis = Some(SecretString::from(server.address()));
    let stranger = Cache::open(Settings { redis, namespace: "other".into(), ..Settings::default() }).unwrap();
    stranger.warm_up();
    until("it connects", || tally(&stranger).is_up).await;
    ask(&lane(&stranger), 1, &["bob"], &found, &asked).await;
    assert_eq!((tally(&stranger).rubbish, tally(&stranger).hits, asked.load(Ordering::SeqCst)), (0, 0, 4));
}

#[test]
fn addresses_that_are_none_are_said_and_not_shown() {
    for address in ["http://cache", "redis://user:hunter2@", "", "redis://a:hunter2@b,nonsense"] {
        let redis = Some(SecretString::from(address));
        let Err(why) = Cache::open(Settings { redis, ..Settings::default() }) else { panic!("{address} was taken") };
        assert!(!why.contains("hunter2"), "{why}");
    }
}
