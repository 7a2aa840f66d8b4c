//! One socket from its first message to its close.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::{SinkExt, sink, stream};
use http::HeaderMap;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, sleep_until, timeout};

use super::shelter::Sheltered;
use super::waiting::Held;
use super::{Desk, Settings};
use crate::gateway::Protocol;

/// How often a quiet client is asked whether it lives.
const PING_EVERY: Duration = Duration::from_secs(20);
/// Messages of the library that wait for the client.
const OUTBOX: usize = 8;

/// Why a socket is closed, as `graphql-transport-ws` numbers it.
type Close = (u16, &'static str);
const GOING_AWAY: Close = (1001, "the gateway is leaving");
const TOO_LARGE: Close = (1009, "message too large");
const BAD_MESSAGE: Close = (4400, "message could not be read");
const NOT_READY: Close = (4401, "unauthorized");
const NO_INIT: Close = (4408, "connection initialisation timeout");
const ID_TAKEN: Close = (4409, "subscriber already exists");
const SECOND_INIT: Close = (4429, "too many initialisation requests");
const SILENT: Close = (4499, "no answer to pings");

/// Talks until one side ends it. The library speaks the protocol; here is what it does not keep: time, sizes and counts.
pub(super) async fn talk(mut socket: WebSocket, protocol: GraphQLProtocol, desk: Desk, headers: Arc<HeaderMap>) {
    let settings = &*desk.settings();
    let (inbox, from_client) = mpsc::channel::<Message>(1);
    let (to_client, mut outbox) = mpsc::channel::<(Message, Held)>(OUTBOX);
    let waiting = desk.lifecycle().waiting();
    let protocol_of = Protocol::new(desk.live().clone()).with_headers(headers);
    let executor = Sheltered { protocol: protocol_of, desk: desk.clone(), waiting: waiting.clone() };
    let messages =
        stream::unfold(from_client, |mut from| async move { from.recv().await.map(|message| (Ok(message), from)) });
    let sink = sink::unfold(to_client, |to, message: Message| {
        let held = waiting.hold(length(&message));
        async move { to.send((message, held)).await.map(|()| to) }
    });
    let mut library = pin!(GraphQLWebSocket::new_with_pair(sink, messages, executor, protocol).serve());
    // Clients of closed sockets come back at once: spread, lest they come all together.
    let mut closing = pin!(async {
        desk.lifecycle().closing().await;
        tokio::time::sleep(desk.lifecycle().spread(desk.settings().drain.0)).await;
    });
    let mut session =
        Session { settings, has_begun: false, is_ready: false, is_leaving: false, operations: HashMap::new() };
    let mut library_ended = false;
    let mut ping = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    let mut heard = Instant::now();
    let init_due = Instant::now() + settings.websocket.init_timeout.0;
    let close = loop {
        if session.is_leaving && session.operations.is_empty() {
            break Some(GOING_AWAY);
        }
        tokio::select! {
            // What the library has to say goes out before more is read, so an id is free again when its end is sent.
            biased;
            () = &mut library, if !library_ended => library_ended = true,
            // The library holds the sender; it is gone when the library has ended and all it said was sent.
            message = outbox.recv() => {
                let Some((message, _held)) = message else { break None };
                if let Some(message) = session.leaves(message)
                    && !send(&mut socket, message, settings).await
                {
                    break None;
                }
            }
            () = &mut closing, if !session.is_leaving => session.is_leaving = true,
            () = sleep_until(init_due), if !session.is_ready => break Some(NO_INIT),
            _ = ping.tick() => {
                if heard.elapsed() > settings.idle_timeout.0 {
                    break Some(SILENT);
                }
                if !send(&mut socket, Message::Ping(Default::default()), settings).await {
                    break None;
                }
            }
            (place, message) = async { (inbox.reserve().await, socket.recv().await) } => {
                heard = Instant::now();
                match message.map(|message| message.map_err(|why| is_too_large(&why))) {
                    Some(Ok(Message::Text(text))) => match session.comes(&text) {
                        Verdict::Pass => match place {
                            Ok(place) => place.send(Message::Text(text)),
                            Err(_) => break None,
                        },
                        Verdict::Drop => {}
                        Verdict::Reply(message) => if !send(&mut socket, message, settings).await {
                            break None;
                        },
                        Verdict::Close(close) => break Some(close),
                    },
                    // Its pong goes out before more is read: whoever takes none is not owed more and more of them.
                    Some(Ok(Message::Ping(_))) => if !flush(&mut socket, settings).await {
                        break None;
                    },
                    Some(Ok(Message::Pong(_))) => {}
                    Some(Ok(Message::Binary(_))) => break Some(BAD_MESSAGE),
                    Some(Err(true)) => break Some(TOO_LARGE),
                    Some(Ok(Message::Close(_)) | Err(false)) | None => break None,
                }
            }
        }
    };
    if let Some((code, reason)) = close {
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        send(&mut socket, Message::Close(Some(frame)), settings).await;
    }
}

/// What becomes of a client's message.
enum Verdict {
    /// It goes on to the library.
    Pass,
    /// It is not answered.
    Drop,
    /// It is answered here.
    Reply(Message),
    /// It ends the socket.
    Close(Close),
}

/// What is known of a socket.
struct Session<'s> {
    settings: &'s Settings,
    /// `connection_init` came.
    has_begun: bool,
    /// `connection_ack` went.
    is_ready: bool,
    /// No new operation is taken.
    is_leaving: bool,
    /// Operations in flight by id; false for those the client has stopped, whose end it is not told.
    operations: HashMap<String, bool>,
}

/// The head of a message of either side.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    id: Option<String>,
}

impl Session<'_> {
    /// Judges a message of the client.
    fn comes(&mut self, text: &str) -> Verdict {
        let Some(head) = head(text) else { return Verdict::Close(BAD_MESSAGE) };
        match (head.kind.as_str(), head.id) {
            ("connection_init", _) if self.has_begun => Verdict::Close(SECOND_INIT),
            ("connection_init", _) => {
                self.has_begun = true;
                Verdict::Pass
            }
            ("subscribe", Some(_)) if !self.is_ready => Verdict::Close(NOT_READY),
            ("subscribe", Some(_)) if self.is_leaving => Verdict::Drop,
            ("subscribe", Some(id)) if self.operations.contains_key(&id) => Verdict::Close(ID_TAKEN),
            ("subscribe", Some(id)) if self.operations.len() >= self.settings.websocket.max_operations => {
                let message = "too many operations in flight on this socket";
                let extensions = json!({ "code": "BAD_REQUEST", "reason": "LIMIT_EXCEEDED" });
                let errors = json!([{ "message": message, "extensions": extensions }]);
                let reply = json!({ "id": id, "type": "error", "payload": errors });
                Verdict::Reply(Message::Text(reply.to_string().into()))
            }
            ("subscribe", Some(id)) => {
                self.operations.insert(id, true);
                Verdict::Pass
            }
            ("complete", Some(id)) => {
                self.operations.entry(id).and_modify(|is_wanted| *is_wanted = false);
                Verdict::Pass
            }
            ("ping" | "pong", _) => Verdict::Pass,
            _ => Verdict::Close(BAD_MESSAGE),
        }
    }

    /// Notes what the library tells the client, and words it as the protocol wants it: a refused operation is an
    /// `error`, which ends it, and not a result; bad messages have a code of their own.
    fn leaves(&mut self, message: Message) -> Option<Message> {
        match message {
            Message::Text(text) if text.starts_with(r#"{"type":"complete""#) => {
                let id = head(&text)?.id?;
                // An operation that is not known ended with its `error`.
                self.operations.remove(&id)?.then_some(Message::Text(text))
            }
            Message::Text(text) if text.starts_with(r#"{"type":"next""#) => match refusal(&text) {
                Some((id, error)) => self.operations.remove(&id)?.then_some(error),
                None => Some(Message::Text(text)),
            },
            Message::Text(text) => {
                self.is_ready |= text.starts_with(r#"{"type":"connection_ack""#);
                Some(Message::Text(text))
            }
            Message::Close(Some(frame)) if frame.code == 1002 => {
                let (code, reason) = BAD_MESSAGE;
                Some(Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) })))
            }
            other => Some(other),
        }
    }
}

/// A result of the library.
#[derive(Deserialize)]
struct Next<'t> {
    id: String,
    #[serde(borrow)]
    payload: Payload<'t>,
}

#[derive(Deserialize)]
struct Payload<'t> {
    data: Option<IgnoredAny>,
    #[serde(borrow)]
    errors: &'t RawValue,
}

#[derive(Deserialize)]
struct Complaint {
    path: Option<IgnoredAny>,
}

/// The id and the `error` of a result that says that nothing was executed: there is no data, and no error has a path.
fn refusal(text: &str) -> Option<(String, Message)> {
    if !text.contains(r#""payload":{"data":null,"#) {
        return None;
    }
    let Next { id, payload: Payload { data: None, errors } } = serde_json::from_str(text).ok()? else { return None };
    let complaints: Vec<Complaint> = serde_json::from_str(errors.get()).ok()?;
    let was_refused = complaints.iter().all(|complaint| complaint.path.is_none());
    let error = json!({ "id": id, "type": "error", "payload": errors }).to_string();
    was_refused.then(|| (id, Message::Text(error.into())))
}

/// An object; serde would also take a list for the struct.
fn head(text: &str) -> Option<Head> {
    text.trim_ascii_start().starts_with('{').then(|| serde_json::from_str(text).ok()).flatten()
}

/// Whether it went out in time.
async fn send(socket: &mut WebSocket, message: Message, settings: &Settings) -> bool {
    matches!(timeout(settings.write_timeout.0, socket.send(message)).await, Ok(Ok(())))
}

/// Whether everything that the library below answers by itself went out in time.
async fn flush(socket: &mut WebSocket, settings: &Settings) -> bool {
    matches!(timeout(settings.write_timeout.0, socket.flush()).await, Ok(Ok(())))
}

/// The bytes of what a message says.
fn length(message: &Message) -> usize {
    if let Message::Text(text) = message { text.len() } else { 0 }
}

/// The library below does not hand out its errors' kinds, only their sentences.
fn is_too_large(why: &axum::Error) -> bool {
    why.to_string().contains("too long") || why.to_string().contains("too big")
}
