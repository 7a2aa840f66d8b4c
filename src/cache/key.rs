//! Under what a record is kept.

use std::hash::{BuildHasher, Hasher, RandomState};

use super::lane::LaneSpec;
use crate::record::Key;

/// Counted up whenever the form of records or keys changes.
const FORMAT: u8 = 1;

/// A lane's digest and the entity's key: 32 bytes, and the key's text is shared with the record's asker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct CacheKey {
    pub lane: LaneDigest,
    pub key: Key,
}

/// 128 bits over everything that a key holds beside the entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct LaneDigest([u64; 2]);

/// Makes digests. Its hashers are seeded by chance for each process, so that nobody outside can look for two sets of
/// arguments with one digest; digests therefore never leave the process.
pub(super) struct Digester {
    namespace: String,
    hashers: [RandomState; 2],
}

impl Digester {
    pub fn new(namespace: String) -> Digester {
        Digester { namespace, hashers: [RandomState::new(), RandomState::new()] }
    }

    /// Format version ‖ namespace ‖ connector ‖ source ‖ arguments, each after its length, so that no two lists of
    /// parts read alike. What is kept is of shared scope, so no scope stands here.
    pub fn digest(&self, spec: &LaneSpec<'_>) -> LaneDigest {
        LaneDigest(self.hashers.each_ref().map(|state| {
            let mut hasher = state.build_hasher();
            let parts: [&[u8]; 5] = [
                &[FORMAT],
                self.namespace.as_bytes(),
                &spec.definition.to_le_bytes(),
                &spec.source.to_le_bytes(),
                spec.args.as_bytes(),
            ];
            for part in parts {
                hasher.write(&(part.len() as u64).to_le_bytes());
                hasher.write(part);
            }
            hasher.finish()
        }))
    }
}
