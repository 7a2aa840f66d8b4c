//! Klaviyo, revision 2026-07-15: JSON:API, filters as texts, absolute links to the next page.
//! Facts: <https://github.com/klaviyo/openapi> (`openapi/stable.json`),
//! <https://developers.klaviyo.com/en/reference/api_overview>.

use serde_json::{Value as Json, json};

use super::ask;
use super::stub::{Ask, Stub};

const SETTINGS: [(&str, &str); 1] = [("KLAVIYO_PRIVATE_KEY", "pk_tell_no_one")];

fn failed(status: u16, code: &str) -> (u16, Json) {
    (status, json!({ "errors": [{ "id": "e-1", "status": status, "code": code, "title": code, "detail": "no" }] }))
}

fn profile(id: &str, customer: &str, consent: &str) -> Json {
    json!({
        "type": "profile", "id": id,
        "attributes": {
            "email": format!("{customer}@works.example"), "phone_number": null, "external_id": customer,
            "first_name": "Ada", "last_name": null, "created": "2025-01-01T00:00:00+00:00",
            "updated": "2026-05-06T07:08:09+00:00", "last_event_date": "2026-05-01T10:00:00+00:00",
            "subscriptions": {
                "email": { "marketing": { "can_receive_email_marketing": true, "consent": consent, "suppression": [] } },
                "sms": null,
            },
        },
        "links": { "self": format!("https://a.klaviyo.com/api/profiles/{id}/") },
    })
}

fn event(id: &str, metric: &str, day: u8, message: Option<&str>) -> Json {
    json!({
        "type": "event", "id": id,
        "attributes": {
            "timestamp": 1, "datetime": format!("2026-04-{day:02}T08:00:00+00:00"), "uuid": id,
            "event_properties": { "Subject": "Spring", "$message": message },
        },
        "relationships": {
            "metric": { "data": { "type": "metric", "id": metric } },
            "profile": { "data": { "type": "profile", "id": "01ADA" } },
        },
    })
}

fn klaviyo(ask: &Ask) -> (u16, Json) {
    if ask.header("authorization") != "Klaviyo-API-Key pk_tell_no_one" {
        return failed(401, "not_authenticated");
    }
    if ask.header("revision") != "2026-07-15" {
        return failed(400, "missing_revision");
    }
    match (ask.path.as_str(), ask.asks("filter")) {
        ("/api/profiles", filter) => {
            let keys = filter.strip_prefix("any(external_id,").and_then(|rest| rest.strip_suffix(')'));
            let Some(keys) = keys.and_then(|keys| serde_json::from_str::<Vec<String>>(keys).ok()) else {
                return failed(400, "invalid_filter");
            };
            if ask.asks("page[size]") != "100" || ask.asks("additional-fields[profile]") != "subscriptions" {
                return failed(400, "invalid");
            }
            let (data, next) = match ask.asks("page[cursor]") {
                "" => {
                    let link =
                        format!("http://{}/api/profiles?{}", ask.header("host"), ask.encoded("page[cursor]", "two"));
                    (profile("01ADA", "c-1", "SUBSCRIBED"), json!(link))
                }
                _ => (profile("01BEN", "c-2", "UNSUBSCRIBED"), Json::Null),
            };
            assert!(keys.iter().any(|key| key == "c-1"), "{keys:?}");
            (200, json!({ "data": [data], "links": { "self": "…", "next": next, "prev": null } }))
        }
        ("/api/events", r#"equals(profile_id,"01ADA")"#) if ask.asks("include") == "metric" => {
            let data = json!([
                event("4", "OPEN", 4, Some("m-1")),
                event("3", "ORDER", 3, None),
                event("2", "OPEN", 2, Some("m-1")),
                event("1", "SENT", 1, Some("m-1")),
            ]);
            let metric = |id: &str, name: &str| json!({ "type": "metric", "id": id, "attributes": { "name": name } });
            let included = json!([
                metric("OPEN", "Opened Email"),
                metric("SENT", "Received Email"),
                metric("ORDER", "Placed Order")
            ]);
            (200, json!({ "data": data, "included": included, "links": { "self": "…", "next": null, "prev": null } }))
        }
        ("/api/events", r#"equals(profile_id,"01BEN")"#) => {
            (200, json!({ "data": [], "links": { "self": "…", "next": null, "prev": null } }))
        }
        _ => failed(404, "not_found"),
    }
}

#[tokio::test]
async fn profiles_of_all_pages_their_consent_and_what_became_of_mailings() {
    let stub = Stub::of(klaviyo).await;
    let gateway = stub.gateway(&["klaviyo"], &SETTINGS);
    let query = r#"{
        customers(ids: ["c-1", "c-2", "say \"no\""]) {
            name email origin { id url }
            marketingProfile { isOptedOutOfEmail lastHeardOfAt }
            consents { nodes { id topic status } }
            marketingEmails { nodes { id subject sentAt firstOpenedAt opens clicks } }
        }
    }"#;
    let answer = ask(&gateway, query, json!({})).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    let [ada, ben, stranger] = answer["data"]["customers"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!(*stranger, Json::Null);
    assert_eq!((&ada["name"], &ada["email"]), (&json!("Ada"), &json!("c-1@works.example")));
    assert_eq!(ada["origin"], json!({ "id": "01ADA", "url": "https://www.klaviyo.com/profile/01ADA" }));
    assert_eq!(ada["consents"]["nodes"], json!([{ "id": "01ADA-E-mail", "topic": "E-mail", "status": "SUBSCRIBED" }]));
    let mailing = json!({
        "id": "01ADA-m-1", "subject": "Spring", "sentAt": "2026-04-01T08:00:00Z",
        "firstOpenedAt": "2026-04-02T08:00:00Z", "opens": 2, "clicks": 0
    });
    assert_eq!(ada["marketingEmails"]["nodes"], json!([mailing]));
    assert_eq!(ben["marketingProfile"]["isOptedOutOfEmail"], true);
    assert_eq!(ben["marketingEmails"]["nodes"], json!([]));
    let calls = stub.asked();
    assert_eq!(calls.len(), 4, "two pages of profiles, events of two: {calls:?}");
}
