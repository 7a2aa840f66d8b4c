//! Cases of the mapping language itself: a selection, a template or a request, and what comes of it.

use serde_json::Value as Json;

use super::compare::{cut, differences};
use super::fault::{Fault, Reader, Written};
use super::sides::Sides;
use super::told::Difference;
use super::written::texts;
use super::yaml::{At, Kind, Node};
use crate::mapping::{Dialect, Object, Problem, Program, Template, Value, Variables, Version};

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
    subject: Subject,
    /// `connect/v0.1` … `v0.4`; the newest where it is not given.
    dialect: Dialect,
    /// Missing: there is no data, as in a request.
    input: Option<Node>,
    variables: Vec<(String, Node)>,
    /// Missing: the result is missing.
    value: Option<Node>,
    problems: Vec<Written<String>>,
    /// The selection is expected not to parse, with these problems.
    refused: bool,
}

/// What a case is about.
#[derive(Debug)]
enum Subject {
    Selection(Written<String>),
    /// Text with expressions in braces; its value is the text that it makes.
    Template(Written<String>),
    /// What source and connector say of a call; its value is the call.
    Request(At, Box<Sides>),
}

const FILE: [&str; 2] = ["conformance", "cases"];
const CASE: [&str; 10] =
    ["name", "selection", "template", "request", "version", "input", "variables", "value", "problems", "invalid"];
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
    let name = reader.text(node, "name");
    if name.is_none() && node.get("name").is_none() {
        reader.fault(node.at, "the case has no `name`");
    }
    let subject = read_subject(node, reader);
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
        subject: subject?,
        dialect: Dialect { version, extensions: true },
        input: node.get("input").cloned(),
        variables,
        value: node.get("value").cloned(),
        problems,
        refused: reader.flag(node, "invalid"),
    })
}

/// One of `selection`, `template` and `request`.
fn read_subject(node: &Node, reader: &mut Reader<'_>) -> Option<Subject> {
    let said: Vec<&str> =
        ["selection", "template", "request"].into_iter().filter(|key| node.get(key).is_some()).collect();
    match said.as_slice() {
        ["selection"] => reader.text(node, "selection").map(Subject::Selection),
        ["template"] => reader.text(node, "template").map(Subject::Template),
        ["request"] => {
            let request = node.get("request")?;
            match serde_json::from_value(request.json()) {
                Ok(sides) => Some(Subject::Request(request.at, Box::new(sides))),
                Err(error) => {
                    reader.fault(request.at, format!("`request` cannot be read: {error}"));
                    None
                }
            }
        }
        [] => {
            reader.fault(node.at, "the case has no `selection`, `template` or `request`");
            None
        }
        _ => {
            reader.fault(node.at, "the case has more than one of `selection`, `template` and `request`");
            None
        }
    }
}

impl Case {
    /// Runs the case; nothing where all is as expected.
    pub fn run(&self) -> Vec<Difference> {
        let mut differences = Vec::new();
        let (part, at) = match &self.subject {
            Subject::Selection(text) => ("selection", text.at),
            Subject::Template(text) => ("template", text.at),
            Subject::Request(at, _) => ("request", *at),
        };
        match self.made() {
            Err(said) if self.refused => self.hold_problems(said, &mut differences),
            Err(said) => differences.push(self.at(at, part, format!("is refused: {}", said.join("; ")))),
            Ok(_) if self.refused => {
                differences.push(self.at(at, part, "is accepted, and was expected not to be".to_owned()));
            }
            Ok((value, problems)) => {
                self.hold_value(value, &mut differences);
                self.hold_problems(problems, &mut differences);
            }
        }
        differences
    }

    /// The value and the problems of the run, or the problems for which there was none.
    fn made(&self) -> Result<(Option<Value<'static>>, Vec<String>), Vec<String>> {
        let messages = |problems: Vec<Problem>| problems.into_iter().map(|problem| problem.message).collect();
        let input = self.input.as_ref().map(Node::value);
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
                    values.push((name, node.get("headers").map_or(Value::Null, Node::value)));
                }
                _ => values.push((name, node.value())),
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
        match &self.subject {
            Subject::Selection(text) => {
                let program = Program::parse(&text.value, self.dialect).map_err(messages)?;
                let outcome = program.run(input.as_ref(), &variables);
                Ok((outcome.value.map(Value::into_owned), messages(outcome.problems)))
            }
            Subject::Template(text) => {
                let filled = Template::parse(&text.value, self.dialect).and_then(|template| template.fill(&variables));
                Ok((Some(filled.map_err(messages)?.into()), Vec::new()))
            }
            Subject::Request(_, sides) => {
                let made = sides.made(self.dialect, &variables).map_err(|why| vec![why])?;
                Ok((Some(made.map_err(messages)?), Vec::new()))
            }
        }
    }

    /// Conformance is stricter than tests of connectors: keys stand in their order, and 1 is not 1.0.
    fn hold_value(&self, found: Option<Value<'_>>, out: &mut Vec<Difference>) {
        match (&self.value, found) {
            (None, None) => {}
            (None, Some(found)) => {
                let message = format!("expected nothing (missing), found {}", cut(&text(&found)));
                out.push(self.at(self.name.at, "value", message));
            }
            (Some(wanted), None) => {
                let message = format!("expected {}, found nothing (missing)", cut(&wanted.text()));
                out.push(self.at(wanted.at, "value", message));
            }
            (Some(wanted), Some(found)) => {
                let unlike = self::differences(wanted, &Json::from(&found));
                if unlike.is_empty() && wanted.text() != text(&found) {
                    let message = format!("expected {}, found {}", cut(&wanted.text()), cut(&text(&found)));
                    out.push(self.at(wanted.at, "value", message));
                }
                for unlike in unlike {
                    let message = format!("{}: expected {}, found {}", unlike.path, unlike.expected, unlike.found);
                    out.push(self.at(unlike.at, "value", message));
                }
            }
        }
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

/// As one line of JSON, keys in their order.
fn text(value: &Value<'_>) -> String {
    let mut out = Vec::new();
    value.write(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}
