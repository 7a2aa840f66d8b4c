//! A gate before a server: TCP that can be shut, so that the same address refuses, make noise itself, and be opened again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use c360::demo::Fault;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep};

#[path = "../ports.rs"]
mod ports;
pub use ports::quiet_port;
#[path = "noise.rs"]
mod noise;
pub use noise::Noise;

/// What may be wrong with a department behind a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Connections are refused.
    Gone,
    /// It answers otherwise than it should.
    Fault(Fault),
    /// What comes is no answer at all.
    Noise(Noise),
}

/// A gate before one server.
pub struct Gate {
    address: SocketAddr,
    behind: String,
    keeper: Option<AbortHandle>,
    noise: Option<Noise>,
    /// How many connections it made noise on.
    annoyed: Arc<AtomicU64>,
}

impl Gate {
    /// A gate that is shut, at an address of its own.
    pub async fn build() -> Gate {
        let address = ([127, 0, 0, 1], quiet_port()).into();
        Gate { address, behind: String::new(), keeper: None, noise: None, annoyed: Arc::default() }
    }

    /// Opens it before `http://HOST:PORT`.
    pub async fn lead_to(&mut self, origin: &str) {
        self.behind = origin.trim_start_matches("http://").to_owned();
        self.open().await;
    }

    /// `http://127.0.0.1:PORT`
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Cuts every connection; new ones are refused.
    pub fn shut(&mut self) {
        if let Some(keeper) = self.keeper.take() {
            keeper.abort();
        }
    }

    /// Opens it again at the same address.
    pub async fn open(&mut self) {
        self.turn_to(None).await;
    }

    /// Cuts every connection; on new ones there is noise.
    pub async fn make(&mut self, noise: Noise) {
        self.turn_to(Some(noise)).await;
    }

    /// On how many connections there was noise.
    pub fn annoyed(&self) -> u64 {
        self.annoyed.load(Ordering::SeqCst)
    }

    async fn turn_to(&mut self, noise: Option<Noise>) {
        if self.noise != noise {
            self.shut();
            self.noise = noise;
        }
        if self.keeper.is_none() {
            let end = Instant::now() + Duration::from_secs(10);
            let listener = loop {
                // The old listener may take a moment to go.
                match TcpListener::bind(self.address).await {
                    Ok(listener) => break listener,
                    Err(why) => assert!(Instant::now() < end, "the gate does not open: {why}"),
                }
                sleep(Duration::from_millis(5)).await;
            };
            self.keep(listener);
        }
    }

    fn keep(&mut self, listener: TcpListener) {
        let (behind, noise, annoyed) = (self.behind.clone(), self.noise, self.annoyed.clone());
        let keeping = tokio::spawn(async move {
            // Dropping the set cuts them all.
            let mut connections = JoinSet::new();
            while let Ok((mut outside, _)) = listener.accept().await {
                while connections.try_join_next().is_some() {}
                if let Some(noise) = noise {
                    annoyed.fetch_add(1, Ordering::SeqCst);
                    connections.spawn(noise.make(outside));
                    continue;
                }
                let behind = behind.clone();
                connections.spawn(async move {
                    if let Ok(mut inside) = TcpStream::connect(&behind).await {
                        // Whoever hangs up ends it.
                        let _ = copy_bidirectional(&mut outside, &mut inside).await;
                    }
                });
            }
        });
        self.keeper = Some(keeping.abort_handle());
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.shut();
    }
}
