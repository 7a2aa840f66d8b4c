//! Vendors and operators have the gateway forget: over real HTTP, in front of the look-alike departments.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use c360::demo::{Department, Dials, Town, Which, cast};
use c360::gateway::Gateway;
use c360::hooks;
use c360::http::{Admin, AdminSettings, Desk, Settings, serve_beside};
use c360::startup::{self, Folder};
use c360::{cli, units::ByteSize};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

const SECRET: &str = "whsec_made_up";
const INVOICES: &str = "query($id: ID!) { customer(id: $id) { invoices { nodes { number } } } }";
/// The vendor tells of a customer by its own id.
const KEYS: &str = "$.data.object { billingCustomerId: customer }";

struct House {
    town: Town,
    gateway: Arc<Gateway>,
    client: reqwest::Client,
    clients: String,
    operators: String,
}

async fn open(forget: Json) -> House {
    let town = Town::start(Dials { customers: 60, ..Dials::default() }).await.unwrap();
    let mut settings = cli::settings_of(&town);
    let hook = json!({ "scheme": "stripe", "secrets": [SECRET], "max_body": "4KiB", "forget": forget });
    let hook: hooks::Settings = serde_json::from_value(hook).unwrap();
    settings.webhooks = BTreeMap::from([("billing".to_owned(), hook)]);
    let folder = Folder { files: cli::shipped_schema(), settings };
    let assembled = startup::assemble(folder, Arc::new(|_: &str| None), None);
    let gateway = assembled.unwrap_or_else(|faults| panic!("{faults}")).gateway;
    let clients = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let operators = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
    let house = House {
        town,
        gateway: gateway.clone(),
        client: reqwest::Client::new(),
        clients: address(&clients),
        operators: address(&operators),
    };
    let admin = Admin::new(operators, AdminSettings::default());
    tokio::spawn(serve_beside(clients, Desk::new(gateway, Settings::default()), Some(admin), std::future::pending()));
    house
}

fn mapped() -> Json {
    json!([{ "type": "Customer", "keys": KEYS }])
}

impl House {
    /// Asks for a customer's invoices; how often the department was called for them.
    async fn calls(&self, id: &str) -> u64 {
        self.town.departments().for_each(Department::reset_calls);
        let body = json!({ "query": INVOICES, "variables": { "id": id } });
        let request = self.client.post(format!("{}/graphql", self.clients)).body(body.to_string());
        let answer = request.header("content-type", "application/json").send().await.unwrap();
        let answer: Json = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(answer.get("errors"), None, "{answer}");
        self.town.department(Which::Billing).calls().total
    }

    /// A delivery as the vendor signs it, `seconds` from now.
    fn delivery(&self, body: &str, secret: &str, seconds: i64) -> RequestBuilder {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64 + seconds;
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
        let tag = ring::hmac::sign(&key, format!("{now}.{body}").as_bytes());
        let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        self.client
            .post(format!("{}/webhooks/billing", self.clients))
            .header("content-type", "application/json")
            .header("stripe-signature", format!("t={now},v1={hex}"))
            .body(body.to_owned())
    }

    async fn tell(&self, body: &str) -> StatusCode {
        self.delivery(body, SECRET, 0).send().await.unwrap().status()
    }

    async fn operate(&self, path: &str, body: Json) -> (u16, Json) {
        let request = self.client.post(format!("{}{path}", self.operators)).body(body.to_string());
        let response = request.header("content-type", "application/json").send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
    }

    /// The id that the billing system has for a customer.
    async fn billing_id(&self, id: &str) -> String {
        let url = format!(
            "{}/v1/customers/search?query=metadata['customer_id']:'{id}'",
            self.town.department(Which::Billing).address()
        );
        let c360::demo::Credentials::Bearer { token } = self.town.department(Which::Billing).credentials() else {
            panic!("billing wants a bearer token")
        };
        let answer = self.client.get(url).bearer_auth(token).send().await.unwrap().text().await.unwrap();
        let answer: Json = serde_json::from_str(&answer).unwrap();
        answer["data"][0]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    fn ids(&self) -> (String, String) {
        let persons = &self.town.cast().persons;
        let other = persons.iter().find(|person| person.id != cast::BUSY).unwrap();
        (cast::BUSY.to_owned(), other.id.clone())
    }
}

#[tokio::test]
async fn a_vendor_tells_of_a_customer_and_only_that_one_is_asked_for_again() {
    let house = open(mapped()).await;
    let (told, other) = house.ids();
    assert!(house.calls(&told).await > 1 && house.calls(&other).await > 0);
    assert_eq!((house.calls(&told).await, house.calls(&other).await), (0, 0), "both are kept");
    let body = json!({ "data": { "object": { "customer": house.billing_id(&told).await } } }).to_string();
    assert_eq!(house.tell(&body).await, 204);
    // Who the customer is to the billing system stands; the whole answer and what hangs on its id do not.
    assert_eq!(house.calls(&told).await, 1);
    assert_eq!((house.calls(&told).await, house.calls(&other).await), (0, 0));
}

#[tokio::test]
async fn without_a_mapping_the_source_is_forgotten_whole() {
    let house = open(json!([])).await;
    let (first, second) = house.ids();
    let cold = (house.calls(&first).await, house.calls(&second).await);
    assert_eq!(house.tell("{}").await, 204);
    assert_eq!((house.calls(&first).await, house.calls(&second).await), cold);
}

#[tokio::test]
async fn what_the_vendor_did_not_say_now_changes_nothing() {
    let house = open(json!([])).await;
    let (id, _) = house.ids();
    house.calls(&id).await;
    let send = async |request: RequestBuilder| request.send().await.unwrap().status().as_u16();
    assert_eq!(send(house.delivery("{}", "another secret", 0)).await, 401);
    assert_eq!(send(house.delivery("{}", SECRET, -301)).await, 401);
    assert_eq!(send(house.delivery("{}", SECRET, 310)).await, 401);
    assert_eq!(send(house.delivery("{}", SECRET, 0).body("{ }")).await, 401);
    assert_eq!(send(house.delivery(&" ".repeat(5_000), SECRET, 0)).await, 413);
    let url = |path: &str| format!("{}{path}", house.clients);
    assert_eq!(send(house.client.post(url("/webhooks/billing")).body("{}")).await, 401);
    assert_eq!(send(house.client.post(url("/webhooks/crm")).body("{}")).await, 404);
    assert_eq!(send(house.client.get(url("/webhooks/billing"))).await, 405);
    assert_eq!(house.calls(&id).await, 0, "all of it is still kept");
}

#[tokio::test]
async fn a_delivery_that_comes_again_changes_nothing_and_is_not_refused() {
    let house = open(json!([])).await;
    let (id, _) = house.ids();
    let delivery = house.delivery("{}", SECRET, 0);
    let again = delivery.try_clone().unwrap();
    assert_eq!(delivery.send().await.unwrap().status(), 204);
    house.calls(&id).await;
    assert_eq!(again.send().await.unwrap().status(), 200);
    assert_eq!(house.calls(&id).await, 0);
    let tally: BTreeMap<_, _> = house.gateway.hook("billing").unwrap().tally().collect();
    assert_eq!((tally["heard"], tally["replayed"], tally["forged"]), (1, 1, 0));
}

#[tokio::test]
async fn operators_have_a_source_a_connector_an_entity_or_everything_forgotten() {
    let house = open(json!([])).await;
    let (id, _) = house.ids();
    let cold = house.calls(&id).await;
    for purge in [json!({ "everything": true }), json!({ "source": "billing" }), json!({ "entity": "Customer" })] {
        let (status, told) = house.operate("/admin/purge", purge.clone()).await;
        assert_eq!(status, 200, "{purge}");
        assert!(told["forgotten"]["whole"].as_array().unwrap().contains(&json!("billingCustomer")), "{told}");
        assert_eq!(house.calls(&id).await, cold, "{purge}");
    }
    let by_key = json!({ "entity": "Customer", "key": { "id": id } });
    let (_, told) = house.operate("/admin/purge", by_key).await;
    assert!(told["forgotten"]["byKey"].as_array().unwrap().contains(&json!("billingCustomer")), "{told}");
    assert_eq!(house.calls(&id).await, 1);
    let (_, told) = house.operate("/admin/purge", json!({ "connector": "billingCustomer" })).await;
    assert_eq!(told, json!({ "forgotten": { "byKey": [], "whole": ["billingCustomer"] } }));
    assert_eq!(house.calls(&id).await, 1);
    for wrong in [
        json!({}),
        json!({ "source": "nobody" }),
        json!({ "entity": "Nobody" }),
        json!({ "everything": false }),
        json!([]),
    ] {
        assert_eq!(house.operate("/admin/purge", wrong).await.0, 400);
    }
}

#[tokio::test]
async fn nothing_is_kept_of_a_forgotten_customer() {
    let house = open(json!([])).await;
    let (id, _) = house.ids();
    let cold = house.calls(&id).await;
    let customer = json!({ "entity": "Customer", "key": { "id": id } });
    for _ in 0..2 {
        let (status, told) = house.operate("/admin/forget-customer", customer.clone()).await;
        assert_eq!(status, 200);
        assert!(told["forgotten"]["byKey"].as_array().unwrap().contains(&json!("billingCustomer")), "{told}");
        assert_eq!(house.gateway.cache().weight(), ByteSize(0).0);
    }
    assert_eq!(house.calls(&id).await, cold);
    assert_eq!(house.operate("/admin/forget-customer", json!({ "entity": "Customer" })).await.0, 400);
    let status = house.client.get(format!("{}/admin/status", house.operators)).send().await.unwrap();
    let status: Json = serde_json::from_str(&status.text().await.unwrap()).unwrap();
    assert_eq!((&status["ready"], &status["generation"]), (&json!(true), &json!(1)));
}
