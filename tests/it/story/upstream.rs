//! Mock upstreams: one tiny HTTP server per source that answers by the story and records what it is asked.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::exchange::{Call, Exchange, Manner, Reply, decoded};

/// Longest a held answer waits for the calls it is held for.
const HELD: Duration = Duration::from_secs(3);

/// What the upstreams of one story expect and have seen in the present step.
pub struct Board {
    state: Mutex<State>,
    /// How many expected calls are still to come.
    open: watch::Sender<usize>,
    /// How many questions of the step have their answers.
    told: watch::Sender<usize>,
}

#[derive(Default)]
struct State {
    expected: Vec<(Exchange, usize)>,
    unexpected: Vec<Call>,
    /// Sources of calls that wait for their answers.
    under_way: Vec<String>,
}

/// What came of a step's calls.
pub struct Seen {
    /// Expected calls with how often each was made.
    pub expected: Vec<(Exchange, usize)>,
    pub unexpected: Vec<Call>,
}

impl Board {
    pub fn new() -> Arc<Board> {
        Arc::new(Board { state: Mutex::default(), open: watch::Sender::new(0), told: watch::Sender::new(0) })
    }

    /// Sets the stage for the next step.
    pub fn expect(&self, exchanges: &[Exchange]) {
        let mut state = self.state.lock().unwrap();
        state.unexpected.clear();
        state.expected = exchanges.iter().map(|exchange| (exchange.clone(), 0)).collect();
        self.told.send_replace(0);
        self.open.send_replace(exchanges.iter().map(|exchange| exchange.times).sum());
    }

    /// A question has its answer.
    pub fn told(&self) {
        self.told.send_modify(|told| *told += 1);
    }

    /// Waits until a call of this step has arrived.
    pub async fn first_call(&self) {
        let all = self.state.lock().unwrap().expected.iter().map(|(exchange, _)| exchange.times).sum();
        let mut open = self.open.subscribe();
        timeout(HELD, open.wait_for(|open| *open < all)).await.ok();
    }

    /// What was seen, once calls that go on behind an answer had their time.
    pub async fn seen(&self) -> Seen {
        let mut open = self.open.subscribe();
        timeout(Duration::from_millis(500), open.wait_for(|open| *open == 0)).await.ok();
        let mut state = self.state.lock().unwrap();
        Seen { expected: state.expected.drain(..).collect(), unexpected: state.unexpected.drain(..).collect() }
    }

    fn arrived(&self, call: Call) -> Option<Reply> {
        let mut guard = self.state.lock().unwrap();
        let state = &mut *guard;
        let is_alone = !state.under_way.contains(&call.source);
        state.under_way.push(call.source.clone());
        let found = state.expected.iter_mut().find(|(exchange, made)| {
            *made < exchange.times && exchange.is(&call) && (is_alone || !exchange.reply.alone)
        });
        let Some((exchange, made)) = found else {
            state.unexpected.push(call);
            return None;
        };
        *made += 1;
        self.open.send_modify(|open| *open -= 1);
        Some(exchange.reply.clone())
    }

    fn answered(&self, source: &str) {
        let under_way = &mut self.state.lock().unwrap().under_way;
        let position = under_way.iter().position(|known| known == source).unwrap();
        under_way.swap_remove(position);
    }

    /// Opens a port for one source; returns its origin. It is closed with the runtime.
    pub async fn open(self: &Arc<Self>, source: &str) -> io::Result<String> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let (board, source) = (self.clone(), source.to_owned());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (board, source) = (board.clone(), source.clone());
                let service = service_fn(move |request| answer(board.clone(), source.clone(), request));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Ok(origin)
    }
}

type Body = BoxBody<Bytes, io::Error>;

/// An error closes the connection without an answer.
async fn answer(
    board: Arc<Board>,
    source: String,
    request: http::Request<Incoming>,
) -> Result<http::Response<Body>, io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let headers = head.headers.iter();
    let call = Call {
        source,
        method: head.method.to_string(),
        target: decoded(head.uri.path_and_query().map_or("/", |target| target.as_str())),
        headers: headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let source = call.source.clone();
    let reply = board.arrived(call);
    let answer = send(&board, reply).await;
    board.answered(&source);
    answer
}

async fn send(board: &Board, reply: Option<Reply>) -> Result<http::Response<Body>, io::Error> {
    let Some(reply) = reply else {
        let unexpected =
            Reply { status: 418, body: "\"the story does not tell of this call\"".into(), ..Reply::default() };
        return Ok(response(unexpected));
    };
    if reply.held {
        let mut open = board.open.subscribe();
        if timeout(HELD, open.wait_for(|open| *open == 0)).await.is_err() {
            return Err(io::Error::other("the calls this answer is held for did not come"));
        }
    }
    if reply.late {
        let mut told = board.told.subscribe();
        if timeout(HELD, told.wait_for(|told| *told > 0)).await.is_err() {
            return Err(io::Error::other("no question was answered before this one's answer"));
        }
    }
    sleep(reply.after).await;
    match reply.manner {
        Manner::Hang => std::future::pending().await,
        Manner::Reset => Err(io::Error::other("reset, as the story says")),
        _ => Ok(response(reply)),
    }
}

fn response(reply: Reply) -> http::Response<Body> {
    let mut response = http::Response::builder().status(reply.status);
    if !reply.headers.iter().any(|(name, _)| name == "content-type") {
        response = response.header("content-type", "application/json");
    }
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    let bytes = Bytes::from(reply.body);
    let body = match reply.manner {
        Manner::Truncated => {
            response = response.header("content-length", bytes.len());
            let half = Ok(Frame::data(bytes.slice(..bytes.len() / 2)));
            let end = Err(io::Error::other("cut off, as the story says"));
            BodyExt::boxed(StreamBody::new(stream::iter([half, end])))
        }
        Manner::Drip => {
            let drops = stream::iter(bytes).chain(stream::repeat(b' ')).then(|byte| async move {
                sleep(Duration::from_millis(10)).await;
                Ok(Frame::data(Bytes::copy_from_slice(&[byte])))
            });
            BodyExt::boxed(StreamBody::new(drops))
        }
        Manner::Endless => {
            let blanks = Bytes::from_static(&[b' '; 16 << 10]);
            let flood = stream::iter([bytes]).chain(stream::repeat(blanks)).map(|bytes| Ok(Frame::data(bytes)));
            BodyExt::boxed(StreamBody::new(flood))
        }
        Manner::Whole | Manner::Hang | Manner::Reset => {
            Full::new(bytes).map_err(|never: Infallible| match never {}).boxed()
        }
    };
    response.body(body).unwrap()
}
