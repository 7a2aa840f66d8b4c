//! The gateway inside somebody else's axum application: `cargo run --example embed -- ./my-gateway`.
//!
//! [`Protocol`] is an `async_graphql::Executor`, so every door of async-graphql-axum opens on it. The application
//! keeps its own routes, listener and shutdown.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use async_graphql_axum::GraphQL;
use axum::Router;
use axum::routing::{get, post_service};
use c360::gateway::Protocol;
use c360::{config, startup};

#[tokio::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // What is wrong with a folder is written for people: with Display, not with Debug.
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let folder = startup::read_folder(&folder, &config::variable)?;
    let gateway = startup::assemble(folder, Arc::new(config::variable), None)?.gateway;
    let application = Router::new()
        .route("/", get(|| async { "this application has a customer view at /customers" }))
        .route("/customers", post_service(GraphQL::new(Protocol::new(gateway))));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:4001").await?;
    println!("listening on http://{}/customers", listener.local_addr()?);
    axum::serve(listener, application).await?;
    Ok(())
}
