//! The shipped connectors against the look-alike departments: every request is one that they answer, and no selection
//! stumbles over what they say.

use std::collections::BTreeMap;

use c360::demo::{Credentials, Department, Dials, Town, cast};
use c360::mapping::{CallSide, Dialect, HeaderText, Method, Program, RequestTemplate, SourceSide, Value, Variables};
use reqwest::Client;
use serde_json::{Value as Json, json};

use super::answers::{Connector, Known};

/// Calls one department as the gateway would.
struct Line {
    client: Client,
    address: String,
    authorization: String,
}

impl Line {
    async fn to(department: &Department) -> Line {
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = Client::builder().no_proxy().build().unwrap();
        let address = department.address();
        let authorization = match department.credentials() {
            Credentials::Bearer { token } => format!("Bearer {token}"),
            Credentials::Basic { user, password } => {
                let request = client.get(&address).basic_auth(user, Some(password)).build().unwrap();
                request.headers()["authorization"].to_str().unwrap().to_owned()
            }
            Credentials::ClientCredentials { client_id, client_secret, .. } => {
                let form = format!("grant_type=client_credentials&client_id={client_id}&client_secret={client_secret}");
                let token = client.post(format!("{address}/services/oauth2/token"));
                let token = token.header("content-type", "application/x-www-form-urlencoded").body(form);
                let token: Json = serde_json::from_str(&token.send().await.unwrap().text().await.unwrap()).unwrap();
                format!("Bearer {}", token["access_token"].as_str().unwrap())
            }
        };
        Line { client, address, authorization }
    }

    /// Sends a connector's request and gives what its selection makes of the answer.
    async fn ask(&self, id: &str, known: Json) -> Json {
        let (connector, known) = (Connector::named(id), Known::of(known));
        let (method, url) = match connector.find("POST") {
            Some(url) => (Method::Post, url),
            None => (Method::Get, connector.text("GET")),
        };
        let source = SourceSide { base_url: "https://vendor.example", ..SourceSide::default() };
        let call = CallSide {
            method,
            url,
            headers: Vec::<HeaderText<'_>>::new(),
            path: None,
            query_params: connector.find("queryParams"),
            body: connector.find("body"),
        };
        let template = RequestTemplate::new(Some(source), call, Dialect::default()).unwrap();
        let request = template.build(Some(&self.address), &known.variables()).unwrap();
        let mut call = match method {
            Method::Post => self.client.post(&request.url),
            _ => self.client.get(&request.url),
        };
        for (name, value) in request.headers {
            call = call.header(name, value);
        }
        let call = call.header("authorization", &self.authorization).body(request.body.unwrap_or_default());
        let answer = call.send().await.unwrap();
        let (status, url) = (answer.status().as_u16(), answer.url().to_string());
        let body = answer.text().await.unwrap();
        assert!((200..300).contains(&status), "{id}: {status} from {url}: {body}");
        let body = Value::from(serde_json::from_str::<Json>(&body).unwrap());
        let variables = Variables { status: Some(status), ..known.variables() };
        if let Some(success) = connector.find("isSuccess") {
            let success = Program::parse(success, Dialect::default()).unwrap();
            assert_eq!(success.run(Some(&body), &variables).value.map(Json::from), Some(json!(true)), "{id}");
        }
        let program = Program::parse(connector.text("selection"), Dialect::default()).unwrap();
        let outcome = program.run(Some(&body), &variables);
        assert!(outcome.problems.is_empty(), "{id}: {:?}", outcome.problems);
        outcome.value.map_or(Json::Null, Into::into)
    }

    /// For a connector of many keys: what it gives, by key.
    async fn ask_many(&self, id: &str, key: &str, keys: &[String], config: Json) -> BTreeMap<String, Json> {
        let batch: Vec<Json> = keys.iter().map(|value| json!({ key: value })).collect();
        let given = self.ask(id, json!({"batch": batch, "config": config})).await;
        let given = given.as_array().unwrap_or_else(|| panic!("{id} gives no list: {given}"));
        given
            .iter()
            .map(|item| (item[key].as_str().unwrap_or_else(|| panic!("{id}: {item}")).to_owned(), item.clone()))
            .collect()
    }
}

async fn town() -> Town {
    Town::start(Dials { customers: 300, ..Dials::default() }).await.unwrap()
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

fn size(list: &Json) -> usize {
    list.as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn sales_answers_every_shipped_statement() {
    let town = town().await;
    let (line, cast) = (Line::to(town.sales()).await, town.cast());
    let people = texts(&[cast::HEROINE, cast::DOUBLED, cast::UNKNOWN_TO_SALES, cast::WITHOUT_ACCOUNT, cast::NOBODY]);
    let found = line.ask_many("crmContact", "id", &people, json!({})).await;
    assert_eq!(found.keys().collect::<Vec<_>>(), [cast::HEROINE, cast::DOUBLED, cast::WITHOUT_ACCOUNT]);
    assert_eq!(found[cast::HEROINE]["account"], json!({"id": cast::HEROINES_COMPANY}));
    assert_eq!(found[cast::WITHOUT_ACCOUNT]["account"], Json::Null);

    let activities = line.ask_many("crmActivities", "id", &people, json!({})).await;
    for id in [cast::HEROINE, cast::DOUBLED] {
        let contacts = &cast.person(id).unwrap().sales;
        let expected: usize = contacts.iter().map(|contact| contact.tasks.len() + contact.events.len()).sum();
        assert_eq!(size(&activities[id]["activities"]), expected, "{id}");
    }

    let deals = line.ask_many("crmDeals", "id", &people, json!({})).await;
    let expected = cast.deals_of(cast.person(cast::HEROINE).unwrap()).count();
    assert_eq!(size(&deals[cast::HEROINE]["deals"]), expected);

    let companies = texts(&[cast::HOLDING, cast::HEROINES_COMPANY]);
    let accounts = line.ask_many("crmAccount", "id", &companies, json!({"currency": "EUR"})).await;
    assert_eq!(accounts[cast::HEROINES_COMPANY]["parent"], json!({"id": cast::HOLDING}));
    let owned = line.ask_many("crmSubsidiaries", "id", &companies, json!({})).await;
    assert_eq!(
        size(&owned[cast::HEROINES_COMPANY]["subsidiaries"]),
        cast.subsidiaries_of(cast::HEROINES_COMPANY).count()
    );
    let members = line.ask_many("crmAccountContacts", "id", &companies, json!({})).await;
    let known = cast.persons_of(cast::HEROINES_COMPANY).filter(|person| !person.sales.is_empty());
    assert_eq!(size(&members[cast::HEROINES_COMPANY]["contacts"]), known.count());
    let sold = line.ask_many("crmAccountDeals", "id", &companies, json!({})).await;
    let opportunities = &cast.company(cast::HEROINES_COMPANY).unwrap().sales.as_ref().unwrap().opportunities;
    assert_eq!(size(&sold[cast::HEROINES_COMPANY]["deals"]), opportunities.len());

    let ids: Vec<String> = opportunities.iter().map(|deal| deal.id.clone()).collect();
    let histories = line.ask_many("crmDealHistory", "id", &ids, json!({})).await;
    let quotes = line.ask_many("crmQuotes", "id", &ids, json!({})).await;
    let contacts = line.ask_many("crmDealContacts", "id", &ids, json!({})).await;
    for deal in opportunities {
        assert_eq!(size(&histories[&deal.id]["stageHistory"]), deal.history.len());
        assert_eq!(quotes.get(&deal.id).map_or(0, |given| size(&given["quotes"])), deal.quotes.len());
        assert_eq!(contacts.get(&deal.id).map_or(0, |given| size(&given["contacts"])), deal.roles.len());
    }
}

#[tokio::test]
async fn sales_lists_customers_page_by_page_and_finds_them_by_e_mail() {
    let town = town().await;
    let line = Line::to(town.sales()).await;
    let mut ids = Vec::new();
    let mut after = Json::Null;
    loop {
        let page = line.ask("crmCustomerPages", json!({"args": {"first": 101, "after": after}})).await;
        let page: Vec<Json> = page.as_array().unwrap().iter().map(|customer| customer["id"].clone()).collect();
        ids.extend(page.iter().take(100).cloned());
        if page.len() < 101 {
            break;
        }
        after = page[99].clone();
    }
    let known = town.cast().persons.iter().filter(|person| !person.sales.is_empty());
    assert_eq!(ids, known.map(|person| json!(person.id)).collect::<Vec<_>>());

    let heroine = town.cast().person(cast::HEROINE).unwrap();
    let shouted = heroine.email.to_uppercase();
    let found = line.ask("crmContactsByEmail", json!({"args": {"email": shouted}})).await;
    assert_eq!(found, json!([{"id": cast::HEROINE}]));
}

#[tokio::test]
async fn support_answers_every_shipped_request() {
    let town = town().await;
    let (line, cast) = (Line::to(town.support()).await, town.cast());
    let people = texts(&[cast::HEROINE, cast::UNKNOWN_TO_SUPPORT, cast::BUSY]);
    let found = line.ask_many("helpdeskUser", "id", &people, json!({})).await;
    assert_eq!(found.keys().collect::<Vec<_>>(), [cast::HEROINE, cast::BUSY]);
    let user = cast.person(cast::HEROINE).unwrap().support.as_ref().unwrap();
    let tickets =
        line.ask("helpdeskTickets", json!({"this": {"helpdeskUserId": found[cast::HEROINE]["helpdeskUserId"]}})).await;
    assert_eq!(size(&tickets), user.tickets.len());
    assert_eq!(tickets[0]["id"], json!(user.tickets.last().unwrap().id.to_string()));
    let escalated = user.tickets.iter().rev().map(|ticket| json!(ticket.escalation.is_some()));
    assert_eq!(
        tickets.as_array().unwrap().iter().map(|ticket| ticket["isEscalated"].clone()).collect::<Vec<_>>(),
        escalated.collect::<Vec<_>>()
    );
    let ids: Vec<String> = user.tickets.iter().map(|ticket| ticket.id.to_string()).collect();
    let metrics = line.ask_many("helpdeskTicketMetrics", "id", &ids, json!({})).await;
    assert_eq!(metrics.len(), ids.len());

    let companies = texts(&[cast::HEROINES_COMPANY]);
    let found = line.ask_many("helpdeskOrganization", "id", &companies, json!({})).await;
    let id = &found[cast::HEROINES_COMPANY]["helpdeskOrganizationId"];
    let tickets = line.ask("helpdeskAccountTickets", json!({"this": {"helpdeskOrganizationId": id}})).await;
    assert!(size(&tickets) >= user.tickets.len());
}

#[tokio::test]
async fn marketing_answers_every_shipped_request() {
    let town = town().await;
    let (line, cast) = (Line::to(town.marketing()).await, town.cast());
    let people = texts(&[cast::HEROINE, cast::UNKNOWN_TO_MARKETING, cast::MIXED_CASE]);
    let found = line.ask_many("marketingContact", "id", &people, json!({})).await;
    assert_eq!(found.keys().collect::<Vec<_>>(), [cast::HEROINE, cast::MIXED_CASE]);
    let contact = cast.person(cast::HEROINE).unwrap().marketing.as_ref().unwrap();
    let known = json!({
        "this": {
            "marketingContactId": found[cast::HEROINE]["marketingContactId"],
            "marketingEmail": found[cast::HEROINE]["marketingEmail"],
        },
        "config": {"portalId": "4711"},
    });
    let touches = |kind: &str| contact.touches.iter().filter(|touch| touch.kind == kind).count();
    let downloads = line.ask("marketingDownloads", known.clone()).await;
    assert_eq!(size(&downloads), touches(cast::DOWNLOAD));
    assert!(downloads[0]["title"].is_string() && downloads[0]["url"].is_string(), "{downloads}");
    let responses = line.ask("marketingResponses", known.clone()).await;
    assert_eq!(size(&responses), touches(cast::CAMPAIGN_RESPONSE));
    assert!(responses[0]["campaign"].is_string() && responses[0]["response"].is_string(), "{responses}");
    let mailings = line.ask("marketingEmailEvents", known.clone()).await;
    assert_eq!(size(&mailings), contact.email_events.iter().filter(|event| event.kind == "SENT").count());
    assert!(mailings[0]["firstOpenedAt"].is_string() && mailings[0]["sentAt"].is_string(), "{mailings}");
    let consents = line.ask("marketingConsents", known).await;
    assert_eq!(size(&consents), contact.consents.len());

    let companies = texts(&[cast::HEROINES_COMPANY]);
    let found = line.ask_many("marketingCompany", "id", &companies, json!({})).await;
    assert!(found[cast::HEROINES_COMPANY]["marketingProfile"]["lifecycleStage"].is_string());
}

#[tokio::test]
async fn the_product_answers_the_shipped_request() {
    let town = town().await;
    let line = Line::to(town.usage()).await;
    let people = texts(&[cast::HEROINE, cast::UNKNOWN_TO_USAGE, cast::IDLE]);
    let found = line.ask_many("productUsage", "id", &people, json!({})).await;
    assert_eq!(found.keys().collect::<Vec<_>>(), [cast::HEROINE, cast::IDLE]);
}
