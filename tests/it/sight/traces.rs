//! An operation and its calls as one trace.

use std::sync::Arc;
use std::time::Duration;

use c360::telemetry::{Format, Page};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::{Event, SpanKind};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::collector::{Collector, attribute, hex};
use super::{Town, ask};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const UNSAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

fn settings(endpoint: &str, more: &str) -> String {
    format!("[telemetry]\npropagate = true\n[telemetry.otlp]\nendpoint = '{endpoint}'\n{more}\n")
}

#[tokio::test]
async fn an_operation_and_its_calls_are_one_trace() {
    let (town, collector) = (Town::default(), Collector::default());
    let endpoint = collector.open().await;
    let gateway = town.gateway(&settings(&endpoint, "headers = { x-api-key = 'k-123' }")).await;
    let query = r#"query Who { customer(id: "c-1") { name open } }"#;
    let answer = gateway.answer(ask(query, &[("traceparent", PARENT), ("tracestate", "vendor=1")])).await;
    assert!(answer.executed && !String::from_utf8_lossy(&answer.body).contains("errors"));
    let spans = collector.wait_for(3).await;
    let [who, people, tickets] = &spans[..] else { panic!("{spans:#?}") };
    assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE && span.trace_state == "vendor=1"));
    assert_eq!((who.name.as_str(), who.kind), ("Who", SpanKind::Server as i32));
    assert_eq!(hex(&who.parent_span_id), "b7ad6b7169203331", "the caller's span is above");
    assert_eq!(attribute(who, "c360.outcome").as_deref(), Some("whole"));
    assert_eq!(attribute(who, "c360.errors").as_deref(), Some("0"));
    for (span, name, source, path) in [(people, "people", "crm", "/people"), (tickets, "tickets", "desk", "/tickets")] {
        assert_eq!((span.name.as_str(), span.kind), (name, SpanKind::Client as i32));
        assert_eq!(span.parent_span_id, who.span_id);
        assert_eq!(attribute(span, "c360.source").as_deref(), Some(source));
        assert_eq!(attribute(span, "c360.connector").as_deref(), Some(name));
        assert_eq!(attribute(span, "c360.keys").as_deref(), Some("1"));
        assert_eq!(attribute(span, "c360.attempt").as_deref(), Some("1"));
        assert_eq!(attribute(span, "http.request.method").as_deref(), Some("GET"));
        assert_eq!(attribute(span, "http.response.status_code").as_deref(), Some("200"));
        assert!(span.end_time_unix_nano >= span.start_time_unix_nano);
        let told = format!("00-{TRACE}-{}-01", hex(&span.span_id));
        assert_eq!(town.parents(path), [Some(told)], "the source is told the call's own span");
    }
    assert_eq!(town.calls.lock().unwrap()[0].1["tracestate"], "vendor=1");
    assert_eq!(collector.headers.lock().unwrap()[0]["x-api-key"], "k-123");
}

#[tokio::test]
async fn a_call_for_several_requests_is_below_the_first_and_names_the_others() {
    let (collector, gate) = (Collector::default(), Arc::new(Semaphore::new(0)));
    let town = Town { gate: Some(gate.clone()), ..Town::default() };
    let endpoint = collector.open().await;
    let gateway = town.gateway(&settings(&endpoint, "")).await;
    let asking = |id: &str| {
        let (gateway, query) = (gateway.clone(), format!("query Q{id} {{ customer(id: \"{id}\") {{ name }} }}"));
        tokio::spawn(async move { gateway.answer(ask(&query, &[])).await })
    };
    let mut asked = vec![asking("first")];
    while town.calls.lock().unwrap().is_empty() {
        sleep(Duration::from_millis(5)).await;
    }
    // The source's one slot is taken: these gather.
    for id in ["a", "b", "c"] {
        asked.push(asking(id));
        sleep(Duration::from_millis(30)).await;
    }
    gate.add_permits(10);
    for answer in asked {
        timeout(Duration::from_secs(10), answer).await.unwrap().unwrap();
    }
    let spans = collector.wait_for(6).await;
    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let shared = spans.iter().find(|span| attribute(span, "c360.keys").as_deref() == Some("3")).unwrap();
    assert_eq!(shared.parent_span_id, named("Qa").span_id);
    let links: Vec<_> = shared.links.iter().map(|link| (&link.trace_id, &link.span_id)).collect();
    let of = |name: &str| (&named(name).trace_id, &named(name).span_id);
    assert_eq!(links, [(&named("Qb").trace_id, &named("Qb").span_id), of("Qc")]);
}

#[tokio::test]
async fn the_caller_decides_and_else_one_in_many_is_traced() {
    let (town, collector) = (Town::default(), Collector::default());
    let endpoint = collector.open().await;
    let gateway = town.gateway(&settings(&endpoint, "one_in = 18446744073709551615")).await;
    let query = |id: usize| format!("query N{id} {{ customer(id: \"c-{id}\") {{ name }} }}");
    gateway.answer(ask(&query(1), &[("traceparent", UNSAMPLED)])).await;
    gateway.answer(ask(&query(2), &[])).await;
    gateway.answer(ask(&query(3), &[("traceparent", "nonsense")])).await;
    gateway.answer(ask(&query(4), &[("traceparent", PARENT)])).await;
    let spans = collector.wait_for(2).await;
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["N4", "people"]);
    let parents = town.parents("/people");
    assert!(parents[0].as_ref().is_some_and(|parent| parent.starts_with("00-0af7") && parent.ends_with("-00")));
    assert!(parents[1].as_ref().is_some_and(|parent| parent.ends_with("-00")), "the decision travels on: {parents:?}");
}

#[tokio::test]
async fn nothing_is_handed_on_unless_the_settings_say_so() {
    let town = Town::default();
    let gateway = town.gateway("").await;
    gateway.answer(ask(r#"{ customer(id: "c-1") { name } }"#, &[("traceparent", PARENT)])).await;
    assert_eq!(town.parents("/people"), [None]);
    let gateway = town.gateway("[telemetry]\npropagate = true").await;
    gateway.answer(ask(r#"{ customer(id: "c-2") { name } }"#, &[("traceparent", PARENT)])).await;
    assert_eq!(town.parents("/people")[1].as_deref(), Some(PARENT), "without traces of its own: as it came");
}

#[tokio::test]
async fn a_collector_that_is_away_costs_spans_and_nothing_else() {
    let town = Town::default();
    // Nobody listens there: the port was just given back.
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let gateway = town.gateway(&settings(&format!("http://{closed}"), "queue = 4\ntimeout = '1s'")).await;
    for id in 0..200 {
        let query = format!("{{ customer(id: \"c-{id}\") {{ name }} }}");
        let answer = timeout(Duration::from_secs(5), gateway.answer(ask(&query, &[]))).await.unwrap();
        assert!(answer.executed);
    }
    gateway.sight().tracer().leave(Duration::from_secs(5)).await;
    let mut page = Page::default();
    gateway.measure(&mut page);
    let text = page.write(Format::Prometheus);
    let count = |outcome: &str| {
        let head = format!("c360_spans_total{{outcome=\"{outcome}\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&head)).unwrap().parse::<u64>().unwrap()
    };
    assert_eq!((count("sent"), count("dropped") + count("failed")), (0, 400), "two spans of each operation");
    assert!(count("failed") > 0);
}

#[tokio::test]
async fn steps_that_were_waited_for_are_spans_where_they_are_wanted() {
    let (town, collector) = (Town::default(), Collector::default());
    let endpoint = collector.open().await;
    let gateway = town.gateway(&settings(&endpoint, "steps = true")).await;
    gateway.answer(ask(r#"query Who { customer(id: "c-1") { name open } }"#, &[])).await;
    let spans = collector.wait_for(5).await;
    let who = spans.iter().find(|span| span.name == "Who").unwrap();
    for name in ["step people", "step tickets"] {
        let step = spans.iter().find(|span| span.name == name).unwrap();
        assert_eq!((&step.parent_span_id, step.kind), (&who.span_id, SpanKind::Internal as i32));
    }
}

#[tokio::test]
async fn a_collector_that_cannot_be_is_a_problem_of_the_settings_that_tells_no_secret() {
    let problem = |more: &'static str| async move {
        let settings = format!("[telemetry.otlp]\n{more}");
        Town::default().built(&settings).await.err().unwrap()
    };
    let told = problem("endpoint = 'collector:4318'").await;
    assert!(told.starts_with("gateway.toml:2:12: [telemetry.otlp] endpoint: expected an address"), "{told}");
    let told = problem("endpoint = 'http://collector:4318'\nheaders = { x-key = \"se\\ncret\" }").await;
    assert_eq!(told, "gateway.toml:3:1: [telemetry.otlp] headers: `x-key` with its value cannot be sent as a header");
}

#[tokio::test]
async fn a_failed_call_is_told_on_its_span_and_on_the_operation() {
    let collector = Collector::default();
    let town = Town { secret: Some("boom".into()), ..Town::default() };
    let endpoint = collector.open().await;
    let gateway = town.gateway(&settings(&endpoint, "")).await;
    gateway.answer(ask(r#"query Who { customer(id: "c-1") { name open } }"#, &[])).await;
    gateway.sight().tracer().leave(Duration::from_secs(5)).await;
    let spans = collector.wait_for(3).await;
    let (who, tickets) = (&spans[0], spans.iter().find(|span| span.name == "tickets").unwrap());
    assert_eq!(attribute(who, "c360.outcome").as_deref(), Some("partial"));
    assert_eq!(who.events.iter().map(|event| event.name.as_str()).collect::<Vec<_>>(), ["call failed"]);
    assert_eq!(attribute(tickets, "error.type").as_deref(), Some("UNAVAILABLE"));
    assert_eq!(attribute(tickets, "http.response.status_code").as_deref(), Some("500"));
    assert_eq!(tickets.status.as_ref().unwrap().code, 2);
}

/// What happened on a span: its names, each with the connector and the code that it tells.
fn happened(span: &Span) -> Vec<(String, String, String)> {
    let told = |event: &Event, name: &str| {
        let found = event.attributes.iter().find(|attribute| attribute.key == name);
        found.map(|found| format!("{:?}", found.value)).unwrap_or_default()
    };
    let of = |event: &Event| (event.name.clone(), told(event, "c360.connector"), told(event, "error.type"));
    span.events.iter().map(of).collect()
}

#[tokio::test]
async fn what_failed_stands_on_the_operation_even_where_nobody_was_called() {
    let (collector, secret) = (Collector::default(), "boom".to_owned());
    let town = Town { secret: Some(secret.clone()), ..Town::default() };
    let endpoint = collector.open().await;
    let breaker = "[sources.desk.breaker]\nconsecutive = 1\nopen = '10m'\nmax_open = '10m'\n";
    let gateway = town.gateway(&settings(&endpoint, breaker)).await;
    for (name, id) in [("First", "c-1"), ("Later", "c-2")] {
        gateway.answer(ask(&format!("query {name} {{ customer(id: \"{id}\") {{ name open }} }}"), &[])).await;
    }
    gateway.sight().tracer().leave(Duration::from_secs(5)).await;
    let spans = collector.wait_for(5).await;
    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let called: Vec<_> = spans.iter().filter(|span| span.name == "tickets").map(|span| &span.parent_span_id).collect();
    assert_eq!(called, [&named("First").span_id], "the source is left alone from then on");
    for (name, code) in [("First", "UNAVAILABLE"), ("Later", "CIRCUIT_OPEN")] {
        let [(what, connector, why)] = happened(named(name)).try_into().unwrap();
        assert_eq!(what, "call failed", "{name}");
        assert!(connector.contains("\"tickets\"") && why.contains(&format!("\"{code}\"")), "{name}: {connector} {why}");
        let event = &named(name).events[0];
        let within = named(name).start_time_unix_nano..=named(name).end_time_unix_nano;
        assert!(within.contains(&event.time_unix_nano), "{name}");
    }
    assert!(!format!("{spans:?}").contains(&secret), "nothing of an answer's body is told");
}

#[tokio::test]
async fn of_many_calls_that_failed_so_many_are_told_and_no_more() {
    let (town, collector) = (Town { secret: Some("boom".into()), ..Town::default() }, Collector::default());
    let endpoint = collector.open().await;
    let more = "[limits]\naliases = 200\nroot_fields = 200\n[sources.desk.breaker]\nenabled = false\n";
    let gateway = town.gateway(&settings(&endpoint, more)).await;
    let all: String = (0..70).map(|id| format!("a{id}: customer(id: \"c-{id}\") {{ open }} ")).collect();
    let answer = gateway.answer(ask(&format!("query All {{ {all} }}"), &[])).await;
    assert!(answer.executed, "{}", String::from_utf8_lossy(&answer.body));
    gateway.sight().tracer().leave(Duration::from_secs(5)).await;
    let spans = collector.wait_for(71).await;
    let all = spans.iter().find(|span| span.name == "All").unwrap();
    assert_eq!(happened(all).len(), 64);
    assert!(happened(all).iter().all(|(what, ..)| what == "call failed"));
}
