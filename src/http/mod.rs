//! GraphQL over HTTP and WebSocket: routes, limits, statuses, health and the way out.
//!
//! Never knows plans, sources or caches.

mod settings;

pub use settings::{Settings, WebSocket};
