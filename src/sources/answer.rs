//! A good answer's body becomes replies: the selection is applied once, its elements are paired with keys.

use super::count::Counters;
use super::fault::Namer;
use super::pair::{Pairing, Replies};
use super::single::Singles;
use crate::catalog::{Catalog, Connector};
use crate::mapping::{Value, Variables};
use crate::record::{Failure, Key};

/// Bodies longer than this are read where others need not wait for it.
const LONG_BODY_BYTES: usize = 256 << 10;

/// Reads the answers of one connector.
pub(super) struct Reading<'r> {
    pub catalog: &'r Catalog,
    pub connector: &'r Connector,
    pub names: Namer<'r>,
    pub counters: &'r Counters,
    /// The answer was cut at the most pages.
    pub cut: bool,
    /// What the answer says of single keys.
    pub singles: &'r Singles,
}

impl Reading<'_> {
    /// One reply for each key. `length` is of the body in bytes.
    pub fn read<'v>(
        &'v self,
        body: &'v Value<'v>,
        variables: &Variables<'v>,
        keys: &[Key],
        length: usize,
    ) -> Result<Replies, Box<Failure>> {
        unhurried(length, || self.replies(body, variables, keys))
    }

    fn replies<'v>(
        &'v self,
        body: &'v Value<'v>,
        variables: &Variables<'v>,
        keys: &[Key],
    ) -> Result<Replies, Box<Failure>> {
        let Reading { catalog, connector, names, counters, cut, singles } = *self;
        let outcome = connector.selection.run(Some(body), variables);
        counters.problems.add(outcome.problem_count);
        if outcome.stopped {
            return Err(names.invalid("the selection does too much on this answer: it was stopped").into());
        }
        if outcome.problem_count > 0 && is_leaf(body) && outcome.value.as_ref().is_none_or(is_nothing) {
            // Taken for an answer without rows it would say that nothing is there.
            return Err(names.invalid("a single value, where the selection reads properties of an object").into());
        }
        let pairing = Pairing { catalog, connector, names, counters, cut, singles };
        match keys {
            [key] if connector.batch.is_none() => {
                // A selection over nothing still makes an object; nothing was there all the same.
                let is_hollow =
                    body.is_null() && matches!(&outcome.value, Some(Value::Object(object)) if object.is_empty());
                pairing.single(outcome.value.filter(|_| !is_hollow), key)
            }
            _ => pairing.batch(outcome.value, keys),
        }
    }
}

/// A body that holds no rows whatever the selection makes of it. Null does: it is the answer without a body.
fn is_leaf(body: &Value<'_>) -> bool {
    matches!(body, Value::Bool(_) | Value::Number(_) | Value::Text(_))
}

fn is_nothing(value: &Value<'_>) -> bool {
    match value {
        Value::Null => true,
        Value::List(items) => items.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Text(_) => false,
    }
}

/// Runs long work without holding up the other tasks of this thread.
pub(super) fn unhurried<T>(length: usize, work: impl FnOnce() -> T) -> T {
    let many_threads = || {
        tokio::runtime::Handle::try_current()
            .is_ok_and(|handle| handle.runtime_flavor() == tokio::runtime::RuntimeFlavor::MultiThread)
    };
    if length > LONG_BODY_BYTES && many_threads() { tokio::task::block_in_place(work) } else { work() }
}
