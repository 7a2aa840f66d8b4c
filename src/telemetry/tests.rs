//! Names, pages, numbers and places in traces.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};

use super::catalogue::{CACHE_HELD, Kind, METRICS, OPERATION_DURATION, OPERATIONS};
use super::trace::{TRACEPARENT, TRACESTATE};
use super::{CallSpan, Counter, Format, Histogram, Names, Pace, Page, Place, Settings, Tracer, Watch};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn headers(pairs: &[(&'static str, &str)]) -> Arc<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    Arc::new(map)
}

#[test]
fn every_metric_is_named_as_the_formats_want_it() {
    for metric in METRICS {
        let is_plain = |name: &str| name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        assert!(is_plain(metric.name) && metric.labels.iter().all(|label| is_plain(label)), "{}", metric.name);
        assert!(metric.name.starts_with("c360_") || metric.name.starts_with("process_"), "{}", metric.name);
        assert!(!metric.name.ends_with("_total") && !metric.help.is_empty(), "{}", metric.name);
    }
    let names: std::collections::BTreeSet<String> = METRICS.iter().map(|metric| metric.full_name()).collect();
    assert_eq!(names.len(), METRICS.len(), "no name stands for two");
}

#[test]
fn a_page_is_written_in_both_formats() {
    let took = Histogram::of_times();
    took.time(Duration::from_millis(3));
    took.time(Duration::from_secs(100));
    let page = || {
        let mut page = Page::default();
        page.put(&OPERATIONS, &["who \"is\" it\n", "whole"], 3);
        page.put_real(&CACHE_HELD, &["memory"], 1.5);
        page.put_spread(&OPERATION_DURATION, &["other"], took.spread());
        page
    };
    let text = page().write(Format::OpenMetrics);
    for line in [
        "# TYPE c360_operations counter",
        r#"c360_operations_total{operation="who \"is\" it\n",outcome="whole"} 3"#,
        "# UNIT c360_operation_duration_seconds seconds",
        r#"c360_operation_duration_seconds_bucket{le="0.0025",operation="other"} 0"#,
        r#"c360_operation_duration_seconds_bucket{le="0.005",operation="other"} 1"#,
        r#"c360_operation_duration_seconds_bucket{le="+Inf",operation="other"} 2"#,
        r#"c360_operation_duration_seconds_count{operation="other"} 2"#,
        r#"c360_cache_held_bytes{tier="memory"} 1.5"#,
        "# EOF",
    ] {
        assert!(text.lines().any(|told| told == line), "no {line} in\n{text}");
    }
    let text = page().write(Format::Prometheus);
    assert!(text.contains("c360_operations_total{") && !text.contains("# EOF"), "{text}");
}

#[test]
fn a_scraper_gets_the_format_it_asks_for() {
    assert_eq!(Format::of("application/openmetrics-text;version=1.0.0;q=0.8,*/*;q=0.1"), Format::OpenMetrics);
    assert_eq!(Format::of("text/plain"), Format::Prometheus);
    assert_eq!(Format::of(""), Format::Prometheus);
    assert!(METRICS.iter().any(|metric| metric.kind == Kind::Histogram));
}

#[test]
fn ten_thousand_names_make_a_bounded_number_of_series() {
    let names: Names<Counter> = Names::new(200);
    for number in 0..10_000 {
        names.of(Some(&format!("Operation{number}"))).tick();
    }
    names.of(None).tick();
    names.of(Some(&"n".repeat(101))).tick();
    names.of(Some("other")).tick();
    names.of(Some("Operation7")).tick();
    let all = names.all();
    assert_eq!(all.len(), 202);
    let of = |name: &str| all.iter().find(|(known, _)| known == name).map(|(_, count)| count.get());
    assert_eq!(of("Operation7"), Some(2));
    assert_eq!(of("Operation200"), None);
    assert_eq!(of("other"), Some(9_802));
    assert_eq!(of("anonymous"), Some(1));
}

#[test]
fn lines_are_held_back_and_counted() {
    let (pace, start) = (Pace::new(2, Duration::from_secs(60)), Instant::now());
    let at = |seconds| pace.pass(start + Duration::from_secs(seconds));
    assert_eq!([at(0), at(1), at(2), at(59)], [Some(0), Some(0), None, None]);
    assert_eq!([at(60), at(61), at(62)], [Some(2), Some(0), None]);
}

#[test]
fn malformed_parents_are_as_good_as_nothing() {
    let place = Place::read(PARENT).unwrap();
    assert_eq!((place.written().as_str(), place.is_sampled), (PARENT, true));
    assert!(
        Place::read("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-more").is_some_and(|it| !it.is_sampled)
    );
    for text in [
        "",
        "00",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
        "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-é1",
    ] {
        assert_eq!(Place::read(text), None, "{text}");
    }
    assert_eq!(Place::of_caller(&headers(&[(TRACEPARENT, PARENT), (TRACEPARENT, PARENT)])), None);
    let stated = headers(&[(TRACEPARENT, PARENT), (TRACESTATE, "a=1"), (TRACESTATE, "b=2")]);
    assert_eq!(Place::of_caller(&stated).unwrap().state.as_deref(), Some("a=1,b=2"));
    let long = headers(&[(TRACEPARENT, PARENT), (TRACESTATE, &"a".repeat(513))]);
    assert_eq!(Place::of_caller(&long).unwrap().state, None);
}

#[test]
fn nobody_watches_unless_somebody_wants_to_know() {
    let silent = Tracer::new(&Settings::default()).unwrap();
    assert!(!silent.is_on());
    let begin =
        |tracer: &Tracer, headers: Arc<HeaderMap>, notes| Watch::begin(tracer, &headers, SystemTime::UNIX_EPOCH, notes);
    assert!(begin(&silent, headers(&[(TRACEPARENT, PARENT)]), false).is_none());
    let propagating = Tracer::new(&Settings { propagate: true, ..Settings::default() }).unwrap();
    assert!(begin(&propagating, headers(&[]), false).is_none());
    let watch = begin(&propagating, headers(&[(TRACEPARENT, PARENT)]), false).unwrap();
    let told = CallSpan::begin([&*watch].into_iter()).unwrap().headers();
    assert_eq!(told, [(TRACEPARENT, PARENT.to_owned())], "what is only handed on is handed on as it came");
    let noted = begin(&silent, headers(&[]), true).unwrap();
    assert!(noted.times_steps() && CallSpan::begin([&*noted].into_iter()).is_none());
    noted.called("crm", Duration::from_millis(5));
    noted.called("crm", Duration::from_millis(6));
    noted.looked("hit", 3);
    assert_eq!(noted.notes().calls, [("crm".into(), 2, Duration::from_millis(11))]);
    assert_eq!(noted.notes().looks["hit"], 3);
}
