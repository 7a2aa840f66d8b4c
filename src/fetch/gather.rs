//! What stands behind the loaders: keys are claimed in the cache and what nobody has is handed to the source's queue,
//! without waiting.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use dataloader::BatchFn;
use tokio::time::Instant;

use super::loading::Context;
use crate::cache::{Claimed, Flight, Lane, LaneSpec, Ticket};
use crate::catalog::{ConnectorId, Scope};
use crate::mapping::Value;
use crate::record::{Fresh, Key, Reply, Settled, Terms};
use crate::sources::{Args, Known, Order, ScopeTag, Sources, Waiting, Wanted};
use crate::telemetry::Asker;

/// The keys one step asks for at once.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub number: u64,
    pub keys: Arc<[Key]>,
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
pub(super) enum Claim {
    Settled(Settled),
    Flying(Flight),
}

impl Claim {
    pub(super) fn settled(self) -> Option<Settled> {
        match self {
            Claim::Settled(settled) => Some(settled),
            Claim::Flying(_) => None,
        }
    }
}

/// Claims keys of one connector with one set of arguments. It never waits: loaders hold their lock meanwhile.
pub(super) struct Gatherer<'r> {
    context: &'r Context<'r>,
    lane: Lane,
    connector: ConnectorId,
    args: Arc<Args>,
}

/// The lane of a connector with these arguments.
pub(super) fn lane(context: &Context<'_>, id: ConnectorId, args: &Args) -> Lane {
    let connector = context.catalog.connector(id);
    context.cache.lane(LaneSpec {
        definition: connector.definition,
        source: context.sources.fingerprint(id),
        args: args.text(),
        freshness: connector.freshness,
        connector: &connector.id,
        department: &context.catalog.department(connector.department).name,
    })
}

impl<'r> Gatherer<'r> {
    pub(super) fn new(context: &'r Context<'r>, connector: ConnectorId, args: Arc<Args>, lane: Lane) -> Gatherer<'r> {
        Gatherer { context, lane, connector, args }
    }

    pub(super) fn into_lane(self) -> Lane {
        self.lane
    }

    /// Claims distinct keys in the cache and submits what nobody has or fetches. One claim per key, in their order.
    pub(super) fn claim(&self, keys: &[Key]) -> Vec<Claim> {
        let mut tickets = Vec::new();
        let mut claims = Vec::with_capacity(keys.len());
        let stretch = || self.context.sources.stretch(self.connector);
        for claimed in self.lane.claim_sparingly(self.context.now, keys, stretch) {
            if let Some(watch) = &self.context.asker.watch {
                watch.looked(outcome(&claimed), 1);
            }
            let (claim, ticket) = match claimed {
                Claimed::Settled(settled) => (Claim::Settled(settled), None),
                Claimed::Joined(flight) => (Claim::Flying(flight), None),
                Claimed::Miss(ticket, flight) => (Claim::Flying(flight), Some(ticket)),
                Claimed::StaleRefresh { settled, ticket } => (Claim::Settled(settled), Some(ticket)),
            };
            claims.push(claim);
            tickets.extend(ticket);
        }
        if !tickets.is_empty() {
            self.send(tickets);
        }
        claims
    }

    /// Sends for what nobody here has: to the shared tier where there is one, then to the source.
    fn send(&self, tickets: Vec<Ticket>) {
        let (context, letter) = (self.context, self.letter());
        if !self.lane.is_shared() {
            return letter.submit(context.sources, &self.lane, tickets);
        }
        let (sources, lane, now) = (context.sources.clone(), self.lane.clone(), context.now);
        tokio::spawn(async move {
            lane.seek(now, tickets, |tickets| letter.clone().submit(&sources, &lane, tickets)).await;
        });
    }

    fn letter(&self) -> Letter {
        let context = self.context;
        let (scope, last_call) = match context.catalog.connector(self.connector).freshness.scope {
            Scope::Public => (ScopeTag::Shared, context.last_call),
            Scope::Caller => (ScopeTag::Caller(context.asker.number), context.deadline),
        };
        // Whoever joins a flight shares its fate: one who is in a hurry may not end it for those who are not. What is
        // asked for after the request's end is wanted by nobody.
        let has_ended = last_call > context.deadline && Instant::now() >= context.deadline;
        Letter {
            connector: self.connector,
            args: self.args.clone(),
            scope,
            headers: context.headers.clone(),
            until: if has_ended { context.deadline } else { last_call },
            now: context.now,
            asker: context.asker.clone(),
        }
    }
}

/// What an order says beside its keys.
#[derive(Clone)]
struct Letter {
    connector: ConnectorId,
    args: Arc<Args>,
    scope: ScopeTag,
    headers: Arc<Value<'static>>,
    until: Instant,
    now: SystemTime,
    asker: Asker,
}

impl Letter {
    fn submit(self, sources: &Sources, lane: &Lane, tickets: Vec<Ticket>) {
        sources.submit(Order {
            connector: self.connector,
            args: self.args,
            scope: self.scope,
            headers: Some(self.headers),
            keys: tickets.iter().map(|ticket| ticket.key().clone()).collect(),
            known: tickets.iter().enumerate().filter_map(|(place, ticket)| Some((place, known(ticket)?))).collect(),
            edition: lane.touched().number(),
            deadline: Some(self.until.into_std()),
            waiting: Arc::new(Tickets {
                asker: self.asker,
                now: self.now,
                tickets: tickets.into_iter().map(|ticket| Mutex::new(Some(ticket))).collect(),
            }),
        });
    }
}

/// What is known of a key that is to be fetched, where its source can be asked about it.
fn known(ticket: &Ticket) -> Option<Known> {
    ticket.known().map(|(reply, terms)| Known { reply, terms })
}

/// A claim as logs name it; the cache counts with more detail.
fn outcome(claimed: &Claimed) -> &'static str {
    match claimed {
        Claimed::Settled(Settled { fresh: Fresh::Stale, .. }) | Claimed::StaleRefresh { .. } => "stale",
        Claimed::Settled(Settled { reply: Reply::Absent, .. }) => "negative",
        Claimed::Settled(_) => "hit",
        Claimed::Joined(_) => "joined",
        Claimed::Miss(..) => "miss",
    }
}

impl BatchFn<Asked, Arc<[Claim]>> for Gatherer<'_> {
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
struct Tickets {
    asker: Asker,
    now: SystemTime,
    tickets: Vec<Mutex<Option<Ticket>>>,
}

impl Waiting for Tickets {
    fn wanted(&self, index: usize) -> Wanted {
        let ticket = self.tickets.get(index).map(|ticket| ticket.lock().unwrap_or_else(PoisonError::into_inner));
        match ticket.as_ref().and_then(|ticket| ticket.as_ref()) {
            Some(ticket) if ticket.has_older(self.now) => Wanted::Newer,
            Some(ticket) if ticket.is_joined() => Wanted::ByOthers,
            _ => Wanted::ByOne,
        }
    }

    fn asker(&self) -> Option<&Asker> {
        Some(&self.asker)
    }

    fn settle(&self, index: usize, reply: Reply, as_of: SystemTime, terms: Option<&Arc<Terms>>) {
        let ticket =
            self.tickets.get(index).and_then(|ticket| ticket.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(ticket) = ticket {
            ticket.settle_on(terms.cloned(), reply, as_of);
        }
    }
}
