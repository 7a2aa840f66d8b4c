//! One HTTP exchange of a call: what was sent, what came of it, and who is told.

use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::time::Instant;

use super::answer;
use super::call::Call;
use super::care::{Kind, Permit, deadline};
use super::client::{Answer, SendError};
use super::credential::Pass;
use super::further;
use super::heard::Headers;
use super::judge::{Judgement, Page};
use super::observe::CallSeen;
use crate::mapping::Request;
use crate::record::{Code, Failure};
use crate::telemetry::{CallSpan, Field, field};

/// What was sent, and what came.
pub(super) struct Exchange {
    sent: Result<Answer, SendError>,
    /// Whether the source was well when it was sent.
    was_well: bool,
    begun: Instant,
    elapsed: Duration,
    span: Option<CallSpan>,
    /// It was waited for as long as the source may take.
    is_whole: bool,
}

impl Exchange {
    /// Sends one request of a call and reads at most `max_bytes` of the answer's body. `first` is the call's first
    /// request, whose origin is the only one that may be called.
    ///
    /// The source's breaker waits to hear by the permit what came of it.
    ///
    /// Errors: nothing was sent, for the source is left alone.
    pub async fn send<'e>(
        call: &Call<'e>,
        request: &Request,
        pass: &Pass,
        first: &Request,
        max_bytes: usize,
    ) -> Result<(Exchange, Permit<'e>), Box<Failure>> {
        let home = call.upstream.home(pass, &first.url).ok_or_else(|| call.names.internal("no origin"))?;
        let (care, client) = (call.upstream.care(), &call.upstream.client);
        let was_well = care.is_well();
        let begun = Instant::now();
        let permit = care.enter(call.chunk.bounds.draw, begun).map_err(|refusal| call.names.left_alone(refusal))?;
        let limit = deadline::limit(call.ends(), begun, client.timeout);
        let span = CallSpan::begin(call.chunk.watches());
        let keyed;
        let mut complete = match &pass.query {
            Some((name, secret)) => {
                keyed = further::with_parameter(request, name, secret.expose_secret());
                &keyed
            }
            None => request,
        };
        let placed;
        if let Some(headers) = span.as_ref().map(CallSpan::headers).filter(|headers| !headers.is_empty()) {
            placed = with_headers(complete, headers);
            complete = &placed;
        }
        let sent = client.send(complete, &pass.headers, &home, max_bytes, limit, || permit.is_moot()).await;
        let is_whole = limit == client.timeout;
        Ok((Exchange { sent, was_well, begun, elapsed: begun.elapsed(), span, is_whole }, permit))
    }

    /// The answer's headers.
    pub fn headers(&self) -> Option<Headers<'_>> {
        self.sent.as_ref().ok().map(|answer| Headers::new(&answer.headers))
    }

    /// The answer with its body read. `reads_headers` says whether a mapping of the connector looks at its headers.
    ///
    /// Errors: none came.
    pub fn page(&self, reads_headers: bool) -> Result<Page<'_>, &SendError> {
        let answer = self.sent.as_ref()?;
        Ok(answer::unhurried(answer.body.len(), || Page::read(answer, reads_headers)))
    }

    /// The answer as it came, if one did.
    pub fn answer(&self) -> Option<&Answer> {
        self.sent.as_ref().ok()
    }

    /// The upstream's status, where an answer came.
    pub fn status(&self) -> Option<u16> {
        self.sent.as_ref().ok().map(|answer| answer.status)
    }

    /// The body's length in bytes.
    pub fn length(&self) -> usize {
        self.sent.as_ref().map_or(0, |answer| answer.body.len())
    }

    /// What it was if nothing came.
    pub fn silence(&self, error: &SendError) -> Kind {
        Kind::of_silence(error, self.is_whole)
    }

    /// Whether the source was well when it was sent.
    pub fn was_well(&self) -> bool {
        self.was_well
    }

    /// Tells the source's care what came, with the answer's headers.
    pub fn note(&self, call: &Call<'_>, permit: Permit<'_>, kind: Kind, heard: Option<&Headers<'_>>) {
        let care = call.upstream.care();
        care.note(permit, call.chunk.bounds.draw, kind, heard, (self.begun, self.begun + self.elapsed));
        care.feel(kind, call.shared.tempo(call.chunk.group.connector), self.begun);
    }

    /// Counts it, and shows it to whoever watches.
    pub fn tell(&self, call: &Call<'_>, request: &Request, page: usize, attempt: u32, judgement: &Judgement) {
        if !matches!(self.sent, Err(SendError::Unsendable(_) | SendError::ForeignOrigin | SendError::Inside)) {
            call.counters.calls.add(1);
        }
        let bytes = self.length();
        call.counters.bytes.add(bytes);
        let end = self.sent.as_ref().map(|answer| answer.status);
        call.shared.meter(call.chunk.group.connector).add(end, bytes, self.elapsed);
        call.chunk.watches().for_each(|watch| watch.called(&call.upstream.name, self.elapsed));
        let failure = match judgement {
            Judgement::Failed(failure, _) => Some(failure.code),
            Judgement::Unauthorised => Some(Code::Unavailable),
            Judgement::Good | Judgement::Unchanged | Judgement::Absent => None,
        };
        if let Some(span) = &self.span {
            span.end(&call.connector.id, failure.is_some(), || self.fields(call, request, page, attempt, failure));
        }
        if let Some(observer) = &call.shared.observer {
            observer.call(&CallSeen {
                source: &call.upstream.name,
                connector: &call.connector.id,
                method: request.method.as_str(),
                url: call.shared.veil.cover(&request.url, &call.keys, &call.chunk.group.args),
                status: self.status(),
                keys: call.keys.len(),
                page,
                attempt,
                failure,
                bytes,
                elapsed: self.elapsed,
            });
        }
    }

    /// What its span says. No address and no key: they may be a customer's.
    fn fields(
        &self,
        call: &Call<'_>,
        request: &Request,
        page: usize,
        attempt: u32,
        failure: Option<Code>,
    ) -> Vec<Field> {
        let mut fields = vec![
            field("c360.source", call.upstream.name.clone()),
            field("c360.department", call.names.department.to_owned()),
            field("c360.connector", call.connector.id.clone()),
            field("c360.keys", call.keys.len()),
            field("c360.page", page),
            field("c360.attempt", u64::from(attempt)),
            field("http.request.method", request.method.as_str()),
            field("http.response.body.size", self.length()),
        ];
        fields.extend(self.status().map(|status| field("http.response.status_code", u64::from(status))));
        fields.extend(failure.map(|code| field("error.type", code.as_str())));
        fields
    }
}

/// A request that also tells where it belongs; what a connector says of that itself stays.
fn with_headers(request: &Request, headers: Vec<(&'static str, String)>) -> Request {
    let mut request = request.clone();
    for (name, value) in headers {
        if !request.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            request.headers.push((name.to_owned(), value));
        }
    }
    request
}
