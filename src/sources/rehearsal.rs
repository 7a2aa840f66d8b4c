//! An answer that nobody sent: judged and read as a call's would be, for tests of connectors.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::auth::Auth;
use super::client::Answer;
use super::count::Counters;
use super::credential::Credential;
use super::fault::Namer;
use super::judge::{Judge, Judgement, Page};
use super::settings::ConfigTable;
use crate::catalog::{Catalog, Connector};
use crate::mapping::{ReadError, Value, Variables};
use crate::record::Failure;

/// One connector with nobody behind it.
pub struct Rehearsal<'r> {
    catalog: &'r Catalog,
    connector: &'r Connector,
    credential: Credential,
    counters: Counters,
}

/// An answer as it would have come.
#[derive(Debug)]
pub struct Staged(Answer);

/// A staged answer with its body read.
pub struct Heard<'a>(Page<'a>);

/// What a staged answer is.
#[derive(Debug)]
pub enum Verdict {
    /// The selection is applied to its body.
    Good,
    /// Nothing is there. Where the status alone says so (404, 410): the failure that it would be otherwise, in the
    /// words of the connector's own `errors`.
    Absent(Option<Box<Failure>>),
    /// The credential is no longer good.
    Unauthorised,
    /// A failure, in the words of the connector's own `errors`.
    Failed(Box<Failure>),
}

impl Staged {
    /// Errors: what is wrong with a header.
    pub fn new(status: u16, headers: &[(String, String)], body: Vec<u8>) -> Result<Staged, String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let named = HeaderName::try_from(name.as_str()).map_err(|_| format!("`{name}` is no name of a header"))?;
            let value =
                HeaderValue::try_from(value.as_str()).map_err(|_| format!("the value of `{name}` fits no header"))?;
            map.append(named, value);
        }
        Ok(Staged(Answer { status, headers: map, body }))
    }

    /// Its HTTP status.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// Its body read by its content type, as a call's would be.
    pub fn hear(&self) -> Heard<'_> {
        Heard(Page::read(&self.0, true))
    }
}

impl<'a> Heard<'a> {
    /// The body's value.
    ///
    /// Errors: it cannot be read.
    pub fn body(&self) -> Result<&Value<'a>, &ReadError> {
        self.0.body.as_ref()
    }

    /// The request's variables with those of this answer.
    pub fn variables<'v>(&'v self, variables: &Variables<'v>) -> Variables<'v> {
        self.0.variables(variables)
    }
}

impl<'r> Rehearsal<'r> {
    /// Prepares a connector of the catalog.
    pub fn new(catalog: &'r Catalog, connector: &'r Connector) -> Rehearsal<'r> {
        let credential =
            Credential::new(&Auth::None, &ConfigTable::default()).expect("no credential fits every header");
        Rehearsal { catalog, connector, credential, counters: Counters::default() }
    }

    /// Judges an answer by `@failure`, `isSuccess`, the status and `errors`.
    pub fn judge<'v>(&'v self, heard: &'v Heard<'_>, variables: &Variables<'v>) -> Verdict {
        let names = Namer {
            connector: &self.connector.id,
            department: &self.catalog.department(self.connector.department).name,
        };
        let judge = Judge {
            connector: self.connector,
            source: self.connector.source.map(|source| self.catalog.source(source)),
            names,
            counters: &self.counters,
            credential: &self.credential,
        };
        match judge.judge(&heard.0, variables) {
            Judgement::Good | Judgement::Unchanged => Verdict::Good,
            Judgement::Absent => Verdict::Absent(judge.not_there(&heard.0, variables)),
            Judgement::Unauthorised => Verdict::Unauthorised,
            Judgement::Failed(failure, _) => Verdict::Failed(failure),
        }
    }
}
