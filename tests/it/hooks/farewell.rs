//! Operators have a customer forgotten.

use c360::demo::{Fault, Which};
use serde_json::{Value as Json, json};

use super::{House, INVOICES, open};

const WHOLE: &str = "query($id: ID!) { customer(id: $id) { name jobTitle invoices { nodes { number } } \
                     tickets { nodes { subject } } usage { seatsUsed } consents { nodes { status } } } }";
const NAME: &str = "query($id: ID!) { customer(id: $id) { name } }";

impl House {
    /// How often departments are called for all of a customer where nothing is kept and tokens are.
    async fn cold_calls(&self, id: &str) -> u64 {
        self.calls_for(WHOLE, id).await;
        assert_eq!(self.operate("/admin/purge", json!({ "everything": true })).await.0, 200);
        self.calls_for(WHOLE, id).await
    }

    async fn forget(&self, key: Json) -> Json {
        let (status, told) = self.operate("/admin/forget-customer", json!({ "entity": "Customer", "key": key })).await;
        assert_eq!(status, 200, "{told}");
        assert_eq!(told["everywhere"], true, "{told}");
        told
    }
}

/// What is said of one connector.
fn of<'t>(told: &'t Json, connector: &str) -> &'t Json {
    let gone = told["forgotten"].as_array().unwrap().iter();
    gone.into_iter().find(|gone| gone["connector"] == connector).unwrap_or_else(|| panic!("no {connector} in {told}"))
}

#[tokio::test]
async fn nothing_is_kept_of_a_forgotten_customer() {
    let house = open("billing").await;
    let (id, _) = house.ids();
    let cold = house.cold_calls(&id).await;
    for round in 0..2 {
        let told = house.forget(json!({ "id": id })).await;
        let expected = json!({ "connector": "billingCustomer", "type": "Customer", "source": "billing", "keys": 1 });
        assert_eq!(of(&told, "billingCustomer"), &expected, "{told}");
        assert_eq!(of(&told, "billingInvoices")["keys"], 1, "its key was found: {told}");
        assert_eq!(told["memory"]["records"].as_u64().unwrap() > 0, round == 0, "{told}");
        assert_eq!(told["memory"]["answers"], if round == 0 { 1 } else { 0 }, "{told}");
        assert_eq!(house.gateway.cache().weight(), 0);
        assert!(!told.to_string().contains(&id), "no value of a key is told: {told}");
    }
    assert_eq!(house.calls_for(WHOLE, &id).await, cold);
}

/// Marks are shared by chance: once in a hundred houses somebody else is forgotten along, and not in three in a row.
#[tokio::test]
async fn a_customer_is_forgotten_by_any_key_and_others_are_not() {
    for _ in 0..3 {
        if forgotten_alone().await {
            return;
        }
    }
    panic!("others are forgotten too");
}

/// Forgets a customer by the key of one system; whether somebody else was not.
async fn forgotten_alone() -> bool {
    let house = open("billing").await;
    let (id, other) = house.ids();
    let cold = house.cold_calls(&id).await;
    assert!(house.calls_for(NAME, &other).await > 0);
    let told = house.forget(json!({ "billingCustomerId": house.billing_id(&id).await })).await;
    for connector in
        ["crmContact", "helpdeskUser", "marketingContact", "billingCustomer", "productUsage", "billingInvoices"]
    {
        assert!(of(&told, connector)["keys"].as_u64().unwrap() >= 1, "{connector}: {told}");
    }
    assert_eq!(told["fields"]["id"], 1, "{told}");
    let is_alone = house.calls_for(NAME, &other).await == 0;
    assert_eq!(house.calls_for(WHOLE, &id).await, cold);
    assert_eq!(house.calls_for(NAME, &other).await, 0);
    is_alone
}

#[tokio::test]
async fn a_system_that_is_down_is_said_and_nothing_is_kept_for_it() {
    let house = open("billing").await;
    let (id, _) = house.ids();
    house.calls_for(WHOLE, &id).await;
    house.town.department(Which::Billing).fail(Fault::Unavailable503);
    let told = house.forget(json!({ "id": id })).await;
    let asked = told["asked"].as_array().unwrap();
    let billing = asked.iter().find(|asked| asked["source"] == "billing").unwrap();
    assert_eq!((&billing["said"], &billing["code"]), (&json!("FAILED"), &json!("UNAVAILABLE")), "{told}");
    let why = of(&told, "billingInvoices")["whole"].as_str().unwrap_or_else(|| panic!("{told}"));
    assert!(why.contains("`billingCustomerId` is told by billing, which could not be asked (UNAVAILABLE)"), "{why}");
    assert_eq!(of(&told, "billingCustomer")["keys"], 1, "its key is known all the same");
    assert_eq!(house.gateway.cache().weight(), 0);
}

#[tokio::test]
async fn operations_that_hold_a_key_are_forgotten_too() {
    let house = open("billing").await;
    let (id, other) = house.ids();
    for id in [&id, &other] {
        let literal = INVOICES.replace("query($id: ID!) ", "").replace("$id", &format!("\"{id}\""));
        house.calls_for(&literal, id).await;
    }
    let told = house.forget(json!({ "id": id })).await;
    assert_eq!(told["memory"]["operations"], 1, "{told}");
    assert!(told["memory"]["answers"].as_u64().unwrap() >= 1, "{told}");
}

#[tokio::test]
async fn whom_nobody_could_know_is_not_looked_for() {
    let house = open("billing").await;
    let ask = |body: Json| house.operate("/admin/forget-customer", body);
    for wrong in [
        json!({ "entity": "Customer" }),
        json!({ "entity": "Nobody", "key": { "id": "c-1" } }),
        json!({ "entity": "Customer", "key": { "jobTitle": "Analyst" } }),
        json!({ "entity": "Customer", "key": { "id": { "a": 1 } } }),
        json!({ "source": "billing" }),
    ] {
        assert_eq!(ask(wrong.clone()).await.0, 400, "{wrong}");
    }
    // Somebody of whom nothing is kept, and whom no system knows.
    let told = house.forget(json!({ "id": "c-nobody" })).await;
    assert!(told["asked"].as_array().unwrap().iter().all(|asked| asked["said"] == "ABSENT"), "{told}");
    assert!(of(&told, "billingInvoices")["whole"].is_string(), "{told}");
    let status = house.client.get(format!("{}/admin/status", house.operators)).send().await.unwrap();
    let status: Json = serde_json::from_str(&status.text().await.unwrap()).unwrap();
    assert_eq!((&status["ready"], &status["generation"]), (&json!(true), &json!(1)));
}
