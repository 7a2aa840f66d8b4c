//! What came back for one key of one connector.

use std::sync::Arc;
use std::time::SystemTime;

use super::{Failure, Record, Terms};

/// One key's answer: every key asked gets exactly one.
#[derive(Clone, Debug)]
pub enum Reply {
    /// The source knows the key.
    Found(Record),
    /// The call was fine and the key is not in it.
    Absent,
    /// The call failed.
    Failed(Arc<Failure>),
}

/// A reply with what coverage says of it.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The reply.
    pub reply: Reply,
    /// When the source said so. For a failure, when it failed.
    pub as_of: SystemTime,
    /// How it was had.
    pub fresh: Fresh,
    /// What the source said of it, where anybody listens to that.
    pub terms: Option<Arc<Terms>>,
}

/// How a reply was had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fresh {
    /// Called for this request, or for another one at the same moment.
    Fresh,
    /// From the cache, within its `maxAge`.
    Cached,
    /// From the cache, past its `maxAge`, because the source failed or is being asked again.
    Stale,
}
