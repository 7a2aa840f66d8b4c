//! Which files hold tests.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use super::fault::Fault;
use super::run::{Ask, Report};

/// How deep folders are searched.
const MAX_DEPTH: usize = 32;
/// Folders that hold no tests of their owner's.
const PASSED_BY: [&str; 2] = ["node_modules", "target"];
/// Files whose change may change what tests say.
const WATCHED: [&str; 6] = ["yaml", "yml", "json", "graphql", "txt", "toml"];

/// The files of tests among the paths, in order; what is wrong with a path.
pub(super) fn found(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<Fault>) {
    let (mut all, mut faults) = (BTreeSet::new(), Vec::new());
    for path in paths {
        let mut fault = |message: &str, help: Option<&str>| {
            let file = path.display().to_string();
            faults.push(Fault { file, at: None, message: message.to_owned(), help: help.map(str::to_owned) });
        };
        if path.is_file() {
            all.insert(path.clone());
        } else if path.is_dir() {
            let mut below = Vec::new();
            walk(path, 0, &mut below);
            below.retain(|file| is_suite(file) || is_conformance(file));
            if below.is_empty() {
                fault("no file of tests is in this folder", Some("suites are called *.connector.yaml"));
            }
            all.extend(below);
        } else {
            fault("there is no such file or folder", Some("name a suite, or a folder with *.connector.yaml files"));
        }
    }
    (all.into_iter().collect(), faults)
}

fn walk(folder: &Path, depth: usize, out: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let Ok(kind) = entry.file_type() else { continue };
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if kind.is_dir() && depth < MAX_DEPTH && !name.starts_with('.') && !PASSED_BY.contains(&name.as_ref()) {
            walk(&entry.path(), depth + 1, out);
        } else if !kind.is_dir() && has_extension(&entry.path(), &WATCHED) {
            out.push(entry.path());
        }
    }
}

fn has_extension(path: &Path, known: &[&str]) -> bool {
    path.extension().is_some_and(|extension| known.iter().any(|known| extension == *known))
}

fn is_suite(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let ends = [".connector.yaml", ".connector.yml", ".connectors.yaml", ".connectors.yml"];
    ends.iter().any(|end| name.ends_with(end))
}

fn is_conformance(path: &Path) -> bool {
    has_extension(path, &["yaml", "yml"])
        && fs::read_to_string(path).is_ok_and(|text| text.lines().any(|line| line.starts_with("conformance:")))
}

/// A number that changes when a file changes on which a run depends: those below the paths, and what was read beside.
pub fn stamp(ask: &Ask, report: &Report) -> u64 {
    let mut files = report.read_beside.clone();
    for path in ask.paths.iter().chain(&ask.schema) {
        if path.is_dir() {
            let mut below = Vec::new();
            walk(path, 0, &mut below);
            files.extend(below);
        } else {
            files.insert(path.clone());
        }
    }
    // A new file of a schema lies beside those that are known.
    for folder in report.read_beside.iter().filter_map(|file| file.parent()).collect::<BTreeSet<_>>() {
        let mut beside = Vec::new();
        walk(folder, MAX_DEPTH, &mut beside);
        files.extend(beside);
    }
    let mut hasher = DefaultHasher::new();
    for file in files {
        let known = fs::metadata(&file).ok();
        (file, known.as_ref().map(fs::Metadata::len), known.and_then(|known| known.modified().ok())).hash(&mut hasher);
    }
    hasher.finish()
}
