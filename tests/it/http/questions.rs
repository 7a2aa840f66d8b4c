//! `POST /graphql` and what is around it.

use std::time::Duration;

use c360::http::Settings;
use c360::units::{ByteSize, TimeSpan};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{House, PERSON, SLOW, hasty, parsed};

const RESPONSE: &str = "application/graphql-response+json";

async fn told(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, parsed(&response.text().await.unwrap()))
}

/// Refused with this status and reason, and without data.
async fn refused(request: reqwest::RequestBuilder, status: u16, reason: &str) {
    let (found, body) = told(request).await;
    assert_eq!((found, &body["errors"][0]["extensions"]["reason"]), (status, &json!(reason)), "{body}");
    assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_REQUEST");
    assert!(body["errors"][0]["message"].as_str().unwrap().len() < 250);
    assert!(body.get("data").is_none());
}

#[tokio::test]
async fn a_question_is_answered() {
    let house = House::open(hasty()).await;
    let response = house.post(PERSON).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/json; charset=utf-8");
    assert_eq!(header("cache-control"), "private, no-store");
    assert!(!header("x-request-id").is_empty());
    assert_eq!(response.text().await.unwrap(), r#"{"data":{"person":{"name":"Ada"}}}"#);
    let body = json!({
        "query": "query One($id: ID!) { person(id: $id) { id } } query Two { __typename }",
        "operationName": "One",
        "variables": { "id": "7" },
        "extensions": { "coverage": true, "unknown": [[[]]] },
        "unknown": {},
    });
    let (status, answer) = told(house.raw(body.to_string())).await;
    assert_eq!((status, &answer["data"]), (200, &json!({ "person": { "id": "7" } })));
    assert!(answer["extensions"]["coverage"].is_object() || answer["extensions"]["coverage"].is_array(), "{answer}");
    let (status, _) =
        told(house.raw(r#"{"query":"{__typename}","variables":null,"operationName":null,"extensions":null}"#)).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn the_media_type_of_an_answer_is_negotiated() {
    let house = House::open(hasty()).await;
    // Accept, question, status, type of the answer.
    let table = [
        (RESPONSE, PERSON, 200, RESPONSE),
        (RESPONSE, "{ nobody }", 400, RESPONSE),
        (RESPONSE, "{", 400, RESPONSE),
        ("application/json", PERSON, 200, "application/json"),
        ("application/json", "{ nobody }", 200, "application/json"),
        ("*/*", "{ nobody }", 200, "application/json"),
        ("application/graphql-response+json, application/json;q=0.9", "{ nobody }", 400, RESPONSE),
        ("text/html", PERSON, 406, "application/json"),
    ];
    for (accept, query, status, kind) in table {
        let response = house.post(query).header("accept", accept).send().await.unwrap();
        let found = response.headers()["content-type"].to_str().unwrap().split(';').next().unwrap().to_owned();
        assert_eq!((response.status().as_u16(), found.as_str()), (status, kind), "{accept} {query}");
        let body = parsed(&response.text().await.unwrap());
        assert_eq!(body.get("data").is_some(), query == PERSON && status == 200, "{body}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_is_not_read() {
    let house = House::open(hasty()).await;
    let body = json!({ "query": PERSON }).to_string();
    let post = || house.client.post(house.url("/graphql")).body(body.clone());
    refused(post(), 415, "MEDIA_TYPE").await;
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "application/json; charset=utf-16"]
    {
        refused(post().header("content-type", kind), 415, "MEDIA_TYPE").await;
    }
    refused(house.raw(body.clone()).header("content-encoding", "gzip"), 415, "CONTENT_ENCODING").await;
    for kind in ["application/json; charset=utf-8", "Application/JSON;charset=\"UTF-8\""] {
        assert_eq!(post().header("content-type", kind).send().await.unwrap().status(), 200, "{kind}");
    }
}

#[tokio::test]
async fn a_malformed_request_is_told_what_was_expected() {
    let house = House::open(hasty()).await;
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let table = [
        (String::new(), "BODY_NOT_JSON"),
        ("{".into(), "BODY_NOT_JSON"),
        (r#""text""#.into(), "BODY_NOT_JSON"),
        (r#"{"query":"{__typename}"} x"#.into(), "BODY_NOT_JSON"),
        (r#"{"query":"{__typename}","query":"{__typename}"}"#.into(), "BODY_NOT_JSON"),
        (r#"[{"query":"{__typename}"}]"#.into(), "BATCH"),
        (" []".into(), "BATCH"),
        (deep("[", "]"), "BATCH"),
        ("{}".into(), "REQUEST_INVALID"),
        (r#"{"query":null}"#.into(), "REQUEST_INVALID"),
        (r#"{"query":1}"#.into(), "REQUEST_INVALID"),
        (r#"{"query":"{__typename}","operationName":1}"#.into(), "REQUEST_INVALID"),
        (r#"{"query":"{__typename}","variables":[]}"#.into(), "REQUEST_INVALID"),
        (r#"{"query":"{__typename}","variables":"{}"}"#.into(), "REQUEST_INVALID"),
        (r#"{"query":"{__typename}","extensions":[true]}"#.into(), "REQUEST_INVALID"),
        (r#"{"query":"{__typename}","extensions":{"coverage":"yes"}}"#.into(), "REQUEST_INVALID"),
    ];
    for (body, reason) in table {
        refused(house.raw(body), 400, reason).await;
    }
    refused(house.raw(vec![b'{', 0xff, b'}']), 400, "BODY_NOT_JSON").await;
    // What is deep and asked for is refused by the gateway; what nobody asked for is skipped over.
    let variables =
        format!(r#"{{"query":"query($v:ID!){{person(id:$v){{id}}}}","variables":{{"v":{}}}}}"#, deep("[", "]"));
    refused(house.raw(variables).header("accept", RESPONSE), 400, "VARIABLES_INVALID").await;
    let unknown = format!(r#"{{"query":"{{__typename}}","unknown":{}}}"#, deep("[", "]"));
    assert_eq!(told(house.raw(unknown)).await.0, 200);
}

#[tokio::test]
async fn a_body_over_the_cap_is_refused_whether_its_length_is_declared_or_not() {
    let settings = Settings { max_body: ByteSize(1 << 10), ..hasty() };
    let house = House::open(settings).await;
    let body = json!({ "query": format!("{{ __typename }} #{}", "x".repeat(2_000)) }).to_string();
    refused(house.raw(body.clone()), 413, "BODY_TOO_LARGE").await;
    let pieces: Vec<Result<Vec<u8>, std::io::Error>> =
        body.as_bytes().chunks(100).map(|piece| Ok(piece.to_vec())).collect();
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    refused(house.raw(stream), 413, "BODY_TOO_LARGE").await;
    // Far over it too, and the client sees the answer instead of a broken connection.
    refused(house.raw(vec![b' '; 1 << 20]), 413, "BODY_TOO_LARGE").await;
    assert_eq!(house.post(PERSON).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn questions_come_by_post_only() {
    let house = House::open(hasty()).await;
    for method in ["GET", "PUT", "DELETE", "HEAD"] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let response = house.client.request(method, house.url("/graphql?query={__typename}")).send().await.unwrap();
        assert_eq!(response.status(), 405);
        assert_eq!(response.headers()["allow"], "POST");
    }
    refused(house.client.get(house.url("/graphq")), 404, "PATH").await;
}

#[tokio::test]
async fn a_request_id_is_handed_on_when_it_is_sane() {
    let house = House::open(hasty()).await;
    let seen = async |id: &str| {
        let response = house.post(r#"{ person(id: "2") { seen } }"#).header("x-request-id", id).send().await.unwrap();
        let echoed = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        (echoed, parsed(&response.text().await.unwrap())["data"]["person"]["seen"].clone())
    };
    assert_eq!(seen("trace-1.a_B").await, ("trace-1.a_B".to_owned(), json!("trace-1.a_B")));
    for id in ["a b", "<script>", &"x".repeat(129)] {
        let (echoed, told) = seen(id).await;
        assert_ne!(echoed, id);
        assert_eq!(told, json!(echoed));
    }
}

#[tokio::test]
async fn health_answers() {
    let house = House::open(hasty()).await;
    assert_eq!(house.get("/health/live").await, (200, "alive\n".to_owned()));
    let (status, told) = house.get("/health/ready").await;
    assert_eq!((status, &parsed(&told)["ready"], &parsed(&told)["generation"]), (200, &json!(true), &json!(1)));
}

#[tokio::test]
async fn a_page_of_a_listed_origin_may_read_the_answer() {
    let settings = Settings { allowed_origins: vec!["https://crm.example.com".into()], ..hasty() };
    let house = House::open(settings).await;
    for (origin, allowed) in
        [("https://crm.example.com", Some("https://crm.example.com")), ("https://evil.example.com", None)]
    {
        let asked = house.post(PERSON).header("origin", origin).send().await.unwrap();
        let preflight = house.client.request(reqwest::Method::OPTIONS, house.url("/graphql")).header("origin", origin);
        let preflight = preflight.header("access-control-request-headers", "content-type").send().await.unwrap();
        assert_eq!((asked.status().as_u16(), preflight.status().as_u16()), (200, 204));
        for response in [asked, preflight] {
            let found = response.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap());
            assert_eq!(found, allowed);
            assert_eq!(response.headers()["vary"], "origin");
        }
    }
}

#[tokio::test]
async fn a_question_that_may_take_less_time_is_answered_with_what_is_there() {
    let house = House::open(hasty()).await;
    let query = r#"{ person(id: "slow") { name } other: person(id: "1") { name } }"#;
    let whole = tokio::spawn(house.post(query).send());
    house.source.asked(1).await;
    let (status, body) = told(house.post(query).header("x-request-timeout", "300ms")).await;
    assert_eq!((status, &body["data"]), (200, &json!({ "person": null, "other": { "name": "Ada" } })));
    assert_eq!((&body["errors"][0]["path"], body["errors"].as_array().unwrap().len()), (&json!(["person"]), 1));
    assert_eq!(body["errors"][0]["extensions"]["code"], "TIMEOUT");
    house.source.let_go(2);
    let whole = parsed(&whole.await.unwrap().unwrap().text().await.unwrap());
    assert_eq!(whole, json!({ "data": { "person": { "name": "Ada" }, "other": { "name": "Ada" } } }));
    refused(house.post(PERSON).header("x-request-timeout", "soon"), 400, "DEADLINE").await;
    let house = House::open(Settings { deadline_header: None, ..hasty() }).await;
    let (status, _) = told(house.post(PERSON).header("x-request-timeout", "soon")).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_question_itself_may_say_how_long_it_may_take() {
    let house = House::open(hasty()).await;
    let asked = |timeout: serde_json::Value| {
        house.raw(json!({ "query": SLOW, "extensions": { "timeout": timeout } }).to_string())
    };
    let (status, body) = told(asked(json!("200ms")).header("x-request-timeout", "1m")).await;
    assert_eq!((status, &body["errors"][0]["extensions"]["code"]), (200, &json!("TIMEOUT")));
    for timeout in [json!("soon"), json!(0), json!(-1), json!(1.5), json!([200])] {
        refused(asked(timeout), 400, "DEADLINE").await;
    }
}

#[tokio::test]
async fn more_questions_than_may_be_answered_at_once_are_told_to_come_again() {
    let house = House::open(Settings { max_questions: 1, ..hasty() }).await;
    let slow = tokio::spawn(house.post(SLOW).send());
    house.source.asked(1).await;
    let response = house.post(PERSON).send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    assert_eq!(parsed(&response.text().await.unwrap())["errors"][0]["extensions"]["reason"], "BUSY");
    assert_eq!(house.get("/health/ready").await.0, 200);
    house.source.let_go(1);
    assert_eq!(slow.await.unwrap().unwrap().status(), 200);
    assert_eq!(told(house.post(PERSON)).await.0, 200);
}

#[tokio::test]
async fn where_processors_do_not_keep_up_some_questions_are_refused_and_health_still_answers() {
    let house = House::open(Settings { max_lag: TimeSpan(Duration::from_millis(2)), ..hasty() }).await;
    // The one thread of this test is busy again and again, so that all who are ready wait for it.
    let busy = tokio::spawn(async {
        loop {
            std::thread::sleep(Duration::from_millis(10));
            tokio::task::yield_now().await;
        }
    });
    // So many at once that they are more than the few that are let in whatever waits.
    let refused = loop {
        let asked = join_all((0..32).map(|_| house.post(PERSON).send())).await;
        if let Some(refused) = asked.into_iter().map(Result::unwrap).find(|response| response.status() != 200) {
            break refused;
        }
    };
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    assert_eq!(parsed(&refused.text().await.unwrap())["errors"][0]["extensions"]["reason"], "BUSY");
    assert_eq!(house.get("/health/ready").await.0, 200);
    // Once the thread has time again, everybody is answered.
    busy.abort();
    while told(house.post(PERSON)).await.0 != 200 {}
}
