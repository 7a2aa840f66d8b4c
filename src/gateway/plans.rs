//! Plans remembered by the operation's full text and name; by the form of texts that are much alike, where several came.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use indexmap::Equivalent;

use super::planning::Introspected;
use super::seen::Seen;
use super::shelf::Shelf;
use super::sight::OperationMeter;
use crate::catalog::Catalog;
use crate::operation::{Literals, Spelling, Twins};
use crate::plan::Plan;
use crate::telemetry::Names;

/// What a plan takes in memory for each field that its operation selects, written out: 33 kB were measured for the race's
/// view, which selects 35 of them.
const FIELD_BYTES: u64 = 1_000;
/// How often its text is in memory, or what is made of its words.
const TEXTS: u64 = 4;
/// What an entry weighs beside that.
const ENTRY_OVERHEAD: u64 = 1024;

/// What a plan is remembered under: compared, not only hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    of: Of<Box<[u8]>>,
    operation_name: Option<Box<str>>,
}

/// The same, borrowed from a request.
#[derive(Hash)]
struct Asked<'a> {
    of: Of<&'a [u8]>,
    operation_name: Option<&'a str>,
}

/// The texts that a plan answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Of<B> {
    /// This one.
    Text(B),
    /// All that are spelled so.
    Form(B),
}

/// A plan, with what is learnt of it.
#[derive(Debug)]
pub(super) struct Remembered {
    pub plan: Plan,
    /// What it asks about the contract, where that is the same each time.
    pub introspected: Option<Introspected>,
    /// Whether its answers may be kept and shared.
    pub is_keepable: bool,
    /// What its operation's name is counted under.
    pub meter: Arc<OperationMeter>,
    /// Tells one text from another in logs: the first 16 hexadecimal digits of its SHA-256. Texts of one form share that
    /// of the one the plan was drawn for.
    pub hash: Box<str>,
    /// Of a form, the text that the plan was drawn for: its places are told of.
    drawn_for: Option<Box<str>>,
    /// Length of a recent answer, for the next one's buffer.
    length: AtomicUsize,
}

/// A text that was asked again.
pub(super) struct AskedAgain {
    pub query: Box<str>,
    pub operation_name: Option<Box<str>>,
    /// It stands for all that are spelled like it.
    pub is_form: bool,
}

/// A plan for one request's text.
pub(super) struct Found {
    pub plan: Arc<Remembered>,
    /// What the text writes where the form leaves it open; nothing where the plan is of this text alone.
    pub said: Option<Said>,
}

/// A text as one of its form.
pub(super) struct Said {
    pub literals: Literals,
    /// The same bytes for all texts that say the same.
    pub whole: Vec<u8>,
}

/// A bounded memory of plans. Refusals are not remembered.
pub(super) struct Plans {
    known: Shelf<Known, Arc<Remembered>>,
    /// Forms of which a text came.
    seen: Seen,
}

impl Plans {
    /// Room for plans that take at most about `max_bytes` together.
    pub(super) fn new(max_bytes: u64) -> Plans {
        Plans { known: Shelf::new(max_bytes), seen: Seen::new() }
    }

    /// What they take in memory, about.
    #[cfg(test)]
    pub(super) fn weight(&self) -> u64 {
        self.known.weight()
    }

    /// How many are remembered.
    pub(super) fn count(&self) -> u64 {
        self.known.count()
    }

    /// Lets go of plans whose texts have one of these in them; how many those were.
    pub(super) fn sweep(&self, texts: &[String]) -> u64 {
        self.known.sweep(|known, plan| !texts.iter().any(|text| stands_in(plan.text(known), text)))
    }

    /// The texts that were asked again and the names of their operations, those of one form by one of them; at most so
    /// many.
    pub(super) fn asked_again(&self, most: usize) -> Vec<AskedAgain> {
        self.known.used(most, |known, plan| AskedAgain {
            query: plan.text(known).into(),
            operation_name: known.operation_name.clone(),
            is_form: matches!(known.of, Of::Form(_)),
        })
    }

    /// The plan of this very text.
    pub(super) fn get(&self, query: &str, operation_name: Option<&str>) -> Option<Arc<Remembered>> {
        self.known.look(&Asked { of: Of::Text(query.as_bytes()), operation_name }, Arc::clone)
    }

    /// The plan of the text's form, where all it writes fits there.
    pub(super) fn recognise(&self, spelling: &Spelling<'_>, operation_name: Option<&str>) -> Option<Found> {
        let plan = self.known.look(&Asked { of: Of::Form(spelling.form()), operation_name }, Arc::clone)?;
        let literals = plan.plan.operation.fit(spelling)?;
        Some(Found { plan, said: Some(Said { literals, whole: spelling.whole() }) })
    }

    /// Whether a text of this form came before: then others will.
    pub(super) fn came_before(&self, spelling: &Spelling<'_>) -> bool {
        self.seen.again(spelling.form())
    }

    /// Remembers a plan: of the form, where it stands for all texts of `spelling`, else of this text.
    pub(super) fn keep(
        &self,
        (query, operation_name): (&str, Option<&str>),
        spelling: Option<&Spelling<'_>>,
        plan: Plan,
        introspected: Option<Introspected>,
        catalog: &Catalog,
        meter: Arc<OperationMeter>,
    ) -> Found {
        let form = spelling.and_then(|spelling| Some((spelling, plan.operation.fit(spelling)?)));
        let (of, said) = match form {
            Some((spelling, literals)) => {
                (Of::Form(spelling.form().into()), Some(Said { literals, whole: spelling.whole() }))
            }
            None => (Of::Text(query.as_bytes().into()), None),
        };
        let told = introspected.iter().flat_map(|told| told.iter()).map(|(_, json)| json.len() as u64).sum::<u64>();
        let remembered = Arc::new(Remembered {
            is_keepable: plan.census.is_keepable(catalog),
            plan,
            introspected,
            meter,
            hash: hash_of(query),
            drawn_for: said.is_some().then(|| query.into()),
            length: AtomicUsize::new(0),
        });
        let fields = remembered.plan.operation.fields() as u64;
        let weight = fields * FIELD_BYTES + query.len() as u64 * TEXTS + ENTRY_OVERHEAD + told;
        let known = Known { of, operation_name: operation_name.map(Into::into) };
        self.known.put(known, remembered.clone(), weight, |_| true);
        Found { plan: remembered, said }
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

    /// The text that it was drawn for.
    fn text<'t>(&'t self, known: &'t Known) -> &'t str {
        let query = match &known.of {
            Of::Text(query) => std::str::from_utf8(query).ok(),
            Of::Form(_) => self.drawn_for.as_deref(),
        };
        query.unwrap_or_default()
    }

    /// What the places in a plan mean in this text, where it was drawn for another one of its form.
    pub(super) fn twins<'t>(&'t self, asked: &'t str) -> Option<Twins<'t>> {
        Some(Twins { remembered: self.drawn_for.as_deref()?, asked })
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

impl<B: AsRef<[u8]>> Of<B> {
    fn borrowed(&self) -> Of<&[u8]> {
        match self {
            Of::Text(bytes) => Of::Text(bytes.as_ref()),
            Of::Form(bytes) => Of::Form(bytes.as_ref()),
        }
    }
}

impl Hash for Known {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Asked { of: self.of.borrowed(), operation_name: self.operation_name.as_deref() }.hash(state);
    }
}

impl Equivalent<Known> for Asked<'_> {
    fn equivalent(&self, known: &Known) -> bool {
        self.of == known.of.borrowed() && self.operation_name == known.operation_name.as_deref()
    }
}
