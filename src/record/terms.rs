//! What a source said of an answer: how long it is good, whether it may be kept, and how to ask whether it still holds.

use std::sync::Arc;
use std::time::Duration;

use crate::catalog::Freshness;

/// The terms on which a source gave an answer: they narrow what its connector's `@cache` allows, and widen nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// False: it serves those who wait for it, and nobody later.
    pub may_keep: bool,
    /// How long it is fresh, from when it came; `None`: nothing was said.
    pub max_age: Option<Duration>,
    /// How long after that it may be served while it is refreshed; `None`: nothing was said.
    pub stale_while_revalidate: Option<Duration>,
    /// How long after `max_age` it may stand in for a failure; `None`: nothing was said.
    pub stale_if_error: Option<Duration>,
    /// It is never served past its age, unless a window of its own is said.
    pub is_strict: bool,
    /// By what it may be asked whether it still holds.
    pub validator: Option<Arc<Validator>>,
    /// They came without an answer: what was known before still holds.
    pub is_renewal: bool,
}

/// What a source calls one version of an answer, and to which call it gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validator {
    /// Tells the call, its keys included, from others: only the very same call may be made with it.
    pub call: u64,
    /// The version's tag, quotation marks included.
    pub etag: Option<Box<str>>,
    /// When it was last changed, as the source wrote it.
    pub last_modified: Option<Box<str>>,
}

impl Terms {
    /// What remains of a connector's freshness.
    pub fn narrow(&self, of: &Freshness) -> Freshness {
        let least = |allowed: Option<Duration>, said: Option<Duration>| match (allowed, said) {
            (Some(allowed), Some(said)) => Some(allowed.min(said)),
            (allowed, None) if !self.is_strict => allowed,
            _ => None,
        };
        let age = |allowed: Option<Duration>| allowed.map(|age| self.max_age.map_or(age, |said| said.min(age)));
        Freshness {
            max_age: age(of.max_age),
            stale_while_revalidate: least(of.stale_while_revalidate, self.stale_while_revalidate),
            stale_if_error: least(of.stale_if_error, self.stale_if_error),
            negative_max_age: age(of.negative()),
            ..*of
        }
    }

    /// About how many bytes it takes.
    pub fn size(&self) -> usize {
        let texts = self.validator.as_ref().map_or(0, |validator| {
            let length = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
            size_of::<Validator>() + length(&validator.etag) + length(&validator.last_modified)
        });
        size_of::<Terms>() + texts
    }
}
