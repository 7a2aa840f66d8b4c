//! Dynamics 365, Dataverse Web API 9.2: OData filters in the URL, absolute links to the next page, tokens from Entra.
//! Facts: <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/overview>,
//! <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/opportunity>.

use serde_json::{Value as Json, json};

use super::ask;
use super::stub::{Ask, Stub};

const SETTINGS: [(&str, &str); 3] = [
    ("DYNAMICS_CLIENT_ID", "app"),
    ("DYNAMICS_CLIENT_SECRET", "tell-no-one"),
    ("DYNAMICS_CUSTOMER_COLUMN", "acme_customerid"),
];

fn failed(status: u16, code: &str) -> (u16, Json) {
    (status, json!({ "error": { "code": code, "message": "no" } }))
}

fn listed(rows: Json, next: Option<String>) -> (u16, Json) {
    let mut answer = json!({ "@odata.context": "…", "value": rows });
    if let Some(next) = next {
        answer["@odata.nextLink"] = next.into();
    }
    (200, answer)
}

fn contact(id: &str, customer: &str) -> Json {
    json!({
        "@odata.etag": "W/\"1\"", "contactid": id, "acme_customerid": customer, "fullname": "Ada King", "firstname": "Ada",
        "lastname": "King", "emailaddress1": "ada@works.example", "telephone1": null, "mobilephone": null, "jobtitle": "Countess",
        "department": null, "address1_line1": "1 Engine Row", "address1_city": "London", "address1_stateorprovince": null,
        "address1_postalcode": null, "address1_country": "UK", "createdon": "2025-01-01T00:00:00Z",
        "modifiedon": "2026-01-01T00:00:00Z", "owninguser": { "fullname": "Mary S.", "internalemailaddress": "mary@us.example" },
        "parentcustomerid_account": { "accountnumber": "a-1" },
    })
}

fn opportunity(id: &str, state: u8, actual: Json) -> Json {
    json!({
        "opportunityid": id, "name": "Engine", "statecode": state, "stepname": "2-Develop", "estimatedvalue": 99.5,
        "actualvalue": actual, "closeprobability": 40, "estimatedclosedate": "2026-12-31", "actualclosedate": null,
        "createdon": "2026-01-01T00:00:00Z", "modifiedon": "2026-02-01T00:00:00Z", "owninguser": null,
        "transactioncurrencyid": { "isocurrencycode": "GBP" }, "parentaccountid": { "accountnumber": "a-1" },
        "parentcontactid": { "acme_customerid": "c'1" },
    })
}

fn dynamics(ask: &Ask) -> (u16, Json) {
    if ask.path == "/token" {
        return (200, json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": "fresh" }));
    }
    if ask.header("authorization") != "Bearer fresh" {
        return failed(401, "0x80072560");
    }
    if ask.header("odata-version") != "4.0" || ask.header("odata-maxversion") != "4.0" {
        return failed(400, "0x0");
    }
    let page = |words: &str| format!("http://{}{}?{}", ask.header("host"), ask.path, ask.encoded("$skiptoken", words));
    match (ask.path.as_str(), ask.asks("$filter"), ask.asks("$skiptoken")) {
        ("/api/data/v9.2/contacts", "acme_customerid eq 'c''1' or acme_customerid eq 'c-9'", "") => {
            assert!(ask.asks("$select").starts_with("acme_customerid,contactid,"), "{}", ask.asks("$select"));
            listed(json!([contact("g-1", "c'1")]), Some(page("two")))
        }
        ("/api/data/v9.2/contacts", _, "two") => listed(json!([contact("g-2", "c'1")]), None),
        ("/api/data/v9.2/contacts", "parentcustomerid_account/accountnumber eq 'a-1'", "") => {
            listed(json!([contact("g-1", "c'1"), contact("g-2", "c'1"), contact("g-3", "c-2")]), None)
        }
        ("/api/data/v9.2/opportunities", filter, _)
            if filter.starts_with("parentcontactid/acme_customerid eq 'c''1'") =>
        {
            assert!(
                ask.asks("$expand").ends_with("parentcontactid($select=acme_customerid)"),
                "{}",
                ask.asks("$expand")
            );
            listed(json!([opportunity("o-1", 0, Json::Null), opportunity("o-2", 1, json!(120.25))]), None)
        }
        ("/api/data/v9.2/accounts", "accountnumber eq 'a-1'", _) => {
            let account = json!({
                "accountid": "g-7", "accountnumber": "a-1", "name": "Analytical Engines", "websiteurl": null,
                "telephone1": null, "revenue": 1000000, "numberofemployees": 12, "address1_line1": null, "address1_city": null,
                "address1_stateorprovince": null, "address1_postalcode": null, "address1_country": null,
                "createdon": "2025-01-01T00:00:00Z", "modifiedon": "2026-01-01T00:00:00Z", "owninguser": null,
                "transactioncurrencyid": { "isocurrencycode": "GBP" }, "parentaccountid": { "accountnumber": "a-0" },
            });
            listed(json!([account]), None)
        }
        ("/api/data/v9.2/accounts", "parentaccountid/accountnumber eq 'a-1'", _) => listed(
            json!([{ "accountnumber": "a-2", "name": "B", "parentaccountid": { "accountnumber": "a-1" } }]),
            None,
        ),
        _ => failed(400, "0x80060888"),
    }
}

#[tokio::test]
async fn contacts_of_all_pages_their_deals_and_their_company() {
    let stub = Stub::of(dynamics).await;
    let gateway = stub.gateway(&["dynamics"], &SETTINGS);
    let query = r#"{
        customers(ids: ["c'1", "c-9"]) {
            name email owner { name } mailingAddress { city } origin { id url }
            deals { nodes { id status stage amount { amount currency } closeDate owner { name } account { id } } }
            account {
                name annualRevenue { amount currency } parent { id }
                subsidiaries { nodes { id } } contacts { nodes { id } }
            }
        }
    }"#;
    let answer = ask(&gateway, query, json!({})).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    let [ada, stranger] = answer["data"]["customers"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!(*stranger, Json::Null);
    let url = "https://your-company.crm.dynamics.com/main.aspx?pagetype=entityrecord&etn=contact&id=g-1";
    assert_eq!(ada["origin"], json!({ "id": "g-1", "url": url }), "the older of two contacts speaks");
    assert_eq!(ada["owner"], json!({ "name": "Mary S." }));
    let deal = |id: &str, status: &str, amount: &str| {
        json!({
            "id": id, "status": status, "stage": "2-Develop", "amount": { "amount": amount, "currency": "GBP" },
            "closeDate": "2026-12-31", "owner": null, "account": { "id": "a-1" }
        })
    };
    assert_eq!(ada["deals"]["nodes"], json!([deal("o-1", "OPEN", "99.50"), deal("o-2", "WON", "120.25")]));
    assert_eq!(ada["account"]["annualRevenue"], json!({ "amount": "1000000.00", "currency": "GBP" }));
    assert_eq!(ada["account"]["parent"], json!({ "id": "a-0" }));
    assert_eq!(ada["account"]["subsidiaries"]["nodes"], json!([{ "id": "a-2" }]));
    assert_eq!(ada["account"]["contacts"]["nodes"], json!([{ "id": "c'1" }, { "id": "c-2" }]), "each person once");
}
