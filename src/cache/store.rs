//! The cache of one gateway.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::flight::Flights;
use super::key::Digester;
use super::lane::{Lane, LaneSpec};
use super::memory::Memory;
use super::outcome::{Counters, Outcome, Tally};
use super::settings::Settings;
use super::target::{Forgotten, Target};
use super::validity::{Mark, Moment, Validity};
use crate::telemetry::Page;
use crate::telemetry::catalogue::{CACHE_ENTRIES, CACHE_FLIGHTS, CACHE_HELD, CACHE_LOOKS};

/// Records kept, and keys being fetched. Clones are the same cache.
#[derive(Clone)]
pub struct Cache(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub memory: Memory,
    pub flights: Flights,
    pub validity: Validity,
    digester: Digester,
    /// By connector definition. Definitions that a reload replaced keep their few bytes.
    counters: RwLock<HashMap<u64, Arc<Counters>>>,
}

impl Cache {
    /// An empty cache.
    pub fn new(settings: Settings) -> Cache {
        Cache(Arc::new(Inner {
            memory: Memory::new(settings.max_bytes.0),
            flights: Flights::new(),
            validity: Validity::new(),
            digester: Digester::new(settings.namespace),
            counters: RwLock::default(),
        }))
    }

    /// Everything that one connector's keys have in common, prepared once for one set of arguments.
    pub fn lane(&self, spec: LaneSpec<'_>) -> Lane {
        let digest = self.0.digester.digest(&spec);
        Lane::new(self.clone(), spec, digest, self.counters(spec.definition))
    }

    /// How the looks for one connector's records ended, by the hash of its definition.
    pub fn tally(&self, definition: u64) -> Tally {
        self.counters(definition).tally()
    }

    /// Forgets part of what was answered, or all of it, at the same small cost. Once this returns, nothing of it is
    /// served. Answers on their way reach those who wait for them already, and are not kept.
    pub fn forget(&self, target: Target<'_>) {
        self.0.validity.end(target);
        if target == Target::Everything {
            self.0.memory.clear();
        }
    }

    /// Gives back the memory of what was forgotten and not asked for since; what it comes to. Visits every record: for
    /// those who have to know that it is gone, in a thread that may be busy for a while.
    pub fn sweep(&self) -> Forgotten {
        self.0.memory.sweep(|entry| self.0.validity.holds(entry.since, &entry.marks))
    }

    /// Where in the order of invalidations we are: taken before records are looked for.
    pub fn moment(&self) -> Moment {
        self.0.validity.now()
    }

    /// Whether what was made of records, looked for after `since`, still stands: none of them was forgotten meanwhile.
    pub fn stands(&self, since: Moment, marks: &[Mark]) -> bool {
        self.0.validity.holds(since, marks)
    }

    /// Bytes held, bookkeeping included. Does housekeeping first: for metrics and tests.
    pub fn weight(&self) -> u64 {
        self.0.memory.weight()
    }

    /// Puts looks, entries and bytes on the page. `connectors`: definition, id and source of those that are told.
    pub fn measure(&self, page: &mut Page, connectors: impl Iterator<Item = (u64, String, String)>) {
        for (definition, connector, source) in connectors {
            let tally = self.tally(definition);
            for outcome in Outcome::ALL {
                page.put(&CACHE_LOOKS, &[&connector, &source, outcome.as_str()], tally.of(outcome));
            }
        }
        page.put(&CACHE_HELD, &["memory"], self.weight());
        page.put(&CACHE_ENTRIES, &["memory"], self.0.memory.count());
        page.put(&CACHE_FLIGHTS, &[], self.in_flight() as u64);
    }

    /// How many keys are being fetched.
    pub fn in_flight(&self) -> usize {
        self.0.flights.len()
    }

    fn counters(&self, definition: u64) -> Arc<Counters> {
        if let Some(known) = self.0.counters.read().unwrap_or_else(PoisonError::into_inner).get(&definition) {
            return known.clone();
        }
        self.0.counters.write().unwrap_or_else(PoisonError::into_inner).entry(definition).or_default().clone()
    }
}
