//! Requests: URLs, headers, bodies, and what is refused.

use super::super::{CallSide, Dialect, HeaderText, Method, Request, RequestTemplate, SourceSide, Value, Variables};
use super::shown;

fn source() -> SourceSide<'static> {
    SourceSide { base_url: "https://api.example.com/v1/", ..SourceSide::default() }
}

fn get(url: &str) -> CallSide<'_> {
    CallSide { method: Method::Get, url, headers: Vec::new(), path: None, query_params: None, body: None }
}

fn header<'t>(name: &'t str, value: &'t str) -> HeaderText<'t> {
    HeaderText { name, value: Some(value), from: None }
}

/// Builds with `$args`, `$config` and `$request.headers` from one JSON object.
fn build(source: Option<SourceSide<'_>>, call: CallSide<'_>, known: &str) -> Result<Request, String> {
    let template =
        RequestTemplate::new(source, call, Dialect::default()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let known = Value::read(known.as_bytes()).unwrap();
    let variables = Variables {
        args: known.get("args"),
        batch: known.get("batch"),
        config: known.get("config"),
        request_headers: known.get("headers"),
        ..Variables::default()
    };
    template.build(None, &variables).map_err(|problems| shown(&problems[0]))
}

#[track_caller]
fn url(call: CallSide<'_>, known: &str) -> String {
    build(Some(source()), call, known).unwrap().url
}

/// What is wrong with the two sides: part, place and message.
fn refused(source: Option<SourceSide<'_>>, call: CallSide<'_>) -> Vec<String> {
    match RequestTemplate::new(source, call, Dialect::default()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(|(part, problem)| format!("{part:?} {}", shown(problem))).collect(),
    }
}

#[test]
fn values_are_encoded_and_literal_text_is_left_as_written() {
    let args = r#"{"args": {"id": "a/b?c#d é", "n": 7, "no": null, "t": true}}"#;
    assert_eq!(url(get("/c/{$args.id}"), args), "https://api.example.com/v1/c/a%2Fb%3Fc%23d%20%C3%A9");
    assert_eq!(
        url(get("/c?x={$args.n}&y={$args.no}&t={$args.t}&e[]=%20:,"), args),
        "https://api.example.com/v1/c?x=7&y=&t=true&e[]=%20:,"
    );
    assert_eq!(url(get("/c\n  /d\n?a=1\n&b=ü"), args), "https://api.example.com/v1/c/d?a=1&b=%C3%BC");
    assert_eq!(url(get("/{$args.n->echo({ a: @ }).a}"), args), "https://api.example.com/v1/7");
}

#[test]
fn paths_and_queries_of_both_sides_are_joined() {
    let side = SourceSide {
        base_url: "https://api.example.com/v1/?key=k",
        path: Some("$(['tenant', $config.tenant])"),
        query_params: Some("lang: $config.lang none: $(null)"),
        ..SourceSide::default()
    };
    let call = CallSide {
        path: Some("$([$args.id, 'x y'])"),
        query_params: Some("\"ids[]\": $batch.id q: $args.q"),
        ..get("//customers/?active=1&")
    };
    let known = r#"{"config": {"tenant": 5, "lang": "de"}, "args": {"id": "i/d", "q": "a&b"}, "batch": [{"id": 1}, {"id": null}, {"id": 2}]}"#;
    let mut single = call.clone();
    single.url = "/customers/?active=1&";
    assert_eq!(
        build(Some(side.clone()), single, known).unwrap().url,
        "https://api.example.com/v1/tenant/5/customers/i%2Fd/x%20y?key=k&lang=de&active=1&ids%5B%5D=1&ids%5B%5D=2&q=a%26b"
    );
    assert_eq!(
        refused(Some(side), call),
        [
            "Url 0..22 an absolute URL beside a source (leave out the part that the source's baseURL gives, or the source)"
        ]
    );
    assert_eq!(url(get("/"), "{}"), "https://api.example.com/v1/");
    assert_eq!(url(get("a/"), "{}"), "https://api.example.com/v1/a/");
    assert_eq!(url(get("?a=1"), "{}"), "https://api.example.com/v1/?a=1");
}

#[test]
fn a_value_cannot_leave_its_place_in_the_url() {
    for bad in ["..", "."] {
        let known = format!(r#"{{"args": {{"id": "{bad}"}}}}"#);
        for call in [get("/c/{$args.id}/d"), get("/c/{$args.id}"), get("/c/{$args.id}?x=1")] {
            let error = build(Some(source()), call, &known).unwrap_err();
            assert!(error.contains("path segment"), "{error}");
        }
        let call = CallSide { path: Some("$([$args.id])"), ..get("/c") };
        assert!(build(Some(source()), call, &known).is_err());
    }
    let known = r#"{"args": {"id": ".", "nl": "a\nb", "o": {"a": 1}, "nul": "\u0000", "e": ""}}"#;
    assert!(build(Some(source()), get("/c/%2e{$args.id}"), known).is_err());
    assert!(build(Some(source()), get("/c/{$args.nl}"), known).is_err());
    assert!(build(Some(source()), get("/c?x={$args.nul}"), known).is_err());
    assert_eq!(url(get("/c?x={$args.nl}"), known), "https://api.example.com/v1/c?x=a%0Ab");
    assert!(build(Some(source()), get("/c/{$args.o}"), known).unwrap_err().contains("found object"));
    let nested = CallSide { query_params: Some("o: $args.o"), ..get("/c") };
    assert!(build(Some(source()), nested, known).is_err());
    let empty = CallSide { path: Some("$([$args.e])"), ..get("/c") };
    assert!(build(Some(source()), empty, known).is_err());
}

#[test]
fn base_urls_come_from_the_source_its_configuration_or_the_call() {
    let side = SourceSide { base_url: "{$config.url}/api", ..SourceSide::default() };
    let known = r#"{"config": {"url": "http://localhost:8080"}, "args": {"h": "evil"}}"#;
    assert_eq!(build(Some(side.clone()), get("/a"), known).unwrap().url, "http://localhost:8080/api/a");
    assert!(build(Some(side.clone()), get("/a"), r#"{"config": {"url": "ftp://x"}}"#).is_err());
    let template = RequestTemplate::new(Some(side), get("/a"), Dialect::default()).unwrap();
    let made = template.build(Some("https://stage.example.com/x"), &Variables::default()).unwrap();
    assert_eq!(made.url, "https://stage.example.com/x/a");
    assert_eq!(build(None, get("https://a.example/x?y=1"), known).unwrap().url, "https://a.example/x?y=1");
    assert_eq!(build(None, get("https://a.example"), known).unwrap().url, "https://a.example/");
    let wrong = |base_url: &'static str| refused(Some(SourceSide { base_url, ..SourceSide::default() }), get("/a"));
    assert_eq!(wrong("ftp://x/"), ["SourceBaseUrl 0..8 the base URL must begin with http:// or https://"]);
    assert_eq!(
        wrong("https://u:p@x/"),
        ["SourceBaseUrl 0..14 the base URL carries credentials, which belong into headers"]
    );
    assert_eq!(wrong("https://{$args.h}/").len(), 1);
    assert_eq!(refused(None, get("/a")).len(), 1);
    assert_eq!(refused(None, get("https://{$config.h}/a")).len(), 1);
    assert_eq!(refused(None, get("https://a.{$config.h}/a")).len(), 1);
    assert_eq!(refused(Some(source()), get("https://x/a")).len(), 1);
    assert_eq!(refused(Some(source()), get("/a#b")).len(), 1);
    assert_eq!(
        refused(Some(source()), get("/a/{$args.id"))[0],
        "Url 3..4 a `{` that is never closed (close it with `}`)"
    );
    assert_eq!(
        refused(Some(source()), get("/a/{$arg.id}"))[0],
        "Url 4..8 there is no variable `$arg` (did you mean `$args`?)"
    );
    assert_eq!(refused(Some(source()), get("/a/{$status}"))[0], "Url 4..11 `$status` is not known before the answer");
}

#[test]
fn headers_of_the_connector_override_and_cannot_split() {
    let side =
        SourceSide { headers: vec![header("Authorization", "Bearer {$config.token}"), header("X-A", "1")], ..source() };
    let call = CallSide {
        headers: vec![
            header("x-a", "two"),
            HeaderText { name: "X-Lang", from: Some("Accept-Language"), value: None },
            HeaderText { name: "x-none", from: Some("x-none"), value: None },
        ],
        ..get("/a")
    };
    let known = r#"{"config": {"token": "t é"}, "headers": {"accept-language": ["de", "en"]}}"#;
    let made = build(Some(side.clone()), call.clone(), known).unwrap();
    let headers: Vec<_> = made.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(headers, ["authorization: Bearer t é", "x-a: two", "x-lang: de", "x-lang: en"]);
    for bad in [r"a\r\nb: c", r"a\u0000", r"a\nb"] {
        let known = format!(r#"{{"config": {{"token": "{bad}"}}}}"#);
        assert!(build(Some(side.clone()), call.clone(), &known).is_err());
    }
    let template = RequestTemplate::new(Some(side), call, Dialect::default()).unwrap();
    assert_eq!(template.needs().request_headers.len(), 2);
    for bad in [
        header("Transfer-Encoding", "x"),
        header("a b", "x"),
        HeaderText { name: "accept", from: Some("accept"), value: None },
        HeaderText { name: "x", from: None, value: None },
        HeaderText { name: "x", from: Some("x"), value: Some("y") },
    ] {
        assert_eq!(refused(Some(source()), CallSide { headers: vec![bad], ..get("/a") }).len(), 1, "{bad:?}");
    }
    let twice = vec![header("x", "1"), header("X", "2")];
    assert_eq!(refused(Some(source()), CallSide { headers: twice, ..get("/a") }).len(), 1);
}

#[test]
fn bodies_are_json_or_forms() {
    let body = |text| CallSide { method: Method::Post, body: Some(text), ..get("/a") };
    let known = r#"{"args": {"a": 1, "s": "x y", "l": [1, {"b": null}]}, "batch": [{"id": 1}, {"id": 2}]}"#;
    let sent = |call: CallSide<'_>| {
        let made = build(Some(source()), call, known).unwrap();
        (String::from_utf8(made.body.unwrap()).unwrap(), made.headers)
    };
    let json = vec![("content-type".to_owned(), "application/json".to_owned())];
    assert_eq!(sent(body("ids: $batch.id")), (r#"{"ids":[1,2]}"#.to_owned(), json.clone()));
    assert_eq!(sent(body("$args.l")), (r#"[1,{"b":null}]"#.to_owned(), json.clone()));
    assert_eq!(sent(body("input: { a: $args.a none: $args.none }")), (r#"{"input":{"a":1}}"#.to_owned(), json));
    let form = vec![header("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
    let (text, headers) = sent(CallSide { headers: form.clone(), ..body("$args") });
    assert_eq!(text, "a=1&s=x+y&l%5B0%5D=1&l%5B1%5D%5Bb%5D=");
    assert_eq!(headers.len(), 1);
    assert!(build(Some(source()), CallSide { headers: form, ..body("$args.l") }, known).is_err());
    assert_eq!(build(Some(source()), body("$args.none"), known).unwrap().body, None);
}
