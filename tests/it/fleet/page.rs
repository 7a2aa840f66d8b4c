//! The page of metrics of a gateway, read as an operator would.

use std::time::{Duration, Instant};

use super::burden::client;

/// The longest anything here is waited for.
const PATIENCE: Duration = Duration::from_secs(40);

/// What a gateway tells of itself at one moment.
pub struct Page(String);

impl Page {
    /// What the gateway tells whose operators' listener is at this port.
    pub async fn of(admin: u16) -> Page {
        let page = client().get(format!("http://127.0.0.1:{admin}/metrics")).send().await.unwrap();
        Page(page.text().await.unwrap())
    }

    /// One number: `name`, or `name{label="value"}`.
    pub fn number(&self, name: &str) -> f64 {
        let line = self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name} is not on the page:\n{}", self.0)).parse().unwrap()
    }
}

/// Waits until it is so.
#[track_caller]
pub fn until(what: &str, is_so: impl AsyncFnMut() -> bool) -> impl Future<Output = ()> {
    let from = std::panic::Location::caller();
    patiently(format!("{from}: not within {PATIENCE:?}: {what}"), is_so)
}

async fn patiently(otherwise: String, mut is_so: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < end, "{otherwise}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
