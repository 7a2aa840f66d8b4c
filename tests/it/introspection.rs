//! Introspection says what graphql-js, the reference implementation, says of the same SDL.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use c360::mapping::Value as Given;
use c360::operation::{Contract, Limits, accept, bind};
use serde_json::{Map, Value, json};

/// A contract with every construct there is.
const EVERYTHING: &str = include_str!("introspection.graphql");

/// Beside the full introspection query: what tools ask in other ways.
const DOCUMENTS: [&str; 6] = [
    "{ __schema { types { name fields { name args { name } } inputFields { name } enumValues { name } } directives { name args { name } } } }",
    r#"query { t: __type(name: "Shade") { __typename ...T } none: __type(name: "Nobody") { name } } fragment T on __Type { n: name enumValues(includeDeprecated: true) { n: name isDeprecated deprecationReason } }"#,
    "query ($all: Boolean = true, $not: Boolean = false) { __schema { queryType { fields(includeDeprecated: $all) { name @skip(if: $not) isDeprecated } } mutationType { name } subscriptionType { __typename name } } }",
    r#"{ __type(name: "String") { kind name description fields { name } interfaces { name } possibleTypes { name } enumValues { name } inputFields { name } ofType { name } specifiedByURL isOneOf } }"#,
    r#"{ a: __type(name: "__Type") { fields { name type { kind name ofType { kind name ofType { kind ofType { name } } } } args { name defaultValue } } } }"#,
    r#"{ __type(name: "Person") { fields { name type { __typename name kind fields { name } ofType { name isOneOf specifiedByURL description } } } } }"#,
];

#[test]
#[ignore = "asks graphql-js: run `npm ci` in tests/js once, then `cargo test --test it introspection -- --include-ignored`"]
fn introspection_equals_what_graphql_js_says() {
    compare(EVERYTHING);
    compare(include_str!("../../schema.graphql"));
}

fn compare(sdl: &str) {
    let contract = Contract::read(sdl).unwrap();
    for answer in ask_graphql_js(sdl) {
        let document = answer["document"].as_str().unwrap();
        let operation = accept(&contract, &Limits::default(), document, None).unwrap();
        let bound = bind(&operation, Some(&Given::Null)).unwrap();
        let mut ours = Map::new();
        for answer in operation.introspection.unwrap().answer(&contract, &bound).unwrap() {
            ours.insert(answer.key.to_owned(), serde_json::from_slice(&answer.json).unwrap());
        }
        differ("", &by_name(Value::Object(ours)), &by_name(answer["data"].clone()));
    }
}

/// Why introspection is ours: what the async-graphql release in `Cargo.lock` says of a contract that it holds as a
/// dynamic schema. When this test fails, it has learnt something, and the decision may be looked at again.
#[tokio::test]
async fn a_dynamic_schema_of_async_graphql_cannot_say_it() {
    use async_graphql::dynamic::{Field, FieldFuture, Interface, InterfaceField, Object, Schema, TypeRef};
    let nothing = || {
        Field::new("id", TypeRef::named(TypeRef::ID), |_| {
            FieldFuture::new(async { Err::<Option<()>, _>("no data here".into()) })
        })
    };
    let id = || InterfaceField::new("id", TypeRef::named(TypeRef::ID));
    let schema = Schema::build("Query", None, None)
        .register(Interface::new("Node").field(id()))
        .register(Interface::new("Named").field(id()).implement("Node"))
        .register(Object::new("Person").field(nothing()).implement("Named").implement("Node"))
        .register(Object::new("Unreached").field(nothing()))
        .register(
            Object::new("Query").field(Field::new("person", TypeRef::named("Person"), |_| FieldFuture::Value(None))),
        )
        .finish()
        .unwrap();
    let document = r#"{ __schema { description directives { name } types { name } } __type(name: "Named") { interfaces { name } } }"#;
    let answer = schema.execute(document).await.data.into_json().unwrap();
    // A contract's own description has no place; there stands the one of `__Schema`.
    assert!(answer["__schema"]["description"].as_str().unwrap().starts_with("A GraphQL Schema defines"));
    // An interface never says which interfaces it implements.
    assert_eq!(answer["__type"]["interfaces"], Value::Null);
    // Types that no field leads to are left out.
    let names = |list: &str| {
        answer["__schema"][list].as_array().unwrap().iter().map(|item| item["name"].clone()).collect::<Vec<_>>()
    };
    assert!(!names("types").contains(&json!("Unreached")));
    // Directives are its own five, whatever the contract declares: there is no way to register one for introspection.
    assert_eq!(names("directives"), ["deprecated", "include", "oneOf", "skip", "specifiedBy"]);
    // And it answers circular questions of any depth.
    let circular =
        format!("{{ __schema {{ types {{ {} name {} }} }} }}", "fields { type { ".repeat(8), "} }".repeat(8));
    assert!(schema.execute(circular).await.is_ok());
}

fn ask_graphql_js(sdl: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/js");
    assert!(
        folder.join("node_modules/graphql").is_dir(),
        "graphql-js is not installed: run `npm ci` in {}",
        folder.display()
    );
    let mut node = Command::new("node")
        .arg("introspect.mjs")
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test needs node on the path");
    let question = json!({"sdl": sdl, "documents": DOCUMENTS}).to_string();
    node.stdin.take().unwrap().write_all(question.as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "graphql-js refused the schema or a document: see above");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Types, directives, locations and possible types are sets: the specification gives them no order. All else keeps its own.
fn by_name(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(by_name).collect()),
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(key, value)| match (key.as_str(), by_name(value)) {
                    ("types" | "directives" | "possibleTypes" | "locations", Value::Array(mut items)) => {
                        items.sort_by_key(|item| item.get("name").unwrap_or(item).to_string());
                        (key, Value::Array(items))
                    }
                    (_, value) => (key, value),
                })
                .collect(),
        ),
        other => other,
    }
}

/// Says where two values differ, rather than printing both.
#[track_caller]
fn differ(path: &str, ours: &Value, theirs: &Value) {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>(), "keys at {path}");
            a.iter().for_each(|(key, value)| differ(&format!("{path}.{key}"), value, &b[key]));
        }
        (Value::Array(a), Value::Array(b)) => {
            let names = |items: &[Value]| items.iter().map(|item| item["name"].to_string()).collect::<Vec<_>>();
            assert_eq!(names(a), names(b), "names at {path}");
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differ(&format!("{path}[{index} {}]", a["name"]), a, b);
            }
        }
        _ => assert_eq!(ours, theirs, "at {path}"),
    }
}
