//! How the shared tier is used.

use std::time::Duration;

use serde::Deserialize;

use crate::units::{ByteSize, TimeSpan};

/// `[cache.shared]`: how the shared tier is used, where `cache.redis` says that there is one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shared {
    /// What stands at the addresses of `cache.redis`.
    pub mode: Mode,
    /// The name by which sentinels know the server.
    pub master: String,
    /// How long a look may take; then it is done without.
    pub budget: TimeSpan,
    /// How long connecting may take.
    pub connect_timeout: TimeSpan,
    /// How long a key is left to the gateway that fetches it; zero: everybody fetches for themselves.
    pub lease: TimeSpan,
    /// Largest record that goes there.
    pub max_value: ByteSize,
    /// Most records that wait to be written; more are not.
    pub queue: usize,
}

/// What stands at the addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// One server; of several addresses the first.
    #[default]
    Single,
    /// Sentinels, which name the server.
    Sentinel,
    /// Some nodes of a cluster.
    Cluster,
}

impl Default for Shared {
    fn default() -> Shared {
        Shared {
            mode: Mode::Single,
            master: "mymaster".to_owned(),
            budget: TimeSpan(Duration::from_millis(5)),
            connect_timeout: TimeSpan::seconds(2),
            lease: TimeSpan(Duration::from_millis(500)),
            max_value: ByteSize::mebibytes(1),
            queue: 4096,
        }
    }
}
