//! A server that answers as a test says and notes what it was asked.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// What was asked once.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Method, path and query.
    pub line: String,
    pub body: String,
    pub authorization: String,
}

/// A server; it ends with the test's runtime.
pub struct Desk {
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Desk {
    pub async fn open<F>(answer: F) -> Desk
    where
        F: Fn(Seen) -> BoxFuture<'static, Response> + Send + Sync + 'static,
    {
        let (seen, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer));
        let log = seen.clone();
        let app = Router::new().fallback(move |request: Request| {
            let (log, answer) = (log.clone(), answer.clone());
            async move {
                let one = note(request).await;
                log.lock().unwrap().push(one.clone());
                answer(one).await
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Desk { url, seen }
    }

    /// Answers at once with what a function of the request says.
    pub async fn saying<F>(answer: F) -> Desk
    where
        F: Fn(&Seen) -> Response + Send + Sync + 'static,
    {
        Desk::open(move |seen| {
            let response = answer(&seen);
            Box::pin(async move { response })
        })
        .await
    }

    /// Answers every connection with the same bytes and closes it.
    pub async fn blurting(bytes: &'static [u8]) -> Desk {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut request = [0; 4096];
                    let _ = stream.read(&mut request).await;
                    let _ = stream.write_all(bytes).await;
                });
            }
        });
        Desk { url, seen: Arc::default() }
    }

    /// An address at which nobody listens.
    pub async fn nowhere() -> Desk {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Desk { url: format!("http://{}", listener.local_addr().unwrap()), seen: Arc::default() }
    }

    /// Method, path and query of each request, in order of arrival.
    pub fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn note(request: Request) -> Seen {
    let line = format!("{} {}", request.method(), request.uri());
    let authorization = request.headers().get("authorization").map_or("", |value| value.to_str().unwrap()).to_owned();
    let body = to_bytes(request.into_body(), 1 << 20).await.unwrap();
    Seen { line, body: String::from_utf8(body.to_vec()).unwrap(), authorization }
}

pub fn json(text: impl Into<String>) -> Response {
    status(200, text)
}

pub fn status(status: u16, text: impl Into<String>) -> Response {
    let text: String = text.into();
    Response::builder().status(status).header("content-type", "application/json").body(Body::from(text)).unwrap()
}

/// The value of a query parameter of a request line, undecoded.
pub fn parameter<'l>(line: &'l str, name: &str) -> &'l str {
    let query = line.split_once('?').map_or("", |(_, query)| query);
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or("")
}
