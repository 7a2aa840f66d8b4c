//! Names that come from outside, as labels: the first ones have a series of their own, the rest share one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Longest name that is told, in bytes.
const MAX_NAME_BYTES: usize = 100;

/// What is counted under each of a bounded number of names.
#[derive(Debug)]
pub struct Names<T> {
    most: usize,
    known: Mutex<HashMap<Box<str>, Arc<T>>>,
    /// Of everything that has no name.
    anonymous: Arc<T>,
    /// Of every name that came too late.
    other: Arc<T>,
}

impl<T: Default> Names<T> {
    /// How nothing's name is told.
    pub const ANONYMOUS: &str = "anonymous";
    /// How the names that came too late are told.
    pub const OTHER: &str = "other";

    /// At most `most` names, beside [`Names::ANONYMOUS`] and [`Names::OTHER`].
    pub fn new(most: usize) -> Names<T> {
        Names { most, known: Mutex::default(), anonymous: Arc::default(), other: Arc::default() }
    }

    /// What is counted under a name. To be asked seldom, and held: it locks.
    pub fn of(&self, name: Option<&str>) -> Arc<T> {
        let Some(name) = name.filter(|name| *name != Self::ANONYMOUS) else { return self.anonymous.clone() };
        if name.len() > MAX_NAME_BYTES || name == Self::OTHER {
            return self.other.clone();
        }
        let mut known = self.known();
        if let Some(one) = known.get(name) {
            return one.clone();
        }
        if known.len() >= self.most {
            return self.other.clone();
        }
        known.entry(name.into()).or_default().clone()
    }

    /// Every name with what is counted under it, in their order.
    pub fn all(&self) -> Vec<(String, Arc<T>)> {
        let mut all: Vec<(String, Arc<T>)> =
            self.known().iter().map(|(name, one)| (name.to_string(), one.clone())).collect();
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        all.push((Self::ANONYMOUS.to_owned(), self.anonymous.clone()));
        all.push((Self::OTHER.to_owned(), self.other.clone()));
        all
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Box<str>, Arc<T>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
