//! The rest of an answer: what leads to the next page, and how the pages become one answer.

use std::collections::HashSet;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

use super::count::Counters;
use crate::catalog::{PageTarget, Paginate};
use crate::mapping::{Object, Request, Value, Variables};

/// Pages read so far, when there is more than one.
pub(super) struct Joined {
    /// The first page, in which the items of all will stand.
    whole: Value<'static>,
    items: Vec<Value<'static>>,
    seen: HashSet<String>,
    pages: usize,
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
    #[error("the next page's address cannot be made")]
    Address,
    #[error("the request's body has no place for the next page's value")]
    Body,
    #[error("the items' place is not in the answer")]
    Place,
}

/// What leads to the page after this one; `None` where this is the last.
pub(super) fn next_of<'v>(
    paginate: &'v Paginate,
    body: &'v Value<'v>,
    variables: &Variables<'v>,
    counters: &Counters,
) -> Result<Option<String>, PageError> {
    if let Some(while_more) = &paginate.while_more {
        let outcome = while_more.run(Some(body), variables);
        counters.problems.add(outcome.problem_count);
        if outcome.value != Some(Value::Bool(true)) {
            return Ok(None);
        }
    }
    // A `next` that is missing on the last page is how many vendors say so: no problem is counted.
    match paginate.next.run(Some(body), variables).value {
        None | Some(Value::Null | Value::Bool(false)) => Ok(None),
        Some(Value::Text(text)) if text.is_empty() => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text.into_owned())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(other) => Err(PageError::Next(other.kind())),
    }
}

impl Joined {
    /// Begins with the first page.
    pub fn new(first: Value<'static>) -> Joined {
        Joined { whole: first, items: Vec::new(), seen: HashSet::new(), pages: 0 }
    }

    /// Adds a page's items.
    pub fn add<'v>(
        &mut self,
        paginate: &'v Paginate,
        body: &'v Value<'v>,
        variables: &Variables<'v>,
        counters: &Counters,
    ) -> Result<(), PageError> {
        self.pages += 1;
        let outcome = paginate.items.run(Some(body), variables);
        counters.problems.add(outcome.problem_count);
        match outcome.value {
            None | Some(Value::Null) => Ok(()),
            Some(Value::List(items)) => {
                self.items.extend(items.into_iter().map(Value::into_owned));
                Ok(())
            }
            Some(other) => Err(PageError::Items(other.kind())),
        }
    }

    /// Pages read.
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// Notes where the next page is. A place seen before would be read for ever.
    pub fn follow(&mut self, next: &str) -> Result<(), PageError> {
        if self.seen.insert(next.to_owned()) { Ok(()) } else { Err(PageError::Loop) }
    }

    /// The first page with the items of all in their place.
    pub fn whole(self, paginate: &Paginate) -> Result<Value<'static>, PageError> {
        let Joined { mut whole, items, .. } = self;
        let mut place = &mut whole;
        for key in &paginate.items_path {
            let Value::Object(object) = place else { return Err(PageError::Place) };
            if object.get(key).is_none() {
                object.insert(key.clone(), Value::Object(Object::default()));
            }
            place = object.get_mut(key).ok_or(PageError::Place)?;
        }
        *place = Value::List(items);
        Ok(whole)
    }
}

/// The request for the page that `next` leads to. `first` is the first page's request, `current` the one just answered.
pub(super) fn advance(
    first: &Request,
    current: &Request,
    target: &PageTarget,
    next: &str,
) -> Result<Request, PageError> {
    let mut request = first.clone();
    match target {
        PageTarget::Query(name) => {
            let (address, query) = first.url.split_once('?').unwrap_or((&first.url, ""));
            request.url = format!("{address}?{}", with_pair(query, name, next));
        }
        PageTarget::Url => {
            let base = Url::parse(&current.url).map_err(|_| PageError::Address)?;
            request.url = base.join(next).map_err(|_| PageError::Address)?.into();
        }
        PageTarget::Header(name) => {
            request.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            request.headers.push((name.to_ascii_lowercase(), next.to_owned()));
        }
        PageTarget::Body(path) => request.body = Some(body_with(first, path, next)?),
    }
    Ok(request)
}

fn body_with(first: &Request, path: &str, next: &str) -> Result<Vec<u8>, PageError> {
    let body = first.body.as_deref().unwrap_or_default();
    let is_form = first.headers.iter().any(|(name, value)| {
        name == "content-type" && value.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
    });
    if is_form {
        let body = std::str::from_utf8(body).map_err(|_| PageError::Body)?;
        return Ok(with_pair(body, path, next).into_bytes());
    }
    let mut value = if body.is_empty() {
        Value::Object(Object::default())
    } else {
        Value::read(body).map_err(|_| PageError::Body)?.into_owned()
    };
    let mut place = &mut value;
    for key in path.split('.') {
        let Value::Object(object) = place else { return Err(PageError::Body) };
        if object.get(key).is_none() {
            object.insert(key.to_owned(), Value::Object(Object::default()));
        }
        place = object.get_mut(key).ok_or(PageError::Body)?;
    }
    *place = Value::from(next.to_owned());
    let mut out = Vec::new();
    value.write(&mut out);
    Ok(out)
}

/// A query or form with one value in the place of all of that name. The other pairs stay as they were written.
fn with_pair(query: &str, name: &str, value: &str) -> String {
    let named = |pair: &str| {
        let written = pair.split('=').next().unwrap_or_default().replace('+', " ");
        percent_decode_str(&written).decode_utf8_lossy() == name
    };
    let mut pairs: Vec<String> =
        query.split('&').filter(|pair| !pair.is_empty() && !named(pair)).map(str::to_owned).collect();
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    pairs.push(format!("{}={}", encode(name), encode(value)));
    pairs.join("&")
}
