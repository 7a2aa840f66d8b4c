//! Under what a record is kept.

use std::hash::{Hash, Hasher};

use ahash::RandomState;
use ring::digest;

use super::lane::LaneSpec;
use crate::record::Key;

/// Counted up whenever the form of records or keys changes.
const FORMAT: u8 = 2;

/// A lane's digest and the entity's key, the text of which is shared with the record's asker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CacheKey {
    pub entity: EntityKey,
    pub lane: LaneDigest,
}

/// What entries lie together by: all that connectors without arguments give for one key, and what others give for it each
/// by themselves, since there may be any number of arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EntityKey {
    /// Of the key and of what lies apart, by a hash that nobody outside can foresee: worked out once for all tables that it is
    /// looked for in. Where two were the same by chance, their entries would lie together, each under its lane.
    hash: u64,
    pub key: Key,
}

impl CacheKey {
    pub fn new(hasher: &RandomState, lane: LaneDigest, apart: u64, key: Key) -> CacheKey {
        CacheKey { entity: EntityKey { hash: hasher.hash_one((apart, &key)), key }, lane }
    }

    pub fn key(&self) -> &Key {
        &self.entity.key
    }
}

impl EntityKey {
    /// One of so many parts that keys are spread over.
    pub fn part(&self, parts: usize) -> usize {
        // The low bits find a place within a part.
        (self.hash >> 32) as usize % parts
    }
}

impl Hash for CacheKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.entity.hash ^ self.lane.number());
    }
}

impl Hash for EntityKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Takes a key's own hash as it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OwnHash(u64);

impl Hasher for OwnHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// 128 bits over everything that a key holds beside the entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct LaneDigest([u8; 16]);

impl LaneDigest {
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// Some of it.
    pub fn number(self) -> u64 {
        self.0.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

/// Makes digests. They are the same in every process and say nothing of what they are made from, so that gateways find
/// each other's records under them; nobody can look for two sets of arguments with one digest.
pub(super) struct Digester(digest::Context);

impl Digester {
    pub fn new(namespace: &str) -> Digester {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(&[FORMAT]);
        context.update(&(namespace.len() as u64).to_le_bytes());
        context.update(namespace.as_bytes());
        Digester(context)
    }

    /// Format version ‖ namespace ‖ connector ‖ source ‖ arguments: what varies in length stands after its length or
    /// last, so that no two lists of parts read alike. What is kept is of shared scope, so no scope stands here.
    pub fn digest(&self, spec: &LaneSpec<'_>) -> LaneDigest {
        let mut context = self.0.clone();
        context.update(&spec.definition.to_le_bytes());
        context.update(&spec.source.to_le_bytes());
        context.update(spec.args.as_bytes());
        let whole = context.finish();
        let mut first = [0; 16];
        first.copy_from_slice(&whole.as_ref()[..16]);
        LaneDigest(first)
    }
}
