//! The calls that a source allows: counted by the gateway, or as the source's answers tell.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::HeaderMap;
use tokio::time::Instant;

use super::pause::{self, Pause};
use super::settings;
use super::window::Window;
use crate::catalog::Freshness;
use crate::mapping::{Dialect, Needs, Program, Value, Variables};

/// Numbers from here on are moments (seconds since 1970), not lengths of time.
const MOMENT: f64 = 1e9;
/// Numbers from here on are moments in milliseconds.
const MOMENT_MILLIS: f64 = 1e12;
/// What is not known.
const UNKNOWN: u64 = u64::MAX;

/// What calls that draw from one quota share.
#[derive(Debug)]
pub(super) struct Bucket {
    pub name: String,
    pub pause: Arc<Pause>,
    rate: Option<Rate>,
    meter: Option<Meter>,
}

/// A limit of our own.
#[derive(Debug)]
struct Rate {
    calls: u64,
    per: Duration,
    wait: Duration,
    window: Arc<Window>,
}

/// What the source tells.
#[derive(Debug)]
struct Meter {
    limit: Option<Program>,
    remaining: Option<Program>,
    used: Option<Program>,
    reset: Option<Program>,
    low: u32,
    stretch: u32,
    last: Arc<Last>,
}

/// What the latest answer told; [`UNKNOWN`] before there was one.
#[derive(Debug)]
struct Last {
    limit: AtomicU64,
    remaining: AtomicU64,
}

impl Bucket {
    /// Errors: mappings that cannot be read, or read what is not there when an answer comes; a stretch that would not hold.
    pub fn new(name: &str, settings: Option<&settings::Quota>, now: Instant) -> Result<Bucket, String> {
        let bucket = Bucket { name: name.to_owned(), pause: Arc::new(Pause::new(now)), rate: None, meter: None };
        let Some(settings) = settings else { return Ok(bucket) };
        let rate = settings.calls.map(|calls| Rate {
            calls: u64::from(calls.get()),
            per: settings.per.0,
            wait: settings.wait.0,
            window: Arc::new(Window::new(settings.per.0, now)),
        });
        let read = |key: &str, text: &Option<String>| {
            text.as_deref().map(|text| program(text).map_err(|why| format!("quota.{name}.{key}: {why}"))).transpose()
        };
        if settings.stretch.get() > Freshness::MOST_STRETCH {
            let most = Freshness::MOST_STRETCH;
            return Err(format!("quota.{name}.stretch: expected {most} at most: no record is kept for longer"));
        }
        let meter = Meter {
            limit: read("limit", &settings.limit)?,
            remaining: read("remaining", &settings.remaining)?,
            used: read("used", &settings.used)?,
            reset: read("reset", &settings.reset)?,
            low: settings.low,
            stretch: settings.stretch.get(),
            last: Arc::new(Last { limit: AtomicU64::new(UNKNOWN), remaining: AtomicU64::new(UNKNOWN) }),
        };
        let is_told = meter.remaining.is_some() || meter.used.is_some();
        Ok(Bucket { rate, meter: is_told.then_some(meter), ..bucket })
    }

    /// Counts on where the bucket before it is. Where `is_same_account`, it also knows what the source told it, and until
    /// when it asked to be left alone; but not beyond `until`.
    pub fn take_over(&mut self, before: &Bucket, is_same_account: bool, until: Instant) {
        if let (Some(own), Some(rate)) = (&mut self.rate, &before.rate)
            && own.per == rate.per
        {
            own.window = rate.window.clone();
        }
        if !is_same_account {
            return;
        }
        self.pause = before.pause.clone();
        self.pause.at_most(until);
        if let (Some(own), Some(meter)) = (&mut self.meter, &before.meter) {
            own.last = meter.last.clone();
        }
    }

    /// When one more call may be made, behind `ahead` others; `None`: now.
    pub fn ready(&self, now: Instant, ahead: u64) -> Option<Instant> {
        let rate = self.rate.as_ref()?;
        rate.window.room(now, rate.calls, ahead.saturating_add(1))
    }

    /// Whether calls are counted against a limit of our own.
    pub fn is_limited(&self) -> bool {
        self.rate.is_some()
    }

    /// The longest that anybody waits for a turn.
    pub fn wait(&self) -> Duration {
        self.rate.as_ref().map_or(Duration::MAX, |rate| rate.wait)
    }

    /// A call is made.
    pub fn spend(&self, now: Instant) {
        if let Some(rate) = &self.rate {
            rate.window.add(now, false);
        }
    }

    /// Whether answers are read for what is left.
    pub fn is_metered(&self) -> bool {
        self.meter.is_some()
    }

    /// An answer came. Where it says that nothing is left, the bucket is left alone until it is full again, but not
    /// longer than `longest`.
    pub fn note(&self, headers: &HeaderMap, values: &Value<'static>, now: Instant, longest: Duration) {
        let Some(meter) = &self.meter else { return };
        let variables = Variables { response_headers: Some(values), ..Variables::default() };
        let told = |program: &Option<Program>| number(program.as_ref()?.run(None, &variables).value?);
        let limit = told(&meter.limit);
        let remaining = told(&meter.remaining).or_else(|| Some((limit? - told(&meter.used)?).max(0.0)));
        let Some(remaining) = remaining else { return };
        meter.last.limit.store(limit.map_or(UNKNOWN, |limit| limit as u64), Ordering::Relaxed);
        meter.last.remaining.store(remaining as u64, Ordering::Relaxed);
        if remaining < 1.0 {
            let reset = told(&meter.reset).and_then(|reset| until(reset, pause::sent(headers)));
            self.spent(reset, now, longest);
        }
    }

    /// Nothing is left, until `reset` is over if that is known.
    pub fn spent(&self, reset: Option<Duration>, now: Instant, longest: Duration) {
        self.pause.until(now + reset.unwrap_or(longest).min(longest));
    }

    /// The source's own word on when a window is over, where its answers are read for it.
    pub fn reset(&self, headers: &HeaderMap, values: &Value<'static>) -> Option<Duration> {
        let program = self.meter.as_ref()?.reset.as_ref()?;
        let variables = Variables { response_headers: Some(values), ..Variables::default() };
        until(number(program.run(None, &variables).value?)?, pause::sent(headers))
    }

    /// By how much answers are believed for longer.
    pub fn stretch(&self) -> f32 {
        let Some(meter) = &self.meter else { return 1.0 };
        let (limit, remaining) = meter.last();
        let (Some(limit), Some(remaining)) = (limit, remaining) else { return 1.0 };
        let low = limit as f32 * meter.low as f32 / 100.0;
        let left = remaining as f32;
        if left >= low { 1.0 } else { 1.0 + (meter.stretch - 1) as f32 * (1.0 - left / low) }
    }

    /// Calls that are left, and calls of a whole window, as far as they are known.
    pub fn left(&self, now: Instant) -> Option<(Option<u64>, Option<u64>)> {
        match (&self.meter, &self.rate) {
            (Some(meter), _) => {
                let (limit, remaining) = meter.last();
                Some((remaining, limit))
            }
            (None, Some(rate)) => Some((Some(rate.calls.saturating_sub(rate.window.sum(now).all)), Some(rate.calls))),
            (None, None) => None,
        }
    }
}

impl Meter {
    fn last(&self) -> (Option<u64>, Option<u64>) {
        let known = |number: &AtomicU64| Some(number.load(Ordering::Relaxed)).filter(|number| *number != UNKNOWN);
        (known(&self.last.limit), known(&self.last.remaining))
    }
}

fn program(text: &str) -> Result<Program, String> {
    let program = Program::parse(text, Dialect::default())
        .map_err(|problems| problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; "))?;
    match reads_headers_only(program.needs()) {
        true => Ok(program),
        false => Err("expected a mapping that reads $response.headers and nothing else".to_owned()),
    }
}

fn reads_headers_only(needs: &Needs) -> bool {
    needs.args.is_empty()
        && needs.this.is_empty()
        && needs.batch.is_empty()
        && needs.env.is_empty()
        && needs.context.is_empty()
        && needs.request_headers.is_empty()
        && !needs.all_request_headers
}

/// A number, or text of one.
fn number(value: Value<'_>) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::Text(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// What is left until a window is over. `sent` is when the source spoke.
fn until(reset: f64, sent: i64) -> Option<Duration> {
    let seconds = match reset {
        moment if moment >= MOMENT_MILLIS => moment / 1e3 - sent as f64,
        moment if moment >= MOMENT => moment - sent as f64,
        length => length,
    };
    Duration::try_from_secs_f64(seconds.max(0.0)).ok()
}
