//! The presets' suites held against contracts of our own (`tests/contracts`): what is asked for is what the system knows,
//! and what the suites let it answer is what it would.

use std::collections::BTreeMap;
use std::path::Path;

use c360::presets::SHELF;
use reqwest::Method;
use serde_json::Value as Json;
use url::Url;

use crate::demo::contract::Contract;

/// Their answers are held by the look-alikes' own tests, which write them whole; the suites leave out what is not read.
const ANSWERED_BY_LOOK_ALIKES: [&str; 4] = ["salesforce", "zendesk", "hubspot", "stripe"];

fn tests(preset: &str) -> Vec<Json> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("presets/{preset}/{preset}.connector.yaml"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let suite: Json = serde_saphyr::from_str(&text).unwrap();
    suite["tests"].as_array().unwrap().clone()
}

/// A request that a test expects; `c360 test` holds it against the one that is built.
struct Asked {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
}

fn request(test: &Json) -> Option<Asked> {
    let wanted = test["expect"].get("connectorRequest")?;
    let method = wanted["method"].as_str().unwrap_or("GET").parse().unwrap();
    if let Some(url) = wanted["url"].as_str() {
        let url = Url::parse(url).unwrap();
        let query = url.query_pairs().into_owned().collect();
        return Some(Asked { method, path: url.path().to_owned(), query });
    }
    let path = wanted["path"].as_str()?.to_owned();
    let query = wanted["queryParams"].as_object().into_iter().flatten().flat_map(|(name, value)| {
        let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        values.into_iter().map(|value| (name.clone(), text(&value)))
    });
    Some(Asked { method, path, query: query.collect() })
}

fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[test]
fn every_preset_asks_for_what_its_system_knows() {
    for preset in SHELF {
        let contract = Contract::read(preset.name);
        let mut asked = 0;
        for test in tests(preset.name) {
            let Some(sent) = request(&test) else { continue };
            contract.hold_request(&sent.method, &sent.path, &sent.query);
            asked += 1;
        }
        assert!(asked > 1, "{}: its suite expects no request", preset.name);
    }
}

#[test]
fn what_suites_let_a_system_answer_is_what_it_would() {
    for preset in SHELF.iter().filter(|preset| !ANSWERED_BY_LOOK_ALIKES.contains(&preset.name)) {
        let contract = Contract::read(preset.name);
        let tests = tests(preset.name);
        let asked: BTreeMap<&str, Asked> =
            tests.iter().rev().filter_map(|test| Some((test["target"].as_str()?, request(test)?))).collect();
        for test in &tests {
            let Some(body) = test["apiResponseBody"].as_str() else { continue };
            let target = test["target"].as_str().unwrap();
            let sent = asked.get(target).unwrap_or_else(|| panic!("no test says what {target} sends"));
            let status = test["status"].as_u64().unwrap_or(200);
            contract.hold(
                &sent.method,
                &sent.path,
                u16::try_from(status).unwrap(),
                &serde_json::from_str(body).unwrap(),
            );
        }
    }
}
