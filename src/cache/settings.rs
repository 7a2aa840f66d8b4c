//! What an operator may set.

use serde::Deserialize;

use crate::units::ByteSize;

/// `[cache]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Most memory that records and their bookkeeping may take.
    pub max_bytes: ByteSize,
    /// Most memory that whole answers, kept beside their records, may take; none are kept where `max_bytes` is zero.
    pub answers: ByteSize,
    /// Separates gateways that share a tier; part of every key.
    pub namespace: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_bytes: ByteSize::mebibytes(256), answers: ByteSize::mebibytes(16), namespace: String::new() }
    }
}
