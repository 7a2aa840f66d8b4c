//! `GET /metrics`: one look at everybody's numbers.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};

use super::Desk;
use crate::telemetry::catalogue::{BUILD, GENERATION, RELOADS, RESTART, TASKS};
use crate::telemetry::{Format, Page, measure_process};

/// `GET /metrics`: everything that is counted, for Prometheus: OpenMetrics where `Accept` asks for it, else Prometheus's
/// own text. For a door that clients do not come through.
pub fn sights(desk: Desk) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(desk)
}

async fn metrics(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    let mut page = Page::default();
    desk.live().now().measure(&mut page);
    desk.lifecycle().measure(&mut page);
    let history = desk.live().history();
    page.put(&RELOADS, &["taken"], history.reloads);
    page.put(&RELOADS, &["refused"], history.refusals);
    page.put(&GENERATION, &[], history.generation);
    page.put(&RESTART, &[], history.waiting.len() as u64);
    page.put(&BUILD, &[env!("CARGO_PKG_VERSION")], 1);
    page.put(&TASKS, &[], tokio::runtime::Handle::current().metrics().num_alive_tasks() as u64);
    measure_process(&mut page);
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let format = Format::of(accept);
    ([(CONTENT_TYPE, format.media_type())], page.write(format)).into_response()
}
