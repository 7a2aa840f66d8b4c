//! `c360 serve`: the gateway over a folder.

use std::sync::Arc;

use clap::Args;
use tokio::net::TcpListener;

use super::trace::Trace;
use super::{Failure, Folder, until_told_to_stop};
use crate::http::Desk;
use crate::sources::Observer;
use crate::{config, http, startup};

/// How long spans of traces that still wait may take to be sent.
const SPANS_LEAVE: std::time::Duration = std::time::Duration::from_secs(2);

/// Serve a gateway folder over HTTP
///
/// POST /graphql answers queries, GET /graphql upgrades to a WebSocket (graphql-transport-ws), / is a playground,
/// /health/live and /health/ready are for load balancers. SIGTERM finishes what is in flight and ends.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Serve {
    #[command(flatten)]
    folder: Folder,
    /// Print each upstream call, those for tokens aside: method, address with hashed values, keys, bytes, milliseconds
    #[arg(long)]
    trace: bool,
}

impl Serve {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let folder = startup::read_folder(&self.folder.folder, &config::variable)?;
        super::log::begin(&folder.settings.telemetry.log)?;
        let server = folder.settings.server.clone();
        let observer = self.trace.then(|| Arc::new(Trace) as Arc<dyn Observer>);
        let assembled = startup::assemble(folder, Arc::new(config::variable), observer)?;
        for warning in &assembled.warnings {
            tracing::warn!("{warning}");
        }
        let listener = TcpListener::bind(&server.listen)
            .await
            .map_err(|why| format!("cannot listen on {}: {why} (http.listen)", server.listen))?;
        assembled.cache.warm_up();
        let sight = assembled.gateway.sight().clone();
        let address = listener.local_addr()?;
        tracing::info!("serving on http://{address}/graphql");
        http::serve(listener, Desk::new(assembled.gateway, server), until_told_to_stop()).await?;
        sight.tracer().leave(SPANS_LEAVE).await;
        tracing::info!("all requests in flight are answered; good night");
        Ok(())
    }
}
