//! `c360 serve`: the gateway over a folder.

use std::sync::Arc;

use clap::Args;
use tokio::net::TcpListener;

use super::signals::{Stops, hang_ups};
use super::trace::Trace;
use super::{Failure, Folder};
use crate::config::Places;
use crate::http::{Admin, AdminSettings, Desk};
use crate::sources::{Environment, Observer};
use crate::startup::{self, Reloader};
use crate::{config, http};

/// How long spans of traces that still wait may take to be sent.
const SPANS_LEAVE: std::time::Duration = std::time::Duration::from_secs(2);

/// Serve a gateway folder over HTTP
///
/// POST /graphql answers queries, GET /graphql upgrades to a WebSocket (graphql-transport-ws), / is a playground,
/// /health/live and /health/ready are for load balancers. Edits of the folder are taken in while it serves, and at a
/// SIGHUP. SIGTERM finishes what is in flight and ends; a second one ends at once.
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
        let environment: Environment = Arc::new(config::variable);
        let observer = self.trace.then(|| Arc::new(Trace) as Arc<dyn Observer>);
        let reloader = Reloader::new(&self.folder.folder, environment.clone(), observer.clone());
        let folder = startup::read_folder(&self.folder.folder, &*environment)?;
        let settings = folder.settings.clone();
        super::log::begin(&settings.telemetry.log)?;
        let assembled = startup::assemble(folder, environment, observer)?;
        for warning in &assembled.warnings {
            tracing::warn!("{warning}");
        }
        for note in &assembled.notes {
            tracing::info!("{note}");
        }
        let listen = &settings.server.listen;
        let unbound = |why| unbound(&settings.places, "http.listen", listen, why);
        let listener = TcpListener::bind(listen).await.map_err(unbound)?;
        assembled.cache.warm_up();
        let address = listener.local_addr()?;
        tracing::info!("serving on http://{address}/graphql");
        let sight = assembled.gateway.sight().clone();
        let desk = Desk::new(reloader.live(assembled.gateway), settings.server.clone());
        let admin = admin(settings.admin.clone(), &settings.places, &desk).await?;
        let stops = Stops::listen()?;
        let reloading = tokio::spawn(reloader.run(desk.clone(), settings, hang_ups()?));
        let served = tokio::select! {
            served = http::serve_beside(listener, desk, admin, stops.told(1)) => served,
            () = stops.told(2) => return Err("told twice to stop: what was in flight is cut".into()),
        };
        reloading.abort();
        served?;
        sight.tracer().leave(SPANS_LEAVE).await;
        tracing::info!("all requests in flight are answered; good night");
        Ok(())
    }
}

/// The operators' door, where there is one.
async fn admin(settings: AdminSettings, places: &Places, desk: &Desk) -> Result<Option<Admin>, Failure> {
    let Some(listen) = &settings.listen else { return Ok(None) };
    let listener = TcpListener::bind(listen).await.map_err(|why| unbound(places, "admin.listen", listen, why))?;
    tracing::info!("operators are heard on http://{}", listener.local_addr()?);
    let sights = http::sights(desk.clone());
    Ok(Some(Admin { listener, settings, sights }))
}

/// Why nobody can listen there, with the place in the file that says so.
fn unbound(places: &Places, key: &str, listen: &str, why: std::io::Error) -> String {
    places.problem(key, format!("`{key}`: cannot listen on {listen}: {why}"), None).to_string()
}
