//! Signatures by vendor, and what is refused; what a payload speaks of.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value as Json, json};

use super::{Delivery, Denied, Hook, Settings, Told};

const VECTORS: &str = include_str!("tests/vectors.json");
/// The time at which the vectors were signed.
const SIGNED_AT: u64 = 1_767_225_600;

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn settings(json: Json) -> Settings {
    serde_json::from_value(json).unwrap()
}

fn hook(json: Json) -> Hook {
    Hook::new(settings(json)).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap()))
        .collect()
}

fn hear(hook: &Hook, headers: &HeaderMap, body: &str, now: u64) -> Result<Told, Denied> {
    hook.hear(&Delivery { method: "POST", query: None, headers, body: body.as_bytes() }, at(now))
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
        assert_eq!(hear(&hook(told.clone()), &headers, &body.replace('1', "2"), SIGNED_AT), Err(Denied::Forged));
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
    let timed = vectors().into_iter().filter(|sent| sent["accept"] == true && sent["scheme"] != "jira");
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
    let ask = |query| by_query.hear(&Delivery { method: "POST", query, headers: &none, body: b"" }, at(0));
    assert!(ask(Some("a=b&secret=s3%20cret")).is_ok());
    assert_eq!(ask(Some("secret=other")), Err(Denied::Forged));
    assert_eq!(ask(None), Err(Denied::Unsigned));
}

#[test]
fn a_payload_speaks_of_keys() {
    let keys = |settings: Json, kind: &str, body: &str| {
        let mut whole = json!({ "scheme": "header", "header": "x-key", "secrets": ["s"] });
        whole["forget"] = settings;
        let heard = hear(&hook(whole), &headers(&[("x-key", "s"), ("content-type", kind)]), body, 0);
        match heard {
            Ok(Told::Keys(keys)) => {
                let text = |object: &crate::mapping::Object<'static>| {
                    let mut out = Vec::new();
                    crate::mapping::Value::Object(object.clone()).write(&mut out);
                    String::from_utf8(out).unwrap()
                };
                keys.iter().map(|(name, key)| format!("{name} {}", text(key))).collect::<Vec<_>>().join("; ")
            }
            other => format!("{other:?}"),
        }
    };
    let stripe = json!([{ "type": "Customer", "keys": "$.data.object { billingId: customer }" }]);
    let body = r#"{"data":{"object":{"customer":"cus_1"}}}"#;
    assert_eq!(keys(stripe.clone(), "application/json", body), r#"Customer {"billingId":"cus_1"}"#);
    assert_eq!(keys(stripe.clone(), "application/json", r#"{"data":{"object":{"customer":null}}}"#), "");
    assert_eq!(keys(stripe, "application/json", "{"), "Err(Unreadable)");
    let hubspot = json!([{ "type": "Customer", "keys": "marketingId: objectId->toString" }]);
    let body = r#"[{"objectId":1},{"objectId":2}]"#;
    let both = r#"Customer {"marketingId":"1"}; Customer {"marketingId":"2"}"#;
    assert_eq!(keys(hubspot, "application/json", body), both);
    let mailchimp = json!([{ "type": "Customer", "keys": "$.data { email }" }]);
    let body = "type=profile&data[email]=a%40example.test&data[merges][FNAME]=Ada";
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    assert_eq!(keys(mailchimp, kind, body), r#"Customer {"email":"a@example.test"}"#);
}

#[test]
fn settings_that_check_nothing_are_refused() {
    let problem = |json: Json| Hook::new(settings(json)).err().unwrap_or_default().join("; ");
    assert!(problem(json!({ "scheme": "stripe" })).contains("`secrets` is missing"));
    assert!(problem(json!({ "scheme": "stripe", "secrets": [""] })).contains("an empty one"));
    assert!(problem(json!({ "scheme": "hubspot", "secrets": ["s"] })).contains("`url` is missing"));
    assert!(problem(json!({ "secrets": ["s"] })).contains("`hmac` is missing"));
    let hmac = |signed: &str| json!({ "secrets": ["s"], "hmac": { "header": "x-signature", "signed": signed } });
    assert!(problem(hmac("{timestamp}")).contains("does not name {body}"));
    assert!(problem(hmac("{body}{time}")).contains("names {time}"));
    assert!(problem(hmac("{body}{timestamp}")).contains("go together"));
    let keys = json!({ "scheme": "jira", "secrets": ["s"], "forget": [{ "type": "Customer", "keys": "{{" }] });
    assert!(problem(keys).contains("`forget` of Customer"));
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
