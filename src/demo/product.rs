//! The company's own product service: one route, a set of keys in, what is known out.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::cast::{Cast, Moment, Person, Usage};
use super::department::Credentials;
use super::desk::{Answer, Ask, Bucket, Desk, Route, Tally};

const TOKEN: &str = "usage-demo-token";
const MOST_IDS: usize = 200;
const WINDOWS: &[Bucket] = &[Bucket { name: "all", calls: 1000, window: Duration::from_secs(10) }];

pub(super) struct Product {
    cast: Arc<Cast>,
}

impl Product {
    pub(super) fn new(cast: Arc<Cast>) -> Self {
        Self { cast }
    }

    /// Usage of up to 200 customers; unknown ids are left out, an id asked twice is answered once.
    fn usage(&self, ask: &Ask, _: &[String]) -> Answer {
        let mut ids = ask.commas("customer_ids");
        if ids.is_empty() {
            return problem(400, "customer_ids is required");
        }
        if ids.len() > MOST_IDS {
            return problem(400, "at most 200 customer_ids");
        }
        ids.sort_unstable();
        ids.dedup();
        let usage: Vec<Value> = ids
            .into_iter()
            .filter_map(|id| self.cast.person(id))
            .filter_map(|person| Some(render(person, person.usage.as_ref()?)))
            .collect();
        Answer::ok(json!({ "usage": usage }))
    }
}

fn render(person: &Person, usage: &Usage) -> Value {
    let metrics: Vec<Value> = usage
        .metrics
        .iter()
        .map(|metric| json!({"name": metric.name, "value": metric.value, "unit": metric.unit, "period": metric.period}))
        .collect();
    json!({
        "customer_id": person.id,
        "account_id": person.account_id,
        "seats_purchased": usage.seats_purchased,
        "seats_used": usage.seats_used,
        "last_seen_at": usage.last_seen.map(Moment::millis),
        "metrics": metrics,
    })
}

fn problem(status: u16, message: &str) -> Answer {
    Answer::json(status, json!({ "message": message }))
}

impl Desk for Product {
    const ROUTES: &'static [Route<Self>] = &[Route { name: "GET /v1/usage", handle: Self::usage }];

    fn credentials(&self) -> Credentials {
        Credentials::Bearer { token: TOKEN.into() }
    }

    fn admit(&self, ask: &Ask, _: &str) -> Result<(), Answer> {
        if ask.bearer() == Some(TOKEN) { Ok(()) } else { Err(self.stranger()) }
    }

    fn stranger(&self) -> Answer {
        problem(401, "missing or wrong token")
    }

    fn lost(&self) -> Answer {
        problem(404, "no such address")
    }

    fn broken(&self, status: u16) -> Answer {
        problem(status, "something went wrong")
    }

    fn throttled(&self, tally: &Tally) -> Answer {
        problem(429, "too many calls").with("Retry-After", tally.reset_seconds())
    }

    fn buckets(_: &str) -> &'static [Bucket] {
        WINDOWS
    }

    fn stamp(&self, _: &mut Answer, _: &Ask, _: &[Tally]) {}
}
