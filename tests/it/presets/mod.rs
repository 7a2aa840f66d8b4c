//! The ready-made connections: every folder that `c360 init` writes, and what it does with systems behind it.

mod contracts;
mod dynamics;
mod folders;
mod jira_service;
mod klaviyo;
mod look_alikes;
mod mailchimp;
mod pipedrive;
mod program;
mod stub;
mod webhooks;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use c360::gateway::{Ask, Gateway};
use c360::presets::{self, File, Preset};
use c360::startup::{self, Assembled, Folder};
use serde_json::Value as Json;
use serde_json::value::RawValue;
use tempfile::TempDir;

fn named(names: &[&str]) -> Vec<&'static Preset> {
    names.iter().map(|name| presets::find(name).unwrap()).collect()
}

fn composed(names: &[&str]) -> Vec<File> {
    presets::compose(&named(names))
}

fn text<'f>(files: &'f [File], path: &str) -> &'f str {
    &files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("no {path}")).text
}

/// The files on a disk, as `c360 init` leaves them.
fn written(files: &[File]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.text).unwrap();
    }
    folder
}

/// The variables of `.env.example`, with what it proposes.
fn example_variables(files: &[File]) -> BTreeMap<String, String> {
    let lines = text(files, ".env.example").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once('=').unwrap()).map(|(name, value)| (name.into(), value.into())).collect()
}

fn read(folder: &Path, variables: &BTreeMap<String, String>) -> Folder {
    startup::read_folder(folder, &|name| variables.get(name).cloned()).unwrap_or_else(|faults| panic!("{faults}"))
}

fn assembled(folder: Folder) -> Assembled {
    startup::assemble(folder, Arc::new(|_: &str| None), None).unwrap_or_else(|faults| panic!("{faults}"))
}

async fn ask(gateway: &Arc<Gateway>, query: &str, variables: Json) -> Json {
    let ask = Ask {
        query: query.to_owned(),
        operation_name: None,
        variables: Some(RawValue::from_string(variables.to_string()).unwrap()),
        headers: Arc::default(),
        want_coverage: false,
        budget: None,
    };
    serde_json::from_slice(&gateway.answer(ask).await.body).unwrap()
}
