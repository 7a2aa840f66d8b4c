//! Outcomes and their statuses: the one place where both meet.

use std::borrow::Cow;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, StatusCode};
use serde_json::json;

use super::accept::Form;
use super::keeping::CacheControl;
use crate::gateway::Answer;

/// Why a request did not reach the gateway, or did not come back from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The client takes neither form of an answer.
    NotAcceptable,
    /// The body is not `application/json`.
    MediaType,
    /// The request says twice who asks.
    Doubled,
    /// The body is packed.
    Packed,
    /// The body is too long.
    TooLarge,
    /// The body took too long.
    TooSlow,
    /// The body broke off.
    BrokenOff,
    /// The body is no JSON object.
    NotJson,
    /// The body is a list of requests.
    Batch,
    /// A part of the request has the wrong type; the sentence says which.
    Part(&'static str),
    /// This header names no time.
    Deadline(HeaderName),
    /// Questions come by POST.
    Method,
    /// Nothing is here.
    Path,
    /// The page that asks is of another origin.
    Origin,
    /// The socket's protocol is not `graphql-transport-ws`, or its handshake is wrong.
    Handshake,
    /// No more sockets now.
    SocketsFull,
    /// No more questions now.
    Busy,
    /// `extensions.timeout` names no time.
    Timeout,
    /// The operators' door wants its token.
    Token,
    /// Without a token operators are only those who ask on this machine, by its name.
    Outsider,
    /// Nothing is behind the operators' door at this path.
    NoSight,
    /// Something is there, by these methods.
    OtherMethod(&'static str),
    /// Whoever speaks to a webhook is not known, or does not speak now.
    Webhook,
    /// What a known sender says cannot be read.
    WebhookBody,
    /// A handler panicked.
    Panicked,
}

/// Why a response refuses, for whoever counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reason(pub &'static str);

impl Refused {
    fn status(&self) -> StatusCode {
        match self {
            Refused::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Refused::MediaType | Refused::Packed => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Refused::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Refused::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Refused::Doubled
            | Refused::BrokenOff
            | Refused::NotJson
            | Refused::Batch
            | Refused::Part(_)
            | Refused::Deadline(_)
            | Refused::Timeout
            | Refused::Handshake
            | Refused::WebhookBody => StatusCode::BAD_REQUEST,
            Refused::Method | Refused::OtherMethod(_) => StatusCode::METHOD_NOT_ALLOWED,
            Refused::Path | Refused::NoSight => StatusCode::NOT_FOUND,
            Refused::Token | Refused::Webhook => StatusCode::UNAUTHORIZED,
            Refused::Origin | Refused::Outsider => StatusCode::FORBIDDEN,
            Refused::SocketsFull | Refused::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Refused::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// `extensions.code`, a word of the same list that failures of fields use.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Refused::Origin | Refused::Token | Refused::Outsider | Refused::Webhook => "FORBIDDEN",
            Refused::SocketsFull | Refused::Busy => "UNAVAILABLE",
            Refused::Panicked => "INTERNAL",
            _ => "BAD_REQUEST",
        }
    }

    /// `extensions.reason` and the message.
    fn told(&self) -> (&'static str, &'static str) {
        match self {
            Refused::NotAcceptable => (
                "NOT_ACCEPTABLE",
                "answers come as application/graphql-response+json or application/json, and Accept names neither",
            ),
            Refused::MediaType => ("MEDIA_TYPE", "expected Content-Type: application/json, in UTF-8"),
            Refused::Doubled => ("HEADER_DOUBLED", "expected one Authorization header at most"),
            Refused::Packed => ("CONTENT_ENCODING", "expected a body without Content-Encoding"),
            Refused::TooLarge => ("BODY_TOO_LARGE", "the body is longer than this gateway accepts"),
            Refused::TooSlow => ("BODY_TOO_SLOW", "the body took too long to arrive"),
            Refused::BrokenOff => ("BODY_INCOMPLETE", "the body broke off"),
            Refused::NotJson => ("BODY_NOT_JSON", "expected one JSON object with a query in it"),
            Refused::Batch => ("BATCH", "expected one request; lists of requests are not answered"),
            Refused::Part(sentence) => ("REQUEST_INVALID", sentence),
            Refused::Deadline(_) | Refused::Timeout => {
                ("DEADLINE", "expected one time above zero, such as 800ms or 2s, or whole milliseconds")
            }
            Refused::Method => ("METHOD", "expected POST, or GET to open a WebSocket"),
            Refused::Path => ("PATH", "nothing is here; questions go to /graphql"),
            Refused::Origin => ("ORIGIN", "this origin may not ask here"),
            Refused::Handshake => ("HANDSHAKE", "expected a WebSocket handshake that offers graphql-transport-ws"),
            Refused::SocketsFull => ("SOCKETS_FULL", "no more sockets are opened now; try again later"),
            Refused::Busy => ("BUSY", "too much is asked at the moment; try again later"),
            Refused::Token => ("ADMIN_TOKEN", "expected Authorization: Bearer with the token of [admin]"),
            Refused::Outsider => {
                ("ADMIN_HOST", "expected a request from this machine, to localhost or a loopback address")
            }
            Refused::NoSight => ("ADMIN_PATH", "nothing is here; operators ask beneath /admin"),
            Refused::OtherMethod(_) => ("ADMIN_METHOD", "expected another method; Allow names it"),
            Refused::Webhook => ("WEBHOOK", "this delivery is not accepted"),
            Refused::WebhookBody => ("WEBHOOK_BODY", "expected a body of JSON, or a form"),
            Refused::Panicked => ("PANIC", "the gateway failed at this request"),
        }
    }

    /// `extensions.reason`.
    pub(super) fn reason(&self) -> &'static str {
        self.told().0
    }

    /// The sentence.
    pub(super) fn message(&self) -> Cow<'static, str> {
        let sentence = self.told().1;
        match self {
            Refused::Deadline(name) => format!("{name}: {sentence}").into(),
            Refused::Timeout => format!("extensions.timeout: {sentence}").into(),
            _ => sentence.into(),
        }
    }

    /// The whole response, for a route.
    pub(super) fn response(&self, form: Form) -> Response {
        self.told_in(form).map(Body::from)
    }

    /// The whole response.
    pub(super) fn told_in(&self, form: Form) -> http::Response<Bytes> {
        let extensions = json!({ "code": self.code(), "reason": self.reason() });
        let body = json!({ "errors": [{ "message": self.message(), "extensions": extensions }] }).to_string();
        let mut response = written(form, self.status(), body.into());
        response.extensions_mut().insert(Reason(self.reason()));
        let extra: Option<(HeaderName, &'static str)> = match self {
            Refused::Method => Some((ALLOW, "POST")),
            Refused::OtherMethod(methods) => Some((ALLOW, methods)),
            Refused::Token => Some((WWW_AUTHENTICATE, "Bearer")),
            Refused::SocketsFull | Refused::Busy => Some((RETRY_AFTER, "1")),
            // What is left of the body would be read as the next request.
            Refused::TooLarge | Refused::TooSlow | Refused::BrokenOff => Some((CONNECTION, "close")),
            _ => None,
        };
        if let Some((name, value)) = extra {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// What the gateway said. A refusal by the gateway is 400 in the new form and 200 in the old one, in which a status
/// other than 200 would mean that something between the two had answered.
pub(super) fn answered(form: Form, answer: Answer, keeping: CacheControl) -> http::Response<Bytes> {
    let status = match (form, answer.executed) {
        (Form::GraphqlResponse, false) => StatusCode::BAD_REQUEST,
        (Form::GraphqlResponse, true) | (Form::Json, _) => StatusCode::OK,
    };
    let mut response = written(form, status, answer.body);
    keeping.tell(answer.lasting, response.headers_mut());
    response
}

fn written(form: Form, status: StatusCode, body: Bytes) -> http::Response<Bytes> {
    let mut response = http::Response::new(body);
    *response.status_mut() = status;
    // What is set on every response, and some more.
    response.headers_mut().reserve(8);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(form.media_type()));
    response
}
