//! Clients that are slow, silent or many.

use std::time::Duration;

use c360::http::Settings;
use c360::units::TimeSpan;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::{House, PATIENCE, hasty};

const SHORT: Duration = Duration::from_millis(300);
const HEALTH: &[u8] = b"GET /health/live HTTP/1.1\r\nHost: gateway\r\n\r\n";

/// Short where the test says so, else long enough never to matter.
fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let long = TimeSpan::seconds(60);
    let mut settings = Settings { header_timeout: long, body_timeout: long, idle_timeout: long, ..hasty() };
    change(&mut settings);
    settings
}

/// Writes byte by byte until the other side ends it; how long that took, and what it had said.
async fn dribble(house: &House, start: &[u8]) -> (Duration, String) {
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    let began = Instant::now();
    stream.write_all(start).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let dribbling = tokio::spawn(async move {
        while writer.write_all(b"x").await.is_ok() {
            sleep(Duration::from_millis(50)).await;
        }
    });
    let mut said = Vec::new();
    // A reset is an end too.
    let _ = timeout(PATIENCE, reader.read_to_end(&mut said)).await.unwrap();
    dribbling.abort();
    (began.elapsed(), String::from_utf8(said).unwrap())
}

/// Ended after the short time, and long before any other.
fn is_cut(took: Duration) {
    assert!(took >= SHORT && took < SHORT * 10, "{took:?}");
}

#[tokio::test]
async fn a_client_that_dribbles_headers_is_cut() {
    let house = House::open(settings(|settings| settings.header_timeout = TimeSpan(SHORT))).await;
    is_cut(dribble(&house, b"").await.0);
    is_cut(dribble(&house, b"POST /graphql HTTP/1.1\r\nHost: gateway\r\nx-slow: ").await.0);
}

#[tokio::test]
async fn a_client_that_says_nothing_is_cut() {
    let house = House::open(settings(|settings| settings.header_timeout = TimeSpan(SHORT))).await;
    // Before the protocol is known, in the midst of the preface of HTTP/2, in the midst of headers, behind them.
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    for start in [&b""[..], &preface[..16], b"GET / HTTP/1.1\r\nHo", preface] {
        let mut stream = TcpStream::connect(house.address).await.unwrap();
        let began = Instant::now();
        stream.write_all(start).await.unwrap();
        let mut said = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut said)).await.unwrap();
        is_cut(began.elapsed());
    }
}

#[tokio::test]
async fn a_client_that_takes_no_answers_is_cut() {
    let house = House::open(settings(|settings| settings.write_timeout = TimeSpan(SHORT))).await;
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    let asking = async { while stream.write_all(b"GET / HTTP/1.1\r\nHost: gateway\r\n\r\n").await.is_ok() {} };
    timeout(PATIENCE, asking).await.unwrap();
}

#[tokio::test]
async fn a_body_that_dribbles_is_answered_408_and_cut() {
    let house = House::open(settings(|settings| settings.body_timeout = TimeSpan(SHORT))).await;
    let head =
        b"POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{";
    let (took, said) = dribble(&house, head).await;
    is_cut(took);
    assert!(said.starts_with("HTTP/1.1 408 ") && said.contains("BODY_TOO_SLOW"), "{said}");
}

#[tokio::test]
async fn a_connection_is_kept_between_requests_and_not_for_ever() {
    let house = House::open(settings(|settings| {
        settings.header_timeout = TimeSpan(Duration::from_millis(100));
        settings.idle_timeout = TimeSpan(SHORT);
    }))
    .await;
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    let mut buffer = [0; 4096];
    for _ in 0..2 {
        stream.write_all(HEALTH).await.unwrap();
        let read = timeout(PATIENCE, stream.read(&mut buffer)).await.unwrap().unwrap();
        assert!(buffer[..read].starts_with(b"HTTP/1.1 200 "));
        // Longer than headers may take: an idle connection is not a slow one.
        sleep(Duration::from_millis(150)).await;
    }
    let began = Instant::now();
    assert_eq!(timeout(PATIENCE, stream.read(&mut buffer)).await.unwrap().unwrap_or(0), 0);
    assert!(began.elapsed() < SHORT * 10);
}

#[tokio::test]
async fn the_answer_of_a_slow_source_is_waited_for() {
    let house = House::open(settings(|settings| {
        settings.header_timeout = TimeSpan(SHORT);
        settings.idle_timeout = TimeSpan(SHORT);
    }))
    .await;
    let asked = tokio::spawn(house.post(super::SLOW).send());
    house.source.asked(1).await;
    sleep(SHORT * 2).await;
    house.source.let_go(1);
    assert_eq!(asked.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn a_connection_beyond_the_cap_waits_until_one_ends() {
    let house = House::open(settings(|settings| settings.max_connections = 1)).await;
    let first = TcpStream::connect(house.address).await.unwrap();
    let mut second = TcpStream::connect(house.address).await.unwrap();
    second.write_all(HEALTH).await.unwrap();
    let mut buffer = [0; 4096];
    timeout(Duration::from_millis(100), second.read(&mut buffer)).await.unwrap_err();
    drop(first);
    let read = timeout(PATIENCE, second.read(&mut buffer)).await.unwrap().unwrap();
    assert!(buffer[..read].starts_with(b"HTTP/1.1 200 "));
}

#[tokio::test]
async fn http_2_is_spoken() {
    let house = House::open(hasty()).await;
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    for _ in 0..2 {
        let response = client.get(house.url("/health/live")).send().await.unwrap();
        assert_eq!((response.version(), response.status().as_u16()), (reqwest::Version::HTTP_2, 200));
    }
}

#[tokio::test]
async fn a_connection_ends_with_the_last_request_it_may_carry() {
    let house = House::open(settings(|settings| settings.max_requests_per_connection = 2)).await;
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    for _ in 0..3 {
        stream.write_all(HEALTH).await.unwrap();
    }
    let mut said = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut said)).await.unwrap().unwrap_or_default();
    assert_eq!(said.matches("HTTP/1.1 200 ").count(), 2, "{said}");
    assert_eq!(said.matches("connection: close").count(), 1, "{said}");
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    for _ in 0..5 {
        assert_eq!(client.get(house.url("/health/live")).send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn a_connection_beyond_the_cap_of_its_address_is_closed() {
    let house = House::open(settings(|settings| settings.max_connections_per_peer = 1)).await;
    let mut buffer = [0; 4096];
    let mut first = TcpStream::connect(house.address).await.unwrap();
    first.write_all(HEALTH).await.unwrap();
    assert!(timeout(PATIENCE, first.read(&mut buffer)).await.unwrap().unwrap() > 0);
    let mut second = TcpStream::connect(house.address).await.unwrap();
    assert_eq!(timeout(PATIENCE, second.read(&mut buffer)).await.unwrap().unwrap_or(0), 0);
    drop(first);
    let began = Instant::now();
    loop {
        let mut third = TcpStream::connect(house.address).await.unwrap();
        if third.write_all(HEALTH).await.is_ok() && third.read(&mut buffer).await.unwrap_or(0) > 0 {
            break;
        }
        assert!(began.elapsed() < PATIENCE);
    }
}

#[tokio::test]
async fn requests_that_could_be_read_in_two_ways_are_refused_or_the_last_on_their_connection() {
    let house = House::open(hasty()).await;
    let head = "POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n";
    let body = r#"{"query":"{__typename}"}"#;
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let length = format!("Content-Length: {}\r\n", body.len());
    // What follows a chunked body is never taken for a request, whatever else was said of its length.
    let smuggled = format!("{chunked}GET /health/live HTTP/1.1\r\nHost: gateway\r\n\r\n");
    let cases = [
        (format!("{length}Content-Length: 5\r\n\r\n{body}"), "HTTP/1.1 400 ", 1),
        (format!("{length}Authorization: a\r\nAuthorization: b\r\n\r\n{body}"), "HTTP/1.1 400 ", 1),
        (format!("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n{smuggled}"), "HTTP/1.1 200 ", 1),
        (format!("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n{smuggled}"), "HTTP/1.1 200 ", 1),
    ];
    for (rest, status, answers) in cases {
        let mut stream = TcpStream::connect(house.address).await.unwrap();
        stream.write_all(format!("{head}{rest}").as_bytes()).await.unwrap();
        let _ = stream.shutdown().await;
        let mut said = String::new();
        let _ = timeout(PATIENCE, stream.read_to_string(&mut said)).await.unwrap();
        assert!(said.starts_with(status), "{rest}\n{said}");
        assert_eq!(said.matches("HTTP/1.1 ").count(), answers, "{rest}\n{said}");
    }
}
