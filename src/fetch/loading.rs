//! Loaders: one per connector and arguments and request. They gather the keys that steps ask for in one turn of
//! the scheduler, claim them in the cache and hand the misses to the source's queue, all without waiting.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use dataloader::BatchFn;
use dataloader::non_cached::Loader;
use tokio::time::{Instant, timeout_at};

use super::group::Outcome;
use crate::cache::{Cache, Claimed, Flight, Lane, LaneSpec, Ticket};
use crate::catalog::{Catalog, Connector, ConnectorId, Scope};
use crate::mapping::{Object, Value};
use crate::operation::Bound;
use crate::record::{Code, Failure, Fresh, Key, Reply, Settled};
use crate::sources::{Args, Order, ScopeTag, Sources, Waiting};

/// What every request shares, and what is known of this one.
#[derive(Clone)]
pub struct Context {
    /// The contract with its connectors.
    pub catalog: Arc<Catalog>,
    /// The sources.
    pub sources: Arc<Sources>,
    /// The cache.
    pub cache: Arc<Cache>,
    /// The time of day at which the request came.
    pub now: SystemTime,
    /// When the answer has to be sent.
    pub deadline: Instant,
    /// The client's headers as `$request.headers` shows them.
    pub headers: Arc<Value<'static>>,
    /// Tells this request's caller-bound calls from everybody else's.
    pub request_id: u64,
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
    pub(super) context: &'r Context,
    pub(super) bindings: &'r Bindings,
    loaders: Mutex<Loaders>,
}

/// Keys of one connector and one set of arguments to their claims.
type LaneLoader = Loader<Asked, Arc<[Claim]>, Gatherer>;

#[derive(Default)]
struct Loaders {
    by_lane: HashMap<(ConnectorId, String), LaneLoader>,
    asked: u64,
}

impl<'r> Request<'r> {
    pub(super) fn new(context: &'r Context, bindings: &'r Bindings) -> Request<'r> {
        Request { context, bindings, loaders: Mutex::default() }
    }

    pub(super) fn catalog(&self) -> &'r Catalog {
        &self.context.catalog
    }

    /// Asks one connector for distinct keys; one settled answer per key, in their order.
    pub(super) async fn load(&self, connector: ConnectorId, arguments: Value<'static>, keys: Vec<Key>) -> Vec<Outcome> {
        let (loader, asked) = self.loader(connector, arguments, keys);
        let Ok(claims) = loader.try_load(asked).await else {
            return Vec::new();
        };
        let mut outcomes = Vec::with_capacity(claims.len());
        for claim in claims.iter() {
            outcomes.push(self.settle(connector, claim).await);
        }
        outcomes
    }

    fn loader(
        &self,
        id: ConnectorId,
        arguments: Value<'static>,
        keys: Vec<Key>,
    ) -> (Loader<Asked, Arc<[Claim]>, Gatherer>, Asked) {
        let args = Args::new(arguments);
        let mut loaders = self.loaders.lock().unwrap_or_else(PoisonError::into_inner);
        loaders.asked += 1;
        let asked = Asked { number: loaders.asked, keys: keys.into() };
        let loader = loaders
            .by_lane
            .entry((id, args.text().to_owned()))
            .or_insert_with(|| Loader::new(Gatherer::new(self.context, id, args)).with_yield_count(1))
            .clone();
        (loader, asked)
    }

    /// Waits for one claim, until the deadline at the latest.
    async fn settle(&self, connector: ConnectorId, claim: &Claim) -> Outcome {
        let settled = match claim {
            Claim::Settled(settled) => settled.clone(),
            Claim::Flying(flight) => match timeout_at(self.context.deadline, flight.settled()).await {
                Ok(settled) => settled,
                Err(_) => return Outcome::Failed(self.too_late(self.catalog().connector(connector)).shared()),
            },
        };
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

/// The keys one step asks for at once.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    number: u64,
    keys: Arc<[Key]>,
}

impl PartialEq for Asked {
    fn eq(&self, other: &Asked) -> bool {
        self.number == other.number
    }
}

impl Eq for Asked {}

impl Hash for Asked {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

/// A key's answer, or the flight that will bring it.
#[derive(Clone)]
enum Claim {
    Settled(Settled),
    Flying(Flight),
}

/// What stands behind a loader. It never waits: the crate holds its lock meanwhile.
pub(super) struct Gatherer {
    lane: Lane,
    sources: Arc<Sources>,
    connector: ConnectorId,
    args: Arc<Args>,
    scope: ScopeTag,
    headers: Arc<Value<'static>>,
    now: SystemTime,
    deadline: Instant,
}

impl Gatherer {
    fn new(context: &Context, id: ConnectorId, args: Args) -> Gatherer {
        let connector = context.catalog.connector(id);
        let scope = match connector.freshness.scope {
            Scope::Public => ScopeTag::Shared,
            Scope::Caller => ScopeTag::Caller(context.request_id),
        };
        let fingerprint = context.sources.fingerprint(id);
        Gatherer {
            lane: context.cache.lane(LaneSpec {
                definition: connector.definition,
                source: fingerprint,
                args: args.text(),
                freshness: connector.freshness,
                connector: &connector.id,
                department: &context.catalog.department(connector.department).name,
            }),
            sources: context.sources.clone(),
            connector: id,
            args: Arc::new(args),
            scope,
            headers: context.headers.clone(),
            now: context.now,
            deadline: context.deadline,
        }
    }

    /// Claims the keys in the cache and submits what nobody has or fetches.
    fn claim(&self, keys: &[Key]) -> Vec<Claim> {
        let mut misses = Vec::new();
        let mut tickets = Vec::new();
        let mut claims = Vec::with_capacity(keys.len());
        for (key, claimed) in keys.iter().zip(self.lane.claim(self.now, keys)) {
            let (claim, ticket) = match claimed {
                Claimed::Settled(settled) => (Claim::Settled(settled), None),
                Claimed::Joined(flight) => (Claim::Flying(flight), None),
                Claimed::Miss(ticket, flight) => (Claim::Flying(flight), Some(ticket)),
                Claimed::StaleRefresh { settled, ticket } => (Claim::Settled(settled), Some(ticket)),
            };
            claims.push(claim);
            if let Some(ticket) = ticket {
                misses.push(key.clone());
                tickets.push(Mutex::new(Some(ticket)));
            }
        }
        if !misses.is_empty() {
            self.sources.submit(Order {
                connector: self.connector,
                args: self.args.clone(),
                scope: self.scope,
                headers: Some(self.headers.clone()),
                keys: misses,
                deadline: Some(self.deadline.into_std()),
                waiting: Arc::new(Tickets(tickets)),
            });
        }
        claims
    }
}

impl BatchFn<Asked, Arc<[Claim]>> for Gatherer {
    async fn load(&mut self, asked: &[Asked]) -> HashMap<Asked, Arc<[Claim]>> {
        // Sorted, so that the same question always makes the same call.
        let mut distinct: Vec<Key> = asked.iter().flat_map(|asked| asked.keys.iter().cloned()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let claims = self.claim(&distinct);
        let claim_of = |key: &Key| {
            let position = distinct.binary_search(key).expect("every key asked for is among the distinct ones");
            claims[position].clone()
        };
        asked.iter().map(|asked| (asked.clone(), asked.keys.iter().map(claim_of).collect())).collect()
    }
}

/// The cache's tickets for the keys of one order.
struct Tickets(Vec<Mutex<Option<Ticket>>>);

impl Waiting for Tickets {
    fn settle(&self, index: usize, reply: Reply, as_of: SystemTime) {
        let ticket = self.0.get(index).and_then(|ticket| ticket.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(ticket) = ticket {
            ticket.settle(reply, as_of);
        }
    }
}
