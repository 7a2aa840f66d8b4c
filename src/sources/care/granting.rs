//! Attempts at a credential: while none can be had no call can be made, so what becomes of them counts for the breaker as
//! exchanges do, and whoever gives credentials may ask for a pause like the source itself.

use std::time::Duration;

use tokio::time::Instant;

use super::{Care, Draw, Kind, Permit, Refusal};

impl Care {
    /// Leave for one attempt at a credential.
    pub fn attempt(&self, now: Instant) -> Result<Permit<'_>, Refusal> {
        self.enter(Draw::ALL, now)
    }

    /// One was given. How the source itself is remains to be seen: by the call that was waiting for it.
    pub fn granted(&self, permit: Permit<'_>) {
        drop(permit);
        self.buckets[0].pause.allowed();
    }

    /// None was given by an attempt that was under way from `begun` to `now`. `told` is for how long no other is wanted.
    pub fn not_granted(
        &self,
        permit: Permit<'_>,
        kind: Kind,
        told: Option<Duration>,
        (begun, now): (Instant, Instant),
    ) {
        let pause = &self.buckets[0].pause;
        match kind {
            Kind::Rate | Kind::Quota => pause.refused(told, begun, now, &self.pause),
            Kind::Unsent => {}
            Kind::Well | Kind::Passing | Kind::Status(_) | Kind::Unanswered | Kind::Unwell => {
                permit.failed(now);
                told.into_iter().for_each(|told| pause.until(now + told.min(self.pause.told.0)));
            }
        }
    }

    /// A call waited in vain for somebody else's attempt that was never answered: it is out of time, like one that the
    /// source itself did not answer.
    pub fn waited_in_vain(&self, now: Instant) {
        self.breaker.iter().for_each(|breaker| breaker.failed(now, false));
    }
}
