//! Asking again for what is known: only whether it still holds.
//!
//! A validator belongs to the answer of one call. It is sent with the very same call and no other: the same address and
//! headers, for the same keys, of all of which the answer is known. Then "not modified" renews every one of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use http::HeaderMap;
use ring::digest;

use super::call::Call;
use super::client::Answer;
use super::pair::Replies;
use super::terms;
use crate::catalog::Connector;
use crate::mapping::{Method, Request};
use crate::record::{Key, Reply, Terms};

/// What is known of one key.
#[derive(Clone, Debug)]
pub struct Known {
    /// The last answer.
    pub reply: Reply,
    /// What the source said of it; it can be asked whether that still holds.
    pub terms: Arc<Terms>,
}

/// What answers to a connector's calls are listened to for, beside what they say.
pub(super) struct Renewal {
    listens: bool,
    /// Tells this call from others, where its answer may be asked for again.
    call: Option<u64>,
    /// What is known of all of its keys, if the call asks whether it still holds.
    known: Option<(Arc<Terms>, HashMap<Key, Reply>)>,
    /// What was said so far.
    said: Option<Terms>,
}

impl Renewal {
    /// Of a call that is about to be made: its request is made conditional where everything is known.
    pub fn of(call: &Call<'_>, request: &mut Request) -> Renewal {
        let listens = call.connector.freshness.respect;
        let mut renewal = Renewal { listens, call: None, known: None, said: None };
        if !listens || !may_ask(call.connector, request) {
            return renewal;
        }
        let mark = mark(request, &call.keys);
        renewal.call = Some(mark);
        renewal.known = known(call, mark);
        if let Some((terms, _)) = &renewal.known {
            let validator = terms.validator.iter();
            for (name, text) in validator.flat_map(|validator| {
                [("if-none-match", &validator.etag), ("if-modified-since", &validator.last_modified)]
            }) {
                request.headers.extend(text.as_ref().map(|text| (name.to_owned(), text.to_string())));
            }
        }
        renewal
    }

    /// Whether an answer says that what is known still holds.
    pub fn is_told_by(&self, answer: &Answer) -> bool {
        self.known.is_some() && answer.status == 304
    }

    /// Everything that is known, on new terms.
    pub fn renew(&mut self, headers: &HeaderMap, now: SystemTime) -> Replies {
        let Some((before, replies)) = self.known.take() else { return Replies::One(Reply::Absent) };
        self.said = Some(terms::renewed(headers, now, &before));
        Replies::ByKey(Arc::new(replies))
    }

    /// Listens to one page of an answer; what says that nothing is there has no version.
    pub fn hear(&mut self, headers: &HeaderMap, now: impl FnOnce() -> SystemTime, is_there: bool) {
        if self.listens {
            let mut said = terms::said(headers, now());
            said.validator = self.call.filter(|_| is_there).and_then(|call| terms::validator(headers, call));
            self.said = Some(match self.said.take() {
                Some(before) => terms::strictest(&before, &said),
                None => said,
            });
        }
    }

    /// The terms of the whole answer, as far as it came.
    pub fn terms(&self) -> Option<Arc<Terms>> {
        self.said.clone().map(Arc::new)
    }
}

/// Whether a version of what this call gets can be asked for: one GET is one answer. Pages have a version each, and a
/// listing is kept elsewhere.
fn may_ask(connector: &Connector, request: &Request) -> bool {
    let is_conditional = |(name, _): &(String, String)| name.starts_with("if-");
    request.method == Method::Get
        && connector.paginate.is_none()
        && !connector.call.scan
        && !request.headers.iter().any(is_conditional)
}

/// A call by address, headers, body and keys, whose order does not count; the same in every process.
fn mark(request: &Request, keys: &[Key]) -> u64 {
    let mut context = digest::Context::new(&digest::SHA256);
    let mut part = |part: &[u8]| {
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part);
    };
    part(request.url.as_bytes());
    part(request.body.as_deref().unwrap_or_default());
    for (name, value) in &request.headers {
        part(name.as_bytes());
        part(value.as_bytes());
    }
    let mut keys: Vec<&str> = keys.iter().map(Key::as_str).collect();
    keys.sort_unstable();
    keys.iter().for_each(|key| part(key.as_bytes()));
    let mut first = [0; 8];
    first.copy_from_slice(&context.finish().as_ref()[..8]);
    u64::from_le_bytes(first)
}

/// What is known of all keys of a call, if it is all of one answer to the same call.
fn known(call: &Call<'_>, mark: u64) -> Option<(Arc<Terms>, HashMap<Key, Reply>)> {
    let mut first: Option<&Arc<Terms>> = None;
    let mut replies = HashMap::with_capacity(call.keys.len());
    for seat in &call.chunk.seats {
        let known = seat.known.as_deref()?;
        let validator = known.terms.validator.as_ref().filter(|validator| validator.call == mark)?;
        let of_first = first.get_or_insert(&known.terms).validator.as_ref();
        if of_first != Some(validator) {
            return None;
        }
        replies.insert(seat.key.clone(), known.reply.clone());
    }
    Some((first?.clone(), replies))
}
