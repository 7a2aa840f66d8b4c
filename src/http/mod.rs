//! GraphQL over HTTP and WebSocket: routes, limits, statuses, health and the way out.
//!
//! Never knows plans, sources or caches. Start reading at [`router`] for what is answered, at [`serve()`] for who is
//! listened to and how long; `refused.rs` is the one place where outcomes become statuses.

mod accept;
mod admin;
mod around;
mod bell;
mod budget;
mod connection;
mod desk;
mod health;
mod keeping;
mod lag;
mod lifecycle;
mod metrics;
mod origin;
mod peers;
mod playground;
mod question;
mod refused;
mod routes;
mod serve;
mod settings;
mod shelter;
mod socket;
mod talk;
#[cfg(test)]
mod tests;
mod waiting;
mod webhooks;

pub use admin::{Admin, AdminSettings};
pub use desk::Desk;
pub use keeping::CacheControl;
pub use lifecycle::{Lifecycle, Phase};
pub use metrics::sights;
pub use routes::router;
pub use serve::{serve, serve_beside};
pub use settings::{Settings, WebSocket};
