//! Who may pass.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, Uri};
use ring::hmac;
use ring::rand::SystemRandom;
use secrecy::{ExposeSecret, SecretString};

use super::settings::is_own_name;
use crate::http::accept::Form;
use crate::http::refused::Refused;

/// Knows an operator.
#[derive(Clone)]
pub(super) enum Guard {
    /// By a token. Codes of it and of what is shown are compared, in a time that tells nothing of either.
    Token(Arc<(hmac::Key, hmac::Tag)>),
    /// By being on this machine: the listener is reached from nowhere else.
    Machine,
}

impl Guard {
    pub fn new(token: Option<&SecretString>) -> Guard {
        let Some(token) = token else { return Guard::Machine };
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        let key = key.expect("the system gives random bytes, or TLS would not start either");
        let tag = hmac::sign(&key, token.expose_secret().as_bytes());
        Guard::Token(Arc::new((key, tag)))
    }

    /// Errors: what is missing. Web pages are no operators: a page that makes its reader's browser ask here is refused,
    /// and so is one whose name was made to mean this machine.
    fn admit(&self, headers: &HeaderMap, uri: &Uri) -> Result<(), Refused> {
        match self {
            Guard::Token(known) => {
                let shown = headers.get(AUTHORIZATION).map(|value| value.as_bytes());
                let token = shown.and_then(|shown| match shown.split_at_checked("Bearer ".len()) {
                    Some((word, token)) if word.eq_ignore_ascii_case(b"Bearer ") => Some(token),
                    _ => None,
                });
                let is_known = token.is_some_and(|token| hmac::verify(&known.0, token, known.1.as_ref()).is_ok());
                if is_known { Ok(()) } else { Err(Refused::Token) }
            }
            Guard::Machine if headers.contains_key(ORIGIN) => Err(Refused::Outsider),
            Guard::Machine => {
                let host = headers.get(HOST).and_then(|host| host.to_str().ok());
                let host = host.or_else(|| uri.authority().map(Authority::as_str)).unwrap_or_default();
                let name = host.rsplit_once(':').map_or(host, |(name, port)| match port.ends_with(']') {
                    true => host,
                    false => name,
                });
                if is_own_name(name) { Ok(()) } else { Err(Refused::Outsider) }
            }
        }
    }
}

/// Lets operators through.
pub(super) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match guard.admit(request.headers(), request.uri()) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.response(Form::Json),
    }
}
