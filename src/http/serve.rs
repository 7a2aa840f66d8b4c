//! Who is listened to, how long, and how a server leaves.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures_util::StreamExt;
use futures_util::future::join;
use futures_util::stream::FuturesUnordered;
use http::header::{AUTHORIZATION, CONNECTION, HeaderValue, TRANSFER_ENCODING};
use http::{Method, Request, StatusCode, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::{JoinSet, yield_now};
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use super::accept::Form;
use super::admin::{self, Admin};
use super::around::tended;
use super::bell::{Bell, Taken};
use super::connection::{Outgoing, Patient, Request as Turn, Turns};
use super::peers::{Peers, Place};
use super::refused::Refused;
use super::routes::{GRAPHQL, router};
use super::{Desk, Phase, lag};

/// Most bytes of one request's headers.
const MAX_HEADER_BYTES: u32 = 16 << 10;
/// Most headers of one request.
const MAX_HEADERS: usize = 100;
/// Most requests at once on one connection of HTTP/2.
const MAX_STREAMS: u32 = 100;
/// Streams that a client opened and took back, or that were refused, before its connection is cut: CVE-2023-44487.
const MAX_RESETS: usize = 20;
/// How often a quiet connection of HTTP/2 is asked whether it lives.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How long to wait when the system has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(50);

/// How long a connection that was just taken may still begin its first request when the server closes.
const LATE_START: Duration = Duration::from_millis(300);
/// How long operators' requests may take to finish when everybody else has left.
const OPERATORS_FINISH: Duration = Duration::from_secs(1);

/// Serves until `stop` resolves, and then leaves: readiness says 503 at once; for `notice` connections are still
/// taken, and every answer is the last on its connection; then the port is closed, what is in flight has `drain` to finish, and what has not is cut.
///
/// # Errors
/// The listener has no address, or cannot be told apart from the runtime: it is not open.
pub async fn serve(listener: TcpListener, desk: Desk, stop: impl Future<Output = ()> + Send) -> io::Result<()> {
    tracing::info!(address = %listener.local_addr()?, "listening");
    let lifecycle = desk.lifecycle().clone();
    let house =
        Arc::new(House { router: router(desk.clone()), desk: desk.clone(), builder: builder(), takes_questions: true });
    let permits = Arc::new(Semaphore::new(desk.settings().max_connections.min(Semaphore::MAX_PERMITS)));
    let peers = Peers::default();
    let mut watching = JoinSet::new();
    watching.spawn(lag::watch(desk.clone()));
    // Dropping the set cuts what is still in it.
    let mut connections = JoinSet::new();
    let mut leave = pin!(async {
        stop.await;
        lifecycle.enter(Phase::Leaving);
        sleep(desk.settings().notice.0).await;
    });
    loop {
        tokio::select! {
            () = &mut leave => break,
            Some(_) = connections.join_next() => {}
            (stream, peer, permit) = accept(&listener, &permits) => {
                if let Some(place) = peers.place(peer, desk.settings().max_connections_per_peer) {
                    connections.spawn(carry(house.clone(), stream, (permit, Some(place))));
                }
            }
        }
    }
    // Whoever was let in by the system but not yet by us is answered too. The system itself is asked: the runtime may not
    // have been told of them yet.
    let listener = listener.into_std()?;
    while let (Ok(permit), Ok((stream, _))) = (permits.clone().try_acquire_owned(), listener.accept()) {
        if let Ok(stream) = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream)) {
            connections.spawn(carry(house.clone(), stream, (permit, None::<Place>)));
        }
    }
    drop(listener);
    lifecycle.enter(Phase::Closing);
    let finished = async {
        while connections.join_next().await.is_some() {}
        lifecycle.sockets_closed().await;
    };
    if timeout(desk.settings().drain.0, finished).await.is_err() {
        tracing::warn!("not everything finished in time; the rest is cut");
    }
    Ok(())
}

/// The same with a door for operators beside it, which stays open until everybody else has left, so that the leaving can
/// be watched.
///
/// # Errors
/// The clients' listener has no address, which means that it is not open.
pub async fn serve_beside(
    listener: TcpListener,
    desk: Desk,
    admin: Option<Admin>,
    stop: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let (left, has_left) = oneshot::channel::<()>();
    let clients = async {
        let served = serve(listener, desk.clone(), stop).await;
        drop(left);
        served
    };
    let operators = async {
        if let Some(admin) = admin {
            attend(admin, &desk, has_left).await;
        }
    };
    join(clients, operators).await.0
}

/// Answers operators until `left` is dropped.
async fn attend(admin: Admin, desk: &Desk, mut left: oneshot::Receiver<()>) {
    let (listener, router) = admin::open(admin, desk);
    let house = Arc::new(House { router, desk: desk.clone(), builder: builder(), takes_questions: false });
    let permits = Arc::new(Semaphore::new(admin::MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut left => break,
            Some(_) = connections.join_next() => {}
            (stream, _, permit) = accept(&listener, &permits) => {
                connections.spawn(carry(house.clone(), stream, permit));
            }
        }
    }
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    if timeout(OPERATORS_FINISH, finished).await.is_err() {
        tracing::warn!("an operator's request did not finish in time");
    }
}

/// Answers on one connection until it ends. `room` is what it takes up.
async fn carry<Room>(house: Arc<House>, stream: TcpStream, room: Room) {
    // Without it answers wait for the client's acknowledgement; a connection that refuses is dead anyway.
    let _ = stream.set_nodelay(true);
    let (stream, turns) = Patient::new(stream, &house.desk.settings(), house.desk.lifecycle().waiting());
    let _connected = house.desk.lifecycle().connected();
    let service = {
        let (house, turns) = (house.clone(), turns.clone());
        service_fn(move |request| answer(house.clone(), turns.clone(), request))
    };
    let mut connection = pin!(house.builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let bell = Arc::new(Bell::default());
    let winding_down = async {
        tokio::select! {
            () = house.desk.lifecycle().closing() => {}
            () = turns.spent() => return,
        }
        // What was sent to a connection that nothing was asked on yet may be on its way from the system to us.
        if turns.is_new() {
            sleep(LATE_START).await;
        }
    };
    // Alone in its queue it is looked at when it is told something, and not whenever the connection is.
    let mut winding_down = pin!(FuturesUnordered::from_iter([winding_down]));
    let ended = loop {
        tokio::select! {
            biased;
            ended = poll_fn(|context| bell.polled(connection.as_mut(), context)) => break ended,
            Some(()) = winding_down.next() => connection.as_mut().graceful_shutdown(),
        }
    };
    if let Err(why) = ended {
        tracing::debug!(%why, "a connection ended early");
    }
    drop(room);
}

/// The next connection, once there is room for it. Never fails for long: what fails is one connection, or the
/// system's room for more, which comes back.
async fn accept(listener: &TcpListener, permits: &Arc<Semaphore>) -> (TcpStream, IpAddr, OwnedSemaphorePermit) {
    let permit = permits.clone().acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer.ip(), permit),
            Err(why) => {
                tracing::warn!(%why, "a connection could not be accepted");
                sleep(NO_ROOM).await;
            }
        }
    }
}

/// What connections share.
struct House {
    desk: Desk,
    router: Router,
    builder: Builder<TokioExecutor>,
    takes_questions: bool,
}

async fn answer(
    house: Arc<House>,
    turns: Turns,
    request: Request<Incoming>,
) -> Result<http::Response<Outgoing>, Infallible> {
    let (version, turn) = (request.version(), turns.begin(request.version()));
    let is_last = version < Version::HTTP_2
        && (house.desk.lifecycle().is_leaving() || turn.is_last() || request.headers().contains_key(TRANSFER_ENCODING));
    if turn.is_pipelined() {
        // Who asks without waiting for answers keeps a thread to itself else, until nothing of it is left.
        yield_now().await;
    }
    let mut response = answered(&house, turn, request).await?;
    if is_last && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

async fn answered(
    house: &House,
    turn: Turn,
    request: Request<Incoming>,
) -> Result<http::Response<Outgoing>, Infallible> {
    // Two systems that read one of two credentials each need not read the same.
    if request.headers().get_all(AUTHORIZATION).iter().nth(1).is_some() {
        let form = Form::of(request.headers()).unwrap_or(Form::Json);
        let refused = async |_| Refused::Doubled.told_in(form);
        let response = tended(house.desk.lifecycle(), request, refused).await;
        return Ok(response.map(|body| turn.ends_with(Full::new(body))));
    }
    // Questions are by far the most of what comes: they go straight to the desk. The router does the same with them.
    if house.takes_questions && request.method() == Method::POST && request.uri().path() == GRAPHQL {
        let (lifecycle, waiting) = (house.desk.lifecycle(), turn.waiting());
        let response = match request.version() < Version::HTTP_2 {
            true => tended(lifecycle, request.map(Taken), |request| house.desk.ask(request, waiting)).await,
            false => tended(lifecycle, request, |request| house.desk.ask(request, waiting)).await,
        };
        return Ok(response.map(|body| turn.ends_with(Full::new(body))));
    }
    let response = house.router.clone().oneshot(request.map(Body::new)).await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        turn.upgrades();
        return Ok(response.map(Outgoing::of_upgrade));
    }
    Ok(response.map(|body| turn.ends_with(body)))
}

/// Timeouts of headers and of idle connections are [`Patient`]'s.
fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_headers(MAX_HEADERS)
        .max_buf_size(usize::try_from(MAX_HEADER_BYTES).unwrap_or(usize::MAX))
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_pending_accept_reset_streams(MAX_RESETS)
        .max_local_error_reset_streams(MAX_RESETS)
        .max_header_list_size(MAX_HEADER_BYTES)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_EVERY);
    builder
}
