//! The cast with its flaws, seen through the gateway.

use std::time::Duration;

use c360::demo::cast;
use c360::demo::{Fault, Limits, Which};
use futures_util::future::join_all;
use serde_json::{Value as Json, json};

use super::{House, Memory, Setup, ask, coverage, nodes, whole};

/// One field of each department, and who answered.
const WHO: &str = "query($id: ID!) { customer(id: $id) {
    id name firstName supportProfile { language } tickets { totalCount } marketingProfile { lifecycleStage }
    marketingEmails { totalCount } billingProfile { currency } invoices { totalCount } usage { seatsUsed }
    coverage { department status reason }
} }";

#[tokio::test]
async fn who_is_unknown_to_one_department_is_not_linked_there_and_whole_elsewhere() {
    let house = House::open(Setup::default()).await;
    for (id, department, fields) in [
        (cast::UNKNOWN_TO_SALES, Which::Sales, &["firstName"][..]),
        (cast::UNKNOWN_TO_SUPPORT, Which::Support, &["supportProfile", "tickets"]),
        (cast::UNKNOWN_TO_MARKETING, Which::Marketing, &["marketingProfile", "marketingEmails"]),
        (cast::UNKNOWN_TO_BILLING, Which::Billing, &["billingProfile", "invoices"]),
        (cast::UNKNOWN_TO_USAGE, Which::Usage, &["usage"]),
    ] {
        let answer = whole(house.ask_with(WHO, json!({ "id": id })).await);
        let customer = answer["customer"].as_object().unwrap();
        for (field, value) in customer {
            assert_eq!(value.is_null(), fields.contains(&field.as_str()), "{id}: {field} in {answer}");
        }
        for (other, status) in coverage(&answer["customer"]) {
            assert_eq!(status, if other == department.name() { "NOT_LINKED" } else { "FRESH" }, "{id}: {other}");
        }
    }
}

#[tokio::test]
async fn who_is_unknown_everywhere_is_null_without_an_error() {
    let house = House::open(Setup { customers: 20, ..Setup::default() }).await;
    let answer = whole(house.ask_with(WHO, json!({ "id": cast::NOBODY })).await);
    assert_eq!(answer, json!({ "customer": null }));
    house.forget_calls();
    let again =
        whole(house.ask_with("query($id: ID!) { customer(id: $id) { id } }", json!({ "id": cast::NOBODY })).await);
    assert_eq!(again, json!({ "customer": null }));
    assert_eq!(house.calls(), 0, "that nobody is there is remembered");
}

#[tokio::test]
async fn an_outage_is_not_a_missing_customer() {
    let house = House::open(Setup { customers: 20, memory: Memory::None, ..Setup::default() }).await;
    for department in [Which::Sales, Which::Support, Which::Marketing, Which::Billing] {
        house.town.department(department).fail(Fault::Unavailable503);
        for query in [WHO, "query($id: ID!) { customer(id: $id) { id coverage { department status } } }"] {
            let answer = house.ask_with(query, json!({ "id": cast::NOBODY })).await;
            let customer = &answer["data"]["customer"];
            assert_eq!(customer["id"], cast::NOBODY, "{department}: {answer}");
            let covered = coverage(customer);
            assert_eq!(covered.get("identity"), Some(&"UNVERIFIED"), "{department}: {covered:?}");
            assert_eq!(covered[department.name()], "UNAVAILABLE", "{department}: {covered:?}");
        }
        house.town.department(department).fail(Fault::Calm);
    }
}

#[tokio::test]
async fn several_customers_come_in_the_order_asked_with_repetitions_and_null_for_nobody() {
    let house = House::open(Setup { customers: 20, ..Setup::default() }).await;
    let asked = ["c-1003", cast::NOBODY, "c-1001", "c-1003", "c-1002", cast::NOBODY, "c-1001"];
    let query = "query($ids: [ID!]!) { customers(ids: $ids) { id name } }";
    let answer = whole(house.ask_with(query, json!({ "ids": asked })).await);
    let found: Vec<&Json> = answer["customers"].as_array().unwrap().iter().map(|customer| &customer["id"]).collect();
    let expected = asked.map(|id| if id == cast::NOBODY { Json::Null } else { json!(id) });
    assert_eq!(found, expected.iter().collect::<Vec<_>>());
    assert_eq!(answer["customers"][0], answer["customers"][3]);
    assert_eq!(whole(house.ask_with(query, json!({ "ids": [] })).await), json!({ "customers": [] }));
}

#[tokio::test]
async fn an_address_finds_its_customer_in_any_mix_of_capitals() {
    let house = House::open(Setup { customers: 20, ..Setup::default() }).await;
    for id in [cast::HEROINE, cast::MIXED_CASE] {
        let email = house.town.cast().person(id).unwrap().email.clone();
        for spelled in [email.to_lowercase(), email.to_uppercase(), format!(" {email} ")] {
            let query = "query($email: String!) { customersByEmail(email: $email) { id usage { seatsUsed } } }";
            let answer = whole(house.ask_with(query, json!({ "email": spelled })).await);
            assert_eq!(answer["customersByEmail"].as_array().unwrap().len(), 1, "{spelled}: {answer}");
            assert_eq!(answer["customersByEmail"][0]["id"], id, "{spelled}: {answer}");
        }
    }
    let none = whole(house.ask(r#"{ customersByEmail(email: "x' OR Name != '") { id } }"#).await);
    assert_eq!(none, json!({ "customersByEmail": [] }));
}

#[tokio::test]
async fn two_contacts_of_one_person_are_one_customer() {
    let house = House::open(Setup { customers: 20, ..Setup::default() }).await;
    let contacts = &house.town.cast().person(cast::DOUBLED).unwrap().sales;
    assert_eq!(contacts.len(), 2);
    let query = "query($id: ID!) { customer(id: $id) {
        name origin { id } activities { totalCount } coverage { department status reason }
    } }";
    let answer = whole(house.ask_with(query, json!({ "id": cast::DOUBLED })).await);
    let customer = &answer["customer"];
    let activities: usize = contacts.iter().map(|contact| contact.tasks.len() + contact.events.len()).sum();
    assert_eq!(customer["activities"]["totalCount"], activities);
    let oldest = contacts.iter().min_by_key(|contact| contact.created).unwrap();
    assert_eq!(customer["origin"]["id"], oldest.id);
    assert_eq!(coverage(customer)["sales"], "FRESH");
    let all = whole(house.ask("{ allCustomers(first: 50) { nodes { id } } }").await);
    assert_eq!(nodes(&all["allCustomers"]).iter().filter(|customer| customer["id"] == cast::DOUBLED).count(), 1);
}

#[tokio::test]
async fn three_hundred_tickets_are_paged_through_without_loss() {
    let house = House::open(Setup { customers: 20, ..Setup::default() }).await;
    let query = "query($id: ID!, $first: Int, $after: String) { customer(id: $id) {
        tickets(first: $first, after: $after) {
            totalCount pageInfo { hasNextPage hasPreviousPage endCursor } edges { cursor } nodes { id openedAt }
        } coverage { department status }
    } }";
    let mut ids = Vec::new();
    let mut after = Json::Null;
    loop {
        let variables = json!({ "id": cast::BUSY, "first": 70, "after": after });
        let answer = whole(house.ask_with(query, variables).await);
        let tickets = &answer["customer"]["tickets"];
        assert_eq!(tickets["totalCount"], 300);
        assert_eq!(tickets["pageInfo"]["hasPreviousPage"], !ids.is_empty());
        ids.extend(nodes(tickets).iter().map(|ticket| ticket["id"].as_str().unwrap().to_owned()));
        if tickets["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = tickets["pageInfo"]["endCursor"].clone();
        assert_eq!(after, tickets["edges"][69]["cursor"]);
    }
    let known = &house.town.cast().person(cast::BUSY).unwrap().support.as_ref().unwrap().tickets;
    assert_eq!(ids, known.iter().rev().map(|ticket| ticket.id.to_string()).collect::<Vec<_>>());
    let requested = "GET /api/v2/users/{id}/tickets/requested";
    assert_eq!(house.town.support().calls().of(requested), 3, "three pages, once");
}

#[tokio::test]
async fn a_list_that_its_source_breaks_off_is_not_taken_for_the_whole() {
    let house = House::open(Setup { customers: 20, ..Setup::default() }).await;
    let query = "query($id: ID!) { customer(id: $id) { tickets { totalCount } coverage { department status } } }";
    // A session is no matter of the help desk: the first call finds the person, the second is the first page.
    whole(house.ask(r#"{ customer(id: "c-1002") { supportProfile { language } } }"#).await);
    house.town.support().set_limits(Limits::Calls(2));
    let answer = house.ask_with(query, json!({ "id": cast::BUSY })).await;
    assert_eq!(answer["data"]["customer"]["tickets"], Json::Null, "{answer}");
    assert_eq!(answer["errors"][0]["extensions"]["code"], "RATE_LIMITED", "{answer}");
    assert_eq!(coverage(&answer["data"]["customer"])["support"], "UNAVAILABLE");
    house.town.support().set_limits(Limits::Open);
    let answer = whole(house.ask_with(query, json!({ "id": cast::BUSY })).await);
    assert_eq!(answer["customer"]["tickets"]["totalCount"], 300);
}

#[tokio::test]
async fn a_help_desk_that_counts_calls_costs_those_it_refuses_and_nobody_else() {
    let house = House::open(Setup { customers: 40, ..Setup::default() }).await;
    house.town.support().set_limits(Limits::Calls(10));
    let query = "query($ids: [ID!]!) { customers(ids: $ids) { id name usage { seatsUsed } tickets { totalCount } } }";
    let answer = house.ask_with(query, json!({ "ids": house.ids() })).await;
    let customers = answer["data"]["customers"].as_array().unwrap();
    assert!(customers.iter().all(|customer| customer["id"].is_string()), "{answer}");
    let told = customers.iter().filter(|customer| customer["tickets"]["totalCount"].is_u64()).count();
    assert!((1..=10).contains(&told), "{told} of {}", customers.len());
    for error in answer["errors"].as_array().unwrap() {
        assert_eq!(error["extensions"]["code"], "RATE_LIMITED", "{error}");
        assert_eq!(error["extensions"]["department"], "support", "{error}");
    }
    house.town.support().set_limits(Limits::Open);
    let answer = whole(house.ask_with(query, json!({ "ids": house.ids() })).await);
    for customer in answer["customers"].as_array().unwrap() {
        let person = house.town.cast().person(customer["id"].as_str().unwrap()).unwrap();
        let tickets = person.support.as_ref().map(|user| user.tickets.len());
        assert_eq!(customer["tickets"]["totalCount"].as_u64(), tickets.map(|count| count as u64), "{customer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_expired_session_is_renewed_once_for_all_who_wait() {
    let house = House::open(Setup { memory: Memory::None, ..Setup::default() }).await;
    let ids = house.ids();
    let query = "query($id: ID!) { customer(id: $id) { id firstName deals { totalCount } activities { totalCount } } }";
    let alone = whole(house.ask_with(query, json!({ "id": ids[0] })).await);
    let sales = house.town.sales();
    assert_eq!(sales.calls().of("POST /services/oauth2/token"), 1);
    sales.reset_calls();
    sales.expire_sessions();
    sales.set_latency(Duration::from_millis(20));
    let asking = join_all((0..20).map(|index| {
        let (gateway, variables) = (house.gateway.clone(), json!({ "id": ids[index % 10] }));
        tokio::spawn(async move { ask(&gateway, query, &variables, None).await })
    }));
    let answers: Vec<Json> = asking.await.into_iter().map(|answer| whole(answer.unwrap())).collect();
    assert_eq!(answers[0], alone);
    assert!(answers.iter().all(|answer| answer["customer"]["id"].is_string()));
    assert_eq!(sales.calls().of("POST /services/oauth2/token"), 1);
}

#[tokio::test]
async fn names_that_are_missing_and_states_that_nobody_foresaw_are_served() {
    let house = House::open(Setup { customers: 20, ..Setup::default() }).await;
    let query = "query($id: ID!) { customer(id: $id) {
        id name firstName lastName tickets { nodes { status } } subscriptions { nodes { status } } deals { nodes { stage status } }
        invoices { nodes { total { amount currency } } }
    } }";
    let nameless = whole(house.ask_with(query, json!({ "id": cast::NAMELESS })).await);
    assert_eq!(nameless["customer"]["id"], cast::NAMELESS);
    let odd = whole(house.ask_with(query, json!({ "id": cast::ODD_STATUS })).await);
    let has_other = |list: &str| nodes(&odd["customer"][list]).iter().any(|item| item["status"] == "OTHER");
    assert!(has_other("tickets") && has_other("subscriptions"), "{odd}");
    assert!(nodes(&odd["customer"]["deals"]).iter().any(|deal| deal["stage"] == cast::ODD_STAGE), "{odd}");
    let yen = whole(house.ask_with(query, json!({ "id": cast::BILLED_IN_YEN })).await);
    for invoice in nodes(&yen["customer"]["invoices"]) {
        assert_eq!(invoice["total"]["currency"], "JPY");
        assert!(!invoice["total"]["amount"].as_str().unwrap().contains('.'), "yen have no decimals: {invoice}");
    }
    let private = whole(
        house
            .ask_with(
                "query($id: ID!) { customer(id: $id) { account { id } } }",
                json!({ "id": cast::WITHOUT_ACCOUNT }),
            )
            .await,
    );
    assert_eq!(private, json!({ "customer": { "account": null } }));
}

#[tokio::test]
async fn the_talk_of_leaving_stands_two_days_before_the_newest_ticket() {
    let house = House::open(Setup { customers: 20, ..Setup::default() }).await;
    let query = r#"{ customer(id: "c-1001") {
        name
        activities(first: 20) { nodes { __typename subject happenedAt ... on Call { direction description } } }
        tickets(first: 1) { nodes { subject openedAt } }
        subscriptions(first: 1) { nodes { renewsAt } }
    } }"#;
    let answer = whole(house.ask(query).await);
    let customer = &answer["customer"];
    let risk = |activity: &&Json| activity["subject"] == "Call: renewal at risk" && activity["__typename"] == "Call";
    let call = nodes(&customer["activities"]).iter().find(risk).unwrap_or_else(|| panic!("{customer}"));
    let day = |value: &Json| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let (talked, opened) = (day(&call["happenedAt"]), day(&nodes(&customer["tickets"])[0]["openedAt"]));
    assert_eq!(opened.duration_since(talked).as_hours(), 48, "{customer}");
}
