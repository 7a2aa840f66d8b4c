//! Pipedrive, API v2: custom fields by hash, ids in commas, cursors, `success` beside the status.
//! Facts: <https://developers.pipedrive.com/docs/api/v1> (Persons, Deals, ItemSearch, version 2),
//! <https://pipedrive.readme.io/docs/core-api-concepts-pagination>.

use serde_json::{Value as Json, json};

use super::ask;
use super::stub::{Ask, Stub};

const CUSTOMER: &str = "aa11bb22cc33dd44ee55ff66aa77bb88cc99dd00";
const ACCOUNT: &str = "00dd99cc88bb77aa66ff55ee44dd33cc22bb11aa";
const SETTINGS: [(&str, &str); 3] = [
    ("PIPEDRIVE_API_TOKEN", "tell-no-one"),
    ("PIPEDRIVE_CUSTOMER_FIELD", CUSTOMER),
    ("PIPEDRIVE_ORGANIZATION_FIELD", ACCOUNT),
];

fn failed(status: u16, error: &str) -> (u16, Json) {
    (status, json!({ "success": false, "error": error, "error_info": null, "data": null, "additional_data": null }))
}

fn listed(items: Vec<Json>, next: Option<&str>) -> (u16, Json) {
    (200, json!({ "success": true, "data": items, "additional_data": { "next_cursor": next } }))
}

fn person(id: u64, customer: Option<&str>) -> Json {
    json!({
        "id": id, "name": "Ada King", "first_name": "Ada", "last_name": "King", "owner_id": 7, "org_id": 31,
        "add_time": "2025-02-03T08:00:00Z", "update_time": "2026-03-04T09:10:11Z", "is_deleted": false, "visible_to": 3,
        "emails": [
            { "value": "ada@home.example", "primary": false, "label": "home" },
            { "value": "ada@works.example", "primary": true, "label": "work" },
        ],
        "phones": [], "label_ids": [], "custom_fields": { CUSTOMER: customer },
    })
}

fn deal(id: u64, status: &str) -> Json {
    json!({
        "id": id, "title": format!("Deal {id}"), "owner_id": 7, "person_id": 12, "org_id": 31, "pipeline_id": 1, "stage_id": 4,
        "value": 1200.5, "currency": "EUR", "status": status, "probability": null, "expected_close_date": "2026-12-31",
        "add_time": "2026-01-02T03:04:05Z", "update_time": "2026-01-03T03:04:05Z", "stage_change_time": null,
        "close_time": null, "won_time": null, "lost_time": null, "is_deleted": false, "is_archived": false,
        "custom_fields": {},
    })
}

fn pipedrive(ask: &Ask) -> (u16, Json) {
    if ask.header("x-api-token") != "tell-no-one" {
        return failed(401, "unauthorized access");
    }
    let ids: Vec<&str> = ask.asks("ids").split(',').collect();
    match ask.path.as_str() {
        "/api/v2/itemSearch/field" => match (ask.asks("entity_type"), ask.asks("field"), ask.asks("term")) {
            _ if ask.asks("match") != "exact" => failed(400, "the search is not exact"),
            ("person", CUSTOMER, "c-1") => listed(vec![json!({ "id": 12, CUSTOMER: "c-1" })], None),
            ("organization", ACCOUNT, "a-1") => listed(vec![json!({ "id": 31, ACCOUNT: "a-1" })], None),
            ("person", CUSTOMER, _) | ("organization", ACCOUNT, _) => listed(vec![], None),
            _ => failed(400, "no such field"),
        },
        "/api/v2/persons" if ask.asks("org_id") == "31" => match ask.asks("cursor") {
            "" => listed(vec![person(12, Some("c-1")), person(13, None)], Some("bmV4dA==")),
            "bmV4dA==" => listed(vec![person(14, Some("c-3"))], None),
            _ => failed(400, "bad cursor"),
        },
        "/api/v2/persons" if ids.len() <= 100 && ids.contains(&"12") => listed(vec![person(12, Some("c-1"))], None),
        "/api/v2/organizations" if ids == ["31"] => {
            let organization = json!({
                "id": 31, "name": "Analytical Engines", "owner_id": 7, "add_time": "2024-01-01T00:00:00Z",
                "update_time": null, "is_deleted": false, "custom_fields": { ACCOUNT: "a-1" },
            });
            listed(vec![organization], None)
        }
        "/api/v2/deals" if ask.asks("person_id") == "12" || ask.asks("org_id") == "31" => match ask.asks("cursor") {
            "" => listed(vec![deal(3, "open"), deal(2, "won")], Some("cGFnZTI=")),
            "cGFnZTI=" => listed(vec![deal(1, "lost")], None),
            _ => failed(400, "bad cursor"),
        },
        "/api/v2/stages/4" => (200, json!({ "success": true, "data": { "id": 4, "name": "Offer", "pipeline_id": 1 } })),
        _ => failed(404, "not found"),
    }
}

#[tokio::test]
async fn a_person_their_company_and_all_pages_of_their_deals() {
    let stub = Stub::of(pipedrive).await;
    let gateway = stub.gateway(&["pipedrive"], &SETTINGS);
    let query = r#"{
        customers(ids: ["c-1", "c-9"]) {
            id name email phone knownSince origin { id url updatedAt }
            account { id name contacts { nodes { id } } }
            deals { totalCount nodes { id status stage amount { amount currency } closeDate account { id } } }
        }
        account(id: "a-1") { deals { totalCount } }
    }"#;
    let answer = ask(&gateway, query, json!({})).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    let [ada, stranger] = answer["data"]["customers"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!(*stranger, Json::Null);
    assert_eq!(ada["email"], "ada@works.example", "the primary one");
    assert_eq!(ada["phone"], Json::Null);
    assert_eq!(
        ada["origin"],
        json!({
            "id": "12", "url": "https://your-company.pipedrive.com/person/12", "updatedAt": "2026-03-04T09:10:11Z"
        })
    );
    assert_eq!(
        ada["account"],
        json!({ "id": "a-1", "name": "Analytical Engines", "contacts": { "nodes": [{ "id": "c-1" }, { "id": "c-3" }] } })
    );
    assert_eq!(ada["deals"]["totalCount"], 3);
    assert_eq!(
        ada["deals"]["nodes"][0],
        json!({
            "id": "3", "status": "OPEN", "stage": "Offer", "amount": { "amount": "1200.50", "currency": "EUR" },
            "closeDate": "2026-12-31", "account": { "id": "a-1" }
        })
    );
    assert_eq!(answer["data"]["account"]["deals"]["totalCount"], 3);
    let calls = stub.asked();
    let stages = calls.iter().filter(|call| call.path.starts_with("/api/v2/stages/")).count();
    assert_eq!(stages, 1, "three deals stand in one stage");
}

#[tokio::test]
async fn a_refused_token_is_told_without_its_value() {
    let stub = Stub::of(pipedrive).await;
    let gateway = stub.gateway(&["pipedrive"], &[SETTINGS[1], SETTINGS[2], ("PIPEDRIVE_API_TOKEN", "wrong")]);
    let answer = ask(&gateway, r#"{ customer(id: "c-1") { name } }"#, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["department"], "sales", "{answer}");
    assert!(!answer.to_string().contains("wrong"), "{answer}");
}
