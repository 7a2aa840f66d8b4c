//! Search: a small part of the query language, offset paging only, never more than a thousand results.

use serde_json::{Value, json};

use super::paging::{self, Page};
use super::{Asked, Zendesk, invalid};
use crate::demo::cast::{Company, Person, SupportOrganization, SupportUser};
use crate::demo::desk::{Answer, Ask};

const MOST_RESULTS: usize = 1000;
const MOST_TERMS: usize = 50;

/// `key`, `:`/`<`/`>`/`<=`/`>=`, `value`; a bare word has an empty key.
struct Term {
    key: String,
    operator: &'static str,
    value: String,
}

fn terms(query: &str) -> Vec<Term> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for letter in query.chars() {
        match letter {
            '"' => quoted = !quoted,
            letter if letter.is_whitespace() && !quoted => words.push(std::mem::take(&mut word)),
            letter => word.push(letter),
        }
    }
    words.push(word);
    words.into_iter().filter(|word| !word.is_empty()).take(MOST_TERMS).map(term).collect()
}

fn term(word: String) -> Term {
    for operator in ["<=", ">=", "<", ">", ":"] {
        if let Some((key, value)) = word.split_once(operator) {
            return Term { key: key.to_lowercase(), operator, value: value.into() };
        }
    }
    Term { key: String::new(), operator: ":", value: word }
}

/// One thing found.
enum Hit<'a> {
    User(&'a Person, &'a SupportUser),
    Ticket(Asked<'a>),
    Organization(&'a Company, &'a SupportOrganization),
}

const STATUSES: &[&str] = &["new", "open", "pending", "hold", "solved", "closed"];

fn same(left: Option<&str>, right: &str) -> bool {
    left.is_some_and(|left| left.eq_ignore_ascii_case(right))
}

/// Dates and date-times compare as texts once the date is all both have.
fn when(operator: &str, at: &str, value: &str) -> bool {
    let at = if value.len() <= 10 { at.get(..value.len()).unwrap_or(at) } else { at };
    ordered(operator, at.cmp(value))
}

fn ordered(operator: &str, order: std::cmp::Ordering) -> bool {
    match operator {
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        ">=" => order.is_ge(),
        _ => order.is_eq(),
    }
}

fn user_matches(person: &Person, user: &SupportUser, term: &Term) -> bool {
    let Term { key, operator, value } = term;
    match key.as_str() {
        "type" => value == "user",
        "email" => same(user.email.as_deref(), value),
        "external_id" => same(Some(&person.id), value),
        "name" => user.name.to_lowercase().contains(&value.to_lowercase()),
        "created" => when(operator, &user.created.iso(), value),
        "" => user.name.to_lowercase().contains(&value.to_lowercase()) || same(user.email.as_deref(), value),
        "order_by" | "sort" => true,
        _ => false,
    }
}

fn ticket_matches(asked: &Asked<'_>, term: &Term) -> bool {
    let Term { key, operator, value } = term;
    let ticket = asked.ticket;
    match key.as_str() {
        "type" => value == "ticket",
        "requester" => {
            same(asked.user.email.as_deref(), value)
                || asked.user.id.to_string() == *value
                || same(Some(&asked.user.name), value)
        }
        "organization" => asked.user.organization_id.is_some_and(|id| id.to_string() == *value),
        "status" => {
            let rank = |status: &str| STATUSES.iter().position(|known| *known == status);
            match (rank(&ticket.status), rank(value)) {
                (Some(left), Some(right)) => ordered(operator, left.cmp(&right)),
                _ => *operator == ":" && ticket.status == *value,
            }
        }
        "priority" => same(ticket.priority.as_deref(), value),
        "tags" => ticket.tags.iter().any(|tag| tag == value),
        "created" => when(operator, &ticket.created.iso(), value),
        "updated" => when(operator, &ticket.updated.iso(), value),
        "" => ticket.subject.as_deref().is_some_and(|subject| subject.to_lowercase().contains(&value.to_lowercase())),
        "order_by" | "sort" => true,
        _ => false,
    }
}

fn organization_matches(company: &Company, organization: &SupportOrganization, term: &Term) -> bool {
    let value = &term.value;
    match term.key.as_str() {
        "type" => value == "organization",
        "external_id" => same(Some(&company.id), value),
        "" | "name" | "organization" => organization.name.to_lowercase().contains(&value.to_lowercase()),
        "order_by" | "sort" => true,
        _ => false,
    }
}

impl Zendesk {
    /// `query=email:a@b` or free words, or `external_id=x`; page numbers only.
    pub(super) fn users_search(&self, ask: &Ask, _: &[String]) -> Answer {
        let found: Vec<_> = match (ask.param("external_id"), ask.param("query")) {
            (Some(id), _) => self.user_by_external_id(id).into_iter().collect(),
            (None, Some(query)) => {
                let terms = terms(query);
                self.all_users()
                    .filter(|(person, user)| terms.iter().all(|term| user_matches(person, user, term)))
                    .collect()
            }
            (None, None) => return invalid("send query or external_id"),
        };
        match paging::by_number(ask, &self.address, found, 100) {
            Ok(Page { items, envelope }) => {
                let mut body = self.users_body(ask, &items);
                body.extend(envelope);
                Answer::ok(Value::Object(body))
            }
            Err(answer) => answer,
        }
    }

    pub(super) fn search(&self, ask: &Ask, _: &[String]) -> Answer {
        if ask.query.iter().any(|(key, _)| key.starts_with("page[")) {
            return invalid("page must be an integer");
        }
        let Some(query) = ask.param("query") else {
            return invalid("query is required");
        };
        let hits = self.hits(query, ask);
        let total = hits.len();
        let per_page = ask.param("per_page").and_then(|text| text.parse::<usize>().ok()).unwrap_or(100).clamp(1, 100);
        let number = ask.param("page").and_then(|text| text.parse::<usize>().ok()).unwrap_or(1);
        if number.saturating_mul(per_page) > MOST_RESULTS {
            let description = "Invalid search: Requested response size was greater than Search Response Limits";
            return Answer::json(422, json!({"error": "invalid", "description": description}));
        }
        let reachable: Vec<_> = hits.into_iter().take(MOST_RESULTS).collect();
        match paging::by_number(ask, &self.address, reachable, usize::MAX) {
            Ok(Page { items, mut envelope }) => {
                envelope.insert("count".into(), json!(total));
                envelope.insert("facets".into(), Value::Null);
                envelope.insert("results".into(), items.into_iter().map(|hit| self.render_hit(hit)).collect());
                Answer::ok(Value::Object(envelope))
            }
            Err(answer) => answer,
        }
    }

    /// Without the cap: cursor only, one type, said by `filter[type]`.
    pub(super) fn search_export(&self, ask: &Ask, _: &[String]) -> Answer {
        let Some(query) = ask.param("query") else {
            return invalid("query is required");
        };
        let Some(kind) = ask.param("filter[type]") else {
            return invalid("filter[type] is required");
        };
        let hits = self.hits(&format!("type:{kind} {query}"), ask);
        match paging::cursor(ask, &self.address, hits, MOST_RESULTS) {
            Ok(Page { items, mut envelope }) => {
                envelope.insert("results".into(), items.into_iter().map(|hit| self.render_hit(hit)).collect());
                Answer::ok(Value::Object(envelope))
            }
            Err(answer) => answer,
        }
    }

    fn hits(&self, query: &str, ask: &Ask) -> Vec<Hit<'_>> {
        let terms = terms(query);
        let said = |key: &str| terms.iter().find(|term| term.key == key).map(|term| term.value.as_str());
        let users = self.all_users().filter(|(person, user)| terms.iter().all(|term| user_matches(person, user, term)));
        let mut tickets: Vec<_> =
            self.all_tickets().filter(|asked| terms.iter().all(|term| ticket_matches(asked, term))).collect();
        let by = said("order_by").or(ask.param("sort_by")).unwrap_or("created_at");
        match by {
            "updated_at" => tickets.sort_by_key(|asked| (asked.ticket.updated, asked.ticket.id)),
            _ => tickets.sort_by_key(|asked| (asked.ticket.created, asked.ticket.id)),
        }
        if said("sort").or(ask.param("sort_order")) != Some("asc") {
            tickets.reverse();
        }
        let organizations = self.organizations.keys().filter_map(|id| self.organization(*id));
        let organizations = organizations.filter(|(company, organization)| {
            terms.iter().all(|term| organization_matches(company, organization, term))
        });
        users
            .map(|(person, user)| Hit::User(person, user))
            .chain(tickets.into_iter().map(Hit::Ticket))
            .chain(organizations.map(|(company, organization)| Hit::Organization(company, organization)))
            .collect()
    }

    fn render_hit(&self, hit: Hit<'_>) -> Value {
        let (mut body, kind) = match hit {
            Hit::User(person, user) => (self.render_user(person, user), "user"),
            Hit::Ticket(asked) => (self.render_ticket(asked), "ticket"),
            Hit::Organization(company, organization) => {
                (self.render_organization(company, organization), "organization")
            }
        };
        body["result_type"] = json!(kind);
        body
    }
}
