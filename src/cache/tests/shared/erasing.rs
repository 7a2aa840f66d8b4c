//! What was forgotten whole leaves the tier, and nothing else does.

use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use secrecy::SecretString;

use super::super::super::{Cache, Settings, Shared, Target};
use super::super::key;
use super::server::Server;
use super::{ask, found, lane_of, tally, until};
use crate::units::TimeSpan;

/// A cache that erases at once.
async fn ready(address: &str, namespace: &str) -> Cache {
    let shared = Shared {
        budget: TimeSpan(Duration::from_millis(500)),
        erase_after: TimeSpan(Duration::from_millis(20)),
        ..Shared::default()
    };
    let redis = Some(SecretString::from(address));
    let cache =
        Cache::open(Settings { redis, shared, namespace: namespace.to_owned(), ..Settings::default() }).unwrap();
    cache.warm_up();
    until("it connects and listens", || tally(&cache).is_up && tally(&cache).is_listening).await;
    cache
}

/// Writes records of a connector there, each with a sign that leads to it.
async fn fill(cache: &Cache, definition: u64, names: &[&str]) {
    cache.found_by(|definition, _| Some((vec![definition.to_le_bytes().to_vec()], Duration::from_secs(60))));
    let written = tally(cache).written;
    ask(&lane_of(cache, definition, 1, "{}"), 0, names, &found, &AtomicUsize::new(0)).await;
    until("they are written", || tally(cache).written == written + names.len() as u64).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_forgotten_whole_leaves_the_tier() {
    let server = Server::start();
    let (one, elsewhere) = (ready(&server.address(), "").await, ready(&server.address(), "elsewhere").await);
    fill(&one, 7, &["ann", "bob"]).await;
    fill(&one, 8, &["ann"]).await;
    fill(&elsewhere, 7, &["ann"]).await;
    assert_eq!((server.names().len(), server.signs().len()), (4, 3));
    assert_eq!(one.find(&[(7, 7u64.to_le_bytes().to_vec())]).await.unwrap(), [[key("bob"), key("ann")]]);
    one.forget(Target::Connector(7));
    until("its records are gone", || server.names().len() == 2 && server.signs().len() == 2).await;
    until("it is counted", || tally(&one).erased == 3).await;
    one.forget(Target::Everything);
    until("all are gone but another namespace's", || server.names().len() == 1 && server.signs().len() == 1).await;
    assert_eq!(tally(&one).errors, 0);
    elsewhere.forget(Target::Everything);
    until("its own too", || server.names().is_empty() && server.signs().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_says_that_an_entity_was_forgotten_stays_for_calls_on_their_way() {
    let server = Server::start();
    let one = ready(&server.address(), "").await;
    fill(&one, 7, &["ann"]).await;
    one.forget(Target::Key { definition: 7, key: &key("ann") });
    assert!(one.told(Duration::from_secs(10)).await);
    let [name] = server.names().try_into().unwrap();
    let mark = server.say(&[b"HGETALL", name.as_bytes()]);
    assert!(mark.starts_with(b"*2\r\n$1\r\ne\r\n"), "{}", String::from_utf8_lossy(&mark));
    // A call that was on its way writes what nobody reads.
    server.say(&[b"HSET", name.as_bytes(), b"late", b"ann"]);
    one.erase_again(&[(7, key("ann"))], &[]);
    until("it is gone", || server.say(&[b"HEXISTS", name.as_bytes(), b"late"]) == b":0\r\n").await;
    assert_eq!(server.say(&[b"HGETALL", name.as_bytes()]), mark);
    assert_ne!(server.say(&[b"PTTL", name.as_bytes()]), b":-1\r\n", "not for ever");
    one.forget(Target::Connector(7));
    until("it was looked at", || tally(&one).erased >= 1).await;
    assert_eq!(server.say(&[b"HGETALL", name.as_bytes()]), mark);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_gateway_erases_at_a_time_and_a_server_that_ended_is_waited_for() {
    let mut server = Server::start();
    let (one, other) = (ready(&server.address(), "").await, ready(&server.address(), "").await);
    let names: Vec<String> = (0..1200).map(|number| format!("person-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    fill(&one, 7, &names).await;
    one.forget(Target::Connector(7));
    other.forget(Target::Connector(7));
    until("both are done", || server.names().is_empty()).await;
    fill(&one, 7, &["ann"]).await;
    server.kill();
    one.forget(Target::Connector(7));
    server.restart();
    assert!(one.told(Duration::from_secs(10)).await);
    fill(&one, 8, &["ann"]).await;
    one.forget(Target::Connector(8));
    until("it erases again", || server.names().is_empty()).await;
}
