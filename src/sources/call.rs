//! One call, from keys to replies: request, credential, exchange, judgement, pages, selection, pairing.

use std::collections::HashSet;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Instant, SystemTime};

use secrecy::ExposeSecret;

use super::all::Shared;
use super::answer;
use super::client::{Answer, SendError};
use super::count::Counters;
use super::credential::Pass;
use super::fault::Namer;
use super::further;
use super::judge::{Judge, Judgement, Page};
use super::observe::CallSeen;
use super::order::{ScopeTag, Seat, fail_all};
use super::pages::{Onward, PageError, Walk};
use super::pair::Replies;
use super::queue::Chunk;
use super::scan::Listing;
use super::single::Singles;
use super::upstream::Upstream;
use crate::catalog::Connector;
use crate::mapping::{Request, Value, Variables};
use crate::record::{Failure, Key, Reply};

/// The keys of one call. Whatever ends it, those who wait are told.
pub(super) struct Parcel {
    shared: Arc<Shared>,
    chunk: Chunk,
}

/// Asks a source for the keys of a parcel; keys that do not fit into one call are given back.
pub(super) async fn carry(mut parcel: Parcel, give_back: impl Fn(Chunk)) {
    parcel.drop_late();
    if parcel.chunk.seats.is_empty() {
        return;
    }
    let shared = parcel.shared.clone();
    if let Some(listing) = parcel.listing() {
        return parcel.settle(Ok(Replies::ByKey(listing.rows)), listing.as_of);
    }
    let upstream = shared.upstream(parcel.chunk.group.connector);
    let outcome = match upstream.credential.pass(&upstream.client).await {
        Err(error) => Err(parcel.names().no_credential(&error.to_string()).into()),
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

    fn connector(&self) -> &Connector {
        self.shared.catalog.connector(self.chunk.group.connector)
    }

    fn names(&self) -> Namer<'_> {
        self.shared.names(self.connector())
    }

    /// Lets go of keys that nobody waits for any longer.
    fn drop_late(&mut self) {
        let now = Instant::now();
        let is_late = |seat: &Seat| seat.deadline.is_some_and(|deadline| deadline <= now);
        if !self.chunk.seats.iter().any(is_late) {
            return;
        }
        let (late, timely): (Vec<_>, Vec<_>) = mem::take(&mut self.chunk.seats).into_iter().partition(is_late);
        self.chunk.seats = timely;
        fail_all(late, self.names().late());
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
        let Chunk { group, bounds, headers, .. } = &self.chunk;
        let rest = Chunk { group: group.clone(), bounds: *bounds, headers: headers.clone(), seats: rest };
        Ok((!rest.seats.is_empty()).then_some(rest))
    }

    /// The kept listing of a connector that lists everything, if it speaks of these keys.
    fn listing(&self) -> Option<Listing> {
        let connector = self.connector();
        let is_shared = connector.call.scan && self.chunk.group.scope == ScopeTag::Shared;
        let keys = self.chunk.seats.iter().map(|seat| &seat.key);
        is_shared.then(|| self.shared.scan(self.chunk.group.connector).fresh(keys, &connector.freshness))?
    }

    fn settle(&mut self, outcome: Result<Replies, Box<Failure>>, as_of: SystemTime) {
        let replies = match outcome {
            Ok(replies) => replies,
            Err(failure) => {
                // The private part is for logs alone; it is told once, here, where the failure is made.
                tracing::debug!(connector = failure.connector, code = failure.code.as_str(), "{}", failure.private);
                Replies::One(Reply::Failed((*failure).shared()))
            }
        };
        while let Some(seat) = self.chunk.seats.pop() {
            let reply = replies.of(&seat.key);
            seat.settle(reply, as_of);
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

/// One call and everything it reads.
struct Call<'c> {
    shared: &'c Shared,
    upstream: &'c Upstream,
    connector: &'c Connector,
    counters: &'c Counters,
    names: Namer<'c>,
    chunk: &'c Chunk,
    keys: Vec<Key>,
    /// What `$batch`, `$this` or `$args` is by the connector's kind.
    needs: Value<'static>,
    begun: Instant,
}

impl<'c> Call<'c> {
    fn new(parcel: &'c Parcel) -> Call<'c> {
        let Parcel { shared, chunk } = parcel;
        let connector = parcel.connector();
        let mut seen = HashSet::with_capacity(chunk.seats.len());
        let keys: Vec<Key> =
            chunk.seats.iter().filter(|seat| seen.insert(&seat.key)).map(|seat| seat.key.clone()).collect();
        let representation = |key: &Key| key.representation(&connector.needs);
        let needs = if connector.batch.is_some() {
            Value::List(keys.iter().map(representation).collect())
        } else {
            keys.first().map_or(Value::Null, representation)
        };
        let upstream = shared.upstream(chunk.group.connector);
        let counters = shared.counters(chunk.group.connector);
        Call { shared, upstream, connector, counters, names: parcel.names(), chunk, keys, needs, begun: Instant::now() }
    }

    async fn run(&self, mut pass: Arc<Pass>) -> Result<Replies, Box<Failure>> {
        self.counters.keys.add(self.keys.len());
        let mut first = self.request(&pass)?;
        let mut request = first.clone();
        let mut walk = self.walk(&first);
        let mut budget = self.upstream.max_response_bytes;
        let mut renewed = false;
        let mut singles = Singles::default();
        let mut page_number = 1;
        loop {
            let answer = self.send(&request, &pass, &first, budget, page_number).await?;
            let page = answer::unhurried(answer.body.len(), || Page::read(&answer));
            let variables = self.variables();
            match self.judge().judge(&page, &variables) {
                Judgement::Good => pass.worked.store(true, Ordering::Relaxed),
                Judgement::Absent => {
                    return match walk.filter(Walk::is_under_way) {
                        None => Ok(Replies::One(Reply::Absent)),
                        // Who counts learns by asking that there is no further page.
                        Some(pages) if pages.counts() => {
                            self.joined(pages, &page.variables(&variables), budget, false, &singles)
                        }
                        Some(_) => Err(self.names.invalid("a further page is not there").into()),
                    };
                }
                Judgement::Failed(failure) => return Err(failure),
                Judgement::Unauthorised if renewed => return Err(self.names.unauthorised(page.status).into()),
                Judgement::Unauthorised => {
                    renewed = true;
                    let other = self.upstream.credential.renew(&self.upstream.client, &pass).await;
                    pass = other
                        .map_err(|error| self.names.no_credential(&error.to_string()))?
                        .ok_or_else(|| self.names.unauthorised(page.status))?;
                    if !walk.as_ref().is_some_and(Walk::is_under_way) {
                        // The new credential may have come with another host.
                        first = self.request(&pass)?;
                        request = first.clone();
                    }
                    continue;
                }
            }
            budget = budget.saturating_sub(answer.body.len());
            let variables = page.variables(&variables);
            let body = page.body.as_ref().map_err(|error| self.names.invalid(error.to_string()))?;
            if self.connector.batch.is_some() {
                singles.note(&self.judge(), page.status, body, &variables);
            }
            let (Some(paginate), Some(pages)) = (&self.connector.paginate, &mut walk) else {
                return self.read(body, &variables, answer.body.len(), false, &singles);
            };
            let invalid = |error: PageError| self.names.invalid(error.to_string());
            let onward = pages.onward(body, &variables).map_err(invalid)?;
            if onward == (Onward::End { short: false }) && !pages.is_under_way() {
                return self.read(body, &variables, answer.body.len(), false, &singles);
            }
            pages.add(body, &variables).map_err(invalid)?;
            let may_go_on = pages.pages() < paginate.max_pages.min(self.upstream.max_pages);
            let next = match onward {
                Onward::To(next) if may_go_on => next,
                ended => {
                    let cut = ended != (Onward::End { short: false });
                    let pages = walk.take().expect("it was just added to");
                    return self.joined(pages, &variables, budget, cut, &singles);
                }
            };
            pages.follow(&next).map_err(invalid)?;
            request = further::advance(&first, &request, &paginate.into, &next).map_err(invalid)?;
            page_number += 1;
        }
    }

    fn walk(&self, first: &Request) -> Option<Walk<'c>> {
        let paginate = self.connector.paginate.as_ref()?;
        Some(Walk::new(paginate, self.counters, first))
    }

    fn request(&self, pass: &Pass) -> Result<Request, Box<Failure>> {
        let base = self.upstream.base_override(pass);
        self.connector.request.build(base.as_deref(), &self.variables()).map_err(|problems| {
            let said: Vec<String> = problems.into_iter().map(|problem| problem.message).collect();
            self.names.bad_request(said.join("; ")).into()
        })
    }

    async fn send(
        &self,
        request: &Request,
        pass: &Pass,
        first: &Request,
        max_bytes: usize,
        page: usize,
    ) -> Result<Answer, Box<Failure>> {
        let origin = self.upstream.origin(pass, &first.url).ok_or_else(|| self.names.internal("no origin"))?;
        let begun = Instant::now();
        let keyed;
        let request = match &pass.query {
            Some((name, secret)) => {
                keyed = further::with_parameter(request, name, secret.expose_secret());
                &keyed
            }
            None => request,
        };
        let sent = self.upstream.client.send(request, &pass.headers, &origin, max_bytes).await;
        if !matches!(sent, Err(SendError::Unsendable(_) | SendError::ForeignOrigin)) {
            self.counters.calls.add(1);
        }
        let bytes = sent.as_ref().map_or(0, |answer| answer.body.len());
        self.counters.bytes.add(bytes);
        if let Some(observer) = &self.shared.observer {
            observer.call(&CallSeen {
                source: &self.upstream.name,
                connector: &self.connector.id,
                method: request.method.as_str(),
                url: self.shared.veil.cover(&request.url, &self.keys, &self.chunk.group.args),
                status: sent.as_ref().ok().map(|answer| answer.status),
                keys: self.keys.len(),
                page,
                bytes,
                elapsed: begun.elapsed(),
            });
        }
        sent.map_err(|error| self.names.not_sent(&error).into())
    }

    fn variables(&self) -> Variables<'_> {
        let mut variables = Variables {
            args: Some(self.chunk.group.args.value()),
            config: Some(&self.upstream.config),
            env: Some(&*self.shared.environment),
            request_headers: self.chunk.headers.as_deref(),
            ..Variables::default()
        };
        if self.connector.batch.is_some() {
            variables.batch = Some(&self.needs);
        } else if self.connector.needs_as_args {
            variables.args = Some(&self.needs);
        } else {
            variables.this = Some(&self.needs);
        }
        variables
    }

    fn judge(&self) -> Judge<'_> {
        Judge {
            connector: self.connector,
            source: self.connector.source.map(|source| self.shared.catalog.source(source)),
            names: self.names,
            counters: self.counters,
            credential: &self.upstream.credential,
        }
    }

    /// Reads pages as one answer; `budget` is what they left of the bytes that may be read.
    fn joined(
        &self,
        pages: Walk<'_>,
        variables: &Variables<'_>,
        budget: usize,
        cut: bool,
        singles: &Singles,
    ) -> Result<Replies, Box<Failure>> {
        self.counters.cut.add(usize::from(cut));
        let whole = pages.whole().map_err(|error| self.names.invalid(error.to_string()))?;
        self.read(&whole, variables, self.upstream.max_response_bytes - budget, cut, singles)
    }

    /// `length` is of the body in bytes; `cut` where there would have been more of it.
    fn read<'v>(
        &'v self,
        body: &'v Value<'v>,
        variables: &Variables<'v>,
        length: usize,
        cut: bool,
        singles: &Singles,
    ) -> Result<Replies, Box<Failure>> {
        let reading = answer::Reading {
            catalog: &self.shared.catalog,
            connector: self.connector,
            names: self.names,
            counters: self.counters,
            cut,
            singles,
        };
        let replies = reading.read(body, variables, &self.keys, length)?;
        let is_whole = !cut && singles.keys.is_empty() && singles.rest.is_none();
        let is_shared = self.connector.call.scan && self.chunk.group.scope == ScopeTag::Shared;
        if let (true, true, Replies::ByKey(rows)) = (is_whole, is_shared, &replies) {
            let scan = self.shared.scan(self.chunk.group.connector);
            scan.keep(rows.clone(), SystemTime::now(), self.begun, &self.connector.freshness);
        }
        Ok(replies)
    }
}
