//! The one assembler: reads a folder, checks it, builds a gateway and says everything that is wrong at once. `reload.rs`
//! does it again when the folder changes.

mod aside;
mod flaws;
mod hooks;
mod reload;
mod restart;
mod understood;

pub use reload::Reloader;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cache::Cache;
use crate::config::{self, Settings};
use crate::gateway::{Gateway, Parts, Sight};
use crate::operation::Contract;
use crate::sdl::{self, Reading, SourceText};
use crate::sources::{Environment, Observer, Sources};
use crate::units::ByteSize;
use hooks::Hooks;
use understood::{Understood, digest};

/// What a gateway is built from.
#[derive(Debug)]
pub struct Folder {
    /// The schema's files, in the order of their names.
    pub files: Vec<SourceText>,
    /// Settings, resolved.
    pub settings: Settings,
}

/// A gateway ready to answer, and what it is made of.
pub struct Assembled {
    /// The gateway.
    pub gateway: Arc<Gateway>,
    /// Its sources, for counters.
    pub sources: Sources,
    /// Its cache, for counters.
    pub cache: Cache,
    /// What looks wrong in the schema and is served nevertheless.
    pub warnings: Vec<sdl::Problem>,
    /// What operators should know of the settings, and nobody has to mend: a sentence each.
    pub notes: Vec<String>,
}

/// Why the house cannot start: all reasons together.
#[derive(Debug, Default)]
pub struct Faults {
    /// In the schema; drawn with their lines by [`Faults::draw`].
    pub schema: Vec<sdl::Problem>,
    /// In the configuration.
    pub config: Vec<config::Problem>,
    /// Everything else, a sentence each.
    pub others: Vec<String>,
    /// The files that schema problems point into.
    pub files: Vec<SourceText>,
}

impl Faults {
    fn other(sentence: impl Into<String>) -> Faults {
        Faults { others: vec![sentence.into()], ..Faults::default() }
    }

    /// All of them for people: schema problems with their source lines.
    pub fn draw(&self, colour: bool) -> String {
        let mut out = sdl::draw(&self.schema, &self.files, colour);
        for problem in &self.config {
            out.push_str(&format!("{problem}\n"));
        }
        for sentence in &self.others {
            out.push_str(&format!("{sentence}\n"));
        }
        out
    }
}

impl Faults {
    /// How many there are, and where the first one is: for whoever may not see the log. Quotes nothing.
    pub fn summary(&self) -> String {
        let count = self.schema.len() + self.config.len() + self.others.len();
        let schema =
            self.schema.first().map(|first| format!("{}:{}:{} {}", first.file, first.line, first.column, first.code));
        let config = self.config.first().map(|first| format!("{}:{}:{}", config::FILE_NAME, first.line, first.column));
        let place = schema.or(config).map_or_else(String::new, |place| format!(", the first at {place}"));
        format!("{count} problem{}{place}; the log has all of it", if count == 1 { "" } else { "s" })
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.draw(false).trim_end())
    }
}

impl std::error::Error for Faults {}

/// Reads `gateway.toml` (defaults where there is none) and `schema/*.graphql` of a folder.
///
/// # Errors
/// What is wrong with the configuration, or that there is no schema to be read.
pub fn read_folder(folder: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Result<Folder, Faults> {
    if !folder.is_dir() {
        let is = if folder.exists() { "is a file" } else { "does not exist" };
        let what = "a gateway is a folder with schema/*.graphql and, if need be, gateway.toml";
        return Err(Faults::other(format!("{} {is}; {what}", folder.display())));
    }
    let files = read_schema(folder);
    let settings = config::read(folder, environment);
    match (files, settings) {
        (Ok(files), Ok(settings)) => Ok(Folder { files, settings }),
        (files, settings) => {
            // The settings stand in the way of a gateway, not of reading the schema.
            let mut faults = files.map_or_else(
                |faults| faults,
                |files| Faults { schema: sdl::read(&files).err().unwrap_or_default(), files, ..Faults::default() },
            );
            faults.config = settings.err().unwrap_or_default();
            Err(faults)
        }
    }
}

/// Reads `schema/*.graphql` of a folder, in the order of the names; whatever `gateway.toml` says.
///
/// # Errors
/// There is no schema to be read.
pub fn read_schema(folder: &Path) -> Result<Vec<SourceText>, Faults> {
    let folder = &folder.join("schema");
    let unreadable = |path: &Path, why: io::Error| {
        Faults::other(format!("{}: cannot be read ({why}); a gateway folder holds schema/*.graphql", path.display()))
    };
    let paths = schema_files(folder).map_err(|why| unreadable(folder, why))?;
    if paths.is_empty() {
        return Err(Faults::other(format!("{}: holds no *.graphql file, expected at least one", folder.display())));
    }
    let read = |path: &std::path::PathBuf| {
        let text = fs::read_to_string(path).map_err(|why| unreadable(path, why))?;
        let name = path.file_name().map_or_else(String::new, |name| format!("schema/{}", name.to_string_lossy()));
        Ok(SourceText { name, text })
    };
    paths.iter().map(read).collect()
}

/// The schema files of a folder, in the order of their names.
fn schema_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "graphql") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Builds a gateway. Opens no port and calls nobody.
///
/// # Errors
/// Every problem of schema and settings together, as far as one does not hide the other.
pub fn assemble(
    folder: Folder,
    environment: Environment,
    observer: Option<Arc<dyn Observer>>,
) -> Result<Assembled, Faults> {
    assemble_after(folder, environment, observer, None)
}

/// The same in the place of a gateway that serves, given with its settings: its cache and what was counted are
/// kept, and so is what sources have come by whose settings did not change.
///
/// # Errors
/// The same.
pub fn assemble_after(
    folder: Folder,
    environment: Environment,
    observer: Option<Arc<dyn Observer>>,
    before: Option<(&Gateway, &Settings)>,
) -> Result<Assembled, Faults> {
    let Folder { files, settings } = folder;
    let mut hooks = Hooks::of(&settings);
    let (mut config, places) = (std::mem::take(&mut hooks.problems), &settings.places);
    config.extend(settings.server.check().err().map(|why| places.problem("http.listen", why, None)));
    config.extend(settings.admin.check().err().map(|why| flaws::of_operators(places, why)));
    let sight = match before {
        Some((gateway, _)) => Some(gateway.sight().clone()),
        None => Sight::new(&settings.telemetry)
            .map_err(|why| config.push(flaws::of_collector(places, &why)))
            .ok()
            .map(Arc::new),
    };
    let cache = match before {
        Some((gateway, _)) => Some(Cache::clone(gateway.cache())),
        None => {
            Cache::open(settings.cache.clone()).map_err(|why| config.push(flaws::of_shared_tier(places, &why))).ok()
        }
    };
    let mut others = Vec::new();
    let texts = digest(&files);
    let known = before.and_then(|(gateway, _)| Understood::by(gateway, &texts, &settings));
    let (catalog, contract, contract_sdl, warnings) = match known {
        // What it warns of was told when it was read.
        Some(Understood { catalog, contract, contract_sdl }) => (catalog, Some(contract), contract_sdl, Vec::new()),
        None => {
            let Reading { mut catalog, contract: contract_sdl, warnings } = match sdl::read(&files) {
                Ok(reading) => reading,
                Err(schema) => return Err(Faults { schema, config: in_order(config), files, ..Faults::default() }),
            };
            catalog.texts = texts;
            for (id, switch) in &settings.connectors {
                match catalog.connectors.iter_mut().find(|connector| connector.id == *id) {
                    Some(connector) => connector.enabled = switch.enabled,
                    None => config.push(flaws::unknown_connector(&catalog.connectors, places, id)),
                }
            }
            let contract = Contract::read(&contract_sdl);
            let contract =
                contract.map_err(|why| others.push(format!("the expanded contract is not valid: {why}"))).ok();
            (Arc::new(catalog), contract, contract_sdl, warnings)
        }
    };
    hooks.check_names(&settings, &catalog);
    config.append(&mut hooks.problems);
    let sources = match Sources::new(catalog.clone(), &settings.sources, environment, observer) {
        Ok(sources) => Some(sources),
        Err(problems) => {
            config.extend(problems.into_iter().map(|problem| flaws::of_source(places, problem)));
            None
        }
    };
    let is_fine = others.is_empty() && config.is_empty();
    let (Some(mut sources), Some(contract), Some(sight), Some(cache), true) =
        (sources, contract, sight, cache, is_fine)
    else {
        return Err(Faults { config: in_order(config), others, ..Faults::default() });
    };
    let notes = std::mem::take(&mut hooks.notes);
    let hooks = match before {
        Some((gateway, _)) => hooks.after(gateway),
        None => hooks.made,
    };
    // Answers are made of records that are kept.
    let answers = if settings.cache.max_bytes.0 > 0 { settings.cache.answers } else { ByteSize(0) };
    if let Some((gateway, written)) = before {
        let table = |name: &str| format!("sources.{name}");
        let is_same = |name: &str| settings.written.get(&table(name)) == written.written.get(&table(name));
        sources.take_over(gateway.sources(), is_same);
        sources = sources.after(gateway.sources());
    }
    let parts = Parts {
        catalog,
        contract,
        contract_sdl,
        sources: sources.clone().into(),
        cache: cache.clone().into(),
        limits: settings.limits,
        answers,
        settings: settings.gateway,
    };
    let mut gateway = Gateway::seen_by(parts, sight).hearing(hooks);
    if let Some((before, _)) = before {
        gateway = gateway.planning_as(before);
    }
    Ok(Assembled { gateway: Arc::new(gateway), sources, cache, warnings, notes })
}

/// As they stand in the file.
fn in_order(mut problems: Vec<config::Problem>) -> Vec<config::Problem> {
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems
}

#[cfg(test)]
mod tests;
