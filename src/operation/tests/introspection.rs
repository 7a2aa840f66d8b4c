use super::{Contract, Limits, accept, bind, bound, contract, take};

fn ask(text: &str, variables: &str) -> String {
    let operation = take(text).unwrap();
    let bound = bound(&operation, variables).unwrap();
    let answers = operation.introspection.as_ref().unwrap().answer(contract(), &bound).unwrap();
    answers
        .iter()
        .map(|answer| format!("{} {} {}\n", answer.position, answer.key, String::from_utf8_lossy(&answer.json)))
        .collect()
}

#[test]
fn introspection_beside_data_keeps_its_place_among_the_roots_keys() {
    let said = ask(
        "query ($name: String!, $no: Boolean!) {
           a: __typename
           ...F
           customer(id: 1) { id }
           gone: __schema @include(if: $no) { description }
           t: __type(name: \"Nobody\") { name }
         }
         fragment F on Query { kind: __type(name: $name) { __typename kind enumValues { name } ofType { name } } }",
        r#"{"name": "Kind", "no": false}"#,
    );
    assert_eq!(
        said,
        "1 kind {\"__typename\":\"__Type\",\"kind\":\"ENUM\",\"enumValues\":[{\"name\":\"PERSON\"},{\"name\":\"COMPANY\"}],\"ofType\":null}\n2 t null\n"
    );
}

#[test]
fn wrappers_are_told_from_the_outside_in() {
    let said = ask(
        "{ __type(name: \"Filter\") { inputFields { name defaultValue type { kind name ofType { kind name ofType { kind name } } } } } }",
        "{}",
    );
    assert!(said.contains(r#"{"name":"tags","defaultValue":"[\"a\"]","type":{"kind":"LIST","name":null,"ofType":{"kind":"NON_NULL","name":null,"ofType":{"kind":"SCALAR","name":"String"}}}}"#), "{said}");
}

#[test]
fn circular_questions_are_refused() {
    let refusal =
        take("{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }").unwrap_err();
    assert!(refusal.to_string().contains("introspection nests more than 2 lists"), "{refusal}");
    let through = "{ __schema { types { ...T } } } fragment T on __Type { fields { type { ...U } } } fragment U on __Type { fields { type { interfaces { name } } } }";
    assert!(take(through).is_err());
}

#[test]
fn a_long_answer_is_refused() {
    let limits = Limits { introspection_bytes: 300, ..Limits::default() };
    let contract = contract();
    let operation = accept(contract, &limits, "{ __schema { types { name description } } }", None).unwrap();
    let bound = bind(&operation, None).unwrap();
    assert!(operation.introspection.unwrap().answer(contract, &bound).is_err());
}

#[test]
fn a_contract_that_is_wrong_says_why() {
    assert!(Contract::read("type Query { a: Nobody }").unwrap_err().contains("Nobody"));
    let circle = "type Query { a(i: A): Int } input A { a: A = {} }";
    let said = Contract::read(circle).unwrap_err();
    assert!(said.contains("nest too deeply"), "{said}");
}
