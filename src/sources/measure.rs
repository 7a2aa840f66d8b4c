//! What is counted of sources and connectors, on a page of metrics.

use super::all::{Shared, Sources};
use super::state::BreakerState;
use crate::telemetry::Page;
use crate::telemetry::catalogue::{
    CONNECTOR_CALL_KEYS, CONNECTOR_CALLS, CONNECTOR_FAILURES, CONNECTOR_KEYS, CONNECTOR_MISSING, CONNECTOR_ODDITIES,
    SOURCE_BREAKER, SOURCE_CALL_DURATION, SOURCE_CALLS, SOURCE_CALLS_IN_FLIGHT, SOURCE_CALLS_MOST, SOURCE_KEYS_SHED,
    SOURCE_KEYS_WAITING, SOURCE_PAUSED, SOURCE_QUOTA_LEFT, SOURCE_QUOTA_LIMIT, SOURCE_RECEIVED, SOURCE_RETRIES,
    SOURCE_STRETCH,
};

impl Sources {
    /// Puts the numbers of every source and connector on the page.
    pub fn measure(&self, page: &mut Page) {
        self.measure_sources(page);
        self.0.measure_connectors(page);
    }

    fn measure_sources(&self, page: &mut Page) {
        for (state, meter) in self.states().iter().zip(&self.0.meters) {
            let name = state.name.as_str();
            for (end, count) in meter.ends() {
                page.put(&SOURCE_CALLS, &[name, end], count);
            }
            page.put_spread(&SOURCE_CALL_DURATION, &[name], meter.took.spread());
            page.put(&SOURCE_RECEIVED, &[name], meter.bytes.get());
            page.put(&SOURCE_CALLS_IN_FLIGHT, &[name], state.in_flight as u64);
            page.put(&SOURCE_CALLS_MOST, &[name], state.most_in_flight as u64);
            page.put(&SOURCE_KEYS_WAITING, &[name], state.waiting as u64);
            page.put(&SOURCE_RETRIES, &[name], state.retries);
            page.put(&SOURCE_KEYS_SHED, &[name], state.shed);
            for breaker in BreakerState::ALL {
                page.put(&SOURCE_BREAKER, &[name, breaker.as_str()], u64::from(breaker == state.breaker));
            }
            page.put_real(&SOURCE_PAUSED, &[name], state.paused_for.unwrap_or_default().as_secs_f64());
            for quota in &state.quotas {
                let labels = &[name, quota.bucket.as_str()];
                quota.remaining.into_iter().for_each(|left| page.put(&SOURCE_QUOTA_LEFT, labels, left));
                quota.limit.into_iter().for_each(|limit| page.put(&SOURCE_QUOTA_LIMIT, labels, limit));
                page.put_real(&SOURCE_STRETCH, labels, quota.stretch.into());
            }
        }
    }
}

impl Shared {
    fn measure_connectors(&self, page: &mut Page) {
        for (connector, counters) in self.catalog.connectors.iter().zip(&self.counters) {
            let (tally, source) = (counters.tally(), self.catalog.origin(connector));
            let labels = &[connector.id.as_str(), source.as_str()];
            page.put(&CONNECTOR_CALLS, labels, tally.calls);
            page.put(&CONNECTOR_KEYS, labels, tally.keys);
            page.put_spread(&CONNECTOR_CALL_KEYS, labels, counters.widths.spread());
            for (code, count) in counters.failures().filter(|(_, count)| *count > 0) {
                page.put(&CONNECTOR_FAILURES, &[labels[0], labels[1], code.as_str()], count);
            }
            page.put(&CONNECTOR_MISSING, labels, tally.missing);
            let oddities = [
                ("problem", tally.problems),
                ("stranger", tally.strangers),
                ("double", tally.doubles),
                ("invalid", tally.invalid),
                ("cut", tally.cut),
            ];
            for (kind, count) in oddities {
                page.put(&CONNECTOR_ODDITIES, &[labels[0], labels[1], kind], count);
            }
        }
    }
}
