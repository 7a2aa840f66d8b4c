//! One request while somebody watches it: its span, and notes for its line in the log.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName};

use super::span::{Event, Fact, Field, Side, Span};
use super::trace::Place;
use super::tracer::{Standing, Tracer};

/// Most events of one span, and most steps and sources that are noted of one request.
const MOST_NOTES: usize = 64;
/// Most other requests that one call's span names.
const MOST_LINKS: usize = 32;
/// Names a request in logs.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Who asks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Asker {
    /// Tells the request from all others of its gateway: what it asks for as its caller is shared with nobody else.
    pub number: u64,
    /// The request's headers.
    pub headers: Arc<HeaderMap>,
    /// Where somebody watches.
    pub watch: Option<Arc<Watch>>,
}

/// One request while somebody watches it.
#[derive(Debug)]
pub struct Watch {
    headers: Arc<HeaderMap>,
    trace: Option<Traced>,
    notes: Option<Mutex<Notes>>,
}

#[derive(Debug)]
struct Traced {
    tracer: Tracer,
    standing: Standing,
    begun: SystemTime,
    events: Mutex<Vec<Event>>,
}

/// What was done for one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Looks into the cache by outcome.
    pub looks: BTreeMap<&'static str, usize>,
    /// Calls that carried keys of this request: source, how many, how long together.
    pub calls: Vec<(Box<str>, usize, Duration)>,
    /// Steps that were waited for: connector, keys, how long.
    pub waits: Vec<(Box<str>, usize, Duration)>,
}

impl Asker {
    /// The id under which the request stands in logs; empty where it has none.
    pub fn request_id(&self) -> &str {
        request_id(&self.headers)
    }
}

impl Watch {
    /// Watches a request that began now, where its trace or `wants_notes` calls for it.
    pub fn begin(tracer: &Tracer, headers: &Arc<HeaderMap>, now: SystemTime, wants_notes: bool) -> Option<Arc<Watch>> {
        let standing = if tracer.is_on() { tracer.stand(headers) } else { None };
        if standing.is_none() && !wants_notes {
            return None;
        }
        let trace =
            standing.map(|standing| Traced { tracer: tracer.clone(), standing, begun: now, events: Mutex::default() });
        Some(Arc::new(Watch { headers: headers.clone(), trace, notes: wants_notes.then(Mutex::default) }))
    }

    /// The id under which the request stands in logs; empty where it has none.
    pub fn request_id(&self) -> &str {
        request_id(&self.headers)
    }

    /// Notes looks into the cache.
    pub fn looked(&self, outcome: &'static str, keys: usize) {
        self.note(|notes| *notes.looks.entry(outcome).or_default() += keys);
    }

    /// Notes a call that carried keys of this request.
    pub fn called(&self, source: &str, took: Duration) {
        self.note(|notes| {
            if let Some((_, count, all)) = notes.calls.iter_mut().find(|(known, ..)| **known == *source) {
                (*count, *all) = (*count + 1, *all + took);
            } else if notes.calls.len() < MOST_NOTES {
                notes.calls.push((source.into(), 1, took));
            }
        });
    }

    /// Notes how long a step was waited for.
    pub fn waited(&self, connector: &str, keys: usize, took: Duration) {
        self.note(|notes| {
            if notes.waits.len() < MOST_NOTES {
                notes.waits.push((connector.into(), keys, took));
            }
        });
        let Some(trace) = self.steps() else { return };
        let ended = SystemTime::now();
        trace.tracer.take(Span {
            name: format!("step {connector}").into(),
            side: Side::Within,
            place: trace.tracer.below(&trace.standing.place),
            parent: Some((trace.standing.place.span, false)),
            begun: ended.checked_sub(took).unwrap_or(ended),
            ended,
            fields: vec![field("c360.connector", connector.to_owned()), field("c360.keys", keys)],
            events: Vec::new(),
            links: Vec::new(),
            has_failed: false,
        });
    }

    /// Whether steps are to be timed.
    pub fn times_steps(&self) -> bool {
        self.notes.is_some() || self.steps().is_some()
    }

    /// Where steps are spans.
    fn steps(&self) -> Option<&Traced> {
        self.trace.as_ref().filter(|trace| trace.standing.is_recorded && trace.tracer.tells_steps())
    }

    /// A call failed that carried keys of this request, or none was made for them.
    pub fn failed(&self, connector: &str, code: &'static str) {
        self.happened("call failed", || vec![field("c360.connector", connector.to_owned()), field("error.type", code)]);
    }

    /// Something happened that belongs to no call of its own.
    fn happened(&self, name: &'static str, fields: impl FnOnce() -> Vec<Field>) {
        let Some(trace) = self.trace.as_ref().filter(|trace| trace.standing.is_recorded) else { return };
        let mut events = lock(&trace.events);
        if events.len() < MOST_NOTES {
            events.push(Event { name, at: SystemTime::now(), fields: fields() });
        }
    }

    /// What was noted.
    pub fn notes(&self) -> Notes {
        self.notes.as_ref().map(|notes| lock(notes).clone()).unwrap_or_default()
    }

    /// Ends the operation's span.
    pub fn end(&self, name: impl Into<Cow<'static, str>>, fields: Vec<Field>, has_failed: bool) {
        let Some(trace) = self.trace.as_ref().filter(|trace| trace.standing.is_recorded) else { return };
        trace.tracer.take(Span {
            name: name.into(),
            side: Side::Server,
            place: trace.standing.place.clone(),
            parent: trace.standing.parent.map(|parent| (parent, true)),
            begun: trace.begun,
            ended: SystemTime::now(),
            fields,
            events: std::mem::take(&mut *lock(&trace.events)),
            links: Vec::new(),
            has_failed,
        });
    }

    fn note(&self, write: impl FnOnce(&mut Notes)) {
        if let Some(notes) = &self.notes {
            write(&mut lock(notes));
        }
    }
}

/// The span of one HTTP exchange with a source, while it lasts.
#[derive(Debug)]
pub struct CallSpan {
    tracer: Tracer,
    place: Place,
    /// The first of those who ask.
    parent: Place,
    links: Vec<Place>,
    is_recorded: bool,
    begun: SystemTime,
}

impl CallSpan {
    /// Of a call for these requests; nothing where none of them is traced. The first that is recorded is the parent,
    /// the others are linked.
    pub fn begin<'w>(watches: impl Iterator<Item = &'w Watch>) -> Option<CallSpan> {
        let mut first: Option<&Traced> = None;
        let mut links: Vec<Place> = Vec::new();
        for trace in watches.filter_map(|watch| watch.trace.as_ref()) {
            match first {
                None => first = Some(trace),
                Some(known) if known.standing.place.span == trace.standing.place.span => {}
                Some(known) if !known.standing.is_recorded && trace.standing.is_recorded => first = Some(trace),
                Some(_) if trace.standing.is_recorded && links.len() < MOST_LINKS => {
                    let place = &trace.standing.place;
                    if !links.contains(place) {
                        links.push(place.clone());
                    }
                }
                Some(_) => {}
            }
        }
        let Traced { tracer, standing, .. } = first?;
        let is_recorded = standing.is_recorded;
        // What is only handed on keeps the caller's place.
        let place = if is_recorded { tracer.below(&standing.place) } else { standing.place.clone() };
        let parent = standing.place.clone();
        Some(CallSpan { tracer: tracer.clone(), place, parent, links, is_recorded, begun: SystemTime::now() })
    }

    /// What the source is told of it: names and values of headers, none where it is told nothing.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        if self.tracer.propagates() { self.place.headers().collect() } else { Vec::new() }
    }

    /// Ends it. `fields` is asked for only where it is recorded.
    pub fn end(&self, name: &str, has_failed: bool, fields: impl FnOnce() -> Vec<Field>) {
        if !self.is_recorded {
            return;
        }
        self.tracer.take(Span {
            name: name.to_owned().into(),
            side: Side::Client,
            place: self.place.clone(),
            parent: Some((self.parent.span, false)),
            begun: self.begun,
            ended: SystemTime::now(),
            fields: fields(),
            events: Vec::new(),
            links: self.links.clone(),
            has_failed,
        });
    }
}

/// A field.
pub fn field(name: &'static str, fact: impl Into<Fact>) -> Field {
    (name, fact.into())
}

fn request_id(headers: &HeaderMap) -> &str {
    headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
