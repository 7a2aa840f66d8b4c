//! What is wrong with a webhook's settings is told with its place, all of it, beside what is wrong with the schema.

use std::sync::Arc;

use c360::startup::{self, Faults};

const SCHEMA: &str = r#"
extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @link(url: "https://c360.dev/spec/v0.1", import: ["@webhook"])
  @source(name: "billing", http: { baseURL: "https://billing.example.com" })
  @source(name: "helpdesk", http: { baseURL: "https://helpdesk.example.com" })

type Query {
  name: String @connect(source: "billing", http: { GET: "/" }, selection: "$.name")
}
"#;

fn faults(schema: &str, settings: &str) -> Faults {
    let place = tempfile::tempdir().unwrap();
    std::fs::create_dir(place.path().join("schema")).unwrap();
    std::fs::write(place.path().join("schema/a.graphql"), schema).unwrap();
    std::fs::write(place.path().join("gateway.toml"), settings).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    let folder = startup::read_folder(place.path(), &|_| None).unwrap_or_else(|faults| panic!("{faults}"));
    startup::assemble(folder, Arc::new(|_: &str| None), None).err().expect("something is wrong")
}

fn told(faults: &Faults) -> Vec<String> {
    let problems = faults.config.iter();
    let told = problems.map(|problem| {
        assert!(problem.file.ends_with("gateway.toml"), "{}", problem.file);
        let help = problem.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"));
        format!("{}:{}: {}{help}", problem.line, problem.column, problem.message)
    });
    told.collect()
}

const BROKEN: &str = r#"
[webhooks.billing]
scheme = "hmac"
hmac = { header = "a b", signed = "{time}.{body}" }

[webhooks.helpdsk]
scheme = "zendesk"
secrets = ["s"]

[connectors.crmContact]
enabled = false
"#;

#[test]
fn every_flaw_has_its_place_and_the_nearest_name() {
    let found = faults(SCHEMA, BROKEN);
    assert!(found.schema.is_empty() && found.others.is_empty());
    assert_eq!(
        told(&found),
        [
            "2:11: [webhooks.billing] `secrets` is missing, expected what the sender signs with or shows",
            "4:19: [webhooks.billing] `hmac.header`: found \"a b\", expected the name of a header",
            "4:35: [webhooks.billing] `hmac.signed` names {time}, expected {method}, {url}, {timestamp} or {body}",
            "6:11: [webhooks.helpdsk] no source of the schema has this name (did you mean `helpdesk`?)",
            "10:13: [connectors.crmContact] no connector has this id (did you mean `Query.name[0]`?)",
        ]
    );
}

#[test]
fn a_broken_schema_hides_no_flaw_of_the_settings() {
    let broken =
        SCHEMA.replace("$.name", "$.name }").replace("http: { baseURL: \"https://h", "http: { baseUrl: \"https://h");
    let found = faults(&broken, BROKEN);
    assert_eq!(found.schema.len(), 3, "{found}");
    assert_eq!(told(&found).len(), 3, "as far as they need no schema");
}

/// What only who uses a setting can tell of it.
const BROKEN_ELSEWHERE: &str = r#"
[admin]
listen = "0.0.0.0:4001"

[cache]
redis = "rediss://cache.example.com"
[cache.shared.tls]
ca = "no certificate"

[telemetry.otlp]
endpoint = "collector:4318"

[sources.billing]
url = "billing.example.com"
[sources.billing.tls]
ca = "none"
[sources.billing.auth.headers]
"x key" = "v"
[sources.billing.quota.serch]
limit = "$response.headers.x"

[sources.helpdsk]
url = "https://helpdesk.example.com"

[sources.helpdesk]
tls = { system_roots = false }
auth = { oauth2-client-credentials = { token_url = "nowhere", client_id = "i", client_secret = "hunter2" } }
"#;

const TOLD_ELSEWHERE: [&str; 10] = [
    "2:2: `admin.token` is missing: others than this machine can reach `0.0.0.0:4001`, expected a token of at least 16 \
     bytes, or a loopback address such as 127.0.0.1:4001",
    "7:15: [cache] redis has a `shared.tls.ca` that holds none; expected certificates in PEM",
    "11:12: [telemetry.otlp] endpoint: expected an address that begins with https:// or http://",
    "14:7: [sources.billing] url: relative URL without a base; expected an absolute address",
    "16:6: [sources.billing] tls.ca: expected certificates in PEM",
    "17:18: [sources.billing] auth: the header's name is not one",
    "19:24: [sources.billing] quota.serch: no connector draws from it; expected one of all, rest",
    "22:10: [sources.helpdsk] no source of the schema has this name (did you mean `helpdesk`?)",
    "26:24: [sources.helpdesk] tls.system_roots: without them and without tls.ca nobody is trusted",
    "27:1: [sources.helpdesk] auth: token_url: relative URL without a base; expected an absolute address",
];

#[test]
fn what_rooms_say_of_their_settings_has_its_place_too_and_all_of_it_is_said() {
    let found = faults(SCHEMA, BROKEN_ELSEWHERE);
    assert!(found.schema.is_empty() && found.others.is_empty(), "{found}");
    assert_eq!(told(&found), TOLD_ELSEWHERE);
    assert!(!found.to_string().contains("hunter2"));
    let short = faults(SCHEMA, "[admin]\nlisten = \"127.0.0.1:4001\"\ntoken = \"short\"\n");
    assert_eq!(told(&short), ["3:9: `admin.token` is too short, expected at least 16 bytes that nobody can guess"]);
    let nowhere = faults(SCHEMA, "[http]\nlisten = \"4000\"\n[admin]\nlisten = \"localhost\"\n");
    let told_of = |line: usize, key: &str, found: &str| {
        format!("{line}:10: `{key}`: found {found:?}, expected an address with a port, such as 127.0.0.1:4000")
    };
    assert_eq!(told(&nowhere), [told_of(2, "http.listen", "4000"), told_of(4, "admin.listen", "localhost")]);
    // Where no file says anything, the file is where it would.
    let unset = SCHEMA.replace("https://billing.example.com", "{$env.BILLING}");
    let unset = faults(&unset, "");
    assert_eq!(told(&unset).len(), 1, "{unset}");
    assert!(told(&unset)[0].starts_with("1:1: [sources.billing] the schema's baseURL: "), "{unset}");
}

#[test]
fn a_broken_schema_hides_nothing_that_rooms_say_of_their_settings() {
    let found = faults(&SCHEMA.replace("$.name", "$.name }"), BROKEN_ELSEWHERE);
    assert!(!found.schema.is_empty());
    assert_eq!(told(&found), TOLD_ELSEWHERE[..3], "what needs no schema");
}
