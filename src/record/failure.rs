//! Why a part could not be had, as data.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

/// Stable codes that clients see in `extensions.code`; one table, printed in `docs/errors.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// The source could not be reached, or answered with a failure.
    Unavailable,
    /// The source did not answer in its time, or the request's time was over.
    Timeout,
    /// The source refused because too much was asked of it.
    RateLimited,
    /// The source is left alone for a while after repeated failures.
    CircuitOpen,
    /// The source's answer could not be read.
    UpstreamInvalid,
    /// A value does not fit the contract's type.
    MappingInvalid,
    /// Two elements of an answer carry one key.
    DuplicateKey,
    /// The request asked for more than it may.
    BudgetExceeded,
    /// The caller may not see it.
    Forbidden,
    /// The request itself is wrong.
    BadRequest,
    /// The gateway is at fault.
    Internal,
}

impl Code {
    /// Every code, in the order of the table.
    pub const ALL: [Code; 11] = [
        Code::Unavailable,
        Code::Timeout,
        Code::RateLimited,
        Code::CircuitOpen,
        Code::UpstreamInvalid,
        Code::MappingInvalid,
        Code::DuplicateKey,
        Code::BudgetExceeded,
        Code::Forbidden,
        Code::BadRequest,
        Code::Internal,
    ];

    /// The code as clients see it.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::Unavailable => "UNAVAILABLE",
            Code::Timeout => "TIMEOUT",
            Code::RateLimited => "RATE_LIMITED",
            Code::CircuitOpen => "CIRCUIT_OPEN",
            Code::UpstreamInvalid => "UPSTREAM_INVALID",
            Code::MappingInvalid => "MAPPING_INVALID",
            Code::DuplicateKey => "DUPLICATE_KEY",
            Code::BudgetExceeded => "BUDGET_EXCEEDED",
            Code::Forbidden => "FORBIDDEN",
            Code::BadRequest => "BAD_REQUEST",
            Code::Internal => "INTERNAL",
        }
    }
}

/// Whose fault a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blame {
    /// Whoever sent the request.
    Caller,
    /// The source.
    Source,
    /// The gateway or its configuration.
    Gateway,
}

/// Why one part of an answer could not be had. Cheap to clone behind an `Arc`.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The stable code.
    pub code: Code,
    /// Whose fault.
    pub blame: Blame,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// The sentence clients see. Never quotes an upstream body, an address or a secret.
    pub public: Cow<'static, str>,
    /// Context for logs only.
    pub private: String,
    /// The connector whose call failed: its id.
    pub connector: String,
    /// The department that failed: its name.
    pub department: String,
    /// Upstream HTTP status, where there was one.
    pub status: Option<u16>,
    /// What the connector's own `errors.extensions` yields.
    pub extensions: Option<Map<String, Json>>,
}

impl Failure {
    /// A failure of a source's call.
    pub fn of_source(code: Code, connector: &str, department: &str, public: impl Into<Cow<'static, str>>) -> Failure {
        Failure {
            code,
            blame: Blame::Source,
            retryable: matches!(code, Code::Unavailable | Code::Timeout | Code::RateLimited | Code::CircuitOpen),
            public: public.into(),
            private: String::new(),
            connector: connector.to_owned(),
            department: department.to_owned(),
            status: None,
            extensions: None,
        }
    }

    /// The same with context for logs.
    pub fn with_private(mut self, private: impl Into<String>) -> Failure {
        self.private = private.into();
        self
    }

    /// The same with the upstream's HTTP status.
    pub fn with_status(mut self, status: u16) -> Failure {
        self.status = Some(status);
        self
    }

    /// Shared.
    pub fn shared(self) -> Arc<Failure> {
        Arc::new(self)
    }
}
