//! The HTTP door over real TCP: a tiny gateway over one source, served on a port that the system picked.

mod admin;
mod keeping;
mod leaving;
mod patience;
mod playground;
mod questions;
mod sockets;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::get;
use axum::{Json, Router};
use c360::cache::{self, Cache};
use c360::gateway::{self, Gateway, Parts};
use c360::http::{Admin, Desk, Settings, serve_beside};
use c360::operation::{Contract, Limits};
use c360::sdl::{self, SourceText};
use c360::sources::{self, Sources};
use c360::units::TimeSpan;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// `seen` is the request id that the source was told.
const SCHEMA: &str = r#"
extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(name: "people", http: { baseURL: "http://people.example.com" })

type Query {
  person(id: ID!): Person
    @connect(source: "people"
      http: { GET: "/people/{$args.id}", headers: [{ name: "x-seen", from: "x-request-id" }] }
      selection: "id name seen")
}

type Person { id: ID!  name: String  seen: String }
"#;

const PERSON: &str = r#"{ person(id: "1") { name } }"#;
/// The source answers this one when it is let.
const SLOW: &str = r#"{ person(id: "slow") { name } }"#;
/// The source answers this one with a name of a megabyte.
const VAST: &str = r#"{ person(id: "vast") { name } }"#;
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// One server and what it stands on.
struct House {
    address: SocketAddr,
    client: reqwest::Client,
    source: Source,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<std::io::Result<()>>,
}

/// The source's gates: how many slow calls have come, and how many may go.
#[derive(Clone)]
struct Source {
    came: Arc<Semaphore>,
    may_go: Arc<Semaphore>,
}

/// Settings of a server that leaves without notice.
fn hasty() -> Settings {
    Settings { notice: TimeSpan(Duration::ZERO), ..Settings::default() }
}

impl House {
    async fn open(settings: Settings) -> House {
        House::open_beside(settings, None).await
    }

    /// Over a contract of the test's own.
    async fn open_over(schema: &str, settings: Settings) -> House {
        House::open_all(schema, settings, None).await
    }

    /// With an operators' door.
    async fn open_beside(settings: Settings, admin: Option<Admin>) -> House {
        House::open_all(SCHEMA, settings, admin).await
    }

    async fn open_all(schema: &str, settings: Settings, admin: Option<Admin>) -> House {
        rustls::crypto::ring::default_provider().install_default().ok();
        let source = Source { came: Arc::new(Semaphore::new(0)), may_go: Arc::new(Semaphore::new(0)) };
        let router = Router::new().route("/people/{id}", get(person)).with_state(source.clone());
        let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = gateway(schema, format!("http://{}", upstream.local_addr().unwrap()));
        tokio::spawn(async { axum::serve(upstream, router).await });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            stopped.await.ok();
        };
        let served = tokio::spawn(serve_beside(listener, Desk::new(gateway, settings), admin, stopped));
        House { address, client: reqwest::Client::new(), source, stop: Some(stop), served }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A question as well-behaved clients ask it.
    fn post(&self, query: &str) -> reqwest::RequestBuilder {
        self.raw(json!({ "query": query }).to_string())
    }

    fn raw(&self, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
        self.client.post(self.url("/graphql")).header("content-type", "application/json").body(body)
    }

    /// The status of a path, and what it says.
    async fn get(&self, path: &str) -> (u16, String) {
        let response = self.client.get(self.url(path)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    async fn stopped(self) {
        timeout(PATIENCE, self.served).await.unwrap().unwrap().unwrap();
    }
}

impl Source {
    /// Waits until so many slow calls are here.
    async fn asked(&self, calls: u32) {
        timeout(PATIENCE, self.came.acquire_many(calls)).await.unwrap().unwrap().forget();
    }

    fn let_go(&self, calls: usize) {
        self.may_go.add_permits(calls);
    }
}

async fn person(State(source): State<Source>, Path(id): Path<String>, headers: HeaderMap) -> Json<Value> {
    if id == "slow" {
        source.came.add_permits(1);
        source.may_go.acquire().await.unwrap().forget();
    }
    let seen = headers.get("x-seen").and_then(|id| id.to_str().ok());
    let name = if id == "vast" { "A".repeat(1 << 20) } else { "Ada".to_owned() };
    Json(json!({ "id": id, "name": name, "seen": seen }))
}

fn gateway(schema: &str, url: String) -> Arc<Gateway> {
    let reading = sdl::read(&[SourceText { name: "schema.graphql".into(), text: schema.into() }]).unwrap();
    let catalog = Arc::new(reading.catalog);
    let people = sources::Settings { url: Some(url), ..sources::Settings::default() };
    let settings = BTreeMap::from([("people".to_owned(), people)]);
    let sources = Sources::new(catalog.clone(), &settings, Arc::new(|_: &str| None), None).ok().unwrap();
    Arc::new(Gateway::new(Parts {
        catalog,
        contract: Contract::read(&reading.contract).unwrap(),
        contract_sdl: reading.contract,
        sources: Arc::new(sources),
        cache: Arc::new(Cache::new(cache::Settings::default())),
        limits: Limits::default(),
        answers: cache::Settings::default().answers,
        settings: gateway::Settings::default(),
    }))
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
