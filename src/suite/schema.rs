//! The schema that a suite speaks of: one file, a folder of files, or a gateway's folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::catalog::{Catalog, Connector, Site};
use crate::sdl::{self, SourceText};

use super::fault::nearest;

/// A schema read for tests.
pub(super) struct Schema {
    pub files: Vec<SourceText>,
    pub catalog: Catalog,
}

/// Reads a schema. Errors: what is wrong with it, drawn where it has lines.
pub(super) fn load(path: &Path, colour: bool) -> Result<Schema, String> {
    let files = files(path).map_err(|why| format!("{}: {why}", path.display()))?;
    match sdl::read(&files) {
        Ok(reading) => Ok(Schema { catalog: reading.catalog, files }),
        Err(problems) => Err(sdl::draw(&problems, &files, colour)),
    }
}

fn files(path: &Path) -> Result<Vec<SourceText>, String> {
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).map_err(|why| format!("cannot be read ({why})"))?;
        Ok(SourceText { name: shown(path), text })
    };
    paths(path)?.iter().map(read).collect()
}

/// The files of a schema. Errors: there are none.
pub(super) fn paths(path: &Path) -> Result<Vec<PathBuf>, String> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let inner = path.join("schema");
    let folder = if inner.is_dir() { inner } else { path.to_path_buf() };
    let entries = fs::read_dir(&folder).map_err(|why| format!("cannot be read ({why})"))?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "graphql"))
        .collect();
    if paths.is_empty() {
        return Err("holds no *.graphql file, expected at least one".to_owned());
    }
    paths.sort();
    Ok(paths)
}

/// A path as it is shortest to type from here.
pub(super) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}

impl Schema {
    /// The connector that a test names by its id, by `Type[index]` or `Type.field[index]`, or by a type or field that
    /// has one connector.
    ///
    /// Errors: what was meant instead.
    pub fn connector(&self, target: &str) -> Result<(usize, &Connector), (String, Option<String>)> {
        let target = target.trim();
        let connectors = &self.catalog.connectors;
        let is_it = |found: &Connector| found.id == target || found.coordinate == target;
        if let Some(index) = connectors.iter().position(is_it) {
            return Ok((index, &connectors[index]));
        }
        let stands_there = |found: &(usize, &Connector)| found.1.coordinate.split('[').next() == Some(target);
        let on: Vec<(usize, &Connector)> = connectors.iter().enumerate().filter(stands_there).collect();
        match on[..] {
            [one] => return Ok(one),
            [] => {}
            _ => {
                let which: Vec<String> = on.iter().map(|(_, one)| format!("{} ({})", one.coordinate, one.id)).collect();
                return Err((
                    format!("{target} has {} connectors", on.len()),
                    Some(format!("say which: {}", which.join(", "))),
                ));
            }
        }
        let known: Vec<&str> = connectors.iter().flat_map(|one| [one.id.as_str(), one.coordinate.as_str()]).collect();
        let help = nearest(target, &known).map(|near| format!("did you mean `{near}`?"));
        Err((format!("no connector is called `{target}`"), help))
    }
}

/// Whether a connector stands on a type and is asked for many keys at once.
pub(super) fn is_batch(connector: &Connector) -> bool {
    connector.batch.is_some() && matches!(connector.site, Site::Type(_))
}
