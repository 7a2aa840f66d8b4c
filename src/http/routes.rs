//! What is answered where.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use http::HeaderMap;

use super::accept::Form;
use super::around::around;
use super::origin::Origin;
use super::refused::Refused;
use super::{Desk, health, playground, socket, webhooks};

/// The path of questions.
pub(super) const GRAPHQL: &str = "/graphql";

/// Everything that is answered:
///
/// - `POST /graphql`: one question, [GraphQL over HTTP](https://graphql.github.io/graphql-over-http/draft/);
/// - `GET /graphql`: a WebSocket that speaks `graphql-transport-ws`;
/// - `GET /health/live`: 200; `GET /health/ready`: 200, or 503 for a server that is leaving, with what serves and how the
///   last reload went;
/// - `POST /webhooks/{source}`: what a vendor tells, where the settings know of such a webhook;
/// - `GET /`: the playground, where the settings want it, and beneath `/playground/` what it is made of. Nothing in it
///   comes from anywhere else.
///
/// Anything else is 404. Every response has `x-request-id`, the client's own where it is sane. What may be cached
/// are the playground's parts, and answers as far as `[http] cache_control` says.
/// Timeouts of connections are the affair of [`super::serve()`].
pub fn router(desk: Desk) -> Router {
    let (settings, lifecycle) = (desk.settings(), desk.lifecycle().clone());
    let graphql = post(ask).get(socket::open).options(preflight).fallback(wrong_method);
    let mut router = Router::new()
        .route(GRAPHQL, graphql)
        .route("/webhooks/{source}", post(webhooks::hear).get(webhooks::look).fallback(webhooks::wrong_method))
        .route("/health/live", get(async || "alive\n"))
        .route("/health/ready", get(health::ready));
    if settings.playground {
        router = router.merge(playground::routes(settings.first_query.as_deref()));
    }
    let router = router.fallback(nothing_here).with_state(desk);
    router.layer(from_fn_with_state(lifecycle, around))
}

async fn ask(State(desk): State<Desk>, request: Request) -> Response {
    let waiting = desk.lifecycle().waiting();
    desk.ask(request, &waiting).await.map(Body::from)
}

async fn preflight(State(desk): State<Desk>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let origin = Origin::of(&parts, &desk.settings().allowed_origins);
    let mut response = origin.preflight(&parts);
    origin.permit(&mut response);
    response
}

async fn wrong_method(headers: HeaderMap) -> Response {
    Refused::Method.response(Form::of(&headers).unwrap_or(Form::Json))
}

async fn nothing_here(headers: HeaderMap) -> Response {
    Refused::Path.response(Form::of(&headers).unwrap_or(Form::Json))
}
