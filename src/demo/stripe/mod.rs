//! Stripe's look-alike: lists newest first that go on after an id, search of at most ten clauses, expansion, amounts in the smallest
//! unit, times in seconds, a key as bearer or as user name, the version echoed.

mod expand;
mod ledger;
mod lists;
mod render;
mod search;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::cast::Cast;
use super::department::Credentials;
use super::desk::{Answer, Ask, Bucket, Desk, Route, Tally};
use ledger::Ledgers;

const KEY: &str = "sk_test_demo4711";
/// What is answered to callers that pin no version.
const VERSION: &str = "2026-05-27.dahlia";

const SECOND: Duration = Duration::from_secs(1);
const GLOBAL: Bucket = Bucket { name: "global-rate", calls: 100, window: SECOND };

const fn endpoint(name: &'static str, calls: u32) -> [Bucket; 2] {
    [Bucket { name, calls, window: SECOND }, GLOBAL]
}

const CUSTOMERS: &[Bucket] = &endpoint("customers", 25);
const INVOICES: &[Bucket] = &endpoint("invoices", 25);
const SUBSCRIPTIONS: &[Bucket] = &endpoint("subscriptions", 25);
const CHARGES: &[Bucket] = &endpoint("charges", 25);
const PAYMENTS: &[Bucket] = &endpoint("invoice_payments", 25);
const SEARCH: &[Bucket] = &endpoint("search", 20);

/// The billing department.
pub(super) struct Stripe {
    ledgers: Ledgers,
}

impl Stripe {
    pub(super) fn new(cast: Arc<Cast>) -> Self {
        Self { ledgers: Ledgers::of(cast) }
    }
}

fn problem(status: u16, code: Option<&str>, param: Option<&str>, message: &str) -> Answer {
    let kind = if status >= 500 { "api_error" } else { "invalid_request_error" };
    let mut error = json!({"type": kind, "message": message});
    for (name, value) in [("code", code), ("param", param)] {
        if let Some(value) = value {
            error[name] = json!(value);
        }
    }
    Answer::json(status, json!({"error": error}))
}

/// A parameter that will not do.
fn invalid(param: &str, message: &str) -> Answer {
    problem(400, None, Some(param), message)
}

/// An id of nothing: 404 in the path, 400 in a parameter.
fn missing(status: u16, kind: &str, param: &str, id: &str) -> Answer {
    problem(status, Some("resource_missing"), Some(param), &format!("No such {kind}: '{id}'"))
}

fn either(result: Result<Value, Answer>) -> Answer {
    result.map_or_else(|answer| answer, Answer::ok)
}

impl Desk for Stripe {
    const ROUTES: &'static [Route<Self>] = &[
        Route { name: "GET /v1/customers/search", handle: Self::search_customers },
        Route { name: "GET /v1/customers/{id}", handle: Self::customer },
        Route { name: "GET /v1/customers", handle: Self::customers },
        Route { name: "GET /v1/invoices/search", handle: Self::search_invoices },
        Route { name: "GET /v1/invoices/{id}", handle: Self::invoice },
        Route { name: "GET /v1/invoices", handle: Self::invoices },
        Route { name: "GET /v1/subscriptions/search", handle: Self::search_subscriptions },
        Route { name: "GET /v1/subscriptions/{id}", handle: Self::subscription },
        Route { name: "GET /v1/subscriptions", handle: Self::subscriptions },
        Route { name: "GET /v1/charges/search", handle: Self::search_charges },
        Route { name: "GET /v1/charges/{id}", handle: Self::charge },
        Route { name: "GET /v1/charges", handle: Self::charges },
        Route { name: "GET /v1/invoice_payments", handle: Self::invoice_payments },
        Route { name: "GET /v1/products/{id}", handle: Self::product },
        Route { name: "GET /v1/prices/{id}", handle: Self::price },
    ];

    fn credentials(&self) -> Credentials {
        Credentials::Bearer { token: KEY.into() }
    }

    fn admit(&self, ask: &Ask, _: &str) -> Result<(), Answer> {
        let as_user = || ask.basic().is_some_and(|(user, password)| user == KEY && password.is_empty());
        if ask.bearer() == Some(KEY) || as_user() { Ok(()) } else { Err(self.stranger()) }
    }

    fn stranger(&self) -> Answer {
        problem(401, None, None, "Invalid API Key provided: sk_test_********")
    }

    fn lost(&self) -> Answer {
        problem(
            404,
            None,
            None,
            "Unrecognized request URL. If you are trying to list objects, remove the trailing slash.",
        )
    }

    fn broken(&self, status: u16) -> Answer {
        problem(status, None, None, "An unknown error occurred").with("Stripe-Should-Retry", "true")
    }

    fn throttled(&self, tally: &Tally) -> Answer {
        let reason = if tally.name == GLOBAL.name { "global-rate" } else { "endpoint-rate" };
        problem(429, Some("rate_limit"), None, "Request rate limit exceeded.")
            .with("Stripe-Rate-Limited-Reason", reason)
    }

    fn buckets(route: &str) -> &'static [Bucket] {
        match route.trim_start_matches("GET /v1/").split('/').collect::<Vec<_>>().as_slice() {
            [_, "search"] => SEARCH,
            ["customers", ..] => CUSTOMERS,
            ["invoices", ..] => INVOICES,
            ["subscriptions", ..] => SUBSCRIPTIONS,
            ["charges", ..] => CHARGES,
            ["invoice_payments", ..] => PAYMENTS,
            _ => &[GLOBAL],
        }
    }

    fn stamp(&self, answer: &mut Answer, ask: &Ask, _: &[Tally]) {
        answer.add("Stripe-Version", ask.header("stripe-version").unwrap_or(VERSION));
        answer.add("Request-Id", "req_demo4711");
    }
}
