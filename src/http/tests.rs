//! What can be judged without a port.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use http::header::{ACCEPT, HeaderValue, ORIGIN};
use http::{HeaderMap, HeaderName, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::accept::Form;
use super::around::around;
use super::budget::budget;
use super::lag::{ALL, Lag};
use super::origin::Origin;
use super::waiting::Waiting;
use super::{AdminSettings, Lifecycle, Phase, Settings};

fn form(accept: &str, expected: Option<Form>) {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_str(accept).unwrap());
    assert_eq!(Form::of(&headers), expected, "{accept}");
}

#[test]
fn the_form_of_an_answer_is_what_the_client_prefers() {
    assert_eq!(Form::of(&HeaderMap::new()), Some(Form::Json));
    form("*/*", Some(Form::Json));
    form("application/*", Some(Form::Json));
    form("application/json", Some(Form::Json));
    form("application/graphql-response+json", Some(Form::GraphqlResponse));
    form("APPLICATION/GraphQL-Response+JSON; charset=UTF-8", Some(Form::GraphqlResponse));
    form("application/graphql-response+json, application/json;q=0.9", Some(Form::GraphqlResponse));
    form("application/json, application/graphql-response+json;q=0.9", Some(Form::Json));
    form("application/graphql-response+json;q=0, */*", Some(Form::Json));
    form("application/json;q=0, */*;q=0.1", Some(Form::GraphqlResponse));
    form("multipart/mixed, application/json", Some(Form::Json));
    form("text/html", None);
    form("application/json;q=0", None);
    form("application/json; charset=latin1, text/html", None);
}

#[test]
fn entries_of_accept_that_make_no_sense_are_left_out() {
    form("application/json;q=2, application/graphql-response+json", Some(Form::GraphqlResponse));
    form("json, application/json", Some(Form::Json));
    // Nothing was said that could be kept to.
    form(",", Some(Form::Json));
}

#[test]
fn what_waits_for_clients_has_room_together_and_each_a_quarter_of_it() {
    let one = Waiting::default();
    let (other, third) = (one.beside(), one.beside());
    let first = one.admit(500, 400).expect("nothing waits beside it");
    assert!(one.admit(1, 400).is_none() && other.admit(1, 400).is_none(), "there is no room");
    drop(first);
    let held = [one.admit(60, 400), one.admit(40, 400), other.admit(100, 400)].map(|held| held.expect("there is room"));
    assert!(one.admit(1, 400).is_none() && other.admit(1, 400).is_none(), "each has its quarter");
    let sent = one.hold(200);
    assert_eq!(one.bytes(), 400);
    assert!(third.admit(1, 400).is_none(), "all together have what there is");
    drop(sent);
    assert!(third.admit(200, 400).is_some(), "the first of a socket may be larger than its quarter");
    drop(held);
    assert_eq!(third.bytes(), 0, "what was refused is not counted");
}

#[test]
fn fewer_are_let_in_while_more_and_more_waits_for_longer_than_a_burst() {
    let (mut lag, begun) = (Lag::default(), Instant::now());
    let mut look = |[at, waited]: [u64; 2], most: u64| {
        lag.share(Duration::from_millis(waited), Duration::from_millis(most), begun + Duration::from_millis(at))
    };
    assert_eq!([0, 200, 400].map(|at| look([at, 80], 40)), [ALL; 3]);
    assert_eq!(look([450, 10], 40), ALL, "it was a burst");
    assert_eq!([500, 900, 1000].map(|at| look([at, 50], 40)), [ALL, ALL, 800]);
    assert_eq!(look([1020, 4_000], 40), 400, "by half at most");
    assert_eq!([1040, 1060].map(|at| look([at, 40], 40)), [400, 300], "less waits; then as much as before");
    assert_eq!([1080, 1100].map(|at| look([at, 30], 40)), [310, 320], "three quarters of the most are little");
    assert_eq!(look([1120, 80], 40), 160, "again, at once");
    assert_eq!((0..9).map(|at| look([1140 + at, 90 + at], 40)).last(), Some(20), "some are let in whatever happens");
    assert_eq!((0..98).map(|at| look([1200 + at, 1], 40)).last(), Some(ALL));
    assert_eq!([7900, 8000].map(|at| look([at, 90], 40)), [ALL; 2], "that is long ago");
    assert_eq!(look([9000, 900], 0), ALL, "there is no bound");
}

#[test]
fn a_few_are_let_in_between_two_looks_and_a_share_of_the_others() {
    let lifecycle = Lifecycle::new(&Settings::default());
    let let_in = |asked: usize| (0..asked).filter(|_| lifecycle.question(9).is_some()).count();
    assert_eq!(let_in(1000), 1000, "the work is not behind");
    lifecycle.behind(Duration::from_secs(1), ALL / 10);
    assert_eq!(let_in(4), 4, "who asks now and then is not what it is behind of");
    assert_eq!(let_in(1000), 100);
    lifecycle.behind(Duration::from_secs(1), ALL / 10);
    assert_eq!(let_in(104), 14);
}

fn origin(origin: &str, host: &str, expected: Origin) {
    let request = Request::builder().header(ORIGIN, origin).header("host", host).body(()).unwrap();
    let settings: Settings =
        serde_json::from_str(r#"{"allowed_origins": ["https://crm.example.com:443/", "http://localhost:3000"]}"#)
            .unwrap();
    assert_eq!(Origin::of(&request.into_parts().0, &settings.allowed_origins), expected, "{origin} at {host}");
}

#[test]
fn pages_of_the_own_host_and_of_listed_origins_may_ask() {
    origin("http://gateway.example.com", "gateway.example.com", Origin::Own);
    origin("https://gateway.example.com", "Gateway.example.com:443", Origin::Own);
    origin("http://127.0.0.1:4000", "127.0.0.1:4000", Origin::Own);
    origin("http://127.0.0.1:4001", "127.0.0.1:4000", Origin::Foreign);
    origin("http://gateway.example.com:8080", "gateway.example.com", Origin::Foreign);
    origin("null", "gateway.example.com", Origin::Foreign);
    origin("https://evil.example.com", "gateway.example.com", Origin::Foreign);
    let allowed = |text| Origin::Allowed(HeaderValue::from_static(text));
    origin("https://crm.example.com", "gateway.example.com", allowed("https://crm.example.com"));
    origin("http://localhost:3000", "gateway.example.com", allowed("http://localhost:3000"));
}

#[test]
fn an_allowed_origin_that_is_none_is_a_problem() {
    for text in ["crm.example.com", "*", "https://crm.example.com/page", "file:///tmp"] {
        let settings = serde_json::from_str::<Settings>(&format!(r#"{{"allowed_origins": ["{text}"]}}"#));
        assert!(settings.unwrap_err().to_string().contains("is no origin"), "{text}");
    }
}

/// `expected` is in milliseconds; nothing where the request is refused.
fn time(values: &[&str], expected: Option<u64>) {
    let name = HeaderName::from_static("x-request-timeout");
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(&name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let found = budget(&headers, Some(&name));
    match expected {
        Some(millis) => assert_eq!(found, Ok(Some(Duration::from_millis(millis))), "{values:?}"),
        None => {
            let message = "x-request-timeout: expected one time above zero, such as 800ms or 2s, or whole milliseconds";
            assert_eq!(found.unwrap_err().message(), message, "{values:?}");
        }
    }
    assert_eq!(budget(&headers, None), Ok(None));
}

#[test]
fn a_request_says_how_long_it_may_take() {
    time(&["800ms"], Some(800));
    time(&["2s"], Some(2_000));
    time(&["1m"], Some(60_000));
    time(&["800"], Some(800));
    time(&[" 800 "], Some(800));
    time(&["18446744073709551615"], Some(u64::MAX));
    for wrong in ["", "0", "0s", "soon", "-1", "1.5s", "0x10", "2 seconds", "18446744073709551616", "99999999d9", "ü"]
    {
        time(&[wrong], None);
    }
    time(&["1s", "1s"], None);
    assert_eq!(budget(&HeaderMap::new(), Some(&HeaderName::from_static("x-request-timeout"))), Ok(None));
}

#[test]
fn the_header_that_says_so_has_any_name_or_none() {
    let read = |text: &str| serde_json::from_str::<Settings>(&format!(r#"{{"deadline_header": "{text}"}}"#));
    assert_eq!(read("X-Budget").unwrap().deadline_header, Some(HeaderName::from_static("x-budget")));
    assert_eq!(read("").unwrap().deadline_header, None);
    assert!(read("x budget").unwrap_err().to_string().contains("is no name of a header"));
}

#[tokio::test]
async fn a_panic_in_a_handler_is_a_fixed_500_and_counted() {
    async fn panics() -> &'static str {
        panic!("secret text")
    }
    let lifecycle = Arc::new(Lifecycle::new(&Settings::default()));
    let router = Router::new().route("/", get(panics)).layer(from_fn_with_state(lifecycle.clone(), around));
    let response = router.oneshot(Request::new(Body::empty())).await.unwrap();
    assert_eq!(response.status(), 500);
    assert!(response.headers().contains_key("x-request-id"));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let extensions = json!({ "code": "INTERNAL", "reason": "PANIC" });
    let expected = json!({ "errors": [{ "message": "the gateway failed at this request", "extensions": extensions }] });
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), expected);
    assert_eq!(lifecycle.panics(), 1);
}

#[tokio::test]
async fn a_server_leaves_in_one_direction_and_waits_for_its_sockets() {
    let lifecycle = Lifecycle::new(&Settings::default());
    assert_eq!(lifecycle.phase(), Phase::Open);
    lifecycle.enter(Phase::Closing);
    lifecycle.enter(Phase::Leaving);
    assert_eq!(lifecycle.phase(), Phase::Closing);
    lifecycle.closing().await;
    let socket = lifecycle.socket().unwrap();
    let mut closed = is_ready(lifecycle.sockets_closed());
    assert!(!closed());
    drop(socket);
    assert!(closed());
    drop(closed);
    assert!(lifecycle.socket().is_none());
}

/// Polls a future by hand: whether it is ready.
fn is_ready(future: impl Future<Output = ()>) -> impl FnMut() -> bool {
    let mut future = Box::pin(future);
    move || {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        future.as_mut().poll(&mut context).is_ready()
    }
}

#[test]
fn an_operators_door_that_others_can_reach_needs_a_token() {
    let check = |listen: &str, token: Option<&str>| {
        let settings =
            AdminSettings { listen: Some(listen.to_owned()), token: token.map(Into::into), ..AdminSettings::default() };
        settings.check().err().unwrap_or_default()
    };
    for listen in ["127.0.0.1:4001", "127.1.2.3:0", "[::1]:4001", "[::ffff:127.0.0.1]:4001", "localhost:4001"] {
        assert_eq!(check(listen, None), "", "{listen}");
    }
    for listen in ["0.0.0.0:4001", "[::]:4001", "10.0.0.7:4001", "gateway.internal:4001"] {
        assert!(check(listen, None).contains("others than this machine can reach"), "{listen}");
        assert_eq!(check(listen, Some("sixteen bytes of it")), "", "{listen}");
    }
    assert!(check("127.0.0.1:4001", Some("short")).contains("too short"));
    for listen in ["4001", "localhost", ":4001", "127.0.0.1:", "127.0.0.1:65536"] {
        assert!(check(listen, None).contains("expected an address with a port"), "{listen}");
    }
    assert_eq!(AdminSettings::default().check(), Ok(()));
}
