//! A suite as it is written: the public `*.connector.yaml` format, read without meaning.

use std::path::{Path, PathBuf};

use super::expect::{Expect, ExpectRead};
use super::fault::{Fault, Reader, Written};
use super::yaml::{Kind, Node};

/// One suite.
#[derive(Debug)]
pub(super) struct Suite {
    /// `config.name`.
    pub title: Option<String>,
    /// `config.schema`: a file, or a folder of schema files.
    pub schema: Option<Written<String>>,
    pub tests: Vec<Test>,
}

/// One test of one connector.
#[derive(Debug)]
pub(super) struct Test {
    pub name: Written<String>,
    /// `target`, or `connector` as it was called before: an id, or `Type.field`, `Type`, with `[index]`.
    pub target: Written<String>,
    pub skip: bool,
    /// By name with `$`; `$requestHeaders` among them.
    pub variables: Vec<(String, Node)>,
    pub answer: AnswerWritten,
    pub expect: Expect,
}

impl Test {
    /// The names of the files that it reads.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let request = self.expect.request.as_ref().and_then(|request| request.body.as_ref());
        [self.answer.body.as_ref(), self.expect.response.as_ref(), request].into_iter().flatten().filter_map(
            |content| match content {
                Content::File(name) => Some(name.value.as_str()),
                Content::Here(_) => None,
            },
        )
    }
}

/// What the system answers in a test.
#[derive(Debug, Default)]
pub(super) struct AnswerWritten {
    pub status: Option<u16>,
    pub headers: Vec<(String, String)>,
    pub body: Option<Content>,
}

impl AnswerWritten {
    /// Whether the test says anything of an answer.
    pub fn is_given(&self) -> bool {
        self.status.is_some() || self.body.is_some() || !self.headers.is_empty()
    }
}

/// Text that stands in the suite or in a file beside it.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// In the suite; also as a tree, where JSON is written as YAML.
    Here(Node),
    /// In another file.
    File(Written<String>),
}

impl Content {
    /// `body:` without anything behind it, or an empty text.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Content::Here(Node { kind: Kind::Null, .. }))
            || matches!(self, Content::Here(Node { kind: Kind::Text(text), .. }) if text.trim().is_empty())
    }
}

const SUITE: [&str; 2] = ["config", "tests"];
const CONFIG: [&str; 3] = ["schema", "name", "common"];
const TEST: [&str; 10] = [
    "name",
    "target",
    "connector",
    "skip",
    "variables",
    "apiResponseBody",
    "apiResponseBodyFile",
    "apiResponseHeaders",
    "status",
    "expect",
];
const COMMON: [&str; 16] = [
    "target",
    "connector",
    "variables",
    "apiResponseBody",
    "apiResponseBodyFile",
    "apiResponseHeaders",
    "status",
    "expectedResponse",
    "expectedResponseFile",
    "expectedRequestMethod",
    "expectedRequestScheme",
    "expectedRequestOrigin",
    "expectedRequestPath",
    "expectedRequestQueryParams",
    "expectedRequestUrl",
    "headers",
];
const VARIABLES: [&str; 7] = ["$args", "$this", "$batch", "$context", "$config", "$env", "$requestHeaders"];

/// Reads a suite's tree. Errors: everything that is wrong with it.
pub(super) fn read(file: &str, root: &Node) -> Result<Suite, Vec<Fault>> {
    let mut reader = Reader::new(file);
    if !reader.keys(root, "a suite", &SUITE) {
        return Err(reader.faults);
    }
    let mut suite = Suite { title: None, schema: None, tests: Vec::new() };
    let mut common = None;
    if let Some(config) = root.get("config")
        && reader.keys(config, "`config`", &CONFIG)
    {
        suite.title = reader.text(config, "name").map(|name| name.value);
        suite.schema = reader.text(config, "schema");
        common = config.get("common").filter(|common| reader.keys(common, "`config.common`", &COMMON));
    }
    match reader.list(root, "tests") {
        Some([]) => _ = reader.fault(root.at, "the suite has no tests"),
        Some(tests) => suite.tests = tests.iter().filter_map(|test| read_test(test, common, &mut reader)).collect(),
        None if root.get("tests").is_none() => {
            reader.fault(root.at, "the suite has no `tests`").help = Some("`tests:` is a list of test cases".into());
        }
        None => {}
    }
    // What all tests share is read with each of them.
    let mut faults: Vec<Fault> = Vec::with_capacity(reader.faults.len());
    for fault in reader.faults {
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    if faults.is_empty() { Ok(suite) } else { Err(faults) }
}

fn read_test(node: &Node, common: Option<&Node>, reader: &mut Reader<'_>) -> Option<Test> {
    if !reader.keys(node, "a test", &TEST) {
        return None;
    }
    let Some(name) = reader.text(node, "name") else {
        if node.get("name").is_none() {
            reader.fault(node.at, "the test has no `name`");
        }
        return None;
    };
    let mut target = None;
    for place in [Some(node), common].into_iter().flatten() {
        for key in ["target", "connector"] {
            target = target.or_else(|| reader.text(place, key));
        }
    }
    if target.is_none() {
        reader.fault(node.at, "the test has no `target`").help =
            Some("a connector's id, `Type.field` or `Type`, with `[index]` where there are several".into());
    }
    let variables = variables(node, common, reader);
    let answer = answer(node, common, reader);
    let expect = ExpectRead { node: node.get("expect"), common }.read(reader);
    Some(Test { target: target?, skip: reader.flag(node, "skip"), variables, answer, expect, name })
}

/// The test's variables; those in common where the test has none of that name.
fn variables(node: &Node, common: Option<&Node>, reader: &mut Reader<'_>) -> Vec<(String, Node)> {
    let mut found: Vec<(String, Node)> = Vec::new();
    for place in [Some(node), common].into_iter().flatten() {
        let Some(variables) = place.get("variables").filter(|node| !matches!(node.kind, Kind::Null)) else { continue };
        if !reader.keys(variables, "`variables`", &VARIABLES) {
            continue;
        }
        let Kind::Map(entries) = &variables.kind else { continue };
        for (key, value) in entries {
            let is_list = matches!(value.kind, Kind::List(_));
            let is_map = matches!(value.kind, Kind::Map(_));
            if matches!(value.kind, Kind::Null) || found.iter().any(|(name, _)| *name == key.name) {
                continue;
            }
            if key.name == "$batch" && !is_list {
                reader.fault(value.at, format!("`$batch` must be a list of maps, found {}", value.said()));
            } else if key.name != "$batch" && !is_map {
                reader.fault(value.at, format!("`{}` must be a map, found {}", key.name, value.said()));
            } else {
                found.push((key.name.clone(), value.clone()));
            }
        }
    }
    found
}

fn answer(node: &Node, common: Option<&Node>, reader: &mut Reader<'_>) -> AnswerWritten {
    let mut answer = AnswerWritten::default();
    for place in [Some(node), common].into_iter().flatten() {
        if let (None, Some(status)) = (answer.status, place.get("status")) {
            answer.status = match &status.kind {
                Kind::Number(number) => number.as_u64().and_then(|number| u16::try_from(number).ok()),
                _ => None,
            }
            .filter(|status| (100..=999).contains(status));
            if answer.status.is_none() {
                reader.fault(status.at, "`status` must be an HTTP status between 100 and 999");
            }
        }
        if answer.body.is_none() {
            answer.body = content(place, "apiResponseBody", "apiResponseBodyFile", reader);
        }
        for (name, value) in pairs(place, "apiResponseHeaders", reader) {
            if !answer.headers.iter().any(|(known, _)| *known == name) {
                answer.headers.extend(value.into_iter().map(|value| (name.clone(), value)));
            }
        }
    }
    answer
}

/// Text under one key, or the name of a file under another.
pub(super) fn content(node: &Node, here: &str, file: &str, reader: &mut Reader<'_>) -> Option<Content> {
    match (node.get(here), reader.text(node, file)) {
        (Some(inline), Some(_)) => {
            reader.fault(inline.at, format!("`{here}` and `{file}` exclude each other"));
            None
        }
        (Some(inline), None) => Some(Content::Here(inline.clone())),
        (None, file) => file.map(Content::File),
    }
}

/// A map of names to a text or a list of texts, names in lower case.
pub(super) fn pairs(node: &Node, name: &str, reader: &mut Reader<'_>) -> Vec<(String, Vec<String>)> {
    let Some(found) = node.get(name) else { return Vec::new() };
    match &found.kind {
        Kind::Null => Vec::new(),
        Kind::Map(entries) => {
            entries.iter().map(|(key, value)| (key.name.to_ascii_lowercase(), texts(value))).collect()
        }
        _ => {
            reader.fault(found.at, format!("`{name}` must be a map, found {}", found.said()));
            Vec::new()
        }
    }
}

/// A scalar as text, a list as its items' texts.
pub(super) fn texts(node: &Node) -> Vec<String> {
    match &node.kind {
        Kind::List(items) => items.iter().flat_map(texts).collect(),
        Kind::Text(text) => vec![text.clone()],
        Kind::Null => vec![String::new()],
        _ => vec![node.json().to_string()],
    }
}

/// The file that a suite names: beside the suite, or beside a folder around it.
pub(super) fn find(suite: &Path, name: &str) -> Option<PathBuf> {
    let suite = std::path::absolute(suite).ok()?;
    suite.ancestors().skip(1).map(|folder| folder.join(name)).find(|path| path.exists())
}

/// Where a file that a suite names would be looked for first.
pub(super) fn beside(suite: &Path, name: &str) -> PathBuf {
    suite.parent().unwrap_or(Path::new("")).join(name)
}
