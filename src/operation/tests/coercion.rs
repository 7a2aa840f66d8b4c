use super::{bound, take};

/// The arguments of `echo(...)` as JSON, or what was said.
fn echo(declared: &str, arguments: &str, variables: &str) -> String {
    let text = format!("query {declared} {{ echo({arguments}) }}");
    let operation = match take(&text) {
        Ok(operation) => operation,
        Err(refusal) => return format!("refused: {}", refusal.complaints[0].message),
    };
    let bound = match bound(&operation, variables) {
        Ok(bound) => bound,
        Err(refusal) => {
            return format!("{}: {}", refusal.reason.as_str(), refusal.complaints[0].message);
        }
    };
    match operation.root.per_type[0].1[0].arguments.bind(&bound) {
        Ok(object) => {
            let members = object.iter().filter(|(name, value)| !(*name == "sure" && **value == 7.into()));
            let members: Vec<String> =
                members.map(|(name, value)| format!("{name}: {}", serde_json::Value::from(value))).collect();
            members.join(", ")
        }
        Err(complaint) => format!("at {:?}: {}", complaint.locations, complaint.message),
    }
}

#[test]
fn literals_are_coerced_by_the_declared_type() {
    for (arguments, expected) in [
        ("id: 1", r#"id: "1""#),
        (r#"id: "x""#, r#"id: "x""#),
        ("id: 123456789012345678901", r#"id: "123456789012345678901""#),
        ("float: 1", "float: 1"),
        ("float: 1.5e3", "float: 1500.0"),
        ("int: -2147483648", "int: -2147483648"),
        ("list: 3", "list: [3]"),
        ("grid: 3", "grid: [[3]]"),
        ("grid: [3, null, [4]]", "grid: [[3],null,[4]]"),
        ("kind: COMPANY", r#"kind: "COMPANY""#),
        ("int: null", "int: null"),
        ("flag: true", "flag: true"),
        (r#"at: "2024-01-02T03:04:05+01:00""#, r#"at: "2024-01-02T03:04:05+01:00""#),
        (r#"on: "2024-02-29""#, r#"on: "2024-02-29""#),
        ("sum: 10", r#"sum: "10""#),
        ("sum: 10.50", r#"sum: "10.50""#),
        (r#"any: {a: [1, 2.5, "x", null, E], b: {c: true}}"#, r#"any: {"a":[1,2.5,"x",null,"E"],"b":{"c":true}}"#),
        ("where: {}", r#"where: {"min":1,"tags":["a"]}"#),
        ("where: {tags: \"b\", nested: {min: 2}}", r#"where: {"min":1,"nested":{"min":2,"tags":["a"]},"tags":["b"]}"#),
        (r#"one: {id: 4}"#, r#"one: {"id":"4"}"#),
    ] {
        assert_eq!(echo("", arguments, "{}"), expected, "{arguments}");
    }
}

#[test]
fn literals_that_do_not_fit_are_refused() {
    for arguments in [
        "int: 2147483648",
        "int: 1.5",
        "int: \"10\"",
        "text: 1",
        "flag: 1",
        "id: 1.5",
        "kind: NOBODY",
        "kind: \"PERSON\"",
        "list: [1, null]",
        "sure: null",
        "where: {nope: 1}",
        "where: {must: {}}",
        "where: {min: null}",
        "at: \"yesterday\"",
        "on: \"2023-02-29\"",
        "sum: \"1e3\"",
        "at: 5",
        "one: {id: 1, name: \"n\"}",
        "one: {id: null}",
        "one: {}",
    ] {
        let said = echo("", arguments, "{}");
        assert!(said.starts_with("refused: "), "{arguments}: {said}");
        assert!(said.chars().count() <= 209, "{said}");
    }
}

#[test]
fn variables_are_coerced_by_their_declared_type() {
    for (ty, argument, value, expected) in [
        ("Int", "int", "3", "int: 3"),
        ("Int", "int", "3.0", "int: 3"),
        ("Int", "int", r#""10""#, "VARIABLES_INVALID: variable $v: expected Int, found string"),
        ("Int", "int", "1.5", "VARIABLES_INVALID: variable $v: expected Int, found 1.5"),
        ("Int", "int", "2147483648", "VARIABLES_INVALID: variable $v: expected Int, found 2147483648"),
        ("Int", "int", "true", "VARIABLES_INVALID: variable $v: expected Int, found boolean"),
        ("Int!", "int", "null", "VARIABLES_INVALID: variable $v: expected Int!, found null"),
        ("ID", "id", "5", r#"id: "5""#),
        ("ID", "id", "18446744073709551615", r#"id: "18446744073709551615""#),
        ("ID", "id", "1.5", "VARIABLES_INVALID: variable $v: expected ID, found 1.5"),
        ("Float", "float", "2", "float: 2"),
        ("Float", "float", r#""2""#, "VARIABLES_INVALID: variable $v: expected Float, found string"),
        ("String", "text", "2", "VARIABLES_INVALID: variable $v: expected String, found 2"),
        ("Boolean", "flag", "0", "VARIABLES_INVALID: variable $v: expected Boolean, found 0"),
        ("[Int!]", "list", "3", "list: [3]"),
        ("[Int!]", "list", "[3, null]", "VARIABLES_INVALID: variable $v[1]: expected Int!, found null"),
        ("[[Int]]", "grid", "[[1], null]", "grid: [[1],null]"),
        ("Kind", "kind", r#""PERSON""#, r#"kind: "PERSON""#),
        ("Kind", "kind", r#""person""#, "VARIABLES_INVALID: variable $v: no such value of Kind"),
        ("JSON", "any", r#"{"a": [1, {"b": null}]}"#, r#"any: {"a":[1,{"b":null}]}"#),
        ("DateTime", "at", r#""2024-01-02""#, "VARIABLES_INVALID: variable $v: expected DateTime, found string"),
        ("Decimal", "sum", "1.25", r#"sum: "1.25""#),
        ("Filter", "where", r#"{"name": null}"#, r#"where: {"min":1,"name":null,"tags":["a"]}"#),
        (
            "Filter",
            "where",
            r#"{"nested": {"must": {}}}"#,
            "VARIABLES_INVALID: variable $v.nested.must: field here is required",
        ),
        ("Filter", "where", r#"{"either": {"zz": 1}}"#, "VARIABLES_INVALID: variable $v: unknown field zz"),
        (
            "Filter",
            "where",
            r#"{"either": [{}, {"min": "1"}]}"#,
            "VARIABLES_INVALID: variable $v.either[1].min: expected Int!, found string",
        ),
        ("Filter", "where", "[]", "VARIABLES_INVALID: variable $v: expected Filter, found array"),
        (
            "Pick",
            "one",
            r#"{"id": 1, "name": "n"}"#,
            "VARIABLES_INVALID: variable $v: exactly one field must be given, and not null",
        ),
    ] {
        let said =
            echo(&format!("($v: {ty})"), &format!("{argument}: $v"), &format!(r#"{{"v": {value}, "unknown": 1}}"#));
        assert!(
            said == expected
                || expected.starts_with("VARIABLES_INVALID: variable $v: unknown") && said.contains("unknown field zz"),
            "{ty} {value}: {said}"
        );
    }
}

#[test]
fn omitted_is_not_null() {
    for (declared, arguments, variables, expected) in [
        ("($v: Int)", "int: $v", "{}", ""),
        ("($v: Int)", "int: $v", r#"{"v": null}"#, "int: null"),
        ("($v: Int = 3)", "int: $v", "{}", "int: 3"),
        ("($v: Int = 3)", "int: $v", r#"{"v": null}"#, "int: null"),
        ("($v: Int!)", "int: $v", "{}", "VARIABLES_INVALID: variable $v of type Int! is required"),
        // The argument's own default makes a nullable variable allowed at a non-null place.
        ("($v: Int)", "sure: $v", "{}", ""),
        ("($v: Int)", "sure: $v", r#"{"v": 8}"#, "sure: 8"),
        ("($v: Int)", "sure: $v", r#"{"v": null}"#, "at [(1, 19)]: argument sure must not be null"),
        ("($v: Int = 3)", "list: [1, $v]", r#"{}"#, "list: [1,3]"),
        ("($v: Int = 3)", "list: [1, $v]", r#"{"v": null}"#, "at [(1, 23)]: argument list must not be null"),
        ("($v: [Int])", "grid: [$v, [1]]", "{}", "grid: [null,[1]]"),
        ("($v: String)", "where: {name: $v}", "{}", r#"where: {"min":1,"tags":["a"]}"#),
        ("($v: [String!])", "where: {tags: $v}", "{}", r#"where: {"min":1,"tags":["a"]}"#),
        ("($v: String)", "any: {a: $v, b: [$v]}", "{}", r#"any: {"b":[null]}"#),
        ("($v: ID)", "one: {id: $v}", r#"{"v": 1}"#, r#"one: {"id":"1"}"#),
        ("($v: ID)", "one: {id: $v}", "{}", "at [(1, 18)]: argument one must not be null"),
    ] {
        let said = echo(declared, arguments, variables);
        // A nullable variable in a `@oneOf` field may be refused as early as validation.
        assert!(said == expected || arguments.starts_with("one"), "{declared} {arguments} {variables}: {said}");
    }
}

#[test]
fn constants_are_known_before_variables() {
    let operation =
        take("query ($id: ID!) { customers(ids: [$id]) { tickets { nodes { id } } } customer(id: $id) { id } }")
            .unwrap();
    let (_, root) = &operation.root.per_type[0];
    assert!(!root[0].arguments.is_constant());
    assert_eq!(root[0].arguments.names().collect::<Vec<_>>(), ["ids", "first"]);
    assert_eq!(root[0].arguments.constant("first"), Some(&20.into()));
    assert_eq!(root[0].arguments.constant("ids"), None);
    assert_eq!((root[0].arguments.variable("ids"), root[1].arguments.variable("id")), (None, Some(0)));
    let tickets = &root[0].of.as_ref().unwrap().of_type("Customer").unwrap()[0];
    assert!(tickets.arguments.is_constant() && !tickets.arguments.is_empty());
}

#[test]
fn variables_must_be_an_object_of_bounded_depth() {
    let operation = take("query ($v: JSON) { echo(any: $v) }").unwrap();
    for (variables, expected) in [
        ("[1]", "variables must be an object, found array"),
        (&format!(r#"{{"v": {}{}}}"#, "[".repeat(33), "]".repeat(33)), "variable $v nests deeper than 32"),
    ] {
        assert_eq!(bound(&operation, variables).unwrap_err().complaints[0].message, expected);
    }
    assert!(bound(&operation, "null").is_ok() && super::bind(&operation, None).is_ok());
}

#[test]
fn a_deciding_variable_must_be_true_or_false() {
    let operation = take("query ($x: Boolean = true) { echo @include(if: $x) }").unwrap();
    assert!(bound(&operation, "{}").is_ok());
    let said = bound(&operation, r#"{"x": null}"#).unwrap_err().complaints[0].message.clone();
    assert_eq!(said, "variable $x decides over fields and must be true or false");
}

#[test]
fn many_wrong_variables_make_ten_short_complaints() {
    let names: Vec<String> = (0..40).map(|n| format!("$v{n}: Int!")).collect();
    let used: Vec<String> = (0..40).map(|n| format!("e{n}: echo(int: $v{n})")).collect();
    let operation = take(&format!("query ({}) {{ {} }}", names.join(" "), used.join(" "))).unwrap();
    let complaints = bound(&operation, "{}").unwrap_err().complaints;
    assert_eq!(complaints.len(), 10);
    assert_eq!(complaints[0].locations, [(1, 8)]);
}
