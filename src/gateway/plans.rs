//! Plans remembered by the operation's full text and name.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use indexmap::Equivalent;

use super::shelf::Shelf;
use super::sight::OperationMeter;
use crate::catalog::Catalog;
use crate::plan::Plan;
use crate::telemetry::Names;

/// What a plan takes in memory for each byte of its text: 33 kB were measured for the race's view, whose text is 430
/// bytes long.
const BYTES_PER_BYTE: u64 = 80;
/// What an entry weighs beside that.
const ENTRY_OVERHEAD: u64 = 1024;

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
pub(super) struct Plans {
    known: Shelf<Text, Arc<Remembered>>,
}

impl Plans {
    /// Room for plans that take at most about `max_bytes` together.
    pub(super) fn new(max_bytes: u64) -> Plans {
        Plans { known: Shelf::new(max_bytes) }
    }

    /// How many are remembered.
    pub(super) fn count(&self) -> u64 {
        self.known.count()
    }

    /// Lets go of plans whose texts have one of these in them; how many those were.
    pub(super) fn sweep(&self, texts: &[String]) -> u64 {
        self.known.sweep(|known, _| !texts.iter().any(|text| stands_in(&known.query, text)))
    }

    pub(super) fn get(&self, query: &str, operation_name: Option<&str>) -> Option<Arc<Remembered>> {
        self.known.look(&Asked { query, operation_name }, Arc::clone)
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
        let hash = hash_of(query);
        let remembered = Arc::new(Remembered { plan, is_keepable, meter, hash, length: AtomicUsize::new(0) });
        let text = Text { query: query.into(), operation_name: operation_name.map(Into::into) };
        let weight = query.len() as u64 * BYTES_PER_BYTE + ENTRY_OVERHEAD;
        self.known.put(text, remembered.clone(), weight, |_| true);
        remembered
    }
}

/// Whether a text has another one in it that is no part of a longer word.
fn stands_in(query: &str, text: &str) -> bool {
    let is_end = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
    query
        .match_indices(text)
        .any(|(at, _)| is_end(query.as_bytes()[..at].last()) && is_end(query.as_bytes().get(at + text.len())))
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
