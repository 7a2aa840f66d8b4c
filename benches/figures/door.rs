//! The gateway behind its HTTP door, and a client that costs next to nothing.

use std::net::SocketAddr;

use c360::http;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::race::{self, Keeps};

/// Asks one question after another over one connection.
pub(crate) async fn asking(keeps: Keeps, query: &str, rounds: usize, variables: &dyn Fn(usize) -> Box<RawValue>) {
    asking_each(keeps, rounds, &|_| query.to_owned(), variables).await;
}

/// The same, with a text for each round.
pub(crate) async fn asking_each(
    keeps: Keeps,
    rounds: usize,
    query: &dyn Fn(usize) -> String,
    variables: &dyn Fn(usize) -> Box<RawValue>,
) {
    let address = open(keeps).await;
    let mut client = Client::connect(address).await;
    for round in 0..rounds {
        let body = client.ask(&request(&query(round), &variables(round))).await;
        assert!(body.starts_with(b"{\"data\":{\"customer") && !body.ends_with(b"}]}"));
    }
}

/// A door of the race's gateway; it stays open as long as the runtime runs.
pub(crate) async fn open(keeps: Keeps) -> SocketAddr {
    let gateway = race::gateway(keeps).await.gateway;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
    let address = listener.local_addr().expect("a bound port has an address");
    // One connection asks as long as it is measured.
    let settings = http::Settings { max_requests_per_connection: usize::MAX, ..http::Settings::default() };
    tokio::spawn(http::serve(listener, http::Desk::new(gateway, settings), std::future::pending()));
    address
}

/// A whole request as it travels.
pub(crate) fn request(query: &str, variables: &RawValue) -> Vec<u8> {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\naccept: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}

/// One connection that is kept.
pub(crate) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).await.expect("the door is open");
        stream.set_nodelay(true).expect("an open connection takes options");
        Client { stream, read: Vec::new() }
    }

    /// The answer's body; it is gone at the next question.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> &[u8] {
        self.stream.write_all(request).await.expect("the door is open");
        self.read.clear();
        let start = loop {
            if let Some(end) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            self.more().await;
        };
        let head = String::from_utf8_lossy(&self.read[..start]).to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        let length: usize = length.and_then(|length| length.parse().ok()).expect("answers say how long they are");
        while self.read.len() < start + length {
            self.more().await;
        }
        &self.read[start..start + length]
    }

    async fn more(&mut self) {
        let read = self.stream.read_buf(&mut self.read).await.expect("an answer comes");
        assert!(read > 0, "the door was closed in the middle of an answer");
    }
}
