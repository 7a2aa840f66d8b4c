//! Reads by id and lists, with what may be loaded beside them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::paging::{self, Page};
use super::{Asked, MOST_IDS, Zendesk, invalid, not_found};
use crate::demo::cast::{Company, Moment, Person, SupportOrganization, SupportUser};
use crate::demo::desk::{Answer, Ask};

type Listed = Result<Answer, Answer>;

fn either(result: Listed) -> Answer {
    result.unwrap_or_else(|answer| answer)
}

/// `ids` or `external_ids`, whichever is given, at most 100, without repetitions.
enum Wanted<'a> {
    Ids(BTreeSet<u64>),
    ExternalIds(BTreeSet<&'a str>),
}

fn wanted(ask: &Ask) -> Result<Wanted<'_>, Answer> {
    let (ids, external) = (ask.commas("ids"), ask.commas("external_ids"));
    if ids.is_empty() == external.is_empty() {
        return Err(invalid("send either ids or external_ids"));
    }
    if ids.len().max(external.len()) > MOST_IDS {
        return Err(invalid("at most 100 ids"));
    }
    if ids.is_empty() {
        return Ok(Wanted::ExternalIds(external.into_iter().collect()));
    }
    let ids: Result<_, _> = ids.into_iter().map(str::parse).collect();
    ids.map(Wanted::Ids).map_err(|_| invalid("ids must be numbers"))
}

impl Zendesk {
    pub(super) fn users_show_many(&self, ask: &Ask, _: &[String]) -> Answer {
        let found: Vec<_> = match wanted(ask) {
            Ok(Wanted::Ids(ids)) => ids.into_iter().filter_map(|id| self.user(id)).collect(),
            Ok(Wanted::ExternalIds(ids)) => ids.into_iter().filter_map(|id| self.user_by_external_id(id)).collect(),
            Err(answer) => return answer,
        };
        let mut agents = Vec::new();
        if let Ok(Wanted::Ids(ids)) = wanted(ask) {
            agents.extend(
                self.cast
                    .support_agents
                    .iter()
                    .filter(|agent| ids.contains(&agent.id))
                    .map(|agent| self.render_agent(agent)),
            );
        }
        let count = found.len() + agents.len();
        let mut body = self.users_body(ask, &found);
        if let Some(Value::Array(users)) = body.get_mut("users") {
            users.extend(agents);
        }
        for (key, value) in [("count", json!(count)), ("next_page", Value::Null), ("previous_page", Value::Null)] {
            body.insert(key.into(), value);
        }
        Answer::ok(Value::Object(body))
    }

    pub(super) fn one_user(&self, ask: &Ask, captures: &[String]) -> Answer {
        let Some(id) = number(captures) else {
            return not_found();
        };
        if let Some((person, user)) = self.user(id) {
            let mut body = Map::new();
            body.insert("user".into(), self.render_user(person, user));
            self.beside_users(ask, &[(person, user)], &mut body);
            return Answer::ok(Value::Object(body));
        }
        match self.cast.support_agents.iter().find(|agent| agent.id == id) {
            Some(agent) => Answer::ok(json!({"user": self.render_agent(agent)})),
            None => not_found(),
        }
    }

    pub(super) fn identities(&self, _: &Ask, captures: &[String]) -> Answer {
        let Some((_, user)) = number(captures).and_then(|id| self.user(id)) else {
            return not_found();
        };
        let values = [("email", user.email.as_ref()), ("phone_number", user.phone.as_ref())];
        let identities: Vec<Value> = values
            .into_iter()
            .filter_map(|(kind, value)| Some((kind, value?)))
            .zip(1_u64..)
            .map(|((kind, value), place)| {
                json!({"id": user.id * 10 + place, "user_id": user.id, "type": kind, "value": value, "primary": kind == "email", "verified": user.verified})
            })
            .collect();
        Answer::ok(json!({"identities": identities}))
    }

    pub(super) fn list_users(&self, ask: &Ask, _: &[String]) -> Answer {
        let role = ask.param("role");
        let found: Vec<_> = match ask.param("external_id") {
            Some(id) => self.user_by_external_id(id).into_iter().collect(),
            None if role.is_none_or(|role| role == "end-user") => self.all_users().collect(),
            None => Vec::new(),
        };
        either(self.users_page(ask, found))
    }

    pub(super) fn organization_users(&self, ask: &Ask, captures: &[String]) -> Answer {
        match number(captures).and_then(|id| self.organization(id)) {
            Some((company, _)) => either(self.users_page(ask, self.members(company).collect())),
            None => not_found(),
        }
    }

    fn users_page(&self, ask: &Ask, found: Vec<(&Person, &SupportUser)>) -> Listed {
        let Page { items, envelope } = paging::page(ask, &self.address, found)?;
        let mut body = self.users_body(ask, &items);
        body.extend(envelope);
        Ok(Answer::ok(Value::Object(body)))
    }

    pub(super) fn users_body(&self, ask: &Ask, found: &[(&Person, &SupportUser)]) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("users".into(), found.iter().map(|(person, user)| self.render_user(person, user)).collect());
        self.beside_users(ask, found, &mut body);
        body
    }

    fn beside_users(&self, ask: &Ask, found: &[(&Person, &SupportUser)], body: &mut Map<String, Value>) {
        for side in ask.commas("include") {
            match side {
                "organizations" => {
                    let ids: BTreeSet<u64> = found.iter().filter_map(|(_, user)| user.organization_id).collect();
                    body.insert(side.into(), self.organizations_of(ids));
                }
                "open_ticket_count" => {
                    let counts = found.iter().map(|(_, user)| {
                        let open = user
                            .tickets
                            .iter()
                            .filter(|ticket| !matches!(ticket.status.as_str(), "solved" | "closed"))
                            .count();
                        (user.id.to_string(), json!(open))
                    });
                    body.insert(side.into(), Value::Object(counts.collect()));
                }
                _ => {}
            }
        }
    }

    fn organizations_of(&self, ids: BTreeSet<u64>) -> Value {
        ids.into_iter()
            .filter_map(|id| self.organization(id))
            .map(|(company, organization)| self.render_organization(company, organization))
            .collect()
    }

    pub(super) fn organizations_show_many(&self, ask: &Ask, _: &[String]) -> Answer {
        let found: Vec<_> = match wanted(ask) {
            Ok(Wanted::Ids(ids)) => ids.into_iter().filter_map(|id| self.organization(id)).collect(),
            Ok(Wanted::ExternalIds(ids)) => {
                ids.into_iter().filter_map(|id| self.organization_by_external_id(id)).collect()
            }
            Err(answer) => return answer,
        };
        let count = found.len();
        let organizations: Vec<Value> =
            found.into_iter().map(|(company, organization)| self.render_organization(company, organization)).collect();
        Answer::ok(json!({"organizations": organizations, "count": count, "next_page": null, "previous_page": null}))
    }

    pub(super) fn one_organization(&self, _: &Ask, captures: &[String]) -> Answer {
        match number(captures).and_then(|id| self.organization(id)) {
            Some((company, organization)) => {
                Answer::ok(json!({"organization": self.render_organization(company, organization)}))
            }
            None => not_found(),
        }
    }

    pub(super) fn list_organizations(&self, ask: &Ask, _: &[String]) -> Answer {
        let all: Vec<(&Company, &SupportOrganization)> =
            self.organizations.keys().filter_map(|id| self.organization(*id)).collect();
        let page = paging::page(ask, &self.address, all);
        either(page.map(|Page { items, mut envelope }| {
            envelope.insert(
                "organizations".into(),
                items
                    .into_iter()
                    .map(|(company, organization)| self.render_organization(company, organization))
                    .collect(),
            );
            Answer::ok(Value::Object(envelope))
        }))
    }

    pub(super) fn tickets_requested(&self, ask: &Ask, captures: &[String]) -> Answer {
        match number(captures).and_then(|id| self.user(id)) {
            Some((_, user)) => {
                let tickets = user.tickets.iter().map(|ticket| Asked { user, ticket }).collect();
                either(self.tickets_page(ask, tickets))
            }
            None => not_found(),
        }
    }

    pub(super) fn organization_tickets(&self, ask: &Ask, captures: &[String]) -> Answer {
        let Some((company, _)) = number(captures).and_then(|id| self.organization(id)) else {
            return not_found();
        };
        let tickets =
            self.members(company).flat_map(|(_, user)| user.tickets.iter().map(move |ticket| Asked { user, ticket }));
        let mut tickets: Vec<_> = tickets.collect();
        tickets.sort_by_key(|asked| asked.ticket.id);
        either(self.tickets_page(ask, tickets))
    }

    pub(super) fn tickets_show_many(&self, ask: &Ask, _: &[String]) -> Answer {
        let found: Vec<_> = match wanted(ask) {
            Ok(Wanted::Ids(ids)) => ids.into_iter().filter_map(|id| self.ticket(id)).collect(),
            Ok(Wanted::ExternalIds(_)) => return invalid("send ids"),
            Err(answer) => return answer,
        };
        let count = found.len();
        let mut body = self.tickets_body(ask, &found);
        for (key, value) in [("count", json!(count)), ("next_page", Value::Null), ("previous_page", Value::Null)] {
            body.insert(key.into(), value);
        }
        Answer::ok(Value::Object(body))
    }

    pub(super) fn one_ticket(&self, _: &Ask, captures: &[String]) -> Answer {
        match number(captures).and_then(|id| self.ticket(id)) {
            Some(asked) => Answer::ok(json!({"ticket": self.render_ticket(asked)})),
            None => not_found(),
        }
    }

    pub(super) fn list_tickets(&self, ask: &Ask, _: &[String]) -> Answer {
        // No ticket of the cast has an external id, so looking for one finds nothing.
        let all = if ask.param("external_id").is_some() { Vec::new() } else { self.all_tickets().collect() };
        either(self.tickets_page(ask, all))
    }

    fn tickets_page(&self, ask: &Ask, mut tickets: Vec<Asked<'_>>) -> Listed {
        sort(ask, &mut tickets)?;
        let Page { items, envelope } = paging::page(ask, &self.address, tickets)?;
        let mut body = self.tickets_body(ask, &items);
        body.extend(envelope);
        Ok(Answer::ok(Value::Object(body)))
    }

    fn tickets_body(&self, ask: &Ask, tickets: &[Asked<'_>]) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("tickets".into(), tickets.iter().map(|asked| self.render_ticket(*asked)).collect());
        for side in ask.commas("include") {
            let beside = match side {
                "users" => {
                    let mut people: Vec<Value> = Vec::new();
                    let ids: BTreeSet<u64> = tickets.iter().map(|asked| asked.user.id).collect();
                    people.extend(
                        ids.into_iter()
                            .filter_map(|id| self.user(id))
                            .map(|(person, user)| self.render_user(person, user)),
                    );
                    let agents: BTreeSet<u64> = tickets.iter().filter_map(|asked| asked.ticket.assignee_id).collect();
                    people.extend(
                        self.cast
                            .support_agents
                            .iter()
                            .filter(|agent| agents.contains(&agent.id))
                            .map(|agent| self.render_agent(agent)),
                    );
                    people.into()
                }
                "organizations" => {
                    self.organizations_of(tickets.iter().filter_map(|asked| asked.user.organization_id).collect())
                }
                "metric_sets" => tickets.iter().map(|asked| self.render_metric(*asked)).collect(),
                _ => continue,
            };
            body.insert(side.into(), beside);
        }
        body
    }

    pub(super) fn one_metric(&self, _: &Ask, captures: &[String]) -> Answer {
        match number(captures).and_then(|id| self.ticket(id)) {
            Some(asked) => Answer::ok(json!({"ticket_metric": self.render_metric(asked)})),
            None => not_found(),
        }
    }

    pub(super) fn list_metrics(&self, ask: &Ask, _: &[String]) -> Answer {
        let page = paging::page(ask, &self.address, self.all_tickets().collect());
        either(page.map(|Page { items, mut envelope }| {
            envelope
                .insert("ticket_metrics".into(), items.into_iter().map(|asked| self.render_metric(asked)).collect());
            Answer::ok(Value::Object(envelope))
        }))
    }

    /// Filters: `score` (`good`, `bad`, `offered`, `received`, `…_with_comment`), `start_time`, `end_time` in epoch seconds.
    pub(super) fn list_satisfaction(&self, ask: &Ask, _: &[String]) -> Answer {
        let bound = |name: &str| {
            ask.param(name)
                .map(|text| text.parse().map(Moment).map_err(|_| invalid("times are epoch seconds")))
                .transpose()
        };
        let (start, end) = match (bound("start_time"), bound("end_time")) {
            (Ok(start), Ok(end)) => (start, end),
            (Err(answer), _) | (_, Err(answer)) => return answer,
        };
        let score = ask.param("score").unwrap_or_default();
        let mut rated: Vec<_> = self
            .all_tickets()
            .filter(|asked| {
                asked.ticket.satisfaction.as_ref().is_some_and(|rating| {
                    let commented = rating.comment.is_some();
                    let scored = match score.strip_suffix("_with_comment") {
                        Some(score) => {
                            commented && (rating.score == score || score == "received" && rating.score != "offered")
                        }
                        None => {
                            score.is_empty()
                                || rating.score == score
                                || score == "received" && rating.score != "offered"
                        }
                    };
                    scored
                        && start.is_none_or(|start| rating.created >= start)
                        && end.is_none_or(|end| rating.created < end)
                })
            })
            .collect();
        rated.sort_by_key(|asked| asked.ticket.satisfaction.as_ref().map(|rating| (rating.created, rating.id)));
        let page = paging::page(ask, &self.address, rated);
        either(page.map(|Page { items, mut envelope }| {
            envelope.insert(
                "satisfaction_ratings".into(),
                items.into_iter().filter_map(|asked| self.render_satisfaction(asked)).collect(),
            );
            Answer::ok(Value::Object(envelope))
        }))
    }
}

/// `sort=-created_at` (cursor) or `sort_by=created_at&sort_order=desc` (page numbers); by id where neither is said.
fn sort(ask: &Ask, tickets: &mut [Asked<'_>]) -> Result<(), Answer> {
    let (field, down) = match (ask.param("sort"), ask.param("sort_by")) {
        (Some(sort), _) => (sort.trim_start_matches('-'), sort.starts_with('-')),
        (None, Some(field)) => (field, ask.param("sort_order") == Some("desc")),
        (None, None) => return Ok(()),
    };
    let key: fn(&Asked<'_>) -> (Moment, u64) = match field {
        "id" => |asked| (Moment(0), asked.ticket.id),
        "created_at" => |asked| (asked.ticket.created, asked.ticket.id),
        "updated_at" => |asked| (asked.ticket.updated, asked.ticket.id),
        _ => return Err(invalid("sort must be id, created_at or updated_at")),
    };
    tickets.sort_by_key(key);
    if down {
        tickets.reverse();
    }
    Ok(())
}

fn number(captures: &[String]) -> Option<u64> {
    captures.first()?.parse().ok()
}
