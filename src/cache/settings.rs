//! What an operator may set.

use serde::Deserialize;

use crate::units::ByteSize;

/// `[cache]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Most memory that records and their bookkeeping may take.
    pub max_bytes: ByteSize,
    /// Separates gateways that share a tier; part of every key.
    pub namespace: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_bytes: ByteSize::mebibytes(256), namespace: String::new() }
    }
}
