//! What was heard already.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Most signatures that are remembered of one source; beyond it the oldest is let go.
const MOST: usize = 10_000;

/// Signatures that were accepted, for as long as their deliveries could be accepted again.
#[derive(Default)]
pub(super) struct Heard(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    known: HashSet<Box<[u8]>>,
    /// In the order in which they came.
    order: VecDeque<(SystemTime, Box<[u8]>)>,
}

impl Heard {
    /// Whether a signature is new; it is known from now on. `keep` is how long it could be accepted again.
    pub fn is_new(&self, signature: &[u8], now: SystemTime, keep: Duration) -> bool {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((at, _)) = memory.order.front() {
            let is_over = now.duration_since(*at).is_ok_and(|age| age > keep);
            if !is_over && memory.order.len() < MOST {
                break;
            }
            if let Some((_, old)) = memory.order.pop_front() {
                memory.known.remove(&old);
            }
        }
        let signature: Box<[u8]> = signature.into();
        if !memory.known.insert(signature.clone()) {
            return false;
        }
        memory.order.push_back((now, signature));
        true
    }

    /// It is new again.
    pub fn forget(&self, signature: &[u8]) {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.known.remove(signature)
            && let Some(place) = memory.order.iter().rposition(|(_, known)| **known == *signature)
        {
            memory.order.remove(place);
        }
    }
}
