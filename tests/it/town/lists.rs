//! Lists of customers and companies, and what hangs on them.

use std::collections::BTreeSet;

use c360::demo::cast;
use serde_json::{Value as Json, json};

use super::{House, Memory, Setup, nodes, whole};

fn ids(connection: &Json) -> Vec<&str> {
    nodes(connection).iter().map(|node| node["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn all_customers_are_walked_page_by_page_without_loss_or_repetition() {
    let house = House::open(Setup { customers: 120, ..Setup::default() }).await;
    let known: Vec<&str> = house
        .town
        .cast()
        .persons
        .iter()
        .filter(|person| !person.sales.is_empty())
        .map(|person| person.id.as_str())
        .collect();
    for size in [7, 50, 200] {
        let query = "query($first: Int, $after: String) { allCustomers(first: $first, after: $after) {
            pageInfo { hasNextPage endCursor } nodes { id supportProfile { language } }
        } }";
        let mut walked: Vec<String> = Vec::new();
        let mut after = Json::Null;
        loop {
            let page = whole(house.ask_with(query, json!({ "first": size, "after": after })).await);
            let page = &page["allCustomers"];
            assert!(nodes(page).len() <= size);
            walked.extend(ids(page).into_iter().map(str::to_owned));
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            assert_eq!(nodes(page).len(), size, "a page before the last is full");
            after = page["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(walked, known, "by {size}");
    }
}

#[tokio::test]
async fn whom_one_department_does_not_know_stays_in_the_list() {
    let house = House::open(Setup { memory: Memory::None, ..Setup::default() }).await;
    let known = house.town.cast().persons.iter().filter(|person| !person.sales.is_empty()).count();
    for asked in [
        "supportProfile { language }",
        "marketingProfile { leadStatus }",
        "billingProfile { currency }",
        "usage { seatsUsed }",
        "tickets { totalCount } invoices { totalCount } usage { seatsUsed }",
    ] {
        let answer = whole(house.ask(&format!("{{ allCustomers(first: 200) {{ nodes {{ id {asked} }} }} }}")).await);
        assert_eq!(nodes(&answer["allCustomers"]).len(), known, "{asked}");
    }
}

#[tokio::test]
async fn a_company_shows_what_owns_it_what_it_owns_and_who_works_there() {
    let house = House::open(Setup::default()).await;
    let cast = house.town.cast();
    let query = "query($id: ID!) { account(id: $id) {
        id name parent { id name parent { id } } subsidiaries { nodes { id name parent { id } } } contacts { nodes { id name } }
        supportProfile { domains } marketingProfile { city } coverage { department status }
    } }";
    let answer = whole(house.ask_with(query, json!({ "id": cast::HEROINES_COMPANY })).await);
    let account = &answer["account"];
    assert_eq!(account["name"], cast.company(cast::HEROINES_COMPANY).unwrap().name);
    assert_eq!(
        account["parent"],
        json!({ "id": cast::HOLDING, "name": cast.company(cast::HOLDING).unwrap().name, "parent": null })
    );
    let owned: BTreeSet<&str> = ids(&account["subsidiaries"]).into_iter().collect();
    let sold_to = cast.subsidiaries_of(cast::HEROINES_COMPANY).filter(|company| company.sales.is_some());
    assert_eq!(owned, sold_to.map(|company| company.id.as_str()).collect());
    assert!(nodes(&account["subsidiaries"]).iter().all(|owned| owned["parent"]["id"] == cast::HEROINES_COMPANY));
    let staff: BTreeSet<&str> = ids(&account["contacts"]).into_iter().collect();
    let known = cast.persons_of(cast::HEROINES_COMPANY).filter(|person| !person.sales.is_empty());
    assert_eq!(staff, known.map(|person| person.id.as_str()).collect());
    let nobody = whole(house.ask_with(query, json!({ "id": "a-999999" })).await);
    assert_eq!(nobody, json!({ "account": null }));
}

#[tokio::test]
async fn what_hangs_on_lists_within_lists_is_fetched_in_batches() {
    let house = House::open(Setup { memory: Memory::None, ..Setup::default() }).await;
    let query = "query($id: ID!) { account(id: $id) {
        subsidiaries { nodes { id contacts { nodes { id usage { seatsUsed } tickets { totalCount nodes { id metrics { replies } } } } } } }
    } }";
    let answer = whole(house.ask_with(query, json!({ "id": cast::HEROINES_COMPANY })).await);
    let cast = house.town.cast();
    let mut people = 0;
    for owned in nodes(&answer["account"]["subsidiaries"]) {
        for contact in nodes(&owned["contacts"]) {
            let person = cast.person(contact["id"].as_str().unwrap()).unwrap();
            assert_eq!(person.account_id.as_deref(), owned["id"].as_str());
            let tickets = person.support.as_ref().map(|user| user.tickets.len() as u64);
            assert_eq!(contact["tickets"]["totalCount"].as_u64(), tickets, "{}", person.id);
            if let Some(user) = &person.support {
                let replies: Vec<i64> = nodes(&contact["tickets"])
                    .iter()
                    .map(|ticket| ticket["metrics"]["replies"].as_i64().unwrap())
                    .collect();
                assert_eq!(replies, user.tickets.iter().rev().map(|ticket| ticket.metric.replies).collect::<Vec<_>>());
            }
            assert_eq!(contact["usage"]["seatsUsed"].is_null(), person.usage.is_none(), "{}", person.id);
            people += 1;
        }
    }
    assert!(people > 3, "{people}");
    assert_eq!(house.town.usage().calls().total, 1);
    assert_eq!(house.town.support().calls().of("GET /api/v2/users/show_many"), 1);
}
