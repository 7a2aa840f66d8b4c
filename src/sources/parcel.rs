//! The keys of one call on their way: who is too late, what fits into one address, and that everybody is told.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::SystemTime;

use secrecy::ExposeSecret;
use tokio::time::Instant;

use super::all::Shared;
use super::call::{Call, Told};
use super::credential::Pass;
use super::crowd::Chunk;
use super::fault::Namer;
use super::order::{ScopeTag, Seat, fail_all};
use super::pair::Replies;
use super::scan::Listing;
use super::token::GrantError;
use crate::catalog::Connector;
use crate::record::{Failure, Reply};
use crate::telemetry::Asker;

/// The keys of one call. Whatever ends it, those who wait are told.
pub(super) struct Parcel {
    pub shared: Arc<Shared>,
    pub chunk: Chunk,
}

/// Asks a source for the keys of a parcel; keys that do not fit into one call are given back.
pub(super) async fn carry(mut parcel: Parcel, give_back: impl Fn(Chunk)) {
    let now = Instant::now();
    parcel.drop_late(now);
    if parcel.chunk.seats.is_empty() {
        return;
    }
    let shared = parcel.shared.clone();
    if let Some(listing) = parcel.listing() {
        return parcel.settle(Ok((Replies::ByKey(listing.rows), listing.terms)), listing.as_of);
    }
    let upstream = shared.upstream(parcel.chunk.group.connector);
    if let Some(refusal) = upstream.care().refuses(parcel.chunk.bounds.draw, now) {
        upstream.care().shed(parcel.chunk.seats.len());
        return parcel.settle(Err(parcel.names().left_alone(refusal).into()), SystemTime::now());
    }
    let outcome = match upstream.credential.pass(&upstream.client, upstream.care()).await {
        Err(error) => {
            if matches!(error, GrantError::LeftAlone(_)) {
                upstream.care().shed(parcel.chunk.seats.len());
            }
            Err(parcel.names().no_credential(&error).into())
        }
        Ok(pass) => match parcel.fit(&pass) {
            Err(failure) => Err(failure),
            Ok(rest) => {
                if let Some(rest) = rest {
                    give_back(rest);
                }
                Call::new(&parcel).run(pass).await
            }
        },
    };
    parcel.settle(outcome, SystemTime::now());
}

impl Parcel {
    pub fn new(shared: Arc<Shared>, chunk: Chunk) -> Parcel {
        Parcel { shared, chunk }
    }

    pub fn connector(&self) -> &Connector {
        self.shared.catalog.connector(self.chunk.group.connector)
    }

    pub fn names(&self) -> Namer<'_> {
        self.shared.names(self.connector())
    }

    /// Lets go of keys that nobody waits for any longer.
    fn drop_late(&mut self, now: Instant) {
        let now = now.into_std();
        let is_late = |seat: &Seat| seat.deadline.is_some_and(|deadline| deadline <= now);
        if !self.chunk.seats.iter().any(is_late) {
            return;
        }
        let (late, timely): (Vec<_>, Vec<_>) = mem::take(&mut self.chunk.seats).into_iter().partition(is_late);
        self.chunk.seats = timely;
        self.shared.refuse(self.chunk.group.connector, late, self.names().late());
    }

    /// Keeps as many keys as the longest address can hold; the rest is returned.
    fn fit(&mut self, pass: &Pass) -> Result<Option<Chunk>, Box<Failure>> {
        let Some(max) = self.connector().call.max_url_bytes else { return Ok(None) };
        let mut rest = Vec::new();
        loop {
            let key = pass.query.as_ref().map_or(0, |(name, secret)| name.len() + secret.expose_secret().len() + 2);
            let length = Call::new(self).request(pass)?.url.len() + key;
            let keys = self.chunk.seats.len();
            if length <= max {
                break;
            }
            if keys == 1 {
                self.chunk.seats.append(&mut rest);
                return Err(self.names().bad_request("one key alone makes the address too long").into());
            }
            // In proportion, and at least one key less, so that it ends.
            let fitting = (keys * max / length).clamp(1, keys - 1);
            let mut more = self.chunk.seats.split_off(fitting);
            more.append(&mut rest);
            rest = more;
        }
        let Chunk { group, bounds, headers, edition, .. } = &self.chunk;
        let (group, headers) = (group.clone(), headers.clone());
        let rest = Chunk { group, bounds: *bounds, headers, edition: *edition, seats: rest };
        Ok((!rest.seats.is_empty()).then_some(rest))
    }

    /// The kept listing of a connector that lists everything, if it speaks of these keys.
    fn listing(&self) -> Option<Listing> {
        let connector = self.connector();
        let is_shared = connector.call.scan && self.chunk.group.scope == ScopeTag::Shared;
        let keys = self.chunk.seats.iter().map(|seat| &seat.key);
        let scan = self.shared.scan(self.chunk.group.connector);
        is_shared.then(|| scan.fresh(keys, &connector.freshness, self.chunk.edition))?
    }

    /// A failure is told once, here, where it is made: with its private part where more than usual is told, else so
    /// often and no more.
    fn tell(&self, failure: &Failure) {
        let Failure { code, connector, status, .. } = failure;
        self.shared.counters(self.chunk.group.connector).failed(*code);
        let source = &*self.shared.upstream(self.chunk.group.connector).name;
        let request_id = self.chunk.askers().next().map(Asker::request_id).unwrap_or_default();
        let code = code.as_str();
        tracing::debug!(request_id, source, connector, code, "{}", failure.private);
        if let Some(held_back) = self.shared.meter(self.chunk.group.connector).line() {
            tracing::warn!(request_id, source, connector, code, status, held_back, "a call failed");
        }
        self.chunk.watches().for_each(|watch| watch.failed(connector, code));
    }

    fn settle(&mut self, outcome: Result<Told, Box<Failure>>, as_of: SystemTime) {
        let (mut replies, terms) = match outcome {
            Ok(told) => told,
            Err(failure) => {
                self.tell(&failure);
                (Replies::One(Reply::Failed((*failure).shared())), None)
            }
        };
        while let Some(seat) = self.chunk.seats.pop() {
            let reply = replies.of_last(&seat.key);
            seat.settle(reply, as_of, terms.as_ref());
        }
    }
}

impl Drop for Parcel {
    /// A call that panicked, or was dropped with its runtime, still answers.
    fn drop(&mut self) {
        let left = mem::take(&mut self.chunk.seats);
        if !left.is_empty() {
            let failure = self.names().internal("the call ended without an answer");
            // A second panic while one is under way would end the process.
            let _ = catch_unwind(AssertUnwindSafe(|| fail_all(left, failure)));
        }
    }
}
