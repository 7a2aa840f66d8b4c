//! The keys that wait for a source.
//!
//! An idle source never waits for company: while a slot is free, keys leave with the scheduler's next turn. While all
//! slots are busy, keys of one connector, arguments and scope gather, and leave together in as few calls as the
//! connector's width allows. While a source answers within milliseconds they also gather for as long as a call of their
//! kind is under way: `pace.rs`.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::care::{Care, shed};
use super::crowd::{Bounds, Chunk, Crowd, Group, Refused};
use super::lacking::Lacking;
use super::pace::{Pace, Turn};
use super::slots::Slots;
use crate::catalog::ConnectorId;

/// How often one looks whether another queue's calls have ended.
const OTHERS: Duration = Duration::from_millis(5);

/// The queue of one source.
pub(super) struct Queue {
    limit: usize,
    /// What its source can bear.
    pub care: Care,
    /// Calls that are under way, of this queue and of those whose place it took.
    slots: Slots,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Of this queue alone.
    in_flight: usize,
    paces: BTreeMap<ConnectorId, Pace>,
    crowd: Crowd,
    /// Somebody is on the way to take what waits.
    is_fetched: bool,
    /// When somebody comes to look.
    watched: Option<Instant>,
    /// How long calls took of late.
    usual: Duration,
}

impl Queue {
    pub fn new(limit: usize, care: Care) -> Queue {
        Queue { limit, care, slots: Slots::default(), state: Mutex::default() }
    }

    /// Counts its calls together with those of the queue before it, which are still under way: both to the same source.
    pub fn take_over(&mut self, before: &Queue) {
        self.slots = before.slots.clone();
    }

    /// Adds keys to their group. Gives back those for which there is no room, those whose turn would come too late, and
    /// those that made room because their requests lack something already.
    pub fn add(&self, mut chunk: Chunk, lacking: &Lacking) -> Vec<Refused> {
        let mut state = self.state();
        // A free slot takes its keys in the same breath: they are not counted as waiting.
        let free = self.care.calls().saturating_sub(self.slots.taken()).saturating_mul(chunk.bounds.width);
        let room = self.limit.saturating_sub(state.crowd.waiting()).saturating_add(free);
        let timely = self.timely(&state, &chunk).min(chunk.seats.len());
        let mut refused = Vec::new();
        if timely > room && !lacking.has(&chunk.seats[0]) {
            refused = state.crowd.make_room(timely - room, lacking);
        }
        let fitting = timely.min(room + refused.iter().map(|refused| refused.seats.len()).sum::<usize>());
        if chunk.seats.len() > fitting {
            let seats = chunk.seats.split_off(fitting);
            refused.push(Refused { connector: chunk.group.connector, seats });
        }
        state.crowd.add(chunk);
        refused
    }

    /// When somebody has to come and take what waits, be it by [`Queue::fetch`] now or by [`Queue::watch`] soon. Says so
    /// once until then.
    pub fn turn(&self) -> Turn {
        let mut state = self.state();
        if state.is_fetched {
            return Turn::Later;
        }
        let now = Instant::now();
        let taken = self.slots.taken();
        let turn = if taken < self.care.calls() {
            state.crowd.groups().fold(Turn::Later, |turn, (_, group)| turn.sooner(state.turn(group, &self.care, now)))
        } else if taken > state.in_flight && state.crowd.waiting() > 0 {
            // The end of another queue's call is not told here.
            Turn::Soon(now + OTHERS)
        } else {
            Turn::Later
        };
        match turn {
            Turn::Now => state.is_fetched = true,
            Turn::Soon(at) if state.watched.is_some_and(|watched| watched <= at) => return Turn::Later,
            Turn::Soon(at) => state.watched = Some(at),
            _ => {}
        }
        turn
    }

    /// The moment that [`Queue::turn`] named has come.
    pub fn watch(&self, at: Instant) {
        let mut state = self.state();
        if state.watched == Some(at) {
            state.watched = None;
        }
    }

    /// Like [`Queue::take`], by whoever was on the way.
    pub fn fetch(&self) -> Option<Chunk> {
        self.state().is_fetched = false;
        self.take()
    }

    /// The next call, if a slot is free and somebody waits whose connector may be called.
    pub fn take(&self) -> Option<Chunk> {
        let mut state = self.state();
        let most = self.care.calls();
        if self.slots.taken() >= most {
            return None;
        }
        let now = Instant::now();
        let turn = state.crowd.groups().find(|(_, group)| state.turn(group, &self.care, now) == Turn::Now)?.0;
        if !self.slots.take(most) {
            return None;
        }
        let chunk = state.crowd.take(turn)?;
        state.in_flight += 1;
        self.care.spend(chunk.bounds.draw, now);
        state.paces.entry(chunk.group.connector).or_default().begin(&chunk.group, now);
        Some(chunk)
    }

    /// Frees the slot of a call of `connector` that took so long.
    pub fn done(&self, connector: ConnectorId, took: Duration) {
        let mut state = self.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        self.slots.give_back();
        state.paces.entry(connector).or_default().end(took);
        state.usual = (state.usual * 7 + took) / 8;
    }

    /// Puts keys back that one call could not hold.
    pub fn give_back(&self, chunk: Chunk) {
        self.state().crowd.add(chunk);
    }

    /// How many keys of a chunk would leave before nobody waits for them any longer.
    fn timely(&self, state: &State, chunk: &Chunk) -> usize {
        let Bounds { width, draw, .. } = chunk.bounds;
        let is_limited = self.care.is_limited(draw);
        let deadline = chunk.seats.first().and_then(|seat| seat.deadline).map(Instant::from_std);
        let (taken, most) = (self.slots.taken(), self.care.calls());
        if !is_limited && (deadline.is_none() || taken < most) {
            return usize::MAX;
        }
        let now = Instant::now();
        // Who is late already is told so when the turn comes.
        let deadline = deadline.filter(|deadline| *deadline > now);
        let own = state.crowd.group(&chunk.group);
        // The last call of its own kind may have room.
        let joined = own.map_or(0, |own| own.calls() - own.seats.len() / width);
        let ahead_of_all = state.crowd.calls() - joined;
        let ahead_of_draw = match is_limited {
            true => {
                let alike = state.crowd.groups().filter(|(_, group)| group.bounds.draw == draw);
                alike.map(|(_, group)| group.calls()).sum::<usize>() - joined
            }
            false => 0,
        };
        let is_timely = |call: usize| {
            let busy = if taken < most { 0 } else { 1 + ahead_of_all + call };
            let free = now + shed::wait(busy, most, state.usual);
            let allowed = is_limited.then(|| self.care.ready(draw, now, (ahead_of_draw + call) as u64)).flatten();
            let is_patient = allowed.is_none_or(|allowed| allowed - now <= self.care.wait(draw));
            is_patient && deadline.is_none_or(|deadline| free.max(allowed.unwrap_or(now)) <= deadline)
        };
        let calls = chunk.seats.len().div_ceil(width);
        // Each call leaves later than the one before.
        let (mut timely, mut beyond) = (0, calls);
        while timely < beyond {
            let middle = timely.midpoint(beyond);
            if is_timely(middle) { timely = middle + 1 } else { beyond = middle }
        }
        timely.saturating_mul(width)
    }

    /// Whether keys wait for the end of calls that are not this queue's own: of one whose place it took, or that took its.
    pub fn waits_for_others(&self) -> bool {
        let state = self.state();
        state.crowd.waiting() > 0 && (state.in_flight == 0 || self.slots.taken() > state.in_flight)
    }

    /// Calls under way, and keys that wait.
    pub fn load(&self) -> (usize, usize) {
        let state = self.state();
        (state.in_flight, state.crowd.waiting())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn turn(&self, group: &Group, care: &Care, now: Instant) -> Turn {
        if let Some(ready) = care.ready(group.bounds.draw, now, 0) {
            return Turn::Soon(ready);
        }
        let pace = self.paces.get(&group.key.connector);
        pace.map_or(Turn::Now, |pace| pace.turn(&group.key, group.bounds, group.seats.len(), now))
    }
}
