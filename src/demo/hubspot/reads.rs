//! Objects by id, by unique property, in batches and as lists.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::objects::{Record, default_properties, unique_properties};
use super::{Hubspot, either, invalid, kind, limit, listed, not_found, tail};
use crate::demo::cast::{Seed, TODAY};
use crate::demo::desk::{Answer, Ask};

const MOST_INPUTS: usize = 100;
const MOST_INPUTS_WITH_HISTORY: usize = 50;

/// Which properties go into an answer.
pub(super) struct Wanted<'a> {
    pub(super) properties: Vec<&'a str>,
    pub(super) history: Vec<&'a str>,
}

impl<'a> Wanted<'a> {
    pub(super) fn of_body(body: &'a Value) -> Self {
        let texts = |name: &str| body[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        Self { properties: texts("properties"), history: texts("propertiesWithHistory") }
    }

    fn of_query(ask: &'a Ask) -> Self {
        Self { properties: repeated(ask, "properties"), history: repeated(ask, "propertiesWithHistory") }
    }
}

/// Comma-separated and repeated alike.
fn repeated<'a>(ask: &'a Ask, name: &str) -> Vec<&'a str> {
    ask.query
        .iter()
        .filter(|(key, _)| key == name)
        .flat_map(|(_, value)| value.split(','))
        .filter(|text| !text.is_empty())
        .collect()
}

/// A record with the wanted properties; names that the type does not have are passed over in silence.
pub(super) fn render(kind: &str, record: &Record, wanted: &Wanted<'_>) -> Value {
    let asked =
        ["createdate", "hs_object_id", if kind == "contacts" { "lastmodifieddate" } else { "hs_lastmodifieddate" }];
    let names = if wanted.properties.is_empty() { default_properties(kind) } else { wanted.properties.as_slice() };
    let properties: Map<String, Value> = names
        .iter()
        .chain(&asked)
        .filter_map(|name| Some(((*name).to_owned(), record.properties.get(*name)?.clone())))
        .collect();
    let mut body = json!({
        "id": record.id.to_string(),
        "properties": properties,
        "createdAt": record.created.iso_millis(),
        "updatedAt": record.updated.iso_millis(),
        "archived": false,
    });
    if !wanted.history.is_empty() {
        let versions = |name: &str| {
            let value = record.properties.get(name)?.as_str()?;
            Some(
                json!([{"value": value, "timestamp": record.updated.iso_millis(), "sourceType": "CRM_UI", "sourceId": "userId:1"}]),
            )
        };
        body["propertiesWithHistory"] = wanted
            .history
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), versions(name)?)))
            .collect::<Map<_, _>>()
            .into();
    }
    body
}

impl Hubspot {
    pub(super) fn batch_read(&self, ask: &Ask, captures: &[String]) -> Answer {
        either(self.batch(ask, captures))
    }

    fn batch(&self, ask: &Ask, captures: &[String]) -> Result<Answer, Answer> {
        let [name] = tail(captures)?;
        let kind = kind(name)?;
        let body = ask.json().ok_or_else(|| invalid("Invalid input JSON"))?;
        let inputs = body["inputs"].as_array().ok_or_else(|| invalid("inputs is required"))?;
        let wanted = Wanted::of_body(&body);
        let most = if wanted.history.is_empty() { MOST_INPUTS } else { MOST_INPUTS_WITH_HISTORY };
        if inputs.is_empty() || inputs.len() > most {
            return Err(invalid(&format!("The number of inputs must be between 1 and {most}")));
        }
        let property = body["idProperty"].as_str().unwrap_or("hs_object_id");
        if property != "hs_object_id" && !unique_properties(kind).contains(&property) {
            return Err(invalid(&format!("Property {property} is not a unique property of {kind}")));
        }
        let ids: Option<BTreeSet<&str>> = inputs.iter().map(|input| input["id"].as_str()).collect();
        let ids = ids.ok_or_else(|| invalid("every input needs an id"))?;
        let mut missing = Vec::new();
        let mut found: Vec<&Record> = Vec::new();
        for id in ids {
            match self.objects.by_property(kind, property, id) {
                Some(record) => found.push(record),
                None => missing.push(id),
            }
        }
        // The order means nothing, so it is neither that of the inputs nor that of the ids.
        found.sort_by_key(|record| (Seed::of(record.id, "shuffle", 0).next(), record.id));
        found.dedup_by_key(|record| record.id);
        let results: Vec<Value> = found.into_iter().map(|record| render(kind, record, &wanted)).collect();
        let mut answer = json!({"status": "COMPLETE", "results": results, "startedAt": TODAY.iso_millis(), "completedAt": TODAY.iso_millis()});
        if missing.is_empty() {
            return Ok(Answer::ok(answer));
        }
        answer["numErrors"] = json!(1);
        answer["errors"] = json!([{
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": "Could not get some objects, they may be deleted or not exist. Check that ids are valid.",
            "context": {"ids": missing},
        }]);
        Ok(Answer::json(207, answer))
    }

    pub(super) fn record(&self, ask: &Ask, captures: &[String]) -> Answer {
        let read = || {
            let [name, id] = tail(captures)?;
            let kind = kind(name)?;
            let record = self.objects.by_property(kind, ask.param("idProperty").unwrap_or("hs_object_id"), id);
            let record = record.ok_or_else(|| not_found("Object not found. objectId are usually numeric."))?;
            Ok(Answer::ok(self.with_associations(ask, kind, record, &Wanted::of_query(ask))?))
        };
        either(read())
    }

    pub(super) fn list(&self, ask: &Ask, captures: &[String]) -> Answer {
        let read = || {
            let [name] = tail(captures)?;
            let kind = kind(name)?;
            let limit = limit(ask, 10, 100)?;
            let after =
                ask.param("after").map_or(Ok(0), str::parse::<u64>).map_err(|_| invalid("after is not valid"))?;
            let wanted = Wanted::of_query(ask);
            let mut rest: Vec<&Record> =
                self.objects.all(kind).filter(|record| record.id > after).take(limit + 1).collect();
            let more = rest.len() > limit;
            rest.truncate(limit);
            let next = rest.last().filter(|_| more).map(|record| json!({"next": {"after": record.id.to_string()}}));
            let results: Result<_, _> =
                rest.into_iter().map(|record| self.with_associations(ask, kind, record, &wanted)).collect();
            Ok(Answer::ok(listed(results?, next)))
        };
        either(read())
    }

    fn with_associations(
        &self,
        ask: &Ask,
        from: &'static str,
        record: &Record,
        wanted: &Wanted<'_>,
    ) -> Result<Value, Answer> {
        let mut body = render(from, record, wanted);
        for name in repeated(ask, "associations") {
            let to = kind(name)?;
            let links = self.objects.links(from, record.id, to);
            if !links.is_empty() {
                let kind = format!("{}_to_{}", singular(from), singular(to));
                let results: Vec<Value> =
                    links.iter().map(|link| json!({"id": link.to.to_string(), "type": kind})).collect();
                body["associations"][to] = json!({"results": results});
            }
        }
        Ok(body)
    }
}

/// `contacts` → `contact`, `companies` → `company`.
pub(super) fn singular(kind: &str) -> String {
    kind.strip_suffix("ies").map_or_else(|| kind.trim_end_matches('s').to_owned(), |stem| format!("{stem}y"))
}
