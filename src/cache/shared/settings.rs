//! How the shared tier is used.

use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use crate::units::{ByteSize, TimeSpan};

/// `[cache.shared]`: how the shared tier is used, where `cache.redis` says that there is one.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shared {
    /// What stands at the addresses of `cache.redis`.
    pub mode: Mode,
    /// The name by which sentinels know the server.
    pub master: String,
    /// Whom TLS trusts there, and who the gateway is.
    pub tls: SharedTls,
    /// How long a look may take; then it is done without.
    pub budget: TimeSpan,
    /// How long connecting may take.
    pub connect_timeout: TimeSpan,
    /// How long a key is left to the gateway that fetches it; zero: everybody fetches for themselves.
    pub lease: TimeSpan,
    /// How long after something was forgotten whole its bytes are removed there.
    pub erase_after: TimeSpan,
    /// Largest record that goes there.
    pub max_value: ByteSize,
    /// Most records that wait to be written; more are not.
    pub queue: usize,
}

/// `[cache.shared.tls]`: all in PEM; `{ file = "…" }` gives a file's text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SharedTls {
    /// Certificates of authorities that are trusted in the place of the system's.
    pub ca: Option<String>,
    /// The gateway's own certificate, and those that lead from it to an authority.
    pub certificate: Option<String>,
    /// Its private key.
    pub key: Option<SecretString>,
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
            tls: SharedTls::default(),
            budget: TimeSpan(Duration::from_millis(5)),
            connect_timeout: TimeSpan::seconds(2),
            lease: TimeSpan(Duration::from_millis(500)),
            erase_after: TimeSpan::seconds(60),
            max_value: ByteSize::mebibytes(1),
            queue: 4096,
        }
    }
}
