//! The care of a source, by itself and under paused time.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName};
use tokio::time::{Instant, advance};

use super::super::heard::Headers;
use super::super::settings::Settings;
use super::super::state::BreakerState;
use super::{Care, Draw, Kind, Refusal, Tempo, deadline, shed, window::Window};
use crate::units::TimeSpan;

const MILLI: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

fn care(edit: impl FnOnce(&mut Settings)) -> Care {
    let mut settings = Settings::default();
    edit(&mut settings);
    Care::new(&settings, &BTreeSet::from(["search"])).unwrap()
}

fn rest(care: &Care) -> Draw {
    care.draw(None)
}

/// An exchange of a bucket that came to this, answered with headers.
fn exchange(care: &Care, draw: Draw, kind: Kind, headers: &[(&str, &str)]) -> Result<(), Refusal> {
    let begun = Instant::now();
    let permit = care.enter(draw, begun)?;
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    care.note(permit, draw, kind, Some(&Headers::new(&map)), (begun, Instant::now()));
    Ok(())
}

fn fail(care: &Care, times: usize) {
    for _ in 0..times {
        exchange(care, rest(care), Kind::Status(503), &[]).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn five_failures_in_a_row_open_the_breaker_and_one_good_exchange_closes_it() {
    let care = care(|_| {});
    fail(&care, 4);
    exchange(&care, rest(&care), Kind::Well, &[]).unwrap();
    fail(&care, 4);
    assert_eq!((care.breaker_state(), care.refuses(rest(&care), Instant::now())), (BreakerState::Closed, None));
    fail(&care, 1);
    assert_eq!(care.breaker_state(), BreakerState::Open);
    assert_eq!(exchange(&care, rest(&care), Kind::Well, &[]), Err(Refusal::Open));
    advance(SECOND * 5 / 4).await;
    assert_eq!(care.breaker_state(), BreakerState::HalfOpen);
    exchange(&care, rest(&care), Kind::Well, &[]).unwrap();
    assert_eq!(care.breaker_state(), BreakerState::Closed);
    fail(&care, 4);
    assert_eq!(care.breaker_state(), BreakerState::Closed, "what was before is forgotten");
}

#[tokio::test(start_paused = true)]
async fn one_exchange_at_a_time_finds_out_and_one_that_is_dropped_found_nothing() {
    let care = care(|_| {});
    fail(&care, 5);
    advance(SECOND * 5 / 4).await;
    let probe = care.enter(rest(&care), Instant::now()).unwrap();
    assert_eq!(care.enter(rest(&care), Instant::now()).err(), Some(Refusal::Open));
    drop(probe);
    let probe = care.enter(rest(&care), Instant::now()).unwrap();
    probe.failed(Instant::now());
    assert_eq!(care.breaker_state(), BreakerState::Open);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_goes_on_failing_is_left_alone_for_longer_and_longer() {
    let care = care(|_| {});
    fail(&care, 5);
    for seconds in [1, 2, 4, 8, 16, 30, 30] {
        let earliest = SECOND * seconds * 3 / 4;
        advance(earliest - MILLI).await;
        assert_eq!(care.breaker_state(), BreakerState::Open, "{seconds}");
        advance(SECOND * seconds / 2 + MILLI).await;
        exchange(&care, rest(&care), Kind::Unwell, &[]).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn half_of_twenty_exchanges_of_late_open_the_breaker() {
    let care = care(|_| {});
    let mixed = |times: usize| {
        for _ in 0..times {
            exchange(&care, rest(&care), Kind::Well, &[]).unwrap();
            fail(&care, 1);
        }
    };
    mixed(9);
    // Those are no longer of late.
    advance(SECOND * 12).await;
    mixed(9);
    assert_eq!(care.breaker_state(), BreakerState::Closed);
    mixed(1);
    assert_eq!(care.breaker_state(), BreakerState::Open);
}

#[tokio::test(start_paused = true)]
async fn what_says_nothing_of_the_sources_health_does_not_open_the_breaker() {
    let care = care(|settings| settings.pause.usual = TimeSpan(Duration::ZERO));
    for _ in 0..30 {
        for kind in [Kind::Rate, Kind::Unsent] {
            exchange(&care, rest(&care), kind, &[]).unwrap();
        }
        drop(care.enter(rest(&care), Instant::now()).unwrap());
    }
    assert_eq!(care.breaker_state(), BreakerState::Closed);
    let off = self::care(|settings| settings.breaker.enabled = false);
    fail(&off, 50);
    assert_eq!((off.breaker_state(), off.refuses(rest(&off), Instant::now())), (BreakerState::Closed, None));
}

#[tokio::test(start_paused = true)]
async fn only_what_may_pass_is_tried_again_as_often_as_is_set_and_before_the_deadline() {
    let care = care(|_| {});
    let again = |kind, tries, left| care.again(rest(&care), kind, tries, left, false).is_some();
    for (kind, expected) in [
        (Kind::Passing, true),
        (Kind::Unanswered, true),
        (Kind::Status(503), true),
        (Kind::Status(501), false),
        (Kind::Unwell, false),
        (Kind::Rate, false),
        (Kind::Quota, false),
        (Kind::Well, false),
        (Kind::Unsent, false),
    ] {
        assert_eq!(again(kind, 1, None), expected, "{kind:?}");
        assert!(!again(kind, 2, None), "{kind:?} a second time");
    }
    assert!(!again(Kind::Passing, 1, Some(Duration::ZERO)));
    assert!(again(Kind::Passing, 1, Some(SECOND)));
    assert_eq!(care.retries(), 4);
    fail(&care, 5);
    assert!(!again(Kind::Passing, 1, None), "it is left alone");
}

#[tokio::test(start_paused = true)]
async fn further_tries_stay_within_their_share_of_calls() {
    let care = care(|_| {});
    let tries = |calls: usize| {
        let again = |_: &usize| {
            care.first();
            care.again(rest(&care), Kind::Passing, 1, None, false).is_some()
        };
        (0..calls).filter(again).count()
    };
    assert_eq!(tries(10), 10, "ten at once");
    let share = tries(1000);
    assert!((195..=205).contains(&share), "{share} of a thousand");
    let free = care.again(rest(&care), Kind::Unanswered, 1, None, true);
    assert_eq!(free, Some(Duration::ZERO), "a connection that had been idle costs nothing");
}

#[tokio::test(start_paused = true)]
async fn retry_after_pauses_the_bucket_that_was_refused() {
    let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
    for (headers, expected) in [
        (vec![("retry-after", "3")], SECOND * 3),
        (vec![("retry-after", "300")], SECOND * 300),
        (vec![("retry-after", "86400")], SECOND * 15 * 60),
        (vec![date, ("retry-after", "Sun, 06 Nov 1994 08:49:57 GMT")], SECOND * 20),
        (vec![date, ("retry-after", "Sun, 06 Nov 1994 08:49:07 GMT")], Duration::ZERO),
        (vec![("retry-after", "soon")], SECOND),
        (vec![], SECOND),
    ] {
        let care = care(|_| {});
        let search = care.draw(Some("search"));
        exchange(&care, search, Kind::Rate, &headers).unwrap();
        let left = (expected > Duration::ZERO).then_some(expected);
        assert_eq!(care.refuses(search, Instant::now()), left.map(Refusal::Paused), "{headers:?}");
        assert_eq!(care.paused_for(), left);
        assert_eq!(care.refuses(rest(&care), Instant::now()), None);
        advance(expected).await;
        assert_eq!(care.refuses(search, Instant::now()), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_date_without_the_answers_own_counts_from_our_clock() {
    let at = |seconds| httpdate::fmt_http_date(SystemTime::now() + SECOND * seconds);
    for (kind, of_all) in [(Kind::Rate, false), (Kind::Status(503), true)] {
        let care = care(|_| {});
        exchange(&care, rest(&care), kind, &[("retry-after", &at(100))]).unwrap();
        let left = care.paused_for().expect("it is paused");
        assert!(SECOND * 90 < left && left <= SECOND * 100, "{left:?}");
        assert_eq!(care.refuses(care.draw(Some("search")), Instant::now()).is_some(), of_all);
    }
    let care = care(|_| {});
    exchange(&care, rest(&care), Kind::Status(503), &[("retry-after", "Sun, 06 Nov 1994 08:49:07 GMT")]).unwrap();
    assert_eq!(care.paused_for(), None, "that is over");
}

#[tokio::test(start_paused = true)]
async fn refusals_without_a_word_pause_for_longer_and_longer() {
    let care = care(|_| {});
    let draw = rest(&care);
    let begun = Instant::now();
    let both = [care.enter(draw, begun).unwrap(), care.enter(draw, begun).unwrap()];
    for permit in both {
        care.note(permit, draw, Kind::Rate, Some(&Headers::new(&HeaderMap::new())), (begun, Instant::now()));
    }
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
        assert_eq!(care.paused_for(), Some(SECOND * seconds));
        advance(SECOND * seconds).await;
        exchange(&care, draw, Kind::Rate, &[]).unwrap();
    }
    advance(SECOND * 60).await;
    exchange(&care, draw, Kind::Well, &[]).unwrap();
    exchange(&care, draw, Kind::Rate, &[]).unwrap();
    assert_eq!(care.paused_for(), Some(SECOND));
}

#[tokio::test(start_paused = true)]
async fn maintenance_pauses_the_whole_source() {
    let care = care(|_| {});
    exchange(&care, care.draw(Some("search")), Kind::Status(503), &[("retry-after", "7")]).unwrap();
    assert_eq!(care.refuses(rest(&care), Instant::now()), Some(Refusal::Paused(SECOND * 7)));
    assert_eq!(care.again(rest(&care), Kind::Status(503), 1, None, true), None);
}

#[tokio::test(start_paused = true)]
async fn a_used_up_quota_closes_its_bucket_until_it_is_reset() {
    let care = care(|_| {});
    exchange(&care, rest(&care), Kind::Quota, &[]).unwrap();
    assert_eq!(care.paused_for(), Some(SECOND * 15 * 60));
    assert_eq!(care.refuses(care.draw(Some("search")), Instant::now()), None);
}

#[tokio::test(start_paused = true)]
async fn quotas_are_read_from_headers_and_stretch_freshness_when_they_run_low() {
    let first = |name: &str| Some(format!("$response.headers.'{name}'->first"));
    let care = care(|settings| {
        let quota = settings.quota.entry("all".into()).or_default();
        (quota.limit, quota.remaining, quota.reset) = (first("x-limit"), first("x-left"), first("x-reset"));
    });
    assert_eq!(care.stretch(rest(&care)), 1.0);
    for (left, expected) in [("1000", 1.0), ("200", 1.0), ("100", 1.5), ("20", 1.9)] {
        let headers = [("x-limit", "1000"), ("x-left", left)];
        exchange(&care, rest(&care), Kind::Well, &headers).unwrap();
        assert!((care.stretch(rest(&care)) - expected).abs() < 0.01, "{left}");
        assert_eq!(care.quotas()[0].remaining, Some(left.parse().unwrap()));
    }
    let spent = [("x-limit", "1000"), ("x-left", "0"), ("x-reset", "30")];
    exchange(&care, rest(&care), Kind::Well, &spent).unwrap();
    assert_eq!(care.paused_for(), Some(SECOND * 30));
    advance(SECOND * 30).await;
    let spent = [("x-left", "0"), ("x-reset", "784111817"), ("date", "Sun, 06 Nov 1994 08:49:37 GMT")];
    exchange(&care, rest(&care), Kind::Well, &spent).unwrap();
    assert_eq!(care.paused_for(), Some(SECOND * 15 * 60), "below 1e9 it is a length, and bounded");
    advance(SECOND * 15 * 60).await;
    let spent = [("x-left", "0"), ("x-reset", "1764111877"), ("date", "Tue, 25 Nov 2025 23:04:07 GMT")];
    exchange(&care, rest(&care), Kind::Well, &spent).unwrap();
    assert_eq!(care.paused_for(), Some(SECOND * 30));
}

#[tokio::test(start_paused = true)]
async fn what_is_set_of_a_stretch_holds_and_no_more_can_be_set() {
    let of = |stretch: u32| {
        let mut settings = Settings::default();
        let quota = settings.quota.entry("all".into()).or_default();
        quota.remaining = Some("$response.headers.'x-left'->first".into());
        quota.limit = Some("$(100)".into());
        quota.stretch = stretch.try_into().unwrap();
        Care::new(&settings, &BTreeSet::new())
    };
    for (stretch, expected) in [(1, 1.0), (2, 1.95)] {
        let care = of(stretch).unwrap();
        exchange(&care, rest(&care), Kind::Well, &[("x-left", "1")]).unwrap();
        assert!((care.quotas()[0].stretch - expected).abs() < 0.01, "{stretch}");
    }
    assert!(of(3).unwrap_err().starts_with("quota.all.stretch: expected 2 at most"));
}

#[tokio::test(start_paused = true)]
async fn a_quota_may_be_told_by_what_was_used() {
    let text = "$response.headers.'sforce-limit-info'->first->split(';')->first";
    let care = care(|settings| {
        let quota = settings.quota.entry("all".into()).or_default();
        quota.used = Some(format!("{text}->split('=')->last->split('/')->first"));
        quota.limit = Some(format!("{text}->split('/')->last"));
    });
    let told = "api-usage=4500/5000; per-app-api-usage=17/250(appName=x)";
    exchange(&care, rest(&care), Kind::Well, &[("sforce-limit-info", told)]).unwrap();
    let quotas = care.quotas();
    assert_eq!((quotas[0].remaining, quotas[0].limit, quotas[0].stretch), (Some(500), Some(5000), 1.5));
}

/// Care that took the place of other care.
fn after(before: &Care, is_same_account: bool, edit: impl FnOnce(&mut Settings)) -> Care {
    let mut care = care(edit);
    care.take_over(before, is_same_account);
    care
}

#[tokio::test(start_paused = true)]
async fn who_takes_the_place_of_another_leaves_a_sick_source_alone_and_both_hear_how_it_is() {
    let first = care(|_| {});
    fail(&first, 4);
    let second = after(&first, false, |_| {});
    fail(&second, 1);
    let third = after(&second, true, |settings| settings.breaker.max_open = TimeSpan(SECOND / 2));
    for care in [&first, &second, &third] {
        assert_eq!(care.refuses(rest(care), Instant::now()), Some(Refusal::Open));
    }
    advance(SECOND / 2).await;
    assert_eq!(third.breaker_state(), BreakerState::HalfOpen, "its own settings hold");
    let probe = third.enter(rest(&third), Instant::now()).unwrap();
    assert_eq!(first.enter(rest(&first), Instant::now()).err(), Some(Refusal::Open), "one at a time of both");
    probe.well(Instant::now());
    assert_eq!(first.breaker_state(), BreakerState::Closed);
    let off = after(&first, true, |settings| settings.breaker.enabled = false);
    assert_eq!(off.breaker_state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn what_a_source_said_of_quotas_outlives_a_reload_where_the_account_is_the_same() {
    let told = |settings: &mut Settings| {
        let quota = settings.quota.entry("all".into()).or_default();
        quota.limit = Some("$response.headers.'x-limit'->first".into());
        quota.remaining = Some("$response.headers.'x-left'->first".into());
        let search = settings.quota.entry("search".into()).or_default();
        (search.calls, search.per) = (5.try_into().ok(), TimeSpan(SECOND * 60));
    };
    let first = care(told);
    let search = first.draw(Some("search"));
    exchange(&first, rest(&first), Kind::Well, &[("x-limit", "1000"), ("x-left", "100")]).unwrap();
    exchange(&first, rest(&first), Kind::Rate, &[("retry-after", "30")]).unwrap();
    (0..5).for_each(|_| first.spend(search, Instant::now()));
    let second = after(&first, true, told);
    assert_eq!(second.paused_for(), Some(SECOND * 30));
    assert_eq!(second.quotas(), first.quotas());
    assert!((second.stretch(rest(&second)) - 1.5).abs() < 0.01);
    assert!(second.ready(search, Instant::now(), 0).is_some(), "five of five are made");
    let other = after(&first, false, told);
    assert_eq!((other.paused_for(), other.stretch(rest(&other))), (None, 1.0));
    assert!(other.ready(search, Instant::now(), 0).is_some(), "a limit of our own is of the source");
    let impatient = after(&first, true, |settings| {
        settings.pause.longest = TimeSpan(SECOND);
        settings.pause.told = TimeSpan(SECOND);
        settings.pause.quota = TimeSpan(SECOND * 2);
    });
    assert_eq!(impatient.paused_for(), Some(SECOND * 2));
}

#[tokio::test(start_paused = true)]
async fn what_was_counted_goes_on_counting() {
    let first = care(|_| {});
    first.shed(3);
    assert!(first.again(rest(&first), Kind::Passing, 1, None, false).is_some());
    let mut second = care(|_| {});
    second.count_on(&first);
    second.shed(1);
    first.shed(1);
    assert_eq!((second.shed_so_far(), second.retries()), (5, 1));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_shows_strain_is_given_less_and_gets_it_back_when_it_is_at_ease() {
    let care = care(|settings| settings.concurrency = 8.try_into().unwrap());
    let tempo = Tempo::default();
    let feel = |kind, begun| care.feel(kind, &tempo, begun);
    assert_eq!(care.calls(), 8);
    let together = Instant::now();
    advance(MILLI * 5).await;
    // All that were under way together are one sign.
    (0..8).for_each(|_| feel(Kind::Unwell, together));
    assert_eq!(care.calls(), 6);
    for kind in [Kind::Quota, Kind::Unsent, Kind::Status(500)] {
        feel(kind, Instant::now());
    }
    assert_eq!(care.calls(), 6, "these say nothing of it");
    for _ in 0..20 {
        advance(MILLI).await;
        feel(Kind::Status(503), Instant::now());
    }
    assert_eq!(care.calls(), 1);
    (0..20).for_each(|_| feel(Kind::Well, Instant::now()));
    assert!((4..8).contains(&care.calls()), "{}", care.calls());
    (0..40).for_each(|_| feel(Kind::Well, Instant::now()));
    assert_eq!(care.calls(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_becomes_slow_is_given_less_until_that_is_how_it_is() {
    let care = care(|settings| {
        settings.concurrency = 8.try_into().unwrap();
        (settings.adapt.least, settings.adapt.slower) = (2.try_into().unwrap(), 4);
    });
    let tempo = Tempo::default();
    for millis in [[50; 20], [150; 20]].concat() {
        let begun = Instant::now();
        advance(MILLI * millis).await;
        care.feel(Kind::Well, &tempo, begun);
    }
    assert_eq!(care.calls(), 8, "a hundred milliseconds are within what happens");
    let mut fewest = 8;
    for _ in 0..2000 {
        let begun = Instant::now();
        advance(MILLI * 400).await;
        care.feel(Kind::Well, &tempo, begun);
        fewest = fewest.min(care.calls());
    }
    assert_eq!((fewest, care.calls()), (2, 8));
    let off = self::care(|settings| settings.adapt.enabled = false);
    off.feel(Kind::Unwell, &tempo, Instant::now());
    assert_eq!(off.calls(), 16, "as many as where nothing is said");
}

#[tokio::test(start_paused = true)]
async fn no_window_ever_holds_more_calls_than_its_limit() {
    let care = care(|settings| {
        let quota = settings.quota.entry("search".into()).or_default();
        (quota.calls, quota.per) = (5.try_into().ok(), TimeSpan(SECOND));
    });
    let draw = care.draw(Some("search"));
    let mut made = Vec::new();
    for _ in 0..40 {
        care.turn(draw, None).await.unwrap();
        made.push(Instant::now());
    }
    assert!(made.windows(6).all(|calls| calls[5] - calls[0] >= SECOND), "six within a second");
    let took = made[39] - made[0];
    assert!(took < SECOND * 9, "{took:?} is more than a tenth slower than allowed");
    assert_eq!(care.turn(draw, Some(Instant::now() + MILLI)).await, Err(Refusal::Spent));
    assert_eq!(care.turn(rest(&care), None).await, Ok(()), "another bucket");
}

#[tokio::test(start_paused = true)]
async fn calls_of_a_window_that_are_ahead_are_waited_for() {
    let window = Window::new(SECOND, Instant::now());
    let now = Instant::now();
    assert_eq!(window.room(now, 3, 3), None);
    for (more, seconds) in [(4, 1.1), (6, 1.1), (7, 2.2)] {
        (0..3).for_each(|_| window.add(now, false));
        let at = window.room(now, 3, more - 3).map(|at| (at - now).as_secs_f64());
        assert_eq!(at.map(|at| (at * 10.0).round() / 10.0), Some(seconds), "{more}");
        window.clear();
    }
}

#[test]
fn settings_that_cannot_be_meant_are_told() {
    let told = |bucket: &str, remaining: &str| {
        let mut settings = Settings::default();
        settings.quota.entry(bucket.into()).or_default().remaining = Some(remaining.into());
        Care::new(&settings, &BTreeSet::from(["search"])).unwrap_err()
    };
    assert_eq!(told("serach", "1"), "quota.serach: no connector draws from it; expected one of all, rest, search");
    assert!(told("search", "$response.headers.'x").starts_with("quota.search.remaining: "));
    let only = "quota.rest.remaining: expected a mapping that reads $response.headers and nothing else";
    assert_eq!(told("rest", "$args.x"), only);
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_when_nobody_waits_but_not_before_its_timeout() {
    let now = Instant::now();
    let at = |seconds| Some(now + SECOND * seconds);
    assert_eq!(deadline::ends([at(1), at(3)], now, SECOND * 2), at(3));
    assert_eq!(deadline::ends([at(1)], now, SECOND * 2), at(2));
    assert_eq!(deadline::ends([at(1), None], now, SECOND * 2), None);
    assert_eq!(deadline::limit(at(3), now, SECOND * 2), SECOND * 2);
    assert_eq!(deadline::limit(at(1), now, SECOND * 2), SECOND);
    assert_eq!(deadline::left([at(1), at(2)], now), Some(SECOND * 2));
    assert_eq!(deadline::left([None], now), None);
    assert_eq!(shed::wait(17, 8, SECOND), SECOND * 2);
}
