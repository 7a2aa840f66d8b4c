//! What is linked to what; long lists page inside each input.

use serde_json::{Value, json};

use super::objects::Link;
use super::reads::singular;
use super::{Hubspot, either, invalid, kind, limit, listed, not_found, page, tail};
use crate::demo::cast::TODAY;
use crate::demo::desk::{Answer, Ask};

const MOST_INPUTS: usize = 1000;
const PAGE: usize = 100;

fn render(link: &Link) -> Value {
    let mut types = vec![json!({"category": "HUBSPOT_DEFINED", "typeId": link.type_id, "label": null})];
    if link.primary {
        let labelled = if link.type_id == 279 { 1 } else { 2 };
        types.push(json!({"category": "HUBSPOT_DEFINED", "typeId": labelled, "label": "Primary"}));
    }
    json!({"toObjectId": link.to, "associationTypes": types})
}

impl Hubspot {
    pub(super) fn associations_batch(&self, ask: &Ask, captures: &[String]) -> Answer {
        let read = || {
            let [from, to] = tail(captures)?;
            let (from, to) = (kind(from)?, kind(to)?);
            let body = ask.json().ok_or_else(|| invalid("Invalid input JSON"))?;
            let inputs = body["inputs"].as_array().ok_or_else(|| invalid("inputs is required"))?;
            if inputs.is_empty() || inputs.len() > MOST_INPUTS {
                return Err(invalid("The number of inputs must be between 1 and 1000"));
            }
            let mut results = Vec::new();
            let mut errors = Vec::new();
            for input in inputs {
                let id = input["id"].as_str().ok_or_else(|| invalid("every input needs an id"))?;
                let links = id.parse().map_or(&[][..], |id| self.objects.links(from, id, to));
                if links.is_empty() {
                    errors.push(unlinked(from, id, to));
                    continue;
                }
                let (links, paging) = page(links.iter().collect(), input["after"].as_str(), PAGE)?;
                let mut result = json!({"from": {"id": id}, "to": links.into_iter().map(render).collect::<Vec<_>>()});
                if let Some(paging) = paging {
                    result["paging"] = paging;
                }
                results.push(result);
            }
            results.reverse();
            let mut answer = json!({"status": "COMPLETE", "results": results, "startedAt": TODAY.iso_millis(), "completedAt": TODAY.iso_millis()});
            if errors.is_empty() {
                return Ok(Answer::ok(answer));
            }
            answer["numErrors"] = json!(errors.len());
            answer["errors"] = errors.into();
            Ok(Answer::json(207, answer))
        };
        either(read())
    }

    pub(super) fn associations_of(&self, ask: &Ask, captures: &[String]) -> Answer {
        let read = || {
            let [from, id, to] = tail(captures)?;
            let (from, to) = (kind(from)?, kind(to)?);
            let record = id
                .parse()
                .ok()
                .and_then(|id| self.objects.record(from, id))
                .ok_or_else(|| not_found("resource not found"))?;
            let limit = limit(ask, 500, 500)?;
            let (links, paging) =
                page(self.objects.links(from, record.id, to).iter().collect(), ask.param("after"), limit)?;
            Ok(Answer::ok(listed(links.into_iter().map(render).collect(), paging)))
        };
        either(read())
    }
}

fn unlinked(from: &str, id: &str, to: &str) -> Value {
    json!({
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": format!("No {} is associated with {} {id}.", singular(to), singular(from)),
        "context": {"fromObjectId": [id], "fromObjectType": [singular(from)], "toObjectType": [singular(to)]},
    })
}
