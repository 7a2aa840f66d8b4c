//! Who writes answers to the tier, behind those who were given them.

use std::sync::Weak;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::clues::{MOST_KEYS, Sign};
use super::remote::{Connection, Put, Trouble};
use super::seal::{Place, Stamp};
use super::tier::{Inner, Kept};
use crate::record::Key;

/// Most that is written in one go.
const MOST: usize = 64;
/// How long that may take.
const WRITING: Duration = Duration::from_secs(1);
/// The longest that a record is kept: shorter than purges are remembered.
pub(super) const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// What is to be written.
pub(super) enum Write {
    Answer {
        /// The connector's.
        definition: u64,
        key: Key,
        place: Place,
        stamp: Stamp,
        kept: Kept,
        keep: Duration,
    },
    /// Whoever fetched what belongs here could not.
    Release(Place, Stamp),
}

/// Writes what comes until the cache is gone.
pub(super) async fn write(inner: Weak<Inner>, mut inbox: mpsc::Receiver<Write>) {
    let mut writes = Vec::with_capacity(MOST);
    while inbox.recv_many(&mut writes, MOST).await > 0 {
        let Some(inner) = inner.upgrade() else { return };
        inner.write_all(writes.drain(..)).await;
    }
}

impl Inner {
    async fn write_all(&self, writes: impl Iterator<Item = Write>) {
        let (mut signs, mut puts, mut leases, mut too_large) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for write in writes {
            match write {
                Write::Answer { definition, key, place, stamp, kept, keep } => {
                    let lease = self.seal.lease(&place, stamp);
                    if kept.record.as_ref().is_some_and(|record| record.size() > self.settings.max_value.bytes()) {
                        too_large += 1;
                        leases.push(lease);
                        continue;
                    }
                    if let Some(record) = &kept.record {
                        signs.append(&mut self.signs(definition, &key, record, kept.as_of));
                    }
                    let value = self.seal.close(&place, stamp, &kept);
                    puts.push(Put { place, value, keep: keep.min(LONGEST), lease });
                }
                Write::Release(place, stamp) => leases.push(self.seal.lease(&place, stamp)),
            }
        }
        self.counts.dropped.add(too_large);
        let Some((number, connection)) = self.connection() else {
            return self.counts.dropped.add(puts.len());
        };
        let written = timeout(WRITING, send(&connection, &signs, &puts, &leases)).await;
        match written.unwrap_or(Err(Trouble::Late)) {
            Ok(()) => self.counts.written.add(puts.len()),
            Err(trouble) => {
                self.counts.dropped.add(puts.len());
                self.failed(number, &trouble);
            }
        }
    }
}

/// Signs come first: what lies there can be found.
async fn send(connection: &Connection, signs: &[Sign], puts: &[Put], leases: &[String]) -> Result<(), Trouble> {
    connection.put_up(signs, MOST_KEYS).await?;
    connection.put(puts).await?;
    connection.release(leases).await
}
