//! One answer that was kept, and what it is good for at a moment.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::validity::{Mark, Moment};
use crate::catalog::Freshness;
use crate::record::{Record, Terms};

/// How long what its source can be asked about again is kept, for that alone if for nothing else.
pub(super) const REVALIDATED: Duration = Duration::from_secs(3600);

/// One answer that was kept.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// `None`: the source does not have the key.
    pub record: Option<Record>,
    /// When the source said so: nanoseconds since 1970, half as long as what the standard library makes of them.
    as_of: u64,
    /// What it said of its answer, where that narrows the lane's freshness.
    pub terms: Option<Arc<Terms>>,
    /// From before it was asked: what is forgotten later concerns it.
    pub since: Moment,
    /// Under which invalidations of it are noted: key, connector, source.
    pub marks: [Mark; 3],
    /// By how many milliseconds it ends before its age.
    early_millis: u32,
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
        (record, as_of): (Option<Record>, SystemTime),
        terms: Option<Arc<Terms>>,
        freshness: &Freshness,
        (since, marks): (Moment, [Mark; 3]),
        early: Duration,
    ) -> Option<Entry> {
        let early_millis = u32::try_from(early.as_micros().div_ceil(1000)).unwrap_or(u32::MAX);
        let as_of = as_of.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
        let as_of = u64::try_from(as_of).unwrap_or(u64::MAX);
        let mut entry = Entry { record, as_of, terms, since, marks, early_millis, keep_seconds: 0 };
        let keep = entry.keep(freshness)?;
        // A record may be needed for longer when calls are to be spared.
        let spared =
            entry.record.as_ref().and(freshness.max_age).unwrap_or_default().saturating_mul(Freshness::MOST_STRETCH);
        let keep = if entry.may_stretch() { keep.max(spared) } else { keep };
        entry.keep_seconds = u32::try_from(keep.as_secs().saturating_add(1)).unwrap_or(u32::MAX);
        (!keep.is_zero()).then_some(entry)
    }

    /// When the source said so.
    pub fn as_of(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_nanos(self.as_of)
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
        let age = now.duration_since(self.as_of()).unwrap_or_default();
        let Some(fresh) = self.fresh_for(freshness) else { return Age::Gone };
        if age + Duration::from_millis(self.early_millis.into()) < fresh {
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
        let age = now.duration_since(self.as_of()).unwrap_or_default();
        let fresh = freshness.max_age.unwrap_or_default();
        let stretched = fresh.as_secs_f64() * f64::from(stretch).min(f64::from(Freshness::MOST_STRETCH));
        self.record.is_some() && self.may_stretch() && stretch > 1.0 && age.as_secs_f64() < stretched
    }

    /// Whether it may stand in for a failure at `now`.
    pub fn stands_in(&self, now: SystemTime, freshness: &Freshness) -> bool {
        let freshness = &narrowed(self.terms.as_deref(), freshness);
        let age = now.duration_since(self.as_of()).unwrap_or_default();
        let fresh = self.fresh_for(freshness).unwrap_or_default();
        freshness.stale_if_error.is_some_and(|window| age < fresh + window)
    }

    /// After how many seconds it is of no use to anybody.
    pub fn keep_seconds(&self) -> u32 {
        self.keep_seconds
    }

    /// Whether it is of no use to anybody any more at `now`, whatever else is known of it.
    pub fn is_over(&self, now: SystemTime) -> bool {
        now.duration_since(self.as_of()).is_ok_and(|age| age > Duration::from_secs(self.keep_seconds.into()))
    }

    /// Bytes of its record and terms.
    pub fn size(&self) -> usize {
        self.record.as_ref().map_or(0, |record| record.size()) + self.terms.as_ref().map_or(0, |terms| terms.size())
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
