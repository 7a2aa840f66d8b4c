//! A request that is not executed: errors without data.

use serde_json::{Map, Value as Json, json};

use crate::operation::Refusal;
use crate::record::Code;

/// The answer to a refused request: `{"errors":[…]}`, without `data`.
pub fn refuse(refusal: &Refusal) -> Vec<u8> {
    let errors: Vec<Json> = refusal
        .complaints
        .iter()
        .map(|complaint| {
            let mut error = Map::new();
            error.insert("message".into(), complaint.message.as_str().into());
            if !complaint.locations.is_empty() {
                let places = complaint.locations.iter().map(|(line, column)| json!({"line": line, "column": column}));
                error.insert("locations".into(), Json::Array(places.collect()));
            }
            error.insert(
                "extensions".into(),
                json!({"code": Code::BadRequest.as_str(), "reason": refusal.reason.as_str()}),
            );
            Json::Object(error)
        })
        .collect();
    json!({ "errors": errors }).to_string().into_bytes()
}
