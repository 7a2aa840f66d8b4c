//! What a schema's texts are understood as. Where none of them changed, a reload goes on with what the gateway before it
//! has, and costs what its settings cost.

use std::sync::Arc;

use ring::digest::{Context, SHA256};

use crate::catalog::{Catalog, Connector};
use crate::config::Settings;
use crate::gateway::Gateway;
use crate::operation::Contract;
use crate::sdl::SourceText;

/// A schema that was read without complaint.
pub(super) struct Understood {
    pub catalog: Arc<Catalog>,
    pub contract: Contract,
    /// The contract's text.
    pub contract_sdl: String,
}

impl Understood {
    /// What a gateway has, if it was made of texts with this digest, and with the switches that are set.
    pub fn by(gateway: &Gateway, texts: &[u8], settings: &Settings) -> Option<Understood> {
        let catalog = gateway.catalog();
        let is_set = |connector: &Connector| {
            let switch = settings.connectors.get(&connector.id);
            connector.enabled == switch.is_none_or(|switch| switch.enabled)
        };
        let is_there = |id: &String| catalog.connectors.iter().any(|connector| connector.id == *id);
        let is_same =
            catalog.texts == texts && catalog.connectors.iter().all(is_set) && settings.connectors.keys().all(is_there);
        is_same.then(|| Understood {
            catalog: catalog.clone(),
            contract: gateway.contract().clone(),
            contract_sdl: gateway.contract_sdl().to_owned(),
        })
    }
}

/// Tells texts from others.
pub(super) fn digest(files: &[SourceText]) -> Vec<u8> {
    let mut whole = Context::new(&SHA256);
    for SourceText { name, text } in files {
        for part in [name, text] {
            whole.update(&(part.len() as u64).to_le_bytes());
            whole.update(part.as_bytes());
        }
    }
    whole.finish().as_ref().to_vec()
}
