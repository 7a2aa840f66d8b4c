//! When keys wait for a call of their own kind.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::super::care::Draw;
use super::super::crowd::{Bounds, GroupKey};
use super::super::pace::{Pace, SHORT, Turn};
use super::super::{Args, ScopeTag};
use crate::catalog::ConnectorId;

const WIDE: Bounds = Bounds { width: 100, parallel: usize::MAX, draw: Draw::ALL };
const FAST: Duration = Duration::from_micros(300);

fn group(scope: ScopeTag) -> GroupKey {
    GroupKey { connector: ConnectorId(1), args: Arc::new(Args::none()), scope }
}

/// A connector with one call under way, after others that took so long.
fn under_way(took: Duration, begun: Instant) -> Pace {
    let (mut pace, group) = (Pace::default(), group(ScopeTag::Shared));
    pace.begin(&group, begun);
    pace.end(took);
    pace.begin(&group, begun);
    pace
}

#[test]
fn an_idle_connector_is_called_at_once() {
    let now = Instant::now();
    let mut pace = under_way(FAST, now);
    pace.end(FAST);
    assert_eq!(Pace::default().turn(&group(ScopeTag::Shared), WIDE, 1, now), Turn::Now);
    assert_eq!(pace.turn(&group(ScopeTag::Shared), WIDE, 1, now), Turn::Now);
}

#[test]
fn keys_wait_for_a_short_call_of_their_kind_and_no_longer_than_such_a_call_takes() {
    let begun = Instant::now();
    let pace = under_way(FAST, begun);
    let turn = |keys, after| pace.turn(&group(ScopeTag::Shared), WIDE, keys, begun + after);
    assert_eq!(turn(1, FAST), Turn::Soon(begun + SHORT));
    assert_eq!(turn(99, FAST), Turn::Soon(begun + SHORT));
    assert_eq!(turn(100, FAST), Turn::Now, "a full call gains nothing by waiting");
    assert_eq!(turn(1, SHORT), Turn::Now, "this one is slower than usual");
}

#[test]
fn nobody_waits_for_slow_calls_for_calls_of_another_kind_or_where_keys_travel_alone() {
    let begun = Instant::now();
    let shared = group(ScopeTag::Shared);
    assert_eq!(under_way(SHORT, begun).turn(&shared, WIDE, 1, begun), Turn::Now);
    assert_eq!(under_way(FAST, begun).turn(&group(ScopeTag::Caller(1)), WIDE, 1, begun), Turn::Now);
    assert_eq!(under_way(FAST, begun).turn(&shared, Bounds { width: 1, ..WIDE }, 1, begun), Turn::Now);
    let first = {
        let mut pace = Pace::default();
        pace.begin(&shared, begun);
        pace
    };
    assert_eq!(first.turn(&shared, WIDE, 1, begun), Turn::Now, "how long it takes is not known yet");
}

#[test]
fn a_source_that_slows_down_is_noticed() {
    let begun = Instant::now();
    let mut pace = under_way(FAST, begun);
    for _ in 0..3 {
        pace.end(Duration::from_millis(20));
        pace.begin(&group(ScopeTag::Shared), begun);
    }
    assert_eq!(pace.turn(&group(ScopeTag::Shared), WIDE, 1, begun), Turn::Now);
}

#[test]
fn no_more_calls_are_under_way_than_the_schema_allows() {
    let begun = Instant::now();
    let bounds = Bounds { width: 1, parallel: 1, draw: Draw::ALL };
    assert_eq!(under_way(FAST, begun).turn(&group(ScopeTag::Shared), bounds, 1, begun), Turn::Later);
}
