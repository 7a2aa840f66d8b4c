//! Operations over WebSocket.

use std::time::Duration;

use c360::http::{Settings, WebSocket};
use c360::units::{ByteSize, TimeSpan};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{House, PATIENCE, PERSON, SLOW, VAST, hasty, parsed};

const PROTOCOL: &str = "graphql-transport-ws";
/// More than the system keeps of what nobody reads, on both sides and both ways.
const TOO_MUCH: usize = 24 << 20;

/// One client.
struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    /// Shakes hands with these headers; or the status of the refusal.
    async fn shake(house: &House, headers: &[(&'static str, &str)]) -> Result<Client, u16> {
        let mut request = format!("ws://{}/graphql", house.address).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((stream, _)) => Ok(Client(stream)),
            Err(Error::Http(response)) => {
                let comes_again = response.headers().contains_key("retry-after");
                assert_eq!(comes_again, response.status() == 503, "{response:?}");
                Err(response.status().as_u16())
            }
            Err(other) => panic!("{other}"),
        }
    }

    async fn open(house: &House) -> Client {
        Client::shake(house, &[("sec-websocket-protocol", PROTOCOL)]).await.ok().unwrap()
    }

    /// Open and past `connection_ack`.
    async fn ready(house: &House) -> Client {
        let mut client = Client::open(house).await;
        client.say(json!({ "type": "connection_init" })).await;
        assert_eq!(client.hear().await, json!({ "type": "connection_ack" }));
        client
    }

    async fn say(&mut self, message: Value) {
        self.say_text(message.to_string()).await;
    }

    async fn say_text(&mut self, text: String) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({ "type": "subscribe", "id": id, "payload": { "query": query } })).await;
    }

    /// The next message.
    async fn hear(&mut self) -> Value {
        match timeout(PATIENCE, self.0.next()).await.unwrap().unwrap().unwrap() {
            Message::Text(text) => parsed(&text),
            other => panic!("{other:?}"),
        }
    }

    /// The code with which the server closes, now.
    async fn closed(&mut self) -> u16 {
        match timeout(PATIENCE, self.0.next()).await.unwrap() {
            Some(Ok(Message::Close(Some(frame)))) => frame.code.into(),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_operation_says_how_long_it_may_take_and_waits_for_no_longer() {
    let house = House::open(hasty()).await;
    let mut client = Client::ready(&house).await;
    let subscribe = |id: &str, timeout: Value| {
        let payload = json!({ "query": SLOW, "extensions": { "timeout": timeout } });
        json!({ "type": "subscribe", "id": id, "payload": payload })
    };
    client.say(subscribe("a", json!("soon"))).await;
    let told = client.hear().await;
    assert_eq!((&told["type"], &told["payload"][0]["extensions"]["reason"]), (&json!("error"), &json!("DEADLINE")));
    for (id, time) in [("b", json!("200ms")), ("c", json!(200))] {
        client.say(subscribe(id, time)).await;
        let told = client.hear().await;
        let error = &told["payload"]["errors"][0];
        assert_eq!((&told["id"], &error["extensions"]["code"]), (&json!(id), &json!("TIMEOUT")), "{told}");
        assert_eq!(client.hear().await, json!({ "type": "complete", "id": id }));
    }
}

fn with(change: impl FnOnce(&mut WebSocket)) -> Settings {
    let mut settings = hasty();
    change(&mut settings.websocket);
    settings
}

#[tokio::test]
async fn operations_are_answered_side_by_side() {
    let house = House::open(hasty()).await;
    let mut client = Client::ready(&house).await;
    client.subscribe("slow", SLOW).await;
    house.source.asked(1).await;
    client.subscribe("fast", PERSON).await;
    let data = json!({ "data": { "person": { "name": "Ada" } } });
    for id in ["fast", "slow"] {
        assert_eq!(client.hear().await, json!({ "type": "next", "id": id, "payload": data }));
        assert_eq!(client.hear().await, json!({ "type": "complete", "id": id }));
        house.source.let_go(1);
    }
    client.say(json!({ "type": "ping" })).await;
    assert_eq!(client.hear().await["type"], "pong");
    // An id may be used again once its operation is over.
    client.subscribe("fast", "{ __typename }").await;
    assert_eq!(client.hear().await["payload"]["data"], json!({ "__typename": "Query" }));
}

#[tokio::test]
async fn a_refused_operation_is_an_error_and_the_socket_goes_on() {
    let house = House::open(hasty()).await;
    let mut client = Client::ready(&house).await;
    for id in ["1", "2"] {
        client.subscribe(id, "{ nobody }").await;
        let error = client.hear().await;
        assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!(id)));
        assert_eq!(error["payload"][0]["extensions"]["code"], "BAD_REQUEST");
    }
    client.subscribe("1", PERSON).await;
    assert_eq!(client.hear().await["type"], "next");
}

#[tokio::test]
async fn only_the_protocol_of_today_and_welcome_origins_are_let_in() {
    let settings = Settings { allowed_origins: vec!["https://crm.example.com".into()], ..hasty() };
    let house = House::open(settings).await;
    let own = format!("http://{}", house.address);
    let status = async |protocol: Option<&str>, origin: Option<&str>| {
        let protocol = protocol.map(|protocol| ("sec-websocket-protocol", protocol));
        let headers: Vec<_> = protocol.into_iter().chain(origin.map(|origin| ("origin", origin))).collect();
        Client::shake(&house, &headers).await.map_or_else(|status| status, |_| 101)
    };
    assert_eq!(status(Some(PROTOCOL), None).await, 101);
    assert_eq!(status(Some("graphql-ws, graphql-transport-ws"), None).await, 101);
    assert_eq!(status(Some("graphql-ws"), None).await, 400);
    assert_eq!(status(None, None).await, 400);
    assert_eq!(status(Some(PROTOCOL), Some(&own)).await, 101);
    assert_eq!(status(Some(PROTOCOL), Some("https://crm.example.com")).await, 101);
    assert_eq!(status(Some(PROTOCOL), Some("https://evil.example.com")).await, 403);
    assert_eq!(status(Some(PROTOCOL), Some("null")).await, 403);
}

#[tokio::test]
async fn a_socket_without_init_is_closed() {
    let house = House::open(with(|settings| settings.init_timeout = TimeSpan(Duration::from_millis(200)))).await;
    assert_eq!(Client::open(&house).await.closed().await, 4408);
    // One that began in time stays.
    let mut client = Client::ready(&house).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    client.subscribe("1", PERSON).await;
    assert_eq!(client.hear().await["type"], "next");
}

#[tokio::test]
async fn a_client_that_breaks_the_protocol_is_closed_with_its_code() {
    let house = House::open(with(|settings| settings.max_message = ByteSize(2_000))).await;
    let mut eager = Client::open(&house).await;
    eager.subscribe("1", PERSON).await;
    assert_eq!(eager.closed().await, 4401);
    let mut double = Client::ready(&house).await;
    double.say(json!({ "type": "connection_init" })).await;
    assert_eq!(double.closed().await, 4429);
    let mut same = Client::ready(&house).await;
    same.subscribe("1", SLOW).await;
    house.source.asked(1).await;
    same.subscribe("1", PERSON).await;
    assert_eq!(same.closed().await, 4409);
    house.source.let_go(1);
    let broken = [
        "{",
        "[]",
        r#"["subscribe","1"]"#,
        r#"{"type":"unknown"}"#,
        r#"{"type":"start","id":"1","payload":{"query":"{__typename}"}}"#,
        r#"{"type":"subscribe","payload":{"query":"{__typename}"}}"#,
        r#"{"type":"subscribe","id":"1"}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
        r#"{"type":"ping","type":"pong"}"#,
    ];
    for text in broken {
        let mut client = Client::ready(&house).await;
        client.say_text(text.to_owned()).await;
        assert_eq!(client.closed().await, 4400, "{text}");
    }
    let mut deep = Client::ready(&house).await;
    deep.say_text(format!(r#"{{"type":"ping","payload":{}{}}}"#, "[".repeat(900), "]".repeat(900))).await;
    assert_eq!(deep.closed().await, 4400);
    let mut long = Client::ready(&house).await;
    long.subscribe("1", &"x".repeat(3_000)).await;
    assert_eq!(long.closed().await, 1009);
}

#[tokio::test]
async fn sockets_and_their_operations_are_counted() {
    let house = House::open(with(|settings| {
        settings.max_sockets = 1;
        settings.max_operations = 1;
    }))
    .await;
    let mut client = Client::ready(&house).await;
    let full = Client::shake(&house, &[("sec-websocket-protocol", PROTOCOL)]).await;
    assert_eq!(full.err(), Some(503));
    client.subscribe("1", SLOW).await;
    house.source.asked(1).await;
    client.subscribe("2", PERSON).await;
    let error = client.hear().await;
    assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("2")));
    house.source.let_go(1);
    assert_eq!(client.hear().await["id"], "1");
    assert_eq!(client.hear().await["type"], "complete");
    client.subscribe("2", PERSON).await;
    assert_eq!(client.hear().await["type"], "next");
}

#[tokio::test]
async fn of_answers_that_a_socket_does_not_take_so_much_waits_and_no_more() {
    const OPERATIONS: usize = 64;
    let settings = with(|settings| {
        settings.max_operations = OPERATIONS;
    });
    let house = House::open(Settings { max_waiting: ByteSize::mebibytes(4), ..settings }).await;
    let mut client = Client::ready(&house).await;
    for number in 0..OPERATIONS {
        client.subscribe(&number.to_string(), VAST).await;
    }
    let (mut told, mut refused) = (0, 0);
    while told + refused < OPERATIONS {
        let message = client.hear().await;
        match message["type"].as_str() {
            Some("next") => told += usize::from(message["payload"]["data"]["person"]["name"].is_string()),
            Some("error") => {
                refused += 1;
                assert_eq!(message["payload"][0]["extensions"]["reason"], "BUSY");
            }
            _ => assert_eq!(message["type"], "complete"),
        }
    }
    assert!(told > 0 && refused > 0, "{told} told, {refused} refused");
    // What waited was given back: alone, each is told.
    let mut other = Client::ready(&house).await;
    for (client, id) in [(&mut client, "a"), (&mut other, "b")] {
        client.subscribe(id, VAST).await;
        loop {
            let message = client.hear().await;
            if message["id"] == id {
                assert_eq!(message["type"], "next", "{:.200}", message.to_string());
                break;
            }
        }
        while client.hear().await["type"] != "complete" {}
    }
}

#[tokio::test]
async fn a_stopped_server_finishes_operations_and_closes_its_sockets() {
    let mut house = House::open(hasty()).await;
    let mut idle = Client::ready(&house).await;
    let mut busy = Client::ready(&house).await;
    busy.subscribe("1", SLOW).await;
    house.source.asked(1).await;
    house.stop();
    assert_eq!(idle.closed().await, 1001);
    house.source.let_go(1);
    assert_eq!(busy.hear().await["payload"]["data"]["person"]["name"], "Ada");
    assert_eq!(busy.hear().await["type"], "complete");
    assert_eq!(busy.closed().await, 1001);
    house.stopped().await;
}

/// How much the server takes of the same frames again and again, from a client that reads nothing.
async fn taken(house: &House, frames: &[u8]) -> usize {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(64 << 10).unwrap();
    let mut stream = socket.connect(house.address).await.unwrap();
    let shake = "GET /graphql HTTP/1.1\r\nHost: gateway\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                 Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n";
    stream.write_all(shake.as_bytes()).await.unwrap();
    let mut taken = 0;
    while taken < TOO_MUCH {
        match timeout(Duration::from_secs(2), stream.write_all(frames)).await {
            Ok(Ok(())) => taken += frames.len(),
            // It is read no longer, or was cut.
            Ok(Err(_)) | Err(_) => break,
        }
    }
    taken
}

#[tokio::test]
async fn whoever_pings_without_reading_is_soon_read_no_longer() {
    let house = House::open(Settings::default()).await;
    // A ping of a client whose mask changes nothing.
    let ping = [&[0x89, 0x80 | 125, 0, 0, 0, 0][..], &[b'a'; 125]].concat();
    let taken = taken(&house, &ping.repeat(500)).await;
    assert!(taken < TOO_MUCH, "{taken} bytes were taken");
    assert_eq!(Client::ready(&house).await.0.close(None).await.ok(), Some(()));
}
