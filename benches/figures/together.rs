//! Slow departments under one customer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::RawQuery;
use axum::routing::get;
use axum::{Json, Router};
use c360::config::Settings;
use c360::sdl::SourceText;
use c360::sources;
use c360::startup::{self, Folder};
use serde_json::json;

use crate::{LATENCY, ask};

const NAMES: [&str; 8] = ["sales", "support", "marketing", "billing", "usage", "delivery", "returns", "loyalty"];

/// Three to eight departments of 200 ms under one customer: called together, they take the time of one.
pub(crate) async fn together() {
    println!(
        "departments of 200 ms under one customer (promised: at most 240 ms)\n\n| departments | one view |\n|--:|--:|"
    );
    for count in 3..=NAMES.len() {
        println!("| {count} | {:.0} ms |", one_view(&NAMES[..count]).await);
    }
}

/// How long one view of these takes, in milliseconds.
async fn one_view(names: &[&str]) -> f64 {
    let mut files = vec![SourceText { name: "schema/customer.graphql".into(), text: heart() }];
    let mut sources = BTreeMap::new();
    for name in names {
        files.push(SourceText { name: format!("schema/{name}.graphql"), text: department(name) });
        let url = slow_department().await;
        sources.insert((*name).to_owned(), sources::Settings { url: Some(url), ..sources::Settings::default() });
    }
    let settings = Settings { sources, ..Settings::default() };
    let gateway =
        startup::assemble(Folder { files, settings }, Arc::new(|_| None), None).expect("the schema is right").gateway;
    let parts: Vec<_> = names.iter().map(|name| format!("{name} {{ id }}")).collect();
    let query = format!("{{ customer(id: \"c-1\") {{ {} }} }}", parts.join(" "));
    let started = Instant::now();
    let answer = ask(&gateway, &query, None).await;
    let took = started.elapsed();
    let text = String::from_utf8_lossy(&answer);
    assert!(text.matches("[{\"id\":\"1\"}]").count() == names.len(), "{text}");
    took.as_secs_f64() * 1e3
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
