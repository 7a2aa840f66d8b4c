//! The cache of one gateway.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use secrecy::ExposeSecret;

use super::flight::Flights;
use super::key::Digester;
use super::lane::{Lane, LaneSpec};
use super::memory::Memory;
use super::outcome::{Counters, Outcome, Tally};
use super::settings::Settings;
use super::shared::{Clue, Heard, SharedTally, Tidings, Tier};
use super::target::{Forgotten, Target};
use super::validity::{Mark, Moment, Validity};
use crate::record::{Key, Record};
use crate::telemetry::catalogue::{CACHE_ENTRIES, CACHE_FLIGHTS, CACHE_FORGOTTEN, CACHE_HELD, CACHE_LOOKS};
use crate::telemetry::{Counter, Page};

/// Records kept, and keys being fetched. Clones are the same cache.
#[derive(Clone)]
pub struct Cache(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub memory: Memory,
    pub flights: Flights,
    pub validity: Validity,
    pub tier: Option<Tier>,
    /// Percent.
    pub jitter: u32,
    digester: Digester,
    /// By connector definition. Definitions that a reload replaced keep their few bytes.
    counters: RwLock<HashMap<u64, Arc<Counters>>>,
    /// How often something was forgotten, by [`Target::NAMES`].
    forgotten: [Counter; Target::NAMES.len()],
    /// Who understands what other gateways pass on.
    listener: RwLock<Option<Listener>>,
}

type Listener = Arc<dyn Fn(&str) + Send + Sync>;

impl Cache {
    /// An empty cache, in memory alone whatever the settings say of a shared tier.
    pub fn new(settings: Settings) -> Cache {
        Cache::over(settings, None)
    }

    /// An empty cache, with the shared tier that its settings name. Connects to nobody before it is used.
    ///
    /// Errors: what is wrong with the tier's address; quotes nothing of it.
    pub fn open(settings: Settings) -> Result<Cache, String> {
        let tier = settings
            .redis
            .as_ref()
            .map(|addresses| Tier::new(addresses.expose_secret(), &settings.namespace, settings.shared.clone()));
        let tier = tier.transpose()?;
        Ok(Cache::over(settings, tier))
    }

    fn over(settings: Settings, tier: Option<Tier>) -> Cache {
        Cache(Arc::new(Inner {
            tier,
            jitter: settings.jitter.min(100),
            memory: Memory::new(settings.max_bytes.0),
            flights: Flights::new(),
            validity: Validity::new(),
            digester: Digester::new(&settings.namespace),
            counters: RwLock::default(),
            forgotten: Default::default(),
            listener: RwLock::default(),
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
    ///
    /// The shared tier and the other gateways are told as soon as they can be; until they are, nothing from there is
    /// served here. [`Cache::told`] waits for that.
    pub fn forget(&self, target: Target<'_>) {
        if let Some(tier) = &self.0.tier {
            tier.start(|| self.heard());
            tier.purge_begins();
        }
        self.0.forget(target);
        if let Some(tier) = &self.0.tier {
            tier.purge(target);
        }
    }

    /// Forgets what connectors gave for keys, each by the connector's definition.
    pub fn forget_keys(&self, keys: &[(u64, Key)]) {
        keys.iter().for_each(|(definition, key)| self.forget(Target::Key { definition: *definition, key }));
    }

    /// Waits until what was forgotten so far is forgotten in the shared tier, and told to the other gateways; whether it
    /// is, within that time. At once where there is no such tier.
    pub async fn told(&self, within: Duration) -> bool {
        match &self.0.tier {
            Some(tier) => tier.told(within).await,
            None => true,
        }
    }

    /// What the shared tier came to; `None` where there is none.
    pub fn shared_tally(&self) -> Option<SharedTally> {
        self.0.tier.as_ref().map(Tier::tally)
    }

    /// Connects to the shared tier and listens to other gateways from now on, rather than from the first miss on.
    /// Needs a runtime, and waits for nothing.
    pub fn warm_up(&self) {
        if let Some(tier) = &self.0.tier {
            tier.start(|| self.heard());
        }
    }

    /// What is done about news of another gateway.
    pub(super) fn heard(&self) -> Heard {
        let inner = Arc::downgrade(&self.0);
        Arc::new(move |tidings| {
            let Some(inner) = inner.upgrade() else { return };
            match tidings {
                Tidings::Forgotten(target) => inner.forget(target),
                Tidings::Word(word) => {
                    let listener = inner.listener.read().unwrap_or_else(PoisonError::into_inner).clone();
                    listener.into_iter().for_each(|listener| listener(word));
                }
            }
        })
    }

    /// Whether there are other gateways, as far as is known.
    pub fn has_company(&self) -> bool {
        self.0.tier.is_some()
    }

    /// Passes something on to the other gateways, which [`Cache::listen`] there: what they may have to forget, and cannot be
    /// said in keys. As with what is forgotten, nothing from the shared tier is served until it is told.
    pub fn pass_on(&self, word: &str) {
        if let Some(tier) = &self.0.tier {
            tier.start(|| self.heard());
            tier.pass_on(word);
        }
    }

    /// Takes a notice on for so long, by what it is told from others by; whether no other gateway has it. `None` where that
    /// cannot be asked, within a second, and where there is no shared tier.
    pub async fn take_on(&self, notice: &[&[u8]], time: Duration) -> Option<bool> {
        let tier = self.0.tier.as_ref()?;
        tier.start(|| self.heard());
        tier.take_on(notice, time).await
    }

    /// Leaves a notice that was taken on to nobody for so long from now on; whether the other gateways know.
    pub async fn keep_taken(&self, notice: &[&[u8]], time: Duration) -> bool {
        match &self.0.tier {
            Some(tier) => tier.keep_taken(notice, time).await,
            None => false,
        }
    }

    /// Leaves a notice that was taken on to whoever comes next; whether the other gateways know.
    pub async fn give_back(&self, notice: &[&[u8]]) -> bool {
        match &self.0.tier {
            Some(tier) => tier.give_back(notice).await,
            None => false,
        }
    }

    /// Who is told from now on what other gateways pass on, in the place of whoever was told before. It must not take long.
    pub fn listen(&self, listener: impl Fn(&str) + Send + Sync + 'static) {
        *self.0.listener.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(listener));
    }

    /// What records are found by from now on in the shared tier, beside their keys: `clues` of a connector's record, by the
    /// connector's definition, and how long they matter. It is asked behind answers, and must not take long.
    pub fn found_by(&self, clues: impl Fn(u64, &Record) -> Option<(Vec<Clue>, Duration)> + Send + Sync + 'static) {
        if let Some(tier) = &self.0.tier {
            tier.found_by(Arc::new(clues));
        }
    }

    /// The keys of connectors' records in the shared tier, by definition and clue, in their order; some of them may be gone.
    /// `None` where it cannot be asked now; nothing where there is no such tier.
    pub async fn find(&self, clues: &[(u64, Clue)]) -> Option<Vec<Vec<Key>>> {
        match &self.0.tier {
            Some(tier) if !clues.is_empty() => {
                tier.start(|| self.heard());
                tier.find(clues).await
            }
            _ => Some(vec![Vec::new(); clues.len()]),
        }
    }

    /// Removes what leads to records in the shared tier; whether it is removed.
    pub async fn remove(&self, clues: &[(u64, Clue)]) -> bool {
        match &self.0.tier {
            Some(tier) if !clues.is_empty() => tier.remove(clues).await,
            _ => true,
        }
    }

    /// Has connectors' records of keys, and what leads to them, removed from the shared tier once more when calls on their way
    /// have come to an end: those write what is never read, and would lie there until its age.
    pub fn erase_again(&self, keys: &[(u64, Key)], clues: &[(u64, Clue)]) {
        if let Some(tier) = &self.0.tier {
            tier.erase_again(keys, clues);
        }
    }

    /// Gives back the memory of what was forgotten and not asked for since; what it comes to. Visits every record: for
    /// those who have to know that it is gone, in a thread that may be busy for a while.
    pub fn sweep(&self) -> Forgotten {
        self.0.memory.sweep(|entry| self.0.validity.holds(entry.since, &entry.marks))
    }

    /// Visits the records that are kept in memory of some lanes, each with its lane's position and its key, unless they were
    /// forgotten. Looks at every record: for threads that may be busy for a while.
    pub fn each_of(&self, lanes: &[Lane], mut visit: impl FnMut(usize, &Key, &Record)) {
        let positions: HashMap<_, _> = lanes.iter().map(Lane::digest).zip(0..).collect();
        self.0.memory.each(|lane, key, entry| {
            if let (Some(position), Some(record)) = (positions.get(&lane), &entry.record)
                && self.0.validity.holds(entry.since, &entry.marks)
            {
                visit(*position, key, record);
            }
        });
    }

    /// Whether answers are kept anywhere, be it elsewhere.
    pub(super) fn keeps(&self) -> bool {
        self.0.memory.keeps() || self.0.tier.is_some()
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
        for (what, count) in Target::NAMES.iter().zip(&self.0.forgotten) {
            page.put(&CACHE_FORGOTTEN, &[what], count.get());
        }
        page.put(&CACHE_HELD, &["memory"], self.weight());
        page.put(&CACHE_ENTRIES, &["memory"], self.0.memory.count());
        page.put(&CACHE_FLIGHTS, &[], self.in_flight() as u64);
        if let Some(tally) = self.shared_tally() {
            tally.measure(page);
        }
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

impl Inner {
    /// Forgets here, and tells nobody.
    fn forget(&self, target: Target<'_>) {
        self.forgotten[target.position()].tick();
        self.validity.end(target);
        if target == Target::Everything {
            self.memory.clear();
        }
    }
}
