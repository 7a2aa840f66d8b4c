//! A gateway for one story, before mock upstreams.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use c360::catalog::Source;
use c360::config;
use c360::gateway::Gateway;
use c360::sdl::SourceText;
use c360::startup::{Folder, assemble};

use super::upstream::Board;

/// Builds the gateway: each source of the schema is called at a mock of its own, under the path its address has.
/// Errors: everything that is wrong with schema or settings, as people read it.
pub async fn build(files: &[SourceText], settings: &str, board: &Arc<Board>) -> Result<Arc<Gateway>, String> {
    let reading = c360::sdl::read(files).map_err(|problems| lines(&problems))?;
    let mut origins = BTreeMap::new();
    for source in &reading.catalog.sources {
        let origin = board.open(&source.name).await.map_err(|why| why.to_string())?;
        origins.insert(format!("{}_ORIGIN", source.name.to_uppercase()), origin);
    }
    let environment = |name: &str| origins.get(name).cloned();
    let no_environment = |_: &str| None;
    let mut settings = config::read_text("gateway.toml", settings, Path::new(""), &environment)
        .map_err(|problems| lines(&problems))?;
    for source in &reading.catalog.sources {
        let origin = &origins[&format!("{}_ORIGIN", source.name.to_uppercase())];
        settings.sources.entry(source.name.clone()).or_default().url = Some(format!("{origin}/{}", path(source)));
    }
    let folder = Folder { files: files.to_vec(), settings };
    let assembled = assemble(folder, Arc::new(no_environment), None).map_err(|faults| faults.to_string())?;
    Ok(assembled.gateway)
}

fn path(source: &Source) -> &str {
    source.base_url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path)
}

fn lines(problems: &[impl ToString]) -> String {
    problems.iter().map(|problem| problem.to_string() + "\n").collect()
}
