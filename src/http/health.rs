//! What is said of the server's health, to load balancers and to people.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{Desk, Phase};
use crate::gateway::{Attempt, History};

/// `GET /health/ready`: 200, or 503 for a server that is leaving; and what serves, since when, and how the last reload
/// went. Nothing in it names a system or quotes a setting.
pub(super) async fn ready(State(desk): State<Desk>) -> Response {
    let is_ready = desk.lifecycle().phase() == Phase::Open;
    let mut response = Response::new(Body::from(format!("{}\n", told(is_ready, &desk.live().history()))));
    if !is_ready {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

fn told(is_ready: bool, history: &History) -> Json {
    let time = |at| Timestamp::try_from(at).map_or(Json::Null, |at| json!(at.to_string()));
    let attempt = |attempt: &Attempt| json!({ "at": time(attempt.at), "refused": attempt.refused });
    json!({
        "ready": is_ready,
        "generation": history.generation,
        "since": time(history.since),
        "fingerprint": history.fingerprint.map(|fingerprint| format!("{fingerprint:016x}")),
        "restart": history.waiting,
        "reloads": { "done": history.reloads, "refused": history.refusals, "last": history.last.as_ref().map(attempt) },
    })
}
