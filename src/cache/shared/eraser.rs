//! Who removes from the tier what was forgotten whole: nothing of it is read any longer, but its bytes lie there until
//! their age. A while later, in small batches with pauses, by one gateway at a time.

use std::collections::BTreeSet;
use std::mem::take;
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::clues::Clue;
use super::news::Purge;
use super::remote::{Connection, Trouble};
use super::seal::definition_in;
use super::tier::{Inner, Tier};
use crate::record::Key;

/// Names that are looked at in one go, and removed in one go at most.
const BATCH: usize = 500;
/// Between batches: the server has others to answer.
const PAUSE: Duration = Duration::from_millis(10);
/// How long one batch may take.
const ERASING: Duration = Duration::from_secs(2);
/// How long a gateway that says nothing more keeps others from erasing.
const TURN: Duration = Duration::from_secs(30);
/// More connectors than these are erased as everything is; more names are not waited for.
const MOST_CONNECTORS: usize = 4096;
const MOST_NAMES: usize = 10_000;

/// What is to be erased.
#[derive(Debug, Default)]
pub(super) struct Doomed {
    everything: bool,
    /// As they stand in names.
    connectors: BTreeSet<String>,
    /// Names of single entities and signs.
    names: Vec<String>,
}

impl Tier {
    /// Has the records of keys and what leads to them removed once more, when calls on their way have come to an end.
    pub fn erase_again(&self, keys: &[(u64, Key)], clues: &[(u64, Clue)]) {
        let seal = &self.0.seal;
        let names = keys.iter().map(|(definition, key)| seal.entity(*definition, key));
        let names = names.chain(clues.iter().map(|(definition, clue)| seal.sign(*definition, clue)));
        let mut doomed = self.0.doomed.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MOST_NAMES.saturating_sub(doomed.names.len());
        doomed.names.extend(names.take(room));
        drop(doomed);
        self.0.dooms.notify_one();
    }
}

impl Inner {
    /// Notes what was forgotten whole, and is to be erased. Of a source its connectors are told, one by one.
    pub fn doom(&self, purge: &Purge) {
        let mut doomed = self.doomed.lock().unwrap_or_else(PoisonError::into_inner);
        match purge {
            Purge::Everything => doomed.everything = true,
            Purge::Connector(definition) => _ = doomed.connectors.insert(self.seal.definition(*definition)),
            Purge::Source(_) | Purge::Key { .. } | Purge::Word(_) => return,
        }
        if doomed.everything || doomed.connectors.len() > MOST_CONNECTORS {
            (doomed.everything, doomed.connectors) = (true, BTreeSet::new());
        }
        drop(doomed);
        self.dooms.notify_one();
    }

    fn take_doomed(&self) -> Doomed {
        take(&mut *self.doomed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn erase(&self, doomed: &mut Doomed) -> Result<(), Trouble> {
        let Some((number, connection)) = self.connection() else { return Err(Trouble::Late) };
        let erased = self.erase_over(&connection, doomed).await;
        erased.inspect_err(|trouble| self.failed(number, trouble))
    }

    /// What was erased is doomed no longer, so that the rest may be tried again.
    async fn erase_over(&self, connection: &Connection, doomed: &mut Doomed) -> Result<(), Trouble> {
        while !doomed.names.is_empty() {
            let from = doomed.names.len().saturating_sub(BATCH);
            in_time(connection.erase(&doomed.names[from..])).await?;
            doomed.names.truncate(from);
            sleep(PAUSE).await;
        }
        if !doomed.everything && doomed.connectors.is_empty() {
            return Ok(());
        }
        let turn = [self.seal.name("t", &[])];
        while !in_time(connection.lease(&turn, TURN)).await?[0] {
            sleep(TURN / 10).await;
        }
        let is_doomed =
            |name: &String| definition_in(name).is_some_and(|of| doomed.everything || doomed.connectors.contains(of));
        for node in in_time(connection.nodes()).await? {
            let mut cursor = 0;
            loop {
                let (next, mut names) = in_time(connection.scan(&node, cursor, &self.seal.all(), BATCH)).await?;
                names.retain(is_doomed);
                in_time(connection.erase(&names)).await?;
                self.counts.erased.add(names.len());
                in_time(connection.keep(&turn[0], TURN)).await?;
                cursor = next;
                if cursor == 0 {
                    break;
                }
                sleep(PAUSE).await;
            }
        }
        *doomed = Doomed::default();
        in_time(connection.release(&turn)).await
    }
}

/// Erases what is doomed until the cache is gone. What is doomed while it waits goes with it.
pub(super) async fn erase(inner: Weak<Inner>, dooms: Arc<Notify>) {
    loop {
        dooms.notified().await;
        let taken = inner.upgrade().map(|inner| (inner.settings.erase_after.0, inner.take_doomed()));
        let Some((after, mut doomed)) = taken else { return };
        // What is doomed meanwhile has its own time to wait.
        sleep(after).await;
        loop {
            let Some(inner) = inner.upgrade() else { return };
            match inner.erase(&mut doomed).await {
                Ok(()) => break,
                Err(trouble) => tracing::debug!("erasing in the shared cache tier: {trouble}"),
            }
            drop(inner);
            sleep(Duration::from_secs(1)).await;
        }
    }
}

async fn in_time<T>(work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    timeout(ERASING, work).await.map_err(|_| Trouble::Late)?
}
