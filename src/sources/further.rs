//! The request for a further page: the first one's, with the value that leads on in its place.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

use super::pages::{PageError, said};
use crate::catalog::PageTarget;
use crate::mapping::{Object, Request, Value};

/// The request for the page that `next` leads to. `first` is the first page's request, `current` the one just answered.
pub(super) fn advance(
    first: &Request,
    current: &Request,
    target: &PageTarget,
    next: &Value<'_>,
) -> Result<Request, PageError> {
    let mut request = first.clone();
    match target {
        PageTarget::Query(name) => {
            let (address, query) = first.url.split_once('?').unwrap_or((&first.url, ""));
            request.url = format!("{address}?{}", with_pair(query, name, &said(next)));
        }
        PageTarget::Url => {
            let base = Url::parse(&current.url).map_err(|_| PageError::Address)?;
            request.url = base.join(&said(next)).map_err(|_| PageError::Address)?.into();
        }
        PageTarget::Header(name) => {
            request.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            request.headers.push((name.to_ascii_lowercase(), said(next)));
        }
        PageTarget::Body(path) => request.body = Some(body_with(first, path, next)?),
    }
    Ok(request)
}

/// The request with one parameter of its address set, whatever it was.
pub(super) fn with_parameter(request: &Request, name: &str, value: &str) -> Request {
    let (address, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
    Request { url: format!("{address}?{}", with_pair(query, name, value)), ..request.clone() }
}

/// The whole number that the first page's request itself has where the next value goes.
pub(super) fn start(first: &Request, target: &PageTarget) -> Option<u64> {
    match target {
        PageTarget::Query(name) => pair(first.url.split_once('?')?.1, name),
        PageTarget::Header(name) => {
            let (_, value) = first.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
            value.trim().parse().ok()
        }
        PageTarget::Body(path) => {
            let body = first.body.as_deref()?;
            if is_form(first) {
                return pair(std::str::from_utf8(body).ok()?, path);
            }
            let value = Value::read(body).ok()?;
            let place = path.split('.').try_fold(&value, |place, key| place.get(key))?;
            said(place).parse().ok()
        }
        PageTarget::Url => None,
    }
}

fn is_form(request: &Request) -> bool {
    request.headers.iter().any(|(name, value)| {
        name == "content-type" && value.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
    })
}

fn body_with(first: &Request, path: &str, next: &Value<'_>) -> Result<Vec<u8>, PageError> {
    let body = first.body.as_deref().unwrap_or_default();
    if is_form(first) {
        let body = std::str::from_utf8(body).map_err(|_| PageError::Body)?;
        return Ok(with_pair(body, path, &said(next)).into_bytes());
    }
    let mut value = if body.is_empty() {
        Value::Object(Object::default())
    } else {
        Value::read(body).map_err(|_| PageError::Body)?.into_owned()
    };
    let mut place = &mut value;
    for key in path.split('.') {
        if place.is_null() {
            *place = Value::Object(Object::default());
        }
        let Value::Object(object) = place else { return Err(PageError::Body) };
        if object.get(key).is_none() {
            object.insert(key.to_owned(), Value::Null);
        }
        place = object.get_mut(key).ok_or(PageError::Body)?;
    }
    *place = next.clone().into_owned();
    let mut out = Vec::new();
    value.write(&mut out);
    Ok(out)
}

/// A query or form with one value in the place of all of that name. The other pairs stay as they were written.
fn with_pair(query: &str, name: &str, value: &str) -> String {
    let mut pairs: Vec<String> =
        query.split('&').filter(|pair| !pair.is_empty() && !is_named(pair, name)).map(str::to_owned).collect();
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    pairs.push(format!("{}={}", encode(name), encode(value)));
    pairs.join("&")
}

/// The number that a query or form has under a name.
fn pair(query: &str, name: &str) -> Option<u64> {
    let found = query.split('&').find(|pair| is_named(pair, name))?;
    found.split_once('=')?.1.parse().ok()
}

fn is_named(pair: &str, name: &str) -> bool {
    let written = pair.split('=').next().unwrap_or_default().replace('+', " ");
    percent_decode_str(&written).decode_utf8_lossy() == name
}
