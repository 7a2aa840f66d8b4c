//! Zendesk Support's look-alike: `show_many` with holes, cursor and offset paging with absolute links, side-loads, search with its
//! caps, satisfaction, metrics, two error shapes, a window of a minute.

mod lists;
mod paging;
mod render;
mod search;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::cast::{Cast, Company, Person, SupportOrganization, SupportUser, Ticket};
use super::department::Credentials;
use super::desk::{Answer, Ask, Bucket, Desk, Route, Tally};

const USER: &str = "gateway@helpdesk.example/token";
const PASSWORD: &str = "zendesk-demo-token";
const OAUTH_TOKEN: &str = "zendesk-demo-oauth";
const MOST_IDS: usize = 100;
/// The Enterprise plan: 700 calls a minute over all routes.
const WINDOWS: &[Bucket] = &[Bucket { name: "minute", calls: 700, window: Duration::from_secs(60) }];

/// The help desk, with the ways into the cast that its routes need.
pub(super) struct Zendesk {
    cast: Arc<Cast>,
    address: String,
    /// User id → place in `cast.persons`.
    users: BTreeMap<u64, usize>,
    /// Organization id → place in `cast.companies`.
    organizations: BTreeMap<u64, usize>,
    /// Ticket id → places of the person and of the ticket.
    tickets: BTreeMap<u64, (usize, usize)>,
    /// Account id → places of its persons.
    members: HashMap<String, Vec<usize>>,
}

/// A ticket with its requester.
#[derive(Clone, Copy)]
struct Asked<'a> {
    user: &'a SupportUser,
    ticket: &'a Ticket,
}

impl Zendesk {
    pub(super) fn new(cast: Arc<Cast>, address: String) -> Self {
        let mut desk = Self {
            address,
            users: BTreeMap::new(),
            organizations: BTreeMap::new(),
            tickets: BTreeMap::new(),
            members: HashMap::new(),
            cast: cast.clone(),
        };
        for (place, person) in cast.persons.iter().enumerate() {
            if let Some(user) = &person.support {
                desk.users.insert(user.id, place);
                desk.tickets.extend(user.tickets.iter().enumerate().map(|(index, ticket)| (ticket.id, (place, index))));
                if let Some(account) = &person.account_id {
                    desk.members.entry(account.clone()).or_default().push(place);
                }
            }
        }
        for (place, company) in cast.companies.iter().enumerate() {
            if let Some(organization) = &company.support {
                desk.organizations.insert(organization.id, place);
            }
        }
        desk
    }

    fn user(&self, id: u64) -> Option<(&Person, &SupportUser)> {
        let person = self.cast.persons.get(*self.users.get(&id)?)?;
        Some((person, person.support.as_ref()?))
    }

    fn user_by_external_id(&self, id: &str) -> Option<(&Person, &SupportUser)> {
        let person = self.cast.person(&id.to_lowercase())?;
        Some((person, person.support.as_ref()?))
    }

    fn organization(&self, id: u64) -> Option<(&Company, &SupportOrganization)> {
        let company = self.cast.companies.get(*self.organizations.get(&id)?)?;
        Some((company, company.support.as_ref()?))
    }

    fn organization_by_external_id(&self, id: &str) -> Option<(&Company, &SupportOrganization)> {
        let company = self.cast.company(&id.to_lowercase())?;
        Some((company, company.support.as_ref()?))
    }

    fn ticket(&self, id: u64) -> Option<Asked<'_>> {
        let (place, index) = *self.tickets.get(&id)?;
        let person = self.cast.persons.get(place)?;
        let user = person.support.as_ref()?;
        Some(Asked { user, ticket: user.tickets.get(index)? })
    }

    fn all_tickets(&self) -> impl Iterator<Item = Asked<'_>> {
        self.tickets.keys().filter_map(|id| self.ticket(*id))
    }

    fn all_users(&self) -> impl Iterator<Item = (&Person, &SupportUser)> {
        self.users.keys().filter_map(|id| self.user(*id))
    }

    fn members(&self, company: &Company) -> impl Iterator<Item = (&Person, &SupportUser)> {
        let places = self.members.get(&company.id).into_iter().flatten();
        places
            .filter_map(|place| self.cast.persons.get(*place))
            .filter_map(|person| Some((person, person.support.as_ref()?)))
    }
}

/// 404 of a single read.
fn not_found() -> Answer {
    Answer::json(404, json!({"error": "RecordNotFound", "description": "Not found"}))
}

/// 400 in the shape of an object.
fn invalid(message: &str) -> Answer {
    Answer::json(400, json!({"error": {"title": "Invalid attribute", "message": message}}))
}

impl Desk for Zendesk {
    const ROUTES: &'static [Route<Self>] = &[
        Route { name: "GET /api/v2/users/show_many", handle: Self::users_show_many },
        Route { name: "GET /api/v2/users/search", handle: Self::users_search },
        Route { name: "GET /api/v2/users/{id}/identities", handle: Self::identities },
        Route { name: "GET /api/v2/users/{id}/tickets/requested", handle: Self::tickets_requested },
        Route { name: "GET /api/v2/users/{id}", handle: Self::one_user },
        Route { name: "GET /api/v2/users", handle: Self::list_users },
        Route { name: "GET /api/v2/organizations/show_many", handle: Self::organizations_show_many },
        Route { name: "GET /api/v2/organizations/{id}/tickets", handle: Self::organization_tickets },
        Route { name: "GET /api/v2/organizations/{id}/users", handle: Self::organization_users },
        Route { name: "GET /api/v2/organizations/{id}", handle: Self::one_organization },
        Route { name: "GET /api/v2/organizations", handle: Self::list_organizations },
        Route { name: "GET /api/v2/tickets/show_many", handle: Self::tickets_show_many },
        Route { name: "GET /api/v2/tickets/{id}/metrics", handle: Self::one_metric },
        Route { name: "GET /api/v2/tickets/{id}", handle: Self::one_ticket },
        Route { name: "GET /api/v2/tickets", handle: Self::list_tickets },
        Route { name: "GET /api/v2/ticket_metrics", handle: Self::list_metrics },
        Route { name: "GET /api/v2/satisfaction_ratings", handle: Self::list_satisfaction },
        Route { name: "GET /api/v2/search/export", handle: Self::search_export },
        Route { name: "GET /api/v2/search", handle: Self::search },
    ];
    const SUFFIX: &'static str = ".json";

    fn credentials(&self) -> Credentials {
        Credentials::Basic { user: USER.into(), password: PASSWORD.into() }
    }

    fn admit(&self, ask: &Ask, _: &str) -> Result<(), Answer> {
        let known = ask.basic().is_some_and(|(user, password)| user == USER && password == PASSWORD)
            || ask.bearer() == Some(OAUTH_TOKEN);
        if known { Ok(()) } else { Err(self.stranger()) }
    }

    fn stranger(&self) -> Answer {
        Answer::json(401, json!({"error": "Couldn't authenticate you"}))
    }

    fn lost(&self) -> Answer {
        Answer::json(404, json!({"error": "InvalidEndpoint", "description": "Not found"}))
    }

    fn broken(&self, status: u16) -> Answer {
        Answer::json(
            status,
            json!({"error": {"title": "Internal error", "message": "Something went wrong on our side"}}),
        )
    }

    fn throttled(&self, tally: &Tally) -> Answer {
        let body = json!({"error": "APIRateLimitExceeded", "description": "Number of allowed API requests per minute exceeded"});
        Answer::json(429, body).with("Retry-After", tally.reset_seconds())
    }

    fn buckets(_: &str) -> &'static [Bucket] {
        WINDOWS
    }

    fn stamp(&self, answer: &mut Answer, _: &Ask, tallies: &[Tally]) {
        for tally in tallies {
            answer.add("X-Rate-Limit", tally.limit);
            answer.add("X-Rate-Limit-Remaining", tally.remaining());
            answer.add("ratelimit-limit", tally.limit);
            answer.add("ratelimit-remaining", tally.remaining());
            answer.add("ratelimit-reset", tally.reset_seconds());
        }
    }
}
