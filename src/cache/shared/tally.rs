//! What the shared tier came to.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::telemetry::Page;
use crate::telemetry::catalogue::{
    SHARED_ERASED, SHARED_LISTENING, SHARED_LOOKS, SHARED_PURGES, SHARED_UP, SHARED_WRITES,
};

/// What the shared tier came to since the start, and whether it is used at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SharedTally {
    /// Keys that were found there and could be used.
    pub hits: u64,
    /// Keys that were not, or not any longer.
    pub misses: u64,
    /// Keys for which it was not asked: it is down, or a purge has yet to reach it.
    pub skipped: u64,
    /// Looks and writes that failed or took longer than they may.
    pub errors: u64,
    /// Values that are none of ours, of another key, or damaged.
    pub rubbish: u64,
    /// Keys that were left to another gateway, which was fetching them.
    pub awaited: u64,
    /// Records written.
    pub written: u64,
    /// Records that were not written, because the queue was full, they are too large, or it is down.
    pub dropped: u64,
    /// Names removed behind what was forgotten whole.
    pub erased: u64,
    /// Purges told to the others.
    pub purges_sent: u64,
    /// Purges of others that were heard.
    pub purges_heard: u64,
    /// Times that everything was forgotten because purges of others may have been missed.
    pub news_lost: u64,
    /// Whether it is used at the moment.
    pub is_up: bool,
    /// Whether purges of others are heard at the moment.
    pub is_listening: bool,
}

impl SharedTally {
    /// Puts it on the page.
    pub(in crate::cache) fn measure(&self, page: &mut Page) {
        let looks = [
            ("hit", self.hits),
            ("miss", self.misses),
            ("skipped", self.skipped),
            ("error", self.errors),
            ("rubbish", self.rubbish),
            ("awaited", self.awaited),
        ];
        looks.iter().for_each(|(outcome, count)| page.put(&SHARED_LOOKS, &[outcome], *count));
        page.put(&SHARED_WRITES, &["written"], self.written);
        page.put(&SHARED_WRITES, &["dropped"], self.dropped);
        page.put(&SHARED_ERASED, &[], self.erased);
        page.put(&SHARED_PURGES, &["sent"], self.purges_sent);
        page.put(&SHARED_PURGES, &["heard"], self.purges_heard);
        page.put(&SHARED_PURGES, &["lost"], self.news_lost);
        page.put(&SHARED_UP, &[], u64::from(self.is_up));
        page.put(&SHARED_LISTENING, &[], u64::from(self.is_listening));
    }
}

/// One count, added to from everywhere.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub fn add(&self, more: usize) {
        self.0.fetch_add(more as u64, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The counts behind a [`SharedTally`].
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub hits: Count,
    pub misses: Count,
    pub skipped: Count,
    pub errors: Count,
    pub rubbish: Count,
    pub awaited: Count,
    pub written: Count,
    pub dropped: Count,
    pub erased: Count,
    pub purges_sent: Count,
    pub purges_heard: Count,
    pub news_lost: Count,
}

impl Counts {
    pub fn tally(&self, is_up: bool, is_listening: bool) -> SharedTally {
        SharedTally {
            hits: self.hits.get(),
            misses: self.misses.get(),
            skipped: self.skipped.get(),
            errors: self.errors.get(),
            rubbish: self.rubbish.get(),
            awaited: self.awaited.get(),
            written: self.written.get(),
            dropped: self.dropped.get(),
            erased: self.erased.get(),
            purges_sent: self.purges_sent.get(),
            purges_heard: self.purges_heard.get(),
            news_lost: self.news_lost.get(),
            is_up,
            is_listening,
        }
    }
}
