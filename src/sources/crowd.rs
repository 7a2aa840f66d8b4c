//! The keys that wait for one source, in groups that may travel together.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use super::Args;
use super::care::Draw;
use super::lacking::Lacking;
use super::order::{ScopeTag, Seat};
use crate::catalog::ConnectorId;
use crate::mapping::Value;
use crate::telemetry::{Asker, Watch};

/// How many of the keys that wait are looked at, the last to come first, when one comes for which there is no room.
const LOOKED_AT: usize = 256;

/// Groups of keys, in the order of their turns.
#[derive(Default)]
pub(super) struct Crowd {
    waiting: usize,
    calls: usize,
    next: u64,
    groups: BTreeMap<u64, Group>,
    turns: HashMap<GroupKey, u64, ahash::RandomState>,
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
    /// The quotas that its calls draw from.
    pub draw: Draw,
}

/// The keys of one call, which holds a slot until it is done.
pub(super) struct Chunk {
    pub group: GroupKey,
    pub bounds: Bounds,
    pub headers: Option<Arc<Value<'static>>>,
    /// The newest of its orders'.
    pub edition: u64,
    pub seats: Vec<Seat>,
}

/// Keys of one connector that are not asked for.
pub(super) struct Refused {
    pub connector: ConnectorId,
    pub seats: Vec<Seat>,
}

/// Keys that may travel together.
pub(super) struct Group {
    pub key: GroupKey,
    pub bounds: Bounds,
    headers: Option<Arc<Value<'static>>>,
    edition: u64,
    pub seats: VecDeque<Seat>,
}

impl Chunk {
    /// The requests whose keys these are, each once where its keys stand together.
    pub fn askers(&self) -> impl Iterator<Item = &Asker> {
        askers(&self.seats)
    }

    /// Those of them that somebody watches.
    pub fn watches(&self) -> impl Iterator<Item = &Watch> {
        self.askers().filter_map(|asker| asker.watch.as_deref())
    }
}

/// The requests whose keys these are, each once where its keys stand together.
pub(super) fn askers(seats: &[Seat]) -> impl Iterator<Item = &Asker> {
    let is_other = |at: usize, seat: &Seat| at == 0 || !Arc::ptr_eq(&seats[at - 1].waiting, &seat.waiting);
    let firsts = seats.iter().enumerate().filter(move |(at, seat)| is_other(*at, seat));
    firsts.filter_map(|(_, seat)| seat.waiting.asker())
}

impl Group {
    /// The calls that its keys make.
    pub fn calls(&self) -> usize {
        self.seats.len().div_ceil(self.bounds.width)
    }
}

impl Crowd {
    /// How many keys wait.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// The calls that they make.
    pub fn calls(&self) -> usize {
        self.calls
    }

    /// The groups, by their turns.
    pub fn groups(&self) -> impl Iterator<Item = (u64, &Group)> {
        self.groups.iter().map(|(turn, group)| (*turn, group))
    }

    /// The group of this key.
    pub fn group(&self, key: &GroupKey) -> Option<&Group> {
        self.turns.get(key).and_then(|turn| self.groups.get(turn))
    }

    /// As many keys of the group whose turn it is as one call carries. Its others wait for their next turn behind the other
    /// groups, lest a wide query hold up the narrow ones.
    pub fn take(&mut self, turn: u64) -> Option<Chunk> {
        let mut group = self.groups.remove(&turn)?;
        self.calls -= group.calls();
        let rest = group.seats.split_off(group.bounds.width.min(group.seats.len()));
        let seats = Vec::from(std::mem::replace(&mut group.seats, rest));
        self.waiting -= seats.len();
        let (key, headers) = (group.key.clone(), group.headers.clone());
        let chunk = Chunk { group: key, bounds: group.bounds, headers, edition: group.edition, seats };
        if group.seats.is_empty() {
            self.turns.remove(&group.key);
        } else {
            self.enter(group);
        }
        Some(chunk)
    }

    /// Adds keys to their group.
    pub fn add(&mut self, chunk: Chunk) {
        if chunk.seats.is_empty() {
            return;
        }
        self.waiting += chunk.seats.len();
        if let Some(group) = self.turns.get(&chunk.group).and_then(|turn| self.groups.get_mut(turn)) {
            let before = group.calls();
            group.seats.extend(chunk.seats);
            self.calls += group.calls() - before;
            group.edition = group.edition.max(chunk.edition);
            return;
        }
        let Chunk { group: key, bounds, headers, edition, seats } = chunk;
        self.enter(Group { key, bounds, headers, edition, seats: seats.into() });
    }

    /// Takes out at most so many keys whose requests lack something.
    pub fn make_room(&mut self, most: usize, lacking: &Lacking) -> Vec<Refused> {
        let (mut taken, mut looked_at, mut refused, mut emptied) = (0, 0, Vec::new(), Vec::new());
        for (turn, group) in self.groups.iter_mut().rev() {
            if taken == most || looked_at == LOOKED_AT {
                break;
            }
            let (calls, mut seats) = (group.calls(), Vec::new());
            for place in (0..group.seats.len()).rev() {
                if taken == most || looked_at == LOOKED_AT {
                    break;
                }
                looked_at += 1;
                if lacking.gives_way(&group.seats[place]) {
                    taken += 1;
                    seats.extend(group.seats.remove(place));
                }
            }
            self.calls -= calls - group.calls();
            if group.seats.is_empty() {
                emptied.push(*turn);
            }
            if !seats.is_empty() {
                refused.push(Refused { connector: group.key.connector, seats });
            }
        }
        self.waiting -= taken;
        let gone = emptied.iter().filter_map(|turn| self.groups.remove(turn));
        gone.for_each(|group| _ = self.turns.remove(&group.key));
        refused
    }

    fn enter(&mut self, group: Group) {
        self.next += 1;
        self.calls += group.calls();
        self.turns.insert(group.key.clone(), self.next);
        self.groups.insert(self.next, group);
    }
}
