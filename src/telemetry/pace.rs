//! How often a line may be written.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// Lets so many through in each stretch of time, and counts those that it holds back.
#[derive(Debug)]
pub struct Pace {
    most: u32,
    stretch: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    begun: Option<Instant>,
    passed: u32,
    held_back: u64,
}

impl Pace {
    /// At most `most` in each `stretch`.
    pub fn new(most: u32, stretch: Duration) -> Pace {
        Pace { most, stretch, state: Mutex::default() }
    }

    /// Whether one more may pass at `now`; with it, how many were held back since the last one that did.
    pub fn pass(&self, now: Instant) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.begun.is_none_or(|begun| now.duration_since(begun) >= self.stretch) {
            (state.begun, state.passed) = (Some(now), 0);
        }
        if state.passed >= self.most {
            state.held_back += 1;
            return None;
        }
        state.passed += 1;
        Some(std::mem::take(&mut state.held_back))
    }
}
