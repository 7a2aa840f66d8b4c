//! Why a document or its variables are not accepted, as plain data.

use std::fmt;

/// Most complaints of one refusal; the rest is left out.
pub(super) const MAX_COMPLAINTS: usize = 10;
/// Longest message, in characters.
pub(super) const MAX_MESSAGE: usize = 200;

/// The whole request is refused: nothing is executed and the answer has no `data`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of refusal; the same for all complaints.
    pub reason: Reason,
    /// One to ten complaints.
    pub complaints: Vec<Complaint>,
}

/// What kind of refusal it is: `extensions.reason` beside the code `BAD_REQUEST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The document asks for more than [`super::Limits`] allow.
    LimitExceeded,
    /// The text is no GraphQL document.
    ParseFailed,
    /// The document does not fit the contract.
    ValidationFailed,
    /// No operation, or not one, has the name asked for.
    OperationUnknown,
    /// The variables do not fit the operation.
    VariablesInvalid,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Reason; 5] = [
        Reason::LimitExceeded,
        Reason::ParseFailed,
        Reason::ValidationFailed,
        Reason::OperationUnknown,
        Reason::VariablesInvalid,
    ];

    /// The reason as clients see it.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::LimitExceeded => "LIMIT_EXCEEDED",
            Reason::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Reason::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Reason::OperationUnknown => "OPERATION_UNKNOWN",
            Reason::VariablesInvalid => "VARIABLES_INVALID",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// A sentence of at most 200 characters.
    pub message: String,
    /// Lines and columns in the document, both from 1; empty where it is not about a place.
    pub locations: Vec<(u32, u32)>,
}

impl Complaint {
    /// A complaint about no place in particular. A longer message is cut at 200 characters.
    pub fn new(message: impl Into<String>) -> Complaint {
        let mut message = message.into();
        if let Some((cut, _)) = message.char_indices().nth(MAX_MESSAGE) {
            let keep = message.char_indices().nth(MAX_MESSAGE - 1).map_or(cut, |(at, _)| at);
            message.truncate(keep);
            message.push('…');
        }
        Complaint { message, locations: Vec::new() }
    }

    /// The same about a place.
    pub(super) fn at(mut self, location: (u32, u32)) -> Complaint {
        self.locations.push(location);
        self
    }
}

impl Refusal {
    /// A refusal of one complaint.
    pub(super) fn one(reason: Reason, complaint: Complaint) -> Refusal {
        Refusal { reason, complaints: vec![complaint] }
    }

    /// A refusal because of [`super::Limits`].
    pub(super) fn limit(message: impl Into<String>) -> Refusal {
        Refusal::one(Reason::LimitExceeded, Complaint::new(message))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.reason.as_str())?;
        for complaint in &self.complaints {
            write!(out, "\n  ")?;
            for (line, column) in &complaint.locations {
                write!(out, "{line}:{column} ")?;
            }
            write!(out, "{}", complaint.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}
