//! One source's webhook.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::others::{Others, TakenOn};
use super::payload;
use super::replay::Heard;
use super::scheme::Check;
use super::settings::{Flaw, Scheme, Settings};
use crate::catalog::{TypeId, Webhook};
use crate::mapping::{Object, Value, Variables};

/// Most keys of one delivery; beyond it the source is forgotten whole.
const MOST_KEYS: usize = 1_000;

/// One source's webhook: who may speak there, and what was heard.
pub struct Hook {
    check: Check,
    settings: Settings,
    /// `$config` of the source.
    config: Value<'static>,
    memory: Arc<Memory>,
}

/// What outlives a reload.
#[derive(Default)]
struct Memory {
    heard: Heard,
    /// How often a delivery ended so, in the order of [`OUTCOMES`].
    counts: [AtomicU64; OUTCOMES.len()],
}

/// What becomes of a delivery, as metrics name it.
const OUTCOMES: [&str; 6] = ["heard", "unsigned", "forged", "out_of_time", "replayed", "unreadable"];

/// What came.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'d> {
    /// The method of HTTP.
    pub method: &'d str,
    /// What stands after `?` in the address.
    pub query: Option<&'d str>,
    /// The headers.
    pub headers: &'d HeaderMap,
    /// The body as it came.
    pub body: &'d [u8],
}

/// Why nobody listens to a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// The signature, the secret or the time is missing or cannot be read.
    Unsigned,
    /// The signature or secret is another's.
    Forged,
    /// It is too old, or of a time to come.
    OutOfTime,
    /// It was heard before.
    Replayed,
    /// The sender is known, and what it says cannot be read.
    Unreadable,
}

/// What a delivery speaks of.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// Anything that the source gave.
    Everything,
    /// Objects by their type, with values of some of their fields each.
    Keys(Vec<(TypeId, Object<'static>)>),
}

impl Hook {
    /// A webhook of a source whose `$config` this is.
    ///
    /// Errors: everything that is wrong with the settings.
    pub fn new(settings: Settings, config: Value<'static>) -> Result<Hook, Vec<Flaw>> {
        let check = Check::new(&settings)?;
        Ok(Hook { check, settings, config, memory: Arc::default() })
    }

    /// The same, which has heard and counted what an earlier one has.
    pub fn after(self, earlier: &Hook) -> Hook {
        Hook { memory: earlier.memory.clone(), ..self }
    }

    /// Longest body that is read.
    pub fn max_bytes(&self) -> usize {
        self.settings.max_body.bytes()
    }

    /// Whether its vendor looks for it before speaking, by GET.
    pub fn is_looked_at(&self) -> bool {
        matches!(self.settings.scheme, Scheme::Query | Scheme::Mailchimp)
    }

    /// What its vendor wants to read before it believes that it was heard: a media type and a body.
    pub fn acknowledgement(&self) -> Option<(&'static str, &'static str)> {
        (self.settings.scheme == Scheme::Salesforce).then_some(("text/xml; charset=utf-8", SOAP_ACKNOWLEDGEMENT))
    }

    /// How often each outcome was had.
    pub fn tally(&self) -> impl Iterator<Item = (&'static str, u64)> {
        OUTCOMES.into_iter().zip(self.memory.counts.iter().map(|count| count.load(Ordering::Relaxed)))
    }

    /// Checks who speaks, finds of whom, and has it acted on; `webhooks` are those of the source. What is heard already, here
    /// or by others, is not acted on; what is taken on and not acted on, because that panics, counts as not heard.
    ///
    /// Errors: why nobody listens. Nothing of the body is read before it is known whose it is.
    pub fn hear<T>(
        &self,
        delivery: &Delivery<'_>,
        now: SystemTime,
        webhooks: &[Webhook],
        others: &dyn Others,
        act: impl FnOnce(Told) -> T,
    ) -> Result<T, Denied> {
        let taken = self.taken_on(delivery, now, others).inspect_err(|denied| self.count(Some(*denied)))?;
        let told = self.understood(delivery, webhooks);
        self.count(told.as_ref().err().copied());
        let acted = told.map(act);
        taken.into_iter().for_each(TakenOn::done);
        acted
    }

    fn count(&self, denied: Option<Denied>) {
        let outcome = match denied {
            None => 0,
            Some(Denied::Unsigned) => 1,
            Some(Denied::Forged) => 2,
            Some(Denied::OutOfTime) => 3,
            Some(Denied::Replayed) => 4,
            Some(Denied::Unreadable) => 5,
        };
        self.memory.counts[outcome].fetch_add(1, Ordering::Relaxed);
    }

    /// Nothing of a delivery that may come any number of times.
    fn taken_on<'h>(
        &'h self,
        delivery: &Delivery<'_>,
        now: SystemTime,
        others: &'h dyn Others,
    ) -> Result<Option<TakenOn<'h>>, Denied> {
        let Some(signature) = self.check.verify(delivery, now)? else { return Ok(None) };
        // A time may be as far ahead of ours as it may be behind.
        let (heard, keep) = (&self.memory.heard, self.settings.tolerance.0.saturating_mul(2));
        if !heard.is_new(&signature, now, keep) {
            return Err(Denied::Replayed);
        }
        TakenOn::new(signature, keep, heard, others).map(Some).ok_or(Denied::Replayed)
    }

    fn understood(&self, delivery: &Delivery<'_>, webhooks: &[Webhook]) -> Result<Told, Denied> {
        if webhooks.is_empty() {
            return Ok(Told::Everything);
        }
        let media_type = delivery.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let payload = payload::read(media_type, delivery.body).ok_or(Denied::Unreadable)?;
        let variables = Variables { config: Some(&self.config), ..Variables::default() };
        let mut keys = Vec::new();
        for webhook in webhooks {
            let outcome = webhook.keys.run(Some(&payload), &variables);
            if outcome.stopped {
                return Ok(Told::Everything);
            }
            gather(webhook.ty, outcome.value, &mut keys);
        }
        Ok(if keys.len() > MOST_KEYS { Told::Everything } else { Told::Keys(keys) })
    }
}

/// What Salesforce's outbound messages are to be answered with; without it they come again.
const SOAP_ACKNOWLEDGEMENT: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8"?>"#,
    r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>"#,
    r#"<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>"#,
    "</soapenv:Body></soapenv:Envelope>"
);

/// Objects out of an object, or a list of them; fields without a value are left out, and what is there already too.
fn gather(ty: TypeId, value: Option<Value<'_>>, keys: &mut Vec<(TypeId, Object<'static>)>) {
    match value.map(Value::into_owned) {
        Some(Value::List(list)) => list.into_iter().for_each(|item| gather(ty, Some(item), keys)),
        Some(Value::Object(object)) if keys.len() <= MOST_KEYS => {
            let present = object.iter().filter(|(_, value)| !matches!(value, Value::Null));
            let present: Object<'static> =
                present.map(|(field, value)| (field.to_owned().into(), value.clone())).collect();
            let told = (ty, present);
            if !told.1.is_empty() && !keys.contains(&told) {
                keys.push(told);
            }
        }
        _ => {}
    }
}
