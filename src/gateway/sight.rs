//! What one process sees of its operations: numbers, traces, a line in the log for each, and one for those that are slow.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use tokio::time::Instant;

use super::answers::{Spoken, Way};
use super::plans::Remembered;
use crate::catalog::Catalog;
use crate::operation::Reason;
use crate::record::Code;
use crate::response::Blamed;
use crate::telemetry::catalogue::{
    ANSWERS, OPERATION_DURATION, OPERATION_ERRORS, OPERATIONS, OPERATIONS_REFUSED, OPERATIONS_SLOW, PLANS,
};
use crate::telemetry::{
    Counter, Field, Histogram, Names, Notes, Pace, Page, RequestLevel, Settings, Tracer, Watch, field,
};

/// What one process sees of its operations. It outlives the gateways that take each other's place.
#[derive(Debug)]
pub struct Sight {
    operations: Names<OperationMeter>,
    /// By [`Reason::ALL`].
    refused: [Counter; Reason::ALL.len()],
    /// By [`Way::ALL`].
    ways: [Counter; Way::ALL.len()],
    plans_hit: Counter,
    plans_missed: Counter,
    slow_count: Counter,
    errors: Mutex<BTreeMap<(String, Code), u64>>,
    /// Nothing where no operation is slow.
    slow: Option<Duration>,
    slow_plan: bool,
    slow_pace: Pace,
    requests: RequestLevel,
    tracer: Tracer,
}

/// What is counted of the operations of one name.
#[derive(Debug)]
pub(super) struct OperationMeter {
    whole: Counter,
    partial: Counter,
    took: Histogram,
}

impl Default for OperationMeter {
    fn default() -> OperationMeter {
        OperationMeter { whole: Counter::default(), partial: Counter::default(), took: Histogram::of_times() }
    }
}

/// One operation that ended.
pub(super) struct Ended<'e> {
    pub plan: &'e Remembered,
    pub catalog: &'e Catalog,
    pub watch: Option<&'e Watch>,
    pub took: Duration,
    /// Nothing where it was refused after all.
    pub spoken: Option<&'e Spoken>,
}

impl Sight {
    /// As the settings want it. Opens no connection.
    ///
    /// # Errors
    /// What cannot be used in the settings for traces; the sentence quotes no secret.
    pub fn new(settings: &Settings) -> Result<Sight, String> {
        Ok(Sight {
            operations: Names::new(settings.operation_names),
            refused: Default::default(),
            ways: Default::default(),
            plans_hit: Counter::default(),
            plans_missed: Counter::default(),
            slow_count: Counter::default(),
            errors: Mutex::default(),
            slow: Some(settings.slow.0).filter(|slow| !slow.is_zero()),
            slow_plan: settings.slow_plan,
            slow_pace: Pace::new(settings.slow_per_minute, Duration::from_secs(60)),
            requests: settings.log.requests,
            tracer: Tracer::new(settings)?,
        })
    }

    /// Who takes the spans of traces.
    pub fn tracer(&self) -> &Tracer {
        &self.tracer
    }

    /// What is counted under an operation's name; to be held with its plan.
    pub(super) fn meter(&self, name: Option<&str>) -> Arc<OperationMeter> {
        self.operations.of(name)
    }

    /// A plan was looked for.
    pub(super) fn planned(&self, was_known: bool) {
        if was_known { self.plans_hit.tick() } else { self.plans_missed.tick() }
    }

    /// A question was refused.
    pub(super) fn refused(&self, reason: Reason) {
        let position = Reason::ALL.iter().position(|known| *known == reason);
        self.refused[position.expect("ALL lists every reason")].tick();
    }

    /// An answer has errors.
    pub(super) fn blame(&self, errors: &[Blamed]) {
        if errors.is_empty() {
            return;
        }
        let mut counts = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        for Blamed { code, department } in errors {
            *counts.entry((department.clone(), *code)).or_default() += 1;
        }
    }

    /// Watches a request, where anybody wants to know.
    pub(super) fn watch(&self, headers: &Arc<HeaderMap>, now: SystemTime) -> Option<Arc<Watch>> {
        let wants_notes = self.slow.is_some() || self.tells_requests();
        if !wants_notes && !self.tracer.is_on() {
            return None;
        }
        Watch::begin(&self.tracer, headers, now, wants_notes)
    }

    /// An operation has ended.
    pub(super) fn ended(&self, ended: &Ended<'_>) {
        if let Some(spoken) = ended.spoken {
            self.count(&ended.plan.meter, spoken, ended.took);
        }
        let is_slow = self.slow.is_some_and(|slow| ended.took >= slow);
        if ended.watch.is_some() || is_slow {
            self.tell(ended, is_slow);
        }
    }

    /// Counts an answer.
    pub(super) fn count(&self, meter: &OperationMeter, spoken: &Spoken, took: Duration) {
        let outcome = if spoken.errors == 0 { &meter.whole } else { &meter.partial };
        outcome.tick();
        meter.took.time(took);
        self.ways[spoken.way as usize].tick();
    }

    /// Whether every request is shown to somebody: in the log, or as a trace.
    pub(super) fn is_shown(&self) -> bool {
        self.tells_requests() || self.tracer.is_on()
    }

    fn tells_requests(&self) -> bool {
        match self.requests {
            RequestLevel::Info => tracing::enabled!(tracing::Level::INFO),
            RequestLevel::Debug => tracing::enabled!(tracing::Level::DEBUG),
        }
    }

    #[cold]
    fn tell(&self, ended: &Ended<'_>, is_slow: bool) {
        let Ended { plan, catalog, watch, took, spoken } = *ended;
        let (name, errors) = (plan.name(), spoken.map_or(0, |spoken| spoken.errors));
        let answer = spoken.map_or("refused", |spoken| spoken.way.as_str());
        let notes = watch.map(Watch::notes).unwrap_or_default();
        let request_id = watch.map(Watch::request_id).unwrap_or_default();
        let elapsed_ms = took.as_secs_f64() * 1000.0;
        if self.tells_requests() {
            let (calls, looks) = (calls(&notes), looks(&notes));
            let operation_hash = &*plan.hash;
            macro_rules! line {
                ($level:ident) => {
                    tracing::$level!(
                        request_id,
                        operation = name,
                        operation_hash,
                        answer,
                        errors,
                        calls,
                        cache = looks,
                        elapsed_ms,
                        "a request was answered"
                    )
                };
            }
            match self.requests {
                RequestLevel::Info => line!(info),
                RequestLevel::Debug => line!(debug),
            }
        }
        if is_slow {
            self.slow_count.tick();
            if let Some(held_back) = self.slow_pace.pass(Instant::now().into_std()) {
                let text = if self.slow_plan { plan.plan.explain(catalog) } else { String::new() };
                tracing::warn!(
                    request_id,
                    operation = name,
                    operation_hash = &*plan.hash,
                    answer,
                    errors,
                    elapsed_ms,
                    waits = waits(&notes),
                    calls = calls(&notes),
                    held_back,
                    plan = text.trim_end(),
                    "a slow operation"
                );
            }
        }
        if let Some(watch) = watch {
            watch.end(name.to_owned(), fields(plan, spoken), spoken.is_none());
        }
    }

    /// Puts what was seen on the page; errors of the departments that `catalog` has.
    pub(super) fn measure(&self, page: &mut Page, catalog: &Catalog) {
        for (name, meter) in self.operations.all() {
            page.put(&OPERATIONS, &[&name, "whole"], meter.whole.get());
            page.put(&OPERATIONS, &[&name, "partial"], meter.partial.get());
            page.put_spread(&OPERATION_DURATION, &[&name], meter.took.spread());
        }
        for ((department, code), count) in &*self.errors.lock().unwrap_or_else(PoisonError::into_inner) {
            if catalog.departments.iter().any(|known| known.name == *department) {
                page.put(&OPERATION_ERRORS, &[department, code.as_str()], *count);
            }
        }
        for (reason, count) in Reason::ALL.iter().zip(&self.refused) {
            page.put(&OPERATIONS_REFUSED, &[reason.as_str()], count.get());
        }
        for (way, count) in Way::ALL.iter().zip(&self.ways) {
            page.put(&ANSWERS, &[way.as_str()], count.get());
        }
        page.put(&PLANS, &["hit"], self.plans_hit.get());
        page.put(&PLANS, &["miss"], self.plans_missed.get());
        page.put(&OPERATIONS_SLOW, &[], self.slow_count.get());
        self.tracer.measure(page);
    }
}

impl Default for Sight {
    fn default() -> Sight {
        Sight::new(&Settings::default()).expect("the defaults name no collector")
    }
}

/// What the operation's span says. No variable and no text: they may be a customer's.
fn fields(plan: &Remembered, spoken: Option<&Spoken>) -> Vec<Field> {
    let mut fields = vec![
        field("graphql.operation.type", "query"),
        field("graphql.operation.name", plan.name().to_owned()),
        field("c360.operation.hash", plan.hash.to_string()),
    ];
    match spoken {
        Some(spoken) => {
            let outcome = if spoken.errors == 0 { "whole" } else { "partial" };
            fields.push(field("c360.outcome", outcome));
            fields.push(field("c360.answer", spoken.way.as_str()));
            fields.push(field("c360.errors", spoken.errors));
        }
        None => fields.push(field("c360.outcome", "refused")),
    }
    fields
}

/// `crm:2 helpdesk:1`.
fn calls(notes: &Notes) -> String {
    let calls = notes.calls.iter().map(|(source, count, _)| format!("{source}:{count}"));
    calls.collect::<Vec<_>>().join(" ")
}

/// `hit:12 miss:1`.
fn looks(notes: &Notes) -> String {
    notes.looks.iter().map(|(outcome, keys)| format!("{outcome}:{keys}")).collect::<Vec<_>>().join(" ")
}

/// `helpdeskTickets:1204ms/20keys`, the longest first.
fn waits(notes: &Notes) -> String {
    let mut waits: Vec<_> = notes.waits.iter().collect();
    waits.sort_by_key(|(_, _, took)| std::cmp::Reverse(*took));
    let told = |(connector, keys, took): &(Box<str>, usize, Duration)| {
        format!("{connector}:{}ms/{keys}keys", took.as_millis())
    };
    waits.into_iter().map(told).collect::<Vec<_>>().join(" ")
}
