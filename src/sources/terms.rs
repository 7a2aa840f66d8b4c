//! What the headers of an answer say of how long it is good (RFC 9111, RFC 5861), and how to ask whether it still holds.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL, DATE, ETAG, EXPIRES, HeaderName, LAST_MODIFIED, VARY};

use crate::record::{Terms, Validator};

/// The longest tag that is remembered; who sends a longer one is asked for the whole answer.
const MAX_TAG_BYTES: usize = 256;
/// The longest time of change: a date of HTTP has 29 bytes, in its oldest form 33.
const MAX_DATE_BYTES: usize = 40;
/// More seconds than this are taken for so many (RFC 9111 §1.2.2).
const MAX_SECONDS: u64 = 1 << 31;

/// What an answer that came at `now` says of itself.
pub(super) fn said(headers: &HeaderMap, now: SystemTime) -> Terms {
    let mut said = Directives::default();
    for value in headers.get_all(CACHE_CONTROL) {
        // What cannot be read might forbid.
        match value.to_str() {
            Ok(text) => each(text, |name, value| said.note(name, value)),
            Err(_) => said.no_store = true,
        }
    }
    said.no_store |= headers.get_all(VARY).iter().any(|value| value.as_bytes().trim_ascii() == b"*");
    let lifetime = said.shared_max_age.or(said.max_age).or_else(|| expires(headers, now));
    let age = text(headers, AGE).and_then(|text| text.trim().parse::<u64>().ok()).unwrap_or(0);
    Terms {
        may_keep: !said.no_store,
        max_age: match said.no_cache {
            true => Some(Duration::ZERO),
            false => lifetime.map(|lifetime| lifetime.saturating_sub(Duration::from_secs(age))),
        },
        stale_while_revalidate: said.stale_while_revalidate.filter(|_| !said.is_strict()),
        stale_if_error: said.stale_if_error.filter(|_| !said.is_strict()),
        // `s-maxage` says `proxy-revalidate` as well, but for a window that is said beside it.
        is_strict: said.is_strict() || said.shared_max_age.is_some(),
        validator: None,
        is_renewal: false,
    }
}

/// What an answer without a body says: that what was known on these terms still holds. Headers that it leaves out are
/// those that came before.
pub(super) fn renewed(headers: &HeaderMap, now: SystemTime, before: &Terms) -> Terms {
    let says_age = headers.contains_key(CACHE_CONTROL) || headers.contains_key(EXPIRES);
    let terms = if says_age { said(headers, now) } else { before.clone() };
    let call = before.validator.as_ref().map_or(0, |validator| validator.call);
    let validator = validator(headers, call).or_else(|| before.validator.clone());
    Terms { validator, is_renewal: true, ..terms }
}

/// By what the answer to a call may be asked for again.
pub(super) fn validator(headers: &HeaderMap, call: u64) -> Option<Arc<Validator>> {
    let fits =
        |name: HeaderName, most: usize| text(headers, name).filter(|text| !text.is_empty() && text.len() <= most);
    let etag = fits(ETAG, MAX_TAG_BYTES).map(Box::from);
    let last_modified =
        fits(LAST_MODIFIED, MAX_DATE_BYTES).filter(|text| httpdate::parse_http_date(text).is_ok()).map(Box::from);
    (etag.is_some() || last_modified.is_some()).then(|| Arc::new(Validator { call, etag, last_modified }))
}

/// The strictest of both: an answer of several pages is as good as the first of them to end.
pub(super) fn strictest(one: &Terms, other: &Terms) -> Terms {
    let least = |one: Option<Duration>, other: Option<Duration>| one.into_iter().chain(other).min();
    let window = |of: &Terms, window: Option<Duration>| window.or(of.is_strict.then_some(Duration::ZERO));
    Terms {
        may_keep: one.may_keep && other.may_keep,
        max_age: least(one.max_age, other.max_age),
        stale_while_revalidate: least(
            window(one, one.stale_while_revalidate),
            window(other, other.stale_while_revalidate),
        ),
        stale_if_error: least(window(one, one.stale_if_error), window(other, other.stale_if_error)),
        is_strict: one.is_strict || other.is_strict,
        validator: None,
        is_renewal: false,
    }
}

/// The directives of `Cache-Control` that are heard; of one that is said twice the stricter.
#[derive(Debug, Default)]
struct Directives {
    no_store: bool,
    no_cache: bool,
    must_revalidate: bool,
    max_age: Option<Duration>,
    shared_max_age: Option<Duration>,
    stale_while_revalidate: Option<Duration>,
    stale_if_error: Option<Duration>,
}

impl Directives {
    fn note(&mut self, name: &str, value: &str) {
        let least = |known: &mut Option<Duration>| {
            // A time that cannot be read is none (RFC 9111 §4.2.1).
            let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            let seconds = if digits { value.parse().unwrap_or(MAX_SECONDS).min(MAX_SECONDS) } else { 0 };
            let said = Duration::from_secs(seconds);
            *known = Some(known.map_or(said, |known| known.min(said)));
        };
        match name.to_ascii_lowercase().as_str() {
            // Everything here serves more than one client.
            "no-store" | "private" => self.no_store = true,
            "no-cache" => self.no_cache = true,
            "must-revalidate" | "proxy-revalidate" => self.must_revalidate = true,
            "max-age" => least(&mut self.max_age),
            "s-maxage" => least(&mut self.shared_max_age),
            "stale-while-revalidate" => least(&mut self.stale_while_revalidate),
            "stale-if-error" => least(&mut self.stale_if_error),
            _ => {}
        }
    }

    /// Whether it may never be served past its age.
    fn is_strict(&self) -> bool {
        self.must_revalidate || self.no_cache
    }
}

/// Name and value of each directive; quotation marks are taken off, and commas within them part nothing.
fn each(text: &str, mut note: impl FnMut(&str, &str)) {
    let mut is_quoted = false;
    let parts = text.split(|character: char| {
        is_quoted ^= character == '"';
        character == ',' && !is_quoted
    });
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        note(name.trim(), value.trim().trim_matches('"'));
    }
}

/// For how long `Expires` says, counted from the answer's own `Date`, for the source's clock is not ours. A date that
/// cannot be read is over.
fn expires(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let Ok(end) = httpdate::parse_http_date(text(headers, EXPIRES)?) else { return Some(Duration::ZERO) };
    let sent = text(headers, DATE).and_then(|text| httpdate::parse_http_date(text).ok()).unwrap_or(now);
    Some(end.duration_since(sent).unwrap_or_default())
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
