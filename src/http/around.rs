//! What every request gets, whatever it asks: an id, headers against caches, a net under panics.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt;
use http::header::{CACHE_CONTROL, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};

use super::Lifecycle;
use super::accept::Form;
use super::refused::{Reason, Refused};

/// Names the request in logs, here and at the sources that are told it.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id of a client that is handed on.
const MAX_ID_BYTES: usize = 128;

/// [`tended`] around whatever a route does.
pub(super) async fn around(State(lifecycle): State<Arc<Lifecycle>>, request: Request, next: Next) -> Response {
    tended(&lifecycle, request, |request| next.run(request)).await
}

/// Runs a handler. A panic in it becomes a fixed 500, and no other request notices.
pub(super) async fn tended<Asked, Told: From<Bytes>, Handling: Future<Output = http::Response<Told>>>(
    lifecycle: &Lifecycle,
    mut request: http::Request<Asked>,
    handle: impl FnOnce(http::Request<Asked>) -> Handling,
) -> http::Response<Told> {
    let id = request.headers().get(REQUEST_ID).filter(|id| is_sane(id)).cloned();
    let id = id.unwrap_or_else(|| lifecycle.request_id());
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let form = Form::of(request.headers()).unwrap_or(Form::Json);
    let mut response = AssertUnwindSafe(handle(request)).catch_unwind().await.unwrap_or_else(|_| {
        lifecycle.count_panic();
        tracing::error!(request_id = id.to_str().unwrap_or_default(), "a handler panicked");
        Refused::Panicked.told_in(form).map(Told::from)
    });
    let reason = response.extensions().get::<Reason>().map(|reason| reason.0);
    lifecycle.count_response(response.status(), reason);
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn is_sane(id: &HeaderValue) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=MAX_ID_BYTES).contains(&id.len()) && id.as_bytes().iter().all(is_plain)
}
