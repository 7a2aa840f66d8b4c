//! The rest of an answer.

use super::super::{Settings, link_header};
use super::desk::{Desk, json, parameter};
use super::world::{ID, Spec, program, world};
use crate::catalog::{Next, PageTarget, Paginate};

fn paged(next: &str, into: PageTarget) -> Paginate {
    Paginate {
        items: program("$.data.rows"),
        items_path: vec!["data".into(), "rows".into()],
        next: Next::Given(Box::new(program(next))),
        while_more: None,
        total: None,
        into,
        max_pages: 4,
    }
}

fn spec(paginate: Paginate) -> Spec<'static> {
    Spec {
        selection: "$.data.rows { id: person  tickets: $->map({subject: @.subject}) }",
        gives: &["tickets"],
        paginate: Some(paginate),
        ..Spec::default()
    }
}

/// Page 1 to 3 of an answer, with what leads to the next one.
fn page(number: usize, next: &str) -> String {
    let person = if number == 2 { "b" } else { "a" };
    format!(r#"{{"data":{{"rows":[{{"person":"{person}","subject":"t{number}"}}]}},"next":{next}}}"#)
}

#[tokio::test]
async fn pages_by_a_query_parameter_are_joined_before_the_selection_runs() {
    let desk = Desk::saying(|seen| match parameter(&seen.line, "after") {
        "" => json(page(1, r#""p 2""#)),
        "p%202" => json(page(2, "3")),
        _ => json(page(3, "null")),
    })
    .await;
    let spec = spec(paged("$.next", PageTarget::Query("after".into())));
    let world = world(
        &desk.url,
        Spec { query: Some("after: ''  ids: $batch.id->joinNotNull(',')"), ..spec },
        Settings::default(),
    );
    assert_eq!(world.ask("a b c").await, ["[t1 t3]", "[t2]", "absent"]);
    let ids = "ids=a%2Cb%2Cc";
    assert_eq!(desk.lines()[1..], [format!("GET /people?{ids}&after=p%202"), format!("GET /people?{ids}&after=3")]);
    assert_eq!((world.sources.tally(ID).calls, world.sources.tally(ID).keys), (3, 3));
}

#[tokio::test]
async fn pages_by_address_may_be_relative() {
    let desk = Desk::saying(|seen| match seen.line.as_str() {
        "GET /api/more?page=2" => json(page(2, r#""/elsewhere""#)),
        "GET /elsewhere" => json(page(3, "null")),
        _ => json(page(1, r#""more?page=2""#)),
    })
    .await;
    let world = world(&format!("{}/api", desk.url), spec(paged("$.next", PageTarget::Url)), Settings::default());
    assert_eq!(world.ask("a b").await, ["[t1 t3]", "[t2]"]);
}

#[tokio::test]
async fn pages_by_body_and_while_more() {
    let desk = Desk::saying(|seen| {
        json(match seen.body.as_str() {
            r#"{"ids":["a","b"],"page":{"size":1}}"# => page(1, r#""x","more":true"#),
            r#"{"ids":["a","b"],"page":{"size":1,"after":"x"}}"# => page(2, r#""y","more":false"#),
            other => panic!("{other}"),
        })
    })
    .await;
    let paginate =
        Paginate { while_more: Some(program("$.more")), ..paged("$.next", PageTarget::Body("page.after".into())) };
    let spec = Spec { query: None, body: Some("ids: $batch.id  page: $({size: 1})"), ..spec(paginate) };
    assert_eq!(world(&desk.url, spec, Settings::default()).ask("a b").await, ["[t1]", "[t2]"]);
    assert_eq!(desk.lines().len(), 2);
}

#[tokio::test]
async fn a_next_page_seen_before_ends_with_an_error() {
    let desk = Desk::saying(|_| json(page(1, r#""again""#))).await;
    let world = world(&desk.url, spec(paged("$.next", PageTarget::Query("after".into()))), Settings::default());
    assert_eq!(world.ask("a").await, ["UPSTREAM_INVALID: support sent an answer that cannot be read"]);
    assert_eq!(desk.lines().len(), 2);
}

#[tokio::test]
async fn a_list_cut_at_the_most_pages_is_partial_for_every_key() {
    let desk = Desk::saying(|seen| {
        let number = parameter(&seen.line, "after").parse().unwrap_or(0) + 1;
        json(page(number, &number.to_string()))
    })
    .await;
    let world = world(&desk.url, spec(paged("$.next", PageTarget::Query("after".into()))), Settings::default());
    assert_eq!(world.ask("a b c").await, ["[t1 t3 t4] partial", "[t2] partial", "[] partial"]);
    assert_eq!((desk.lines().len(), world.sources.tally(ID).cut), (4, 1));
}

#[tokio::test]
async fn a_next_page_on_another_system_is_refused() {
    let canary = Desk::saying(|_| json(page(2, "null"))).await;
    let next = format!(r#""{}/more""#, canary.url);
    let desk = Desk::saying(move |_| json(page(1, &next))).await;
    let world = world(&desk.url, spec(paged("$.next", PageTarget::Url)), Settings::default());
    assert_eq!(world.ask("a").await, ["UPSTREAM_INVALID: support pointed to another system"]);
    assert_eq!(canary.lines(), Vec::<String>::new());
}

#[test]
fn the_next_address_is_found_among_links_and_rubbish_is_passed_over() {
    for (values, expected) in [
        (&["<a?b=1,2>; rel=next"][..], Some("a?b=1,2")),
        (&["<a>; rel=\"prev\", <b>; title=\"x, <c>; rel=next\"; rel=\"first next\""], Some("b")),
        (&["<a>; REL = Next"], Some("a")),
        (&["<a>; rel=prev; rel=next"], None),
        (&["<a>; rel=prev", "<b>;rel=next"], Some("b")),
        (&["<a>; rel=nextish", "<b>", "rel=next", "<c; rel=next", "<d>; rel=\"ne"], None),
        (&["<a>; title=\"\\\"; rel=next, <b>; rel=next"], None),
        (&["", ",,;;", ">;<", "< é >; rel=next"], Some("é")),
    ] {
        assert_eq!(link_header::target(values.iter().copied(), "next"), expected, "{values:?}");
    }
}
