//! What is answered where.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::accept::Form;
use super::around::around;
use super::origin::Origin;
use super::refused::{Refused, answered};
use super::{Lifecycle, Phase, Settings, playground, question, socket};
use crate::gateway::Gateway;

/// What handlers share.
#[derive(Clone)]
pub(super) struct Desk {
    pub gateway: Arc<Gateway>,
    pub settings: Arc<Settings>,
    pub lifecycle: Arc<Lifecycle>,
}

/// Everything that is answered:
///
/// - `POST /graphql`: one question, [GraphQL over HTTP](https://graphql.github.io/graphql-over-http/draft/);
/// - `GET /graphql`: a WebSocket that speaks `graphql-transport-ws`;
/// - `GET /health/live` and `GET /health/ready`: 200, or 503 for a server that is leaving;
/// - `GET /`: the playground, where the settings want it, and beneath `/playground/` what it is made of. Nothing in it
///   comes from anywhere else.
///
/// Anything else is 404. Every response has `x-request-id`, the client's own where it is sane. None but the
/// playground's parts may be cached.
/// Timeouts of connections are the affair of [`super::serve()`].
pub fn router(gateway: Arc<Gateway>, settings: &Settings, lifecycle: Arc<Lifecycle>) -> Router {
    routes(Desk::new(gateway, settings, lifecycle))
}

/// The path of questions.
pub(super) const GRAPHQL: &str = "/graphql";

pub(super) fn routes(desk: Desk) -> Router {
    let (settings, lifecycle) = (desk.settings.clone(), desk.lifecycle.clone());
    let graphql = post(ask).get(socket::open).options(preflight).fallback(wrong_method);
    let mut router = Router::new()
        .route(GRAPHQL, graphql)
        .route("/health/live", get(async || "alive\n"))
        .route("/health/ready", get(ready));
    if settings.playground {
        router = router.merge(playground::routes(settings.first_query.as_deref()));
    }
    let router = router.fallback(nothing_here).with_state(desk);
    router.layer(from_fn_with_state(lifecycle, around))
}

async fn ask(State(desk): State<Desk>, request: Request) -> Response {
    desk.ask(request).await.map(Body::from)
}

impl Desk {
    pub(super) fn new(gateway: Arc<Gateway>, settings: &Settings, lifecycle: Arc<Lifecycle>) -> Desk {
        Desk { gateway, settings: Arc::new(settings.clone()), lifecycle }
    }

    /// `POST /graphql`.
    pub(super) async fn ask<B>(&self, request: http::Request<B>) -> http::Response<Bytes>
    where
        B: HttpBody<Data = Bytes> + Unpin,
    {
        let Some(form) = Form::of(request.headers()) else { return Refused::NotAcceptable.told_in(Form::Json) };
        let (parts, body) = request.into_parts();
        let origin = Origin::of(&parts, &self.settings.allowed_origins);
        let mut response = match question::read(parts.headers, body, &self.settings).await {
            Ok(ask) => answered(form, self.gateway.answer(ask).await),
            Err(refused) => refused.told_in(form),
        };
        origin.permit(&mut response);
        response
    }
}

async fn preflight(State(desk): State<Desk>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let origin = Origin::of(&parts, &desk.settings.allowed_origins);
    let mut response = origin.preflight(&parts);
    origin.permit(&mut response);
    response
}

async fn ready(State(desk): State<Desk>) -> Response {
    match desk.lifecycle.phase() {
        Phase::Open => "ready\n".into_response(),
        Phase::Leaving | Phase::Closing => (StatusCode::SERVICE_UNAVAILABLE, "leaving\n").into_response(),
    }
}

async fn wrong_method(headers: HeaderMap) -> Response {
    Refused::Method.response(Form::of(&headers).unwrap_or(Form::Json))
}

async fn nothing_here(headers: HeaderMap) -> Response {
    Refused::Path.response(Form::of(&headers).unwrap_or(Form::Json))
}
