//! The figures that the project promises, printed: `cargo bench --bench figures`.
//!
//! Figures, not tests: shared machines are noisy, so nothing here fails by the clock. What may be compared is said
//! beside each figure.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::RawQuery;
use axum::routing::get;
use axum::{Json, Router};
use c360::config::Settings;
use c360::demo::{Dials, Town};
use c360::gateway::{Ask, Gateway};
use c360::sdl::SourceText;
use c360::startup::{self, Folder};
use c360::{cli, sources};
use serde_json::json;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long the slow departments take.
const LATENCY: Duration = Duration::from_millis(200);
/// How many whole views are cached for the memory figure.
const VIEWS: usize = 10_000;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        together().await;
        chain().await;
        memory().await;
    });
}

async fn ask(gateway: &Arc<Gateway>, query: String) -> Vec<u8> {
    let ask = Ask { query, operation_name: None, variables: None, headers: Arc::default(), want_coverage: false };
    gateway.answer(ask).await.body.to_vec()
}

/// Four departments of 200 ms under one customer: called together, they take the time of one.
async fn together() {
    let mut files = vec![SourceText { name: "schema/customer.graphql".into(), text: heart() }];
    let mut sources = BTreeMap::new();
    for name in ["sales", "support", "marketing", "billing"] {
        files.push(SourceText { name: format!("schema/{name}.graphql"), text: department(name) });
        let url = slow_department().await;
        sources.insert(name.to_owned(), sources::Settings { url: Some(url), ..sources::Settings::default() });
    }
    let settings = Settings { sources, ..Settings::default() };
    let gateway =
        startup::assemble(Folder { files, settings }, Arc::new(|_| None), None).expect("the schema is right").gateway;
    let started = Instant::now();
    let query = "{ customer(id: \"c-1\") { sales { id } support { id } marketing { id } billing { id } } }";
    let answer = ask(&gateway, query.to_owned()).await;
    let took = started.elapsed().as_millis();
    assert!(answer.starts_with(b"{\"data\":{\"customer\":{\"sales\":[{"), "{}", String::from_utf8_lossy(&answer));
    println!("four departments of 200 ms under one customer: {took} ms (promised: at most 240 ms)");
}

fn heart() -> String {
    r#"extend schema @link(url: "https://c360.dev/spec/v0.1", import: ["@lookup"])
    type Query { customer(id: ID!): Customer @lookup }
    type Customer { id: ID! }
    type Item { id: ID! }"#
        .to_owned()
}

fn department(name: &str) -> String {
    format!(
        r#"extend schema
        @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
        @link(url: "https://c360.dev/spec/v0.1", import: ["@department"])
        @department(name: "{name}", title: "{name}")
        @source(name: "{name}", http: {{ baseURL: "http://127.0.0.1" }})
        extend type Customer @connect(source: "{name}", id: "{name}", batch: {{ maxSize: 50 }},
          http: {{ GET: "/items", queryParams: "owners: $batch.id->joinNotNull(',')" }}
          selection: "$->groupBy(@.owner) {{ id: key {name}: values {{ id }} }}") {{ {name}: [Item!] }}"#
    )
}

async fn slow_department() -> String {
    let answer = |RawQuery(query): RawQuery| async move {
        tokio::time::sleep(LATENCY).await;
        let owner = query.unwrap_or_default().replace("owners=", "");
        Json(json!([{ "id": "1", "owner": owner }]))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
    let address = listener.local_addr().expect("a bound port has an address");
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/items", get(answer))).await });
    format!("http://{address}")
}

/// The shipped contract over look-alikes of 200 ms: the longest chain of needs decides.
async fn chain() {
    let town = Town::start(Dials { latency: LATENCY, ..Dials::default() }).await.expect("loopback ports");
    let gateway = shipped(&town);
    let _warm = ask(&gateway, "{ customer(id: \"c-1020\") { name deals { totalCount } } }".to_owned()).await;
    let started = Instant::now();
    let _answer = ask(&gateway, view("c-1001")).await;
    let took = started.elapsed().as_millis();
    println!(
        "the shipped contract's whole view over departments of 200 ms: {took} ms (longest chain: two calls, 400 ms)"
    );
}

/// Resident growth for cached whole views, divided by the bytes of their answers.
async fn memory() {
    let town = Town::start(Dials { customers: VIEWS, ..Dials::default() }).await.expect("loopback ports");
    let gateway = shipped(&town);
    for id in 1001..1051 {
        let _warm = ask(&gateway, view(&format!("c-{id}"))).await;
    }
    let before = resident_bytes();
    let mut answered = 0;
    for id in 1051..1001 + VIEWS {
        answered += ask(&gateway, view(&format!("c-{id}"))).await.len();
    }
    let growth = resident_bytes().saturating_sub(before);
    let ratio = growth as f64 / answered as f64;
    println!(
        "{} cached whole views: {answered} bytes answered, {growth} bytes of resident growth (town included), ratio {ratio:.2} (promised: at most 1.5)",
        VIEWS - 50
    );
}

fn shipped(town: &Town) -> Arc<Gateway> {
    let folder = Folder { files: cli::shipped_schema(), settings: cli::settings_of(town) };
    startup::assemble(folder, Arc::new(|_| None), None).expect("the shipped schema is right").gateway
}

fn view(id: &str) -> String {
    let query = include_str!("../src/cli/demo.graphql");
    query.replace("c-1001", id).replace("(first: 2)", "")
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
    kib.unwrap_or(0) * 1024
}
