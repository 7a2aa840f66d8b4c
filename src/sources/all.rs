//! All sources of one gateway.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::time::Instant;

use super::care::{Draw, Tempo};
use super::count::{Counters, Tally};
use super::crowd::{self, Bounds, Chunk, GroupKey, Refused};
use super::fault::Namer;
use super::lacking::Lacking;
use super::manner::Manner;
use super::meter::Meter;
use super::observe::{Observer, Veil};
use super::order::{Order, Seat, fail_all};
use super::pace::Turn;
use super::parcel::{self, Parcel};
use super::scan::Scan;
use super::settings::Settings;
use super::state::SourceState;
use super::upstream::{SetupProblem, Upstream};
use crate::catalog::{Catalog, Connector, ConnectorId};
use crate::record::Failure;

/// Reads one variable of the environment for `$env`; given by whoever may read the environment.
pub type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Every source that connectors call. Clones are the same sources.
#[derive(Clone)]
pub struct Sources(pub(super) Arc<Shared>);

pub(super) struct Shared {
    pub catalog: Arc<Catalog>,
    pub environment: Environment,
    pub observer: Option<Arc<dyn Observer>>,
    pub veil: Veil,
    /// Sources in the catalog's order, then one for each connector that has none.
    upstreams: Vec<Upstream>,
    /// The upstream of each connector.
    places: Vec<usize>,
    /// By upstream.
    pub meters: Vec<Arc<Meter>>,
    /// By connector.
    pub counters: Vec<Arc<Counters>>,
    /// By connector.
    tempos: Vec<Tempo>,
    /// By connector.
    draws: Vec<Draw>,
    /// By connector.
    scans: Vec<Scan>,
    /// By connector.
    manners: Vec<Manner>,
    lacking: Lacking,
}

impl Sources {
    /// Sets up every source of the catalog; `settings` by source name, the default where there are none.
    ///
    /// Errors: all problems of all sources: addresses that are none, credentials that fit no header, names of
    /// sources that the schema does not have.
    pub fn new(
        catalog: Arc<Catalog>,
        settings: &BTreeMap<String, Settings>,
        environment: Environment,
        observer: Option<Arc<dyn Observer>>,
    ) -> Result<Sources, Vec<SetupProblem>> {
        let default = Settings::default();
        let mut problems = unknown_names(&catalog, settings);
        let mut upstreams = Vec::new();
        for (index, source) in catalog.sources.iter().enumerate() {
            let settings = settings.get(&source.name).unwrap_or(&default);
            let own = catalog.connectors.iter().filter(|own| own.source.is_some_and(|own| usize::from(own.0) == index));
            let buckets: BTreeSet<&str> = own.filter_map(|connector| connector.call.bucket.as_deref()).collect();
            match Upstream::new(&source.name, settings, Some(&source.base_url), &buckets, &*environment) {
                Ok(upstream) => upstreams.push(upstream),
                Err(more) => problems.extend(more),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut places = Vec::with_capacity(catalog.connectors.len());
        for connector in &catalog.connectors {
            places.push(match connector.source {
                Some(source) => usize::from(source.0),
                None => {
                    let own = Upstream::new(&connector.id, &default, None, &BTreeSet::new(), &*environment);
                    upstreams.push(own?);
                    upstreams.len() - 1
                }
            });
        }
        let draw =
            |(connector, place): (&Connector, &usize)| upstreams[*place].care().draw(connector.call.bucket.as_deref());
        let draws = catalog.connectors.iter().zip(&places).map(draw).collect();
        let counters = catalog.connectors.iter().map(|_| Arc::default()).collect();
        let tempos = catalog.connectors.iter().map(|_| Tempo::default()).collect();
        let meters = upstreams.iter().map(|_| Arc::default()).collect();
        let scans = catalog.connectors.iter().map(|_| Scan::default()).collect();
        let manners = catalog.connectors.iter().map(|connector| Manner::new(&catalog, connector)).collect();
        let veil = Veil::default();
        Ok(Sources(Arc::new(Shared {
            catalog,
            environment,
            observer,
            veil,
            upstreams,
            meters,
            places,
            tempos,
            draws,
            counters,
            scans,
            manners,
            lacking: Lacking::default(),
        })))
    }

    /// The same, counting on where earlier ones are, under the names that both have. To be called before these are
    /// shared with anybody.
    pub fn after(mut self, earlier: &Sources) -> Sources {
        let Some(shared) = Arc::get_mut(&mut self.0) else { return self };
        let earlier = &*earlier.0;
        for (connector, counters) in shared.catalog.connectors.iter().zip(&mut shared.counters) {
            if let Some(known) = earlier.catalog.connectors.iter().position(|known| known.id == connector.id) {
                *counters = earlier.counters[known].clone();
            }
        }
        for (upstream, meter) in shared.upstreams.iter_mut().zip(&mut shared.meters) {
            if let Some(known) = earlier.upstreams.iter().position(|known| known.name == upstream.name) {
                upstream.count_on(&earlier.upstreams[known]);
                *meter = earlier.meters[known].clone();
            }
        }
        self
    }

    /// Goes on with what the sources before these have come by: what is known of their health and quotas wherever the
    /// address is the same; open connections and tokens where `is_same` says of a source's name that its settings are,
    /// too. Nothing happens once they are used.
    pub fn take_over(&mut self, before: &Sources, is_same: impl Fn(&str) -> bool) {
        let Some(own) = Arc::get_mut(&mut self.0) else { return };
        for upstream in &mut own.upstreams {
            if let Some(before) = before.0.upstreams.iter().find(|before| before.name == upstream.name) {
                let is_same = is_same(&upstream.name);
                upstream.take_over(before, is_same);
            }
        }
    }

    /// Asks one connector for keys. Returns at once; each key is settled once, whatever happens.
    ///
    /// Keys leave while their source has a free slot, together with those that others ask for in the same turn of the
    /// scheduler, and gather with those of other orders while it has none, or answers within milliseconds (`pace.rs`). The
    /// calls go on when whoever asked is gone, for others may wait for them. Needs a tokio runtime.
    pub fn submit(&self, order: Order) {
        let Order { connector, args, scope, headers, keys, known, edition, deadline, waiting } = order;
        let definition = self.0.catalog.connector(connector);
        let mut seats: Vec<Seat> = keys
            .into_iter()
            .enumerate()
            .map(|(index, key)| Seat { key, index, known: None, deadline, waiting: waiting.clone() })
            .collect();
        for (index, known) in known {
            seats[index].known = Some(Box::new(known));
        }
        let now = Instant::now();
        if deadline.is_some_and(|deadline| deadline <= now.into_std()) {
            // In the queue others would come to wait for these, only to be told the same.
            return self.0.refuse(connector, seats, self.0.names(definition).late());
        }
        let parallel = match definition.call.max_parallel {
            // Whoever comes while a listing is under way may be answered by it.
            _ if definition.call.scan => 1,
            Some(most) => most.max(1),
            None => usize::MAX,
        };
        let draw = self.0.draw(connector);
        let bounds = Bounds { width: definition.width(), parallel, draw };
        let group = GroupKey { connector, args, scope };
        let upstream = self.0.upstream(connector);
        let (queue, care) = (&upstream.queue, upstream.care());
        if let Some(refusal) = care.refuses(draw, now) {
            care.shed(seats.len());
            return self.0.refuse(connector, seats, self.0.names(definition).left_alone(refusal));
        }
        for Refused { connector, seats } in queue.add(Chunk { group, bounds, headers, edition, seats }, &self.0.lacking)
        {
            care.shed(seats.len());
            seats.iter().for_each(|seat| self.0.lacking.note(seat));
            let definition = self.0.catalog.connector(connector);
            self.0.refuse(connector, seats, self.0.names(definition).crowded());
        }
        self.0.pump(self.0.places[connector.0 as usize]);
    }

    /// Gives back the memory of listings that serve no order of a connector's edition any longer.
    pub fn let_go(&self, edition: impl Fn(ConnectorId) -> u64) {
        (0..).map(ConnectorId).zip(&self.0.scans).for_each(|(id, scan)| scan.let_go(edition(id)));
    }

    /// Hash of the effective address and settings of a connector's source: part of cache keys.
    pub fn fingerprint(&self, connector: ConnectorId) -> u64 {
        self.0.upstream(connector).fingerprint()
    }

    /// What a connector's calls came to since the start.
    pub fn tally(&self, connector: ConnectorId) -> Tally {
        self.0.counters(connector).tally()
    }

    /// By how much a connector's answers should be believed for longer than usual, to spare what is left of its
    /// source's quota: 1 or more.
    pub fn stretch(&self, connector: ConnectorId) -> f32 {
        self.0.upstream(connector).care().stretch(self.0.draw(connector))
    }

    /// How every source is doing at this moment.
    pub fn states(&self) -> Vec<SourceState> {
        self.0.upstreams.iter().map(Upstream::state).collect()
    }

    /// All HTTP exchanges since the start, those for tokens aside.
    pub fn calls(&self) -> u64 {
        self.0.counters.iter().map(|counters| counters.tally().calls).sum()
    }
}

impl Shared {
    pub fn upstream(&self, connector: ConnectorId) -> &Upstream {
        &self.upstreams[self.places[connector.0 as usize]]
    }

    pub fn meter(&self, connector: ConnectorId) -> &Meter {
        &self.meters[self.places[connector.0 as usize]]
    }

    pub fn draw(&self, connector: ConnectorId) -> Draw {
        self.draws[connector.0 as usize]
    }

    pub fn tempo(&self, connector: ConnectorId) -> &Tempo {
        &self.tempos[connector.0 as usize]
    }

    pub fn counters(&self, connector: ConnectorId) -> &Counters {
        &self.counters[connector.0 as usize]
    }

    pub fn scan(&self, connector: ConnectorId) -> &Scan {
        &self.scans[connector.0 as usize]
    }

    pub fn manner(&self, connector: ConnectorId) -> &Manner {
        &self.manners[connector.0 as usize]
    }

    pub fn names<'s>(&'s self, connector: &'s Connector) -> Namer<'s> {
        Namer { connector: &connector.id, department: &self.catalog.department(connector.department).name }
    }

    /// Fails keys of one connector for which no call is made, and tells whoever counts and whoever watches.
    pub fn refuse(&self, connector: ConnectorId, seats: Vec<Seat>, failure: Failure) {
        self.counters(connector).failed(failure.code);
        let watches = crowd::askers(&seats).filter_map(|asker| asker.watch.as_deref());
        watches.for_each(|watch| watch.failed(&failure.connector, failure.code.as_str()));
        fail_all(seats, failure);
    }

    /// Sees to it that what may be sent is sent.
    fn pump(self: &Arc<Self>, place: usize) {
        match self.upstreams[place].queue.turn() {
            Turn::Now => _ = tokio::spawn(self.clone().fetch(place)),
            Turn::Soon(at) => _ = tokio::spawn(self.clone().watch(place, at)),
            Turn::Later => {}
        }
    }

    /// Keys wait for a call that is under way: should it not end soon, they are sent all the same.
    async fn watch(self: Arc<Self>, place: usize, at: Instant) {
        tokio::time::sleep_until(at).await;
        self.upstreams[place].queue.watch(at);
        self.pump(place);
    }

    /// Sends what may be sent, once everybody who is ready to run has run: what they ask for travels along. On a quiet
    /// system that is at once; on a busy one it makes one call of what would have been many, without any timer.
    async fn fetch(self: Arc<Self>, place: usize) {
        tokio::task::yield_now().await;
        let queue = &self.upstreams[place].queue;
        let mut next = queue.fetch();
        while let Some(chunk) = next {
            next = queue.take();
            let work = self.clone().work(place, chunk);
            if next.is_none() {
                self.later(place);
                return work.await;
            }
            tokio::spawn(work);
        }
        self.later(place);
    }

    /// Where calls are counted, or others call the same source, what waits for its turn is sent when that comes, whether a
    /// call of its own ends or not.
    fn later(self: &Arc<Self>, place: usize) {
        let queue = &self.upstreams[place].queue;
        if queue.care.counts() || queue.waits_for_others() {
            self.pump(place);
        }
    }

    /// Carries one chunk after another while there are any, in one slot.
    async fn work(self: Arc<Self>, place: usize, first: Chunk) {
        let mut next = Some(first);
        while let Some(chunk) = next {
            let slot = Slot { shared: &self, place, connector: chunk.group.connector, begun: Instant::now() };
            let give_back = |rest| {
                self.upstreams[place].queue.give_back(rest);
                self.pump(place);
            };
            // On its own, so that it stays where it is while whoever carries it is moved about.
            let carried = Box::pin(parcel::carry(Parcel::new(self.clone(), chunk), give_back));
            // Whoever waited has been told by the parcel's end.
            if AssertUnwindSafe(carried).catch_unwind().await.is_err() {
                tracing::error!(source = self.upstreams[place].name, "a call to a source panicked");
            }
            drop(slot);
            next = self.upstreams[place].queue.take();
            if next.is_some() {
                // The end of a call may have freed others besides.
                self.pump(place);
            }
        }
        self.later(place);
    }
}

/// A slot of a source while a call has it; given back even if the runtime drops the call.
struct Slot<'s> {
    shared: &'s Shared,
    place: usize,
    connector: ConnectorId,
    begun: Instant,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.shared.upstreams[self.place].queue.done(self.connector, self.begun.elapsed());
    }
}

fn unknown_names(catalog: &Catalog, settings: &BTreeMap<String, Settings>) -> Vec<SetupProblem> {
    let known: Vec<&str> = catalog.sources.iter().map(|source| source.name.as_str()).collect();
    let unknown = settings.keys().filter(|name| !known.contains(&name.as_str()));
    unknown
        .map(|name| {
            let nearest =
                known.iter().max_by(|a, b| strsim::jaro_winkler(name, a).total_cmp(&strsim::jaro_winkler(name, b)));
            let help = nearest.map(|nearest| format!("did you mean `{nearest}`?"));
            let message = "no source of the schema has this name".to_owned();
            SetupProblem { source_name: name.clone(), key: String::new(), message, help }
        })
        .collect()
}
