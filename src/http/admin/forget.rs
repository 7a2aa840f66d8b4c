//! Operators have the gateway forget, and look how it is.

use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::only_write;
use crate::gateway::{Forgotten, Purge};
use crate::http::accept::Form;
use crate::http::refused::Refused;
use crate::http::{Desk, Phase, question};

/// Longest body of an operator.
const MAX_BYTES: usize = 64 << 10;

pub(super) fn routes(desk: Desk) -> Router {
    Router::new()
        .route("/admin/purge", post(purge).fallback(only_write))
        .route("/admin/forget-customer", post(forget_customer).fallback(only_write))
        .route("/admin/status", get(status))
        .with_state(desk)
}

async fn purge(State(desk): State<Desk>, request: Request) -> Response {
    let purged = read(&desk, request).await.and_then(|purge| desk.live().now().purge(&purge).map_err(Refused::Part));
    told("purge", purged)
}

/// In a thread that may be busy for a while: the memory is given back before the answer says so.
async fn forget_customer(State(desk): State<Desk>, request: Request) -> Response {
    let forgotten = match read(&desk, request).await {
        Ok(Purge::Entity(name, Some(key))) => {
            let gateway = desk.live().now();
            let work = tokio::task::spawn_blocking(move || gateway.forget_entity(&name, &key));
            work.await.map_err(|_| Refused::Panicked).and_then(|done| done.map_err(Refused::Part))
        }
        Ok(_) => Err(Refused::Part("expected {\"entity\": …, \"key\": {…}}: whom to forget")),
        Err(refused) => Err(refused),
    };
    told("forget-customer", forgotten)
}

async fn read(desk: &Desk, request: Request) -> Result<Purge, Refused> {
    let (parts, body) = request.into_parts();
    question::check_type(&parts.headers)?;
    let body = question::whole(&parts.headers, body, MAX_BYTES, &desk.settings()).await?;
    Purge::read(&body).map_err(Refused::Part)
}

/// One line for whoever has to account for it, without values of keys; the same for the operator.
fn told(what: &'static str, forgotten: Result<Forgotten, Refused>) -> Response {
    match forgotten {
        Ok(forgotten) => {
            let (keys, whole) = (forgotten.keys.len(), forgotten.whole.len());
            tracing::info!(what, keys, whole, "an operator had something forgotten");
            written(&json!({ "forgotten": { "byKey": forgotten.keys, "whole": forgotten.whole } }))
        }
        Err(refused) => refused.response(Form::Json),
    }
}

async fn status(State(desk): State<Desk>) -> Response {
    let gateway = desk.live().now();
    let history = desk.live().history();
    let seconds = |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).as_ref().map_or(0, Duration::as_secs);
    let last = history.last.map(|last| json!({ "at": seconds(last.at), "refused": last.refused }));
    let sources: Vec<&str> = gateway.catalog().sources.iter().map(|source| source.name.as_str()).collect();
    written(&json!({
        "version": env!("CARGO_PKG_VERSION"),
        "ready": desk.lifecycle().phase() == Phase::Open,
        "sources": sources,
        "cache": { "bytes": gateway.cache().weight(), "keysInFlight": gateway.cache().in_flight() },
        "generation": history.generation,
        "since": seconds(history.since),
        "reloads": { "done": history.reloads, "refused": history.refusals, "last": last },
    }))
}

fn written(value: &Value) -> Response {
    ([(CONTENT_TYPE, Form::Json.media_type())], value.to_string()).into_response()
}
