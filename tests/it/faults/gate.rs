//! A gate before a server: TCP that can be shut, so that the same address refuses, and opened again.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep};

#[path = "../ports.rs"]
mod ports;
pub use ports::quiet_port;

/// A gate before one server.
pub struct Gate {
    address: SocketAddr,
    behind: String,
    keeper: Option<AbortHandle>,
}

impl Gate {
    /// A gate that is shut, at an address of its own.
    pub async fn build() -> Gate {
        let address = ([127, 0, 0, 1], quiet_port()).into();
        Gate { address, behind: String::new(), keeper: None }
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
        let behind = self.behind.clone();
        let keeping = tokio::spawn(async move {
            // Dropping the set cuts them all.
            let mut connections = JoinSet::new();
            while let Ok((mut outside, _)) = listener.accept().await {
                let behind = behind.clone();
                while connections.try_join_next().is_some() {}
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
