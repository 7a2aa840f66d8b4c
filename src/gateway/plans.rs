//! Plans remembered by the operation's full text and name.

use std::sync::Arc;

use crate::plan::Plan;

/// What a plan is remembered under. The text is compared, not only hashed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Text {
    query: Box<str>,
    operation_name: Option<Box<str>>,
}

/// A bounded memory of plans. Refusals are not remembered.
#[derive(Debug)]
pub(super) struct Plans {
    known: moka::sync::Cache<Text, Arc<Plan>>,
}

impl Plans {
    /// Room for plans whose texts are at most `max_bytes` long together.
    pub(super) fn new(max_bytes: u64) -> Plans {
        let weigh = |text: &Text, _: &Arc<Plan>| u32::try_from(text.query.len() + 64).unwrap_or(u32::MAX);
        Plans { known: moka::sync::Cache::builder().max_capacity(max_bytes).weigher(weigh).build() }
    }

    pub(super) fn get(&self, query: &str, operation_name: Option<&str>) -> Option<Arc<Plan>> {
        self.known.get(&text(query, operation_name))
    }

    pub(super) fn keep(&self, query: &str, operation_name: Option<&str>, plan: Arc<Plan>) {
        self.known.insert(text(query, operation_name), plan);
    }
}

fn text(query: &str, operation_name: Option<&str>) -> Text {
    Text { query: query.into(), operation_name: operation_name.map(Into::into) }
}
