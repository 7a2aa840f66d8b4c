//! What an operator may set.

use secrecy::SecretString;
use serde::Deserialize;

use super::shared::Shared;
use crate::units::ByteSize;

/// `[cache]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Most memory that records and their bookkeeping may take.
    pub max_bytes: ByteSize,
    /// Most memory that whole answers, kept beside their records, may take; none are kept where `max_bytes` is zero.
    pub answers: ByteSize,
    /// Separates gateways that share a tier; part of every key.
    pub namespace: String,
    /// By how many percent of its age a record may end earlier, so that what was fetched together is not refreshed
    /// together.
    pub jitter: u32,
    /// Where the shared tier is: `redis://`, `rediss://`, `valkey://`, `valkeys://` or `unix://`, with credentials and
    /// database; several addresses with commas between them. None: memory only.
    pub redis: Option<SecretString>,
    /// How the shared tier is used.
    pub shared: Shared,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_bytes: ByteSize::mebibytes(256),
            answers: ByteSize::mebibytes(16),
            namespace: String::new(),
            jitter: 10,
            redis: None,
            shared: Shared::default(),
        }
    }
}
