//! Cases that say what the language means, as data: a selection, a template or a request, and what comes of it.
//! They can be read from YAML, JSON or anything else that serde reads; reading the file is the caller's.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::read;
use super::value::Value;
use super::variables::Variables;
use super::{Dialect, Problem, Program, Template, Version};

mod request;

/// A file of cases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conformance {
    /// Which section of the language the cases are about; what tells such a file from others.
    pub conformance: String,
    /// What the section says, in a few words.
    #[serde(default)]
    pub about: String,
    /// The cases, at least one.
    pub cases: Vec<Case>,
}

/// One case: exactly one of `selection`, `template` and `request`, and what must come of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What the case shows, in a sentence; no two cases of a file share it.
    pub name: String,
    /// `v0.1` to `v0.4` of the connect specification; v0.4 where nothing is said.
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    selection: Option<String>,
    #[serde(default)]
    template: Option<String>,
    #[serde(default)]
    request: Option<request::Sides>,
    /// Without this key there is no data at all, as where a request is made.
    #[serde(default, deserialize_with = "given")]
    input: Option<Value<'static>>,
    #[serde(default, deserialize_with = "variables")]
    variables: BTreeMap<String, Value<'static>>,
    /// Without this key the result must be missing, which is not null.
    #[serde(default, deserialize_with = "given")]
    value: Option<Value<'static>>,
    /// For each problem, in order, a part of its message; those of the text, or else those of the run.
    #[serde(default)]
    problems: Vec<String>,
}

/// What came of a case: a value or nothing, and what was noted.
struct Found {
    value: Option<Value<'static>>,
    problems: Vec<Problem>,
}

const VARIABLES: [&str; 9] =
    ["$args", "$this", "$batch", "$config", "$env", "$context", "$requestHeaders", "$responseHeaders", "$status"];

impl Case {
    /// Runs the case. An empty list says that it holds; otherwise each entry is a sentence on what differs.
    pub fn differences(&self) -> Vec<String> {
        let found = match self.found() {
            Ok(found) => found,
            Err(why) => return vec![why],
        };
        let mut differences = Vec::new();
        if found.value != self.value {
            let (expected, found) = (shown(self.value.as_ref()), shown(found.value.as_ref()));
            differences.push(format!("the value is {found}, expected {expected}"));
        }
        let messages: Vec<&str> = found.problems.iter().map(|problem| problem.message.as_str()).collect();
        let alike = messages.len() == self.problems.len()
            && messages.iter().zip(&self.problems).all(|(message, part)| message.contains(part.as_str()));
        if !alike {
            differences.push(format!("the problems are {messages:?}, expected {:?}", self.problems));
        }
        differences
    }

    fn found(&self) -> Result<Found, String> {
        if let Some(name) = self.variables.keys().find(|name| !VARIABLES.contains(&name.as_str())) {
            return Err(format!("there is no variable {name}; known are {}", VARIABLES.join(", ")));
        }
        let dialect = Dialect { version: self.version()?, extensions: true };
        let environment = |name: &str| self.variables.get("$env")?.get(name)?.as_text().map(str::to_owned);
        let of = |name: &str| self.variables.get(name);
        let variables = Variables {
            args: of("$args"),
            this: of("$this"),
            batch: of("$batch"),
            config: of("$config"),
            env: Some(&environment),
            context: of("$context"),
            request_headers: of("$requestHeaders"),
            response_headers: of("$responseHeaders"),
            status: self.status()?,
        };
        Ok(match (&self.selection, &self.template, &self.request) {
            (Some(text), None, None) => match Program::parse(text, dialect) {
                Ok(program) => {
                    let outcome = program.run(self.input.as_ref(), &variables);
                    Found { value: outcome.value.map(Value::into_owned), problems: outcome.problems }
                }
                Err(problems) => Found { value: None, problems },
            },
            (None, Some(text), None) => {
                match Template::parse(text, dialect).and_then(|template| template.fill(&variables)) {
                    Ok(filled) => Found { value: Some(filled.into()), problems: Vec::new() },
                    Err(problems) => Found { value: None, problems },
                }
            }
            (None, None, Some(sides)) => match sides.made(dialect, &variables)? {
                Ok(made) => Found { value: Some(made), problems: Vec::new() },
                Err(problems) => Found { value: None, problems },
            },
            _ => return Err("a case has one of `selection`, `template` and `request`".to_owned()),
        })
    }

    fn version(&self) -> Result<Version, String> {
        match self.version.as_deref() {
            None | Some("v0.4") => Ok(Version::V0_4),
            Some("v0.3") => Ok(Version::V0_3),
            Some("v0.2") => Ok(Version::V0_2),
            Some("v0.1") => Ok(Version::V0_1),
            Some(other) => Err(format!("{other:?} is no version; known are v0.1 to v0.4")),
        }
    }

    fn status(&self) -> Result<Option<u16>, String> {
        let Some(status) = self.variables.get("$status") else { return Ok(None) };
        match status {
            Value::Number(number) => number.as_u64().and_then(|number| u16::try_from(number).ok()).map(Some),
            _ => None,
        }
        .ok_or_else(|| "$status is an HTTP status".to_owned())
    }
}

fn shown(value: Option<&Value<'_>>) -> Cow<'static, str> {
    let Some(value) = value else { return Cow::Borrowed("missing") };
    let mut out = Vec::new();
    value.write(&mut out);
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

/// A key that is there, whatever it says.
fn given<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Value<'static>>, D::Error> {
    read::owned(input).map(Some)
}

fn variables<'de, D: Deserializer<'de>>(input: D) -> Result<BTreeMap<String, Value<'static>>, D::Error> {
    match read::owned(input)? {
        Value::Object(object) => Ok(object.into_iter().map(|(name, value)| (name.into_owned(), value)).collect()),
        other => Err(serde::de::Error::custom(format!("variables are an object, found {}", other.kind()))),
    }
}
