//! A vendor's OpenAPI document, and answers held against it.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

pub(crate) struct Contract {
    name: String,
    document: Value,
}

impl Contract {
    pub(crate) fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/contracts/{name}.json"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { name: name.into(), document: serde_json::from_str(&text).unwrap() }
    }

    /// Fails the test when the document does not know the call, the status, or this body.
    pub(crate) fn hold(&self, method: &Method, path: &str, status: u16, body: &Value) {
        let name = &self.name;
        let operation = self.operation(method, path);
        let responses = &operation["responses"];
        let status_text = status.to_string();
        let named = &responses[&status_text];
        let response = if named.is_object() || status < 400 { named } else { &responses["default"] };
        assert!(
            response.is_object(),
            "{name}: {method} {path} answered {status}, which the contract does not know: {body}"
        );
        let mut schema = response["content"]["application/json"]["schema"].clone();
        assert!(schema.is_object(), "{name}: {method} {path} {status} has no schema");
        // References start at the root, so the components travel along.
        schema["components"] = self.document["components"].clone();
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        let problems: Vec<String> = validator
            .iter_errors(body)
            .take(5)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        assert!(problems.is_empty(), "{name}: {method} {path} {status}: {problems:#?}");
    }

    /// Fails the test when the document does not know the call, a name of the query, or the form of its value; or when
    /// something that the call needs is not said.
    pub(crate) fn hold_request(&self, method: &Method, path: &str, query: &[(String, String)]) {
        let name = &self.name;
        let parameters = self.operation(method, path)["parameters"].as_array().cloned().unwrap_or_default();
        let parameters: Vec<&Value> = parameters.iter().filter(|parameter| parameter["in"] == "query").collect();
        for (key, text) in query {
            let known = parameters.iter().find(|parameter| parameter["name"] == **key);
            let known = known.unwrap_or_else(|| panic!("{name}: {method} {path} knows no `{key}`"));
            let mut schema = known["schema"].clone();
            schema["components"] = self.document["components"].clone();
            let value = match schema["type"].as_str() {
                Some("integer" | "number" | "boolean") => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
                Some("array") => json!([text]),
                _ => json!(text),
            };
            let validator = jsonschema::validator_for(&schema).unwrap();
            if let Err(why) = validator.validate(&value) {
                panic!("{name}: {method} {path}: {key}={text}: {why}");
            }
        }
        let needed = parameters.iter().filter(|parameter| parameter["required"] == true);
        for parameter in needed {
            assert!(
                query.iter().any(|(key, _)| parameter["name"] == **key),
                "{name}: {method} {path} needs {parameter}"
            );
        }
    }

    /// The operation of a concrete path; a template with fewer parameters goes first.
    fn operation(&self, method: &Method, path: &str) -> Value {
        let path = path.strip_suffix(".json").unwrap_or(path).trim_end_matches('/');
        let paths = self.document["paths"].as_object().unwrap();
        let mut fitting: Vec<_> = paths.iter().filter(|(template, _)| fits(template, path)).collect();
        fitting.sort_by_key(|(template, _)| template.matches('{').count());
        let verb = method.as_str().to_lowercase();
        let operation =
            fitting.into_iter().map(|(_, operations)| &operations[&verb]).find(|operation| operation.is_object());
        operation.unwrap_or_else(|| panic!("{}: the contract does not know {method} {path}", self.name)).clone()
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) =
        (template.trim_end_matches('/').split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(path).all(|(wanted, given)| wanted == &given || within(wanted, given))
}

/// `{id}`, or `v{version}` with letters around.
fn within(wanted: &str, given: &str) -> bool {
    match (wanted.find('{'), wanted.find('}')) {
        (Some(open), Some(close)) => {
            given.starts_with(&wanted[..open])
                && given.ends_with(&wanted[close + 1..])
                && given.len() > wanted.len() - (close + 1 - open)
        }
        _ => false,
    }
}

#[test]
fn a_contract_refuses_what_it_does_not_describe() {
    let contract = Contract::read("product");
    let good = json!({"usage": []});
    contract.hold(&Method::GET, "/v1/usage", 200, &good);
    let bad = json!({"usage": [{"customer_id": 7}]});
    let refused = std::panic::catch_unwind(|| contract.hold(&Method::GET, "/v1/usage", 200, &bad));
    assert!(refused.is_err());
    assert!(std::panic::catch_unwind(|| contract.hold(&Method::GET, "/v2/usage", 200, &good)).is_err());
}
