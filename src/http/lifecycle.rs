//! Whether work is taken, and what was counted on the way.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderValue, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::Settings;
use super::lag::ALL;
use super::waiting::Waiting;
use crate::telemetry::catalogue::{
    HTTP_CONNECTIONS, HTTP_LAG, HTTP_PANICS, HTTP_QUESTIONS, HTTP_REFUSED, HTTP_REQUESTS, HTTP_SOCKETS, HTTP_WAITING,
    READY,
};
use crate::telemetry::{Counter, Page};

/// Questions between two looks at how far the work is behind that are no load: a processor that others have taken away is
/// not given back by refusing them.
const FEW: u32 = 4;
/// Of the longest number.
const HEX_DIGITS: usize = 16;

/// How far along the way out a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Work is taken.
    Open,
    /// Work is still taken, and readiness says 503 so that balancers look elsewhere.
    Leaving,
    /// Nothing new is taken; what is in flight finishes.
    Closing,
}

/// The state of one server, shared by its handlers and whoever stops it.
#[derive(Debug)]
pub struct Lifecycle {
    phase: watch::Sender<Phase>,
    /// The phase is a later one than the first: asked for each answer, without a lock.
    is_leaving: AtomicBool,
    /// One permit for each socket that may still be opened.
    sockets: Arc<Semaphore>,
    /// All of them, when none is open.
    max_sockets: u32,
    panics: AtomicU64,
    requests: AtomicU64,
    /// Responses by class of their status, from 1xx to 5xx.
    statuses: [Counter; 5],
    /// By reason.
    refused: Mutex<BTreeMap<&'static str, u64>>,
    connections: AtomicU64,
    /// Questions and operations that are being answered.
    questions: AtomicUsize,
    /// How long what comes in waits for a thread, in microseconds.
    lag: AtomicU64,
    /// How many questions of [`ALL`] are let in: fewer while that is too long.
    share: AtomicU32,
    /// Shares since the start: whoever fills up a whole one is let in.
    shares: AtomicU32,
    /// How many are let in before the next look, whatever their share.
    spare: AtomicU32,
    /// What waits for clients.
    waiting: Waiting,
    /// Makes request ids differ between processes.
    seed: RandomState,
}

impl Lifecycle {
    /// An open server.
    pub fn new(settings: &Settings) -> Lifecycle {
        let most = u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX);
        let max_sockets = u32::try_from(settings.websocket.max_sockets).unwrap_or(most).min(most);
        Lifecycle {
            phase: watch::Sender::new(Phase::Open),
            is_leaving: AtomicBool::new(false),
            sockets: Arc::new(Semaphore::new(usize::try_from(max_sockets).unwrap_or(usize::MAX))),
            max_sockets,
            panics: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            statuses: Default::default(),
            refused: Mutex::default(),
            connections: AtomicU64::new(0),
            questions: AtomicUsize::new(0),
            lag: AtomicU64::new(0),
            share: AtomicU32::new(ALL),
            shares: AtomicU32::new(0),
            spare: AtomicU32::new(FEW),
            waiting: Waiting::default(),
            seed: RandomState::new(),
        }
    }

    /// Where it is now.
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Whether work is no longer wanted.
    pub(super) fn is_leaving(&self) -> bool {
        self.is_leaving.load(Ordering::Relaxed)
    }

    /// Moves on; never back.
    pub fn enter(&self, phase: Phase) {
        self.is_leaving.fetch_or(phase > Phase::Open, Ordering::Relaxed);
        self.phase.send_if_modified(|now| {
            let is_later = phase > *now;
            *now = phase.max(*now);
            is_later
        });
    }

    /// Panics that were caught in handlers and operations so far.
    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    pub(super) fn count_panic(&self) {
        self.panics.fetch_add(1, Ordering::Relaxed);
    }

    /// A response goes out.
    pub(super) fn count_response(&self, status: StatusCode, refused: Option<&'static str>) {
        let class = usize::from(status.as_u16() / 100).clamp(1, self.statuses.len());
        self.statuses[class - 1].tick();
        if let Some(reason) = refused {
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner).entry(reason).or_default() += 1;
        }
    }

    /// A connection is open until what is returned is dropped.
    pub(super) fn connected(self: &Arc<Self>) -> Connected {
        self.connections.fetch_add(1, Ordering::Relaxed);
        Connected(self.clone())
    }

    /// What comes in waits so long for a thread; so many questions of [`ALL`] are let in from now on.
    pub(super) fn behind(&self, waited: Duration, share: u32) {
        self.lag.store(u64::try_from(waited.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.share.store(share, Ordering::Relaxed);
        self.spare.store(FEW, Ordering::Relaxed);
    }

    /// Room for one more question until it is dropped, where there are fewer than so many; while the work is behind, for
    /// a share of them, and for a few however far it is: they are not what it is behind of.
    pub(super) fn question(&self, most: usize) -> Option<Asked<'_>> {
        let share = self.share.load(Ordering::Relaxed);
        let is_spared =
            || self.spare.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
        let is_shared = || self.shares.fetch_add(share, Ordering::Relaxed) % ALL + share >= ALL;
        if share < ALL && !is_spared() && !is_shared() {
            return None;
        }
        let asked = Asked(self);
        (self.questions.fetch_add(1, Ordering::Relaxed) < most).then_some(asked)
    }

    /// What waits for a connection or socket, beside all others.
    pub(super) fn waiting(&self) -> Waiting {
        self.waiting.beside()
    }

    /// Puts what was counted on the page.
    pub(super) fn measure(&self, page: &mut Page) {
        for (class, count) in (1..).zip(&self.statuses) {
            page.put(&HTTP_REQUESTS, &[&format!("{class}xx")], count.get());
        }
        for (reason, count) in &*self.refused.lock().unwrap_or_else(PoisonError::into_inner) {
            page.put(&HTTP_REFUSED, &[reason], *count);
        }
        let sockets = (self.max_sockets as usize).saturating_sub(self.sockets.available_permits());
        page.put(&HTTP_CONNECTIONS, &[], self.connections.load(Ordering::Relaxed));
        page.put_real(&HTTP_LAG, &[], self.lag.load(Ordering::Relaxed) as f64 / 1e6);
        page.put(&HTTP_QUESTIONS, &[], self.questions.load(Ordering::Relaxed) as u64);
        page.put(&HTTP_SOCKETS, &[], sockets as u64);
        page.put(&HTTP_WAITING, &[], self.waiting.bytes() as u64);
        page.put(&HTTP_PANICS, &[], self.panics());
        page.put(&READY, &[], u64::from(self.phase() == Phase::Open));
    }

    /// An id that no other request of this process has, and hardly one of another.
    pub(super) fn request_id(&self) -> HeaderValue {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let mut id = [b'-'; 2 * HEX_DIGITS + 1];
        write_hex(&mut id[..HEX_DIGITS], self.seed.hash_one(number));
        let digits = HEX_DIGITS - (number | 1).leading_zeros() as usize / 4;
        let id = &mut id[..HEX_DIGITS + 1 + digits];
        write_hex(&mut id[HEX_DIGITS + 1..], number);
        HeaderValue::from_bytes(id).expect("hexadecimal digits and a dash are a header value")
    }

    /// Some part of a drain, another one for each who asks: a tenth of it at most, and two seconds.
    pub(super) fn spread(&self, drain: Duration) -> Duration {
        let most = (drain / 10).min(Duration::from_secs(2));
        let part = self.seed.hash_one(self.requests.fetch_add(1, Ordering::Relaxed));
        most.mul_f64(f64::from(part as u16) / f64::from(u16::MAX))
    }

    /// Room for one more socket, until it is dropped.
    pub(super) fn socket(&self) -> Option<OwnedSemaphorePermit> {
        self.sockets.clone().try_acquire_owned().ok()
    }

    /// Resolves once nothing new is taken.
    pub(super) async fn closing(&self) {
        let mut phase = self.phase.subscribe();
        // It cannot fail: the sender lives in `self`.
        let _ = phase.wait_for(|phase| *phase == Phase::Closing).await;
    }

    /// Resolves once no socket is open; from then on none is opened.
    pub(super) async fn sockets_closed(&self) {
        if let Ok(all) = self.sockets.acquire_many(self.max_sockets).await {
            all.forget();
        }
    }
}

/// The last hexadecimal digits of a number, as many as there is room for.
fn write_hex(out: &mut [u8], number: u64) {
    for (place, digit) in out.iter_mut().rev().enumerate() {
        *digit = b"0123456789abcdef"[(number >> (4 * place)) as usize & 0xf];
    }
}

/// A question while it is being answered.
#[derive(Debug)]
pub(super) struct Asked<'l>(&'l Lifecycle);

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.0.questions.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection while it is open.
#[derive(Debug)]
pub(super) struct Connected(Arc<Lifecycle>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{Lifecycle, write_hex};
    use crate::http::Settings;

    #[test]
    fn a_request_id_is_a_number_that_nobody_foresees_and_one_that_counts() {
        let lifecycle = Lifecycle::new(&Settings::default());
        let ids: Vec<String> = (0..18).map(|_| lifecycle.request_id().to_str().unwrap().to_owned()).collect();
        let counted: Vec<&str> = ids.iter().map(|id| id.split_once('-').unwrap().1).collect();
        assert_eq!(counted[..2], ["0", "1"]);
        assert_eq!(counted[15..], ["f", "10", "11"]);
        let chance: std::collections::BTreeSet<&str> = ids.iter().map(|id| id.split_once('-').unwrap().0).collect();
        assert_eq!(chance.len(), ids.len());
        assert!(chance.iter().all(|chance| chance.len() == 16 && chance.bytes().all(|byte| byte.is_ascii_hexdigit())));
        let mut digits = [0; 16];
        write_hex(&mut digits, u64::MAX - 1);
        assert_eq!(&digits, b"fffffffffffffffe");
    }
}
