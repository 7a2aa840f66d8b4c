//! How steps come to their records: keys are claimed, and what is on its way is awaited.
//!
//! Where one step of a plan alone calls a connector, its keys are claimed at once. Where several do, one loader per
//! connector, arguments and request gathers the keys that they ask for in one turn of the scheduler.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use dataloader::non_cached::Loader;
use tokio::sync::SetOnce;
use tokio::time::Instant;

use super::gather::{Asked, Claim, Gatherer, lane};
use super::group::Outcome;
use super::ledger::Ledger;
use crate::cache::{Cache, Lane};
use crate::catalog::{Catalog, Connector, ConnectorId};
use crate::mapping::{Object, Value};
use crate::operation::Bound;
use crate::plan::Plan;
use crate::record::{Code, Failure, Fresh, Key, Reply, Settled};
use crate::sources::{Args, Sources};
use crate::telemetry::Asker;

/// What every request shares, and what is known of this one.
pub struct Context<'c> {
    /// The contract with its connectors.
    pub catalog: &'c Catalog,
    /// The sources.
    pub sources: &'c Arc<Sources>,
    /// The cache.
    pub cache: &'c Cache,
    /// What is prepared once for all requests over these three.
    pub lanes: &'c Lanes,
    /// The time of day at which the request came.
    pub now: SystemTime,
    /// When the answer has to be sent.
    pub deadline: Instant,
    /// Until when keys that others may wait for too are asked for: where this request has less time than most, later
    /// than its own deadline.
    pub last_call: Instant,
    /// The client's headers as `$request.headers` shows them.
    pub headers: Arc<Value<'static>>,
    /// Who asks: its number tells this request's caller-bound calls from everybody else's.
    pub asker: Asker,
    /// Most objects of all stages together.
    pub most_objects: usize,
    /// Where it is noted what the answer stands on, if anybody wants to know.
    pub ledger: Option<Ledger>,
}

/// The lanes of connectors that read no arguments, each made at its first use.
pub struct Lanes {
    no_args: Arc<Args>,
    by_connector: Vec<OnceLock<Lane>>,
}

impl Lanes {
    /// For the connectors of this catalog, with one cache and one set of sources.
    pub fn new(catalog: &Catalog) -> Lanes {
        let by_connector = catalog.connectors.iter().map(|_| OnceLock::new()).collect();
        Lanes { no_args: Arc::new(Args::none()), by_connector }
    }
}

/// The values of one request: its variables, and the arguments of every planned field.
#[derive(Debug)]
pub struct Bindings {
    /// The variables.
    pub variables: Bound,
    /// By [`crate::plan::ArgsId`].
    pub arguments: Vec<Object<'static>>,
}

/// One request under way.
pub(super) struct Request<'r> {
    pub(super) context: &'r Context<'r>,
    pub(super) bindings: &'r Bindings,
    plan: &'r Plan,
    loaders: Mutex<Loaders<'r>>,
    /// Set at the deadline.
    late: SetOnce<()>,
    /// How many more objects there may be; below zero once there were too many.
    room: AtomicI64,
}

/// Keys of one connector and one set of arguments to their claims.
type LaneLoader<'r> = Loader<Asked, Arc<[Claim]>, Gatherer<'r>>;

#[derive(Default)]
struct Loaders<'r> {
    by_lane: HashMap<(ConnectorId, String), LaneLoader<'r>>,
    asked: u64,
}

/// What became of keys when they were claimed.
pub(super) enum Loading<'r> {
    /// All were there.
    Done(Vec<Outcome>),
    /// Some are on their way: the keys, and their claims in the same order.
    Flying(Lane, Vec<Key>, Vec<Claim>),
    /// They are gathered with those of other steps.
    Gathered(LaneLoader<'r>, Asked, Lane),
}

impl<'r> Request<'r> {
    pub(super) fn new(context: &'r Context<'r>, plan: &'r Plan, bindings: &'r Bindings) -> Request<'r> {
        Request {
            context,
            bindings,
            plan,
            loaders: Mutex::default(),
            late: SetOnce::new(),
            room: AtomicI64::new(whole(context.most_objects)),
        }
    }

    pub(super) fn catalog(&self) -> &'r Catalog {
        self.context.catalog
    }

    /// The deadline has come: nothing is awaited any longer.
    pub(super) fn end(&self) {
        let _ = self.late.set(());
    }

    /// How many more objects there may be.
    pub(super) fn room(&self) -> usize {
        usize::try_from(self.room.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// Whether there is room for so many more, which is theirs then. Where there is none, nothing is awaited any longer.
    pub(super) fn takes(&self, objects: usize) -> bool {
        let takes = self.room.fetch_sub(whole(objects), Ordering::Relaxed) >= whole(objects);
        if !takes {
            self.end();
        }
        takes
    }

    /// Whether there were more objects than there may be.
    pub(super) fn is_over(&self) -> bool {
        self.room.load(Ordering::Relaxed) < 0
    }

    /// Asks one connector for distinct keys, sorted so that the same question always makes the same call.
    pub(super) fn load(&self, id: ConnectorId, arguments: Option<Value<'static>>, keys: Vec<Key>) -> Loading<'r> {
        let (args, lane) = self.lane(id, arguments);
        if self.plan.census.gathered.contains(&id) {
            let (loader, asked) = self.loader(id, args, lane.clone(), keys.into());
            return Loading::Gathered(loader, asked, lane);
        }
        let gatherer = Gatherer::new(self.context, id, args, lane);
        let claims = gatherer.claim(&keys);
        let lane = gatherer.into_lane();
        if claims.iter().all(|claim| matches!(claim, Claim::Settled(_))) {
            return Loading::Done(self.outcomes(&lane, &keys, claims.into_iter().filter_map(Claim::settled)));
        }
        Loading::Flying(lane, keys, claims)
    }

    /// One outcome per key that was asked for, in their order.
    pub(super) async fn wait(&self, id: ConnectorId, loading: Loading<'r>) -> Vec<Outcome> {
        match loading {
            Loading::Done(outcomes) => outcomes,
            Loading::Flying(lane, keys, claims) => self.settled(id, &lane, &keys, &claims).await,
            Loading::Gathered(loader, asked, lane) => {
                let keys = asked.keys.clone();
                let Ok(claims) = loader.try_load(asked).await else {
                    self.context.ledger.iter().for_each(Ledger::spoil);
                    return Vec::new();
                };
                self.settled(id, &lane, &keys, &claims).await
            }
        }
    }

    /// The outcomes of claims, once all are there.
    async fn settled(&self, id: ConnectorId, lane: &Lane, keys: &[Key], claims: &[Claim]) -> Vec<Outcome> {
        let watch = self.context.asker.watch.as_deref().filter(|watch| watch.times_steps());
        let begun = watch.map(|_| Instant::now());
        let mut replies = Vec::with_capacity(claims.len());
        for claim in claims {
            replies.push(self.settle(id, lane, claim).await);
        }
        if let (Some(watch), Some(begun)) = (watch, begun) {
            watch.waited(&self.catalog().connector(id).id, keys.len(), begun.elapsed());
        }
        self.outcomes(lane, keys, replies.into_iter())
    }

    fn lane(&self, id: ConnectorId, arguments: Option<Value<'static>>) -> (Arc<Args>, Lane) {
        match arguments {
            None => {
                let lanes = &self.context.lanes;
                let lane = lanes.by_connector[id.0 as usize].get_or_init(|| lane(self.context, id, &lanes.no_args));
                (lanes.no_args.clone(), lane.clone())
            }
            Some(arguments) => {
                let args = Args::new(arguments);
                let lane = lane(self.context, id, &args);
                (Arc::new(args), lane)
            }
        }
    }

    fn loader(&self, id: ConnectorId, args: Arc<Args>, lane: Lane, keys: Arc<[Key]>) -> (LaneLoader<'r>, Asked) {
        let mut loaders = self.loaders.lock().unwrap_or_else(PoisonError::into_inner);
        loaders.asked += 1;
        let asked = Asked { number: loaders.asked, keys };
        let loader = loaders
            .by_lane
            .entry((id, args.text().to_owned()))
            .or_insert_with(|| Loader::new(Gatherer::new(self.context, id, args, lane)).with_yield_count(1))
            .clone();
        (loader, asked)
    }

    /// Waits for one claim, until the deadline at the latest.
    ///
    /// At the deadline: what is known from before and may stand in for a failure, else a failure.
    async fn settle(&self, connector: ConnectorId, lane: &Lane, claim: &Claim) -> Settled {
        let flight = match claim {
            Claim::Settled(settled) => return settled.clone(),
            Claim::Flying(flight) => flight,
        };
        if let Some(settled) = flight.peek() {
            return settled;
        }
        tokio::select! {
            biased;
            settled = flight.settled() => settled,
            () = async { _ = self.late.wait().await } => {
                if let Some(older) = lane.meanwhile(self.context.now, flight) {
                    return older;
                }
                let failure = self.too_late(self.catalog().connector(connector)).shared();
                Settled { reply: Reply::Failed(failure), as_of: self.context.now, fresh: Fresh::Fresh, terms: None }
            }
        }
    }

    fn outcomes(&self, lane: &Lane, keys: &[Key], replies: impl Iterator<Item = Settled>) -> Vec<Outcome> {
        let replies: Vec<Settled> = replies.collect();
        if let Some(ledger) = &self.context.ledger {
            ledger.note(lane, keys.iter().zip(&replies));
        }
        replies.into_iter().map(|settled| self.outcome(settled)).collect()
    }

    fn outcome(&self, settled: Settled) -> Outcome {
        // What was kept since this request came was called for it, or for another one at the same moment.
        let is_new = settled.fresh == Fresh::Cached && settled.as_of >= self.context.now;
        let fresh = if is_new { Fresh::Fresh } else { settled.fresh };
        match settled.reply {
            Reply::Found(record) => Outcome::Found { record, fresh, as_of: settled.as_of },
            Reply::Absent => Outcome::Absent { fresh, as_of: settled.as_of },
            Reply::Failed(failure) => Outcome::Failed(failure),
        }
    }

    fn too_late(&self, connector: &Connector) -> Failure {
        let department = &self.catalog().department(connector.department).name;
        let public = format!("{department} did not answer before the request's deadline");
        Failure::of_source(Code::Timeout, &connector.id, department, public)
    }
}

/// A number of objects, far below what there is room for in memory.
fn whole(objects: usize) -> i64 {
    i64::try_from(objects).unwrap_or(i64::MAX)
}
