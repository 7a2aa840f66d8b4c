//! What an operator may set for one source.

use std::fmt;
use std::num::NonZeroUsize;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::auth::Auth;
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
    /// Most keys that wait; more are refused at once.
    pub queue: usize,
    /// Most pages of one call, whatever the schema says.
    pub max_pages: NonZeroUsize,
    /// The gateway's own credential there.
    pub auth: Auth,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            url: None,
            config: ConfigTable::default(),
            timeout: TimeSpan::seconds(10),
            connect_timeout: TimeSpan::seconds(2),
            max_response_bytes: ByteSize::mebibytes(16),
            concurrency: NonZeroUsize::new(8).expect("eight is not zero"),
            queue: 10_000,
            max_pages: NonZeroUsize::new(100).expect("a hundred is not zero"),
            auth: Auth::None,
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
