//! What the gateway tells of itself: metrics, traces, the log.

mod canary;
mod collector;
mod dashboard;
mod metrics;
mod traces;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::extract::{Path as Segment, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use c360::config;
use c360::gateway::{Ask, Gateway};
use c360::sdl::SourceText;
use c360::startup::{Folder, assemble};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Two departments, the second of which is asked by what the first one says.
pub const SCHEMA: &str = r#"
extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @link(url: "https://specs.apollo.dev/federation/v2.13", import: ["@key"])
  @link(url: "https://c360.dev/spec/v0.1", import: ["@lookup", "@inaccessible", "@cache"])
  @source(name: "crm", http: { baseURL: "http://crm.example.com" })
  @source(name: "desk", http: { baseURL: "http://desk.example.com" })

type Query { customer(id: ID!): Customer @lookup }

type Customer @key(fields: "id")
  @connect(source: "crm", id: "people", batch: { maxSize: 10 }
    http: { GET: "/people", queryParams: "ids: $batch.id->joinNotNull(',')" }
    selection: "$.people { id name deskId }")
  @connect(source: "desk", id: "tickets"
    http: { GET: "/tickets/{$this.deskId}" }
    selection: "open") {
  id: ID!
  name: String
  deskId: ID @inaccessible
  open: Int
}
"#;

/// Both departments as one server: who they are asked by, and gates before people.
#[derive(Clone, Default)]
pub struct Town {
    /// Path with query, and headers, of each call.
    pub calls: Arc<Mutex<Vec<(String, HeaderMap)>>>,
    /// Where it is set, people wait for a permit each.
    pub gate: Option<Arc<Semaphore>>,
    /// Where it is set, tickets are refused with this in body and header.
    pub secret: Option<String>,
}

impl Town {
    /// Opens it; its origin.
    pub async fn open(&self) -> String {
        rustls::crypto::ring::default_provider().install_default().ok();
        let router =
            Router::new().route("/people", get(people)).route("/tickets/{id}", get(tickets)).with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, router).await });
        origin
    }

    /// A gateway over it; `settings` stands beneath the sources' addresses.
    pub async fn gateway(&self, settings: &str) -> Arc<Gateway> {
        self.built(settings).await.unwrap()
    }

    /// The same, or what is wrong with the settings.
    pub async fn built(&self, settings: &str) -> Result<Arc<Gateway>, String> {
        let assembled = assemble(self.folder(settings).await, Arc::new(|_: &str| None), None);
        assembled.map(|assembled| assembled.gateway).map_err(|faults| faults.to_string())
    }

    /// What such a gateway is made of.
    pub async fn folder(&self, settings: &str) -> Folder {
        let origin = self.open().await;
        let text =
            format!("{settings}\n[sources.crm]\nurl = '{origin}'\nconcurrency = 1\n[sources.desk]\nurl = '{origin}'\n");
        let settings = config::read_text("gateway.toml", &text, Path::new(""), &|_| None).unwrap();
        Folder { files: vec![SourceText { name: "schema.graphql".into(), text: SCHEMA.into() }], settings }
    }

    /// The `traceparent` of each call to a path, in the order of the calls.
    pub fn parents(&self, path: &str) -> Vec<Option<String>> {
        let calls = self.calls.lock().unwrap();
        let to = calls.iter().filter(|(called, _)| called.starts_with(path));
        to.map(|(_, headers)| Some(headers.get("traceparent")?.to_str().unwrap().to_owned())).collect()
    }
}

async fn people(
    State(town): State<Town>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Json<Value> {
    town.calls.lock().unwrap().push((format!("/people?ids={}", query["ids"]), headers));
    if let Some(gate) = &town.gate {
        gate.acquire().await.unwrap().forget();
    }
    let person = |id: &str| json!({ "id": id, "name": "Ada", "deskId": format!("d-{id}") });
    Json(json!({ "people": query["ids"].split(',').map(person).collect::<Vec<_>>() }))
}

async fn tickets(
    State(town): State<Town>,
    Segment(id): Segment<String>,
    headers: HeaderMap,
) -> (StatusCode, HeaderMap, Json<Value>) {
    town.calls.lock().unwrap().push((format!("/tickets/{id}"), headers));
    let mut told = HeaderMap::new();
    match &town.secret {
        None => (StatusCode::OK, told, Json(json!({ "open": 3 }))),
        Some(secret) => {
            told.insert("x-internal", secret.parse().unwrap());
            (StatusCode::INTERNAL_SERVER_ERROR, told, Json(json!({ "error": secret, "key": id })))
        }
    }
}

/// A question with headers.
pub fn ask(query: &str, headers: &[(&'static str, &str)]) -> Ask {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, value.parse().unwrap());
    }
    Ask {
        query: query.to_owned(),
        operation_name: None,
        variables: None,
        headers: Arc::new(map),
        want_coverage: false,
        budget: None,
    }
}
