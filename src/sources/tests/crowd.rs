//! Who waits, in what order, and who makes room.

use std::sync::Arc;
use std::time::SystemTime;

use proptest::prelude::{Just, Strategy, prop_oneof};
use proptest::{collection, proptest};

use super::super::crowd::{Bounds, Chunk, Crowd, GroupKey, Refused};
use super::super::lacking::Lacking;
use super::super::order::{ScopeTag, Seat, Waiting, Wanted};
use super::super::{Args, care::Draw};
use crate::catalog::ConnectorId;
use crate::record::{Key, Reply, Terms};
use crate::telemetry::Asker;

/// Somebody who does not listen.
struct Nobody(Asker, Wanted);

impl Waiting for Nobody {
    fn settle(&self, _: usize, _: Reply, _: SystemTime, _: Option<&Arc<Terms>>) {}

    fn wanted(&self, _: usize) -> Wanted {
        self.1
    }

    fn asker(&self) -> Option<&Asker> {
        Some(&self.0)
    }
}

fn waiting(request: u64, wanted: Wanted) -> Arc<dyn Waiting> {
    Arc::new(Nobody(Asker { number: request, headers: Arc::default(), watch: None }, wanted))
}

fn seat(index: usize, waiting: &Arc<dyn Waiting>) -> Seat {
    Seat { key: Key::empty(), index, known: None, deadline: None, waiting: waiting.clone() }
}

fn wanted(request: u64, connector: u32, indices: std::ops::Range<usize>, wanted: Wanted) -> Chunk {
    let waiting = waiting(request, wanted);
    let group = GroupKey { connector: ConnectorId(connector), args: Args::none().into(), scope: ScopeTag::Shared };
    let bounds = Bounds { width: 3, parallel: usize::MAX, draw: Draw::ALL };
    Chunk { group, bounds, headers: None, edition: 0, seats: indices.map(|index| seat(index, &waiting)).collect() }
}

fn chunk(request: u64, connector: u32, indices: std::ops::Range<usize>) -> Chunk {
    wanted(request, connector, indices, Wanted::ByOne)
}

fn lacking(requests: impl IntoIterator<Item = u64>) -> Lacking {
    let lacking = Lacking::default();
    requests.into_iter().for_each(|request| lacking.note(&seat(0, &waiting(request, Wanted::ByOne))));
    lacking
}

/// Connectors and indices.
fn told(refused: Vec<Refused>) -> Vec<(u32, Vec<usize>)> {
    let indices = |refused: &Refused| refused.seats.iter().map(|seat| seat.index).collect();
    refused.iter().map(|refused| (refused.connector.0, indices(refused))).collect()
}

#[test]
fn those_who_came_last_make_room_first_and_the_others_stay_as_they_stood() {
    let mut crowd = Crowd::default();
    for (request, connector, indices) in [(1, 1, 0..3), (2, 1, 10..12), (1, 1, 3..5), (1, 2, 20..22)] {
        crowd.add(chunk(request, connector, indices));
    }
    assert_eq!(told(crowd.make_room(4, &lacking([1]))), [(2, vec![21, 20]), (1, vec![4, 3])]);
    let turns: Vec<u64> = crowd.groups().map(|(turn, _)| turn).collect();
    let seats: Vec<usize> = crowd.take(turns[0]).unwrap().seats.iter().map(|seat| seat.index).collect();
    assert_eq!((turns.len(), seats), (1, vec![0, 1, 2]));
    assert_eq!((crowd.waiting(), crowd.calls()), (2, 1));
}

#[test]
fn so_many_are_looked_at_and_no_more() {
    let mut crowd = Crowd::default();
    crowd.add(chunk(1, 1, 0..10));
    crowd.add(chunk(2, 1, 0..250));
    assert_eq!(told(crowd.make_room(10, &lacking([1]))), [(1, vec![9, 8, 7, 6, 5, 4])]);
}

#[test]
fn what_others_wait_for_makes_no_room() {
    let mut crowd = Crowd::default();
    crowd.add(wanted(1, 1, 0..2, Wanted::ByOthers));
    crowd.add(wanted(1, 1, 2..3, Wanted::Newer));
    assert_eq!(told(crowd.make_room(3, &lacking([1]))), [(1, vec![2])]);
}

#[test]
fn whoever_has_an_older_answer_lacks_nothing_and_who_does_is_forgotten_after_a_while() {
    let (older, others) = (waiting(1, Wanted::Newer), waiting(2, Wanted::ByOthers));
    let noted = Lacking::default();
    [&older, &others].into_iter().for_each(|waiting| noted.note(&seat(0, waiting)));
    assert_eq!((noted.has(&seat(0, &older)), noted.has(&seat(0, &others))), (false, true));
    let noted = lacking([7, 7 + 1_023, 7 + 1_024]);
    let has = |request| noted.has(&seat(0, &waiting(request, Wanted::ByOne)));
    assert_eq!([7, 7 + 1_023, 7 + 1_024, 8].map(has), [false, true, true, false]);
}

#[derive(Clone, Debug)]
enum Move {
    Add { request: u64, connector: u32, keys: usize },
    Take,
    Lack { request: u64 },
    MakeRoom { most: usize },
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        3 => (0..6u64, 0..3u32, 1..9usize).prop_map(|(request, connector, keys)| Move::Add { request, connector, keys }),
        2 => Just(Move::Take),
        1 => (0..6u64).prop_map(|request| Move::Lack { request }),
        1 => (0..9usize).prop_map(|most| Move::MakeRoom { most }),
    ];
    collection::vec(one, 1..60)
}

proptest! {
    #[test]
    fn whatever_comes_and_goes_its_counts_are_those_of_its_groups(moves in moves()) {
        let (mut crowd, lacking, mut there) = (Crowd::default(), Lacking::default(), 0);
        for one in moves {
            match one {
                Move::Add { request, connector, keys } => {
                    crowd.add(chunk(request, connector, 0..keys));
                    there += keys;
                }
                Move::Take => {
                    let turn = crowd.groups().next().map(|(turn, _)| turn);
                    there -= turn.and_then(|turn| crowd.take(turn)).map_or(0, |chunk| chunk.seats.len());
                }
                Move::Lack { request } => lacking.note(&seat(0, &waiting(request, Wanted::ByOne))),
                Move::MakeRoom { most } => {
                    let refused = crowd.make_room(most, &lacking);
                    assert!(refused.iter().flat_map(|refused| &refused.seats).all(|seat| lacking.has(seat)));
                    let gone: usize = refused.iter().map(|refused| refused.seats.len()).sum();
                    assert!(gone <= most);
                    there -= gone;
                }
            }
            assert_eq!(crowd.waiting(), there);
            assert_eq!(crowd.groups().map(|(_, group)| group.seats.len()).sum::<usize>(), there);
            assert_eq!(crowd.groups().map(|(_, group)| group.calls()).sum::<usize>(), crowd.calls());
            assert!(crowd.groups().all(|(_, group)| crowd.group(&group.key).is_some() && group.calls() > 0));
        }
    }
}
