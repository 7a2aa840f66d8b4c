//! One look at all metrics, and how it is written.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, prometheus_text, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry;

use super::catalogue::{Kind, Metric, Unit};
use super::count::Spread;

/// Numbers of everybody at one moment. Each room puts its own on it; nothing of it stays when it is read.
#[derive(Debug, Default)]
pub struct Page(BTreeMap<&'static str, Family>);

/// How a page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// [OpenMetrics](https://prometheus.io/docs/specs/om/open_metrics_spec/) 1.0.
    OpenMetrics,
    /// Prometheus's own text, version 0.0.4.
    Prometheus,
}

#[derive(Debug)]
struct Family {
    metric: &'static Metric,
    series: Vec<Series>,
}

#[derive(Debug)]
struct Series {
    labels: Vec<(&'static str, String)>,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Whole(u64),
    Real(f64),
    Spread(Spread),
}

impl Page {
    /// A counter, or a gauge of whole numbers. Labels are the values of the metric's labels, in its order.
    pub fn put(&mut self, metric: &'static Metric, labels: &[&str], value: u64) {
        self.add(metric, labels, Value::Whole(value));
    }

    /// The same of a number that is not whole.
    pub fn put_real(&mut self, metric: &'static Metric, labels: &[&str], value: f64) {
        self.add(metric, labels, Value::Real(value));
    }

    /// A histogram.
    pub fn put_spread(&mut self, metric: &'static Metric, labels: &[&str], spread: Spread) {
        self.add(metric, labels, Value::Spread(spread));
    }

    fn add(&mut self, metric: &'static Metric, labels: &[&str], value: Value) {
        debug_assert_eq!(metric.labels.len(), labels.len(), "{}", metric.name);
        let labels = metric.labels.iter().copied().zip(labels.iter().map(|label| (*label).to_owned())).collect();
        let family = self.0.entry(metric.name).or_insert_with(|| Family { metric, series: Vec::new() });
        family.series.push(Series { labels, value });
    }

    /// The whole page as text.
    pub fn write(self, format: Format) -> String {
        let mut registry = registry::Registry::default();
        registry.register_collector(Box::new(self));
        let mut out = String::new();
        let written = match format {
            Format::OpenMetrics => text::encode(&mut out, &registry),
            Format::Prometheus => prometheus_text::encode(&mut out, &registry),
        };
        written.expect("a String takes everything, and every series has the type of its family");
        out
    }
}

impl Format {
    /// The format that a scraper's `Accept` asks for.
    pub fn of(accept: &str) -> Format {
        if accept.contains("application/openmetrics-text") { Format::OpenMetrics } else { Format::Prometheus }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Format::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

impl Collector for Page {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for family in self.0.values() {
            let metric = family.metric;
            let (kind, unit) = (metric_type(metric.kind), unit(metric.unit));
            let mut family_encoder = encoder.encode_descriptor(metric.name, metric.help, unit.as_ref(), kind)?;
            for series in &family.series {
                if series.labels.is_empty() {
                    series.encode(metric.kind, &mut family_encoder)?;
                } else {
                    series.encode(metric.kind, &mut family_encoder.encode_family(&series.labels)?)?;
                }
            }
        }
        Ok(())
    }
}

impl Series {
    fn encode(&self, kind: Kind, encoder: &mut MetricEncoder<'_>) -> Result<(), fmt::Error> {
        match (&self.value, kind) {
            (Value::Whole(value), Kind::Counter) => encoder.encode_counter::<NoLabelSet, _, u64>(value, None),
            (Value::Real(value), Kind::Counter) => encoder.encode_counter::<NoLabelSet, _, u64>(value, None),
            (Value::Whole(value), _) => encoder.encode_gauge(value),
            (Value::Real(value), _) => encoder.encode_gauge(value),
            (Value::Spread(spread), _) => {
                let count = spread.buckets.iter().map(|(_, count)| count).sum();
                encoder.encode_histogram::<NoLabelSet>(spread.sum, count, &spread.buckets, None)
            }
        }
    }
}

fn metric_type(kind: Kind) -> MetricType {
    match kind {
        Kind::Counter => MetricType::Counter,
        Kind::Gauge => MetricType::Gauge,
        Kind::Histogram => MetricType::Histogram,
    }
}

fn unit(unit: Unit) -> Option<registry::Unit> {
    match unit {
        Unit::None => None,
        Unit::Seconds => Some(registry::Unit::Seconds),
        Unit::Bytes => Some(registry::Unit::Bytes),
    }
}
