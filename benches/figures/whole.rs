//! The whole view of a customer, drawn from the contract: every field, every list at its longest.

use std::fmt::Write as _;
use std::sync::Arc;

use c360::gateway::Gateway;
use serde_json::Value as Json;

use crate::ask;

const TYPES: &str = "{ __schema { types { name kind possibleTypes { name } fields { name args { name }
    type { name ofType { name ofType { name ofType { name } } } } } } } }";

/// As many items as the contract's lists have at most.
const MOST_ITEMS: u32 = 500;

/// The selection set of `Customer`: everything that belongs to the person alone. Left out are other entities but for
/// their ids, since many views share their records, and coverage, which is told by the gateway and not kept.
pub(crate) async fn selection(gateway: &Arc<Gateway>) -> String {
    let answer: Json = serde_json::from_slice(&ask(gateway, TYPES, None).await).expect("an answer is JSON");
    let types = answer["data"]["__schema"]["types"].as_array().expect("introspection lists types").clone();
    let mut out = String::new();
    Contract { types }.select("Customer", 0, &mut out);
    out
}

struct Contract {
    types: Vec<Json>,
}

impl Contract {
    fn named(&self, name: &str) -> &Json {
        self.types.iter().find(|ty| ty["name"] == name).expect("a type that is named is listed")
    }

    fn select(&self, name: &str, depth: usize, out: &mut String) {
        let ty = self.named(name);
        match (ty["kind"].as_str(), name) {
            (Some("SCALAR" | "ENUM"), _) => {}
            (_, "Customer" | "Account") if depth > 0 => out.push_str(" { id }"),
            (_, name) if name.ends_with("Connection") => {
                let node = name.trim_end_matches("Connection");
                out.push_str(" { totalCount nodes");
                self.select(node, depth + 1, out);
                out.push_str(" }");
            }
            (Some("INTERFACE" | "UNION"), _) => {
                out.push_str(" { __typename");
                for possible in ty["possibleTypes"].as_array().into_iter().flatten() {
                    let possible = possible["name"].as_str().expect("a type has a name");
                    let _ = write!(out, " ... on {possible}");
                    self.select(possible, depth + 1, out);
                }
                out.push_str(" }");
            }
            _ => {
                out.push_str(" {");
                for field in ty["fields"].as_array().into_iter().flatten() {
                    self.field(field, depth, out);
                }
                out.push_str(" }");
            }
        }
    }

    fn field(&self, field: &Json, depth: usize, out: &mut String) {
        let name = field["name"].as_str().expect("a field has a name");
        if name == "coverage" {
            return;
        }
        let _ = write!(out, " {name}");
        if field["args"].as_array().is_some_and(|args| args.iter().any(|arg| arg["name"] == "first")) {
            let _ = write!(out, "(first: {MOST_ITEMS})");
        }
        let mut ty = &field["type"];
        while ty["name"].is_null() {
            ty = &ty["ofType"];
        }
        self.select(ty["name"].as_str().expect("a wrapped type has a name"), depth + 1, out);
    }
}
