//! The operators' door: a listener of its own, with a token before whatever tells or changes something.

mod forget;
mod guard;
mod settings;

pub use settings::AdminSettings;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use tokio::net::TcpListener;

use super::Desk;
use super::accept::Form;
use super::around::around;
use super::refused::Refused;
use guard::Guard;

/// Most connections of operators at once; the next one waits until one ends.
pub(super) const MAX_CONNECTIONS: usize = 64;

/// The operators' door, and what is to be seen through it.
pub struct Admin {
    /// Where operators connect.
    pub listener: TcpListener,
    /// Who they are.
    pub settings: AdminSettings,
    /// What may be read here beside what every gateway has, such as `GET /metrics`: routes that change nothing. They
    /// want no token where the settings say that metrics are open.
    pub sights: Router,
}

impl Admin {
    /// The door with what every gateway has behind it.
    pub fn new(listener: TcpListener, settings: AdminSettings) -> Admin {
        Admin { listener, settings, sights: Router::new() }
    }
}

/// Where operators connect, and everything that they may ask. Anything else is 404, with or without a token.
pub(super) fn open(admin: Admin, desk: &Desk) -> (TcpListener, Router) {
    let Admin { listener, settings, sights } = admin;
    let guard = Guard::new(settings.token.as_ref());
    let guarded = |router: Router| router.route_layer(from_fn_with_state(guard, guard::guard));
    let forget = forget::routes(desk.clone());
    let router = match settings.open_metrics {
        true => guarded(forget).merge(sights),
        false => guarded(forget.merge(sights)),
    };
    let router = router.fallback(nothing_here).method_not_allowed_fallback(only_read);
    (listener, router.layer(from_fn_with_state(desk.lifecycle().clone(), around)))
}

async fn nothing_here() -> Response {
    Refused::NoSight.response(Form::Json)
}

async fn only_read() -> Response {
    Refused::OtherMethod("GET, HEAD").response(Form::Json)
}

async fn only_write() -> Response {
    Refused::OtherMethod("POST").response(Form::Json)
}
