//! Who decides what is traced, and takes the spans.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use tokio::sync::{mpsc, watch};

use super::catalogue::SPANS;
use super::count::Counter;
use super::otlp::Exporter;
use super::page::Page;
use super::settings::Settings;
use super::span::Span;
use super::trace::{Numbers, Place};

/// Decides what is traced, and takes the spans. Clones are the same tracer. Spans are sent by a task of its own, which
/// begins with the first of them; it never makes anybody wait.
#[derive(Clone, Debug)]
pub struct Tracer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    numbers: Numbers,
    propagates: bool,
    outlet: Option<Outlet>,
}

/// Where spans go.
#[derive(Debug)]
struct Outlet {
    one_in: u64,
    tells_steps: bool,
    queue: mpsc::Sender<Span>,
    counts: Arc<Counts>,
    /// Until its task begins.
    exporter: Mutex<Option<Exporter>>,
    begun: OnceLock<()>,
    /// Told to end, with what waits sent.
    leave: watch::Sender<bool>,
    has_left: Arc<AtomicBool>,
}

/// What became of spans.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub sent: Counter,
    pub dropped: Counter,
    pub failed: Counter,
}

/// Where an operation stands.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    /// The operation's own place; the caller's, where it is only handed on.
    pub place: Place,
    /// The caller's span.
    pub parent: Option<u64>,
    /// Whether a span is made of it.
    pub is_recorded: bool,
}

impl Tracer {
    /// A tracer as the settings want it. Opens no connection.
    ///
    /// # Errors
    /// The collector's address or a header cannot be used; the sentence quotes neither.
    pub fn new(settings: &Settings) -> Result<Tracer, String> {
        let outlet = match settings.otlp.endpoint.is_empty() {
            true => None,
            false => {
                let (queue, spans) = mpsc::channel(settings.otlp.queue.get());
                let (leave, told) = watch::channel(false);
                let (counts, has_left) = (Arc::new(Counts::default()), Arc::new(AtomicBool::new(false)));
                let exporter = Exporter::new(&settings.otlp, spans, told, counts.clone(), has_left.clone())?;
                let (exporter, begun) = (Mutex::new(Some(exporter)), OnceLock::new());
                let (one_in, tells_steps) = (settings.otlp.one_in.get(), settings.otlp.steps);
                Some(Outlet { one_in, tells_steps, queue, counts, exporter, begun, leave, has_left })
            }
        };
        Ok(Tracer(Arc::new(Inner { numbers: Numbers::default(), propagates: settings.propagate, outlet })))
    }

    /// Whether there is anything to do at all.
    pub fn is_on(&self) -> bool {
        self.0.outlet.is_some() || self.0.propagates
    }

    /// Whether sources are told where their calls belong.
    pub(super) fn propagates(&self) -> bool {
        self.0.propagates
    }

    /// Whether steps that were waited for are spans.
    pub(super) fn tells_steps(&self) -> bool {
        self.0.outlet.as_ref().is_some_and(|outlet| outlet.tells_steps)
    }

    /// Where an operation stands whose request has these headers; nothing where nobody will know.
    pub(super) fn stand(&self, headers: &HeaderMap) -> Option<Standing> {
        let caller = Place::of_caller(headers);
        let Some(outlet) = &self.0.outlet else {
            // Handed on as it came.
            let place = caller.filter(|_| self.0.propagates)?;
            return Some(Standing { place, parent: None, is_recorded: false });
        };
        let parent = caller.as_ref().map(|caller| caller.span);
        let place = match caller {
            Some(caller) => Place { span: self.0.numbers.span(), ..caller },
            None => {
                let trace = self.0.numbers.trace();
                // By the part of the number that is random: others who sample by it agree.
                let is_sampled = (trace as u64).is_multiple_of(outlet.one_in);
                Place { trace, span: self.0.numbers.span(), is_sampled, state: None }
            }
        };
        let is_recorded = place.is_sampled;
        (is_recorded || self.0.propagates).then_some(Standing { place, parent, is_recorded })
    }

    /// The place of a span below another.
    pub(super) fn below(&self, above: &Place) -> Place {
        Place { span: self.0.numbers.span(), ..above.clone() }
    }

    /// Takes a span. Where too many wait it is dropped and counted.
    pub(super) fn take(&self, span: Span) {
        let Some(outlet) = &self.0.outlet else { return };
        outlet.begun.get_or_init(|| {
            let exporter = outlet.exporter.lock().unwrap_or_else(PoisonError::into_inner).take();
            exporter.into_iter().for_each(|exporter| _ = tokio::spawn(exporter.run()));
        });
        if outlet.queue.try_send(span).is_err() {
            outlet.counts.dropped.tick();
        }
    }

    /// Sends what waits, for as long as that may take.
    pub async fn leave(&self, patience: Duration) {
        let Some(outlet) = self.0.outlet.as_ref().filter(|outlet| outlet.begun.get().is_some()) else { return };
        let _ = outlet.leave.send(true);
        let left = async {
            while !outlet.has_left.load(Ordering::Acquire) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        // What the collector does not take in time is lost.
        let _ = tokio::time::timeout(patience, left).await;
    }

    /// Puts what became of spans on the page.
    pub fn measure(&self, page: &mut Page) {
        let Some(outlet) = &self.0.outlet else { return };
        page.put(&SPANS, &["sent"], outlet.counts.sent.get());
        page.put(&SPANS, &["dropped"], outlet.counts.dropped.get());
        page.put(&SPANS, &["failed"], outlet.counts.failed.get());
    }
}
