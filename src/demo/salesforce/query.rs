//! A query over the tables: which rows, in which order, with which fields.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::soql::{Condition, LITERAL_PERCENT, LITERAL_UNDERSCORE, Literal, Operator, Path, Query, seconds};
use super::tables::{Row, Table, Tables, short};

/// Why a query cannot be answered: an error code and a sentence.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) message: String,
}

fn no_column(path: &str, object: &str) -> Refusal {
    let message = format!(
        "No such column '{path}' on entity '{object}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name."
    );
    Refusal { code: "INVALID_FIELD", message }
}

impl Tables {
    /// The table of an object type.
    pub(super) fn object(&self, name: &str) -> Result<&Table, Refusal> {
        let message = || format!("sObject type '{name}' is not supported.");
        self.table(name).ok_or_else(|| Refusal { code: "INVALID_TYPE", message: message() })
    }

    /// Checks every path of a query, so that a wrong one is refused even where no row would have met it.
    pub(super) fn check(&self, table: &Table, path: &[String]) -> Result<(), Refusal> {
        match path {
            [field] => table.field(field).map(|_| ()).ok_or_else(|| no_column(field, table.name)),
            [relationship, rest @ ..] => match table.relationship(relationship) {
                Some((_, _, target)) => self.check(self.object(target)?, rest),
                None => Err(Refusal {
                    code: "INVALID_FIELD",
                    message: format!("Didn't understand relationship '{relationship}' in field path."),
                }),
            },
            [] => Err(no_column("", table.name)),
        }
    }

    pub(super) fn value<'a>(&'a self, table: &'a Table, row: &'a Row, path: &[String]) -> &'a Value {
        match path {
            [field] => table.field(field).and_then(|field| row.get(field)).unwrap_or(&Value::Null),
            [relationship, rest @ ..] => self
                .parent(table, row, relationship)
                .map_or(&Value::Null, |(_, table, row)| self.value(table, row, rest)),
            [] => &Value::Null,
        }
    }

    fn parent<'a>(
        &'a self,
        table: &'a Table,
        row: &'a Row,
        relationship: &str,
    ) -> Option<(&'static str, &'a Table, &'a Row)> {
        let (field, name, target) = table.relationship(relationship)?;
        let target = self.table(target)?;
        Some((name, target, target.row(row.get(field)?.as_str()?)?))
    }

    /// The fields of a record that were asked for, and its `attributes`.
    pub(super) fn project(&self, table: &Table, row: &Row, fields: &[Path], version: &str) -> Value {
        let id = row.get("Id").and_then(Value::as_str).unwrap_or_default();
        let url = format!("/services/data/{version}/sobjects/{}/{id}", table.name);
        let mut record = Map::new();
        record.insert("attributes".into(), json!({"type": table.name, "url": url}));
        for path in fields {
            match path.as_slice() {
                [field] => {
                    if let Some(field) = table.field(field) {
                        record.insert(field.into(), row.get(field).cloned().unwrap_or(Value::Null));
                    }
                }
                [relationship, ..] => {
                    let Some((_, name, _)) = table.relationship(relationship) else { continue };
                    if record.contains_key(name) {
                        continue;
                    }
                    let inner: Vec<Path> = fields
                        .iter()
                        .filter(|path| path.len() > 1 && path[0].eq_ignore_ascii_case(relationship))
                        .map(|path| path[1..].to_vec())
                        .collect();
                    let parent = self.parent(table, row, relationship);
                    record.insert(
                        name.into(),
                        parent.map_or(Value::Null, |(_, table, row)| self.project(table, row, &inner, version)),
                    );
                }
                [] => {}
            }
        }
        Value::Object(record)
    }

    /// Checks a list of field names, as reads by id take it.
    pub(super) fn fields(&self, table: &Table, names: &[&str]) -> Result<Vec<Path>, Refusal> {
        let paths: Vec<Path> = names.iter().map(|name| name.split('.').map(Into::into).collect()).collect();
        paths.iter().try_for_each(|path| self.check(table, path))?;
        Ok(paths)
    }

    /// The rows of a query, in order, after LIMIT and OFFSET.
    pub(super) fn select(&self, query: &Query) -> Result<(&Table, Vec<&Row>), Refusal> {
        let table = self.object(&query.object)?;
        let rows = self.rows(table, query, |_| true)?;
        Ok((table, rows.into_iter().skip(query.offset).take(query.limit.unwrap_or(usize::MAX)).collect()))
    }

    /// The rows of a query among those to `keep`, in order, before LIMIT and OFFSET.
    pub(super) fn rows<'a>(
        &'a self,
        table: &'a Table,
        query: &Query,
        keep: impl Fn(&Row) -> bool,
    ) -> Result<Vec<&'a Row>, Refusal> {
        for path in query.fields.iter().chain(query.order.iter().map(|order| &order.path)) {
            self.check(table, path)?;
        }
        let condition = query.condition.as_ref().map(|condition| self.compile(table, condition)).transpose()?;
        let mut rows: Vec<&Row> = table
            .rows
            .iter()
            .filter(|row| keep(row) && condition.as_ref().is_none_or(|condition| self.holds(table, row, condition)))
            .collect();
        if let Some(group) = &query.group {
            self.check_groups(table, query, group)?;
            let mut seen = HashSet::new();
            rows.retain(|row| seen.insert(self.value(table, row, group).to_string().to_lowercase()));
        }
        rows.sort_by(|left, right| {
            query.order.iter().fold(Ordering::Equal, |so_far, order| {
                so_far.then_with(|| {
                    let (left, right) = (self.value(table, left, &order.path), self.value(table, right, &order.path));
                    match (left.is_null(), right.is_null()) {
                        (true, true) => Ordering::Equal,
                        (true, false) => {
                            if order.nulls_last {
                                Ordering::Greater
                            } else {
                                Ordering::Less
                            }
                        }
                        (false, true) => {
                            if order.nulls_last {
                                Ordering::Less
                            } else {
                                Ordering::Greater
                            }
                        }
                        (false, false) if order.down => compare(right, left),
                        (false, false) => compare(left, right),
                    }
                })
            })
        });
        Ok(rows)
    }

    /// Checks the paths of a condition and turns its lists into sets.
    fn compile<'q>(&self, table: &Table, condition: &'q Condition) -> Result<Test<'q>, Refusal> {
        Ok(match condition {
            Condition::All(parts) => {
                Test::All(parts.iter().map(|part| self.compile(table, part)).collect::<Result<_, _>>()?)
            }
            Condition::Any(parts) => {
                Test::Any(parts.iter().map(|part| self.compile(table, part)).collect::<Result<_, _>>()?)
            }
            Condition::Not(part) => Test::Not(Box::new(self.compile(table, part)?)),
            Condition::Compare(path, operator, literal) => {
                self.check(table, path)?;
                Test::Compare(path, *operator, literal)
            }
            Condition::In(path, negated, list) => {
                self.check(table, path)?;
                let texts = list
                    .iter()
                    .filter_map(|literal| if let Literal::Text(text) = literal { Some(key(path, text)) } else { None });
                Test::In(path, *negated, texts.collect(), list)
            }
        })
    }

    fn holds(&self, table: &Table, row: &Row, test: &Test<'_>) -> bool {
        match test {
            Test::All(parts) => parts.iter().all(|part| self.holds(table, row, part)),
            Test::Any(parts) => parts.iter().any(|part| self.holds(table, row, part)),
            Test::Not(part) => !self.holds(table, row, part),
            Test::Compare(path, operator, literal) => matches(path, self.value(table, row, path), *operator, literal),
            Test::In(path, negated, texts, list) => {
                let value = self.value(table, row, path);
                let found = match value {
                    Value::String(text) => {
                        texts.contains(&key(path, text))
                            || list.iter().any(|literal| {
                                !matches!(literal, Literal::Text(_)) && matches(path, value, Operator::Equal, literal)
                            })
                    }
                    _ => list.iter().any(|literal| matches(path, value, Operator::Equal, literal)),
                };
                found != *negated
            }
        }
    }
}

enum Test<'q> {
    All(Vec<Test<'q>>),
    Any(Vec<Test<'q>>),
    Not(Box<Test<'q>>),
    Compare(&'q Path, Operator, &'q Literal),
    In(&'q Path, bool, HashSet<String>, &'q [Literal]),
}

/// Ids compare by their first fifteen letters, case and all; other texts without case.
fn key(path: &[String], text: &str) -> String {
    let id = path.last().is_some_and(|field| field.to_ascii_lowercase().ends_with("id"));
    if id && matches!(text.len(), 15 | 18) { short(text).to_owned() } else { text.to_lowercase() }
}

fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left.as_f64().partial_cmp(&right.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::String(left), Value::String(right)) => left.to_lowercase().cmp(&right.to_lowercase()),
        _ => Ordering::Equal,
    }
}

fn matches(path: &[String], value: &Value, operator: Operator, literal: &Literal) -> bool {
    let order = match (value, literal) {
        (Value::Null, Literal::Null) => Some(Ordering::Equal),
        (Value::Null, _) | (_, Literal::Null) => None,
        (Value::String(text), Literal::Text(pattern)) if operator == Operator::Like => {
            return like(&text.to_lowercase(), &pattern.to_lowercase());
        }
        (Value::String(text), Literal::Text(other)) => Some(key(path, text).cmp(&key(path, other))),
        (Value::String(text), Literal::Moment(moment)) => seconds(text).map(|seconds| seconds.cmp(moment)),
        (Value::String(text), Literal::Day(day)) => Some(text.get(..10).unwrap_or(text).cmp(day)),
        (Value::Number(number), Literal::Number(other)) => number.as_f64().and_then(|number| number.partial_cmp(other)),
        (Value::Bool(value), Literal::Bool(other)) => Some(value.cmp(other)),
        _ => None,
    };
    match operator {
        Operator::Equal => order == Some(Ordering::Equal),
        Operator::Unequal => order != Some(Ordering::Equal),
        Operator::Less => order == Some(Ordering::Less),
        Operator::LessOrEqual => order.is_some_and(Ordering::is_le),
        Operator::Greater => order == Some(Ordering::Greater),
        Operator::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
        Operator::Like => false,
    }
}

/// `%` is any text, `_` any letter. Linear in text × pattern.
fn like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for letter in pattern {
        let mut next = vec![false; text.len() + 1];
        match letter {
            '%' => {
                let mut any = false;
                for (place, slot) in next.iter_mut().enumerate() {
                    any |= reached[place];
                    *slot = any;
                }
            }
            letter => {
                let wanted = match letter {
                    LITERAL_PERCENT => '%',
                    LITERAL_UNDERSCORE => '_',
                    letter => letter,
                };
                for place in 0..text.len() {
                    next[place + 1] = reached[place] && (letter == '_' || text[place] == wanted);
                }
            }
        }
        reached = next;
    }
    reached[text.len()]
}
