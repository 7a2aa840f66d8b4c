//! `/webhooks/{source}`: what vendors tell.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;

use super::accept::Form;
use super::refused::Refused;
use super::{Desk, question};
use crate::gateway::{Delivery, Denied};

/// `POST`: 204 where it was heard, and 200 where it was heard before, which changes nothing: a vendor that missed our
/// answer sends again, and would go on if it were refused. 200 with what the vendor wants to read where it wants to. 401
/// without a word more where it is not the vendor who speaks, or not now.
pub(super) async fn hear(State(desk): State<Desk>, Path(source): Path<String>, request: Request) -> Response {
    heard(&desk, source, request).await.unwrap_or_else(|refused| refused.response(Form::Json))
}

async fn heard(desk: &Desk, source: String, request: Request) -> Result<Response, Refused> {
    let gateway = desk.live().now();
    let hook = gateway.hook(&source).ok_or(Refused::Path)?;
    let acknowledgement = hook.acknowledgement();
    let (parts, body) = request.into_parts();
    let body = question::whole(&parts.headers, body, hook.max_bytes(), &desk.settings()).await?;
    let turn = gateway.turn().await;
    let name = source.clone();
    // It may have to look through all that is kept.
    let hearing = tokio::task::spawn_blocking(move || {
        let (method, query) = (parts.method.as_str(), parts.uri.query());
        let heard = gateway.hear(&name, &Delivery { method, query, headers: &parts.headers, body: &body });
        drop(turn);
        heard
    });
    let status = match hearing.await.map_err(|_| Refused::Panicked)? {
        Ok(forgotten) => {
            let (keys, whole) = (forgotten.keys.len(), forgotten.whole.len());
            tracing::debug!(source, keys, whole, "a webhook was heard");
            StatusCode::NO_CONTENT
        }
        Err(Denied::Replayed) => StatusCode::OK,
        Err(Denied::Unreadable) => return Err(Refused::WebhookBody),
        Err(denied) => {
            tracing::warn!(source, ?denied, "a webhook was refused");
            return Err(Refused::Webhook);
        }
    };
    Ok(match acknowledgement {
        Some((media_type, body)) => ([(CONTENT_TYPE, media_type)], body).into_response(),
        None => status.into_response(),
    })
}

/// `GET`, `HEAD`: some vendors look whether anybody is there before they speak.
pub(super) async fn look(State(desk): State<Desk>, Path(source): Path<String>) -> Response {
    match desk.live().now().hook(&source) {
        Some(hook) if hook.is_looked_at() => StatusCode::NO_CONTENT.into_response(),
        Some(_) => Refused::OtherMethod("POST").response(Form::Json),
        None => Refused::Path.response(Form::Json),
    }
}

pub(super) async fn wrong_method() -> Response {
    Refused::OtherMethod("POST").response(Form::Json)
}
