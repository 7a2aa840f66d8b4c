use super::{bound, check, take};

#[test]
fn keys_stand_in_the_order_of_first_appearance() {
    check(
        "query Q { customer(id: 1) { name ...F id } } fragment F on Customer { id account { id } name account { name } }",
        r#"
        query Q
         on Query
          customer(id: "1")
           on Customer
            name
            id
            account
             on Account
              id
              name
        "#,
    );
}

#[test]
fn an_interface_is_written_out_per_object_type() {
    check(
        "{ node(id: 1) { __typename ... on Named { name } ... on Ticket { s: subject(cut: 3) } id } }",
        r#"
        query (unnamed)
         on Query
          node(id: "1")
           on Customer
            __typename
            name
            id
           on Account
            __typename
            name
            id
           on Ticket
            __typename
            s: subject(cut: 3)
            id
        "#,
    );
}

#[test]
fn a_union_takes_the_fragments_of_its_members_and_their_interfaces() {
    check(
        r#"{ search(text: "x") { ... on Node { id } ... on Customer { name } ... on Ticket { about { __typename } } } }"#,
        r#"
        query (unnamed)
         on Query
          search(text: "x", in: ["PERSON"])
           on Customer
            id
            name
           on Ticket
            id
            about
             on Customer
              __typename
             on Ticket
              __typename
        "#,
    );
}

#[test]
fn literal_conditions_are_folded_and_variable_ones_kept() {
    check(
        "query ($x: Boolean!, $y: Boolean = true) {
           a: customer(id: 1) @include(if: false) { id }
           b: customer(id: 1) @skip(if: $x) @include(if: $y) { id }
           c: customer(id: 1) @include(if: true) { name @skip(if: true) id }
           d: customer(id: 1) @skip(if: $x) @include(if: $x) { id }
         }",
        r#"
        query (unnamed) $x: Boolean! $y: Boolean = true
         on Query
          b: customer(id: "1") if not $x and $y
           on Customer
            id
          c: customer(id: "1")
           on Customer
            id
        "#,
    );
}

#[test]
fn merged_fields_keep_the_conditions_of_each_occurrence() {
    check(
        "query ($x: Boolean!, $y: Boolean!) {
           customer(id: 1) @include(if: $x) { name account { id } }
           customer(id: 1) { id }
           ... @skip(if: $y) { customer(id: 1) { account { name } } }
         }",
        r#"
        query (unnamed) $x: Boolean! $y: Boolean!
         on Query
          customer(id: "1")
           on Customer
            name if $x
            account if $x
             on Account
              id if $x
              name if not $y
            id
            account if not $x and not $y
             on Account
              id if $x
              name if not $y
        "#,
    );
}

#[test]
fn a_key_stands_where_its_first_occurrence_that_holds_stands() {
    check(
        "query ($x: Boolean!, $y: Boolean!) {
           customer(id: 1) { name @include(if: $x) name @include(if: $y) id name @skip(if: $x) id @include(if: $y) }
         }",
        r#"
        query (unnamed) $x: Boolean! $y: Boolean!
         on Query
          customer(id: "1")
           on Customer
            name if $x, or $y
            id
            name if not $x and not $y
        "#,
    );
}

#[test]
fn conditions_on_spreads_reach_what_they_spread() {
    check(
        "query ($x: Boolean!) { customer(id: 1) { ...F @include(if: $x) ...F @skip(if: $x) } } fragment F on Customer { id }",
        r#"
        query (unnamed) $x: Boolean!
         on Query
          customer(id: "1")
           on Customer
            id if not $x, or $x
        "#,
    );
    let operation =
        take("query ($x: Boolean!) { a: __typename @include(if: $x) b: __typename @skip(if: $x) }").unwrap();
    let (_, root) = &operation.root.per_type[0];
    for (variables, expected) in [(r#"{"x": true}"#, [true, false]), (r#"{"x": false}"#, [false, true])] {
        let bound = bound(&operation, variables).unwrap();
        assert_eq!(root.iter().map(|selected| selected.when.hold(&bound)).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn mutations_and_subscriptions_are_told_apart() {
    check(
        r#"mutation M { rename(id: 1, name: "n") { id } }"#,
        r#"
        mutation M
         on Mutation
          rename(id: "1", name: "n")
           on Customer
            id
        "#,
    );
    check(
        "subscription { changed(id: 1) { id } }",
        r#"
        subscription (unnamed)
         on Subscription
          changed(id: "1")
           on Customer
            id
        "#,
    );
}

#[test]
fn places_count_characters_and_survive_block_strings() {
    let operation =
        take("{ search(text: \"äöü\") { __typename } \n  # ä\r\n  customer(id: \"\"\"ü\n\"\"\") { id } }").unwrap();
    let places: Vec<_> = operation.root.per_type[0].1.iter().map(|selected| selected.location).collect();
    assert_eq!(places, [(1, 3), (3, 3)]);
    let operation = take("{ search(text: \"äöü\") { __typename } customer(id: 1) { id } }").unwrap();
    assert_eq!(operation.root.per_type[0].1[1].location, (1, 38));
}

#[test]
fn the_operation_is_chosen_by_name() {
    let contract = super::contract();
    let text = "query A { a: __typename } query B { b: __typename }";
    let by = |name| super::accept(contract, &super::Limits::default(), text, name).map(|operation| operation.name);
    assert_eq!(by(Some("B")).unwrap().as_deref(), Some("B"));
    for unknown in [None, Some("C"), Some("")] {
        assert_eq!(by(unknown).unwrap_err().reason.as_str(), "OPERATION_UNKNOWN");
    }
}

#[test]
fn the_complete_rules_refuse() {
    for (text, expected) in [
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED\n  1:3 Cannot query field \"nope\" on type \"Query\"."),
        ("{ customer }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ customer(id: 1) { id id: name } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ customer(id: 1) { account { id } account { id: name } } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ echo(kind: \"PERSON\") }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($x: Int) { echo(text: $x) }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($x: Int) { echo }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ customer(id: 1) { ... on Ticket { id } } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ echo @defer }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{ echo ? }", "GRAPHQL_PARSE_FAILED\n  1:8 syntax error: unexpected character"),
        ("type Query { a: Int }", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let refusal = take(text).unwrap_err().to_string();
        assert!(refusal.starts_with(expected), "{text}: {refusal}");
    }
}
