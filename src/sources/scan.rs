//! A connector that lists everything, whoever is asked for: one listing serves all keys for as long as it is fresh.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::catalog::Freshness;
use crate::record::{Key, Reply, Terms};

/// The last whole listing of one connector. It is bounded as its call is: by the bytes and pages that may be read.
#[derive(Default)]
pub(super) struct Scan(Mutex<Option<Listing>>);

/// Everything that there is.
#[derive(Clone)]
pub(super) struct Listing {
    pub rows: Arc<HashMap<Key, Reply>>,
    /// When the source said so.
    pub as_of: SystemTime,
    /// When its call began.
    pub began: Instant,
    /// That of the orders for which it was read.
    pub edition: u64,
    /// What the source said of it, where its connector listens.
    pub terms: Option<Arc<Terms>>,
}

impl Scan {
    /// Keeps a listing; without `@cache(maxAge:)` none is kept, nor one that its source does not want kept.
    pub fn keep(&self, listing: Listing, freshness: &Freshness) {
        let may_keep = listing.terms.as_ref().is_none_or(|terms| terms.may_keep);
        let listing = freshness.max_age.filter(|_| may_keep).map(|_| listing);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = listing;
    }

    /// Lets go of a listing that was read for orders of an earlier edition.
    pub fn let_go(&self, edition: u64) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_some_and(|listing| listing.edition < edition) {
            *kept = None;
        }
    }

    /// The listing, if it is of this edition and fresh enough to speak of these keys: of those that are not in it for a
    /// shorter time.
    pub fn fresh<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k Key>,
        freshness: &Freshness,
        edition: u64,
    ) -> Option<Listing> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let age = kept.as_ref()?.began.elapsed();
        let freshness = &kept.as_ref()?.terms.as_ref().map_or(*freshness, |terms| terms.narrow(freshness));
        if kept.as_ref()?.edition < edition || age >= freshness.max_age.unwrap_or(Duration::ZERO) {
            *kept = None;
        }
        let listing = kept.as_ref()?;
        let all = || keys.into_iter().all(|key| listing.rows.contains_key(key));
        (age < freshness.negative().unwrap_or_default() || all()).then(|| listing.clone())
    }
}
