//! A collector of traces: takes OTLP over HTTP and remembers the spans.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

/// Longer than an export takes to come.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Default)]
pub struct Collector {
    pub spans: Arc<Mutex<Vec<Span>>>,
    pub headers: Arc<Mutex<Vec<HeaderMap>>>,
    /// Everything that came, as it came.
    pub raw: Arc<Mutex<Vec<u8>>>,
}

impl Collector {
    /// Opens it; its address.
    pub async fn open(&self) -> String {
        let router = Router::new().route("/v1/traces", post(take)).with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, router).await });
        address
    }

    /// So many spans, once they have come, in the order in which they began.
    pub async fn wait_for(&self, count: usize) -> Vec<Span> {
        let until = Instant::now() + PATIENCE;
        loop {
            let mut spans = self.spans.lock().unwrap().clone();
            if spans.len() >= count {
                spans.sort_by_key(|span| span.start_time_unix_nano);
                return spans;
            }
            assert!(Instant::now() < until, "{} of {count} spans came", spans.len());
            sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn take(State(collector): State<Collector>, headers: HeaderMap, body: Bytes) -> &'static [u8] {
    collector.headers.lock().unwrap().push(headers);
    collector.raw.lock().unwrap().extend_from_slice(&body);
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    for resource in request.resource_spans {
        let of_resource = resource.resource.unwrap().attributes;
        let service = of_resource.iter().find(|attribute| attribute.key == "service.name").unwrap();
        let Value::StringValue(name) = service.value.clone().unwrap().value.unwrap() else { panic!("no text") };
        assert_eq!(name, "c360");
        for scope in resource.scope_spans {
            collector.spans.lock().unwrap().extend(scope.spans);
        }
    }
    b""
}

/// An attribute as text.
pub fn attribute(span: &Span, name: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key == name)?;
    Some(match found.value.clone()?.value? {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    })
}

pub fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}
