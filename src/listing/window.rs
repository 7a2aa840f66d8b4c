//! Which part of a list a page shows.

use std::ops::Range;

use super::Cursor;
use crate::mapping::{Object, Value};

/// The arguments of one connection, bound and checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageArguments {
    /// At most so many from the front.
    pub first: Option<usize>,
    /// At most so many from the back.
    pub last: Option<usize>,
    /// Only what comes after this cursor.
    pub after: Option<Cursor>,
    /// Only what comes before this cursor.
    pub before: Option<Cursor>,
}

/// What is wrong with a connection's arguments.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageProblem {
    /// `first` or `last` is below zero.
    #[error("argument \"{argument}\" is {found}, expected zero or more")]
    Negative {
        /// `first` or `last`.
        argument: &'static str,
        /// What was given.
        found: i64,
    },
    /// `after` or `before` is not a cursor that this list handed out.
    #[error("argument \"{argument}\" is not a cursor of this list, expected a cursor from an earlier page")]
    ForeignCursor {
        /// `after` or `before`.
        argument: &'static str,
    },
}

impl PageArguments {
    /// From bound arguments; members the field does not have are simply not there.
    ///
    /// # Errors
    /// A negative count or a text that is no cursor.
    pub fn read(arguments: &Object<'_>) -> Result<PageArguments, PageProblem> {
        Ok(PageArguments {
            first: count(arguments, "first")?,
            last: count(arguments, "last")?,
            after: cursor(arguments, "after")?,
            before: cursor(arguments, "before")?,
        })
    }
}

fn count(arguments: &Object<'_>, argument: &'static str) -> Result<Option<usize>, PageProblem> {
    match arguments.get(argument) {
        Some(Value::Number(number)) => {
            let found = number.as_i64().unwrap_or(i64::MAX);
            usize::try_from(found).map(Some).map_err(|_| PageProblem::Negative { argument, found })
        }
        _ => Ok(None),
    }
}

fn cursor(arguments: &Object<'_>, argument: &'static str) -> Result<Option<Cursor>, PageProblem> {
    match arguments.get(argument) {
        Some(Value::Text(text)) => Cursor::decode(text).map(Some).ok_or(PageProblem::ForeignCursor { argument }),
        _ => Ok(None),
    }
}

/// The part of a list that a page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Positions shown.
    pub range: Range<usize>,
    /// Whether items come before it.
    pub has_previous: bool,
    /// Whether items come after it, fetched or not.
    pub has_next: bool,
    /// How many there are in all; `None` where the list was cut.
    pub total: Option<usize>,
}

impl Window {
    /// Cuts a page from a list of `length` items. `cut` says that the source has more than these;
    /// `position_of` finds an item by the JSON text of its id.
    pub fn over(length: usize, cut: bool, page: &PageArguments, position_of: impl Fn(&str) -> Option<usize>) -> Window {
        let place = |cursor: &Cursor| {
            let found = if cursor.id.is_empty() { None } else { position_of(&cursor.id) };
            found.unwrap_or(cursor.position)
        };
        let mut start = page.after.as_ref().map_or(0, |after| place(after).saturating_add(1)).min(length);
        let mut end = page.before.as_ref().map_or(length, place).min(length).max(start);
        if let Some(first) = page.first {
            end = end.min(start.saturating_add(first));
        }
        if let Some(last) = page.last {
            start = start.max(end.saturating_sub(last));
        }
        Window {
            has_previous: start > 0,
            has_next: end < length || cut,
            total: (!cut).then_some(length),
            range: start..end,
        }
    }

    /// The page of a list that the source cut: it was asked for one item more than `first`, so that one too many
    /// says that more come.
    pub fn by_source(length: usize, first: usize, after_given: bool) -> Window {
        Window { range: 0..length.min(first), has_previous: after_given, has_next: length > first, total: None }
    }
}

/// How many items a page asked of a source shows: `first`, at most `max`, and `max` without it.
pub fn page_size(arguments: &Object<'_>, max: usize) -> usize {
    count(arguments, "first").ok().flatten().unwrap_or(max).min(max)
}
