//! Questions that cannot be answered: refused with a clear sentence, and nobody is called.

use std::time::{Duration, Instant};

use c360::demo::{Fault, Which};
use serde_json::{Value as Json, json};

use super::{House, Setup, ask, coverage, whole};

/// Asks what is to be refused; gives the reason and what is said.
async fn refused(house: &House, query: &str, variables: Json, operation_name: Option<&str>) -> (String, String) {
    let begun = Instant::now();
    let answer = ask(&house.gateway, query, &variables, operation_name).await;
    assert!(begun.elapsed() < Duration::from_secs(5), "refusing took {:?}", begun.elapsed());
    assert_eq!(answer.get("data"), None, "{answer}");
    let first = &answer["errors"][0];
    assert_eq!(first["extensions"]["code"], "BAD_REQUEST", "{answer}");
    assert_eq!(house.calls(), 0, "{answer}");
    let text = |value: &Json| value.as_str().unwrap_or_else(|| panic!("no text in {answer}")).to_owned();
    (text(&first["extensions"]["reason"]), text(&first["message"]))
}

/// Fragments each of which spreads the next one twice: 2^1000 fields.
fn doubling(levels: usize) -> String {
    let mut query = String::from("{ customer(id: \"c-1001\") { ...f0 } }\n");
    for level in 0..levels {
        query.push_str(&format!("fragment f{level} on Customer {{ ...f{next} ...f{next} }}\n", next = level + 1));
    }
    query + &format!("fragment f{levels} on Customer {{ id }}\n")
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_with_a_reason_and_calls_nobody() {
    let house = House::open(Setup { customers: 20, ..Setup::default() }).await;
    let customer = |inside: &str| format!("{{ customer(id: \"c-1001\") {{ {inside} }} }}");
    let circle = "{ customer(id: 1) { ...a } } fragment a on Customer { ...b } fragment b on Customer { id ...a }";
    let typed = "query($id: ID!, $first: Int) { customer(id: $id) { tickets(first: $first) { totalCount } } }";
    let many: Vec<String> = (0..101).map(|number| format!("c-{number}")).collect();
    let aliases: String = (0..300).map(|number| format!("a{number}: id ")).collect();
    let deep = "account { parent { ".repeat(30) + "id" + &" } }".repeat(30);
    let list = "query($ids: [ID!]!) { customers(ids: $ids) { id } }";
    for (query, variables, reason, says) in [
        (doubling(1000), json!({}), "LIMIT_EXCEEDED", ""),
        (customer(&"id ".repeat(700_000)), json!({}), "LIMIT_EXCEEDED", "bytes"),
        (customer(&aliases), json!({}), "LIMIT_EXCEEDED", "alias"),
        (customer(&deep), json!({}), "LIMIT_EXCEEDED", ""),
        (circle.to_owned(), json!({}), "", ""),
        ("{ customer(id: \"c-1001\") { name ".to_owned(), json!({}), "GRAPHQL_PARSE_FAILED", ""),
        ("select * from customers".to_owned(), json!({}), "GRAPHQL_PARSE_FAILED", ""),
        (String::new(), json!({}), "GRAPHQL_PARSE_FAILED", ""),
        ("\u{0}\u{1}\u{feff}".to_owned(), json!({}), "GRAPHQL_PARSE_FAILED", ""),
        (customer("salary"), json!({}), "GRAPHQL_VALIDATION_FAILED", "salary"),
        (customer("helpdeskUserId"), json!({}), "GRAPHQL_VALIDATION_FAILED", "helpdeskUserId"),
        (customer("tickets"), json!({}), "GRAPHQL_VALIDATION_FAILED", "tickets"),
        ("{ customer { id } }".to_owned(), json!({}), "GRAPHQL_VALIDATION_FAILED", "id"),
        ("mutation { customer(id: 1) { id } }".to_owned(), json!({}), "GRAPHQL_VALIDATION_FAILED", ""),
        (typed.to_owned(), json!({}), "VARIABLES_INVALID", "id"),
        (typed.to_owned(), json!({ "id": null }), "VARIABLES_INVALID", "id"),
        (typed.to_owned(), json!({ "id": ["c-1001"] }), "VARIABLES_INVALID", "id"),
        (typed.to_owned(), json!({ "id": true }), "VARIABLES_INVALID", "id"),
        (typed.to_owned(), json!({ "id": "c-1001", "first": "2" }), "VARIABLES_INVALID", "first"),
        (typed.to_owned(), json!({ "id": "c-1001", "first": 2.5 }), "VARIABLES_INVALID", "first"),
        (typed.to_owned(), json!({ "id": "c-1001", "first": 5_000_000_000_u64 }), "VARIABLES_INVALID", "first"),
        (typed.to_owned(), json!({ "id": "c-1001", "first": -1 }), "VARIABLES_INVALID", "first"),
        (typed.to_owned(), json!(["c-1001"]), "VARIABLES_INVALID", ""),
        (list.to_owned(), json!({ "ids": many }), "VARIABLES_INVALID", "at most 100"),
        (list.to_owned(), json!({ "ids": ["c-1001", null] }), "VARIABLES_INVALID", ""),
        (customer("tickets(after: \"nonsense\") { totalCount }"), json!({}), "VARIABLES_INVALID", "after"),
    ] {
        let shown: String = query.chars().take(60).collect();
        let (found, said) = refused(&house, &query, variables.clone(), None).await;
        assert!(reason.is_empty() || found == reason, "{shown} with {variables}: {found}: {said}");
        assert!(said.contains(says), "{shown} with {variables}: {found}: {said}");
        assert!(!said.is_empty() && said.chars().count() <= 200, "{shown}: {said}");
    }
    assert_eq!(whole(house.ask(r#"{ customer(id: "c-1001") { name } }"#).await)["customer"]["name"], "Ada Lindqvist");
}

#[tokio::test]
async fn an_operation_must_be_there_and_be_named_where_there_are_several() {
    let house = House::open(Setup { customers: 20, ..Setup::default() }).await;
    let two = r#"query A { customer(id: "c-1001") { id } } query B { customer(id: "c-1002") { id } }"#;
    for name in [None, Some("C"), Some("")] {
        let (reason, said) = refused(&house, two, json!({}), name).await;
        assert_eq!(reason, "OPERATION_UNKNOWN", "{name:?}: {said}");
    }
    let answer = whole(ask(&house.gateway, two, &json!({}), Some("B")).await);
    assert_eq!(answer["customer"]["id"], "c-1002");
}

#[tokio::test]
async fn at_the_deadline_the_answer_comes_with_what_is_there() {
    let deadline = Duration::from_millis(1500);
    let house = House::open(Setup { customers: 20, deadline, ..Setup::default() }).await;
    house.town.support().fail(Fault::Hang);
    let begun = Instant::now();
    let query = r#"{ customer(id: "c-1001") {
        firstName usage { seatsUsed } tickets { totalCount } supportProfile { language } coverage { department status }
    } }"#;
    let answer = house.ask(query).await;
    assert!(begun.elapsed() >= deadline && begun.elapsed() < deadline * 4, "{:?}", begun.elapsed());
    let customer = &answer["data"]["customer"];
    assert_eq!(
        (&customer["firstName"], &customer["tickets"], &customer["supportProfile"]),
        (&json!("Ada"), &Json::Null, &Json::Null)
    );
    assert!(customer["usage"]["seatsUsed"].is_i64(), "{answer}");
    assert_eq!(coverage(customer)[Which::Support.name()], "UNAVAILABLE");
    for error in answer["errors"].as_array().unwrap() {
        assert_eq!(
            (&error["extensions"]["code"], &error["extensions"]["department"]),
            (&json!("TIMEOUT"), &json!("support"))
        );
    }
}

#[tokio::test]
async fn ids_of_any_shape_are_looked_for_as_they_are() {
    let house = House::open(Setup { customers: 20, ..Setup::default() }).await;
    let strange = [
        "",
        " ",
        "'",
        "\"",
        "\\",
        "c-1001' OR Id != '",
        "c-1001,c-1002",
        "c-1001\" OR metadata[\"customer_id\"]:\"c-1002",
        "%27",
        "c-1001/../c-1002",
        "\u{0}",
        "\n",
        "ключ",
        "🦀",
        "{$config}",
        "c-1001&external_ids=c-1002",
        "null",
    ];
    let query = "query($ids: [ID!]!) { customers(ids: $ids) {
        id name firstName supportProfile { language } marketingProfile { lifecycleStage } billingProfile { currency } usage { seatsUsed }
    } }";
    let alone = whole(house.ask_with(query, json!({ "ids": ["c-1003"] })).await);
    let long = "x".repeat(5000);
    let ids: Vec<&str> = strange.into_iter().chain([long.as_str(), "c-1003"]).collect();
    for id in &ids {
        let answer = house.ask_with(query, json!({ "ids": [id, "c-1003"] })).await;
        let found = &answer["data"]["customers"];
        assert_eq!(found[1], alone["customers"][0], "{id:?}: {answer}");
        if *id != "c-1003" {
            assert!(found[0].is_null() || found[0]["name"].is_null(), "{id:?} is nobody's id: {answer}");
            for field in ["firstName", "supportProfile", "marketingProfile", "billingProfile", "usage"] {
                assert!(found[0][field].is_null(), "{id:?} is nobody's id: {answer}");
            }
        }
    }
}
