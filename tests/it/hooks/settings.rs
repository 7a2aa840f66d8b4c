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
            "4:35: [webhooks.billing] `hmac.signed` names {time}, expected {method}, {url}, {timestamp} or {body}",
            "4:19: [webhooks.billing] `hmac.header`: found \"a b\", expected the name of a header",
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
