//! What clients are told of how long they may keep an answer.

use c360::http::{CacheControl, Settings};

use super::{House, hasty};

const SCHEMA: &str = r#"
extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @link(url: "https://c360.dev/spec/v0.1", import: ["@cache"])
  @source(name: "people", http: { baseURL: "http://people.example.com" })

type Query {
  long(id: ID!): Person @connect(source: "people", http: { GET: "/people/{$args.id}" }, selection: "id name")
    @cache(maxAge: 3600)
  short(id: ID!): String @connect(source: "people", http: { GET: "/people/{$args.id}" }, selection: "$.name")
    @cache(maxAge: 60)
  momentary(id: ID!): String @connect(source: "people", http: { GET: "/people/{$args.id}" }, selection: "$.name")
  mine(id: ID!): String @cache(maxAge: 60)
    @connect(
      source: "people"
      http: { GET: "/people/{$args.id}", headers: [{ name: "x-seen", from: "x-request-id" }] }
      selection: "$.name"
    )
  broken(id: ID!): Int @connect(source: "people", http: { GET: "/people/{$args.id}" }, selection: "$.name")
    @cache(maxAge: 60)
  missing: String @connect(source: "people", http: { GET: "/people/1" }, selection: "$.name", isSuccess: "$(false)")
    @cache(maxAge: 60)
}

type Person { id: ID!  name: String @cache(maxAge: 3600) }
"#;

/// `Cache-Control`, with `60` and `3600` for what jitter leaves of them, `Age`, and `Vary`.
async fn said(house: &House, query: &str) -> (String, Option<u64>, Vec<String>) {
    let response = house.post(query).send().await.unwrap();
    let header = |name: &str| -> Vec<String> {
        response.headers().get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    };
    let (control, age, vary) = (header("cache-control"), header("age"), header("vary"));
    assert_eq!(control.len(), 1, "{query}");
    let control = match control[0].rsplit_once('=') {
        Some((said, seconds)) => match seconds.parse::<u64>().unwrap() {
            53..=60 => format!("{said}=60"),
            3239..=3600 => format!("{said}=3600"),
            other => panic!("{query}: {said}={other}"),
        },
        None => control[0].clone(),
    };
    (control, age.first().map(|age| age.parse().unwrap()), vary)
}

fn with(cache_control: CacheControl) -> Settings {
    Settings { cache_control, ..hasty() }
}

#[tokio::test]
async fn an_answer_may_be_kept_as_long_as_all_of_it_is_good() {
    let house = House::open_over(SCHEMA, with(CacheControl::Private)).await;
    let table = [
        (r#"{ long(id: "1") { name } }"#, "private, max-age=3600"),
        (r#"{ short(id: "1") }"#, "private, max-age=60"),
        (r#"{ long(id: "1") { name } short(id: "1") }"#, "private, max-age=60"),
        (r#"{ short(id: "1") momentary(id: "1") }"#, "private, no-store"),
        (r#"{ short(id: "1") mine(id: "1") }"#, "private, no-store"),
        (r#"{ short(id: "1") broken(id: "1") }"#, "private, no-store"),
        (r#"{ short(id: "1") missing }"#, "private, no-store"),
        ("{ __typename }", "private, no-store"),
        ("{ nobody }", "private, no-store"),
        ("{", "private, no-store"),
    ];
    for (query, expected) in table {
        // Made, and then kept.
        for _ in 0..2 {
            let (control, age, _) = said(&house, query).await;
            assert_eq!(control, expected, "{query}");
            assert!(age.is_none() || expected.contains("max-age"), "{query}: {age:?}");
            assert!(age.is_none_or(|age| age < 30), "{query}: {age:?}");
        }
    }
    let coverage = r#"{"query":"{ short(id: \"1\") }","extensions":{"coverage":true}}"#;
    let response = house.raw(coverage).send().await.unwrap();
    assert_eq!(response.headers()["cache-control"], "private, no-store", "it speaks of the moment");
}

#[tokio::test]
async fn operators_say_who_may_keep_answers() {
    let query = r#"{ short(id: "1") }"#;
    let house = House::open_over(SCHEMA, with(CacheControl::Off)).await;
    assert_eq!(said(&house, query).await, ("private, no-store".to_owned(), None, vec!["origin".to_owned()]));
    let house = House::open_over(SCHEMA, with(CacheControl::Public)).await;
    let (control, age, vary) = said(&house, query).await;
    assert_eq!((control.as_str(), age), ("public, max-age=60", None));
    assert_eq!(vary, ["accept", "origin"], "its form is the client's wish");
    assert_eq!(said(&house, r#"{ mine(id: "1") }"#).await.0, "private, no-store", "what is one caller's stays theirs");
}
