//! The keys that wait for a source.
//!
//! An idle source never waits for company: while a slot is free, keys leave at once. While all slots are busy, keys of
//! one connector, arguments and scope gather, and leave together in as few calls as the connector's width allows.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Args;
use super::order::{ScopeTag, Seat};
use crate::catalog::ConnectorId;
use crate::mapping::Value;

/// The queue of one source.
pub(super) struct Queue {
    concurrency: usize,
    limit: usize,
    state: Mutex<State>,
}

/// What may travel in one call.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct GroupKey {
    pub connector: ConnectorId,
    pub args: Arc<Args>,
    pub scope: ScopeTag,
}

/// How calls of a connector are bounded.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// Most keys of one call.
    pub width: usize,
    /// Most calls of the connector in flight.
    pub parallel: usize,
}

/// The keys of one call, holding a slot until [`Queue::done`].
pub(super) struct Chunk {
    pub group: GroupKey,
    pub bounds: Bounds,
    pub headers: Option<Arc<Value<'static>>>,
    pub seats: Vec<Seat>,
}

#[derive(Default)]
struct State {
    in_flight: usize,
    running: HashMap<ConnectorId, usize>,
    waiting: usize,
    next: u64,
    /// Groups by the order of their turns.
    groups: BTreeMap<u64, Group>,
    turns: HashMap<GroupKey, u64>,
}

struct Group {
    key: GroupKey,
    bounds: Bounds,
    headers: Option<Arc<Value<'static>>>,
    seats: VecDeque<Seat>,
}

impl Queue {
    pub fn new(concurrency: usize, limit: usize) -> Queue {
        Queue { concurrency, limit, state: Mutex::default() }
    }

    /// Adds keys to their group. Gives back those for which there is no room.
    pub fn add(&self, mut chunk: Chunk) -> Vec<Seat> {
        let mut state = self.state();
        // A free slot takes its keys in the same breath: they are not counted as waiting.
        let free = self.concurrency.saturating_sub(state.in_flight).saturating_mul(chunk.bounds.width);
        let room = self.limit.saturating_sub(state.waiting).saturating_add(free);
        let refused = if chunk.seats.len() > room { chunk.seats.split_off(room) } else { Vec::new() };
        state.add(chunk);
        refused
    }

    /// The next call, if a slot is free and somebody waits whose connector may be called.
    pub fn take(&self) -> Option<Chunk> {
        let mut state = self.state();
        if state.in_flight >= self.concurrency {
            return None;
        }
        let may_run = |group: &Group| {
            state.running.get(&group.key.connector).is_none_or(|running| *running < group.bounds.parallel)
        };
        let turn = state.groups.iter().find(|(_, group)| may_run(group)).map(|(turn, _)| *turn)?;
        let mut group = state.groups.remove(&turn)?;
        let rest = group.seats.split_off(group.bounds.width.min(group.seats.len()));
        let seats = Vec::from(std::mem::replace(&mut group.seats, rest));
        let chunk = Chunk { group: group.key.clone(), bounds: group.bounds, headers: group.headers.clone(), seats };
        state.in_flight += 1;
        state.waiting -= chunk.seats.len();
        *state.running.entry(chunk.group.connector).or_default() += 1;
        if group.seats.is_empty() {
            state.turns.remove(&group.key);
        } else {
            // A long group waits for its next turn behind the others, lest a wide query hold up the narrow ones.
            state.enter(group);
        }
        Some(chunk)
    }

    /// Frees the slot of a call of `connector`.
    pub fn done(&self, connector: ConnectorId) {
        let mut state = self.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        if let Some(running) = state.running.get_mut(&connector) {
            *running = running.saturating_sub(1);
            if *running == 0 {
                state.running.remove(&connector);
            }
        }
    }

    /// Puts keys back that one call could not hold.
    pub fn give_back(&self, chunk: Chunk) {
        self.state().add(chunk);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, chunk: Chunk) {
        if chunk.seats.is_empty() {
            return;
        }
        self.waiting += chunk.seats.len();
        if let Some(group) = self.turns.get(&chunk.group).and_then(|turn| self.groups.get_mut(turn)) {
            group.seats.extend(chunk.seats);
            return;
        }
        let Chunk { group: key, bounds, headers, seats } = chunk;
        self.enter(Group { key, bounds, headers, seats: seats.into() });
    }

    fn enter(&mut self, group: Group) {
        self.next += 1;
        self.turns.insert(group.key.clone(), self.next);
        self.groups.insert(self.next, group);
    }
}
