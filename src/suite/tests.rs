//! Suites run from a folder, their reports compared as text.

use std::fs;

use super::{Ask, Report, human, json, junit, run, stamp};

const SCHEMA: &str = r#"
extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(
    name: "api"
    http: { baseURL: "https://api.example.com/v1", headers: [{ name: "Authorization", value: "Bearer {$config.token}" }] }
  )

type Query {
  user(id: ID!, limit: Int): User
    @connect(
      source: "api"
      id: "user"
      http: { GET: "/users/{$args.id}", queryParams: "limit: $args.limit" }
      errors: { message: "$.error" }
      selection: """
      id
      name: $(full ?? nick)
      status: state?->match(["a", "ACTIVE"], [@, "OTHER"])
      age
      """
    )
  people(ids: [ID!]!): [Person]
    @connect(source: "api", http: { POST: "/people", body: "ids: $args.ids" }, selection: "$.people { id name: full }")
}

type User @connect(source: "api", batch: { maxSize: 2 }, http: { GET: "/tags", queryParams: "ids: $batch.id" }, selection: "id tags") {
  id: ID!
  name: String
  status: Status
  age: Int
  tags: [String!]
}
enum Status { ACTIVE OTHER }
type Person { id: ID! name: String }
"#;

struct Room(tempfile::TempDir);

impl Room {
    fn new(suite: &str) -> Room {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("schema.graphql"), SCHEMA).unwrap();
        fs::write(folder.path().join("a.connector.yaml"), suite).unwrap();
        Room(folder)
    }

    fn run(&self, filter: Option<&str>) -> Report {
        run(&self.ask(filter))
    }

    fn ask(&self, filter: Option<&str>) -> Ask {
        Ask { paths: vec![self.0.path().to_owned()], filter: filter.map(str::to_owned), ..Ask::default() }
    }

    /// Lines without the folder's name, the first line's place and the time.
    fn lines(&self, coverage: bool) -> Vec<String> {
        let told = human(&self.run(None), coverage, false);
        let folder = format!("{}/", fs::canonicalize(self.0.path()).unwrap().display());
        let given = format!("{}/", self.0.path().display());
        let told = told.replace(&folder, "").replace(&given, "");
        told.lines().map(|line| line.split(" in 0.").next().unwrap().trim().to_owned()).collect()
    }
}

/// Runs tests of a suite for the schema above.
fn tests(tests: &str) -> Vec<String> {
    Room::new(&format!("config:\n  schema: schema.graphql\ntests:\n{tests}")).lines(false)
}

#[test]
fn a_test_in_the_public_format_passes() {
    let told = tests(
        r#"
  - name: "Get user by ID"
    target: "Query.user"
    variables:
      $args: { id: "a b", limit: 2 }
      $config: { token: secret }
    apiResponseBody: |
      { "id": "7", "full": "Alice", "state": "a", "age": 3 }
    expect:
      connectorRequest:
        method: GET
        url: https://api.example.com/v1/users/a b?limit=2
        headers:
          authorization: Bearer secret
      connectorResponse: |
        { "age": 3.0, "name": "Alice", "status": "ACTIVE", "id": "7" }
  - name: "in parts, by id"
    connector: user
    variables: { $args: { id: 7 } }
    expect:
      connectorRequest: { scheme: https, origin: api.example.com, path: /v1/users/7, queryParams: {} }
  - name: "a body"
    target: Query.people[0]
    variables: { $args: { ids: ["1", "2"] } }
    expect:
      connectorRequest: { method: POST, body: { ids: ["1", "2"] }, headers: { content-type: application/json } }
  - name: "a batch"
    target: User
    variables: { $batch: [{ id: "1" }, { id: "2" }] }
    apiResponseBody: '[{"id": "2", "tags": ["x"]}]'
    expect:
      connectorRequest: { queryParams: { ids: ["1", "2"] } }
      connectorResponse: [{ id: "2", tags: [x] }]
"#,
    );
    assert_eq!(told, ["1 suite, 4 tests: 4 passed, 0 failed"]);
}

#[test]
fn what_differs_is_told_with_its_place_inside_the_expected_json() {
    let told = tests(
        r#"  - name: "one"
    target: "user"
    apiResponseBody: '{"id": "7", "nick": "Al", "more": 1, "age": 3}'
    expect:
      connectorResponse: |
        { "id": "7",
          "name": "Alice",
          "gone": [1] }
"#,
    );
    assert_eq!(
        told,
        [
            "FAIL  a.connector.yaml:4:11  one [user]",
            "a.connector.yaml:10:19  connectorResponse: $.name: expected \"Alice\", found \"Al\"",
            "a.connector.yaml:11:11  connectorResponse: $.gone: expected [1], found nothing",
            "a.connector.yaml:9:9  connectorResponse: $.age: expected nothing, found 3",
            "1 suite, 1 test: 0 passed, 1 failed",
        ]
    );
}

#[test]
fn every_part_of_a_request_is_held() {
    let told = tests(
        r#"  - name: "one"
    target: "user"
    variables: { $args: { id: "7", limit: 2 } }
    expect:
      connectorRequest:
        method: POST
        url: https://api.example.com/v2/users/7?limit=2
        path: /users/7
        queryParams: { limit: 3, page: 1 }
        headers: { x-api: "1" }
        body: "{}"
"#,
    );
    assert_eq!(
        told[1..told.len() - 1],
        [
            r#"a.connector.yaml:9:17  connectorRequest: method: expected "POST", found "GET""#,
            r#"a.connector.yaml:10:14  connectorRequest: url: expected "https://api.example.com/v2/users/7?limit=2", found "https://api.example.com/v1/users/7?limit=2""#,
            r#"a.connector.yaml:11:15  connectorRequest: path: expected "/users/7", found "/v1/users/7""#,
            r#"a.connector.yaml:12:24  connectorRequest: queryParams.limit: expected "3", found "2""#,
            r#"a.connector.yaml:12:34  connectorRequest: queryParams.page: expected "1", found nothing"#,
            r#"a.connector.yaml:13:20  connectorRequest: header x-api: expected "1", found none"#,
            r#"a.connector.yaml:14:15  connectorRequest: body: expected one, found none"#,
        ]
    );
}

#[test]
fn failures_and_problems_must_be_expected() {
    let told = tests(
        r#"  - name: "nobody expects this"
    target: "user"
    status: 500
  - name: "expected"
    target: "user"
    status: 500
    apiResponseBody: '{"error": "Broken"}'
    expect: { error: { message: "Broken", extensions: { code: UNAVAILABLE, status: 500 } } }
  - name: "in other words"
    target: "user"
    status: 500
    apiResponseBody: '{"error": "Broken"}'
    expect: { errors: [{ contains_message: "mended" }] }
  - name: "none at all"
    target: "user"
    apiResponseBody: '{"id": 1, "full": "x", "age": 2}'
    expect: { error: { message: "x" } }
  - name: "not there"
    target: "user"
    status: 404
    apiResponseBody: '{"error": "User not found"}'
    expect: { error: { message: "User not found" } }
  - name: "of the wrong type"
    target: "user"
    apiResponseBody: '{"id": 1, "full": 2, "age": "x"}'
    expect: { problems: [{ contains_message: "a value of Int", path: age }] }
  - name: "missing"
    target: "user"
    apiResponseBody: '{"full": "x", "age": 2}'
"#,
    );
    assert_eq!(
        told,
        [
            "FAIL  a.connector.yaml:4:11  nobody expects this [user]",
            "a.connector.yaml:4:11  error: nobody expects a failure: api answered with an error, UNAVAILABLE, status 500",
            "FAIL  a.connector.yaml:12:11  in other words [user]",
            "a.connector.yaml:16:24  error.message: expected a message with \"mended\", found \"Broken\"",
            "FAIL  a.connector.yaml:17:11  none at all [user]",
            "a.connector.yaml:20:22  error: expected \"x\", but the answer is no failure",
            "note  a.connector.yaml:21:11  not there: a 404 or 410 is an absence to c360: null, without an error; the words of \
             `errors` were compared",
            "FAIL  a.connector.yaml:26:11  of the wrong type [user]",
            "a.connector.yaml:26:11  problems: nobody expects: expected a value of String, found number 2 at `$.name`",
            "FAIL  a.connector.yaml:30:11  missing [user]",
            "a.connector.yaml:30:11  problems: nobody expects: Property .id not found in object at `id`",
            "a.connector.yaml:30:11  problems: nobody expects: expected a value of ID, found nothing at `$.id`",
            "1 suite, 7 tests: 2 passed, 5 failed",
        ]
    );
}

#[test]
fn mistakes_in_a_suite_are_told_with_the_nearest_known_name() {
    let told =
        tests("  - name: a\n    target: Query.usr\n    apiResponsBody: x\n    variables: { $arg: {}, $batch: 1 }\n");
    assert_eq!(
        told[..3],
        [
            "ERROR a.connector.yaml:6:5: unknown key `apiResponsBody` in a test (did you mean `apiResponseBody`?)",
            "ERROR a.connector.yaml:7:18: unknown key `$arg` in `variables` (did you mean `$args`?)",
            "ERROR a.connector.yaml:7:36: `$batch` must be a list of maps, found a number",
        ]
    );
    let told = tests("  - name: a\n    target: usr\n");
    assert_eq!(told[0], "ERROR a.connector.yaml:5:13: no connector is called `usr` (did you mean `user`?)");
    let told = tests("  - name: a\n    name: b\n");
    assert_eq!(told[0], "ERROR a.connector.yaml:5:5: duplicate mapping key: name");
    let told = tests("  - name: a\n    target: user\n    apiResponseBodyFile: none.json\n");
    assert_eq!(
        told[1],
        "a.connector.yaml:6:26  apiResponseBody: there is no file `none.json` beside the suite or above it"
    );
    let told = Room::new("config: { schema: gone.graphql }\ntests: [{ name: a, target: user }]\n").lines(false);
    assert_eq!(told[0], "ERROR a.connector.yaml:1:19: there is no schema `gone.graphql` beside the suite or above it");
    assert!(!tests("  - [").is_empty() && !tests("x").is_empty() && !Room::new("").lines(false).is_empty());
}

#[test]
fn what_all_tests_share_stands_in_common() {
    let room = Room::new(
        r#"config:
  schema: schema.graphql
  name: users
  common:
    connector: user
    variables: { $args: { id: "7" }, $config: { token: t } }
    status: 500
    expectedRequestPath: /v1/users/7
tests:
  - name: shares
    expect: { error: { message: api answered with an error } }
  - name: has its own
    variables: { $args: { id: "8" } }
    expect: { connectorRequest: { path: /v1/users/8, headers: { authorization: Bearer t } }, error: {} }
  - name: later
    skip: true
"#,
    );
    let told = room.lines(false);
    assert_eq!(told, ["SKIP  a.connector.yaml:15:11  later [user]", "1 suite, 3 tests: 2 passed, 0 failed, 1 skipped"]);
    assert_eq!(room.run(Some("OWN")).counts(), (1, 0, 0));
    assert!(!room.run(Some("nothing has this")).is_sound(), "a filter without a hit is a mistake, not a success");
}

#[test]
fn coverage_tells_the_branches_that_no_test_went_through() {
    let suite = "config: { schema: schema.graphql }\ntests:\n  - { name: a, target: user, apiResponseBody: '{\"id\": \"1\", \
                 \"nick\": \"x\", \"state\": \"z\", \"age\": 1}' }\n";
    let told = Room::new(suite).lines(true);
    assert_eq!(
        told,
        [
            "schema.graphql:11 user (Query.user[0]): 1 test, 7 of 10 branches, no test of a failure",
            "schema.graphql:18:15  never: `full` of `??`",
            "schema.graphql:19:15  never: `state?` where nothing is there",
            "schema.graphql:19:29  never: `->match` of [\"a\", \"ACTIVE\"]",
            "schema.graphql:24 Query.people[0] (Query.people[0]): 0 tests, 0 of 2 branches, no test",
            "schema.graphql:24:103  never: field `id`",
            "schema.graphql:24:106  never: field `name`",
            "schema.graphql:27 User[0] (User[0]): 0 tests, 0 of 2 branches, no test",
            "schema.graphql:27:125  never: field `id`",
            "schema.graphql:27:128  never: field `tags`",
            "coverage: 0 of 3 connectors whole, 7 of 14 branches",
            "1 suite, 1 test: 1 passed, 0 failed",
        ]
    );
}

#[test]
fn conformance_files_hold_the_language() {
    let room = Room::new("config: { schema: schema.graphql }\ntests: [{ name: a, target: user }]\n");
    fs::write(
        room.0.path().join("paths.yaml"),
        r#"conformance: paths
cases:
  - { name: a key, selection: "$.a", input: { a: 1 }, value: 1 }
  - { name: missing, selection: "$.b", input: { a: 1 }, problems: [Property .b not found] }
  - { name: null is not missing, selection: "$.a", input: { a: null } }
  - { name: variables, selection: "$([$args.x, $status, $env.HOME])", variables: { $args: { x: 1 }, $status: 200, $env: { HOME: h } }, value: [1, 200, h] }
  - { name: no parse, selection: "a {", input: {}, invalid: true, problems: [never closed] }
  - { name: old, selection: "...a", version: v0.3, input: {}, value: 1 }
"#,
    )
    .unwrap();
    let told = room.lines(false);
    assert_eq!(told[0], "FAIL  paths.yaml:5:13  null is not missing");
    assert_eq!(told[1], "paths.yaml:5:13  value: expected nothing (missing), found null");
    assert!(told[2].starts_with("FAIL  paths.yaml:8:13  old"), "{told:?}");
    assert!(told[3].starts_with("paths.yaml:8:29  selection: is refused: "), "{told:?}");
    assert!(told[4].ends_with("7 tests: 5 passed, 2 failed"), "{told:?}");
}

#[test]
fn programs_can_read_reports() {
    let room =
        Room::new("config: { schema: schema.graphql }\ntests:\n  - { name: 'a <&\">', target: user, status: 500 }\n");
    let report = room.run(None);
    let told = json(&report, true);
    assert_eq!(told["failed"], 1);
    assert_eq!(told["suites"][0]["tests"][0]["differences"][0]["part"], "error");
    assert_eq!(told["coverage"][0]["failureTests"], 1);
    let xml = junit(&report);
    assert!(xml.contains(r#"failures="1" errors="0""#) && xml.contains("a &lt;&amp;&quot;&gt;"), "{xml}");
}

#[test]
fn what_could_not_be_run_is_counted_in_junit_too() {
    let room = Room::new("config: { schema: gone.graphql }\ntests: [{ name: a, target: user }]\n");
    let mut ask = room.ask(None);
    ask.paths.push("no/such <folder>".into());
    let xml = junit(&run(&ask));
    assert!(xml.contains(r#"<testsuites name="c360 test" tests="2" failures="0" errors="2""#), "{xml}");
    assert!(xml.contains(r#"<testcase name="no/such &lt;folder&gt;" classname="c360 test" time="0">"#), "{xml}");
    assert!(!xml.contains("-0"), "{xml}");
}

#[test]
fn no_body_can_be_expected() {
    let get = |body: &str| {
        let variables = "variables: { $args: { id: 1 } }";
        tests(&format!(
            "  - name: a\n    target: user\n    {variables}\n    expect: {{ connectorRequest: {{ body: {body} }} }}\n"
        ))
    };
    assert_eq!(get("null"), ["1 suite, 1 test: 1 passed, 0 failed"]);
    assert_eq!(get("''"), ["1 suite, 1 test: 1 passed, 0 failed"]);
    assert!(get("'{}'")[1].ends_with("connectorRequest: body: expected one, found none"));
    let people = "  - { name: a, target: Query.people, expect: { connectorRequest: { body: null } } }\n";
    assert!(tests(people)[0].starts_with("FAIL"), "there is a body");
}

#[test]
fn what_keeps_a_suite_from_being_run_is_watched_until_it_is_mended() {
    let room = Room::new("config: { schema: schema.graphql }\ntests: [{ name: a, target: user }]\n");
    let mended = |file: &str, text: &str| {
        let ask = Ask { paths: vec![room.0.path().join("a.connector.yaml")], ..Ask::default() };
        let report = run(&ask);
        let first = stamp(&ask, &report);
        fs::write(room.0.path().join(file), text).unwrap();
        first != stamp(&ask, &report)
    };
    assert!(mended("schema.graphql", "type Query {"));
    assert!(mended("schema.graphql", SCHEMA), "a broken schema");
    let suite = "config: { schema: later.graphql }\ntests: [{ name: a, target: user }]\n";
    assert!(mended("a.connector.yaml", suite));
    assert!(mended("later.graphql", SCHEMA), "a schema that is not there");
    let suite =
        "config: { schema: schema.graphql }\ntests: [{ name: a, target: user, apiResponseBodyFile: later.json }]\n";
    assert!(mended("a.connector.yaml", suite));
    assert!(mended("later.json", "{}"), "a body that is not there");
    assert!(mended("later.json", "{ }"), "a body");
}

#[test]
fn a_change_of_suite_or_schema_is_noticed() {
    let room = Room::new("config: { schema: schema.graphql }\ntests: [{ name: a, target: user }]\n");
    let (ask, report) = (room.ask(None), room.run(None));
    let first = stamp(&ask, &report);
    assert_eq!(first, stamp(&ask, &report));
    fs::write(room.0.path().join("schema.graphql"), format!("{SCHEMA}\n")).unwrap();
    assert_ne!(first, stamp(&ask, &report));
}
