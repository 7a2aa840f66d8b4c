//! Queries with their pages, and reads by id.

use std::sync::PoisonError;

use serde_json::{Value, json};

use super::tables::{Row, short};
use super::{Salesforce, either, errors, soql, version};
use crate::demo::desk::{Answer, Ask};

const LARGEST_PAGE: usize = 2000;
const SMALLEST_PAGE: usize = 200;
const MOST_IDS: usize = 2000;
const MOST_IDS_IN_ADDRESS: usize = 800;
const MOST_LOCATORS: usize = 256;
/// Fields that outside keys may be looked up by.
const KEYS: &[&str] = &["Customer_Id__c", "Account_Id__c"];

impl Salesforce {
    pub(super) fn query(&self, ask: &Ask, captures: &[String]) -> Answer {
        let Some(text) = ask.param("q") else {
            return errors(400, "MALFORMED_QUERY", "The query parameter q is required");
        };
        either(version(captures).and_then(|version| self.page(text, 0, page_size(ask), version)))
    }

    /// A further page: the locator carries the statement's number and where to go on.
    pub(super) fn more(&self, ask: &Ask, captures: &[String]) -> Answer {
        let found = captures.get(1).and_then(|locator| locator.split_once('-')).and_then(|(id, start)| {
            let locators = self.locators.lock().unwrap_or_else(PoisonError::into_inner);
            let (_, text) = locators.iter().find(|(known, _)| known == id)?;
            Some((text.clone(), start.parse::<usize>().ok()?))
        });
        match found {
            Some((text, start)) => {
                either(version(captures).and_then(|version| self.page(&text, start, page_size(ask), version)))
            }
            None => errors(400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
        }
    }

    fn page(&self, text: &str, start: usize, size: usize, version: &str) -> Result<Value, Answer> {
        let query = soql::parse(text).map_err(|message| errors(400, "MALFORMED_QUERY", &message))?;
        let (table, rows) = self.tables.select(&query)?;
        let total = rows.len();
        let end = start.saturating_add(size).min(total);
        let rows: Vec<&Row> = rows.into_iter().skip(start).take(size).collect();
        let records = self.tables.records(table, &rows, &query, version)?;
        let mut body = json!({"totalSize": total, "done": end >= total});
        if end < total {
            body["nextRecordsUrl"] = json!(format!("/services/data/{version}/query/{}-{end}", self.locator(text)));
        }
        body["records"] = records.into();
        Ok(body)
    }

    fn locator(&self, text: &str) -> String {
        let mut locators = self.locators.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((id, _)) = locators.iter().find(|(_, known)| known == text) {
            return id.clone();
        }
        let number = locators.back().and_then(|(id, _)| id[3..].parse::<u64>().ok()).unwrap_or(0) + 1;
        let id = format!("01g{number:015}");
        locators.push_back((id.clone(), text.into()));
        if locators.len() > MOST_LOCATORS {
            locators.pop_front();
        }
        id
    }

    pub(super) fn collection_by_body(&self, ask: &Ask, captures: &[String]) -> Answer {
        let Some(body) = ask.json() else {
            return errors(400, "JSON_PARSER_ERROR", "The HTTP entity body is not valid JSON");
        };
        let texts = |name: &str| -> Vec<&str> {
            body[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
        };
        self.collection(&texts("ids"), &texts("fields"), MOST_IDS, captures)
    }

    pub(super) fn collection_by_url(&self, ask: &Ask, captures: &[String]) -> Answer {
        self.collection(&ask.commas("ids"), &ask.commas("fields"), MOST_IDS_IN_ADDRESS, captures)
    }

    /// One answer per id, in the order asked, `null` for a missing record.
    fn collection(&self, ids: &[&str], fields: &[&str], most: usize, captures: &[String]) -> Answer {
        let read = || {
            let version = version(captures)?;
            if ids.is_empty() || fields.is_empty() {
                return Err(errors(400, "MISSING_ARGUMENT", "ids and fields are required"));
            }
            if ids.len() > most {
                return Err(errors(
                    400,
                    "EXCEEDED_ID_LIMIT",
                    &format!("record limit reached. cannot submit more than {most} records in this operation"),
                ));
            }
            if let Some(id) = ids
                .iter()
                .find(|id| !matches!(id.len(), 15 | 18) || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
            {
                return Err(errors(400, "MALFORMED_ID", &format!("malformed id {id}")));
            }
            let table = self.tables.object(captures.get(1).map_or("", String::as_str))?;
            let fields = self.tables.fields(table, fields)?;
            Ok(ids
                .iter()
                .map(|id| table.row(id).map_or(Value::Null, |row| self.tables.project(table, row, &fields, version)))
                .collect())
        };
        either(read())
    }

    pub(super) fn record(&self, ask: &Ask, captures: &[String]) -> Answer {
        let read = || {
            let table = self.tables.object(captures.get(1).map_or("", String::as_str))?;
            let row = captures.get(2).and_then(|id| table.row(short(id)));
            let row = row.ok_or_else(|| {
                errors(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible")
            })?;
            self.one(ask, table.name, row, version(captures)?)
        };
        either(read())
    }

    /// By a key of ours: the record, or 300 with the addresses of several.
    pub(super) fn record_by_key(&self, ask: &Ask, captures: &[String]) -> Answer {
        let [_, object, field, value] = captures else {
            return errors(404, "NOT_FOUND", "The requested resource does not exist");
        };
        let read = || {
            let version = version(captures)?;
            let table = self.tables.object(object)?;
            let key = KEYS.iter().find(|key| key.eq_ignore_ascii_case(field)).and_then(|key| table.field(key));
            let key = key.ok_or_else(|| {
                errors(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible")
            })?;
            let same = |row: &&Row| {
                row.get(key).and_then(Value::as_str).is_some_and(|given| given.eq_ignore_ascii_case(value))
            };
            let found: Vec<&Row> = table.rows.iter().filter(same).collect();
            match found.as_slice() {
                [] => Err(errors(404, "NOT_FOUND", "The requested resource does not exist")),
                [row] => self.one(ask, table.name, row, version),
                several => {
                    let ids = several.iter().filter_map(|row| row.get("Id")?.as_str());
                    let urls: Vec<String> =
                        ids.map(|id| format!("/services/data/{version}/sobjects/{}/{id}", table.name)).collect();
                    Err(Answer::json(300, json!(urls)))
                }
            }
        };
        either(read())
    }

    fn one(&self, ask: &Ask, object: &str, row: &Row, version: &str) -> Result<Value, Answer> {
        let table = self.tables.object(object)?;
        let asked = ask.commas("fields");
        let names = if asked.is_empty() { table.fields.iter().map(String::as_str).collect() } else { asked };
        let fields = self.tables.fields(table, &names)?;
        Ok(self.tables.project(table, row, &fields, version))
    }

    pub(super) fn limits(&self, _: &Ask, captures: &[String]) -> Answer {
        either(
            version(captures)
                .map(|_| json!({"DailyApiRequests": {"Max": 100_000, "Remaining": 100_000 - self.dial.used("day")}})),
        )
    }
}

/// `Sforce-Query-Options: batchSize=N`, kept within what the vendor allows.
fn page_size(ask: &Ask) -> usize {
    let options = ask.header("sforce-query-options").unwrap_or_default();
    let size = options
        .split(',')
        .filter_map(|option| option.trim().strip_prefix("batchSize="))
        .find_map(|size| size.parse().ok());
    size.unwrap_or(LARGEST_PAGE).clamp(SMALLEST_PAGE, LARGEST_PAGE)
}
