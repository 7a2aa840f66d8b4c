use std::collections::BTreeSet;

use c360::demo::cast::MarketingContact;
use c360::demo::{Limits, Town, cast};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Caller, town};

fn contact<'a>(town: &'a Town, id: &str) -> &'a MarketingContact {
    town.cast().person(id).unwrap().marketing.as_ref().unwrap()
}

fn inputs<'a>(ids: impl IntoIterator<Item = &'a str>) -> Value {
    ids.into_iter().map(|id| json!({"id": id})).collect()
}

#[tokio::test]
async fn a_batch_is_a_shuffled_set_that_tells_of_missing_keys() {
    let town = town().await;
    let caller = Caller::of(town.marketing(), "hubspot");
    let people = &town.cast().persons[..100];
    let body = json!({"inputs": inputs(people.iter().map(|person| person.id.as_str())), "idProperty": "customer_id", "properties": ["customer_id", "email", "hs_email_optout", "nothing"]});
    for path in ["/crm/v3/objects/contacts/batch/read", "/crm/objects/2026-09/0-1/batch/read"] {
        let reply = caller.post(path, body.clone()).await;
        let found: Vec<&str> =
            reply.items("results").iter().map(|record| record["properties"]["customer_id"].as_str().unwrap()).collect();
        let known: Vec<&str> =
            people.iter().filter(|person| person.marketing.is_some()).map(|person| person.id.as_str()).collect();
        assert_ne!(found, known, "the order promises nothing");
        assert_eq!(found.iter().collect::<BTreeSet<_>>(), known.iter().collect());
        assert_eq!(reply.status, 207);
        let missing: Vec<_> = reply.body["errors"][0]["context"]["ids"]
            .as_array()
            .unwrap()
            .iter()
            .map(|id| id.as_str().unwrap())
            .collect();
        assert!(missing.contains(&cast::UNKNOWN_TO_MARKETING) && missing.len() + found.len() == 100);
        assert!(reply.items("results").iter().all(|record| record["properties"].get("nothing").is_none()
            && record["properties"]["hs_email_optout"].is_string()));
    }
    assert_eq!(caller.post("/crm/objects/2020-01/contacts/batch/read", body).await.status, 404);
}

#[tokio::test]
async fn batches_are_bounded_and_take_unique_properties_only() {
    let town = town().await;
    let caller = Caller::of(town.marketing(), "hubspot");
    let path = "/crm/v3/objects/contacts/batch/read";
    let ids: Vec<String> = (0..101).map(|id| id.to_string()).collect();
    let many = |count: usize| inputs(ids[..count].iter().map(String::as_str));
    assert_eq!(caller.post(path, json!({"inputs": many(101)})).await.status, 400);
    assert_eq!(caller.post(path, json!({"inputs": many(51), "propertiesWithHistory": ["email"]})).await.status, 400);
    assert_eq!(caller.post(path, json!({"inputs": many(1), "idProperty": "firstname"})).await.status, 400);
    assert_eq!(caller.post("/crm/v3/objects/nonsense/batch/read", json!({"inputs": many(1)})).await.status, 400);
    let loud = town.cast().person(cast::MIXED_CASE).unwrap().email.to_uppercase();
    let reply = caller
        .post(
            path,
            json!({"inputs": inputs([loud.as_str()]), "idProperty": "email", "propertiesWithHistory": ["email"]}),
        )
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body["results"][0]["id"], contact(&town, cast::MIXED_CASE).id.to_string());
    assert!(reply.body["results"][0]["propertiesWithHistory"]["email"].is_array());
    let company = caller.post("/crm/v3/objects/companies/batch/read", json!({"inputs": inputs([cast::HEROINES_COMPANY]), "idProperty": "account_id", "properties": ["name", "account_id"]})).await;
    assert_eq!(company.body["results"][0]["properties"]["account_id"], cast::HEROINES_COMPANY);
}

#[tokio::test]
async fn a_contacts_deals_and_talks_are_read_in_two_steps() {
    let town = town().await;
    let caller = Caller::of(town.marketing(), "hubspot");
    let heroine = contact(&town, cast::HEROINE);
    let id = heroine.id.to_string();
    let idle = contact(&town, cast::IDLE).id.to_string();
    let links = caller
        .post("/crm/v4/associations/contacts/deals/batch/read", json!({"inputs": inputs([id.as_str(), idle.as_str()])}))
        .await;
    assert_eq!(links.status, 207, "a contact without deals is an error beside the results");
    let deals: Vec<String> =
        links.body["results"][0]["to"].as_array().unwrap().iter().map(|to| to["toObjectId"].to_string()).collect();
    assert_eq!(deals, heroine.deals.iter().map(|deal| deal.id.to_string()).collect::<Vec<_>>());
    let read = caller.post("/crm/v3/objects/deals/batch/read", json!({"inputs": inputs(deals.iter().map(String::as_str)), "properties": ["amount", "dealstage", "deal_currency_code"]})).await;
    assert_eq!(read.items("results").len(), deals.len());
    let company = caller.get(&format!("/crm/v4/objects/contacts/{id}/associations/companies")).await;
    assert_eq!(company.body["results"][0]["associationTypes"][1]["label"], "Primary");
    let one = caller
        .get(&format!(
            "/crm/v3/objects/contacts/{}?idProperty=email&associations=companies,deals&properties=email",
            heroine.email.as_ref().unwrap()
        ))
        .await;
    assert_eq!(one.body["associations"]["deals"]["results"].as_array().unwrap().len(), deals.len());
    for kind in ["notes", "calls", "emails", "meetings", "tasks"] {
        let linked = caller.get(&format!("/crm/objects/2026-03/contacts/{id}/associations/{kind}")).await;
        let expected = heroine.engagements.iter().filter(|engagement| engagement.kind == kind).count();
        assert_eq!(linked.items("results").len(), expected, "{kind}");
    }
    let odd = &contact(&town, cast::ODD_STATUS).deals[0];
    let odd = caller.get(&format!("/crm/v3/objects/deals/{}?properties=dealstage", odd.id)).await;
    assert_eq!(odd.body["properties"]["dealstage"], cast::ODD_DEAL_STAGE);
    assert_eq!(caller.get("/crm/v3/objects/deals/1").await.status, 404);
    let many: Vec<String> = (0..1001).map(|id| id.to_string()).collect();
    let refused = caller
        .post(
            "/crm/v4/associations/contacts/deals/batch/read",
            json!({"inputs": inputs(many.iter().map(String::as_str))}),
        )
        .await;
    assert_eq!(refused.status, 400);
}

#[tokio::test]
async fn lists_and_searches_page_without_loss() {
    let town = town().await;
    let caller = Caller::of(town.marketing(), "hubspot");
    let all: BTreeSet<String> =
        town.cast().persons.iter().filter_map(|person| Some(person.marketing.as_ref()?.id.to_string())).collect();
    let mut seen = BTreeSet::new();
    let mut after = String::new();
    loop {
        let reply = caller.get(&format!("/crm/v3/objects/contacts?limit=100{after}")).await;
        seen.extend(reply.items("results").iter().map(|record| record["id"].as_str().unwrap().to_owned()));
        let Some(next) = reply.body["paging"]["next"]["after"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(seen, all);
    let mut seen = BTreeSet::new();
    let mut after = json!("0");
    while !after.is_null() {
        let body = json!({"filterGroups": [{"filters": [{"propertyName": "customer_id", "operator": "HAS_PROPERTY"}]}], "sorts": ["-createdate"], "limit": 70, "after": after});
        let reply = caller.post("/crm/v3/objects/contacts/search", body).await;
        assert_eq!(reply.body["total"], all.len());
        assert!(reply.header("x-hubspot-ratelimit-max").is_none());
        seen.extend(reply.items("results").iter().map(|record| record["id"].as_str().unwrap().to_owned()));
        after = reply.body["paging"]["next"]["after"].clone();
    }
    assert_eq!(seen, all);
    let filter = json!({"propertyName": "customer_id", "operator": "IN", "values": [cast::HEROINE, cast::NOBODY]});
    let reply = caller
        .post(
            "/crm/v3/objects/contacts/search",
            json!({"filterGroups": [{"filters": [filter]}], "properties": ["customer_id"]}),
        )
        .await;
    assert_eq!(reply.body["total"], 1);
    let six = vec![json!({"filters": [filter]}); 6];
    assert_eq!(caller.post("/crm/v3/objects/contacts/search", json!({"filterGroups": six})).await.status, 400);
    assert_eq!(
        caller.post("/crm/v3/objects/contacts/search", json!({"limit": 200, "after": "9900"})).await.status,
        400
    );
}

#[tokio::test]
async fn mailings_behaviour_and_consent_are_had_by_contact() {
    let town = town().await;
    let caller = Caller::of(town.marketing(), "hubspot");
    let heroine = contact(&town, cast::HEROINE);
    let email = heroine.email.as_ref().unwrap();
    let mut seen = Vec::new();
    let mut offset = String::new();
    loop {
        let reply = caller.get(&format!("/email/public/v1/events?recipient={email}&limit=7{offset}")).await;
        seen.extend(reply.items("events").iter().map(|event| event["id"].as_str().unwrap().to_owned()));
        if reply.body["hasMore"] == false {
            break;
        }
        offset = format!("&offset={}", reply.body["offset"].as_str().unwrap());
    }
    assert_eq!(seen, heroine.email_events.iter().map(|event| event.id.clone()).collect::<Vec<_>>());
    let clicks = caller.get(&format!("/email/public/v1/events?recipient={email}&eventType=CLICK&limit=1000")).await;
    assert_eq!(clicks.items("events").len(), 5);
    caller.get("/email/public/v1/events?limit=1000").await;
    let events = caller.get(&format!("/events/v3/events/?objectType=contact&objectId={}&limit=50", heroine.id)).await;
    let kinds: BTreeSet<&str> =
        events.items("results").iter().map(|event| event["eventType"].as_str().unwrap()).collect();
    assert!(kinds.contains(cast::DOWNLOAD) && kinds.contains(cast::CAMPAIGN_RESPONSE));
    let downloads = caller
        .get(&format!("/events/v3/events?objectType=contact&objectProperty.email={email}&eventType={}", cast::DOWNLOAD))
        .await;
    assert!(!downloads.items("results").is_empty());
    let consent = caller.get(&format!("/communication-preferences/v3/status/email/{email}")).await;
    assert_eq!(consent.items("subscriptionStatuses").len(), 3);
    assert_eq!(caller.get("/communication-preferences/v3/status/email/nobody@nowhere.example").await.status, 404);
    let mails = caller.get("/marketing/v3/emails/").await;
    let id = mails.body["results"][0]["id"].as_str().unwrap();
    assert!(mails.body["results"][0]["stats"]["counters"]["sent"].as_i64().unwrap() > 0);
    caller.get(&format!("/marketing/v3/emails/{id}")).await;
    assert_eq!(caller.get("/marketing/v3/forms/").await.items("results").len(), 3);
    caller.get("/crm/v3/owners/").await;
    caller.get("/crm/v3/pipelines/deals").await;
    caller.get("/crm/v3/properties/contacts").await;
}

#[tokio::test]
async fn strangers_are_refused_and_two_throttles_name_themselves() {
    let town = town().await;
    let caller = Caller::of(town.marketing(), "hubspot");
    assert_eq!(caller.send(caller.request(Method::GET, "/crm/v3/owners/")).await.status, 401);
    town.marketing().set_limits(Limits::Calls(1));
    assert_eq!(caller.get("/crm/v3/owners/").await.header("x-hubspot-ratelimit-remaining"), Some("0"));
    let refused = caller.get("/crm/v3/owners/").await;
    assert_eq!((refused.status, &refused.body["policyName"]), (429, &json!("TEN_SECONDLY_ROLLING")));
    assert_eq!(caller.post("/crm/v3/objects/contacts/search", json!({})).await.status, 200);
    let refused = caller.post("/crm/v3/objects/contacts/search", json!({})).await;
    assert_eq!((refused.status, &refused.body["policyName"]), (429, &json!("SECONDLY")));
}
