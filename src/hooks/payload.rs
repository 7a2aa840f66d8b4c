//! A delivery's body as a value that mappings read.

use std::borrow::Cow;

use super::xml;
use crate::mapping::{Object, Value};

/// Most fields of a form that are read.
const MOST_FIELDS: usize = 1_000;
/// Deepest nesting of a form's names: `data[merges][FNAME]` has three.
const DEEPEST: usize = 8;

/// JSON, or a form or XML where the media type says so; nothing where it is none of them.
pub fn read<'b>(media_type: Option<&str>, body: &'b [u8]) -> Option<Value<'b>> {
    let kind = media_type.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Some(form(body));
    }
    if ["text/xml", "application/xml", "application/soap+xml"].iter().any(|xml| kind.eq_ignore_ascii_case(xml)) {
        return xml::read(std::str::from_utf8(body).ok()?);
    }
    Value::read(body).ok()
}

/// A form as an object; names in brackets nest.
fn form(body: &[u8]) -> Value<'static> {
    let mut root = Object::new();
    for (name, value) in url::form_urlencoded::parse(body).take(MOST_FIELDS) {
        let (first, rest) = name.split_once('[').unwrap_or((&name, ""));
        let inner = rest.split('[').map(|part| part.trim_end_matches(']')).filter(|part| !part.is_empty());
        let path: Vec<&str> = std::iter::once(first).chain(inner).take(DEEPEST).collect();
        put(&mut root, &path, value.into_owned());
    }
    Value::Object(root)
}

fn put(object: &mut Object<'static>, path: &[&str], value: String) {
    let Some((name, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        object.insert((*name).to_owned(), Value::Text(Cow::Owned(value)));
        return;
    }
    if !matches!(object.get(name), Some(Value::Object(_))) {
        object.insert((*name).to_owned(), Value::Object(Object::new()));
    }
    if let Some(Value::Object(inner)) = object.get_mut(name) {
        put(inner, rest, value);
    }
}
