//! How often departments are called: once per chunk of distinct keys and page, once for many who ask at once, never for
//! what is known, never for what nobody asked.

use std::time::Duration;

use c360::demo::Which;
use c360::demo::cast::{Cast, Person};
use futures_util::future::join_all;
use serde_json::{Value as Json, json};

use super::{House, Memory, Setup, ask, gateway, nodes, whole};

const SEVERAL: usize = 100;

/// What to ask of each customer, and how many calls of which route that must take.
struct Case {
    asked: &'static str,
    department: Which,
    /// Routes with the calls that each takes.
    calls: Vec<(&'static str, usize)>,
}

const STATEMENT: &str = "GET /services/data/{version}/query";

/// A hundred people whom every department knows: nobody needs to be looked for elsewhere.
fn known_to_all(cast: &Cast) -> Vec<&Person> {
    let known = |person: &&Person| {
        !person.sales.is_empty()
            && person.support.is_some()
            && person.marketing.is_some()
            && person.billing.is_some()
            && person.usage.is_some()
    };
    cast.persons.iter().filter(known).take(SEVERAL).collect()
}

/// Calls of a search that takes ten customers at once and gives a hundred records a page.
fn searches(people: &[&Person], records: fn(&Person) -> usize) -> usize {
    let mut people = people.to_vec();
    // Keys travel in order.
    people.sort_by_key(|person| person.billing.as_ref().unwrap().id.clone());
    people.chunks(10).map(|chunk| pages(chunk.iter().map(|person| records(person)).sum())).sum()
}

/// Pages of a hundred records each.
fn pages(records: usize) -> usize {
    records.div_ceil(100).max(1)
}

fn over(people: &[&Person], pages_of: impl Fn(&Person) -> usize) -> usize {
    people.iter().map(|person| pages_of(person)).sum()
}

fn cases(people: &[&Person]) -> Vec<Case> {
    use Which::{Billing, Marketing, Sales, Support, Usage};
    let tickets = |person: &Person| person.support.as_ref().unwrap().tickets.len();
    let users = ("GET /api/v2/users/show_many", 1);
    let requested = ("GET /api/v2/users/{id}/tickets/requested", over(people, |person| pages(tickets(person))));
    let contacts = ("POST /crm/v3/objects/{type}/batch/read", 1);
    let touches = |person: &Person, kind: &str| {
        person.marketing.as_ref().unwrap().touches.iter().filter(|touch| touch.kind == kind).count()
    };
    let customers = ("GET /v1/customers/search", people.len().div_ceil(10));
    let case = |asked, department, calls: &[(&'static str, usize)]| Case { asked, department, calls: calls.to_vec() };
    vec![
        case("firstName", Sales, &[(STATEMENT, 1)]),
        case("firstName deals { totalCount }", Sales, &[(STATEMENT, 2)]),
        case("firstName activities { totalCount }", Sales, &[(STATEMENT, 2)]),
        // Contacts, then their companies.
        case("account { name }", Sales, &[(STATEMENT, 2)]),
        case("account { subsidiaries { nodes { name } } }", Sales, &[(STATEMENT, 3)]),
        case("supportProfile { language }", Support, &[users]),
        case("tickets { totalCount }", Support, &[users, requested]),
        case(
            "tickets(first: 500) { nodes { metrics { replies } } }",
            Support,
            &[users, requested, ("GET /api/v2/tickets/show_many", over(people, tickets).div_ceil(100))],
        ),
        case("marketingProfile { lifecycleStage }", Marketing, &[contacts]),
        case(
            "marketingEmails { totalCount }",
            Marketing,
            &[
                contacts,
                (
                    "GET /email/public/v1/events",
                    over(people, |person| pages(person.marketing.as_ref().unwrap().email_events.len())),
                ),
            ],
        ),
        case(
            "contentDownloads { totalCount }",
            Marketing,
            &[
                contacts,
                ("GET /events/v3/events", over(people, |person| pages(touches(person, c360::demo::cast::DOWNLOAD)))),
            ],
        ),
        case("billingProfile { currency }", Billing, &[customers]),
        case(
            "invoices { totalCount } balances { openInvoices }",
            Billing,
            &[
                customers,
                ("GET /v1/invoices/search", searches(people, |person| person.billing.as_ref().unwrap().invoices.len())),
            ],
        ),
        case(
            "payments { totalCount }",
            Billing,
            &[
                customers,
                ("GET /v1/charges/search", searches(people, |person| person.billing.as_ref().unwrap().charges.len())),
            ],
        ),
        case(
            "subscriptions { totalCount }",
            Billing,
            &[
                customers,
                (
                    "GET /v1/subscriptions",
                    over(people, |person| pages(person.billing.as_ref().unwrap().subscriptions.len())),
                ),
            ],
        ),
        case("usage { seatsUsed }", Usage, &[("GET /v1/usage", 1)]),
    ]
}

#[tokio::test]
async fn a_hundred_customers_take_one_call_per_chunk_of_keys_and_page_and_other_departments_none() {
    let house = House::open(Setup { customers: 240, memory: Memory::None, ..Setup::default() }).await;
    let people = known_to_all(house.town.cast());
    assert_eq!(people.len(), SEVERAL);
    let ids: Vec<&str> = people.iter().map(|person| person.id.as_str()).collect();
    // Sales gives out one session for all that follows.
    whole(house.ask(r#"{ customer(id: "c-1001") { firstName } }"#).await);
    for Case { asked, department, calls } in cases(&people) {
        house.forget_calls();
        let query = format!("query($ids: [ID!]!) {{ customers(ids: $ids) {{ id {asked} }} }}");
        whole(house.ask_with(&query, json!({ "ids": ids })).await);
        let received = house.town.department(department).calls();
        for (route, expected) in &calls {
            assert_eq!(received.of(route), *expected as u64, "{asked}: {route} of {:?}", received.by_route);
        }
        let expected: usize = calls.iter().map(|(_, calls)| calls).sum();
        assert_eq!(house.calls(), expected as u64, "{asked} calls others too: {:?}", received.by_route);
    }
}

#[tokio::test]
async fn more_keys_than_a_batch_takes_go_in_several_calls() {
    let house = House::open(Setup { customers: 260, memory: Memory::None, ..Setup::default() }).await;
    whole(house.ask("{ allCustomers(first: 1) { nodes { id } } }").await);
    for (asked, department, route, width) in [
        ("activities { totalCount }", Which::Sales, STATEMENT, 100),
        ("supportProfile { language }", Which::Support, "GET /api/v2/users/show_many", 100),
        ("marketingProfile { leadStatus }", Which::Marketing, "POST /crm/v3/objects/{type}/batch/read", 100),
        ("billingProfile { currency }", Which::Billing, "GET /v1/customers/search", 10),
        ("usage { seatsUsed }", Which::Usage, "GET /v1/usage", 200),
    ] {
        house.forget_calls();
        let page = whole(house.ask(&format!("{{ allCustomers(first: 200) {{ nodes {{ id {asked} }} }} }}")).await);
        let keys = nodes(&page["allCustomers"]).len();
        assert_eq!(keys, 200, "{asked} {page}");
        // The list itself is a statement of sales.
        let list = u64::from(department == Which::Sales);
        let calls = house.town.department(department).calls().of(route);
        assert_eq!(calls, keys.div_ceil(width) as u64 + list, "{asked}");
    }
}

const VIEW: &str = r#"query($ids: [ID!]!) { customers(ids: $ids) {
    name account { name } deals(first: 3) { nodes { name } } tickets(first: 3) { nodes { subject } }
    marketingProfile { lifecycleStage } invoices(first: 3) { nodes { number } } usage { seatsUsed }
} }"#;

#[tokio::test]
async fn asking_again_in_time_calls_nobody() {
    let house = House::open(Setup::default()).await;
    let ids = json!({ "ids": house.ids() });
    let first = whole(house.ask_with(VIEW, ids.clone()).await);
    assert!(house.calls() > 0);
    house.forget_calls();
    assert_eq!(whole(house.ask_with(VIEW, ids).await), first);
    let one = whole(house.ask(r#"{ customer(id: "c-1001") { name tickets(last: 1) { nodes { subject } } } }"#).await);
    assert_eq!(one["customer"]["name"], "Ada Lindqvist");
    assert_eq!(house.calls(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_who_ask_the_same_at_once_call_each_source_once() {
    let house = House::open(Setup::default()).await;
    let ids = json!({ "ids": house.ids() });
    let alone = whole(house.ask_with(VIEW, ids.clone()).await);
    let expected: Vec<_> = house.town.departments().map(|department| department.calls().by_route).collect();
    house.forget_calls();
    // Long enough for the last to come while the first still wait.
    house.town.departments().for_each(|department| department.set_latency(Duration::from_millis(30)));
    let cold = gateway(&house.town, Setup::default());
    let answers = join_all((0..20).map(|_| {
        let (cold, ids) = (cold.clone(), ids.clone());
        tokio::spawn(async move { ask(&cold, VIEW, &ids, None).await })
    }));
    for answer in answers.await {
        assert_eq!(whole(answer.unwrap()), alone);
    }
    let received: Vec<_> = house.town.departments().map(|department| department.calls().by_route).collect();
    assert_eq!(received, expected);
}

#[tokio::test]
async fn a_department_that_is_not_asked_is_not_called() {
    let house = House::open(Setup { memory: Memory::None, ..Setup::default() }).await;
    for (asked, department) in [
        ("owner { name }", Which::Sales),
        ("tickets { totalCount }", Which::Support),
        ("consents { totalCount }", Which::Marketing),
        ("balances { currency }", Which::Billing),
    ] {
        house.forget_calls();
        let query = format!(r#"{{ customer(id: "c-1001") {{ {asked} coverage {{ department status }} }} }}"#);
        let answer = whole(house.ask(&query).await);
        for other in house.town.departments() {
            let (name, called) = (other.which().name(), other.calls().total > 0);
            assert_eq!(called, other.which() == department, "{asked} and {name}");
            let status = super::coverage(&answer["customer"])[name];
            assert_eq!(status, if called { "FRESH" } else { "NOT_ASKED" }, "{asked}: {name}");
        }
    }
}

#[tokio::test]
async fn what_a_directive_leaves_out_is_not_called() {
    let house = House::open(Setup::default()).await;
    let query = r#"query($more: Boolean!) { customer(id: "c-1001") {
        usage { seatsUsed }  tickets @include(if: $more) { totalCount }  ... @skip(if: true) { owner { name } }
    } }"#;
    let answer = whole(house.ask_with(query, json!({ "more": false })).await);
    assert_eq!(answer["customer"].as_object().unwrap().keys().collect::<Vec<_>>(), ["usage"]);
    assert_eq!((house.calls(), house.town.usage().calls().total), (1, 1));
}

#[tokio::test]
async fn calls_of_one_customer_each_are_bounded_in_number_at_once() {
    let house = House::open(Setup { customers: 40, memory: Memory::None, at_once: Some(8), ..Setup::default() }).await;
    for (asked, department, most) in [
        ("tickets { totalCount }", Which::Support, 4),
        ("consents { totalCount }", Which::Marketing, 4),
        ("subscriptions { totalCount }", Which::Billing, 8),
        // Each of them four, and both together what the source bears.
        (
            "marketingEmails { totalCount } contentDownloads { totalCount } campaignResponses { totalCount }",
            Which::Marketing,
            8,
        ),
    ] {
        house.forget_calls();
        house.town.department(department).set_latency(Duration::from_millis(10));
        let query = format!("query($ids: [ID!]!) {{ customers(ids: $ids) {{ {asked} }} }}");
        let answer: Json = house.ask_with(&query, json!({ "ids": house.ids() })).await;
        whole(answer);
        let at_once = house.town.department(department).calls().at_once;
        assert!((2..=most).contains(&at_once), "{asked}: {at_once} at once");
        house.town.department(department).set_latency(Duration::ZERO);
    }
}
