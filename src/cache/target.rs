//! What is to be forgotten.

use crate::record::Key;

/// What is to be forgotten. Numbers are those that a [`super::LaneSpec`] has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'t> {
    /// All of it.
    Everything,
    /// What a source gave, at one address with one set of settings.
    Source(u64),
    /// What a connector gave.
    Connector(u64),
    /// What a connector gave for a key, whatever its arguments.
    Key {
        /// The connector's definition.
        definition: u64,
        /// The key.
        key: &'t Key,
    },
}

impl Target<'_> {
    /// How each is told in metrics.
    pub(super) const NAMES: [&'static str; 4] = ["everything", "source", "connector", "key"];

    /// Its place among the names.
    pub(super) fn position(self) -> usize {
        match self {
            Target::Everything => 0,
            Target::Source(_) => 1,
            Target::Connector(_) => 2,
            Target::Key { .. } => 3,
        }
    }
}

/// What left memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Records, and remembered absences.
    pub records: u64,
    /// Bytes of those records, bookkeeping aside.
    pub bytes: u64,
}
