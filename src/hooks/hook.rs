//! One source's webhook.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::payload;
use super::replay::Heard;
use super::scheme::Check;
use super::settings::{Scheme, Settings};
use crate::mapping::{Dialect, Object, Program, Value, Variables};

/// Most keys of one delivery; beyond it the source is forgotten whole.
const MOST_KEYS: usize = 1_000;

/// One source's webhook: what its sender may say, and how it shows who it is.
pub struct Hook {
    check: Check,
    heard: Heard,
    settings: Settings,
    /// Type names and the mappings that find their keys.
    forget: Vec<(String, Program)>,
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
    /// Types by name, with values of key fields each.
    Keys(Vec<(String, Object<'static>)>),
}

impl Hook {
    /// Errors: everything that is wrong with the settings, a sentence each.
    pub fn new(settings: Settings) -> Result<Hook, Vec<String>> {
        let mut problems = Vec::new();
        let check = Check::new(&settings).map_err(|why| problems.push(why)).ok();
        let mut forget = Vec::new();
        for entry in &settings.forget {
            match Program::parse(&entry.keys, Dialect::default()) {
                Ok(program) => forget.push((entry.type_name.clone(), program)),
                Err(found) => problems.extend(
                    found.iter().map(|problem| format!("`forget` of {}: `keys`: {}", entry.type_name, problem.message)),
                ),
            }
        }
        match check {
            Some(check) if problems.is_empty() => {
                Ok(Hook { check, heard: Heard::default(), settings, forget, counts: Default::default() })
            }
            _ => Err(problems),
        }
    }

    /// Longest body that is read.
    pub fn max_bytes(&self) -> usize {
        self.settings.max_body.bytes()
    }

    /// The types that it speaks of.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.forget.iter().map(|(name, _)| name.as_str())
    }

    /// Whether its vendor looks for it before speaking, by GET.
    pub fn is_looked_at(&self) -> bool {
        self.settings.scheme == Scheme::Query
    }

    /// How often each outcome was had.
    pub fn tally(&self) -> impl Iterator<Item = (&'static str, u64)> {
        OUTCOMES.into_iter().zip(self.counts.iter().map(|count| count.load(Ordering::Relaxed)))
    }

    /// Checks who speaks, and finds what of.
    ///
    /// Errors: why nobody listens. Nothing of the body is read before it is known whose it is.
    pub fn hear(&self, delivery: &Delivery<'_>, now: SystemTime) -> Result<Told, Denied> {
        let told = self.understood(delivery, now);
        let outcome = match &told {
            Ok(_) => 0,
            Err(Denied::Unsigned) => 1,
            Err(Denied::Forged) => 2,
            Err(Denied::OutOfTime) => 3,
            Err(Denied::Replayed) => 4,
            Err(Denied::Unreadable) => 5,
        };
        self.counts[outcome].fetch_add(1, Ordering::Relaxed);
        told
    }

    fn understood(&self, delivery: &Delivery<'_>, now: SystemTime) -> Result<Told, Denied> {
        let signature = self.check.verify(delivery, now)?;
        if let Some(signature) = signature
            // A time may be as far ahead of ours as it may be behind.
            && !self.heard.is_new(&signature, now, self.settings.tolerance.0.saturating_mul(2))
        {
            return Err(Denied::Replayed);
        }
        if self.forget.is_empty() {
            return Ok(Told::Everything);
        }
        let media_type = delivery.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let payload = payload::read(media_type, delivery.body).ok_or(Denied::Unreadable)?;
        let mut keys = Vec::new();
        for (name, program) in &self.forget {
            let outcome = program.run(Some(&payload), &Variables::default());
            if outcome.stopped {
                return Ok(Told::Everything);
            }
            gather(name, outcome.value, &mut keys);
        }
        Ok(if keys.len() > MOST_KEYS { Told::Everything } else { Told::Keys(keys) })
    }
}

/// Objects out of an object, or a list of them; fields without a value are left out.
fn gather(name: &str, value: Option<Value<'_>>, keys: &mut Vec<(String, Object<'static>)>) {
    match value.map(Value::into_owned) {
        Some(Value::List(list)) => list.into_iter().for_each(|item| gather(name, Some(item), keys)),
        Some(Value::Object(object)) if keys.len() <= MOST_KEYS => {
            let present = object.iter().filter(|(_, value)| !matches!(value, Value::Null));
            let present: Object<'static> =
                present.map(|(field, value)| (field.to_owned().into(), value.clone())).collect();
            if !present.is_empty() {
                keys.push((name.to_owned(), present));
            }
        }
        _ => {}
    }
}
