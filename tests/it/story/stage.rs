//! A gateway for one story, before mock upstreams.

use std::collections::BTreeMap;
use std::sync::Arc;

use c360::cache::Cache;
use c360::gateway::{Gateway, Parts};
use c360::operation::{Contract, Limits};
use c360::sdl::Reading;
use c360::sources::Sources;
use c360::{cache, gateway, sources};
use serde::Deserialize;

use super::upstream::Board;

/// `gateway.toml`, as far as stories need it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    sources: BTreeMap<String, sources::Settings>,
    cache: cache::Settings,
    gateway: gateway::Settings,
    limits: Limits,
}

/// Builds the gateway: each source of the schema is called at a mock of its own, under the path its address has.
pub async fn build(reading: Reading, settings: &str, board: &Arc<Board>) -> Result<Arc<Gateway>, String> {
    let mut settings: Settings = toml::from_str(settings).map_err(|why| format!("gateway.toml: {why}"))?;
    for source in &reading.catalog.sources {
        let origin = board.open(&source.name).await.map_err(|why| why.to_string())?;
        let path =
            source.base_url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
        settings.sources.entry(source.name.clone()).or_default().url = Some(format!("{origin}/{path}"));
    }
    let catalog = Arc::new(reading.catalog);
    let no_environment = Arc::new(|_: &str| None);
    let sources = Sources::new(catalog.clone(), &settings.sources, no_environment, None)
        .map_err(|problems| problems.iter().map(|problem| format!("{problem}\n")).collect::<String>())?;
    Ok(Arc::new(Gateway::new(Parts {
        catalog,
        contract: Contract::read(&reading.contract)?,
        contract_sdl: reading.contract,
        sources: Arc::new(sources),
        cache: Arc::new(Cache::new(settings.cache)),
        limits: settings.limits,
        settings: settings.gateway,
    })))
}
