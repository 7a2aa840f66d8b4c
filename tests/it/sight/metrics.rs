//! Numbers of a gateway that was asked.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use c360::gateway::Gateway;
use c360::http::{Desk, Settings, sights};
use c360::startup::{assemble, assemble_after};
use c360::telemetry::catalogue::{METRICS, Metric};
use c360::telemetry::{Format, Page};
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::{Town, ask};

fn page(gateway: &Gateway) -> String {
    let mut page = Page::default();
    gateway.measure(&mut page);
    page.write(Format::Prometheus)
}

/// The value of one series.
fn value(text: &str, series: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

#[tokio::test]
async fn what_was_done_for_a_question_is_counted() {
    let town = Town { secret: Some("boom".into()), ..Town::default() };
    let gateway = town.gateway("").await;
    gateway.answer(ask(r#"query Who { customer(id: "c-1") { name open } }"#, &[])).await;
    gateway.answer(ask(r#"query Who { customer(id: "c-1") { name open } }"#, &[])).await;
    gateway.answer(ask("query Nobody { nothing }", &[])).await;
    let text = page(&gateway);
    for (series, expected) in [
        (r#"c360_operations_total{operation="Who",outcome="partial"}"#, 2.0),
        (r#"c360_operations_total{operation="Who",outcome="whole"}"#, 0.0),
        (r#"c360_operation_duration_seconds_count{operation="Who"}"#, 2.0),
        (r#"c360_operations_refused_total{reason="GRAPHQL_VALIDATION_FAILED"}"#, 1.0),
        (r#"c360_plans_total{outcome="miss"}"#, 2.0),
        (r#"c360_plans_total{outcome="hit"}"#, 1.0),
        (r#"c360_source_calls_total{source="crm",outcome="2xx"}"#, 2.0),
        // Each call that failed is tried once more.
        (r#"c360_source_calls_total{source="desk",outcome="5xx"}"#, 4.0),
        (r#"c360_source_retries_total{source="desk"}"#, 2.0),
        (r#"c360_source_breaker{source="crm",state="closed"}"#, 1.0),
        (r#"c360_source_calls_in_flight{source="crm"}"#, 0.0),
        (r#"c360_connector_keys_total{connector="people",source="crm"}"#, 2.0),
        (r#"c360_connector_call_keys_bucket{connector="people",source="crm",le="1"}"#, 2.0),
        (r#"c360_connector_failures_total{connector="tickets",source="desk",code="UNAVAILABLE"}"#, 2.0),
        (r#"c360_cache_entries{tier="memory"}"#, 0.0),
    ] {
        assert_eq!(value(&text, series), Some(expected), "{series} in\n{text}");
    }
    assert!(!text.contains("Nobody"), "what is not valid has no name here");
    let errors = text.lines().find(|line| line.starts_with("c360_operation_errors_total{")).unwrap();
    assert!(errors.ends_with(r#",code="UNAVAILABLE"} 2"#), "{errors}");
}

#[tokio::test]
async fn names_of_operations_make_a_bounded_number_of_series() {
    let town = Town::default();
    let gateway = town.gateway("[telemetry]\noperation_names = 5").await;
    for number in 0..300 {
        gateway.answer(ask(&format!("query Name{number} {{ __typename }}"), &[])).await;
    }
    let text = page(&gateway);
    let names = text.lines().filter(|line| line.starts_with("c360_operation_duration_seconds_count{")).count();
    assert_eq!(names, 7, "five, anonymous and other");
    assert_eq!(value(&text, r#"c360_operations_total{operation="other",outcome="whole"}"#), Some(295.0));
}

#[tokio::test]
async fn the_page_has_every_metric_that_there_is() {
    let town = Town { secret: Some("boom".into()), ..Town::default() };
    let gateway = town.gateway("[telemetry.otlp]\nendpoint = 'http://127.0.0.1:9'").await;
    gateway.answer(ask(r#"query Who { customer(id: "c-1") { name open } }"#, &[("traceparent", "x")])).await;
    let desk = Desk::new(gateway, Settings::default());
    let request = Request::get("/metrics").header("accept", "application/openmetrics-text").body(Body::empty());
    let response = sights(desk).oneshot(request.unwrap()).await.unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    assert_eq!(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let text = String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
    assert!(text.ends_with("# EOF\n"));
    // What nobody refused, no source limits and no gateway shares has no series yet, nor has
    // what no vendor tells.
    let silent =
        ["c360_http_refused", "c360_source_quota_left", "c360_source_quota_limit", "c360_source_quota_stretch"];
    let name = |metric: &Metric| metric.full_name().trim_end_matches("_total").to_owned();
    let missing: Vec<String> = METRICS
        .iter()
        .map(|metric| name(metric))
        .filter(|name| !text.contains(&format!("# TYPE {name} ")) && !silent.contains(&name.as_str()))
        .filter(|name| !name.starts_with("c360_cache_shared_") && name != "c360_webhooks")
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// A gateway that takes another's place counts on where that one was; what is gone from the schema is gone here.
#[tokio::test]
async fn numbers_outlive_the_gateway_that_a_reload_replaces() {
    let (town, query) = (Town::default(), r#"query Who { customer(id: "c-1") { name } }"#);
    let folder = town.folder("").await;
    let settings = folder.settings.clone();
    let first = assemble(folder, Arc::new(|_: &str| None), None).ok().unwrap().gateway;
    first.answer(ask(query, &[])).await;
    let after = |folder, before: &Gateway| {
        assemble_after(folder, Arc::new(|_: &str| None), None, Some((before, &settings))).ok().unwrap().gateway
    };
    let second = after(town.folder("").await, &first);
    second.answer(ask(query, &[])).await;
    let text = page(&second);
    for series in [
        r#"c360_operations_total{operation="Who",outcome="whole"}"#,
        r#"c360_source_calls_total{source="crm",outcome="2xx"}"#,
        r#"c360_connector_keys_total{connector="people",source="crm"}"#,
    ] {
        assert_eq!(value(&text, series), Some(2.0), "{series} in\n{text}");
    }
    assert!(text.contains(r#"connector="tickets""#));
    let mut folder = town.folder("").await;
    folder.files[0].text = folder.files[0].text.replace(r#"id: "tickets""#, r#"id: "openTickets""#);
    let text = page(&after(folder, &second));
    assert!(!text.contains(r#"connector="tickets""#) && text.contains(r#"connector="openTickets""#), "{text}");
}
