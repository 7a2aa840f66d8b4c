//! The body: JSON; a form, or a text as it stands, where the content type says so.

use ::url::form_urlencoded::Serializer;

use super::super::problem::Problem;
use super::super::value::Value;
use super::url::scalar;
use super::{Part, refuse};

/// Writes the body and sees to its content type. A mapping that yields nothing sends no body.
pub(super) fn build(
    value: &Option<Value<'_>>,
    headers: &mut Vec<(String, String)>,
) -> Result<Option<Vec<u8>>, Vec<Problem>> {
    let content_type = headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.as_str());
    let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let Some(Value::Object(object)) = value else {
            return refuse(Part::Body, "must yield an object, to be sent as a form");
        };
        let mut form = Serializer::new(String::new());
        for (key, value) in object.iter() {
            field(&mut form, key, value);
        }
        return Ok(Some(form.finish().into_bytes()));
    }
    let Some(value) = value else { return Ok(None) };
    if let (false, Value::Text(text)) = (essence.is_empty() || is_json(essence), value) {
        return Ok(Some(text.as_bytes().to_vec()));
    }
    if content_type.is_none() {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    let mut body = Vec::new();
    value.write(&mut body);
    Ok(Some(body))
}

/// `application/json`, `application/vnd.api+json`.
fn is_json(essence: &str) -> bool {
    let essence = essence.to_ascii_lowercase();
    essence.ends_with("/json") || essence.ends_with("+json")
}

/// `a=1`, `a[b]=1`, `a[0]=1`; null is empty.
fn field(form: &mut Serializer<'_, String>, name: &str, value: &Value<'_>) {
    match value {
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                field(form, &format!("{name}[{index}]"), item);
            }
        }
        Value::Object(object) => {
            for (key, value) in object.iter() {
                field(form, &format!("{name}[{key}]"), value);
            }
        }
        scalar_value => _ = form.append_pair(name, &scalar(scalar_value).unwrap_or_default()),
    }
}
