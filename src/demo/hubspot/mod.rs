//! HubSpot's look-alike: properties as texts, batches as shuffled sets with partial answers, associations that page inside each input,
//! mailing and behavioural events, consent, a search with a throttle of its own, two spellings of every path.

mod associations;
mod events;
mod objects;
mod reads;
mod search;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::cast::Cast;
use super::department::Credentials;
use super::desk::{Answer, Ask, Bucket, Desk, Route, Tally};
use objects::Objects;

const TOKEN: &str = "pat-eu1-demo-0000-4000-8000-token";
const CORRELATION: &str = "3f1c9a52-7d0e-4c5b-9b1f-0d5e6a7c8b90";
/// Versions by date that the aliases know.
const DATES: &[&str] = &["2026-03", "2026-09"];

/// Professional plan; the first window is the one that bursts meet.
const READS: &[Bucket] = &[
    Bucket { name: "TEN_SECONDLY_ROLLING", calls: 190, window: Duration::from_secs(10) },
    Bucket { name: "DAILY", calls: 650_000, window: Duration::from_secs(86_400) },
];
const SEARCHES: &[Bucket] = &[Bucket { name: "SECONDLY", calls: 5, window: Duration::from_secs(1) }];

/// The marketing department.
pub(super) struct Hubspot {
    cast: Arc<Cast>,
    objects: Objects,
    /// Mailing events of everybody, newest first: places of the person and of the event.
    mailings: Vec<(usize, usize)>,
}

impl Hubspot {
    pub(super) fn new(cast: Arc<Cast>) -> Self {
        Self { objects: Objects::of(&cast), mailings: events::newest_first(&cast), cast }
    }
}

fn problem(status: u16, category: &str, message: &str) -> Answer {
    Answer::json(
        status,
        json!({"status": "error", "message": message, "correlationId": CORRELATION, "category": category}),
    )
}

fn invalid(message: &str) -> Answer {
    problem(400, "VALIDATION_ERROR", message)
}

fn not_found(message: &str) -> Answer {
    problem(404, "OBJECT_NOT_FOUND", message)
}

/// The last `N` captures, which every spelling of a path has in common; a date before them must be one that we serve.
fn tail<const N: usize>(captures: &[String]) -> Result<[&str; N], Answer> {
    let (before, last) = captures.split_at(captures.len().saturating_sub(N));
    let known = before.iter().all(|date| DATES.contains(&date.as_str()));
    let last: Vec<&str> = last.iter().map(String::as_str).collect();
    last.try_into().ok().filter(|_| known).ok_or_else(|| not_found("resource not found"))
}

fn kind(text: &str) -> Result<&'static str, Answer> {
    objects::kind(text).ok_or_else(|| invalid(&format!("Unable to infer object type from: {text}")))
}

fn either(result: Result<Answer, Answer>) -> Answer {
    result.unwrap_or_else(|answer| answer)
}

/// A number of `1..=most` from the query.
fn limit(ask: &Ask, usual: usize, most: usize) -> Result<usize, Answer> {
    match ask.param("limit").map(str::parse::<usize>) {
        None => Ok(usual),
        Some(Ok(limit)) if (1..=most).contains(&limit) => Ok(limit),
        Some(_) => Err(invalid(&format!("limit must be between 1 and {most}"))),
    }
}

/// Cuts a page that starts at the offset in `after`.
fn page<T>(items: Vec<T>, after: Option<&str>, limit: usize) -> Result<(Vec<T>, Option<Value>), Answer> {
    let start = after.map_or(Ok(0), str::parse::<usize>).map_err(|_| invalid("after is not valid"))?;
    let end = start.saturating_add(limit);
    let paging = (end < items.len()).then(|| json!({"next": {"after": end.to_string()}}));
    Ok((items.into_iter().skip(start).take(limit).collect(), paging))
}

/// `{"results": …}`, with `paging` where there is more.
fn listed(results: Vec<Value>, paging: Option<Value>) -> Value {
    let mut body = json!({"results": results});
    if let Some(paging) = paging {
        body["paging"] = paging;
    }
    body
}

impl Desk for Hubspot {
    const ROUTES: &'static [Route<Self>] = &[
        Route { name: "POST /crm/v3/objects/{type}/batch/read", handle: Self::batch_read },
        Route { name: "POST /crm/v3/objects/{type}/search", handle: Self::search },
        Route { name: "GET /crm/v3/objects/{type}/{id}", handle: Self::record },
        Route { name: "GET /crm/v3/objects/{type}", handle: Self::list },
        Route { name: "POST /crm/v4/associations/{from}/{to}/batch/read", handle: Self::associations_batch },
        Route { name: "GET /crm/v4/objects/{from}/{id}/associations/{to}", handle: Self::associations_of },
        Route { name: "POST /crm/objects/{date}/{type}/batch/read", handle: Self::batch_read },
        Route { name: "POST /crm/objects/{date}/{type}/search", handle: Self::search },
        Route { name: "GET /crm/objects/{date}/{from}/{id}/associations/{to}", handle: Self::associations_of },
        Route { name: "GET /crm/objects/{date}/{type}/{id}", handle: Self::record },
        Route { name: "GET /crm/objects/{date}/{type}", handle: Self::list },
        Route { name: "POST /crm/associations/{date}/{from}/{to}/batch/read", handle: Self::associations_batch },
        Route { name: "GET /crm/v3/owners", handle: Self::owners },
        Route { name: "GET /crm/v3/pipelines/{type}", handle: Self::pipelines },
        Route { name: "GET /crm/v3/properties/{type}", handle: Self::properties },
        Route { name: "GET /email/public/v1/events", handle: Self::email_events },
        Route { name: "GET /events/v3/events", handle: Self::behavioural_events },
        Route { name: "GET /marketing/v3/emails/{id}", handle: Self::marketing_email },
        Route { name: "GET /marketing/v3/emails", handle: Self::marketing_emails },
        Route { name: "GET /marketing/v3/forms", handle: Self::forms },
        Route { name: "GET /communication-preferences/v3/status/email/{email}", handle: Self::consent },
    ];

    fn credentials(&self) -> Credentials {
        Credentials::Bearer { token: TOKEN.into() }
    }

    fn admit(&self, ask: &Ask, _: &str) -> Result<(), Answer> {
        if ask.bearer() == Some(TOKEN) { Ok(()) } else { Err(self.stranger()) }
    }

    fn stranger(&self) -> Answer {
        problem(401, "INVALID_AUTHENTICATION", "Authentication credentials not found or not valid.")
    }

    fn lost(&self) -> Answer {
        not_found("resource not found")
    }

    fn broken(&self, status: u16) -> Answer {
        Answer::json(status, json!({"status": "error", "message": "internal error", "correlationId": CORRELATION}))
    }

    fn throttled(&self, tally: &Tally) -> Answer {
        let message = format!("You have reached your {} limit.", tally.name.to_lowercase());
        let body = json!({
            "status": "error",
            "message": message,
            "errorType": "RATE_LIMIT",
            "category": "RATE_LIMITS",
            "correlationId": CORRELATION,
            "policyName": tally.name,
            "requestId": CORRELATION,
        });
        Answer::json(429, body)
    }

    fn buckets(route: &str) -> &'static [Bucket] {
        if route.ends_with("/search") { SEARCHES } else { READS }
    }

    fn stamp(&self, answer: &mut Answer, _: &Ask, tallies: &[Tally]) {
        for tally in tallies {
            match tally.name {
                "TEN_SECONDLY_ROLLING" => {
                    answer.add("X-HubSpot-RateLimit-Max", tally.limit);
                    answer.add("X-HubSpot-RateLimit-Remaining", tally.remaining());
                    answer.add("X-HubSpot-RateLimit-Interval-Milliseconds", tally.window.as_millis());
                }
                "DAILY" => {
                    answer.add("X-HubSpot-RateLimit-Daily", tally.limit);
                    answer.add("X-HubSpot-RateLimit-Daily-Remaining", tally.remaining());
                }
                // Searches tell nothing of their throttle.
                _ => {}
            }
        }
    }
}
