//! A server is stopped.

use std::time::Duration;

use c360::http::Settings;
use c360::units::TimeSpan;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::{House, PATIENCE, SLOW, hasty};

#[tokio::test]
async fn what_is_in_flight_finishes() {
    let mut house = House::open(hasty()).await;
    let asked = tokio::spawn(house.post(SLOW).send());
    house.source.asked(1).await;
    house.stop();
    // No new connection is taken, and the old one is not cut.
    let began = Instant::now();
    while TcpStream::connect(house.address).await.is_ok() {
        assert!(began.elapsed() < PATIENCE);
        sleep(Duration::from_millis(10)).await;
    }
    assert!(!asked.is_finished());
    house.source.let_go(1);
    let response = asked.await.unwrap().unwrap();
    assert_eq!(response.text().await.unwrap(), r#"{"data":{"person":{"name":"Ada"}}}"#);
    house.stopped().await;
}

#[tokio::test]
async fn a_connection_of_http_2_is_told_to_go_and_what_is_in_flight_on_it_is_answered_whole() {
    let mut house = House::open(hasty()).await;
    let stream = TcpStream::connect(house.address).await.unwrap();
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = http::Request::post(house.url("/graphql")).header("content-type", "application/json");
    let (answer, mut body) = client.send_request(request.body(()).unwrap(), false).unwrap();
    body.send_data(json!({ "query": SLOW }).to_string().into(), true).unwrap();
    house.source.asked(1).await;
    house.stop();
    let began = Instant::now();
    let told = loop {
        match client.clone().ready().await {
            Ok(_) => assert!(began.elapsed() < PATIENCE, "it is not told to go"),
            Err(why) => break why,
        }
        sleep(Duration::from_millis(10)).await;
    };
    assert!(told.is_go_away() && told.is_remote() && told.reason() == Some(h2::Reason::NO_ERROR), "{told:?}");
    house.source.let_go(1);
    let (head, mut rest) = answer.await.unwrap().into_parts();
    assert_eq!(head.status, 200);
    let mut text = Vec::new();
    while let Some(piece) = rest.data().await {
        text.extend(piece.unwrap());
    }
    assert_eq!(text, br#"{"data":{"person":{"name":"Ada"}}}"#);
    assert!(rest.is_end_stream());
    // The stream may be gone only once all handles are: nobody asks anything more.
    drop(client);
    connection.await.unwrap().unwrap();
    house.stopped().await;
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_cut() {
    let settings = Settings { drain: TimeSpan(Duration::from_millis(200)), ..hasty() };
    let mut house = House::open(settings).await;
    let asked = tokio::spawn(house.post(SLOW).send());
    house.source.asked(1).await;
    house.stop();
    house.stopped().await;
    assert!(asked.await.unwrap().is_err());
}

#[tokio::test]
async fn readiness_says_503_while_balancers_are_given_notice() {
    let mut house = House::open(Settings { notice: TimeSpan::seconds(1), ..hasty() }).await;
    let idle = TcpStream::connect(house.address).await.unwrap();
    house.stop();
    let began = Instant::now();
    while house.get("/health/ready").await.0 != 503 {
        assert!(began.elapsed() < Duration::from_millis(500));
    }
    assert_eq!(house.get("/health/live").await.0, 200);
    assert_eq!(house.post("{ __typename }").send().await.unwrap().status(), 200);
    // A connection without a request is not waited for.
    house.stopped().await;
    assert!(began.elapsed() < Duration::from_secs(3));
    drop(idle);
}
