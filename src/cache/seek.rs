//! Keys that memory does not have: looked for in the shared tier before their source is asked.

use std::time::{Duration, Instant, SystemTime};

use tokio::time::sleep;

use super::lane::Lane;
use super::outcome::Outcome;
use super::shared::Kept;
use super::ticket::Ticket;
use crate::record::Key;

/// How long the first wait for another gateway is; each next one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(4);
const LONGEST_PAUSE: Duration = Duration::from_millis(64);

impl Lane {
    /// Whether misses are to go through [`Lane::seek`]: there is a shared tier, and answers from here may go there.
    pub fn is_shared(&self) -> bool {
        self.0.cache.0.tier.is_some() && self.stores()
    }

    /// Looks for keys in the shared tier. Those that other gateways have are settled; `ask` is given the others, to be
    /// fetched: those that nobody has at once, those that another gateway is fetching once that has taken too long.
    ///
    /// However it goes with the tier, every ticket is settled or given to `ask`, and nothing is waited for beyond the
    /// budget of a look but another gateway's call, as long as a lease lasts.
    pub async fn seek(&self, now: SystemTime, tickets: Vec<Ticket>, ask: impl Fn(Vec<Ticket>)) {
        let Some(tier) = &self.0.cache.0.tier else { return ask(tickets) };
        tier.start(|| self.0.cache.heard());
        // What is fresh for less than a lease is asked for so often that nobody should wait for somebody else's lease.
        let is_lasting = self.0.freshness.max_age.is_some_and(|age| age >= tier.lease());
        let lease = if is_lasting { tier.lease() } else { Duration::ZERO };
        let (begun, mut pause, mut left) = (Instant::now(), FIRST_PAUSE, tickets);
        loop {
            let keys: Vec<_> = left.iter().map(Ticket::key).collect();
            let is_enough = |key: &Key, kept: &Kept| self.0.is_fresh(key, kept, now);
            let Some(looks) = tier.look(self.0.spot(), &keys, lease, is_enough).await else { return ask(left) };
            let (mut ours, mut others) = (Vec::new(), Vec::new());
            for (mut ticket, look) in left.into_iter().zip(looks) {
                ticket.stamp = Some(look.stamp);
                match look.kept.map(|kept| Kept { as_of: kept.as_of.min(now), ..kept }) {
                    Some(kept) if look.is_enough => {
                        self.0.counters.add(Outcome::Shared);
                        ticket.take(kept);
                        continue;
                    }
                    // Too old to be served, and good should the source fail.
                    Some(kept) => ticket.fall_back_on(kept),
                    None => {}
                }
                if look.is_ours {
                    ticket.is_leased = true;
                    ours.push(ticket);
                } else if ticket.only_refreshes(now) {
                    // Whoever asked was served already, and another gateway refreshes.
                    ticket.leave();
                } else {
                    others.push(ticket);
                }
            }
            if !ours.is_empty() {
                ask(ours);
            }
            if others.is_empty() {
                return;
            }
            if begun.elapsed() + pause > lease {
                return ask(others);
            }
            tier.awaits(others.len());
            sleep(pause).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
            left = others;
        }
    }
}
