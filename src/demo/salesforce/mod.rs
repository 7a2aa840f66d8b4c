//! Salesforce's look-alike: a token without expiry, a small part of SOQL with real pages, reads by id with positional nulls, bundles,
//! errors as arrays, the daily quota as a 403.

mod bundles;
mod children;
mod query;
mod reads;
mod soql;
mod tables;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use url::form_urlencoded;

use super::cast::{Cast, TODAY};
use super::department::Credentials;
use super::desk::{Answer, Ask, Bucket, Desk, Route, Tally};
use super::dial::Dial;
use query::Refusal;
use tables::Tables;

const CLIENT_ID: &str = "3MVG9demo.client.id";
const CLIENT_SECRET: &str = "salesforce-demo-secret";
const TOKEN_ROUTE: &str = "POST /services/oauth2/token";
/// The address line and headers together have this much room; longer ones are refused.
const LONGEST_ADDRESS: usize = 16_384;
/// Enterprise edition without licences: calls in 24 hours.
const WINDOWS: &[Bucket] = &[Bucket { name: "day", calls: 100_000, window: Duration::from_secs(86_400) }];

/// The sales department.
pub(super) struct Salesforce {
    tables: Tables,
    address: String,
    dial: Arc<Dial>,
    /// Statements with pages left, by locator; the oldest go when there are too many.
    locators: Mutex<VecDeque<(String, String)>>,
}

impl Salesforce {
    pub(super) fn new(cast: &Cast, address: String, dial: Arc<Dial>) -> Self {
        Self { tables: Tables::of(cast), address, dial, locators: Mutex::default() }
    }

    fn token_text(&self) -> String {
        format!("00D5g0000000001!demo.session.{}", self.dial.session())
    }

    /// Client credentials only, in the form or as HTTP Basic.
    fn token(&self, ask: &Ask, _: &[String]) -> Answer {
        let form: Vec<(String, String)> = form_urlencoded::parse(&ask.body).into_owned().collect();
        let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let refuse = |error: &str, description: &str| {
            Answer::json(400, json!({"error": error, "error_description": description}))
        };
        if !ask.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
            return refuse("invalid_request", "the body must be form-encoded");
        }
        if field("grant_type").as_deref() != Some("client_credentials") {
            return refuse("unsupported_grant_type", "grant type not supported");
        }
        let (id, secret) = ask
            .basic()
            .map_or_else(|| (field("client_id"), field("client_secret")), |(id, secret)| (Some(id), Some(secret)));
        if id.as_deref() != Some(CLIENT_ID) {
            return refuse("invalid_client_id", "client identifier invalid");
        }
        if secret.as_deref() != Some(CLIENT_SECRET) {
            return refuse("invalid_client", "invalid client credentials");
        }
        Answer::ok(json!({
            "access_token": self.token_text(),
            "instance_url": self.address,
            "id": format!("{}/id/00D5g0000000001EAA/0055g0000000001AAA", self.address),
            "token_type": "Bearer",
            "issued_at": TODAY.millis().to_string(),
            "signature": "ZGVtbyBzaWduYXR1cmU=",
            "scope": "api",
        }))
    }
}

/// An error as the vendor writes it: a list, also of one.
fn errors(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(status, json!([{"message": message, "errorCode": code}]))
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        errors(400, refusal.code, &refusal.message)
    }
}

impl Desk for Salesforce {
    const ROUTES: &'static [Route<Self>] = &[
        Route { name: TOKEN_ROUTE, handle: Self::token },
        Route { name: "GET /services/data/{version}/query", handle: Self::query },
        Route { name: "GET /services/data/{version}/queryAll", handle: Self::query },
        Route { name: "GET /services/data/{version}/query/{locator}", handle: Self::more },
        Route { name: "POST /services/data/{version}/composite", handle: Self::composite },
        Route { name: "POST /services/data/{version}/composite/batch", handle: Self::batch },
        Route { name: "GET /services/data/{version}/composite/sobjects/{type}", handle: Self::collection_by_url },
        Route { name: "POST /services/data/{version}/composite/sobjects/{type}", handle: Self::collection_by_body },
        Route { name: "GET /services/data/{version}/sobjects/{type}/{id}", handle: Self::record },
        Route { name: "GET /services/data/{version}/sobjects/{type}/{field}/{value}", handle: Self::record_by_key },
        Route { name: "GET /services/data/{version}/limits", handle: Self::limits },
    ];

    fn credentials(&self) -> Credentials {
        Credentials::ClientCredentials {
            token_path: "/services/oauth2/token".into(),
            client_id: CLIENT_ID.into(),
            client_secret: CLIENT_SECRET.into(),
        }
    }

    fn admit(&self, ask: &Ask, route: &str) -> Result<(), Answer> {
        if ask.path.len() + ask.query_text.len() > LONGEST_ADDRESS {
            return Err(errors(414, "URI_TOO_LONG", "The URI is too long"));
        }
        let known = route == TOKEN_ROUTE || ask.bearer() == Some(self.token_text().as_str());
        if known { Ok(()) } else { Err(self.stranger()) }
    }

    fn stranger(&self) -> Answer {
        errors(401, "INVALID_SESSION_ID", "Session expired or invalid")
    }

    fn lost(&self) -> Answer {
        errors(404, "NOT_FOUND", "The requested resource does not exist")
    }

    fn broken(&self, status: u16) -> Answer {
        let code = if status == 503 { "SERVER_UNAVAILABLE" } else { "UNKNOWN_EXCEPTION" };
        errors(
            status,
            code,
            "An unexpected error occurred. Please include this ErrorId if you contact support: 1234567890-1 (1)",
        )
    }

    fn throttled(&self, _: &Tally) -> Answer {
        errors(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    }

    fn crowded(&self, _: &Tally) -> Answer {
        errors(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")
    }

    fn buckets(route: &str) -> &'static [Bucket] {
        if route == TOKEN_ROUTE { &[] } else { WINDOWS }
    }

    fn stamp(&self, answer: &mut Answer, _: &Ask, tallies: &[Tally]) {
        for tally in tallies {
            answer.add("Sforce-Limit-Info", format!("api-usage={}/{}", tally.used, tally.limit));
        }
    }
}

/// `v67.0`; anything else is no version.
fn version(captures: &[String]) -> Result<&str, Answer> {
    let text = captures.first().map(String::as_str).unwrap_or_default();
    let number = text.strip_prefix('v').and_then(|text| text.strip_suffix(".0"));
    match number.and_then(|number| number.parse::<u8>().ok()) {
        Some(20..) => Ok(text),
        _ => Err(errors(404, "NOT_FOUND", "The requested resource does not exist")),
    }
}

fn either(result: Result<Value, Answer>) -> Answer {
    result.map_or_else(|answer| answer, Answer::ok)
}
