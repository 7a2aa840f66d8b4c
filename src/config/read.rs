//! One file into all settings.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::de::DeTable;

use super::deserialize::{Error, Reader};
use super::fault::{Fault, Faults};
use super::places::Places;
use super::problem::{Problem, locate};
use super::resolve::Resolver;
use super::settings::Settings;
use super::tree::{Entry, Node, Value};
use super::written::written;

/// The file's name within its folder.
pub const FILE_NAME: &str = "gateway.toml";

/// Longest file, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// The tables a file may have.
const SECTIONS: [&str; 10] =
    ["http", "admin", "gateway", "limits", "cache", "telemetry", "sources", "webhooks", "connectors", "reload"];

/// One variable of the process's environment; none where it is not set or not UTF-8.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Reads `gateway.toml` in `folder`; where there is none, everything has its default.
///
/// `environment` gives the variables that the file refers to; names of secret files are relative to `folder`.
///
/// Errors: every problem at once, in the order of their places.
pub fn read(folder: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Result<Settings, Vec<Problem>> {
    let path = folder.join(FILE_NAME);
    let name = path.display().to_string();
    match text_of(&path) {
        Ok(Some(text)) => read_text(&name, &text, folder, environment),
        Ok(None) => Ok(Settings::default()),
        Err(why) => Err(locate(&name, "", vec![Fault::new(0..0, why)])),
    }
}

/// The same with the text in hand; problems name the file `name`.
///
/// Errors: every problem at once, in the order of their places. Where the text is not TOML, those of its syntax only:
/// what the rest means is not known then.
pub fn read_text(
    name: &str,
    text: &str,
    folder: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Settings, Vec<Problem>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let fault = |error: &toml::de::Error| Fault::new(error.span().unwrap_or_default(), error.message());
        return Err(locate(name, text, errors.iter().map(fault).collect()));
    }
    let faults = Faults::default();
    let mut document = Node::document(&table, &faults);
    Resolver { source: text, folder, environment, faults: &faults, files: &RefCell::default() }
        .resolve(&mut document, 0);
    let settings = compose(&document, &faults);
    match faults.into_list() {
        list if list.is_empty() => Ok(Settings { places: Places::of(name, text, &document), ..settings }),
        list => Err(locate(name, text, list)),
    }
}

/// The secret files that the file in `folder` names, whether or not they can be read and the rest is right.
pub fn secret_files(folder: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let Ok(Some(text)) = text_of(&folder.join(FILE_NAME)) else { return Vec::new() };
    let (faults, files) = (Faults::default(), RefCell::default());
    let mut document = Node::document(&DeTable::parse_recoverable(&text).0, &faults);
    Resolver { source: &text, folder, environment, faults: &faults, files: &files }.resolve(&mut document, 0);
    files.into_inner()
}

fn text_of(path: &Path) -> Result<Option<String>, String> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot be read: {error}")),
    };
    let mut bytes = Vec::new();
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() > MAX_BYTES {
        return Err(format!("is longer than {} KiB", MAX_BYTES / 1024));
    }
    String::from_utf8(bytes).map(Some).map_err(|_| "is not UTF-8 text".to_owned())
}

/// Gives each room its own; what cannot be read is told and has its default.
fn compose(document: &Node, faults: &Faults) -> Settings {
    let mut settings = Settings::default();
    let Value::Table(entries) = &document.value else { return settings };
    for entry in entries {
        let node = &entry.node;
        match entry.key.as_str() {
            "http" => settings.server = section(node, faults),
            "admin" => {
                settings.admin = section(node, faults);
                settings.written.extend(whole_written(&entry.key, node));
            }
            "gateway" => settings.gateway = section(node, faults),
            "limits" => settings.limits = section(node, faults),
            "cache" => {
                settings.cache = section(node, faults);
                settings.written.extend(whole_written(&entry.key, &without_answers(node)));
            }
            "telemetry" => {
                settings.telemetry = section(node, faults);
                settings.written.extend(whole_written(&entry.key, node));
            }
            "sources" => {
                settings.sources = named(node, faults);
                settings.written.extend(each_written(node));
            }
            "webhooks" => settings.webhooks = named(node, faults),
            "connectors" => settings.connectors = named(node, faults),
            "reload" => settings.reload = section(node, faults),
            unknown => faults.push(Fault::unknown_key(entry.key_span.clone(), unknown, &document.path, &SECTIONS)),
        }
    }
    settings
}

/// `[cache]` as far as a running gateway cannot follow it.
fn without_answers(node: &Node) -> Node {
    let Value::Table(entries) = &node.value else { return node.clone() };
    node.with(Value::Table(entries.iter().filter(|entry| entry.key != "answers").cloned().collect()))
}

/// By the table's name; nothing for one that says nothing.
fn whole_written(name: &str, node: &Node) -> Option<(String, u64)> {
    let is_empty = matches!(&node.value, Value::Table(entries) if entries.is_empty());
    (!is_empty).then(|| (name.to_owned(), written(node)))
}

/// By `sources.NAME`.
fn each_written(node: &Node) -> BTreeMap<String, u64> {
    let Value::Table(entries) = &node.value else { return BTreeMap::new() };
    entries.iter().map(|entry| (format!("sources.{}", entry.key), written(&entry.node))).collect()
}

/// Tables by name: `[sources.NAME]`.
fn named<T: DeserializeOwned + Default>(node: &Node, faults: &Faults) -> BTreeMap<String, T> {
    match &node.value {
        Value::Table(entries) => {
            entries.iter().map(|entry| (entry.key.clone(), section(&entry.node, faults))).collect()
        }
        _ => {
            let fault = Error::expected(format!("tables `[{}.NAME]`", node.path)).into_fault(node);
            fault.into_iter().for_each(|fault| faults.push(fault));
            BTreeMap::new()
        }
    }
}

/// One table. Each part is first read alone, so that one mistake does not hide the next: every key of a section has a
/// default, so the others may be away.
fn section<T: DeserializeOwned + Default>(node: &Node, faults: &Faults) -> T {
    let before = faults.count();
    let read = |node: &Node| match T::deserialize(Reader { node, faults }) {
        Ok(settings) => Some(settings),
        Err(error) => {
            error.into_fault(node).into_iter().for_each(|fault| faults.push(fault));
            None
        }
    };
    let stands_alone = |node: &Node| {
        let faults = Faults::default();
        T::deserialize(Reader { node, faults: &faults }).is_ok() && faults.count() == 0
    };
    let mut parts = Vec::new();
    divide(node, &|inner| inner, &stands_alone, &mut parts);
    for part in &parts {
        read(part);
    }
    if faults.count() > before { T::default() } else { read(node).unwrap_or_default() }
}

/// The section once for each of its keys with that key alone; a table within is divided likewise, where it may be empty.
/// `wrap` puts a part into the tables around it.
fn divide(node: &Node, wrap: &dyn Fn(Node) -> Node, stands_alone: &dyn Fn(&Node) -> bool, parts: &mut Vec<Node>) {
    let Value::Table(entries) = &node.value else { return };
    for entry in entries {
        let wrap = |inner: Node| {
            let entry = Entry { key: entry.key.clone(), key_span: entry.key_span.clone(), node: inner };
            wrap(node.with(Value::Table(vec![entry])))
        };
        let empty = || wrap(entry.node.with(Value::Table(Vec::new())));
        // What may be a secret is free in its form, or one whole.
        let table = matches!(entry.node.value, Value::Table(_)) && !entry.node.hidden;
        if table && stands_alone(&empty()) {
            divide(&entry.node, &wrap, stands_alone, parts);
        } else {
            parts.push(wrap(entry.node.clone()));
        }
    }
}
