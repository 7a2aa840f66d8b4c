//! The rest of an answer: what leads to the next page, and how the pages become one answer.

use std::collections::HashSet;

use super::count::Counters;
use super::further;
use super::link_header;
use crate::catalog::{Next, Paginate};
use crate::mapping::{Object, Request, Value, Variables};

/// The pages of one call, read one after another.
pub(super) struct Walk<'p> {
    paginate: &'p Paginate,
    counters: &'p Counters,
    /// What the first page's request counts from, where the gateway counts.
    start: u64,
    joined: Option<Joined>,
    seen: HashSet<String>,
    pages: usize,
    /// Items of the pages before this one.
    items: u64,
}

/// Pages read so far, when there is more than one.
struct Joined {
    /// The first page, in which the items of all will stand.
    whole: Value<'static>,
    items: Vec<Value<'static>>,
    /// Where the last page's items begin.
    last: usize,
}

/// What a page says of those after it.
#[derive(Debug, PartialEq)]
pub(super) enum Onward {
    /// There is none. `short` where the source said that there are more items than it gave.
    End { short: bool },
    /// This value leads to it.
    To(Value<'static>),
}

/// What is wrong with a page; for logs.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PageError {
    #[error("`items` yields {0}, not a list")]
    Items(&'static str),
    #[error("`next` yields {0}, which leads nowhere")]
    Next(&'static str),
    #[error("`next` leads to a page that was read already")]
    Loop,
    #[error("a page holds the same items as the one before: the source does not read where it shall go on")]
    Same,
    #[error("the next page's address cannot be made")]
    Address,
    #[error("the request's body has no place for the next page's value")]
    Body,
    #[error("the items' place is not in the answer")]
    Place,
}

impl<'p> Walk<'p> {
    /// Begins before the first page, which `first` asks for.
    pub fn new(paginate: &'p Paginate, counters: &'p Counters, first: &Request) -> Walk<'p> {
        let start = match paginate.next {
            Next::Offset => further::start(first, &paginate.into).unwrap_or(0),
            Next::Page => further::start(first, &paginate.into).unwrap_or(1),
            Next::Given(_) | Next::Link => 0,
        };
        Walk { paginate, counters, start, joined: None, seen: HashSet::new(), pages: 0, items: 0 }
    }

    /// Whether pages before this one were read.
    pub fn is_under_way(&self) -> bool {
        self.joined.is_some()
    }

    /// Whether the gateway counts on, so that a further page may not be there.
    pub fn counts(&self) -> bool {
        matches!(self.paginate.next, Next::Offset | Next::Page)
    }

    /// Pages that were added.
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// What this page, not yet added, says of those after it.
    pub fn onward<'v>(&self, body: &'v Value<'v>, variables: &Variables<'v>) -> Result<Onward, PageError>
    where
        'p: 'v,
    {
        let end = Ok(Onward::End { short: false });
        if let Some(while_more) = &self.paginate.while_more {
            let outcome = while_more.run(Some(body), variables);
            self.counters.problems.add(outcome.problem_count);
            if outcome.value != Some(Value::Bool(true)) {
                return end;
            }
        }
        let given = match &self.paginate.next {
            Next::Given(program) => match given(program.run(Some(body), variables).value)? {
                Some(next) => Some(next),
                None => return end,
            },
            Next::Link => match linked(variables) {
                Some(next) => Some(next),
                None => return end,
            },
            Next::Offset | Next::Page => None,
        };
        if given.is_some() && self.paginate.total.is_none() {
            return Ok(given.map_or(Onward::End { short: false }, Onward::To));
        }
        let here = self.items_of(body, variables)?.len() as u64;
        let read = self.items + here;
        let counts_from = if matches!(self.paginate.next, Next::Offset) { self.start } else { 0 };
        let total = self.total(body, variables);
        if total.is_some_and(|total| counts_from + read >= total) {
            return end;
        }
        Ok(match (given, &self.paginate.next) {
            (Some(next), _) => Onward::To(next),
            // Who is counted for says nothing of an end but by having no more. What the source wanted to give per
            // page is not relied on: many give less than they were asked for.
            (None, _) if here == 0 => Onward::End { short: total.is_some() },
            (None, Next::Page) => Onward::To(number(self.start + self.pages as u64 + 1)),
            (None, _) => Onward::To(number(self.start + read)),
        })
    }

    /// Adds a page's items.
    pub fn add<'v>(&mut self, body: &'v Value<'v>, variables: &Variables<'v>) -> Result<(), PageError>
    where
        'p: 'v,
    {
        self.pages += 1;
        let items = self.items_of(body, variables)?;
        self.items += items.len() as u64;
        let counts = self.counts();
        let joined =
            self.joined.get_or_insert_with(|| Joined { whole: body.clone().into_owned(), items: Vec::new(), last: 0 });
        let before = std::mem::replace(&mut joined.last, joined.items.len());
        joined.items.extend(items.into_iter().map(Value::into_owned));
        let (earlier, these) = joined.items.split_at(joined.last);
        let is_same = counts && !these.is_empty() && earlier[before..] == *these;
        if is_same { Err(PageError::Same) } else { Ok(()) }
    }

    /// Notes where the next page is. A place seen before would be read for ever.
    pub fn follow(&mut self, next: &Value<'_>) -> Result<(), PageError> {
        if self.seen.insert(said(next)) { Ok(()) } else { Err(PageError::Loop) }
    }

    /// The first page with the items of all in their place.
    pub fn whole(self) -> Result<Value<'static>, PageError> {
        let Some(Joined { mut whole, items, .. }) = self.joined else { return Err(PageError::Place) };
        let mut place = &mut whole;
        for key in &self.paginate.items_path {
            let Value::Object(object) = place else { return Err(PageError::Place) };
            if object.get(key).is_none() {
                object.insert(key.clone(), Value::Object(Object::default()));
            }
            place = object.get_mut(key).ok_or(PageError::Place)?;
        }
        *place = Value::List(items);
        Ok(whole)
    }

    fn items_of<'v>(&self, body: &'v Value<'v>, variables: &Variables<'v>) -> Result<Vec<Value<'v>>, PageError>
    where
        'p: 'v,
    {
        let outcome = self.paginate.items.run(Some(body), variables);
        self.counters.problems.add(outcome.problem_count);
        match outcome.value {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::List(items)) => Ok(items),
            Some(other) => Err(PageError::Items(other.kind())),
        }
    }

    fn total<'v>(&self, body: &'v Value<'v>, variables: &Variables<'v>) -> Option<u64>
    where
        'p: 'v,
    {
        let outcome = self.paginate.total.as_ref()?.run(Some(body), variables);
        self.counters.problems.add(outcome.problem_count);
        match outcome.value? {
            Value::Number(number) => number.as_u64(),
            Value::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

/// A value that leads on, as text.
pub(super) fn said(next: &Value<'_>) -> String {
    match next {
        Value::Text(text) => text.to_string(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

fn number(count: u64) -> Value<'static> {
    Value::Number(count.into())
}

/// A `next` that is missing on the last page is how many vendors say so: no problem is counted.
fn given(value: Option<Value<'_>>) -> Result<Option<Value<'static>>, PageError> {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => Ok(None),
        Some(Value::Text(text)) if text.is_empty() => Ok(None),
        Some(value @ (Value::Text(_) | Value::Number(_))) => Ok(Some(value.into_owned())),
        Some(other) => Err(PageError::Next(other.kind())),
    }
}

fn linked(variables: &Variables<'_>) -> Option<Value<'static>> {
    let Some(Value::List(values)) = variables.response_headers?.get("link") else { return None };
    let target = link_header::target(values.iter().filter_map(Value::as_text), "next")?;
    Some(Value::Text(target.to_owned().into()))
}
