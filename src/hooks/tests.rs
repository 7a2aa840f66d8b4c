//! Signatures by vendor, and what is refused; what a payload speaks of.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value as Json, json};

use super::{Delivery, Denied, Hook, Others, Settings, Told};
use crate::catalog::{TypeId, Webhook};
use crate::mapping::{Dialect, Program, Value};

const VECTORS: &str = include_str!("tests/vectors.json");
/// The time at which the vectors were signed.
const SIGNED_AT: u64 = 1_767_225_600;
/// Schemes that sign no time.
const TIMELESS: [&str; 3] = ["jira", "hubspot-v1", "hubspot-v2"];

/// A gateway that is alone.
struct Nobody;

impl Others for Nobody {
    fn take_on(&self, _: &[u8]) -> bool {
        true
    }

    fn is_done(&self, _: &[u8], _: Duration) {}

    fn give_back(&self, _: &[u8]) {}
}

/// What gateways have taken on: acted on, with how long that is kept, or not yet.
#[derive(Default)]
struct Board(Mutex<HashMap<Vec<u8>, Option<Duration>>>);

impl Others for Board {
    fn take_on(&self, signature: &[u8]) -> bool {
        let mut taken = self.0.lock().unwrap();
        !taken.contains_key(signature) && taken.insert(signature.to_vec(), None).is_none()
    }

    fn is_done(&self, signature: &[u8], keep: Duration) {
        self.0.lock().unwrap().insert(signature.to_vec(), Some(keep));
    }

    fn give_back(&self, signature: &[u8]) {
        self.0.lock().unwrap().remove(signature);
    }
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn settings(json: Json) -> Settings {
    serde_json::from_value(json).unwrap()
}

fn hook(json: Json) -> Hook {
    let config = Value::read(br#"{"field":"customer_no"}"#).unwrap().into_owned();
    Hook::new(settings(json), config).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap()))
        .collect()
}

fn hear(hook: &Hook, headers: &HeaderMap, body: &str, now: u64) -> Result<Told, Denied> {
    // What a vendor's page signs is a GET, in one example.
    let method = if body.is_empty() { "GET" } else { "POST" };
    hook.hear(&Delivery { method, query: None, headers, body: body.as_bytes() }, at(now), &[], &Nobody, |told| told)
}

/// What a mapping makes of a body, as text: the type's number and an object each.
fn keys(mapping: &str, kind: &str, body: &str) -> String {
    let hook = hook(json!({ "scheme": "header", "header": "x-key", "secrets": ["s"] }));
    let keys = Program::parse(mapping, Dialect::default()).unwrap_or_else(|problems| panic!("{problems:?}"));
    let headers = headers(&[("x-key", "s"), ("content-type", kind)]);
    let delivery = Delivery { method: "POST", query: None, headers: &headers, body: body.as_bytes() };
    match hook.hear(&delivery, at(0), &[Webhook { ty: TypeId(7), keys, again: None }], &Nobody, |told| told) {
        Ok(Told::Keys(keys)) => {
            let text = |(ty, object): &(TypeId, _)| {
                let mut out = format!("{} ", ty.0).into_bytes();
                Value::Object(crate::mapping::Object::clone(object)).write(&mut out);
                String::from_utf8(out).unwrap()
            };
            keys.iter().map(text).collect::<Vec<_>>().join("; ")
        }
        other => format!("{other:?}"),
    }
}

/// A hook that knows the vector's secret, its headers and its body.
fn vector(vector: &Json) -> (Json, HeaderMap, String) {
    let mut told = json!({ "scheme": vector["scheme"], "secrets": [vector["secret"]] });
    if let Some(uri) = vector.get("uri") {
        told["url"] = uri.clone();
    }
    let sent = vector["headers"].as_object().unwrap();
    let pairs: Vec<_> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    (told, headers(&pairs), vector["body"].as_str().unwrap().to_owned())
}

fn vectors() -> Vec<Json> {
    serde_json::from_str::<Json>(VECTORS).unwrap()["vectors"].as_array().unwrap().clone()
}

#[test]
fn what_vendors_sign_is_heard() {
    for sent in vectors() {
        let (told, headers, body) = vector(&sent);
        let heard = hear(&hook(told), &headers, &body, SIGNED_AT);
        let expected = if sent["accept"] == true { Ok(Told::Everything) } else { Err(Denied::Forged) };
        assert_eq!(heard, expected, "{sent}");
    }
}

#[test]
fn what_was_changed_on_the_way_or_signed_by_others_is_forged() {
    for sent in vectors().iter().filter(|sent| sent["accept"] == true) {
        let (told, headers, body) = vector(sent);
        assert_eq!(hear(&hook(told.clone()), &headers, &format!("{body} "), SIGNED_AT), Err(Denied::Forged));
        let mut others = told.clone();
        others["secrets"] = json!(["another secret"]);
        assert_eq!(hear(&hook(others), &headers, &body, SIGNED_AT), Err(Denied::Forged));
        assert_eq!(hear(&hook(told.clone()), &HeaderMap::new(), &body, SIGNED_AT), Err(Denied::Unsigned));
        // A new secret is brought in before the old one goes.
        let mut both = told;
        both["secrets"] = json!(["the next secret", sent["secret"]]);
        assert_eq!(hear(&hook(both), &headers, &body, SIGNED_AT), Ok(Told::Everything));
    }
}

#[test]
fn what_is_too_old_or_from_the_future_or_heard_before_is_refused() {
    let timed = vectors()
        .into_iter()
        .filter(|sent| sent["accept"] == true && !TIMELESS.contains(&sent["scheme"].as_str().unwrap()));
    for sent in timed {
        let (told, headers, body) = vector(&sent);
        for (now, expected) in [(SIGNED_AT + 301, false), (SIGNED_AT - 301, false), (SIGNED_AT + 300, true)] {
            let heard = hear(&hook(told.clone()), &headers, &body, now);
            assert_eq!(heard, if expected { Ok(Told::Everything) } else { Err(Denied::OutOfTime) }, "{sent}");
        }
        let hook = hook(told);
        assert_eq!(hear(&hook, &headers, &body, SIGNED_AT), Ok(Told::Everything));
        assert_eq!(hear(&hook, &headers, &body, SIGNED_AT + 10), Err(Denied::Replayed));
    }
}

#[test]
fn what_one_gateway_acts_on_or_has_acted_on_the_others_do_not() {
    let sent = vectors().into_iter().find(|sent| sent["scheme"] == "stripe" && sent["accept"] == true).unwrap();
    let (told, headers, body) = vector(&sent);
    let (board, one, other) = (Board::default(), hook(told.clone()), hook(told.clone()));
    let delivery = Delivery { method: "POST", query: None, headers: &headers, body: body.as_bytes() };
    let hear = |hook: &Hook, act: &dyn Fn()| hook.hear(&delivery, at(SIGNED_AT), &[], &board, |_| act());
    // At once at both.
    assert_eq!(hear(&one, &|| assert_eq!(hear(&other, &|| ()), Err(Denied::Replayed))), Ok(()));
    assert_eq!(board.0.lock().unwrap().values().copied().collect::<Vec<_>>(), [Some(Duration::from_secs(600))]);
    assert_eq!((hear(&other, &|| ()), hear(&one, &|| ())), (Err(Denied::Replayed), Err(Denied::Replayed)));
    // A gateway that has just been started.
    assert_eq!(hear(&hook(told), &|| ()), Err(Denied::Replayed));
}

#[test]
fn what_could_not_be_acted_on_is_heard_when_it_comes_again_wherever_it_comes() {
    let sent = vectors().into_iter().find(|sent| sent["scheme"] == "stripe" && sent["accept"] == true).unwrap();
    let (told, headers, body) = vector(&sent);
    let (board, one, other) = (Board::default(), hook(told.clone()), hook(told));
    let delivery = Delivery { method: "POST", query: None, headers: &headers, body: body.as_bytes() };
    let hear = |hook: &Hook, act: &dyn Fn()| hook.hear(&delivery, at(SIGNED_AT), &[], &board, |_| act());
    let fails = |hook: &Hook, meanwhile: &dyn Fn()| {
        let act = || {
            meanwhile();
            panic!("it cannot be acted on")
        };
        assert!(catch_unwind(AssertUnwindSafe(|| hear(hook, &act))).is_err());
    };
    fails(&one, &|| ());
    fails(&one, &|| assert_eq!(hear(&other, &|| ()), Err(Denied::Replayed)));
    // The other one had left it to the first.
    fails(&other, &|| ());
    assert_eq!((hear(&one, &|| ()), hear(&other, &|| ())), (Ok(()), Err(Denied::Replayed)));
}

#[test]
fn one_of_several_signatures_serves() {
    let sent = vectors().into_iter().find(|sent| sent["scheme"] == "stripe").unwrap();
    let (told, sent, body) = vector(&sent);
    let good = sent["stripe-signature"].to_str().unwrap().split_once("v1=").unwrap().1.to_owned();
    let several = format!("t={SIGNED_AT},v1=00,v0=ff,v1={good}");
    assert_eq!(hear(&hook(told), &headers(&[("stripe-signature", &several)]), &body, SIGNED_AT), Ok(Told::Everything));
}

#[test]
fn a_secret_may_be_shown_in_a_header_as_a_password_or_in_the_address() {
    let by_header = hook(json!({ "scheme": "header", "header": "x-key", "secrets": ["s3cret"] }));
    assert!(hear(&by_header, &headers(&[("x-key", "s3cret")]), "{}", 0).is_ok());
    assert_eq!(hear(&by_header, &headers(&[("x-key", "s3creT")]), "{}", 0), Err(Denied::Forged));
    assert_eq!(hear(&by_header, &headers(&[("x-key", "s3cret"), ("x-key", "x")]), "{}", 0), Err(Denied::Unsigned));
    let basic = hook(json!({ "scheme": "basic", "secrets": ["ada:s3cret"] }));
    assert!(hear(&basic, &headers(&[("authorization", "Basic YWRhOnMzY3JldA==")]), "{}", 0).is_ok());
    assert_eq!(hear(&basic, &headers(&[("authorization", "Basic YWRhOnMzY3JlVA==")]), "{}", 0), Err(Denied::Forged));
    let by_query = hook(json!({ "scheme": "query", "secrets": ["s3 cret"] }));
    let none = HeaderMap::new();
    let ask = |query| {
        by_query.hear(&Delivery { method: "POST", query, headers: &none, body: b"" }, at(0), &[], &Nobody, |told| told)
    };
    assert!(ask(Some("a=b&secret=s3%20cret")).is_ok());
    assert_eq!(ask(Some("secret=other")), Err(Denied::Forged));
    assert_eq!(ask(None), Err(Denied::Unsigned));
}

#[test]
fn a_payload_speaks_of_keys() {
    let stripe = "$.data.object { billingId: customer }";
    let body = r#"{"data":{"object":{"customer":"cus_1"}}}"#;
    assert_eq!(keys(stripe, "application/json", body), r#"7 {"billingId":"cus_1"}"#);
    assert_eq!(keys(stripe, "application/json", r#"{"data":{"object":{"customer":null}}}"#), "");
    assert_eq!(keys(stripe, "application/json", "{"), "Err(Unreadable)");
    let hubspot = "marketingId: objectId->toString";
    let body = r#"[{"objectId":1},{"objectId":2},{"objectId":1}]"#;
    assert_eq!(keys(hubspot, "application/json", body), r#"7 {"marketingId":"1"}; 7 {"marketingId":"2"}"#, "each once");
    let body = "type=profile&data[email]=a%40example.test&data[merges][FNAME]=Ada";
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    assert_eq!(keys("$.data { email }", kind, body), r#"7 {"email":"a@example.test"}"#);
    let body = r#"{"fields":{"customer_no":"c-1"}}"#;
    assert_eq!(keys("id: $.fields->get($config.field)", "application/json", body), r#"7 {"id":"c-1"}"#);
    let many: Vec<Json> = (0..1_001).map(|id| json!({ "objectId": id })).collect();
    assert_eq!(keys(hubspot, "application/json", &Json::from(many).to_string()), "Ok(Everything)");
}

#[test]
fn xml_is_read_as_far_as_messages_need_it() {
    let read = |body: &str| keys("id: $->jsonStringify", "text/xml; charset=utf-8", body);
    let told = |json: Json| format!(r#"7 {}"#, json!({ "id": json.to_string() }));
    let body = "<?xml version='1.0'?><!-- a --><s:a xmlns:s='u' x:kind=\"k\"><s:b>1 &lt; &#50;&#x33;</s:b><b><![CDATA[<]]></b><c/></s:a>\n";
    assert_eq!(read(body), told(json!({ "a": { "@kind": "k", "b": ["1 < 23", "<"], "c": "" } })));
    assert_eq!(read("<a><b nil='true'/></a>"), told(json!({ "a": { "b": null } })));
    let deep = format!("{}{}", "<a>".repeat(33), "</a>".repeat(33));
    let wide = format!("<a>{}</a>", "<b/>".repeat(10_000));
    let many: String = (0..10_000).map(|at| format!(" a{at}=''")).collect();
    let many = format!("<a{many}/>");
    for wrong in
        ["", "<a>", "<a></b>", "<a>&e;</a>", "<!DOCTYPE a><a/>", "<a b=c/>", "<a/><b/>", "text", &deep, &wide, &many]
    {
        assert_eq!(read(wrong), "Err(Unreadable)", "{wrong:.80}");
    }
}

#[test]
fn an_address_is_signed_as_it_came_or_with_some_characters_decoded() {
    let told = json!({ "scheme": "hubspot", "secrets": ["s"], "url": "https://a.example/webhooks/marketing" });
    let heard = |signed: &str, query: &str| {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"s");
        let tag = ring::hmac::sign(&key, format!("POST{signed}{{}}{SIGNED_AT}000").as_bytes());
        use base64::Engine;
        let signature = base64::engine::general_purpose::STANDARD.encode(tag);
        let time = format!("{SIGNED_AT}000");
        let headers = headers(&[("x-hubspot-signature-v3", &signature), ("x-hubspot-request-timestamp", &time)]);
        let delivery = Delivery { method: "POST", query: Some(query), headers: &headers, body: b"{}" };
        hook(told.clone()).hear(&delivery, at(SIGNED_AT), &[], &Nobody, |told| told).is_ok()
    };
    let url = "https://a.example/webhooks/marketing";
    assert!(heard(&format!("{url}?to=a:b/c@d%20e%zz"), "to=a%3Ab%2fc%40d%20e%zz"));
    assert!(heard(&format!("{url}?to=a%3Ab"), "to=a%3Ab"));
    assert!(!heard(&format!("{url}?to=a:c"), "to=a%3Ab"));
    assert!(!heard(url, "to=a%3Ab"));
}

#[test]
fn vendors_that_show_a_secret_are_called_by_their_names() {
    let none = HeaderMap::new();
    let shown = headers(&[("x-webhook-key", "s"), ("authorization", "Basic dTpz")]);
    for (scheme, secret, query) in [
        ("pipedrive", "u:s", None),
        ("dynamics", "s", None),
        ("mailchimp", "s", Some("secret=s")),
        ("salesforce", "s", Some("secret=s")),
    ] {
        let hook = hook(json!({ "scheme": scheme, "secrets": [secret] }));
        let ask = |headers, query| {
            hook.hear(&Delivery { method: "POST", query, headers, body: b"" }, at(0), &[], &Nobody, |told| told)
        };
        assert_eq!(ask(&shown, query), Ok(Told::Everything), "{scheme}");
        assert_eq!(ask(&none, None), Err(Denied::Unsigned), "{scheme}");
        assert_eq!(hook.is_looked_at(), scheme == "mailchimp");
        assert_eq!(hook.acknowledgement().is_some(), scheme == "salesforce");
    }
    let elsewhere = hook(json!({ "scheme": "dynamics", "header": "x-other", "secrets": ["s"] }));
    assert_eq!(hear(&elsewhere, &shown, "", 0), Err(Denied::Unsigned));
}

#[test]
fn settings_that_check_nothing_are_refused() {
    let problem = |json: Json| {
        let flaws = Hook::new(settings(json), Value::Null).err().unwrap_or_default();
        flaws.iter().map(|flaw| format!("{}: {}", flaw.key, flaw.message)).collect::<Vec<_>>().join("; ")
    };
    assert!(problem(json!({ "scheme": "stripe" })).contains("secrets: `secrets` is missing"));
    assert!(problem(json!({ "scheme": "hubspot", "secrets": ["s"] })).contains("url: `url` is missing"));
    assert!(problem(json!({ "scheme": "hubspot", "secrets": ["s"], "url": "" })).contains("url: `url` is missing"));
    assert!(problem(json!({ "scheme": "pipedrive", "secrets": ["s"] })).contains("expected `user:password`"));
    assert!(problem(json!({ "scheme": "header", "secrets": ["s"] })).contains("header: `header` is missing"));
    assert!(problem(json!({ "secrets": ["s"] })).contains("hmac: `hmac` is missing"));
    let hmac = |signed: &str| json!({ "secrets": ["s"], "hmac": { "header": "x-signature", "signed": signed } });
    assert!(problem(hmac("{timestamp}")).contains("hmac.signed: `hmac.signed` does not name {body}"));
    assert!(problem(hmac("{body}{time}")).contains("names {time}"));
    assert!(problem(hmac("{body}{timestamp}")).contains("go together"));
    let all = problem(json!({ "hmac": { "header": "a b", "signed": "{time}", "timestamp_header": "ü" } }));
    for part in ["secrets: ", "hmac.header: ", "hmac.signed: ", "hmac.timestamp_header: "] {
        assert!(all.contains(part), "{part} in {all}");
    }
}

#[test]
fn empty_secrets_are_none() {
    assert!(settings(json!({ "scheme": "stripe", "secrets": ["", ""] })).is_off());
    assert!(!settings(json!({ "scheme": "stripe" })).is_off());
    let next = settings(json!({ "scheme": "header", "header": "x-key", "secrets": ["", "s"] }));
    assert!(!next.is_off());
    let hook = Hook::new(next, Value::Null).unwrap_or_else(|flaws| panic!("{flaws:?}"));
    assert!(hear(&hook, &headers(&[("x-key", "s")]), "", 0).is_ok());
    assert_eq!(hear(&hook, &headers(&[("x-key", "")]), "", 0), Err(Denied::Forged));
}

#[test]
fn what_was_heard_and_counted_outlives_a_reload_and_a_new_secret() {
    let sent = vectors().into_iter().find(|sent| sent["scheme"] == "zendesk" && sent["accept"] == true).unwrap();
    let (told, headers, body) = vector(&sent);
    let first = hook(told.clone());
    assert_eq!(hear(&first, &headers, &body, SIGNED_AT), Ok(Told::Everything));
    let mut rotated = told;
    rotated["secrets"] = json!(["the next secret", sent["secret"]]);
    let second = hook(rotated).after(&first);
    assert_eq!(hear(&second, &headers, &body, SIGNED_AT), Err(Denied::Replayed));
    let counts: Vec<_> = second.tally().filter(|(_, count)| *count > 0).collect();
    assert_eq!(counts, [("heard", 1), ("replayed", 1)]);
}

#[test]
fn a_signature_of_ones_own_is_described() {
    let hmac = json!({ "header": "x-signature", "prefix": "sha1=", "algorithm": "sha1", "encoding": "base64" });
    let own = hook(json!({ "secrets": ["key"], "hmac": hmac }));
    let text = "The quick brown fox jumps over the lazy dog";
    // HMAC-SHA1 of a well-known example.
    let sent = headers(&[("x-signature", "sha1=3nybhbi3iqa8ino29wqQcBydtNk=")]);
    assert_eq!(hear(&own, &sent, text, 0), Ok(Told::Everything));
    assert_eq!(
        hear(&own, &headers(&[("x-signature", "3nybhbi3iqa8ino29wqQcBydtNk=")]), text, 0),
        Err(Denied::Unsigned)
    );
}
