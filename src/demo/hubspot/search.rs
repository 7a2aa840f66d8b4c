//! Search: groups of filters joined by OR, filters within a group by AND.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::objects::Record;
use super::reads::{Wanted, render};
use super::{Hubspot, either, invalid, kind, listed, tail};
use crate::demo::desk::{Answer, Ask};

const MOST_GROUPS: usize = 5;
const MOST_FILTERS: usize = 6;
const MOST_FILTERS_IN_ALL: usize = 18;
const MOST_RESULTS: usize = 10_000;
const LARGEST_PAGE: u64 = 200;

impl Hubspot {
    pub(super) fn search(&self, ask: &Ask, captures: &[String]) -> Answer {
        either(self.find(ask, captures))
    }

    fn find(&self, ask: &Ask, captures: &[String]) -> Result<Answer, Answer> {
        let [name] = tail(captures)?;
        let kind = kind(name)?;
        let body = ask.json().ok_or_else(|| invalid("Invalid input JSON"))?;
        let groups = groups(&body)?;
        let limit = body["limit"].as_u64().unwrap_or(10);
        let after = match &body["after"] {
            Value::Null => 0,
            Value::String(text) => text.parse().map_err(|_| invalid("after must be a number"))?,
            other => other.as_u64().ok_or_else(|| invalid("after must be a number"))?,
        };
        if limit > LARGEST_PAGE || after.saturating_add(limit) > MOST_RESULTS as u64 {
            return Err(invalid("a page has at most 200 results, a search at most 10000"));
        }
        let text = body["query"].as_str().map(str::to_lowercase).filter(|text| !text.is_empty());
        let mut hits: Vec<&Record> = self
            .objects
            .all(kind)
            .filter(|record| {
                groups.is_empty() || groups.iter().any(|group| group.iter().all(|filter| filter.holds(record)))
            })
            .filter(|record| text.as_ref().is_none_or(|text| mentions(record, text)))
            .collect();
        sort(&body["sorts"][0], &mut hits);
        let total = hits.len();
        let (start, end) =
            (usize::try_from(after).unwrap_or(MOST_RESULTS), usize::try_from(after + limit).unwrap_or(MOST_RESULTS));
        let wanted = Wanted::of_body(&body);
        let results =
            hits.into_iter().skip(start).take(end - start).map(|record| render(kind, record, &wanted)).collect();
        let mut body =
            listed(results, (end < total.min(MOST_RESULTS)).then(|| json!({"next": {"after": end.to_string()}})));
        body["total"] = json!(total);
        Ok(Answer::ok(body))
    }
}

fn mentions(record: &Record, text: &str) -> bool {
    ["email", "firstname", "lastname", "phone", "company", "name", "domain", "dealname"]
        .iter()
        .filter_map(|name| record.properties.get(*name)?.as_str())
        .any(|value| value.to_lowercase().contains(text))
}

/// `[{"propertyName", "direction"}]` or `["-createdate"]`; by id otherwise.
fn sort(sort: &Value, hits: &mut [&Record]) {
    let (name, down) = match sort {
        Value::String(text) => (text.trim_start_matches('-'), text.starts_with('-')),
        other => (other["propertyName"].as_str().unwrap_or("hs_object_id"), other["direction"] == "DESCENDING"),
    };
    hits.sort_by(|left, right| {
        let value =
            |record: &Record| record.properties.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let order = compare(&value(left), &value(right)).then_with(|| left.id.cmp(&right.id));
        if down { order.reverse() } else { order }
    });
}

struct Filter<'a> {
    property: &'a str,
    operator: &'a str,
    value: &'a str,
    high: &'a str,
    values: Vec<&'a str>,
}

const OPERATORS: &[&str] = &[
    "EQ",
    "NEQ",
    "LT",
    "LTE",
    "GT",
    "GTE",
    "BETWEEN",
    "IN",
    "NOT_IN",
    "HAS_PROPERTY",
    "NOT_HAS_PROPERTY",
    "CONTAINS_TOKEN",
    "NOT_CONTAINS_TOKEN",
];

fn groups(body: &Value) -> Result<Vec<Vec<Filter<'_>>>, Answer> {
    let groups: Vec<Vec<Filter<'_>>> = body["filterGroups"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|group| group["filters"].as_array().into_iter().flatten().map(Filter::read).collect::<Result<_, _>>())
        .collect::<Result<_, _>>()?;
    let all: usize = groups.iter().map(Vec::len).sum();
    if groups.len() > MOST_GROUPS
        || all > MOST_FILTERS_IN_ALL
        || groups.iter().any(|group| group.is_empty() || group.len() > MOST_FILTERS)
    {
        return Err(invalid("at most 5 groups of 1 to 6 filters, 18 in all"));
    }
    Ok(groups)
}

impl<'a> Filter<'a> {
    fn read(filter: &'a Value) -> Result<Self, Answer> {
        let text = |name: &str| filter[name].as_str();
        let operator = text("operator")
            .filter(|operator| OPERATORS.contains(operator))
            .ok_or_else(|| invalid("unknown operator"))?;
        Ok(Self {
            property: text("propertyName").ok_or_else(|| invalid("propertyName is required"))?,
            operator,
            value: text("value").unwrap_or_default(),
            high: text("highValue").unwrap_or_default(),
            values: filter["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
        })
    }

    fn holds(&self, record: &Record) -> bool {
        let Some(value) = record.properties.get(self.property).and_then(Value::as_str) else {
            return matches!(self.operator, "NOT_HAS_PROPERTY" | "NEQ" | "NOT_IN" | "NOT_CONTAINS_TOKEN");
        };
        let among = || self.values.iter().any(|other| compare(value, other).is_eq());
        let contains = || value.to_lowercase().contains(self.value.trim_matches('*').to_lowercase().as_str());
        match self.operator {
            "EQ" => compare(value, self.value).is_eq(),
            "NEQ" => compare(value, self.value).is_ne(),
            "LT" => compare(value, self.value).is_lt(),
            "LTE" => compare(value, self.value).is_le(),
            "GT" => compare(value, self.value).is_gt(),
            "GTE" => compare(value, self.value).is_ge(),
            "BETWEEN" => compare(value, self.value).is_ge() && compare(value, self.high).is_le(),
            "IN" => among(),
            "NOT_IN" => !among(),
            "CONTAINS_TOKEN" => contains(),
            "NOT_CONTAINS_TOKEN" => !contains(),
            operator => operator == "HAS_PROPERTY",
        }
    }
}

/// Numbers as numbers, times also against epoch milliseconds, texts without case.
fn compare(left: &str, right: &str) -> Ordering {
    let number = |text: &str| {
        text.parse::<f64>().ok().or_else(|| Some(text.parse::<jiff::Timestamp>().ok()?.as_millisecond() as f64))
    };
    match (number(left), number(right)) {
        (Some(left), Some(right)) => left.partial_cmp(&right).unwrap_or(Ordering::Equal),
        _ => left.to_lowercase().cmp(&right.to_lowercase()),
    }
}
