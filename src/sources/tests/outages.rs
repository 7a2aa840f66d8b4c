//! What a source's bad days cost, seen from both ends of the wire.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::super::state::BreakerState;
use super::super::{CallSeen, Observer, Settings};
use super::desk::{Desk, json, status};
use super::world::{ID, Spec, watched, world};
use crate::record::Code;
use crate::units::TimeSpan;

const OPEN: &str = "CIRCUIT_OPEN: support is left alone for a moment after repeated failures";

#[tokio::test]
async fn a_source_that_fails_is_left_alone_and_called_again_when_it_is_well() {
    let broken = Arc::new(AtomicBool::new(true));
    let is_broken = broken.clone();
    let desk = Desk::saying(move |_| {
        if is_broken.load(Ordering::SeqCst) {
            status(500, "{}")
        } else {
            json(r#"{"people":[{"id":"a","name":"Ada"}]}"#)
        }
    })
    .await;
    let mut settings = Settings::default();
    settings.breaker.open = TimeSpan(Duration::from_millis(200));
    let world = world(&desk.url, Spec::default(), settings);
    let mut told = Vec::new();
    for _ in 0..10 {
        told.extend(world.ask("a").await);
    }
    assert_eq!(told[..3], ["UNAVAILABLE: support answered with an error"; 3]);
    assert_eq!(told[3..], [OPEN; 7]);
    assert_eq!(desk.lines().len(), 5, "two tries, two tries, and the fifth failure");
    let state = &world.sources.states()[0];
    assert_eq!((state.breaker, state.retries, state.shed), (BreakerState::Open, 2, 7));
    broken.store(false, Ordering::SeqCst);
    // At most a quarter longer than is set.
    sleep(Duration::from_millis(250)).await;
    assert_eq!(world.ask("a").await, ["Ada"]);
    let state = &world.sources.states()[0];
    assert_eq!((state.breaker, state.in_flight, state.waiting), (BreakerState::Closed, 0, 0));
}

/// Answers one request of a connection and hangs up on the next one, as servers do that close idle connections.
async fn impatient() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let count = requests.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer_once(stream, count.clone()));
        }
    });
    (url, requests)
}

async fn answer_once(mut stream: TcpStream, requests: Arc<AtomicUsize>) {
    let mut request = [0; 4096];
    for answers in [true, false] {
        if stream.read(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
        requests.fetch_add(1, Ordering::SeqCst);
        if answers {
            let body = r#"{"people":[{"id":"a","name":"Ada"}]}"#;
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
        }
    }
}

#[tokio::test]
async fn a_connection_that_the_source_closed_while_it_was_idle_costs_nobody_anything() {
    let (url, requests) = impatient().await;
    let world = world(&url, Spec::default(), Settings::default());
    for _ in 0..30 {
        assert_eq!(world.ask("a").await, ["Ada"]);
    }
    assert!(requests.load(Ordering::SeqCst) > 30);
    assert_eq!(world.sources.states()[0].breaker, BreakerState::Closed);
}

#[tokio::test]
async fn headers_of_a_megabyte_are_not_read() {
    let long = format!("HTTP/1.1 200 OK\r\nx-long: {}\r\ncontent-length: 2\r\n\r\n{{}}", "x".repeat(1 << 20));
    let desk = Desk::blurting(Vec::leak(long.into_bytes())).await;
    let told = world(&desk.url, Spec::default(), Settings::default()).ask("a").await;
    assert_eq!(told, ["UNAVAILABLE: support broke off its answer"]);
}

#[tokio::test]
async fn who_watches_sees_each_try_and_what_was_wrong_with_it() {
    #[derive(Default)]
    struct Seen(std::sync::Mutex<Vec<(u32, Option<Code>)>>);
    impl Observer for Seen {
        fn call(&self, seen: &CallSeen<'_>) {
            self.0.lock().unwrap().push((seen.attempt, seen.failure));
        }
    }
    let tries = AtomicUsize::new(0);
    let desk = Desk::saying(move |_| match tries.fetch_add(1, Ordering::SeqCst) {
        0 => status(503, "{}"),
        _ => json(r#"{"people":[]}"#),
    })
    .await;
    let seen = Arc::new(Seen::default());
    let world = watched(&desk.url, Spec::default(), Settings::default(), Some(seen.clone()));
    assert_eq!(world.ask("a").await, ["absent"]);
    assert_eq!(*seen.0.lock().unwrap(), [(1, Some(Code::Unavailable)), (2, None)]);
    assert_eq!(world.sources.stretch(ID), 1.0);
}
