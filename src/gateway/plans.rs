//! Plans remembered by the operation's full text and name.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use moka::Equivalent;

use super::sight::OperationMeter;
use crate::catalog::Catalog;
use crate::plan::Plan;
use crate::telemetry::Names;

/// What a plan is remembered under. The text is compared, not only hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Text {
    query: Box<str>,
    operation_name: Option<Box<str>>,
}

/// The same, borrowed from a request.
struct Asked<'a> {
    query: &'a str,
    operation_name: Option<&'a str>,
}

/// A plan, with what is learnt of it.
#[derive(Debug)]
pub(super) struct Remembered {
    /// No other plan of this gateway has it.
    pub number: u64,
    pub plan: Plan,
    /// Whether its answers may be kept and shared.
    pub is_keepable: bool,
    /// What its operation's name is counted under.
    pub meter: Arc<OperationMeter>,
    /// Tells one text from another in logs: the first 16 hexadecimal digits of its SHA-256.
    pub hash: Box<str>,
    /// Length of a recent answer, for the next one's buffer.
    length: AtomicUsize,
}

/// A bounded memory of plans. Refusals are not remembered.
#[derive(Debug)]
pub(super) struct Plans {
    known: moka::sync::Cache<Text, Arc<Remembered>>,
    next: AtomicU64,
}

impl Plans {
    /// Room for plans whose texts are at most `max_bytes` long together.
    pub(super) fn new(max_bytes: u64) -> Plans {
        let weigh = |text: &Text, _: &Arc<Remembered>| u32::try_from(text.query.len() + 64).unwrap_or(u32::MAX);
        let known = moka::sync::Cache::builder().max_capacity(max_bytes).weigher(weigh).build();
        Plans { known, next: AtomicU64::new(0) }
    }

    /// How many are remembered.
    pub(super) fn count(&self) -> u64 {
        self.known.entry_count()
    }

    pub(super) fn get(&self, query: &str, operation_name: Option<&str>) -> Option<Arc<Remembered>> {
        self.known.get(&Asked { query, operation_name })
    }

    pub(super) fn keep(
        &self,
        query: &str,
        operation_name: Option<&str>,
        plan: Plan,
        catalog: &Catalog,
        meter: Arc<OperationMeter>,
    ) -> Arc<Remembered> {
        let is_keepable = plan.census.is_keepable(catalog);
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let hash = hash_of(query);
        let remembered = Arc::new(Remembered { number, plan, is_keepable, meter, hash, length: AtomicUsize::new(0) });
        let text = Text { query: query.into(), operation_name: operation_name.map(Into::into) };
        self.known.insert(text, remembered.clone());
        remembered
    }
}

/// The first 16 hexadecimal digits of a text's SHA-256.
fn hash_of(text: &str) -> Box<str> {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

impl Remembered {
    /// The operation's name as metrics and logs tell it.
    pub(super) fn name(&self) -> &str {
        self.plan.operation.name.as_deref().unwrap_or(Names::<OperationMeter>::ANONYMOUS)
    }

    /// How much room the next answer will probably take.
    pub(super) fn expected_length(&self) -> usize {
        let length = self.length.load(Ordering::Relaxed);
        // Some more, for answers of one operation differ.
        length + length / 8 + 256
    }

    pub(super) fn note_length(&self, bytes: usize) {
        self.length.store(bytes, Ordering::Relaxed);
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Asked { query: &self.query, operation_name: self.operation_name.as_deref() }.hash(state);
    }
}

impl Hash for Asked<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.query.hash(state);
        self.operation_name.hash(state);
    }
}

impl Equivalent<Text> for Asked<'_> {
    fn equivalent(&self, text: &Text) -> bool {
        *self.query == *text.query && self.operation_name == text.operation_name.as_deref()
    }
}
