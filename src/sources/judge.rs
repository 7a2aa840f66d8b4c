//! What an answer is, before anybody reads what it says: good, a refusal of the credential, or a failure.

use serde_json::{Map, Value as Json};

use super::care::Kind;
use super::client::Answer;
use super::count::Counters;
use super::credential::Credential;
use super::fault::Namer;
use super::heard::Headers;
use crate::catalog::{Connector, FailureClass, Source};
use crate::mapping::{Outcome, Program, ReadError, Value, Variables, body_value};
use crate::record::{Code, Failure};

/// The longest message of a connector's own.
const MAX_MESSAGE_CHARS: usize = 200;
/// The most that `errors.extensions` may say.
const MAX_EXTENSIONS_BYTES: usize = 4 << 10;

/// An answer with its body read.
pub(super) struct Page<'a> {
    pub status: u16,
    /// Where a mapping of the connector looks at them.
    headers: Option<Headers<'a>>,
    pub body: Result<Value<'a>, ReadError>,
    /// It came without a body, and without saying (204, 205) that it has none.
    is_blank: bool,
}

/// What an answer is.
pub(super) enum Judgement {
    Good,
    /// What was known before still holds.
    Unchanged,
    /// The call was fine, and nothing is there.
    Absent,
    /// The credential is no longer good.
    Unauthorised,
    Failed(Box<Failure>, Kind),
}

impl Judgement {
    /// What it says of the source.
    pub fn kind(&self) -> Kind {
        match self {
            Judgement::Good | Judgement::Unchanged | Judgement::Absent | Judgement::Unauthorised => Kind::Well,
            Judgement::Failed(_, kind) => *kind,
        }
    }
}

/// Judges the answers of one connector.
pub(super) struct Judge<'j> {
    pub connector: &'j Connector,
    pub source: Option<&'j Source>,
    pub names: Namer<'j>,
    pub counters: &'j Counters,
    pub credential: &'j Credential,
}

impl<'a> Page<'a> {
    /// `reads_headers` says whether a mapping of the connector looks at the answer's headers.
    pub fn read(answer: &'a Answer, reads_headers: bool) -> Page<'a> {
        let body = body_value(answer.content_type(), &answer.body).map(|value| value.unwrap_or(Value::Null));
        let headers = reads_headers.then(|| Headers::new(&answer.headers));
        let is_blank = answer.body.is_empty() && !matches!(answer.status, 204 | 205);
        Page { status: answer.status, headers, body, is_blank }
    }

    fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Judge<'_> {
    /// `variables` are the request's own; those of the answer are added here.
    pub fn judge<'v>(&'v self, page: &'v Page<'_>, variables: &Variables<'v>) -> Judgement {
        let variables = page.variables(variables);
        // A failure may come as a page of HTML: it is a failure all the same, of a body without values.
        let nothing = &Value::Null;
        let body = page.body.as_ref().unwrap_or(nothing);
        let says_true = |program: &'v Program| self.run(program, body, &variables).value == Some(Value::Bool(true));
        for rule in self.source.map(|source| source.failures.as_slice()).unwrap_or_default() {
            if says_true(&rule.when) {
                return self.classed(rule.class, page, body, &variables);
            }
        }
        let success = match &self.connector.is_success {
            Some(program) if page.body.is_ok() => says_true(program),
            _ => page.is_success(),
        };
        if success {
            return match &page.body {
                // Who answers for many keys says which of them there are: silence does not mean that nobody is there.
                Ok(_) if page.is_blank && self.connector.batch.is_some() && self.connector.is_success.is_none() => {
                    self.unreadable(page, "an empty body")
                }
                Ok(_) => Judgement::Good,
                Err(error) => self.unreadable(page, error.to_string()),
            };
        }
        if self.credential.refused_by(page.status) {
            return Judgement::Unauthorised;
        }
        if matches!(page.status, 404 | 410) && self.connector.batch.is_none() {
            return Judgement::Absent;
        }
        let failure = if page.is_success() {
            self.names.of(Code::Unavailable, "said that the request failed").with_status(page.status)
        } else {
            self.names.refused(page.status)
        };
        self.failed(failure, Kind::of_status(page.status), body, &variables)
    }

    fn unreadable(&self, page: &Page<'_>, why: impl Into<String>) -> Judgement {
        Judgement::Failed(Box::new(self.names.invalid(why).with_status(page.status)), Kind::Unwell)
    }

    fn classed<'v>(
        &'v self,
        class: FailureClass,
        page: &Page<'_>,
        body: &'v Value<'v>,
        variables: &Variables<'v>,
    ) -> Judgement {
        if class == FailureClass::Auth {
            return Judgement::Unauthorised;
        }
        match self.failure_of(class, page.status) {
            None => Judgement::Absent,
            Some(failure) => self.failed(failure, Kind::of_class(class), body, variables),
        }
    }

    /// The failure that a class stands for; `None`: it is none, nothing is there.
    pub fn failure_of(&self, class: FailureClass, status: u16) -> Option<Failure> {
        let (code, says, retryable) = match class {
            FailureClass::Absent => return None,
            FailureClass::Auth => return Some(self.names.unauthorised(status)),
            FailureClass::Quota => (Code::RateLimited, "has no quota left for the gateway", false),
            FailureClass::Rate => (Code::RateLimited, "is asked too much at the moment", true),
            FailureClass::Retryable => (Code::Unavailable, "answered with an error", true),
            FailureClass::Fatal => (Code::Unavailable, "did not accept the request", false),
        };
        let mut failure = self.names.of(code, says).with_status(status);
        failure.retryable = retryable;
        Some(failure)
    }

    /// What an absence would be if its status were not taken for one: 404 and 410 are failures to those who wrote
    /// `errors` for them.
    pub fn not_there<'v>(&'v self, page: &'v Page<'_>, variables: &Variables<'v>) -> Option<Box<Failure>> {
        if !matches!(page.status, 404 | 410) {
            return None;
        }
        let body = page.body.as_ref().unwrap_or(&Value::Null);
        match self.failed(self.names.refused(page.status), Kind::Well, body, &page.variables(variables)) {
            Judgement::Failed(failure, _) => Some(failure),
            _ => None,
        }
    }

    /// A failure in the words of the connector's own `errors`, where it has some.
    fn failed<'v>(
        &'v self,
        mut failure: Failure,
        kind: Kind,
        body: &'v Value<'v>,
        variables: &Variables<'v>,
    ) -> Judgement {
        for errors in &self.connector.errors {
            if let Some(program) = &errors.message
                && let Some(Value::Text(message)) = self.run(program, body, variables).value
            {
                failure.public = message.chars().take(MAX_MESSAGE_CHARS).collect::<String>().into();
            }
            if let Some(program) = &errors.extensions
                && let Some(value @ Value::Object(_)) = self.run(program, body, variables).value
            {
                self.overlay(&mut failure, &value);
            }
        }
        Judgement::Failed(Box::new(failure), kind)
    }

    fn overlay(&self, failure: &mut Failure, value: &Value<'_>) {
        let mut text = Vec::new();
        value.write(&mut text);
        if text.len() > MAX_EXTENSIONS_BYTES {
            self.counters.problems.add(1);
        } else if let Json::Object(members) = Json::from(value) {
            failure.extensions.get_or_insert_with(Map::new).extend(members);
        }
    }

    /// Runs one of the connector's mappings over a body.
    pub fn run<'v>(&self, program: &'v Program, body: &'v Value<'v>, variables: &Variables<'v>) -> Outcome<'v> {
        let outcome = program.run(Some(body), variables);
        self.counters.problems.add(outcome.problem_count);
        outcome
    }
}

impl Page<'_> {
    /// The request's variables with those of this answer.
    pub fn variables<'v>(&'v self, variables: &Variables<'v>) -> Variables<'v> {
        Variables {
            response_headers: self.headers.as_ref().map(Headers::lists),
            status: Some(self.status),
            ..*variables
        }
    }
}
