//! `/webhooks/{source}`: what vendors tell.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::accept::Form;
use super::refused::Refused;
use super::{Desk, question};
use crate::gateway::{Delivery, Denied};

/// `POST`: 204 where it was heard, and 200 where it was heard before, which changes nothing: a vendor that missed our
/// answer sends again, and would go on if it were refused. 401 without a word more where it is not the vendor who
/// speaks, or not now.
pub(super) async fn hear(State(desk): State<Desk>, Path(source): Path<String>, request: Request) -> Response {
    match heard(&desk, &source, request).await {
        Ok(status) => status.into_response(),
        Err(refused) => refused.response(Form::Json),
    }
}

async fn heard(desk: &Desk, source: &str, request: Request) -> Result<StatusCode, Refused> {
    let gateway = desk.live().now();
    let hook = gateway.hook(source).ok_or(Refused::Path)?;
    let (parts, body) = request.into_parts();
    let body = question::whole(&parts.headers, body, hook.max_bytes(), &desk.settings()).await?;
    let (method, query) = (parts.method.as_str(), parts.uri.query());
    let delivery = Delivery { method, query, headers: &parts.headers, body: &body };
    match gateway.hear(source, hook, &delivery) {
        Ok(forgotten) => {
            let (keys, whole) = (forgotten.keys.len(), forgotten.whole.len());
            tracing::debug!(source, keys, whole, "a webhook was heard");
            Ok(StatusCode::NO_CONTENT)
        }
        Err(Denied::Replayed) => Ok(StatusCode::OK),
        Err(Denied::Unreadable) => Err(Refused::WebhookBody),
        Err(denied) => {
            tracing::warn!(source, ?denied, "a webhook was refused");
            Err(Refused::Webhook)
        }
    }
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
