//! What the look-alikes share: a call taken apart, an answer put together, a table of routes, and what a vendor must say of itself.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::department::Credentials;

const BODY_BYTES: usize = 4 * 1024 * 1024;

/// A call, taken apart.
pub(super) struct Ask {
    pub(super) method: Method,
    /// Path as sent.
    pub(super) path: String,
    /// Query as sent, without `?`.
    pub(super) query_text: String,
    /// Query, decoded, in order.
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Ask {
    pub(super) async fn read(request: Request) -> Result<Self, Answer> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, BODY_BYTES)
            .await
            .map_err(|_| Answer::json(413, json!({"error": "body too large"})))?;
        let query_text = parts.uri.query().unwrap_or_default().to_owned();
        Ok(Self {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: form_urlencoded::parse(query_text.as_bytes()).into_owned().collect(),
            query_text,
            headers: parts.headers,
            body,
        })
    }

    /// The first value of a query parameter.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Values of a comma-separated query parameter; none when it is not there.
    pub(super) fn commas(&self, name: &str) -> Vec<&str> {
        self.param(name)
            .into_iter()
            .flat_map(|text| text.split(','))
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .collect()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as JSON; `None` when it is none, or none that serde's depth bound lets through.
    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    pub(super) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// User name and password of HTTP Basic.
    pub(super) fn basic(&self) -> Option<(String, String)> {
        let (scheme, coded) = self.header("authorization")?.split_once(' ')?;
        let plain = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(coded.trim()).ok()).flatten()?;
        let plain = String::from_utf8(plain).ok()?;
        plain.split_once(':').map(|(user, password)| (user.into(), password.into()))
    }
}

/// An answer before it is sent.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) kind: &'static str,
    pub(super) body: String,
}

const JSON: &str = "application/json; charset=utf-8";

impl Answer {
    pub(super) fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), kind: JSON, body: body.to_string() }
    }

    pub(super) fn ok(body: Value) -> Self {
        Self::json(200, body)
    }

    pub(super) fn html() -> Self {
        let page = "<!DOCTYPE html><html><head><title>Down for maintenance</title></head><body><h1>Back soon</h1></body></html>";
        Self { status: 200, headers: Vec::new(), kind: "text/html; charset=utf-8", body: page.into() }
    }

    /// Sends whoever asks to this address.
    pub(super) fn elsewhere(location: String) -> Self {
        Self { status: 302, headers: Vec::new(), kind: JSON, body: String::new() }.with("Location", location)
    }

    pub(super) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.add(name, value);
        self
    }

    pub(super) fn add(&mut self, name: &'static str, value: impl ToString) {
        self.headers.push((name, value.to_string()));
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }

    /// The body as JSON, for answers made of answers.
    pub(super) fn into_value(self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    pub(super) fn into_response(self) -> Response {
        let body = Body::from(self.body.clone());
        self.respond(body)
    }

    pub(super) fn respond(&self, body: Body) -> Response {
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        for (name, value) in &self.headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.append(*name, value);
            }
        }
        response
    }
}

/// A rate limit: so many calls in a window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    pub(super) name: &'static str,
    pub(super) calls: u32,
    pub(super) window: Duration,
}

/// How a window stands after a call was counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tally {
    pub(super) name: &'static str,
    pub(super) limit: u32,
    pub(super) used: u32,
    pub(super) reset: Duration,
    pub(super) window: Duration,
    pub(super) refused: bool,
}

impl Tally {
    pub(super) fn remaining(&self) -> u32 {
        self.limit.saturating_sub(self.used)
    }

    /// Whole seconds until the window opens again, at least one.
    pub(super) fn reset_seconds(&self) -> u64 {
        self.reset.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX).max(1)
    }

    /// The first of the buckets, used up; for the fault dial.
    pub(super) fn exhausted(buckets: &[Bucket]) -> Self {
        let bucket =
            buckets.first().copied().unwrap_or(Bucket { name: "all", calls: 0, window: Duration::from_secs(1) });
        Self {
            name: bucket.name,
            limit: bucket.calls,
            used: bucket.calls,
            reset: Duration::from_secs(1),
            window: bucket.window,
            refused: true,
        }
    }
}

/// One row of a vendor's table of routes.
pub(super) struct Route<D: 'static> {
    /// `GET /api/v2/users/{id}`: the method, then the path; `{…}` takes one segment.
    pub(super) name: &'static str,
    pub(super) handle: fn(&D, &Ask, &[String]) -> Answer,
}

/// A vendor's look-alike: its routes and its manners.
pub(super) trait Desk: Sized + Send + Sync + 'static {
    /// Tried from the top; the first that matches answers.
    const ROUTES: &'static [Route<Self>];

    /// What a path ends with and may as well not.
    const SUFFIX: &'static str = "";

    fn credentials(&self) -> Credentials;
    /// Checks what the caller sent.
    fn admit(&self, ask: &Ask, route: &str) -> Result<(), Answer>;
    /// Refuses credentials.
    fn stranger(&self) -> Answer;
    /// An address of no route.
    fn lost(&self) -> Answer;
    /// A fault of its own; status 500 or 503.
    fn broken(&self, status: u16) -> Answer;
    /// Refuses for too many calls.
    fn throttled(&self, tally: &Tally) -> Answer;
    /// Refuses for too many calls at the moment, whatever is left of a window.
    fn crowded(&self, tally: &Tally) -> Answer {
        self.throttled(tally)
    }
    /// The windows that a route's calls count against.
    fn buckets(route: &str) -> &'static [Bucket];
    /// Adds the headers that every answer carries.
    fn stamp(&self, answer: &mut Answer, ask: &Ask, tallies: &[Tally]);

    /// The route of a call, with the values of its `{…}`.
    fn route(ask: &Ask) -> Option<(&'static Route<Self>, Vec<String>)> {
        let path = ask.path.strip_suffix(Self::SUFFIX).unwrap_or(&ask.path);
        Self::ROUTES.iter().find_map(|route| {
            let (method, pattern) = route.name.split_once(' ')?;
            (method == ask.method.as_str()).then(|| captures(pattern, path)).flatten().map(|captures| (route, captures))
        })
    }
}

fn captures(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (pattern, path) = (pattern.trim_end_matches('/'), path.trim_end_matches('/'));
    let mut captures = Vec::new();
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(captures),
            (Some(name), Some(value)) if name.starts_with('{') => {
                captures
                    .push(percent_decode_str(value).decode_utf8().ok().filter(|value| !value.is_empty())?.into_owned());
            }
            (Some(name), Some(value)) if name == value => {}
            _ => return None,
        }
    }
}
