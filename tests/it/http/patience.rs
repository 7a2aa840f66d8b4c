//! Clients that are slow, silent or many.

use std::time::Duration;

use c360::http::Settings;
use c360::units::{ByteSize, TimeSpan};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::{House, PATIENCE, VAST, hasty};

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
async fn a_body_that_comes_slower_than_it_may_is_answered_408_long_before_its_time_is_up() {
    // 20 bytes a second.
    let head =
        b"POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: 30\r\n\r\n{";
    let house = House::open(settings(|settings| settings.min_body_rate = ByteSize(1_000))).await;
    let (took, said) = dribble(&house, head).await;
    assert!(took >= Duration::from_secs(1) && took < SHORT * 9, "{took:?}");
    assert!(said.starts_with("HTTP/1.1 408 ") && said.contains("BODY_TOO_SLOW"), "{said}");
    // As slow, and it may: the whole of it comes.
    for rate in [1, 0] {
        let house = House::open(settings(|settings| {
            settings.min_body_rate = ByteSize(rate);
            settings.header_timeout = TimeSpan(SHORT);
        }))
        .await;
        let (_, said) = dribble(&house, head).await;
        assert!(said.contains("BODY_NOT_JSON"), "{said}");
    }
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

/// Kinds of frames of HTTP/2.
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// What the next frame is, and of which stream; nothing at the end.
async fn next_frame(reader: &mut TcpStream) -> Option<(u8, u32, Vec<u8>)> {
    let mut head = [0; 9];
    timeout(PATIENCE, reader.read_exact(&mut head)).await.unwrap().ok()?;
    let mut payload = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
    timeout(PATIENCE, reader.read_exact(&mut payload)).await.unwrap().ok()?;
    Some((head[3], u32::from_be_bytes([head[5], head[6], head[7], head[8]]), payload))
}

#[tokio::test]
async fn requests_that_are_taken_back_at_once_cost_their_own_connection_at_most() {
    let house = House::open(hasty()).await;
    // The end of a request whose headers are GET, http, /health/live, gateway.
    let request = |stream| frame(HEADERS, 5, stream, b"\x82\x86\x04\x0c/health/live\x41\x07gateway");
    let rapid = |resets: u32| {
        let mut bytes = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), frame(SETTINGS, 0, 0, b"")].concat();
        for stream in (0..resets).map(|number| number * 2 + 1) {
            bytes.extend([request(stream), frame(RESET, 0, stream, &8u32.to_be_bytes())].concat());
        }
        bytes
    };
    let mut nervous = TcpStream::connect(house.address).await.unwrap();
    nervous.write_all(&[rapid(20), request(41)].concat()).await.unwrap();
    while next_frame(&mut nervous).await.map(|(kind, stream, _)| (kind, stream)).unwrap() != (HEADERS, 41) {}
    let mut attacker = TcpStream::connect(house.address).await.unwrap();
    attacker.write_all(&rapid(1_000)).await.unwrap();
    let mut last = None;
    while let Some(next) = next_frame(&mut attacker).await {
        last = Some(next);
    }
    let (kind, _, payload) = last.unwrap();
    // ENHANCE_YOUR_CALM
    assert_eq!((kind, payload[4..8].to_vec()), (GOAWAY, 11u32.to_be_bytes().to_vec()));
    nervous.write_all(&request(43)).await.unwrap();
    while next_frame(&mut nervous).await.unwrap().1 != 43 {}
}

/// Writes the same again and again until the other side ends it; how many bytes it took.
async fn flood(house: &House, start: Vec<u8>, again: Vec<u8>) -> usize {
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    let preface = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), frame(SETTINGS, 0, 0, b""), start].concat();
    stream.write_all(&preface).await.unwrap();
    let mut sent = preface.len();
    let ended = timeout(PATIENCE, async {
        while stream.write_all(&again).await.is_ok() {
            sent += again.len();
        }
    });
    ended.await.expect("a flood is cut off");
    sent
}

#[tokio::test]
async fn headers_without_end_are_cut_off() {
    let house = House::open(hasty()).await;
    // Headers that go on and on: CVE-2024-27316. Neither with much in each frame nor with next to nothing.
    for piece in [vec![b'x'; 8 << 10], Vec::new()] {
        let name: &[u8] = b"\x82\x86\x04\x0c/health/live\x41\x07gateway\x40\x01x\x7f\xff\xff\x7f";
        let again = frame(CONTINUATION, 0, 1, &piece).repeat(100);
        let sent = flood(&house, frame(HEADERS, 1, 1, name), again).await;
        assert!(sent < 64 << 20, "{sent} bytes were taken");
        assert_eq!(reqwest::get(house.url("/health/live")).await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn whoever_pings_without_reading_is_cut_off_and_harms_nobody() {
    let house = House::open(settings(|settings| settings.write_timeout = TimeSpan(SHORT))).await;
    let attackers: Vec<_> =
        (0..4).map(|_| flood(&house, Vec::new(), frame(PING, 0, 0, b"12345678").repeat(1_000))).collect();
    let health = async {
        for _ in 0..20 {
            let asked = timeout(PATIENCE, reqwest::get(house.url("/health/live"))).await.unwrap();
            assert_eq!(asked.unwrap().status(), 200);
        }
    };
    tokio::join!(futures_util::future::join_all(attackers), health);
}

#[tokio::test]
async fn five_hundred_idle_connections_and_as_many_that_ask_ahead_are_harmless() {
    let house = House::open(settings(|_| {})).await;
    let mut idle = Vec::new();
    for _ in 0..500 {
        idle.push(TcpStream::connect(house.address).await.unwrap());
    }
    let ahead = (0..500).map(|_| async {
        let mut stream = TcpStream::connect(house.address).await.unwrap();
        stream.write_all(&HEALTH.repeat(20)).await.unwrap();
        let mut said = Vec::new();
        while String::from_utf8_lossy(&said).matches("HTTP/1.1 200 ").count() < 20 {
            assert!(timeout(PATIENCE, stream.read_buf(&mut said)).await.unwrap().unwrap() > 0);
        }
    });
    let health = async {
        for _ in 0..20 {
            assert_eq!(reqwest::get(house.url("/health/live")).await.unwrap().status(), 200);
        }
    };
    tokio::join!(futures_util::future::join_all(ahead), health);
    assert_eq!(idle.len(), 500);
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

#[tokio::test]
async fn of_answers_that_a_connection_does_not_take_so_much_waits_and_no_more() {
    const QUESTIONS: usize = 20;
    let house = House::open(Settings { max_waiting: ByteSize::mebibytes(16), ..hasty() }).await;
    // More of them than could wait together: what waits is given back with each.
    for _ in 0..8 {
        let stream = TcpStream::connect(house.address).await.unwrap();
        // Heads come, and nothing of a body.
        let deaf = h2::client::Builder::new().initial_window_size(0).handshake::<_, axum::body::Bytes>(stream).await;
        let (mut client, connection) = deaf.unwrap();
        let connection = tokio::spawn(connection);
        let mut answers = Vec::new();
        for _ in 0..QUESTIONS {
            client = client.ready().await.unwrap();
            let request = http::Request::post(house.url("/graphql")).header("content-type", "application/json");
            let (answer, mut body) = client.send_request(request.body(()).unwrap(), false).unwrap();
            body.send_data(json!({ "query": VAST }).to_string().into(), true).unwrap();
            answers.push(answer);
        }
        let (mut told, mut heads) = (0, Vec::new());
        for answer in answers {
            let head = timeout(PATIENCE, answer).await.unwrap().unwrap();
            assert!(head.status() == 200 || head.status() == 503, "{head:?}");
            told += usize::from(head.status() == 200);
            heads.push(head);
        }
        assert_eq!(told, 3, "a little more than a megabyte each, and a quarter of sixteen for a connection");
        let others = house.post(VAST).send().await.unwrap();
        assert_eq!(others.status(), 200, "others have room");
        assert!(others.bytes().await.unwrap().len() > 1 << 20);
        connection.abort();
    }
}
