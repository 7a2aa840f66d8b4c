//! One call, from keys to replies: request, credential, exchanges, judgement, pages, selection, pairing.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use http::HeaderMap;
use tokio::time;

use super::all::Shared;
use super::answer;
use super::care::{Kind, Permit, deadline};
use super::count::Counters;
use super::credential::Pass;
use super::crowd::Chunk;
use super::exchange::Exchange;
use super::fault::Namer;
use super::further;
use super::judge::{Judge, Judgement};
use super::manner::Manner;
use super::order::{ScopeTag, Seat};
use super::pages::{Onward, PageError, Walk};
use super::pair::Replies;
use super::parcel::Parcel;
use super::renewal::Renewal;
use super::scan::Listing;
use super::single::Singles;
use super::upstream::Upstream;
use crate::catalog::Connector;
use crate::mapping::{Method, Request, Value, Variables};
use crate::record::{Failure, Key, Reply, Terms};

/// The status of who refuses a credential before anything else (RFC 9110 §15.5.2): a call that may write did not.
const DID_NOTHING: u16 = 401;

/// What an answer says of keys, and of itself.
pub(super) type Told = (Replies, Option<Arc<Terms>>);

/// One call and everything it reads.
pub(super) struct Call<'c> {
    pub shared: &'c Shared,
    pub upstream: &'c Upstream,
    pub connector: &'c Connector,
    pub counters: &'c Counters,
    pub names: Namer<'c>,
    pub chunk: &'c Chunk,
    pub keys: Vec<Key>,
    /// What `$batch`, `$this` or `$args` is by the connector's kind.
    needs: Value<'c>,
    begun: Instant,
}

impl<'c> Call<'c> {
    pub fn new(parcel: &'c Parcel) -> Call<'c> {
        let Parcel { shared, chunk } = parcel;
        let connector = parcel.connector();
        let keys = distinct(&chunk.seats);
        let representation = |key: &&'c Key| key.representation(&connector.needs);
        let needs = if connector.batch.is_some() {
            Value::List(keys.iter().map(representation).collect())
        } else {
            keys.first().map_or(Value::Null, representation)
        };
        let keys = keys.into_iter().cloned().collect();
        let upstream = shared.upstream(chunk.group.connector);
        let counters = shared.counters(chunk.group.connector);
        Call { shared, upstream, connector, counters, names: parcel.names(), chunk, keys, needs, begun: Instant::now() }
    }

    /// Makes the call. It asks only whether what is known still holds, where that can be asked.
    pub async fn run(&self, pass: Arc<Pass>) -> Result<Told, Box<Failure>> {
        self.counters.keys.add(self.keys.len());
        self.counters.widths.add(self.keys.len() as u64);
        let mut first = self.request(&pass)?;
        let mut renewal = Renewal::of(self, &mut first);
        let replies = self.exchanges(pass, first, &mut renewal).await?;
        Ok((replies, renewal.terms()))
    }

    /// Most calls end with their first exchange, whose answer is copied. What others may come to takes much more room, and
    /// has it elsewhere: each call that is under way takes up its own.
    async fn exchanges(&self, pass: Arc<Pass>, first: Request, renewal: &mut Renewal) -> Result<Replies, Box<Failure>> {
        self.upstream.care().first();
        let budget = self.upstream.max_response_bytes;
        let (exchange, permit) = Exchange::send(self, &first, &pass, &first, budget).await?;
        match self.done(&exchange, permit, (&first, 1, 1), &pass, renewal) {
            Ok(replies) => Ok(replies),
            Err(permit) => Box::pin(self.at_length(pass, first, (exchange, permit), renewal)).await,
        }
    }

    /// The replies of an exchange that was the last one, for its answer could be copied.
    ///
    /// Errors: it could not, and is to be judged.
    fn done<'p>(
        &self,
        exchange: &Exchange,
        permit: Permit<'p>,
        (request, page, attempt): (&Request, usize, u32),
        pass: &Pass,
        renewal: &mut Renewal,
    ) -> Result<Replies, Permit<'p>> {
        let heard = exchange.headers();
        let (Some(answer), Some(headers)) = (exchange.answer(), &heard) else { return Err(permit) };
        let Some(replies) = self.copied(answer, headers) else { return Err(permit) };
        exchange.note(self, permit, Kind::Well, Some(headers));
        exchange.tell(self, request, page, attempt, &Judgement::Good);
        renewal.hear(&answer.headers, SystemTime::now, true);
        pass.worked.store(true, Ordering::Relaxed);
        Ok(replies)
    }

    /// Judges an exchange, and makes all that follow.
    async fn at_length(
        &self,
        mut pass: Arc<Pass>,
        mut first: Request,
        came: (Exchange, Permit<'c>),
        renewal: &mut Renewal,
    ) -> Result<Replies, Box<Failure>> {
        let mut came = Some(came);
        // Of further pages.
        let mut further: Option<Request> = None;
        let mut walk = self.walk(&first);
        let mut budget = self.upstream.max_response_bytes;
        let mut renewed = false;
        let mut singles = Singles::default();
        let (mut page_number, mut attempt) = (1, 1);
        loop {
            let request = further.as_ref().unwrap_or(&first);
            let (exchange, permit) = match came.take() {
                Some(came) => came,
                None => {
                    let (exchange, permit) = Exchange::send(self, request, &pass, &first, budget).await?;
                    match self.done(&exchange, permit, (request, page_number, attempt), &pass, renewal) {
                        Ok(replies) => return Ok(replies),
                        Err(permit) => (exchange, permit),
                    }
                }
            };
            let headers = exchange.headers();
            let page = exchange.page(self.manner().reads_headers);
            let variables = self.variables();
            let judgement = match &page {
                Ok(_) if exchange.answer().is_some_and(|answer| renewal.is_told_by(answer)) => Judgement::Unchanged,
                Ok(page) => self.judge().judge(page, &variables),
                Err(error) => Judgement::Failed(self.names.not_sent(error).into(), exchange.silence(error)),
            };
            // An idle connection that the source closed is no sign of trouble, unless the next one ends like it.
            let is_excused = attempt == 1 && judgement.kind() == Kind::Unanswered && exchange.was_well();
            let kind = if is_excused && self.may_repeat() { Kind::Unsent } else { judgement.kind() };
            exchange.note(self, permit, kind, headers.as_ref());
            exchange.tell(self, request, page_number, attempt, &judgement);
            let status = exchange.status().unwrap_or_default();
            if let (Judgement::Good | Judgement::Absent, Some(answer)) = (&judgement, exchange.answer()) {
                let is_there = matches!(judgement, Judgement::Good);
                renewal.hear(&answer.headers, SystemTime::now, is_there);
            }
            match judgement {
                Judgement::Good => {}
                Judgement::Unchanged => {
                    pass.worked.store(true, Ordering::Relaxed);
                    let headers = exchange.answer().map(|answer| &answer.headers);
                    return Ok(renewal.renew(headers.unwrap_or(&HeaderMap::new()), SystemTime::now()));
                }
                Judgement::Absent => {
                    return match walk.filter(Walk::is_under_way) {
                        None => Ok(Replies::One(Reply::Absent)),
                        // Who counts learns by asking that there is no further page.
                        Some(pages) if pages.counts() => {
                            let page = page.map_err(|error| self.names.not_sent(error))?;
                            self.joined(pages, &page.variables(&variables), budget, false, &singles, renewal)
                        }
                        Some(_) => Err(self.names.invalid("a further page is not there").into()),
                    };
                }
                Judgement::Failed(failure, kind) => {
                    let Some(pause) = self.again(kind, attempt, exchange.was_well()) else { return Err(failure) };
                    time::sleep(pause).await;
                    self.turn().await?;
                    attempt += 1;
                    continue;
                }
                Judgement::Unauthorised if renewed => return Err(self.names.unauthorised(status).into()),
                Judgement::Unauthorised => {
                    renewed = true;
                    let other =
                        self.upstream.credential.renew(&self.upstream.client, self.upstream.care(), &pass).await;
                    // Also where this call is not made again: the next one needs another.
                    if !self.reads() && status != DID_NOTHING {
                        return Err(self.names.unauthorised(status).into());
                    }
                    pass = other
                        .map_err(|error| self.names.no_credential(&error))?
                        .ok_or_else(|| self.names.unauthorised(status))?;
                    if self.left().is_some_and(|left| left.is_zero()) {
                        return Err(self.names.late().into());
                    }
                    self.turn().await?;
                    if !walk.as_ref().is_some_and(Walk::is_under_way) {
                        // The new credential may have come with another host.
                        first = self.request(&pass)?;
                        *renewal = Renewal::of(self, &mut first);
                    }
                    continue;
                }
            }
            pass.worked.store(true, Ordering::Relaxed);
            let page = page.map_err(|error| self.names.not_sent(error))?;
            let length = exchange.length();
            budget = budget.saturating_sub(length);
            let variables = page.variables(&variables);
            let body = page.body.as_ref().map_err(|error| self.names.invalid(error.to_string()))?;
            if self.connector.batch.is_some() {
                singles.note(&self.judge(), page.status, body, &variables);
            }
            let (Some(paginate), Some(pages)) = (&self.connector.paginate, &mut walk) else {
                return self.read(body, &variables, length, false, &singles, renewal);
            };
            let invalid = |error: PageError| self.names.invalid(error.to_string());
            let onward = pages.onward(body, &variables).map_err(invalid)?;
            if onward == (Onward::End { short: false }) && !pages.is_under_way() {
                return self.read(body, &variables, length, false, &singles, renewal);
            }
            pages.add(body, &variables).map_err(invalid)?;
            let may_go_on = pages.pages() < paginate.max_pages.min(self.upstream.max_pages);
            let next = match onward {
                Onward::To(next) if may_go_on => next,
                ended => {
                    let cut = ended != (Onward::End { short: false });
                    let pages = walk.take().expect("it was just added to");
                    return self.joined(pages, &variables, budget, cut, &singles, renewal);
                }
            };
            pages.follow(&next).map_err(invalid)?;
            further = Some(further::advance(&first, request, &paginate.into, &next).map_err(invalid)?);
            (page_number, attempt) = (page_number + 1, 1);
            self.turn().await?;
            self.upstream.care().first();
        }
    }

    /// How long to wait before the exchange is tried once more after so many tries; `None`: it is not.
    fn again(&self, kind: Kind, tries: u32, was_well: bool) -> Option<Duration> {
        if !self.may_repeat() {
            return None;
        }
        self.upstream.care().again(self.chunk.bounds.draw, kind, tries, self.left(), was_well)
    }

    /// The time in which another exchange must begin.
    fn left(&self) -> Option<Duration> {
        deadline::left(self.deadlines(), time::Instant::now())
    }

    /// Whether its exchanges may be made twice: they only read.
    fn may_repeat(&self) -> bool {
        self.reads() && self.upstream.care().repeats()
    }

    /// Whether nothing changes by its exchanges, however often they are made.
    fn reads(&self) -> bool {
        self.connector.request.method() == Method::Get || self.connector.call.safe
    }

    /// Waits until one exchange more may be made.
    async fn turn(&self) -> Result<(), Box<Failure>> {
        let turn = self.upstream.care().turn(self.chunk.bounds.draw, self.ends()).await;
        turn.map_err(|refusal| self.names.left_alone(refusal).into())
    }

    /// When the call ends, whatever is missing.
    pub fn ends(&self) -> Option<time::Instant> {
        let begun = time::Instant::from_std(self.begun);
        deadline::ends(self.deadlines(), begun, self.upstream.client.timeout)
    }

    fn deadlines(&self) -> impl Iterator<Item = Option<time::Instant>> {
        self.chunk.seats.iter().map(|seat| seat.deadline.map(time::Instant::from_std))
    }

    fn walk(&self, first: &Request) -> Option<Walk<'c>> {
        let paginate = self.connector.paginate.as_ref()?;
        Some(Walk::new(paginate, self.counters, first))
    }

    pub fn request(&self, pass: &Pass) -> Result<Request, Box<Failure>> {
        let base = self.upstream.base_override(pass);
        self.connector.request.build(base.as_deref(), &self.variables()).map_err(|problems| {
            let said: Vec<String> = problems.into_iter().map(|problem| problem.message).collect();
            self.names.bad_request(said.join("; ")).into()
        })
    }

    pub fn manner(&self) -> &Manner {
        self.shared.manner(self.chunk.group.connector)
    }

    pub fn variables(&self) -> Variables<'_> {
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
        renewal: &Renewal,
    ) -> Result<Replies, Box<Failure>> {
        self.counters.cut.add(usize::from(cut));
        let whole = pages.whole().map_err(|error| self.names.invalid(error.to_string()))?;
        self.read(&whole, variables, self.upstream.max_response_bytes - budget, cut, singles, renewal)
    }

    /// `length` is of the body in bytes; `cut` where there would have been more of it.
    fn read<'v>(
        &'v self,
        body: &'v Value<'v>,
        variables: &Variables<'v>,
        length: usize,
        cut: bool,
        singles: &Singles,
        renewal: &Renewal,
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
            let listing = Listing {
                rows: rows.clone(),
                as_of: SystemTime::now(),
                began: self.begun,
                edition: self.chunk.edition,
                terms: renewal.terms(),
            };
            scan.keep(listing, &self.connector.freshness);
        }
        Ok(replies)
    }
}

/// The keys of seats, each once.
fn distinct(seats: &[Seat]) -> Vec<&Key> {
    if seats.is_sorted_by(|one, other| one.key < other.key) {
        return seats.iter().map(|seat| &seat.key).collect();
    }
    let mut seen = HashSet::with_capacity(seats.len());
    seats.iter().map(|seat| &seat.key).filter(|key| seen.insert(*key)).collect()
}
