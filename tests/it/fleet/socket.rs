//! Clients that open a WebSocket for one question and go again, some without a word.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value as Json, json};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::super::faults::street::QUERY;

const PATIENCE: Duration = Duration::from_secs(40);
/// Between two sockets.
const PAUSE: Duration = Duration::from_millis(50);

/// A client that comes and goes until it is told to stop.
pub struct Passing {
    stop: Arc<AtomicBool>,
    client: JoinHandle<usize>,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Passing {
    /// Asks for these customers in turn, each over a socket of its own.
    pub fn by(port: u16, ids: Vec<String>) -> Passing {
        let stop = Arc::new(AtomicBool::new(false));
        let is_over = stop.clone();
        let client = tokio::spawn(async move {
            let mut answered = 0;
            for id in ids.iter().cycle() {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let mut socket = ask(port, id).await;
                // Every second one leaves politely.
                if answered % 2 == 0 {
                    socket.close(None).await.unwrap();
                }
                answered += 1;
                sleep(PAUSE).await;
            }
            answered
        });
        Passing { stop, client }
    }

    /// Lets it finish; how often it was answered: each time it came.
    pub async fn ended(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.client.await.unwrap()
    }
}

/// Asks once, and hands back the socket.
async fn ask(port: u16, id: &str) -> Socket {
    let mut request = format!("ws://127.0.0.1:{port}/graphql").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    say(&mut socket, json!({ "type": "connection_init" })).await;
    assert_eq!(hear(&mut socket).await["type"], "connection_ack");
    let payload = json!({ "query": QUERY, "variables": { "id": id } });
    say(&mut socket, json!({ "type": "subscribe", "id": "1", "payload": payload })).await;
    let next = hear(&mut socket).await;
    assert!(next["type"] == "next" && next["payload"]["data"].is_object(), "{next}");
    socket
}

async fn say(socket: &mut Socket, message: Json) {
    socket.send(Message::text(message.to_string())).await.unwrap();
}

async fn hear(socket: &mut Socket) -> Json {
    match timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap() {
        Message::Text(text) => serde_json::from_str(&text).unwrap(),
        other => panic!("{other:?}"),
    }
}
