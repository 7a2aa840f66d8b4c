//! What goes wrong in a call, as failures: one sentence for clients, the circumstances for logs.

use super::care::Refusal;
use super::client::SendError;
use super::token::GrantError;
use crate::record::{Blame, Code, Failure};

/// Names a connector's failures.
#[derive(Clone, Copy, Debug)]
pub(super) struct Namer<'n> {
    pub connector: &'n str,
    pub department: &'n str,
}

impl Namer<'_> {
    /// Nothing came back.
    pub fn not_sent(&self, error: &SendError) -> Failure {
        let (code, says) = match error {
            SendError::Unreachable(_) => (Code::Unavailable, "could not be reached"),
            SendError::TimedOut(_) => (Code::Timeout, "did not answer in time"),
            SendError::Broken(_) | SendError::Unanswered(_) => (Code::Unavailable, "broke off its answer"),
            SendError::TooLarge(_) => (Code::UpstreamInvalid, "sent more than may be read"),
            SendError::ForeignOrigin | SendError::Inside => (Code::UpstreamInvalid, "pointed to another system"),
            SendError::Abandoned => return self.left_alone(Refusal::Open),
            SendError::Unsendable(why) => return self.bad_request(why.clone()),
        };
        self.of(code, says).with_private(error.to_string())
    }

    /// The source answered, and said no.
    pub fn refused(&self, status: u16) -> Failure {
        let (code, says) = match status {
            401 | 403 | 407 => return self.unauthorised(status),
            408 => (Code::Timeout, "did not answer in time"),
            429 => (Code::RateLimited, "is asked too much at the moment"),
            300..=399 => (Code::Unavailable, "answered with a redirect, which is not followed"),
            500.. => (Code::Unavailable, "answered with an error"),
            _ => (Code::Unavailable, "did not accept the request"),
        };
        let mut failure = self.of(code, says).with_status(status);
        failure.retryable = matches!(status, 408 | 429 | 500 | 502 | 503 | 504);
        failure
    }

    /// The gateway's credential is not accepted.
    pub fn unauthorised(&self, status: u16) -> Failure {
        let mut failure = self.of(Code::Unavailable, "refused the gateway's credential").with_status(status);
        failure.retryable = false;
        failure
    }

    /// No credential could be had.
    pub fn no_credential(&self, error: &GrantError) -> Failure {
        let code = match error {
            GrantError::LeftAlone(refusal) => return self.left_alone(*refusal),
            GrantError::Refused { status: 429, .. } => Code::RateLimited,
            _ => Code::Unavailable,
        };
        self.of(code, "gave the gateway no credential").with_private(error.to_string())
    }

    /// The answer makes no sense.
    pub fn invalid(&self, private: impl Into<String>) -> Failure {
        self.of(Code::UpstreamInvalid, "sent an answer that cannot be read").with_private(private)
    }

    /// The request cannot be built from these keys and arguments.
    pub fn bad_request(&self, private: impl Into<String>) -> Failure {
        let mut failure = self.of(Code::BadRequest, "cannot be asked for this").with_private(private);
        failure.blame = Blame::Caller;
        failure.retryable = false;
        failure
    }

    /// Too many keys wait already.
    pub fn crowded(&self) -> Failure {
        let mut failure = self.of(Code::RateLimited, "has too many questions waiting");
        failure.blame = Blame::Gateway;
        failure
    }

    /// The source is left alone, or was called as often as it allows.
    pub fn left_alone(&self, refusal: Refusal) -> Failure {
        let (code, says) = match refusal {
            Refusal::Open => (Code::CircuitOpen, "is left alone for a moment after repeated failures"),
            Refusal::Paused(_) => (Code::RateLimited, "asked to be left alone for a while"),
            Refusal::Spent => (Code::RateLimited, "may not be asked more often"),
        };
        self.of(code, says).with_private(refusal.to_string())
    }

    /// Nobody waits any longer.
    pub fn late(&self) -> Failure {
        self.of(Code::Timeout, "did not answer in time")
            .with_private("the request's time was over before its turn came")
    }

    /// The list goes on behind the last page that may be read.
    pub fn cut(&self) -> Failure {
        self.of(Code::BudgetExceeded, "has more pages than may be read")
    }

    /// The gateway itself failed.
    pub fn internal(&self, private: impl Into<String>) -> Failure {
        let mut failure = self.of(Code::Internal, "could not be asked").with_private(private);
        failure.blame = Blame::Gateway;
        failure
    }

    /// `says` follows the department's name.
    pub fn of(&self, code: Code, says: &str) -> Failure {
        Failure::of_source(code, self.connector, self.department, format!("{} {says}", self.department))
    }
}
