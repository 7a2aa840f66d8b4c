//! A WebSocket is opened: who may, and how many.

use async_graphql_axum::GraphQLProtocol;
use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{FromRequestParts, Request, State};
use axum::response::Response;
use http::header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL, UPGRADE};

use super::accept::Form;
use super::origin::Origin;
use super::refused::Refused;
use super::{Desk, talk};

/// The one protocol that is spoken; its predecessor `graphql-ws` is retired.
const PROTOCOL: &str = "graphql-transport-ws";

/// Answers `GET /graphql`: a handshake, or the reason why there is none.
pub(super) async fn open(
    State(desk): State<Desk>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request,
) -> Response {
    let form = Form::of(request.headers()).unwrap_or(Form::Json);
    match shake_hands(desk, upgrade.ok(), request).await {
        Ok(response) => response,
        Err(refused) => refused.response(form),
    }
}

async fn shake_hands(desk: Desk, upgrade: Option<WebSocketUpgrade>, request: Request) -> Result<Response, Refused> {
    let (mut parts, _) = request.into_parts();
    let Some(upgrade) = upgrade else {
        return Err(if parts.headers.contains_key(UPGRADE) { Refused::Handshake } else { Refused::Method });
    };
    let settings = desk.settings();
    if Origin::of(&parts, &settings.allowed_origins) == Origin::Foreign {
        return Err(Refused::Origin);
    }
    let mut offered = parts.headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    if !offered.any(|list| list.split(',').any(|name| name.trim() == PROTOCOL)) {
        return Err(Refused::Handshake);
    }
    let headers = Arc::new(parts.headers.clone());
    // Of several offers the library would take the first it knows, the retired protocol among them.
    parts.headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    let protocol = GraphQLProtocol::from_request_parts(&mut parts, &()).await.map_err(|_| Refused::Handshake)?;
    let permit = desk.lifecycle().socket().ok_or(Refused::SocketsFull)?;
    let max_bytes = settings.websocket.max_message.bytes();
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(max_bytes).max_frame_size(max_bytes);
    Ok(upgrade.on_upgrade(async move |socket| {
        talk::talk(socket, protocol, desk, headers).await;
        drop(permit);
    }))
}
