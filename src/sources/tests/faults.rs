//! A source that is down, slow or mad costs its keys and nothing else.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::stream;

use super::super::{CallSeen, Observer, Settings};
use super::desk::{Desk, json, status};
use super::world::{ID, Spec, watched, world};
use crate::record::Reply;
use crate::units::{ByteSize, TimeSpan};

fn hasty() -> Settings {
    Settings {
        timeout: TimeSpan(Duration::from_millis(150)),
        max_response_bytes: ByteSize(64 << 10),
        ..Settings::default()
    }
}

async fn check(desk: Desk, expected: &str) {
    let world = world(&desk.url, Spec::default(), hasty());
    let begun = Instant::now();
    let told = world.ask("a b").await;
    assert_eq!(told, [expected, expected]);
    assert!(begun.elapsed() < Duration::from_secs(2), "{expected}: {:?}", begun.elapsed());
    for reply in world.submit("a").replies().await {
        let Reply::Failed(failure) = reply else { panic!("expected a failure") };
        assert!(!failure.private.contains("127.0.0.1"), "{}", failure.private);
    }
}

const LATE: &str = "TIMEOUT: support did not answer in time";
const UNREADABLE: &str = "UPSTREAM_INVALID: support sent an answer that cannot be read";
const TOO_MUCH: &str = "UPSTREAM_INVALID: support sent more than may be read";
const BROKEN: &str = "UNAVAILABLE: support broke off its answer";

#[tokio::test]
async fn nobody_listens() {
    check(Desk::nowhere().await, "UNAVAILABLE: support could not be reached").await;
}

#[tokio::test]
async fn it_never_answers() {
    check(Desk::open(|_| Box::pin(std::future::pending())).await, LATE).await;
}

#[tokio::test]
async fn it_drips_its_answer() {
    let desk = Desk::saying(|_| {
        let drops = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b" ")), ()))
        });
        Response::new(Body::from_stream(drops))
    });
    check(desk.await, LATE).await;
}

#[tokio::test]
async fn its_answer_never_ends() {
    let desk = Desk::saying(|_| {
        let flood = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 4096])));
        Response::new(Body::from_stream(flood))
    });
    check(desk.await, TOO_MUCH).await;
}

#[tokio::test]
async fn its_answer_says_that_it_is_too_long() {
    check(Desk::saying(|_| json(" ".repeat(65 << 10))).await, TOO_MUCH).await;
}

#[tokio::test]
async fn its_answers_are_no_answers() {
    let html = || Response::builder().header("content-type", "text/html").body(Body::from("<h1>hi</h1>")).unwrap();
    check(Desk::saying(move |_| html()).await, UNREADABLE).await;
    check(Desk::saying(|_| json(r#"{"people":[{"id":"a","na"#)).await, UNREADABLE).await;
    check(Desk::saying(|_| json("[".repeat(10_000))).await, UNREADABLE).await;
    check(Desk::saying(|_| Response::new(Body::from(&b"{\"people\":\"\xff\xfe\"}"[..]))).await, UNREADABLE).await;
}

#[tokio::test]
async fn it_says_no() {
    check(Desk::saying(|_| status(503, "<oops>")).await, "UNAVAILABLE: support answered with an error").await;
    check(Desk::saying(|_| status(400, "{}")).await, "UNAVAILABLE: support did not accept the request").await;
    check(Desk::saying(|_| status(404, "{}")).await, "UNAVAILABLE: support did not accept the request").await;
    check(Desk::saying(|_| status(429, "{}")).await, "RATE_LIMITED: support is asked too much at the moment").await;
    check(Desk::saying(|_| status(401, "{}")).await, "UNAVAILABLE: support refused the gateway's credential").await;
}

#[tokio::test]
async fn it_speaks_broken_http() {
    check(Desk::blurting(b"hello, who is there?\r\n\r\n").await, BROKEN).await;
    check(Desk::blurting(b"").await, BROKEN).await;
    check(Desk::blurting(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"people\":").await, BROKEN).await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let canary = Desk::saying(|_| json(r#"{"people":[]}"#)).await;
    let target = format!("{}/inside", canary.url);
    let desk =
        Desk::saying(move |_| Response::builder().status(302).header("location", &target).body(Body::empty()).unwrap());
    check(desk.await, "UNAVAILABLE: support answered with a redirect, which is not followed").await;
    assert_eq!(canary.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn a_key_cannot_climb_out_of_its_place_in_the_address() {
    let desk = Desk::saying(|seen| json(format!(r#"{{"id":null,"name":"{}"}}"#, seen.line))).await;
    let world = world(&format!("{}/api", desk.url), Spec::single(), Settings::default());
    let refused = "BAD_REQUEST: support cannot be asked for this";
    assert_eq!(world.ask("..").await, [refused]);
    assert_eq!(world.ask("../admin").await, ["GET /api/people/..%2Fadmin"]);
    assert_eq!(world.ask("a?x=1#y").await, ["GET /api/people/a%3Fx%3D1%23y"]);
    assert_eq!(desk.lines().len(), 2);
}

#[tokio::test]
async fn a_panic_during_a_call_settles_its_keys_and_frees_its_slot() {
    let desk = Desk::saying(|_| json("{}")).await;
    let settings = Settings { concurrency: 1.try_into().unwrap(), ..Settings::default() };
    let world = world(&desk.url, Spec { query: Some("x: $env.BOOM"), ..Spec::default() }, settings);
    for _ in 0..2 {
        assert_eq!(world.ask("a b").await, ["INTERNAL: support could not be asked"; 2]);
    }
}

#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Observer for Notes {
    fn call(&self, seen: &CallSeen<'_>) {
        let path = seen.url.splitn(4, '/').nth(3).unwrap_or_default();
        let note = format!("{} {} {path} {:?} {} {}", seen.source, seen.method, seen.status, seen.keys, seen.bytes);
        self.0.lock().unwrap().push(note);
    }
}

#[tokio::test]
async fn whoever_watches_sees_calls_without_values() {
    let desk = Desk::saying(|_| json(r#"{"name":"Ann"}"#)).await;
    let notes = Arc::new(Notes::default());
    let spec = Spec { url: "/v2/people/{$this.id}/full.json", query: Some("token: $config.token"), ..Spec::single() };
    let mut settings = Settings::default();
    settings.config.0.insert("token".into(), "s3cret".into());
    let world = watched(&desk.url, spec, settings, Some(notes.clone()));
    assert_eq!(world.ask("anna").await, ["Ann"]);
    let noted = notes.0.lock().unwrap().join("\n");
    assert!(noted.starts_with("helpdesk GET v2/people/~"), "{noted}");
    assert!(noted.ends_with(" Some(200) 1 14") && noted.contains("/full.json?token=~"), "{noted}");
    assert!(!noted.contains("anna") && !noted.contains("s3cret"), "{noted}");
    assert_eq!(world.sources.tally(ID).bytes, 14);
}

#[tokio::test]
async fn answers_without_end_are_read_one_at_a_time_until_the_source_is_left_alone() {
    let desk = Desk::saying(|_| {
        let flood = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 64 << 10])));
        Response::new(Body::from_stream(flood))
    });
    let mut settings = Settings { max_response_bytes: ByteSize::mebibytes(4), ..Settings::default() };
    settings.breaker.consecutive = 2.try_into().unwrap();
    let world = world(&desk.await.url, Spec::single(), settings);
    let told = world.ask("a b c d e f g h").await;
    let left_alone = "CIRCUIT_OPEN: support is left alone for a moment after repeated failures";
    let count = |said: &str| told.iter().filter(|told| *told == said).count();
    assert_eq!((count(TOO_MUCH), count(left_alone)), (2, 6), "{told:?}");
}

#[tokio::test]
async fn a_long_answer_is_put_together_whatever_its_pieces_are() {
    let name: String = (0..300_000).map(|number| format!("{number:09}-")).collect();
    let body = format!(r#"{{"id":"a","name":"{name}"}}"#);
    for length in [1_000, 4_096, 50_000, 1 << 20, body.len()] {
        let body = body.clone();
        let desk = Desk::saying(move |_| {
            // Each second piece is cut in two, of which one is short.
            let pieces = body.as_bytes().chunks(length).enumerate().flat_map(|(number, piece)| {
                let (one, other) = piece.split_at(if number % 2 == 0 { piece.len().min(10) } else { 0 });
                [one, other].map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)))
            });
            let mut response = Response::new(Body::from_stream(stream::iter(pieces.collect::<Vec<_>>())));
            response.headers_mut().insert("content-type", "application/json".parse().unwrap());
            response
        });
        let world = world(&desk.await.url, Spec::single(), Settings::default());
        assert!(world.ask("a").await == [name.clone()], "in pieces of {length}");
    }
}
