//! One connection and the patience with it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http::Version;
use http_body_util::Full;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep, sleep_until};

use super::Settings;
use super::waiting::Waiting;

/// Up to so much is written in one piece.
const FLAT_BYTES: usize = 4 << 10;

/// A TCP connection whose reads and writes fail when the client lets it wait too long. hyper's own timer is one for
/// headers and for keep-alive together, and does not run before the protocol is known.
pub(super) struct Patient {
    stream: TcpStream,
    turns: Turns,
    reading: Pin<Box<Sleep>>,
    writing: Option<Pin<Box<Sleep>>>,
    write_timeout: Duration,
}

/// Whose turn it is on a connection. Shared by the connection and the requests on it.
#[derive(Clone)]
pub(super) struct Turns(Arc<Shared>);

struct Shared {
    turn: Mutex<Turn>,
    /// Told when the last request that a connection may carry has begun.
    spent: Notify,
    /// Of answers to its requests.
    waiting: Waiting,
}

struct Turn {
    /// Requests so far.
    begun: usize,
    /// After so many the connection is to end.
    max_requests: usize,
    /// Requests whose answers are not written yet.
    in_flight: usize,
    /// Requests since nothing was left to be read.
    unbroken: usize,
    /// A byte of the next request came.
    is_heard: bool,
    /// When the headers that are now awaited must be there; set when more than came at once has to be waited for.
    headers_due: Option<Instant>,
    /// When the next request was first waited for.
    idle_since: Option<Instant>,
    /// Frames of HTTP/2 also come while no request does, so single bytes say nothing.
    has_frames: bool,
    /// A socket has a patience of its own.
    is_upgraded: bool,
    header_timeout: Duration,
    idle_timeout: Duration,
}

/// A request on a connection, until its answer is handed over.
pub(super) struct Request {
    turns: Turns,
    is_last: bool,
    is_pipelined: bool,
}

/// The body of an answer; its request is over when it is dropped.
pub(super) struct Outgoing {
    body: Written,
    _request: Option<Request>,
}

/// A body as it was made: whole, or by a route.
pub(super) enum Written {
    Whole(Full<Bytes>),
    Routed(Body),
}

impl From<Full<Bytes>> for Written {
    fn from(body: Full<Bytes>) -> Written {
        Written::Whole(body)
    }
}

impl From<Body> for Written {
    fn from(body: Body) -> Written {
        Written::Routed(body)
    }
}

impl Outgoing {
    /// Of a connection that becomes a socket: no request's end is waited for.
    pub(super) fn of_upgrade(body: Body) -> Outgoing {
        Outgoing { body: body.into(), _request: None }
    }
}

impl Patient {
    pub(super) fn new(stream: TcpStream, settings: &Settings, waiting: Waiting) -> (Patient, Turns) {
        let now = Instant::now();
        let turn = Mutex::new(Turn {
            begun: 0,
            max_requests: settings.max_requests_per_connection.max(1),
            in_flight: 0,
            unbroken: 0,
            is_heard: true,
            headers_due: Some(now + settings.header_timeout.0),
            idle_since: None,
            has_frames: false,
            is_upgraded: false,
            header_timeout: settings.header_timeout.0,
            idle_timeout: settings.idle_timeout.0,
        });
        let turns = Turns(Arc::new(Shared { turn, spent: Notify::new(), waiting }));
        let reading = Box::pin(sleep_until(now + settings.header_timeout.0));
        let write_timeout = settings.write_timeout.0;
        (Patient { stream, turns: turns.clone(), reading, writing: None, write_timeout }, turns)
    }

    /// Nothing can be written now: how long already?
    fn stalled<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let until = Instant::now() + self.write_timeout;
        let timer = self.writing.get_or_insert_with(|| Box::pin(sleep_until(until)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn after_write<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_pending() {
            return self.stalled(cx);
        }
        self.writing = None;
        written
    }
}

impl Turns {
    fn now(&self) -> MutexGuard<'_, Turn> {
        self.0.turn.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The headers of a request are there.
    pub(super) fn begin(&self, version: Version) -> Request {
        let mut turn = self.now();
        turn.in_flight += 1;
        turn.unbroken += 1;
        turn.begun += 1;
        if turn.begun == turn.max_requests {
            self.0.spent.notify_one();
        }
        (turn.is_heard, turn.headers_due, turn.idle_since) = (false, None, None);
        turn.has_frames |= version == Version::HTTP_2;
        Request {
            is_last: turn.begun >= turn.max_requests,
            is_pipelined: turn.unbroken > 1 && !turn.has_frames,
            turns: self.clone(),
        }
    }

    /// Resolves once no further request should be taken.
    pub(super) async fn spent(&self) {
        self.0.spent.notified().await;
    }

    /// Whether nothing was asked yet.
    pub(super) fn is_new(&self) -> bool {
        self.now().begun == 0
    }
}

impl Turn {
    /// A byte came.
    fn heard(&mut self) {
        self.is_heard |= self.in_flight == 0 && !self.has_frames;
    }

    /// Nothing is left to be read: when patience ends.
    fn waits(&mut self) -> Option<Instant> {
        self.unbroken = 0;
        self.due()
    }

    /// When patience ends; nothing while it is ours to act. To be asked when there is something to wait for.
    fn due(&mut self) -> Option<Instant> {
        if self.in_flight > 0 || self.is_upgraded {
            return None;
        }
        if self.is_heard {
            return Some(*self.headers_due.get_or_insert_with(|| Instant::now() + self.header_timeout));
        }
        Some(*self.idle_since.get_or_insert_with(Instant::now) + self.idle_timeout)
    }
}

impl Request {
    /// Puts the request's end where its answer ends.
    pub(super) fn ends_with(self, body: impl Into<Written>) -> Outgoing {
        Outgoing { body: body.into(), _request: Some(self) }
    }

    /// What waits for its connection.
    pub(super) fn waiting(&self) -> &Waiting {
        &self.turns.0.waiting
    }

    /// Whether no other should follow on its connection.
    pub(super) fn is_last(&self) -> bool {
        self.is_last
    }

    /// Whether it was there when the one before it was answered.
    pub(super) fn is_pipelined(&self) -> bool {
        self.is_pipelined
    }

    /// The connection becomes a socket.
    pub(super) fn upgrades(self) {
        self.turns.now().is_upgraded = true;
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.turns.now().in_flight -= 1;
    }
}

impl AsyncRead for Patient {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Poll::Ready(read) = Pin::new(&mut this.stream).poll_read(cx, buffer) {
            this.turns.now().heard();
            return Poll::Ready(read);
        }
        loop {
            // The timer is only ever set earlier: while it runs too late for nobody, it is asked for nothing. When it
            // rings it is set anew, to when patience ends by then.
            let due = this.turns.now().waits();
            if due.is_some_and(|due| due < this.reading.deadline()) || this.reading.is_elapsed() {
                let recheck = || Instant::now() + this.turns.now().idle_timeout;
                this.reading.as_mut().reset(due.unwrap_or_else(recheck));
            }
            ready!(this.reading.as_mut().poll(cx));
            if this.turns.now().due().is_some_and(|due| due <= Instant::now()) {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
    }
}

impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.after_write(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length: usize = slices.iter().map(|slice| slice.len()).sum();
        let written = if length <= FLAT_BYTES {
            // A head and a short body in one piece cost the system less than the two of them.
            let mut flat = Vec::with_capacity(length);
            slices.iter().for_each(|slice| flat.extend_from_slice(slice));
            Pin::new(&mut self.stream).poll_write(cx, &flat)
        } else {
            Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
        };
        self.after_write(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match &mut self.body {
            Written::Whole(body) => Pin::new(body).poll_frame(cx).map_err(|never| match never {}),
            Written::Routed(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            Written::Whole(body) => body.is_end_stream(),
            Written::Routed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Written::Whole(body) => body.size_hint(),
            Written::Routed(body) => body.size_hint(),
        }
    }
}
