//! The memory tier: records bounded in bytes. What several connectors give of one entity lies together.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use moka::Expiry;

use super::entry::Entry;
use super::key::{CacheKey, EntityKey, LaneDigest};
use super::target::Forgotten;
use crate::record::Key;

/// What a bundle costs beside its entries and its key's text: moka's nodes, allocations. Measured, as the next, as growth of
/// resident memory: `cargo bench --bench figures -- entries` prints what is charged beside what is held.
const BUNDLE_OVERHEAD: usize = 370;
/// What an entry costs beside the bytes of its record: its place in the bundle, the record's header, allocations.
const ENTRY_OVERHEAD: usize = 145;

/// How many entries lie together at most; the oldest makes room.
const MOST: usize = 64;

/// What is kept of one entity, in no order. Never changed: a new one takes its place.
type Bundle = Arc<[Kept]>;

#[derive(Clone)]
struct Kept {
    lane: LaneDigest,
    entry: Entry,
}

/// The entries, the least useful of which make room for others; None where there is no room for any.
pub(super) struct Memory(Option<Bundles>);

struct Bundles {
    kept: moka::sync::Cache<EntityKey, Bundle>,
    /// Held while the bundle of an entity is replaced, spread so that writers seldom meet.
    turns: Box<[Mutex<()>]>,
}

impl Memory {
    pub fn new(max_bytes: u64) -> Memory {
        let weigher = |key: &EntityKey, bundle: &Bundle| {
            let entries: usize = bundle.iter().map(|kept| kept.entry.size() + ENTRY_OVERHEAD).sum();
            u32::try_from(entries + key.key.as_str().len() + BUNDLE_OVERHEAD).unwrap_or(u32::MAX)
        };
        let kept =
            || moka::sync::Cache::builder().max_capacity(max_bytes).weigher(weigher).expire_after(KeepFor).build();
        let turns = || (0..64).map(|_| Mutex::default()).collect();
        Memory((max_bytes > 0).then(|| Bundles { kept: kept(), turns: turns() }))
    }

    /// Whether anything is kept.
    pub fn keeps(&self) -> bool {
        self.0.is_some()
    }

    pub fn get(&self, key: &CacheKey) -> Option<Entry> {
        let bundle = self.0.as_ref()?.kept.get(&key.entity)?;
        bundle.iter().find(|kept| kept.lane == key.lane).map(|kept| kept.entry.clone())
    }

    /// Keeps an entry in the place of the one before it; what is over by then goes.
    pub fn insert(&self, CacheKey { entity, lane }: CacheKey, entry: Entry) {
        let Some(bundles) = &self.0 else { return };
        let turn = bundles.turn(&entity);
        let now = entry.as_of();
        let before = bundles.kept.get(&entity).unwrap_or_default();
        let is_left = |kept: &&Kept| kept.lane != lane && !kept.entry.is_over(now);
        let mut left: Vec<&Kept> = before.iter().filter(is_left).collect();
        if left.len() >= MOST {
            left.sort_by_key(|kept| kept.entry.as_of());
            left.drain(..=left.len() - MOST);
        }
        let entries = left.into_iter().cloned().chain([Kept { lane, entry }]);
        bundles.kept.insert(entity, entries.collect());
        drop(turn);
    }

    pub fn clear(&self) {
        self.0.iter().for_each(|bundles| bundles.kept.invalidate_all());
    }

    /// How many entities something is kept of, those whose time is over among them until they are let go.
    pub fn count(&self) -> u64 {
        self.0.as_ref().map_or(0, |bundles| bundles.kept.entry_count())
    }

    /// Visits all of it.
    pub fn each(&self, mut visit: impl FnMut(LaneDigest, &Key, &Entry)) {
        for (entity, bundle) in self.0.iter().flat_map(|bundles| &bundles.kept) {
            bundle.iter().for_each(|kept| visit(kept.lane, &entity.key, &kept.entry));
        }
    }

    /// Gives back what of it no longer stands. Visits all of it.
    pub fn sweep(&self, stands: impl Fn(&Entry) -> bool) -> Forgotten {
        let mut swept = Forgotten::default();
        let Some(bundles) = &self.0 else { return swept };
        let falls = |bundle: &Bundle| bundle.iter().any(|kept| !stands(&kept.entry));
        for (entity, _) in bundles.kept.iter().filter(|(_, bundle)| falls(bundle)) {
            let _turn = bundles.turn(&entity);
            let Some(bundle) = bundles.kept.get(&*entity) else { continue };
            let (left, fallen): (Vec<&Kept>, Vec<&Kept>) = bundle.iter().partition(|kept| stands(&kept.entry));
            if left.is_empty() {
                bundles.kept.invalidate(&*entity);
            } else {
                bundles.kept.insert(entity.as_ref().clone(), left.into_iter().cloned().collect());
            }
            swept.records += fallen.len() as u64;
            swept.bytes += fallen.iter().map(|kept| kept.record_size()).sum::<u64>();
        }
        swept
    }

    /// Bytes weighed, after pending housekeeping is done.
    pub fn weight(&self) -> u64 {
        let Some(bundles) = &self.0 else { return 0 };
        bundles.kept.run_pending_tasks();
        bundles.kept.weighted_size()
    }
}

impl Bundles {
    fn turn(&self, entity: &EntityKey) -> MutexGuard<'_, ()> {
        self.turns[entity.part(self.turns.len())].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn record_size(&self) -> u64 {
        self.entry.record.as_ref().map_or(0, |record| record.size() as u64)
    }
}

/// Lets go of entries that freshness, computed at a told time, can no longer let anybody have.
struct KeepFor;

impl KeepFor {
    /// As long as the entry that is of use for longest.
    fn seconds(bundle: &Bundle) -> Duration {
        Duration::from_secs(bundle.iter().map(|kept| kept.entry.keep_seconds()).max().unwrap_or(0).into())
    }
}

impl Expiry<EntityKey, Bundle> for KeepFor {
    fn expire_after_create(&self, _: &EntityKey, bundle: &Bundle, _: Instant) -> Option<Duration> {
        Some(KeepFor::seconds(bundle))
    }

    fn expire_after_update(&self, _: &EntityKey, bundle: &Bundle, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(KeepFor::seconds(bundle))
    }
}
