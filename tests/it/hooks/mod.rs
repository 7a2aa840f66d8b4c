//! Vendors and operators have the gateway forget: over real HTTP, in front of the look-alike departments.

mod farewell;
mod fleet;
mod operators;
mod settings;
mod vendors;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use c360::cli;
use c360::config::Settings;
use c360::demo::{Department, Dials, Town, Which, cast};
use c360::gateway::Gateway;
use c360::http::{self, Admin, AdminSettings, Desk, serve_beside};
use c360::sdl::SourceText;
use c360::startup::{self, Folder};
use c360::units::TimeSpan;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

const SECRET: &str = "whsec_made_up";
const INVOICES: &str = "query($id: ID!) { customer(id: $id) { invoices { nodes { number } } } }";
const JOB: &str = "query($id: ID!) { customer(id: $id) { jobTitle } }";
/// How long a vendor may take to send a body.
const BODY: std::time::Duration = std::time::Duration::from_millis(300);

struct House {
    town: Town,
    settings: Settings,
    gateway: Arc<Gateway>,
    desk: Desk,
    client: reqwest::Client,
    clients: String,
    operators: String,
}

/// A house with a webhook of a source. The shipped schema says of whom billing speaks, and nothing of whom sales does.
async fn open(source: &str) -> House {
    open_with(source, |_| ()).await
}

async fn open_with(source: &str, change: impl FnOnce(&mut Settings)) -> House {
    let town = Town::start(Dials { customers: 60, ..Dials::default() }).await.unwrap();
    let mut settings = cli::settings_of(&town);
    let hook = json!({ "scheme": "stripe", "secrets": [SECRET], "max_body": "4KiB" });
    settings.webhooks.insert(source.to_owned(), serde_json::from_value(hook).unwrap());
    change(&mut settings);
    let gateway = assembled(&settings, None);
    let clients = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let operators = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
    let desk = Desk::new(gateway.clone(), http::Settings { body_timeout: TimeSpan(BODY), ..http::Settings::default() });
    let house = House {
        town,
        settings,
        gateway,
        desk: desk.clone(),
        client: reqwest::Client::new(),
        clients: address(&clients),
        operators: address(&operators),
    };
    let admin = Admin::new(operators, AdminSettings::default());
    tokio::spawn(serve_beside(clients, desk, Some(admin), std::future::pending()));
    house
}

/// A gateway over the shipped schema, in the place of another one.
fn assembled(settings: &Settings, before: Option<(&Gateway, &Settings)>) -> Arc<Gateway> {
    assembled_of(cli::shipped_schema(), settings, before)
}

fn assembled_of(files: Vec<SourceText>, settings: &Settings, before: Option<(&Gateway, &Settings)>) -> Arc<Gateway> {
    let folder = Folder { files, settings: settings.clone() };
    let assembled = startup::assemble_after(folder, Arc::new(|_: &str| None), None, before);
    assembled.unwrap_or_else(|faults| panic!("{faults}")).gateway
}

impl House {
    /// Asks for a customer's invoices; how often the department was called for them.
    async fn calls(&self, id: &str) -> u64 {
        self.calls_for(INVOICES, id).await;
        self.town.department(Which::Billing).calls().total
    }

    /// Asks something of a customer; how often departments were called for it.
    async fn calls_for(&self, query: &str, id: &str) -> u64 {
        self.town.departments().for_each(Department::reset_calls);
        let body = json!({ "query": query, "variables": { "id": id } });
        let request = self.client.post(format!("{}/graphql", self.clients)).body(body.to_string());
        let answer = request.header("content-type", "application/json").send().await.unwrap();
        let answer: Json = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(answer.get("errors"), None, "{answer}");
        self.town.departments().map(|department| department.calls().total).sum()
    }

    /// A delivery as the vendor signs it, `seconds` from now.
    fn delivery(&self, body: &str, secret: &str, seconds: i64) -> RequestBuilder {
        self.delivery_to("billing", body, secret, seconds)
    }

    fn delivery_to(&self, source: &str, body: &str, secret: &str, seconds: i64) -> RequestBuilder {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64 + seconds;
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
        let tag = ring::hmac::sign(&key, format!("{now}.{body}").as_bytes());
        let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        self.client
            .post(format!("{}/webhooks/{source}", self.clients))
            .header("content-type", "application/json")
            .header("stripe-signature", format!("t={now},v1={hex}"))
            .body(body.to_owned())
    }

    /// A delivery about the customer of a billing id.
    async fn tell_of(&self, billing_id: &str) -> StatusCode {
        let object = json!({ "object": "invoice", "id": "in_1", "customer": billing_id });
        self.tell(&json!({ "type": "invoice.paid", "data": { "object": object } }).to_string()).await
    }

    /// Puts a gateway with other settings in the place of the one that serves.
    fn reload(&mut self, change: impl FnOnce(&mut Settings)) {
        let before = self.settings.clone();
        change(&mut self.settings);
        let gateway = assembled(&self.settings, Some((&self.gateway, &before)));
        self.desk.live().swap(gateway.clone(), None);
        self.gateway = gateway;
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
