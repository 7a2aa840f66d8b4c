//! Answers are paired with keys by what they say.

use super::super::{Settings, Tally};
use super::desk::{Desk, json, status};
use super::world::{ID, Spec, world};
use crate::catalog::{FailureClass, FailureRule};

/// What keys get from one answer, and what was counted.
async fn check(spec: Spec<'_>, answer: &'static str, ids: &str, expected: &[&str]) -> Tally {
    check_status(spec, 200, answer, ids, expected).await
}

async fn check_status(spec: Spec<'_>, code: u16, answer: &'static str, ids: &str, expected: &[&str]) -> Tally {
    let desk = Desk::saying(move |_| status(code, answer)).await;
    let world = world(&desk.url, spec, Settings::default());
    assert_eq!(world.ask(ids).await, expected, "{answer}");
    world.sources.tally(ID)
}

const SHUFFLED: &str =
    r#"{"people":[{"id":"c","name":"Cem"},{"id":"x","name":"Xi"},{"name":"?"},{"id":"a","name":"Ann"}]}"#;

#[tokio::test]
async fn elements_are_paired_by_key_and_strangers_are_dropped() {
    let tally = check(Spec::default(), SHUFFLED, "a b c", &["Ann", "absent", "Cem"]).await;
    assert_eq!((tally.strangers, tally.keys), (2, 3));
    check(Spec::default(), r#"{"people":[]}"#, "a b", &["absent", "absent"]).await;
    check(Spec::default(), r#"{"people":null}"#, "a", &["absent"]).await;
    check(Spec::default(), r#"{"people":{"id":"a","name":"Ann"}}"#, "a", &["Ann"]).await;
    check(Spec::default(), r#"{"people":[{"id":7,"name":"Ann"}]}"#, "7", &["Ann"]).await;
}

#[tokio::test]
async fn of_two_elements_with_one_key_the_first_wins_and_lists_grow() {
    let twice = r#"{"people":[{"id":"a","name":"Ann"},{"id":"a","name":"Bob"},{"id":"b","name":"Bea"}]}"#;
    let tally = check(Spec::default(), twice, "a b", &["Ann doubled", "Bea"]).await;
    assert_eq!(tally.doubles, 1);
    let rows = || Spec {
        selection: "$.rows { id: person  tickets: $->map({subject: @.s}) }",
        gives: &["tickets"],
        ..Spec::default()
    };
    let answer = r#"{"rows":[{"person":"a","s":"one"},{"person":"b","s":"two"},{"person":"a","s":"three"}]}"#;
    let tally = check(rows(), answer, "a b c", &["[one three]", "[two]", "absent"]).await;
    assert_eq!(tally.doubles, 0);
}

#[tokio::test]
async fn keys_are_normalised_before_they_are_compared() {
    let spec = Spec { normalize: Some("@->match(['ANN', 'ann'], [@, @])"), ..Spec::default() };
    check(spec, r#"{"people":[{"id":"ANN","name":"Ann"},{"id":"bob","name":"Bob"}]}"#, "ann bob", &["Ann", "Bob"])
        .await;
}

#[tokio::test]
async fn one_key_gets_the_answer_unless_it_is_somebody_elses() {
    check(Spec::single(), r#"{"id":"a","name":"Ann"}"#, "a", &["Ann"]).await;
    let tally = check(Spec::single(), r#"{"id":"b","name":"Bob"}"#, "a", &["absent"]).await;
    assert_eq!(tally.strangers, 1);
    check(Spec { selection: "name", ..Spec::single() }, r#"{"name":"Ann"}"#, "a", &["Ann"]).await;
    check(Spec::single(), "null", "a", &["absent"]).await;
    check(Spec::single(), "", "a", &["absent"]).await;
    check_status(Spec::single(), 404, r#"{"error":"no"}"#, "a", &["absent"]).await;
}

#[tokio::test]
async fn silence_is_no_answer_to_many_keys() {
    let unreadable = "UPSTREAM_INVALID: support sent an answer that cannot be read";
    check(Spec::default(), "", "a b", &[unreadable, unreadable]).await;
    check(Spec::default(), "null", "a b", &["absent", "absent"]).await;
    check_status(Spec::default(), 204, "", "a b", &["absent", "absent"]).await;
}

#[tokio::test]
async fn the_answer_of_a_field_is_the_field() {
    let spec = || Spec { selection: "$.tickets { subject }", on_tickets: true, ..Spec::single() };
    check(spec(), r#"{"tickets":[{"subject":"one"},{"subject":"two"}]}"#, "a", &["[one two]"]).await;
    check(spec(), r#"{"tickets":null}"#, "a", &["absent"]).await;
    check(spec(), r#"{"tickets":"none"}"#, "a", &["invalid partial"]).await;
}

#[tokio::test]
async fn a_batch_that_is_no_list_is_no_answer() {
    let unreadable = "UPSTREAM_INVALID: support sent an answer that cannot be read";
    check(Spec::default(), r#"{"people":"soon"}"#, "a b", &[unreadable, unreadable]).await;
    check(Spec::single(), r#"["a"]"#, "a", &[unreadable]).await;
}

#[tokio::test]
async fn a_connector_says_itself_what_success_is() {
    let spec = || Spec { is_success: Some("$.ok"), ..Spec::default() };
    let said = "UNAVAILABLE: support said that the request failed";
    check(spec(), r#"{"ok":false,"people":[]}"#, "a", &[said]).await;
    check_status(spec(), 500, r#"{"ok":true,"people":[{"id":"a","name":"Ann"}]}"#, "a", &["Ann"]).await;
    let own = Spec { message: Some("$.error->first.text"), ..spec() };
    check(
        own,
        r#"{"ok":false,"error":[{"text":"the index is being rebuilt"}]}"#,
        "a",
        &["UNAVAILABLE: the index is being rebuilt"],
    )
    .await;
}

#[tokio::test]
async fn a_sources_own_rules_say_what_a_failure_is() {
    let rule = |class, when| vec![FailureRule { class, when: super::world::program(when) }];
    let of = |class, when| Spec { failures: rule(class, when), ..Spec::default() };
    let none = r#"{"error":"NOT_FOUND"}"#;
    check_status(of(FailureClass::Absent, "$.error->eq('NOT_FOUND')"), 400, none, "a", &["absent"]).await;
    let quota = r#"{"error":"REQUEST_LIMIT_EXCEEDED"}"#;
    let said = "RATE_LIMITED: support has no quota left for the gateway";
    check_status(of(FailureClass::Quota, "$.error->eq('REQUEST_LIMIT_EXCEEDED')"), 403, quota, "a", &[said]).await;
    let said = "UNAVAILABLE: support refused the gateway's credential";
    check_status(of(FailureClass::Auth, "$status->eq(419)"), 419, "{}", "a", &[said]).await;
}

#[tokio::test]
async fn a_batch_may_travel_in_a_body() {
    let desk = Desk::saying(|_| json(SHUFFLED)).await;
    let spec = Spec { query: None, body: Some("ids: $batch.id"), ..Spec::default() };
    let world = world(&desk.url, spec, Settings::default());
    assert_eq!(world.ask("a c").await, ["Ann", "Cem"]);
    assert_eq!(desk.seen()[0].body, r#"{"ids":["a","c"]}"#);
}
