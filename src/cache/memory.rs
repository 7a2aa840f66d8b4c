//! The memory tier: records bounded in bytes.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use moka::Expiry;

use super::key::CacheKey;
use super::target::Forgotten;
use super::validity::{Mark, Moment};
use crate::catalog::Freshness;
use crate::record::{Record, Terms};

/// What an entry costs beside the bytes of its record and key: moka's nodes, the record's header, allocations.
/// Measured as growth of resident memory, 416 to 511 bytes by the size of the record: `cargo bench --bench figures --
/// entries` prints what is charged beside what is held.
const ENTRY_OVERHEAD: usize = 490;

/// How long what its source can be asked about again is kept, for that alone if for nothing else.
pub(super) const REVALIDATED: Duration = Duration::from_secs(3600);

/// One answer that was kept.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// `None`: the source does not have the key.
    pub record: Option<Arc<Record>>,
    /// When the source said so.
    pub as_of: SystemTime,
    /// What it said of its answer, where that narrows the lane's freshness.
    pub terms: Option<Arc<Terms>>,
    /// From before it was asked: what is forgotten later concerns it.
    pub since: Moment,
    /// Under which invalidations of it are noted: key, connector, source.
    pub marks: [Mark; 3],
    /// By how much it ends before its age.
    early: Duration,
    /// After how many seconds it is of no use to anybody.
    keep_seconds: u32,
}

/// What may be done with an entry at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    /// Within its age.
    Fresh,
    /// Past its age: to be served while it is refreshed.
    Revalidate,
    /// Past that too: only good if the source fails.
    IfError,
    /// Of no use.
    Gone,
}

impl Entry {
    /// `None` where `freshness` does not let an answer of this kind be kept.
    pub fn new(
        (record, as_of): (Option<Arc<Record>>, SystemTime),
        terms: Option<Arc<Terms>>,
        freshness: &Freshness,
        (since, marks): (Moment, [Mark; 3]),
        early: Duration,
    ) -> Option<Entry> {
        let mut entry = Entry { record, as_of, terms, since, marks, early, keep_seconds: 0 };
        let keep = entry.keep(freshness)?;
        // A record may be needed for longer when calls are to be spared.
        let spared =
            entry.record.as_ref().and(freshness.max_age).unwrap_or_default().saturating_mul(Freshness::MOST_STRETCH);
        let keep = if entry.may_stretch() { keep.max(spared) } else { keep };
        entry.keep_seconds = u32::try_from(keep.as_secs().saturating_add(1)).unwrap_or(u32::MAX);
        (!keep.is_zero()).then_some(entry)
    }

    /// How long it is of use to anybody; `None` where it may not be kept.
    pub fn keep(&self, freshness: &Freshness) -> Option<Duration> {
        if self.terms.as_ref().is_some_and(|terms| !terms.may_keep) {
            return None;
        }
        let freshness = narrowed(self.terms.as_deref(), freshness);
        let keep = if self.record.is_some() { freshness.keep()? } else { freshness.keep_absent()? };
        let validator = self.terms.as_ref().and_then(|terms| terms.validator.as_ref());
        Some(if validator.is_some() { keep.max(REVALIDATED) } else { keep })
    }

    /// Whether it may be believed for longer than usual: not where its source says how long.
    fn may_stretch(&self) -> bool {
        self.terms.as_ref().is_none_or(|terms| !terms.is_strict && terms.max_age.is_none())
    }

    /// What it is good for at `now`. An entry from a future clock counts as just written.
    pub fn age(&self, now: SystemTime, freshness: &Freshness) -> Age {
        let freshness = &narrowed(self.terms.as_deref(), freshness);
        let age = now.duration_since(self.as_of).unwrap_or_default();
        let Some(fresh) = self.fresh_for(freshness) else { return Age::Gone };
        if age + self.early < fresh {
            return Age::Fresh;
        }
        let within = |window: Option<Duration>| window.is_some_and(|window| age < fresh + window);
        if self.record.is_some() && within(freshness.stale_while_revalidate) {
            Age::Revalidate
        } else if within(freshness.stale_if_error) {
            Age::IfError
        } else {
            Age::Gone
        }
    }

    /// Whether its record serves past its age, up to so many times that age.
    pub fn serves_stretched(&self, now: SystemTime, freshness: &Freshness, stretch: f32) -> bool {
        let age = now.duration_since(self.as_of).unwrap_or_default();
        let fresh = freshness.max_age.unwrap_or_default();
        let stretched = fresh.as_secs_f64() * f64::from(stretch).min(f64::from(Freshness::MOST_STRETCH));
        self.record.is_some() && self.may_stretch() && stretch > 1.0 && age.as_secs_f64() < stretched
    }

    /// Whether it may stand in for a failure at `now`.
    pub fn stands_in(&self, now: SystemTime, freshness: &Freshness) -> bool {
        let freshness = &narrowed(self.terms.as_deref(), freshness);
        let age = now.duration_since(self.as_of).unwrap_or_default();
        let fresh = self.fresh_for(freshness).unwrap_or_default();
        freshness.stale_if_error.is_some_and(|window| age < fresh + window)
    }

    /// How long an answer of its kind is fresh.
    fn fresh_for(&self, freshness: &Freshness) -> Option<Duration> {
        match self.record {
            Some(_) => freshness.max_age,
            None => freshness.negative(),
        }
    }
}

/// What a source's terms leave of a lane's freshness.
pub(super) fn narrowed(terms: Option<&Terms>, freshness: &Freshness) -> Freshness {
    terms.map_or(*freshness, |terms| terms.narrow(freshness))
}

/// The entries, the least useful of which make room for others; None where there is no room for any.
pub(super) struct Memory(Option<moka::sync::Cache<CacheKey, Entry>>);

impl Memory {
    pub fn new(max_bytes: u64) -> Memory {
        let weigher = |key: &CacheKey, entry: &Entry| {
            let record = entry.record.as_ref().map_or(0, |record| record.size());
            let record = record + entry.terms.as_ref().map_or(0, |terms| terms.size());
            u32::try_from(record + key.key.as_str().len() + ENTRY_OVERHEAD).unwrap_or(u32::MAX)
        };
        let kept =
            || moka::sync::Cache::builder().max_capacity(max_bytes).weigher(weigher).expire_after(KeepFor).build();
        Memory((max_bytes > 0).then(kept))
    }

    /// Whether anything is kept.
    pub fn keeps(&self) -> bool {
        self.0.is_some()
    }

    pub fn get(&self, key: &CacheKey) -> Option<Entry> {
        self.0.as_ref()?.get(key)
    }

    pub fn insert(&self, key: CacheKey, entry: Entry) {
        if let Some(kept) = &self.0 {
            kept.insert(key, entry);
        }
    }

    pub fn clear(&self) {
        self.0.iter().for_each(moka::sync::Cache::invalidate_all);
    }

    /// How many entries are kept, those whose time is over among them until they are let go.
    pub fn count(&self) -> u64 {
        self.0.as_ref().map_or(0, moka::sync::Cache::entry_count)
    }

    /// Visits all of it.
    pub fn each(&self, mut visit: impl FnMut(&CacheKey, &Entry)) {
        self.0.iter().flatten().for_each(|(key, entry)| visit(&key, &entry));
    }

    /// Gives back what of it no longer stands. Visits all of it.
    pub fn sweep(&self, stands: impl Fn(&Entry) -> bool) -> Forgotten {
        let mut swept = Forgotten::default();
        let Some(kept) = &self.0 else { return swept };
        for (key, entry) in kept.iter().filter(|(_, entry)| !stands(entry)) {
            kept.invalidate(&*key);
            swept.records += 1;
            swept.bytes += entry.record.as_ref().map_or(0, |record| record.size() as u64);
        }
        swept
    }

    /// Bytes weighed, after pending housekeeping is done.
    pub fn weight(&self) -> u64 {
        let Some(kept) = &self.0 else { return 0 };
        kept.run_pending_tasks();
        kept.weighted_size()
    }
}

/// Lets go of entries that freshness, computed at a told time, can no longer let anybody have.
struct KeepFor;

impl Expiry<CacheKey, Entry> for KeepFor {
    fn expire_after_create(&self, _: &CacheKey, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(Duration::from_secs(entry.keep_seconds.into()))
    }

    fn expire_after_update(&self, _: &CacheKey, entry: &Entry, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(Duration::from_secs(entry.keep_seconds.into()))
    }
}
