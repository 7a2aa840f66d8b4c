//! How long a client lets its question take: a header of its request says so, or `extensions.timeout` of the question.

use std::time::Duration;

use http::{HeaderMap, HeaderName};
use serde_json::Value as Json;

use super::refused::Refused;
use crate::units::TimeSpan;

/// What the header of this name says; nothing where there is no such header, or no name.
///
/// Shape: one header, a time as settings have it (`800ms`, `2s`) or whole milliseconds, above zero: a question that may
/// take no time is one that nobody asks, and elsewhere zero means no bound at all.
pub(super) fn budget(headers: &HeaderMap, name: Option<&HeaderName>) -> Result<Option<Duration>, Refused> {
    let Some((name, value)) = name.and_then(|name| Some((name, headers.get(name)?))) else { return Ok(None) };
    let is_one = headers.get_all(name).iter().nth(1).is_none();
    let time = value.to_str().ok().filter(|_| is_one).and_then(read);
    time.map(Some).ok_or_else(|| Refused::Deadline(name.clone()))
}

/// What `extensions.timeout` says: a time as a text, or whole milliseconds as either.
pub(super) fn told(value: &Json) -> Result<Duration, Refused> {
    let time = match value {
        Json::String(text) => read(text),
        Json::Number(number) => number.as_u64().filter(|millis| *millis > 0).map(Duration::from_millis),
        _ => None,
    };
    time.ok_or(Refused::Timeout)
}

/// The lesser of two bounds.
pub(super) fn lesser(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    one.into_iter().chain(other).min()
}

fn read(text: &str) -> Option<Duration> {
    let text = text.trim();
    let is_bare = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let time = match is_bare {
        true => Duration::from_millis(text.parse().ok()?),
        false => text.parse::<TimeSpan>().ok()?.0,
    };
    (!time.is_zero()).then_some(time)
}
