//! The shipped schema over the look-alike town, in this process.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use apollo_compiler::Schema;
use apollo_compiler::validation::Valid;
use c360::cache::Cache;
use c360::catalog::Catalog;
use c360::demo::{Credentials, Department, Dials, Fault, Town, Which};
use c360::gateway::{Ask, Gateway, Parts};
use c360::operation::{Contract, Limits};
use c360::sdl::{self, SourceText};
use c360::sources::{self, Auth, Basic, Bearer, ClientAuth, ClientCredentials, ConfigTable, Sources};
use c360::units::TimeSpan;
use serde_json::value::RawValue;

use super::mishaps::{Mishap, NARROWER};
use super::query::Query;
use serde_json::json;

/// Persons in the town: the named cases and some that the dice threw.
const CUSTOMERS: usize = 60;

/// The town, and gateways over it.
pub(super) struct World {
    pub(super) town: Town,
    /// The contract, as clients read it.
    pub(super) schema: Valid<Schema>,
    shipped: House,
    /// The same with lists kept shorter.
    narrow: House,
}

/// What gateways over one schema share.
struct House {
    catalog: Arc<Catalog>,
    contract: Contract,
    sources: Arc<Sources>,
}

impl World {
    pub(super) async fn start() -> World {
        let town = Town::start(Dials { customers: CUSTOMERS, ..Dials::default() }).await.unwrap();
        let shipped = files();
        let mut narrow = shipped.clone();
        for (name, text, instead) in NARROWER {
            let file = narrow.iter_mut().find(|file| file.name == format!("{name}.graphql")).unwrap();
            assert!(file.text.contains(text), "{name}.graphql holds no {text}");
            file.text = file.text.replacen(text, instead, 1);
        }
        let (shipped, contract) = House::build(&town, &shipped);
        let (narrow, _) = House::build(&town, &narrow);
        let schema = Schema::parse_and_validate(contract, "contract.graphql").unwrap();
        let world = World { town, schema, shipped, narrow };
        // Sales gives its access token on the first call: mishaps are to meet questions only.
        let query = "query { customersByEmail(email: \"-\") { id } }".to_owned();
        let query = Query { text: query, variables: json!({}), wants_coverage: false };
        for mishaps in [&[][..], &[Mishap::Narrow]] {
            assert_eq!(world.ask(&query, mishaps).await, r#"{"data":{"customersByEmail":[]}}"#);
        }
        world
    }

    /// The answer of a gateway that has answered nothing before: whatever it remembers is of this question.
    pub(super) async fn ask(&self, query: &Query, mishaps: &[Mishap]) -> String {
        self.town.departments().for_each(|department| department.fail(Fault::Calm));
        mishaps.iter().for_each(|mishap| mishap.happen(&self.town));
        let is_narrow = mishaps.iter().any(|mishap| matches!(mishap, Mishap::Narrow));
        let house = if is_narrow { &self.narrow } else { &self.shipped };
        let gateway = Arc::new(Gateway::new(Parts {
            catalog: house.catalog.clone(),
            contract: house.contract.clone(),
            contract_sdl: String::new(),
            sources: house.sources.clone(),
            cache: Cache::new(c360::cache::Settings::default()).into(),
            limits: Limits::default(),
            answers: c360::cache::Settings::default().answers,
            settings: Default::default(),
        }));
        let ask = Ask {
            query: query.text.clone(),
            operation_name: None,
            variables: Some(RawValue::from_string(query.variables.to_string()).unwrap()),
            headers: Arc::default(),
            want_coverage: query.wants_coverage,
            budget: None,
        };
        String::from_utf8(gateway.answer(ask).await.body.to_vec()).unwrap()
    }
}

impl House {
    fn build(town: &Town, files: &[SourceText]) -> (House, String) {
        let reading = sdl::read(files).unwrap();
        let catalog = Arc::new(reading.catalog);
        let settings: BTreeMap<String, sources::Settings> = town.departments().map(settings).collect();
        let sources = Sources::new(catalog.clone(), &settings, Arc::new(|_| None), None).unwrap();
        let contract = Contract::read(&reading.contract).unwrap();
        (House { catalog, contract, sources: sources.into() }, reading.contract)
    }
}

fn files() -> Vec<SourceText> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "graphql"));
    paths.sort();
    let read = |path: &std::path::PathBuf| SourceText {
        name: path.file_name().unwrap().to_str().unwrap().to_owned(),
        text: std::fs::read_to_string(path).unwrap(),
    };
    paths.iter().map(read).collect()
}

/// What `gateway.toml` would say of a department.
fn settings(department: &Department) -> (String, sources::Settings) {
    let (name, config) = match department.which() {
        Which::Sales => ("crm", json!({})),
        Which::Support => ("helpdesk", json!({ "escalationField": 3_600_000_000_101_u64 })),
        Which::Marketing => ("marketing", json!({ "portalId": "4711" })),
        Which::Billing => ("billing", json!({})),
        Which::Usage => ("product", json!({})),
    };
    let auth = match department.credentials().clone() {
        Credentials::Bearer { token } => Auth::Bearer(Bearer { token: token.into(), scheme: "Bearer".to_owned() }),
        Credentials::Basic { user, password } => Auth::Basic(Basic { user, password: password.into() }),
        Credentials::ClientCredentials { token_path, client_id, client_secret } => {
            Auth::ClientCredentials(ClientCredentials {
                token_url: format!("{}{token_path}", department.address()),
                client_id,
                client_secret: client_secret.into(),
                scope: None,
                params: BTreeMap::new(),
                client_auth: ClientAuth::Form,
                scheme: "Bearer".to_owned(),
                lifetime: None,
                base_from: Some("instance_url".to_owned()),
                refresh_on: vec![401],
            })
        }
    };
    let config = ConfigTable(config.as_object().unwrap().clone());
    let mut settings = sources::Settings { url: Some(department.address()), config, auth, ..Default::default() };
    // The naive evaluator knows no yesterday: one question's mishap is to say nothing of the next, and no call is made twice.
    settings.breaker.enabled = false;
    settings.retry.attempts = 0;
    let none = TimeSpan::seconds(0);
    settings.pause = sources::Pause { usual: none, longest: none, told: none, quota: none };
    (name.to_owned(), settings)
}
