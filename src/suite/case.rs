//! One test of one connector: its request built, its answer judged and mapped, both held against what is expected.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use super::compare::{cut, differences, json_in, show};
use super::expect::SaidWanted;
use super::request;
use super::schema::Schema;
use super::told::Told;
use super::unfit;
use super::written::{Content, Test, find};
use super::yaml::{At, Kind, Node};
use crate::catalog::Connector;
use crate::mapping::{Object, Program, Value, Variables};
use crate::record::Failure;
use crate::sources::{Rehearsal, Staged, Verdict};

/// Where a test stands, and what it reads beside itself.
pub(super) struct Stage<'s> {
    pub schema: &'s Schema,
    /// The suite's file.
    pub path: &'s Path,
    /// The suite's text, for places inside its scalars.
    pub text: &'s str,
}

/// The text of something that a suite holds or names.
pub(super) struct Held {
    pub text: String,
    pub at: At,
    /// The tree where JSON is written as YAML.
    pub tree: Option<Node>,
    /// Whether the text is the suite's own, so that places inside it can be told.
    pub is_here: bool,
}

/// What came of the answer.
struct Came {
    /// The mapped value; the outer `None` where there was a failure.
    value: Option<Option<Json>>,
    /// Message, and the part of the selection that it is about.
    problems: Vec<(String, String)>,
    failure: Option<Box<Failure>>,
    /// A failure that an absence stands for in other engines.
    otherwise: Option<Box<Failure>>,
}

/// The variables of a test as values.
struct Given {
    values: BTreeMap<String, Value<'static>>,
    env: BTreeMap<String, String>,
}

impl Given {
    fn of(test: &Test) -> Given {
        let mut values: BTreeMap<String, Value<'static>> = BTreeMap::new();
        let mut env = BTreeMap::new();
        for (name, node) in &test.variables {
            match (name.as_str(), &node.kind) {
                ("$env", Kind::Map(entries)) => {
                    env.extend(
                        entries.iter().map(|(key, value)| (key.name.clone(), super::written::texts(value).concat())),
                    );
                }
                ("$requestHeaders", Kind::Map(entries)) => {
                    let headers = entries.iter().map(|(key, value)| {
                        let list = super::written::texts(value).into_iter().map(Value::from).collect();
                        (key.name.to_ascii_lowercase().into(), Value::List(list))
                    });
                    values.insert(name.clone(), Value::Object(headers.collect()));
                }
                _ => _ = values.insert(name.clone(), node.value()),
            }
        }
        // These are always there, if need be without anything in them.
        for name in ["$args", "$config", "$context", "$requestHeaders"] {
            values.entry(name.to_owned()).or_insert_with(|| Value::Object(Object::default()));
        }
        Given { values, env }
    }
}

impl Stage<'_> {
    /// Runs a test. Errors: nothing could be compared, and why.
    pub fn run(&self, test: &Test, connector: &Connector, told: &mut Told) {
        let given = Given::of(test);
        let env = |name: &str| given.env.get(name).cloned();
        let variables = Variables {
            args: given.values.get("$args"),
            this: given.values.get("$this"),
            batch: given.values.get("$batch"),
            config: given.values.get("$config"),
            context: given.values.get("$context"),
            request_headers: given.values.get("$requestHeaders"),
            env: Some(&env),
            ..Variables::default()
        };
        match connector.request.build(None, &variables) {
            Ok(request) => {
                if let Some(wanted) = &test.expect.request {
                    request::compare(self, wanted, &request, told);
                }
            }
            Err(problems) => {
                let said: Vec<String> = problems.into_iter().map(|problem| problem.message).collect();
                told.differs(
                    test.target.at,
                    "connectorRequest",
                    format!("the request cannot be made: {}", said.join("; ")),
                );
            }
        }
        if test.answer.is_given() || test.expect.wants_response() {
            self.answer(test, connector, &variables, told);
        }
    }

    fn answer(&self, test: &Test, connector: &Connector, variables: &Variables<'_>, told: &mut Told) {
        let body = match &test.answer.body {
            None => String::new(),
            Some(content) => match self.held(content) {
                Ok(held) => held.tree.map_or(held.text, |tree| tree.text()),
                Err((at, why)) => return told.differs(at, "apiResponseBody", why),
            },
        };
        let staged = match Staged::new(test.answer.status.unwrap_or(200), &test.answer.headers, body.into_bytes()) {
            Ok(staged) => staged,
            Err(why) => return told.differs(test.name.at, "apiResponseHeaders", why),
        };
        for (name, values) in &test.expect.response_headers {
            let found = |known: &&(String, String)| known.0.eq_ignore_ascii_case(&name.value);
            let found: Vec<&str> = test.answer.headers.iter().filter(found).map(|(_, value)| value.as_str()).collect();
            if found != values.iter().map(String::as_str).collect::<Vec<_>>() {
                let message = format!("{}: expected {:?}, found {found:?}", name.value, values);
                told.differs(name.at, "connectorResponseHeaders", message);
            }
        }
        let came = self.came(&staged, connector, variables, told);
        self.hold_response(test, &came, told);
        hold_said(&test.expect.problems, &came.problems, test.name.at, told);
        hold_errors(test, &came, told);
    }

    fn came(&self, staged: &Staged, connector: &Connector, variables: &Variables<'_>, told: &mut Told) -> Came {
        let heard = staged.hear();
        let rehearsal = Rehearsal::new(&self.schema.catalog, connector);
        let mut came = Came { value: None, problems: Vec::new(), failure: None, otherwise: None };
        match rehearsal.judge(&heard, variables) {
            Verdict::Good => {
                // A body that cannot be read is judged to be a failure.
                let Ok(body) = heard.body() else { return came };
                let variables = heard.variables(variables);
                let outcome = connector.selection.run_traced(Some(body), &variables, told.trail());
                for problem in &outcome.problems {
                    came.problems.push((problem.message.clone(), excerpt(&connector.selection, &problem.span)));
                }
                let is_hollow =
                    body.is_null() && matches!(&outcome.value, Some(Value::Object(made)) if made.is_empty());
                if let Some(value) = outcome.value.as_ref().filter(|_| !is_hollow) {
                    came.problems.extend(unfit::find(&self.schema.catalog, connector, value));
                }
                came.value = Some(outcome.value.filter(|_| !is_hollow).map(Json::from));
            }
            Verdict::Absent(otherwise) => {
                came.value = Some(None);
                came.otherwise = otherwise;
                told.missed();
            }
            Verdict::Unauthorised => {
                let mut failure = self.failure(connector, "refused the gateway's credential");
                failure.status = Some(staged.status());
                came.failure = Some(Box::new(failure));
                told.missed();
            }
            Verdict::Failed(failure) => {
                came.failure = Some(failure);
                told.missed();
            }
        }
        came
    }

    fn failure(&self, connector: &Connector, says: &str) -> Failure {
        let department = &self.schema.catalog.department(connector.department).name;
        let code = crate::record::Code::Unavailable;
        Failure::of_source(code, &connector.id, department, format!("{department} {says}"))
    }

    fn hold_response(&self, test: &Test, came: &Came, told: &mut Told) {
        let Some(content) = &test.expect.response else { return };
        let held = match self.held(content) {
            Ok(held) => held,
            Err((at, why)) => return told.differs(at, "connectorResponse", why),
        };
        let Some(value) = &came.value else {
            let why = came.failure.as_ref().map_or_else(String::new, |failure| said_of(failure));
            return told.differs(held.at, "connectorResponse", format!("the answer is a failure: {why}"));
        };
        let tree = match self.tree(held) {
            Ok(tree) => tree,
            Err((at, why)) => {
                return told.differs(at, "connectorResponse", format!("the expectation is no JSON: {why}"));
            }
        };
        for unlike in differences(&tree, value.as_ref().unwrap_or(&Json::Null)) {
            told.unlike("connectorResponse", unlike);
        }
    }

    /// A text as JSON with places.
    pub fn tree(&self, held: Held) -> Result<Node, (At, String)> {
        match held.tree {
            Some(tree) => Ok(tree),
            None => {
                let source = if held.is_here { self.text } else { "" };
                json_in(&held.text, held.at, source).map_err(|why| (held.at, why))
            }
        }
    }

    /// What a suite holds, or the file that it names.
    pub fn held(&self, content: &Content) -> Result<Held, (At, String)> {
        match content {
            Content::Here(Node { at, kind: Kind::Text(text) }) => {
                Ok(Held { text: text.clone(), at: *at, tree: None, is_here: true })
            }
            Content::Here(Node { at, kind: Kind::Null }) => {
                Ok(Held { text: String::new(), at: *at, tree: Some(Node { at: *at, kind: Kind::Null }), is_here: true })
            }
            Content::Here(node) => Ok(Held { text: node.text(), at: node.at, tree: Some(node.clone()), is_here: true }),
            Content::File(name) => {
                let path = find(self.path, &name.value).ok_or_else(|| {
                    (name.at, format!("there is no file `{}` beside the suite or above it", name.value))
                })?;
                let text = fs::read_to_string(&path)
                    .map_err(|why| (name.at, format!("`{}` cannot be read: {why}", name.value)))?;
                Ok(Held { text, at: name.at, tree: None, is_here: false })
            }
        }
    }
}

/// The part of a selection that a problem is about.
fn excerpt(program: &Program, span: &std::ops::Range<usize>) -> String {
    let part = program.text().get(span.clone()).unwrap_or_default();
    cut(&part.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn said_of(failure: &Failure) -> String {
    let private = if failure.private.is_empty() { String::new() } else { format!(" ({})", failure.private) };
    let status = failure.status.map(|status| format!(", status {status}")).unwrap_or_default();
    format!("{}{private}, {}{status}", failure.public, failure.code.as_str())
}

/// Expected messages against those that came; both what is missing and what nobody expects is told.
fn hold_said(wanted: &[SaidWanted], came: &[(String, String)], at: At, told: &mut Told) {
    let mut left: Vec<&(String, String)> = came.iter().collect();
    for want in wanted {
        let hit = left.iter().position(|(message, path)| {
            fits(want, message) && want.path.as_ref().is_none_or(|wanted| names_path(&wanted.value, path, message))
        });
        match hit {
            Some(index) => _ = left.remove(index),
            None => {
                let found: Vec<String> = left.iter().map(|(message, path)| format!("{message} at `{path}`")).collect();
                let found = if found.is_empty() { "none".to_owned() } else { found.join("; ") };
                told.differs(want.at, "problems", format!("expected {}, found {found}", wanted_text(want)));
            }
        }
    }
    for (message, path) in left {
        told.differs(at, "problems", format!("nobody expects: {message} at `{path}`"));
    }
}

/// Whether a message is about the path: its last key is named.
fn names_path(wanted: &str, excerpt: &str, message: &str) -> bool {
    let last = wanted.rsplit(['.', '>', '/']).next().unwrap_or_default();
    excerpt.contains(last) || message.contains(last)
}

fn hold_errors(test: &Test, came: &Came, told: &mut Told) {
    let wanted = &test.expect.errors;
    let failure = match (&came.failure, &came.otherwise) {
        (Some(failure), _) => failure,
        (None, Some(otherwise)) if !wanted.is_empty() => {
            told.note(
                "a 404 or 410 is an absence to c360: null, without an error; the words of `errors` were compared",
            );
            otherwise
        }
        _ => {
            if let Some(want) = wanted.first() {
                told.differs(want.at, "error", format!("expected {}, but the answer is no failure", wanted_text(want)));
            }
            return;
        }
    };
    if wanted.is_empty() && test.expect.response.is_none() {
        return told.differs(test.name.at, "error", format!("nobody expects a failure: {}", said_of(failure)));
    }
    for want in wanted {
        // Who has no words of his own is called "Request failed" by the reference.
        let is_standard = want.message.as_ref().is_some_and(|message| message.value == "Request failed");
        if !fits(want, &failure.public) && !is_standard {
            told.differs(
                want.at,
                "error.message",
                format!("expected {}, found {:?}", wanted_text(want), failure.public),
            );
        }
        let Some(Node { kind: Kind::Map(entries), .. }) = &want.extensions else { continue };
        for (key, value) in entries {
            let found = match key.name.as_str() {
                name if failure.extensions.as_ref().is_some_and(|own| own.contains_key(name)) => {
                    failure.extensions.as_ref().and_then(|own| own.get(name).cloned())
                }
                "code" => Some(Json::from(failure.code.as_str())),
                "status" => failure.status.map(Json::from),
                "connector" => Some(Json::from(failure.connector.as_str())),
                "department" => Some(Json::from(failure.department.as_str())),
                "http" => Some(serde_json::json!({ "status": failure.status })),
                _ => None,
            };
            let found = found.unwrap_or(Json::Null);
            // The reference's own names for what it adds are no part of what a connector says.
            let is_foreign = matches!(key.name.as_str(), "service")
                || key.name == "connector" && matches!(value.kind, Kind::Map(_))
                || key.name == "code" && value.json() == "CONNECTOR_FETCH";
            if !is_foreign && !super::compare::same(&value.json(), &found) {
                let message = format!("{}: expected {}, found {}", key.name, show(&value.json()), show(&found));
                told.differs(key.at, "error.extensions", message);
            }
        }
    }
}

fn fits(want: &SaidWanted, message: &str) -> bool {
    match (&want.message, &want.contains) {
        (Some(exact), _) => exact.value == message,
        (None, Some(part)) => message.contains(&part.value),
        (None, None) => true,
    }
}

fn wanted_text(want: &SaidWanted) -> String {
    match (&want.message, &want.contains) {
        (Some(exact), _) => format!("{:?}", exact.value),
        (None, Some(part)) => format!("a message with {:?}", part.value),
        (None, None) => "any message".to_owned(),
    }
}
