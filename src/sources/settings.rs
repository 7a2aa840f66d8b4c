//! What an operator may set for one source.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::addresses::PrivateAddresses;
use super::auth::Auth;
use super::care::settings::{Adapt, Breaker, Pause, Quota, Retry};
use super::tls::Tls;
use crate::units::{ByteSize, TimeSpan};

/// `[sources.NAME]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the source is, instead of the schema's `baseURL`.
    pub url: Option<String>,
    /// What mappings see as `$config`.
    pub config: ConfigTable,
    /// The longest one HTTP exchange may take, body included.
    pub timeout: TimeSpan,
    /// The longest connecting may take.
    pub connect_timeout: TimeSpan,
    /// The most bytes that are read for one call, all its pages together.
    pub max_response_bytes: ByteSize,
    /// Calls in flight at once. Keys gather in the queue only while all are busy.
    pub concurrency: NonZeroUsize,
    /// When there are fewer of them.
    pub adapt: Adapt,
    /// Most keys that wait; more are refused at once.
    pub queue: usize,
    /// Most pages of one call, whatever the schema says.
    pub max_pages: NonZeroUsize,
    /// Whether it may be at an address of a private network.
    pub private_addresses: PrivateAddresses,
    /// The gateway's own credential there.
    pub auth: Auth,
    /// Whom TLS trusts there, and who the gateway is.
    pub tls: Tls,
    /// When calls are tried again.
    pub retry: Retry,
    /// When it is left alone after failures.
    pub breaker: Breaker,
    /// For how long it is left alone when it refuses.
    pub pause: Pause,
    /// How often it may be called, by bucket.
    pub quota: BTreeMap<String, Quota>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            url: None,
            config: ConfigTable::default(),
            timeout: TimeSpan::seconds(10),
            connect_timeout: TimeSpan::seconds(2),
            max_response_bytes: ByteSize::mebibytes(16),
            concurrency: NonZeroUsize::new(16).expect("sixteen is not zero"),
            adapt: Adapt::default(),
            queue: 10_000,
            max_pages: NonZeroUsize::new(100).expect("a hundred is not zero"),
            private_addresses: PrivateAddresses::default(),
            auth: Auth::None,
            tls: Tls::default(),
            retry: Retry::default(),
            breaker: Breaker::default(),
            pause: Pause::default(),
            quota: BTreeMap::new(),
        }
    }
}

/// A free table. It may hold secrets: only its keys are ever printed.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct ConfigTable(pub Map<String, Json>);

impl fmt::Debug for ConfigTable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.0.keys()).finish()
    }
}
