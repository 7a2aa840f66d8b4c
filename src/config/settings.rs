//! Everything an operator may set, room by room.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::places::Places;
use crate::{cache, gateway, hooks, http, operation, sources, telemetry, watch};

/// The settings of every room; their defaults where the file says nothing.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `[http]`.
    pub server: http::Settings,
    /// `[admin]`.
    pub admin: http::AdminSettings,
    /// `[gateway]`.
    pub gateway: gateway::Settings,
    /// `[limits]`.
    pub limits: operation::Limits,
    /// `[cache]`.
    pub cache: cache::Settings,
    /// `[telemetry]`.
    pub telemetry: telemetry::Settings,
    /// `[sources.NAME]`, by the name that `@source` gives.
    pub sources: BTreeMap<String, sources::Settings>,
    /// `[webhooks.NAME]`, by the name of their source.
    pub webhooks: BTreeMap<String, hooks::Settings>,
    /// `[connectors.ID]`, by the connector's id, or its coordinate where it has none.
    pub connectors: BTreeMap<String, Connector>,
    /// `[reload]`.
    pub reload: watch::Settings,
    /// No table of the file: a number for `admin`, for `telemetry`, for `cache` without its `answers`, and for each `sources.NAME`,
    /// equal where all that was written is, secrets included.
    pub written: BTreeMap<String, u64>,
    /// No table of the file: where it says what.
    pub places: Places,
}

/// `[connectors.ID]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Connector {
    /// Whether it is called. The fields of one that is not are answered as not linked.
    pub enabled: bool,
}

impl Default for Connector {
    fn default() -> Self {
        Connector { enabled: true }
    }
}
