//! Who is listened to, how long, and how a server leaves.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use super::around::tended;
use super::connection::{Outgoing, Patient, Turns};
use super::routes::{GRAPHQL, router};
use super::{Desk, Phase};

/// Most bytes of one request's headers.
const MAX_HEADER_BYTES: u32 = 16 << 10;
/// Most headers of one request.
const MAX_HEADERS: usize = 100;
/// Most requests at once on one connection of HTTP/2.
const MAX_STREAMS: u32 = 100;
/// How often a quiet connection of HTTP/2 is asked whether it lives.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How long to wait when the system has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(50);

/// Serves until `stop` resolves, and then leaves: readiness says 503 at once; for `notice` connections are still
/// taken; then the port is closed, what is in flight has `drain` to finish, and what has not is cut.
///
/// # Errors
/// The listener has no address, which means that it is not open.
pub async fn serve(listener: TcpListener, desk: Desk, stop: impl Future<Output = ()> + Send) -> io::Result<()> {
    tracing::info!(address = %listener.local_addr()?, "listening");
    let lifecycle = desk.lifecycle().clone();
    let house = Arc::new(House { router: router(desk.clone()), desk: desk.clone() });
    let builder = builder();
    let graceful = GracefulShutdown::new();
    let permits = Arc::new(Semaphore::new(desk.settings().max_connections.min(Semaphore::MAX_PERMITS)));
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
            (stream, permit) = accept(&listener, &permits) => {
                let (stream, turns) = Patient::new(stream, &desk.settings());
                let connected = desk.lifecycle().connected();
                let house = house.clone();
                let service = service_fn(move |request| answer(house.clone(), turns.clone(), request));
                let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
                let connection = graceful.watch(connection.into_owned());
                connections.spawn(async move {
                    if let Err(why) = connection.await {
                        tracing::debug!(%why, "a connection ended early");
                    }
                    drop((permit, connected));
                });
            }
        }
    }
    drop(listener);
    lifecycle.enter(Phase::Closing);
    let finished = async {
        graceful.shutdown().await;
        lifecycle.sockets_closed().await;
    };
    if timeout(desk.settings().drain.0, finished).await.is_err() {
        tracing::warn!("not everything finished in time; the rest is cut");
    }
    Ok(())
}

/// The next connection, once there is room for it. Never fails for long: what fails is one connection, or the
/// system's room for more, which comes back.
async fn accept(listener: &TcpListener, permits: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    let permit = permits.clone().acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Without it answers wait for the client's acknowledgement; a connection that refuses is dead anyway.
                let _ = stream.set_nodelay(true);
                return (stream, permit);
            }
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
}

async fn answer(
    house: Arc<House>,
    turns: Turns,
    request: Request<Incoming>,
) -> Result<http::Response<Outgoing>, Infallible> {
    let turn = turns.begin(request.version());
    // Questions are by far the most of what comes: they go straight to the desk. The router does the same with them.
    if request.method() == Method::POST && request.uri().path() == GRAPHQL {
        let response = tended(house.desk.lifecycle(), request, |request| house.desk.ask(request)).await;
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
        .max_header_list_size(MAX_HEADER_BYTES)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_EVERY);
    builder
}
