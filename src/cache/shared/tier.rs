//! The tier as lanes see it: a look with a budget, a write that never waits, a purge that reaches everybody.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep, timeout};

use super::clues::Clues;
use super::eraser::{self, Doomed};
use super::keeper;
use super::news::{self, Heard, Purge};
use super::remote::{Connection, Lying, Remote, Trouble};
use super::seal::{Place, Seal, Stamp};
use super::settings::Shared;
use super::tally::{Counts, SharedTally};
use super::writer::{self, Write};
use crate::cache::key::LaneDigest;
use crate::cache::target::Target;
use crate::record::{Key, Record, Terms};

/// After so many looks in a row that came to nothing it is left alone until it answers in time again.
const FAILURES: u32 = 3;
/// More purges than may wait to be told are told as one, of everything.
const MOST_PURGES: usize = 4096;

/// The shared tier of one cache.
pub(in crate::cache) struct Tier(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub settings: Shared,
    pub remote: Remote,
    pub seal: Seal,
    pub counts: Counts,
    /// Tells our own news from those of others.
    pub replica: u64,
    pub is_listening: AtomicBool,
    /// What records are found by beside their keys.
    pub clues: RwLock<Option<Clues>>,
    /// Wakes who keeps the connection and tells purges.
    pub wake: Arc<Notify>,
    /// What is to be erased, and who does it.
    pub doomed: Mutex<Doomed>,
    pub dooms: Arc<Notify>,
    link: Mutex<Link>,
    purges: Mutex<VecDeque<Purge>>,
    /// Purges that have yet to reach it: until then what lies there may be outdated, and is not asked for.
    pending: AtomicUsize,
    writes: mpsc::Sender<Write>,
    /// Until somebody writes.
    inbox: Mutex<Option<mpsc::Receiver<Write>>>,
}

#[derive(Default)]
struct Link {
    connection: Option<Connection>,
    number: u64,
    failures: u32,
}

/// What keys of one lane have in common.
#[derive(Clone, Copy, Debug)]
pub(in crate::cache) struct Spot {
    pub definition: u64,
    pub source: u64,
    pub lane: LaneDigest,
}

/// An answer that another gateway was given, or this one earlier.
#[derive(Debug)]
pub(in crate::cache) struct Kept {
    /// `None`: the source does not have the key.
    pub record: Option<Record>,
    pub as_of: SystemTime,
    /// What the source said of it.
    pub terms: Option<Arc<Terms>>,
}

/// What a look at one key came to.
#[derive(Debug)]
pub(in crate::cache) struct Look {
    /// What is there, and was not forgotten.
    pub kept: Option<Kept>,
    /// Whether that is enough.
    pub is_enough: bool,
    /// Under which an answer that is fetched now has to be written.
    pub stamp: Stamp,
    /// Whether it is for us to fetch it; else another gateway is doing so.
    pub is_ours: bool,
}

impl Tier {
    /// Errors: what is wrong with the addresses. Connects to nobody yet.
    pub fn new(addresses: &str, namespace: &str, settings: Shared) -> Result<Tier, String> {
        let remote = Remote::new(addresses, &settings)?;
        let (writes, inbox) = mpsc::channel(settings.queue.max(1));
        Ok(Tier(Arc::new(Inner {
            seal: Seal::new(namespace, remote.password()),
            remote,
            settings,
            counts: Counts::default(),
            replica: chance(),
            is_listening: AtomicBool::new(false),
            clues: RwLock::default(),
            wake: Arc::default(),
            doomed: Mutex::default(),
            dooms: Arc::default(),
            link: Mutex::default(),
            purges: Mutex::default(),
            pending: AtomicUsize::new(0),
            writes,
            inbox: Mutex::new(Some(inbox)),
        })))
    }

    /// Begins to connect, to write and to listen, once; needs a runtime, and waits for none.
    pub fn start(&self, heard: impl FnOnce() -> Heard) {
        let Ok(runtime) = Handle::try_current() else { return };
        let inbox = self.0.inbox.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(inbox) = inbox {
            runtime.spawn(keeper::keep(Arc::downgrade(&self.0), self.0.wake.clone()));
            runtime.spawn(writer::write(Arc::downgrade(&self.0), inbox));
            runtime.spawn(eraser::erase(Arc::downgrade(&self.0), self.0.dooms.clone()));
            runtime.spawn(news::listen(Arc::downgrade(&self.0), heard()));
        }
    }

    /// Looks for keys, and takes on those of which nothing is there that `is_enough`, for as long as a lease; for zero,
    /// without regard to others.
    ///
    /// Shape: one look per key, in their order; `None` where it cannot be asked, within its budget.
    pub async fn look(
        &self,
        spot: Spot,
        keys: &[&Key],
        lease: Duration,
        is_enough: impl Fn(&Key, &Kept) -> bool,
    ) -> Option<Vec<Look>> {
        let inner = &*self.0;
        let link = (inner.pending.load(Ordering::SeqCst) == 0).then(|| inner.connection()).flatten();
        let Some((number, connection)) = link else {
            inner.counts.skipped.add(keys.len());
            return None;
        };
        let looked = timeout(inner.settings.budget.0, inner.look(&connection, spot, keys, lease, is_enough)).await;
        match looked.unwrap_or(Err(Trouble::Late)) {
            Ok(looks) => {
                inner.worked(number);
                looks
            }
            Err(trouble) => {
                inner.failed(number, &trouble);
                None
            }
        }
    }

    /// How long a key may be left to another gateway.
    pub fn lease(&self) -> Duration {
        self.0.settings.lease.0
    }

    /// Notes that keys were left to another gateway.
    pub fn awaits(&self, keys: usize) {
        self.0.counts.awaited.add(keys);
    }

    /// Writes an answer, some time.
    pub fn put(&self, spot: Spot, key: &Key, stamp: Stamp, kept: Kept, keep: Duration) {
        let place = self.0.seal.place(spot.definition, key, spot.lane);
        self.send(Write::Answer { definition: spot.definition, key: key.clone(), place, stamp, kept, keep });
    }

    /// Gives back a key that was taken on and could not be had.
    pub fn release(&self, spot: Spot, key: &Key, stamp: Stamp) {
        self.send(Write::Release(self.0.seal.place(spot.definition, key, spot.lane), stamp));
    }

    /// To be called before anything is forgotten that will be told by [`Tier::purge`].
    pub fn purge_begins(&self) {
        self.0.pending.fetch_add(1, Ordering::SeqCst);
    }

    /// Tells everybody that something is forgotten, until it is told.
    pub fn purge(&self, target: Target<'_>) {
        self.tell(Purge::of(target));
    }

    /// Tells everybody something that is not understood here.
    pub fn pass_on(&self, word: &str) {
        self.purge_begins();
        self.tell(Purge::Word(word.into()));
    }

    fn tell(&self, purge: Purge) {
        let mut purges = self.0.purges.lock().unwrap_or_else(PoisonError::into_inner);
        purges.push_back(purge);
        if purges.len() > MOST_PURGES {
            let many = purges.len();
            purges.clear();
            purges.push_back(Purge::Everything);
            self.0.pending.fetch_sub(many - 1, Ordering::SeqCst);
        }
        drop(purges);
        self.0.wake.notify_one();
    }

    /// Waits until all that was forgotten so far is forgotten there too; whether it is, in that time.
    pub async fn told(&self, within: Duration) -> bool {
        let end = Instant::now() + within;
        while self.0.pending.load(Ordering::SeqCst) > 0 {
            if Instant::now() >= end {
                return false;
            }
            sleep(Duration::from_millis(2)).await;
        }
        true
    }

    pub fn tally(&self) -> SharedTally {
        self.0.counts.tally(self.0.connection().is_some(), self.0.is_listening.load(Ordering::Relaxed))
    }

    fn send(&self, write: Write) {
        if self.0.writes.try_send(write).is_err() {
            self.0.counts.dropped.add(1);
        }
    }
}

impl Inner {
    /// The connection that works, and its number.
    pub fn connection(&self) -> Option<(u64, Connection)> {
        let link = self.link();
        Some((link.number, link.connection.clone()?))
    }

    /// A new connection is used from now on.
    pub fn connected(&self, connection: Connection) {
        let mut link = self.link();
        *link = Link { connection: Some(connection), number: link.number + 1, failures: 0 };
    }

    pub fn worked(&self, number: u64) {
        let mut link = self.link();
        if link.number == number {
            link.failures = 0;
        }
    }

    /// Counts a failure of a connection. One that is of no use, or fails again and again, is used no longer.
    pub fn failed(&self, number: u64, trouble: &Trouble) {
        self.counts.errors.add(1);
        let mut link = self.link();
        if link.number != number || link.connection.is_none() {
            return;
        }
        link.failures += if matches!(trouble, Trouble::Broken(_)) { FAILURES } else { 1 };
        if link.failures >= FAILURES {
            link.connection = None;
            drop(link);
            tracing::warn!("the shared cache tier is left alone until it answers in time: {trouble}");
            self.wake.notify_one();
        }
    }

    /// The oldest purge that has yet to be told.
    pub fn purge(&self) -> Option<Purge> {
        self.purges.lock().unwrap_or_else(PoisonError::into_inner).front().cloned()
    }

    /// It was told.
    pub fn purged(&self, purge: &Purge) {
        let mut purges = self.purges.lock().unwrap_or_else(PoisonError::into_inner);
        // Meanwhile all that waited may have become one.
        if purges.front() == Some(purge) {
            purges.pop_front();
            self.pending.fetch_sub(1, Ordering::SeqCst);
        }
        self.counts.purges_sent.add(1);
    }

    pub(super) async fn look(
        &self,
        connection: &Connection,
        spot: Spot,
        keys: &[&Key],
        lease: Duration,
        is_enough: impl Fn(&Key, &Kept) -> bool,
    ) -> Result<Option<Vec<Look>>, Trouble> {
        let places: Vec<Place> = keys.iter().map(|key| self.seal.place(spot.definition, key, spot.lane)).collect();
        let all = self.seal.epoch("a", 0);
        let (source, connector) = (self.seal.epoch("s", spot.source), self.seal.epoch("c", spot.definition));
        let (numbers, lying) = connection.read(&[&all, &source, &connector], &places).await?;
        if numbers[0] == 0 {
            // It was emptied: what was forgotten is not known there, so nothing from before it counts.
            connection.found(&all, chance()).await?;
            self.counts.misses.add(keys.len());
            return Ok(None);
        }
        let stamp = Stamp { all: numbers[0], source: numbers[1], connector: numbers[2], key: 0 };
        let mut looks: Vec<Look> = Vec::with_capacity(keys.len());
        for ((place, key), lying) in places.iter().zip(keys).zip(lying) {
            let stamp = Stamp { key: lying.epoch, ..stamp };
            let kept = self.kept(place, stamp, &lying);
            let is_enough = kept.as_ref().is_some_and(|kept| is_enough(key, kept));
            looks.push(Look { kept, is_enough, stamp, is_ours: !is_enough });
        }
        let needed: Vec<usize> = (0..looks.len()).filter(|&index| looks[index].is_ours).collect();
        self.counts.hits.add(looks.len() - needed.len());
        self.counts.misses.add(needed.len());
        if !lease.is_zero() && !needed.is_empty() {
            let leases: Vec<String> =
                needed.iter().map(|&index| self.seal.lease(&places[index], looks[index].stamp)).collect();
            let taken = connection.lease(&leases, lease).await?;
            for (&index, taken) in needed.iter().zip(taken) {
                looks[index].is_ours = taken;
            }
        }
        Ok(Some(looks))
    }

    /// What lies at a place, if it is ours, undamaged and was not forgotten since.
    fn kept(&self, place: &Place, stamp: Stamp, lying: &Lying) -> Option<Kept> {
        let value = lying.value.as_deref()?;
        let Some(opened) = self.seal.open(place, value) else {
            self.counts.rubbish.add(1);
            return None;
        };
        (opened.stamp == stamp).then_some(opened.kept)
    }

    fn link(&self) -> MutexGuard<'_, Link> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    /// Whoever keeps the connection, or erases, sees that nobody needs it.
    fn drop(&mut self) {
        self.wake.notify_one();
        self.dooms.notify_one();
    }
}

/// A number above zero that nobody else has.
pub(super) fn chance() -> u64 {
    RandomState::new().hash_one(SystemTime::UNIX_EPOCH) | 1
}
