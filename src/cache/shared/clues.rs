//! Signs that lead from what is said of somebody to the keys that records of them lie under: one for each value that a
//! record could be found by beside its own key. Written before the record, read only when something is to be forgotten.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::timeout;

use super::remote::{Connection, Trouble};
use super::seal::Seal;
use super::tier::{Inner, Kept, Spot, Tier};
use super::writer::LONGEST;
use crate::cache::entry::REVALIDATED;
use crate::record::{Key, Record};

/// Most keys that one sign leads to: the newest of them.
pub(super) const MOST_KEYS: usize = 64;
/// How long reading or removing signs may take.
const READING: Duration = Duration::from_secs(1);
const TAG: usize = 16;

/// What a record of a connector can be found by, and for how long that matters; nothing of most.
pub(in crate::cache) type Clues = Arc<dyn Fn(u64, &Record) -> Option<(Vec<Clue>, Duration)> + Send + Sync>;

/// A value that stands in a record, as bytes that nothing else is told by.
pub type Clue = Vec<u8>;

/// A sign to be written.
pub(super) struct Sign {
    pub name: String,
    pub text: Vec<u8>,
    /// Of the record.
    pub as_of: SystemTime,
    pub keep: Duration,
}

impl Tier {
    /// Records are found by these clues from now on.
    pub fn found_by(&self, clues: Clues) {
        *self.0.clues.write().unwrap_or_else(PoisonError::into_inner) = Some(clues);
    }

    /// The keys of a connector's records in which a value stands, clue by clue; `None` where it cannot be asked.
    pub async fn find(&self, clues: &[(u64, Clue)]) -> Option<Vec<Vec<Key>>> {
        let names: Vec<String> = clues.iter().map(|(definition, clue)| self.0.seal.sign(*definition, clue)).collect();
        let signs = self.0.within(async |connection| connection.signs(&names, MOST_KEYS).await).await?;
        let keys = |(name, texts): (&String, Vec<Vec<u8>>)| {
            let keys = texts.iter().filter_map(|text| self.0.seal.key_on(name, text));
            keys.collect()
        };
        Some(names.iter().zip(signs).map(keys).collect())
    }

    /// Removes signs; whether they are removed.
    pub async fn remove(&self, clues: &[(u64, Clue)]) -> bool {
        let names: Vec<String> = clues.iter().map(|(definition, clue)| self.0.seal.sign(*definition, clue)).collect();
        self.0.within(async |connection| connection.release(&names).await).await.is_some()
    }

    /// What lies there of keys, whatever its age, in their order; `None` where it cannot be asked. Purges that have yet to
    /// be told are not waited for.
    pub async fn peek(&self, spot: Spot, keys: &[&Key]) -> Option<Vec<Option<Kept>>> {
        let looked =
            async |connection: &Connection| self.0.look(connection, spot, keys, Duration::ZERO, |_, _| true).await;
        let looks = self.0.within(looked).await?;
        Some(looks.map_or_else(Vec::new, |looks| looks.into_iter().map(|look| look.kept).collect()))
    }
}

impl Inner {
    /// The signs that lead to a record.
    pub fn signs(&self, definition: u64, key: &Key, record: &Record, as_of: SystemTime) -> Vec<Sign> {
        let clues = self.clues.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some((clues, keep)) = clues.and_then(|clues| clues(definition, record)) else { return Vec::new() };
        let sign = |clue: Clue| {
            let name = self.seal.sign(definition, &clue);
            let text = self.seal.on_sign(&name, key);
            Sign { name, text, as_of, keep: (keep + 2 * REVALIDATED).min(LONGEST) }
        };
        clues.into_iter().map(sign).collect()
    }

    /// Does something that may take longer than a look.
    pub(super) async fn within<T>(&self, work: impl AsyncFnOnce(&Connection) -> Result<T, Trouble>) -> Option<T> {
        let (number, connection) = self.connection()?;
        let done = timeout(READING, work(&connection)).await.unwrap_or(Err(Trouble::Late));
        done.inspect_err(|trouble| self.failed(number, trouble)).ok()
    }
}

impl Seal {
    /// A key as it stands on a sign, before a tag that only we can make.
    fn on_sign(&self, name: &str, key: &Key) -> Vec<u8> {
        let mut text = key.as_str().as_bytes().to_vec();
        text.extend_from_slice(&self.tag("k", &[name.as_bytes(), key.as_str().as_bytes()]));
        text
    }

    fn key_on(&self, name: &str, text: &[u8]) -> Option<Key> {
        let (key, tag) = text.split_at_checked(text.len().checked_sub(TAG)?)?;
        (self.tag("k", &[name.as_bytes(), key]) == *tag).then(|| Key::read(str::from_utf8(key).ok()?))?
    }
}
