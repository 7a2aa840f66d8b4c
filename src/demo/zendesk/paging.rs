//! Two ways through a list: by cursor when the caller says `page[size]`, by page number otherwise.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::invalid;
use crate::demo::desk::{Answer, Ask};

const MOST: usize = 100;
const MOST_PAGES: usize = 100;

/// One page of a list, and what the envelope says beside the items.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) envelope: Map<String, Value>,
}

/// Cuts the page asked for.
pub(super) fn page<T>(ask: &Ask, address: &str, items: Vec<T>) -> Result<Page<T>, Answer> {
    match ask.param("page[size]") {
        Some(size) => by_cursor(ask, address, items, bounded(size, "page[size]", MOST)?),
        None => by_number(ask, address, items, MOST_PAGES),
    }
}

/// Cuts by cursor, at most `most` items; for lists that know no page numbers the size may be left out.
pub(super) fn cursor<T>(ask: &Ask, address: &str, items: Vec<T>, most: usize) -> Result<Page<T>, Answer> {
    let size = ask.param("page[size]").map_or(Ok(100), |size| bounded(size, "page[size]", most))?;
    by_cursor(ask, address, items, size)
}

fn by_cursor<T>(ask: &Ask, address: &str, items: Vec<T>, size: usize) -> Result<Page<T>, Answer> {
    let total = items.len();
    let start = match (ask.param("page[after]"), ask.param("page[before]")) {
        (Some(after), _) => place(after).ok_or_else(|| invalid("page[after] is not valid"))?.min(total),
        (None, Some(before)) => {
            place(before).ok_or_else(|| invalid("page[before] is not valid"))?.min(total).saturating_sub(size)
        }
        (None, None) => 0,
    };
    let end = (start + size).min(total);
    let has_more = if ask.param("page[before]").is_some() { start > 0 } else { end < total };
    let link = |name: &str, at: usize| json!(format!("{address}{}?{}", ask.path, replaced(ask, name, &token(at))));
    let envelope = json!({
        "meta": {
            "has_more": has_more,
            "after_cursor": if end > start { json!(token(end)) } else { Value::Null },
            "before_cursor": if end > start { json!(token(start)) } else { Value::Null },
        },
        "links": {
            "next": if end < total { link("page[after]", end) } else { Value::Null },
            "prev": if start > 0 { link("page[before]", start) } else { Value::Null },
        },
    });
    Ok(Page { items: slice(items, start, end), envelope: object(envelope) })
}

/// Cuts by page number; a page beyond `most_pages` is refused.
pub(super) fn by_number<T>(ask: &Ask, address: &str, items: Vec<T>, most_pages: usize) -> Result<Page<T>, Answer> {
    let per_page = ask.param("per_page").map_or(Ok(MOST), |size| bounded(size, "per_page", MOST))?;
    let number = ask.param("page").map_or(Ok(1), |page| bounded(page, "page", usize::MAX))?;
    if number > most_pages {
        return Err(invalid("page is beyond what offset paging reaches; use cursor paging"));
    }
    let total = items.len();
    let start = (number - 1).saturating_mul(per_page).min(total);
    let end = (start + per_page).min(total);
    let link = |at: usize| json!(format!("{address}{}?{}", ask.path, replaced(ask, "page", &at.to_string())));
    let envelope = json!({
        "count": total,
        "next_page": if end < total { link(number + 1) } else { Value::Null },
        "previous_page": if number > 1 { link(number - 1) } else { Value::Null },
    });
    Ok(Page { items: slice(items, start, end), envelope: object(envelope) })
}

fn bounded(text: &str, name: &str, most: usize) -> Result<usize, Answer> {
    match text.parse::<usize>() {
        Ok(size) if (1..=most).contains(&size) => Ok(size),
        _ => Err(invalid(&format!("{name} must be a number from 1 to {most}"))),
    }
}

fn slice<T>(items: Vec<T>, start: usize, end: usize) -> Vec<T> {
    items.into_iter().skip(start).take(end - start).collect()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn token(place: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("at:{place}"))
}

fn place(token: &str) -> Option<usize> {
    let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    plain.strip_prefix("at:")?.parse().ok()
}

/// The query as sent, with one paging parameter in the place of those that were there.
fn replaced(ask: &Ask, name: &str, value: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (key, value) in
        ask.query.iter().filter(|(key, _)| !matches!(key.as_str(), "page" | "page[after]" | "page[before]"))
    {
        query.append_pair(key, value);
    }
    query.append_pair(name, value);
    query.finish()
}
