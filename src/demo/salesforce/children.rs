//! What a query answers beside fields: lists of children within each record, and groups instead of records.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::query::Refusal;
use super::soql::{Path, Query};
use super::tables::{Row, Table, Tables, short};

/// Parent, relationship, child, and the child's field that holds the parent's id.
const CHILDREN: &[(&str, &str, &str, &str)] = &[
    ("Account", "ChildAccounts", "Account", "ParentId"),
    ("Account", "Contacts", "Contact", "AccountId"),
    ("Account", "Opportunities", "Opportunity", "AccountId"),
    ("Contact", "Tasks", "Task", "WhoId"),
    ("Contact", "Events", "Event", "WhoId"),
    ("Contact", "OpportunityContactRoles", "OpportunityContactRole", "ContactId"),
    ("Opportunity", "OpportunityContactRoles", "OpportunityContactRole", "OpportunityId"),
    ("Opportunity", "OpportunityHistories", "OpportunityHistory", "OpportunityId"),
    ("Opportunity", "Quotes", "Quote", "OpportunityId"),
];

impl Tables {
    /// The records of a page: `rows` as the query wants them.
    pub(super) fn records(
        &self,
        table: &Table,
        rows: &[&Row],
        query: &Query,
        version: &str,
    ) -> Result<Vec<Value>, Refusal> {
        if query.group.is_some() {
            return Ok(rows.iter().map(|row| self.group(table, row, &query.fields)).collect());
        }
        let mut records: Vec<Value> = rows.iter().map(|row| self.project(table, row, &query.fields, version)).collect();
        for child in &query.children {
            self.add_children(table, rows, child, version, &mut records)?;
        }
        Ok(records)
    }

    /// Puts a list of children into every record: an answer of its own, or null where it is empty.
    fn add_children(
        &self,
        table: &Table,
        rows: &[&Row],
        query: &Query,
        version: &str,
        records: &mut [Value],
    ) -> Result<(), Refusal> {
        let known = CHILDREN
            .iter()
            .find(|(parent, name, ..)| *parent == table.name && name.eq_ignore_ascii_case(&query.object))
            .ok_or_else(|| Refusal {
                code: "INVALID_TYPE",
                message: format!("Didn't understand relationship '{}' in FROM part of query call.", query.object),
            })?;
        let (_, name, child, key) = known;
        let child = self.object(child)?;
        let parents: HashSet<&str> = rows.iter().map(|row| id(row, "Id")).collect();
        let mut lists: HashMap<&str, Vec<Value>> = HashMap::new();
        let most = query.limit.unwrap_or(usize::MAX);
        let mut skipped: HashMap<&str, usize> = HashMap::new();
        for row in self.rows(child, query, |row| parents.contains(id(row, key)))? {
            let parent = id(row, key);
            let passed = skipped.entry(parent).or_default();
            if *passed < query.offset {
                *passed += 1;
                continue;
            }
            let list = lists.entry(parent).or_default();
            if list.len() < most {
                list.push(self.project(child, row, &query.fields, version));
            }
        }
        for (record, row) in records.iter_mut().zip(rows) {
            record[*name] = match lists.remove(id(row, "Id")) {
                Some(list) if !list.is_empty() => json!({"totalSize": list.len(), "done": true, "records": list}),
                _ => Value::Null,
            };
        }
        Ok(())
    }

    /// A query with groups may name nothing but the field it groups by.
    pub(super) fn check_groups(&self, table: &Table, query: &Query, group: &Path) -> Result<(), Refusal> {
        self.check(table, group)?;
        let same = |path: &&Path| path.join(".").eq_ignore_ascii_case(&group.join("."));
        let mut named = query.fields.iter().chain(query.order.iter().map(|order| &order.path));
        match named.find(|path| !same(path)) {
            None if query.children.is_empty() => Ok(()),
            other => Err(Refusal {
                code: "MALFORMED_QUERY",
                message: format!(
                    "Field must be grouped or aggregated: {}",
                    other.map_or("a list of children".to_owned(), |path| path.join("."))
                ),
            }),
        }
    }

    fn group(&self, table: &Table, row: &Row, fields: &[Path]) -> Value {
        let mut record = Map::new();
        record.insert("attributes".into(), json!({"type": "AggregateResult"}));
        for path in fields {
            let name = path.last().map_or("", String::as_str);
            record.insert(name.into(), self.value(table, row, path).clone());
        }
        Value::Object(record)
    }
}

/// The part of an id field's value that tells records apart; empty for null.
fn id<'a>(row: &'a Row, field: &str) -> &'a str {
    short(row.get(field).and_then(Value::as_str).unwrap_or_default())
}
