//! The presets that have look-alike systems, over real HTTP: they answer what the shipped contract answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use c360::demo::{Credentials, Department, Dials, Town, Which, cast};
use c360::gateway::Gateway;
use c360::sources::Auth;
use c360::{cli, startup};
use serde_json::{Value as Json, json};

use super::{ask, assembled, composed, example_variables, read, written};

const WHOLE: &str = include_str!("../town/whole.graphql");

/// The presets, each with its look-alike.
const SYSTEMS: [(&str, Which); 4] = [
    ("salesforce", Which::Sales),
    ("zendesk", Which::Support),
    ("hubspot", Which::Marketing),
    ("stripe", Which::Billing),
];

/// A gateway from a folder with these presets: the folder's own settings, told where the look-alikes are.
fn gateway(town: &Town, names: &[&str]) -> Arc<Gateway> {
    let files = composed(names);
    let folder = written(&files);
    let mut variables = example_variables(&files);
    let systems = || SYSTEMS.iter().filter(|(name, _)| names.contains(name));
    for (_, which) in systems() {
        variables.extend(credential(town.department(*which)));
    }
    let mut read = read(folder.path(), &variables);
    for (name, which) in systems() {
        let source = read.settings.sources.get_mut(*name).unwrap();
        let address = town.department(*which).address();
        if let Auth::ClientCredentials(auth) = &mut source.auth {
            let (_, path) = auth.token_url.split_once(".com").unwrap();
            auth.token_url = format!("{address}{path}");
        }
        source.url = Some(address);
        if *which == Which::Support {
            // The settings name the field that holds the level of escalation in a comment only: it differs everywhere.
            let field = cli::settings_of(town).sources["helpdesk"].config.0["escalationField"].clone();
            source.config.0.insert("escalationField".into(), field);
        }
    }
    assembled(read).gateway
}

fn credential(department: &Department) -> BTreeMap<String, String> {
    let pairs = match department.credentials().clone() {
        Credentials::Bearer { token } if department.which() == Which::Billing => vec![("STRIPE_RESTRICTED_KEY", token)],
        Credentials::Bearer { token } => vec![("HUBSPOT_TOKEN", token)],
        Credentials::Basic { user, password } => {
            let user = user.strip_suffix("/token").unwrap().to_owned();
            vec![("ZENDESK_EMAIL", user), ("ZENDESK_API_TOKEN", password)]
        }
        Credentials::ClientCredentials { client_id, client_secret, .. } => {
            vec![("SALESFORCE_CLIENT_ID", client_id), ("SALESFORCE_CLIENT_SECRET", client_secret)]
        }
    };
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

async fn town() -> Town {
    Town::start(Dials { customers: 60, ..Dials::default() }).await.unwrap()
}

/// The demo's whole question, without what only the product's own API knows.
fn question() -> String {
    WHOLE.lines().filter(|line| !line.starts_with("    usage ")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn four_presets_answer_the_whole_question_as_the_shipped_contract_does() {
    let town = town().await;
    let presets = gateway(&town, &["salesforce", "zendesk", "hubspot", "stripe"]);
    let shipped = startup::Folder { files: cli::shipped_schema(), settings: cli::settings_of(&town) };
    let shipped = assembled(shipped).gateway;
    for id in [cast::HEROINE, cast::DOUBLED, cast::WITHOUT_ACCOUNT, cast::UNKNOWN_TO_SUPPORT, cast::NOBODY] {
        let mut expected = ask(&shipped, &question(), json!({ "id": id })).await;
        let mut given = ask(&presets, &question(), json!({ "id": id })).await;
        assert_eq!(given.get("errors"), None, "{given}");
        for answer in [&mut expected, &mut given] {
            if let Some(rows) = answer["data"]["customer"]["coverage"].as_array_mut() {
                rows.retain(|row| row["department"] != "usage");
                // They stand in the order of the schema's files.
                rows.sort_by_key(|row| row["department"].to_string());
            }
        }
        let lines = |answer: &Json| serde_json::to_string_pretty(answer).unwrap();
        let (given, expected) = (lines(&given), lines(&expected));
        let strange = given.lines().zip(expected.lines()).find(|(given, expected)| given != expected);
        assert!(given == expected, "{id}: given and expected differ first in {strange:?}");
    }
}

/// What each system says of a person when it is the only one.
#[tokio::test]
async fn each_preset_alone_knows_a_person_by_name() {
    let town = town().await;
    let heroine = town.cast().person(cast::HEROINE).unwrap();
    for (name, which) in SYSTEMS {
        let alone = gateway(&town, &[name]);
        let query =
            "query($id: ID!) { customer(id: $id) { id name email origin { system } coverage { department status } } }";
        let answer = ask(&alone, query, json!({ "id": heroine.id })).await;
        assert_eq!(answer.get("errors"), None, "{name}: {answer}");
        let customer = &answer["data"]["customer"];
        assert_eq!(customer["coverage"], json!([{ "department": which.name(), "status": "FRESH" }]), "{name}");
        assert!(customer["name"].as_str().is_some_and(|name| name.contains(' ')), "{name}: {customer}");
        assert!(customer["email"].as_str().is_some_and(|email| email.contains('@')), "{name}: {customer}");
        let nobody = ask(&alone, query, json!({ "id": cast::NOBODY })).await;
        assert_eq!(nobody["data"]["customer"], Json::Null, "{name}: {nobody}");
    }
}
