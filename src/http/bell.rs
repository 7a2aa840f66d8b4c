//! What wakes a connection: everything but itself.
//!
//! hyper (1.12) wakes a connection of HTTP/1 when a piece of its request's body is taken, so that it reads the next one,
//! also where that piece was the last. Most bodies are one piece, so each question would have its connection looked at
//! once more for nothing, and everything with it that the answer waits for. A [`Bell`] stands between the two and does
//! not ring for that.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use hyper::body::{Body, Frame, SizeHint};

thread_local! {
    /// What happens on this thread. Only what wakes from within the taking is held back: bells are rung on others meanwhile.
    static TAKING: Cell<Taking> = const { Cell::new(Taking::Nothing) };
}

/// Whether a piece of a body is being taken.
#[derive(Clone, Copy, PartialEq)]
enum Taking {
    Nothing,
    Piece,
    /// One is, and a bell was held back.
    Muted,
}

/// Takes a piece; the second says whether a bell was held back.
fn muted<T>(take: impl FnOnce() -> T) -> (T, bool) {
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            TAKING.set(Taking::Nothing);
        }
    }
    let end = End;
    TAKING.set(Taking::Piece);
    let taken = take();
    let is_muted = TAKING.get() == Taking::Muted;
    drop(end);
    (taken, is_muted)
}

/// Wakes the task of one connection.
#[derive(Default)]
pub(super) struct Bell(AtomicWaker);

impl Bell {
    /// Polls a connection that is to be woken by the bell, on the task that `context` is of.
    pub fn polled<F: Future>(self: &Arc<Self>, connection: Pin<&mut F>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.0.register(context.waker());
        connection.poll(&mut Context::from_waker(&Waker::from(self.clone())))
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        match TAKING.get() {
            Taking::Nothing => self.0.wake(),
            Taking::Piece | Taking::Muted => TAKING.set(Taking::Muted),
        }
    }
}

/// The body of a request of HTTP/1, whose last piece is taken without waking its connection.
pub(super) struct Taken<B>(pub B);

impl<B: Body<Data = Bytes> + Unpin> Body for Taken<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let (piece, is_muted) = muted(|| Pin::new(&mut self.0).poll_frame(context));
        // Where more is to come, the connection was right to want to know.
        if is_muted && !(piece.is_ready() && self.0.is_end_stream()) {
            context.waker().wake_by_ref();
        }
        piece
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use http::{Request, Response};
    use http_body_util::{BodyExt, Full};
    use hyper::body::Incoming;
    use hyper::server::conn::http1;
    use hyper::service::service_fn;
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::sync::oneshot;
    use tokio::task::yield_now;

    use super::{Bell, Bytes, Taken};

    /// A connection that answers with what it was sent once it may; how often it was looked at.
    async fn echo(stream: DuplexStream, looks: Arc<AtomicUsize>, may: oneshot::Receiver<()>) {
        let may = std::sync::Mutex::new(Some(may));
        let service = service_fn(move |request: Request<Incoming>| {
            let may = may.lock().unwrap().take();
            async move {
                let body = Taken(request.into_body()).collect().await.unwrap().to_bytes();
                may.unwrap().await.unwrap();
                Ok::<_, Infallible>(Response::new(Full::<Bytes>::new(body)))
            }
        });
        let mut connection = pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        let bell = Arc::new(Bell::default());
        let look = poll_fn(|context| {
            looks.fetch_add(1, Ordering::SeqCst);
            bell.polled(connection.as_mut(), context)
        });
        look.await.unwrap();
    }

    /// What is answered to a request that comes in these parts, and how often was looked before it might be.
    async fn asked(parts: &[&str]) -> (String, usize) {
        let (mut near, far) = duplex(4096);
        let (looks, (allow, may)) = (Arc::new(AtomicUsize::new(0)), oneshot::channel());
        let serving = tokio::spawn(echo(far, looks.clone(), may));
        for part in parts {
            near.write_all(part.as_bytes()).await.unwrap();
            for _ in 0..9 {
                yield_now().await;
            }
        }
        let looked = looks.load(Ordering::SeqCst);
        allow.send(()).unwrap();
        let mut answer = String::new();
        tokio::time::timeout(Duration::from_secs(9), near.read_to_string(&mut answer)).await.unwrap().unwrap();
        serving.await.unwrap();
        (answer.rsplit("\r\n").next().unwrap().to_owned(), looked)
    }

    #[tokio::test]
    async fn a_question_that_comes_at_once_has_its_connection_looked_at_once() {
        let whole = "POST / HTTP/1.1\r\nconnection: close\r\ncontent-length: 4\r\n\r\nwhat";
        assert_eq!(asked(&[whole]).await, ("what".to_owned(), 1));
    }

    #[tokio::test]
    async fn a_body_in_pieces_is_read_to_its_end() {
        let head = "POST / HTTP/1.1\r\nconnection: close\r\ncontent-length: 6\r\n\r\n";
        assert_eq!(asked(&[head, "wh", "at", "so"]).await.0, "whatso");
        let chunked =
            "POST / HTTP/1.1\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n2\r\nwh\r\n2\r\nat\r\n0\r\n\r\n";
        assert_eq!(asked(&[chunked]).await.0, "what");
    }

    #[tokio::test]
    async fn whoever_waits_to_be_told_to_go_on_is_told() {
        let head = "POST / HTTP/1.1\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n";
        assert_eq!(asked(&[head, "what"]).await.0, "what");
    }
}
