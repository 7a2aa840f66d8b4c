//! Spans on their way to a collector: OTLP over HTTP, in batches, by one task.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use opentelemetry::trace::{
    Event as OtelEvent, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter as OtlpExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanExporter, SpanLinks};
use secrecy::ExposeSecret;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout, timeout_at};

use super::settings::Otlp;
use super::span::{Fact, Field, Side, Span};
use super::trace::Place;
use super::tracer::Counts;

/// Most spans of one export.
const BATCH: usize = 512;
/// How long a span waits for others to travel with.
const LINGER: Duration = Duration::from_millis(500);

/// Sends spans until it is told to leave.
#[derive(Debug)]
pub(super) struct Exporter {
    otlp: OtlpExporter,
    spans: mpsc::Receiver<Span>,
    leave: watch::Receiver<bool>,
    timeout: Duration,
    counts: Arc<Counts>,
    has_left: Arc<AtomicBool>,
}

impl Exporter {
    /// Errors: the address or a header cannot be used.
    pub fn new(
        settings: &Otlp,
        spans: mpsc::Receiver<Span>,
        leave: watch::Receiver<bool>,
        counts: Arc<Counts>,
        has_left: Arc<AtomicBool>,
    ) -> Result<Exporter, String> {
        let (service, limit) = (settings.service_name.clone(), settings.timeout.0);
        let otlp = exporter(settings)?;
        let otlp = with_service(otlp, service);
        Ok(Exporter { otlp, spans, leave, timeout: limit, counts, has_left })
    }

    pub async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                // Whether it was told or nobody is left to tell it.
                _ = async { drop(self.leave.wait_for(|leave| *leave).await) } => break,
                first = self.spans.recv() => match first {
                    Some(first) => batch.push(first),
                    None => break,
                },
            }
            let until = Instant::now() + LINGER;
            while batch.len() < BATCH && !*self.leave.borrow() {
                match timeout_at(until, self.spans.recv()).await {
                    Ok(Some(span)) => batch.push(span),
                    Ok(None) | Err(_) => break,
                }
            }
            self.export(&mut batch).await;
        }
        while self.spans.try_recv().map(|span| batch.push(span)).is_ok() {}
        self.export(&mut batch).await;
        self.has_left.store(true, Ordering::Release);
    }

    /// Sends a batch once. What a collector does not take is gone: spans are not worth a memory of their own.
    async fn export(&self, batch: &mut Vec<Span>) {
        let count = batch.len() as u64;
        if count == 0 {
            return;
        }
        let spans = batch.drain(..).map(told).collect();
        let sent = timeout(self.timeout, self.otlp.export(spans)).await;
        let counter = if matches!(sent, Ok(Ok(()))) { &self.counts.sent } else { &self.counts.failed };
        counter.add(count);
    }
}

fn exporter(settings: &Otlp) -> Result<OtlpExporter, String> {
    let address = url::Url::parse(&settings.endpoint).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let address = address.ok_or("endpoint: expected an address that begins with https:// or http://")?;
    let mut headers = std::collections::HashMap::new();
    for (name, value) in &settings.headers {
        let is_usable =
            HeaderName::try_from(name.as_str()).is_ok() && HeaderValue::try_from(value.expose_secret()).is_ok();
        if !is_usable {
            return Err(format!("headers: `{name}` with its value cannot be sent as a header"));
        }
        headers.insert(name.clone(), value.expose_secret().to_owned());
    }
    // The first installation wins; every one of this program is the same.
    let _ = rustls::crypto::CryptoProvider::install_default(rustls::crypto::ring::default_provider());
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(settings.timeout.0)
        .build()
        .map_err(|_| "the HTTP client could not be built")?;
    let built = OtlpExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_endpoint(format!("{}/v1/traces", address.as_str().trim_end_matches('/')))
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(settings.timeout.0)
        .with_headers(headers)
        .with_retry_policy(RetryPolicy::default().with_max_retries(0))
        .build();
    // What is left to fail is what the exporter's crate reads of the environment by itself.
    built.map_err(|_| "the exporter could not be built; look at OTEL_EXPORTER_OTLP_… in the environment".to_owned())
}

fn with_service(mut otlp: OtlpExporter, service: String) -> OtlpExporter {
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    // Nothing but what is said here: the environment is read at the doors only.
    otlp.set_resource(&Resource::builder_empty().with_service_name(service).with_attribute(version).build());
    otlp
}

/// A span in the words of the exporter.
fn told(span: Span) -> SpanData {
    let mut events = SpanEvents::default();
    events.events =
        span.events.into_iter().map(|event| OtelEvent::new(event.name, event.at, keyed(event.fields), 0)).collect();
    let mut links = SpanLinks::default();
    links.links = span.links.iter().map(|place| Link::new(context(place, false), Vec::new(), 0)).collect();
    SpanData {
        span_context: context(&span.place, false),
        parent_span_id: span.parent.map_or(SpanId::INVALID, |(id, _)| SpanId::from(id)),
        parent_span_is_remote: span.parent.is_some_and(|(_, is_remote)| is_remote),
        span_kind: match span.side {
            Side::Server => SpanKind::Server,
            Side::Client => SpanKind::Client,
            Side::Within => SpanKind::Internal,
        },
        name: span.name,
        start_time: span.begun,
        end_time: span.ended,
        attributes: keyed(span.fields),
        dropped_attributes_count: 0,
        events,
        links,
        status: if span.has_failed { Status::error("") } else { Status::Unset },
        instrumentation_scope: InstrumentationScope::builder("c360").with_version(env!("CARGO_PKG_VERSION")).build(),
    }
}

fn context(place: &Place, is_remote: bool) -> SpanContext {
    let flags = if place.is_sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let state = place.state.as_deref().and_then(|state| state.parse::<TraceState>().ok()).unwrap_or_default();
    SpanContext::new(TraceId::from(place.trace), SpanId::from(place.span), flags, is_remote, state)
}

fn keyed(fields: Vec<Field>) -> Vec<KeyValue> {
    let value = |fact| match fact {
        Fact::Text(text) => Value::from(text),
        Fact::Whole(number) => Value::I64(i64::try_from(number).unwrap_or(i64::MAX)),
        Fact::Flag(flag) => Value::Bool(flag),
    };
    fields.into_iter().map(|(name, fact)| KeyValue::new(name, value(fact))).collect()
}
