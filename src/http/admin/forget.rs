//! Operators have the gateway forget, and look how it is.

use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::only_write;
use crate::gateway::{Farewell, Forgotten, Gone, Purge, Said, What};
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
    match purged(&desk, request).await {
        Ok(forgotten) => {
            let (keys, whole) = (forgotten.keys.len(), forgotten.whole.len());
            tracing::info!(keys, whole, "an operator had something forgotten");
            written(&json!({ "forgotten": { "byKey": forgotten.keys, "whole": forgotten.whole } }))
        }
        Err(refused) => refused.response(Form::Json),
    }
}

/// In a thread that may be busy for a while: everything that is kept may have to be looked at.
async fn purged(desk: &Desk, request: Request) -> Result<Forgotten, Refused> {
    let purge = read(desk, request).await?;
    let gateway = desk.live().now();
    let work = tokio::task::spawn_blocking(move || gateway.purge(&purge));
    work.await.map_err(|_| Refused::Panicked)?.map_err(Refused::Part)
}

/// One line for whoever has to account for it, without values of keys; more for the operator, without them too.
async fn forget_customer(State(desk): State<Desk>, request: Request) -> Response {
    let forgotten = match read(&desk, request).await {
        Ok(Purge::Entity(name, Some(key))) => desk.live().now().forget_entity(&name, key).await.map_err(Refused::Part),
        Ok(_) => Err(Refused::Part("expected {\"entity\": …, \"key\": {…}}: whom to forget")),
        Err(refused) => Err(refused),
    };
    match forgotten {
        Ok(farewell) => {
            let whole = farewell.gone.iter().filter(|gone| matches!(gone.what, What::Whole(_))).count();
            let (connectors, everywhere) = (farewell.gone.len(), farewell.is_everywhere);
            let Farewell { records, answers, .. } = farewell;
            tracing::info!(connectors, whole, records, answers, everywhere, "an operator had a customer forgotten");
            written(&report(&farewell))
        }
        Err(refused) => refused.response(Form::Json),
    }
}

fn report(farewell: &Farewell) -> Value {
    let gone = farewell.gone.iter().map(|Gone { connector, ty, source, what }| match what {
        What::Keys(keys) => json!({ "connector": connector, "type": ty, "source": source, "keys": keys }),
        What::Whole(why) => json!({ "connector": connector, "type": ty, "source": source, "whole": why }),
    });
    let asked = farewell.asked.iter().map(|(source, said)| match said {
        Said::Found => json!({ "source": source, "said": "FOUND" }),
        Said::Absent => json!({ "source": source, "said": "ABSENT" }),
        Said::Failed(code) => json!({ "source": source, "said": "FAILED", "code": code.as_str() }),
    });
    json!({
        "forgotten": gone.collect::<Vec<_>>(),
        "fields": farewell.fields,
        "asked": asked.collect::<Vec<_>>(),
        "memory": {
            "records": farewell.records,
            "bytes": farewell.bytes,
            "answers": farewell.answers,
            "operations": farewell.operations,
        },
        "everywhere": farewell.is_everywhere,
    })
}

async fn read(desk: &Desk, request: Request) -> Result<Purge, Refused> {
    let (parts, body) = request.into_parts();
    question::check_type(&parts.headers)?;
    let body = question::whole(&parts.headers, body, MAX_BYTES, &desk.settings()).await?;
    Purge::read(&body).map_err(Refused::Part)
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
