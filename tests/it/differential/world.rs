//! The shipped schema over the look-alike town, in this process.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use c360::cache::Cache;
use c360::catalog::Catalog;
use c360::demo::{Credentials, Department, Dials, Town, Which};
use c360::gateway::{Ask, Gateway, Parts};
use c360::operation::{Contract, Limits};
use c360::sdl::{self, SourceText};
use c360::sources::{self, Auth, Basic, Bearer, ClientCredentials, ConfigTable, Sources};
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

/// Persons in the town: the named cases and some that the dice threw.
const CUSTOMERS: usize = 60;

pub(super) struct World {
    pub(super) town: Town,
    pub(super) contract_sdl: String,
    catalog: Arc<Catalog>,
    contract: Contract,
    sources: Arc<Sources>,
}

impl World {
    pub(super) async fn start() -> World {
        let town = Town::start(Dials { customers: CUSTOMERS, ..Dials::default() }).await.unwrap();
        let reading = sdl::read(&files()).unwrap();
        let catalog = Arc::new(reading.catalog);
        let settings: BTreeMap<String, sources::Settings> = town.departments().map(settings).collect();
        let sources = Sources::new(catalog.clone(), &settings, Arc::new(|_| None), None).unwrap();
        let contract = Contract::read(&reading.contract).unwrap();
        World { town, contract_sdl: reading.contract, catalog, contract, sources: sources.into() }
    }

    /// The answer of a gateway that has answered nothing before: whatever is cached is of this request.
    pub(super) async fn ask(&self, query: &str, variables: Option<&Json>) -> String {
        let gateway = Arc::new(Gateway::new(Parts {
            catalog: self.catalog.clone(),
            contract: self.contract.clone(),
            contract_sdl: String::new(),
            sources: self.sources.clone(),
            cache: Cache::new(c360::cache::Settings::default()).into(),
            limits: Limits::default(),
            settings: Default::default(),
        }));
        let variables = variables.map(|variables| RawValue::from_string(variables.to_string()).unwrap());
        let ask = Ask {
            query: query.to_owned(),
            operation_name: None,
            variables,
            headers: Arc::default(),
            want_coverage: false,
        };
        String::from_utf8(gateway.answer(ask).await.body.to_vec()).unwrap()
    }
}

fn files() -> Vec<SourceText> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "graphql"));
    paths.sort();
    paths
        .iter()
        .map(|path| SourceText {
            name: path.file_name().unwrap().to_str().unwrap().to_owned(),
            text: std::fs::read_to_string(path).unwrap(),
        })
        .collect()
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
        Credentials::Bearer { token } => Auth::Bearer(Bearer { token: token.into() }),
        Credentials::Basic { user, password } => Auth::Basic(Basic { user, password: password.into() }),
        Credentials::ClientCredentials { token_path, client_id, client_secret } => {
            Auth::ClientCredentials(ClientCredentials {
                token_url: format!("{}{token_path}", department.address()),
                client_id,
                client_secret: client_secret.into(),
                scope: None,
                base_from: Some("instance_url".to_owned()),
                refresh_on: vec![401],
            })
        }
    };
    let config = ConfigTable(config.as_object().unwrap().clone());
    (name.to_owned(), sources::Settings { url: Some(department.address()), config, auth, ..Default::default() })
}
