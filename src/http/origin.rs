//! Which web pages may ask, and how browsers are told.

use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, HOST, HeaderValue, ORIGIN,
    VARY,
};
use http::request::Parts;
use url::{Position, Url};

/// What the origin of a request is to this gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// No web page asks, or one from the gateway's own host.
    Own,
    /// A page of an origin that the settings list.
    Allowed(HeaderValue),
    /// Any other page.
    Foreign,
}

impl Origin {
    /// Reads it off a request.
    pub(super) fn of(parts: &Parts, allowed: &[String]) -> Origin {
        let Some(value) = parts.headers.get(ORIGIN) else { return Origin::Own };
        let Some(origin) = value.to_str().ok().and_then(|text| Url::parse(text).ok()) else { return Origin::Foreign };
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = host.or_else(|| parts.uri.authority().map(|authority| authority.as_str()));
        if host.is_some_and(|host| is_same(&origin, host)) {
            return Origin::Own;
        }
        let text = origin.origin().ascii_serialization();
        match allowed.contains(&text) {
            true => Origin::Allowed(value.clone()),
            false => Origin::Foreign,
        }
    }

    /// Lets the browser show the answer to the page that asked. Foreign pages get to see nothing.
    pub(super) fn permit<B>(&self, response: &mut http::Response<B>) {
        let headers = response.headers_mut();
        headers.append(VARY, HeaderValue::from_static("origin"));
        if let Origin::Allowed(origin) = self {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("x-request-id"));
        }
    }

    /// The answer to a browser that asks before it asks.
    pub(super) fn preflight(&self, parts: &Parts) -> Response {
        let mut response = Response::default();
        *response.status_mut() = http::StatusCode::NO_CONTENT;
        if let Origin::Allowed(_) = self {
            let headers = response.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
            headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
            if let Some(wanted) = parts.headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
                headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
            }
        }
        response
    }
}

/// What an origin of the settings is compared as; nothing where the text is none.
pub(super) fn normal(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_origin = matches!(url.scheme(), "http" | "https") && url[Position::AfterPort..].trim_matches('/').is_empty();
    is_origin.then(|| url.origin().ascii_serialization())
}

/// Whether `Host` names the origin's host and port; a port may be left out where it is the scheme's own.
fn is_same(origin: &Url, host: &str) -> bool {
    let Some(name) = origin.host_str() else { return false };
    let port = origin.port_or_known_default();
    let with_port = port.map(|port| format!("{name}:{port}"));
    with_port.is_some_and(|full| full.eq_ignore_ascii_case(host))
        || (origin.port().is_none() && name.eq_ignore_ascii_case(host))
}
