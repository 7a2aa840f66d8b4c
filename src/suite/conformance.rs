//! Cases of the mapping language itself: a selection, its input, what comes of it.

use serde_json::Value as Json;

use super::compare::{cut, differences};
use super::fault::{Fault, Reader, Written};
use super::told::Difference;
use super::written::texts;
use super::yaml::{At, Kind, Node};
use crate::mapping::{Dialect, Object, Program, Value, Variables, Version};

/// A file of cases, all of one section of the language.
#[derive(Debug)]
pub(super) struct Conformance {
    pub section: String,
    pub cases: Vec<Case>,
}

/// One selection and what is expected of it.
#[derive(Debug)]
pub(super) struct Case {
    pub name: Written<String>,
    selection: Written<String>,
    /// `connect/v0.1` … `v0.4`; the newest where it is not given.
    dialect: Dialect,
    /// Missing: there is no data, as in a request.
    input: Option<Json>,
    variables: Vec<(String, Node)>,
    /// Missing: the result is missing.
    value: Option<Node>,
    problems: Vec<Written<String>>,
    /// The selection is expected not to parse, with these problems.
    refused: bool,
}

const FILE: [&str; 2] = ["conformance", "cases"];
const CASE: [&str; 8] = ["name", "selection", "version", "input", "variables", "value", "problems", "invalid"];
const VARIABLES: [&str; 9] =
    ["$args", "$this", "$batch", "$config", "$context", "$env", "$request", "$response", "$status"];

/// Reads a file's tree. Errors: everything that is wrong with it.
pub(super) fn read(file: &str, root: &Node) -> Result<Conformance, Vec<Fault>> {
    let mut reader = Reader::new(file);
    if !reader.keys(root, "a conformance file", &FILE) {
        return Err(reader.faults);
    }
    let section = reader.text(root, "conformance").map(|section| section.value).unwrap_or_default();
    let cases = reader.list(root, "cases").unwrap_or_default();
    if cases.is_empty() && reader.faults.is_empty() {
        reader.fault(root.at, "the file has no `cases`");
    }
    let cases = cases.iter().filter_map(|case| read_case(case, &mut reader)).collect();
    if reader.faults.is_empty() { Ok(Conformance { section, cases }) } else { Err(reader.faults) }
}

fn read_case(node: &Node, reader: &mut Reader<'_>) -> Option<Case> {
    if !reader.keys(node, "a case", &CASE) {
        return None;
    }
    let (name, selection) = (reader.text(node, "name"), reader.text(node, "selection"));
    for (key, found) in [("name", &name), ("selection", &selection)] {
        if found.is_none() && node.get(key).is_none() {
            reader.fault(node.at, format!("the case has no `{key}`"));
        }
    }
    let version = match reader.text(node, "version") {
        None => Version::V0_4,
        Some(text) => match text.value.trim_start_matches("connect/").trim_start_matches('v') {
            "0.1" => Version::V0_1,
            "0.2" => Version::V0_2,
            "0.3" => Version::V0_3,
            "0.4" => Version::V0_4,
            _ => {
                reader.fault(text.at, format!("expected v0.1, v0.2, v0.3 or v0.4, found `{}`", text.value));
                return None;
            }
        },
    };
    let mut variables = Vec::new();
    if let Some(given) = node.get("variables")
        && reader.keys(given, "`variables`", &VARIABLES)
        && let Kind::Map(entries) = &given.kind
    {
        variables = entries.iter().map(|(key, value)| (key.name.clone(), value.clone())).collect();
    }
    let problems = reader.list(node, "problems").unwrap_or_default();
    let problems = problems
        .iter()
        .map(|problem| Written { at: problem.at, value: texts(problem.get("message").unwrap_or(problem)).concat() })
        .collect();
    Some(Case {
        name: name?,
        selection: selection?,
        dialect: Dialect { version, extensions: true },
        input: node.get("input").map(Node::json),
        variables,
        value: node.get("value").cloned(),
        problems,
        refused: reader.flag(node, "invalid"),
    })
}

impl Case {
    /// Runs the case; nothing where all is as expected.
    pub fn run(&self) -> Vec<Difference> {
        let mut differences = Vec::new();
        match Program::parse(&self.selection.value, self.dialect) {
            Err(problems) => {
                let said = problems.into_iter().map(|problem| problem.message).collect();
                if self.refused {
                    self.hold_problems(said, &mut differences);
                } else {
                    differences.push(self.at(
                        self.selection.at,
                        "selection",
                        format!("does not parse: {}", said.join("; ")),
                    ));
                }
            }
            Ok(_) if self.refused => {
                differences.push(self.at(self.selection.at, "selection", "parses, and was expected not to".to_owned()));
            }
            Ok(program) => self.hold(&program, &mut differences),
        }
        differences
    }

    fn hold(&self, program: &Program, out: &mut Vec<Difference>) {
        let input = self.input.clone().map(Value::from);
        let mut values: Vec<(&str, Value<'static>)> = Vec::new();
        let mut env: Vec<(String, String)> = Vec::new();
        let mut status = None;
        for (name, node) in &self.variables {
            match (name.as_str(), &node.kind) {
                ("$env", Kind::Map(entries)) => {
                    env = entries.iter().map(|(key, value)| (key.name.clone(), texts(value).concat())).collect();
                }
                ("$status", Kind::Number(number)) => {
                    status = number.as_u64().and_then(|number| u16::try_from(number).ok());
                }
                ("$request" | "$response", _) => {
                    let headers = node.get("headers").map_or(Json::Null, Node::json);
                    values.push((name, headers.into()));
                }
                _ => values.push((name, node.json().into())),
            }
        }
        let nothing = Value::Object(Object::default());
        let find = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        let env = |name: &str| env.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let variables = Variables {
            args: find("$args"),
            this: find("$this"),
            batch: find("$batch"),
            config: find("$config").or(Some(&nothing)),
            context: find("$context"),
            request_headers: find("$request"),
            response_headers: find("$response"),
            env: Some(&env),
            status,
        };
        let outcome = program.run(input.as_ref(), &variables);
        match (&self.value, outcome.value.as_ref().map(Json::from)) {
            (None, None) => {}
            (None, Some(found)) => {
                let message = format!("expected nothing (missing), found {}", cut(&found.to_string()));
                out.push(self.at(self.name.at, "value", message));
            }
            (Some(wanted), None) => {
                let message = format!("expected {}, found nothing (missing)", cut(&wanted.json().to_string()));
                out.push(self.at(wanted.at, "value", message));
            }
            (Some(wanted), Some(found)) => {
                for unlike in self::differences(wanted, &found) {
                    let message = format!("{}: expected {}, found {}", unlike.path, unlike.expected, unlike.found);
                    out.push(self.at(unlike.at, "value", message));
                }
            }
        }
        self.hold_problems(outcome.problems.into_iter().map(|problem| problem.message).collect(), out);
    }

    /// Each expected text must be within a problem of its own, and no problem may be left.
    fn hold_problems(&self, mut found: Vec<String>, out: &mut Vec<Difference>) {
        for wanted in &self.problems {
            match found.iter().position(|message| message.contains(&wanted.value)) {
                Some(index) => _ = found.remove(index),
                None => {
                    let rest = if found.is_empty() { "none".to_owned() } else { found.join("; ") };
                    let message = format!("expected a problem with {:?}, found {rest}", wanted.value);
                    out.push(self.at(wanted.at, "problems", message));
                }
            }
        }
        for message in found {
            out.push(self.at(self.name.at, "problems", format!("nobody expects: {message}")));
        }
    }

    fn at(&self, at: At, part: &str, message: String) -> Difference {
        Difference { at, part: part.to_owned(), message }
    }
}
