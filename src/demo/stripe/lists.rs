//! Objects by id, and lists that go on after the last id.

use serde_json::{Value, json};

use super::ledger::{Field, Item, Kind};
use super::{Stripe, either, invalid, missing, problem, render};
use crate::demo::cast::PLANS;
use crate::demo::desk::{Answer, Ask};

impl Stripe {
    pub(super) fn customer(&self, ask: &Ask, captures: &[String]) -> Answer {
        self.one(ask, Kind::Customer, captures)
    }

    pub(super) fn subscription(&self, ask: &Ask, captures: &[String]) -> Answer {
        self.one(ask, Kind::Subscription, captures)
    }

    pub(super) fn invoice(&self, ask: &Ask, captures: &[String]) -> Answer {
        self.one(ask, Kind::Invoice, captures)
    }

    pub(super) fn charge(&self, ask: &Ask, captures: &[String]) -> Answer {
        self.one(ask, Kind::Charge, captures)
    }

    fn one(&self, ask: &Ask, kind: Kind, captures: &[String]) -> Answer {
        let id = captures.first().map_or("", String::as_str);
        match self.ledgers.item(kind, id) {
            Some(item) => either(self.expand(ask, item.render())),
            None => missing(404, kind.word(), "id", id),
        }
    }

    pub(super) fn product(&self, _: &Ask, captures: &[String]) -> Answer {
        let id = captures.first().map_or("", String::as_str);
        render::product(id).map_or_else(|| missing(404, "product", "id", id), Answer::ok)
    }

    /// Prices are known by the subscriptions that use them.
    pub(super) fn price(&self, ask: &Ask, captures: &[String]) -> Answer {
        let id = captures.first().map_or("", String::as_str);
        let known = PLANS.iter().any(|(_, price, ..)| id.starts_with(price));
        let price = self
            .ledgers
            .all(Kind::Subscription)
            .filter(|_| known)
            .map(|item| item.render()["items"]["data"][0]["price"].take())
            .find(|price| price["id"] == id);
        match price {
            Some(price) => either(self.expand(ask, price)),
            None => missing(404, "price", "id", id),
        }
    }

    /// Filters: `email` (exact, case and all), `created`.
    pub(super) fn customers(&self, ask: &Ask, _: &[String]) -> Answer {
        either(self.list(ask, Kind::Customer, &["email", "created"]))
    }

    /// Filters: `customer`, `status` (all but cancelled where it is not given; `all`, `ended`), `created`.
    pub(super) fn subscriptions(&self, ask: &Ask, _: &[String]) -> Answer {
        either(self.list(ask, Kind::Subscription, &["customer", "status", "created"]))
    }

    /// Filters: `customer`, `status`, `subscription`, `created`, `due_date`.
    pub(super) fn invoices(&self, ask: &Ask, _: &[String]) -> Answer {
        either(self.list(ask, Kind::Invoice, &["customer", "status", "subscription", "created", "due_date"]))
    }

    /// Filters: `customer`, `created`.
    pub(super) fn charges(&self, ask: &Ask, _: &[String]) -> Answer {
        either(self.list(ask, Kind::Charge, &["customer", "created"]))
    }

    /// Filters: `invoice`, `status`, `created`.
    pub(super) fn invoice_payments(&self, ask: &Ask, _: &[String]) -> Answer {
        either(self.list(ask, Kind::Payment, &["invoice", "status", "created"]))
    }

    fn list(&self, ask: &Ask, kind: Kind, filters: &[&str]) -> Result<Value, Answer> {
        for (key, _) in &ask.query {
            let name = key.split('[').next().unwrap_or_default();
            if !filters.contains(&name) && !matches!(name, "limit" | "starting_after" | "ending_before" | "expand") {
                return Err(problem(
                    400,
                    Some("parameter_unknown"),
                    Some(name),
                    &format!("Received unknown parameter: {name}"),
                ));
            }
        }
        let limit = limit(ask)?;
        let mut items: Vec<Item<'_>> = match ask.param("customer") {
            Some(customer) => {
                self.ledgers
                    .item(Kind::Customer, customer)
                    .ok_or_else(|| missing(400, "customer", "customer", customer))?;
                self.ledgers.of_customer(kind, customer)
            }
            None => self.ledgers.all(kind).collect(),
        };
        for filter in filters.iter().filter(|filter| **filter != "customer") {
            keep(ask, kind, filter, &mut items)?;
        }
        let place = |param: &str| match ask.param(param) {
            None => Ok(None),
            Some(id) => items
                .iter()
                .position(|item| item.id() == id)
                .map(Some)
                .ok_or_else(|| missing(400, kind.word(), param, id)),
        };
        let (start, end) = match (place("starting_after")?, place("ending_before")?) {
            (Some(_), Some(_)) => {
                return Err(invalid("ending_before", "send starting_after or ending_before, not both"));
            }
            (Some(after), None) => (after + 1, (after + 1 + limit).min(items.len())),
            (None, Some(before)) => (before.saturating_sub(limit), before),
            (None, None) => (0, limit.min(items.len())),
        };
        let has_more = if ask.param("ending_before").is_some() { start > 0 } else { end < items.len() };
        let data: Vec<Value> = items[start..end].iter().map(Item::render).collect();
        self.expand(
            ask,
            json!({"object": "list", "url": format!("/v1/{}", kind.path()), "has_more": has_more, "data": data}),
        )
    }
}

pub(super) fn limit(ask: &Ask) -> Result<usize, Answer> {
    match ask.param("limit").map(str::parse::<usize>) {
        None => Ok(10),
        Some(Ok(limit)) if (1..=100).contains(&limit) => Ok(limit),
        Some(_) => Err(invalid("limit", "limit must be an integer from 1 to 100")),
    }
}

/// Leaves those that a filter lets through: a value, or bounds such as `created[gte]`.
fn keep(ask: &Ask, kind: Kind, filter: &str, items: &mut Vec<Item<'_>>) -> Result<(), Answer> {
    for (key, value) in &ask.query {
        let bound =
            key.strip_prefix(filter).and_then(|rest| rest.strip_prefix('[')).and_then(|rest| rest.strip_suffix(']'));
        if key != filter && bound.is_none() {
            continue;
        }
        match (kind, filter, value.as_str()) {
            (Kind::Subscription, "status", "all") => {}
            (Kind::Subscription, "status", "ended") => {
                items.retain(|item| is(item, "status", "canceled") || is(item, "status", "incomplete_expired"))
            }
            (_, "created" | "due_date", text) => {
                let wanted: i64 = text.parse().map_err(|_| invalid(key, "Invalid integer"))?;
                let compare: fn(i64, i64) -> bool = match bound.unwrap_or("eq") {
                    "gt" => |left, right| left > right,
                    "gte" => |left, right| left >= right,
                    "lt" => |left, right| left < right,
                    "lte" => |left, right| left <= right,
                    "eq" => |left, right| left == right,
                    _ => return Err(invalid(key, "unknown bound")),
                };
                items.retain(|item| matches!(item.field(filter), Field::Number(number) if compare(number, wanted)));
            }
            (_, _, text) => items.retain(|item| is(item, filter, text)),
        }
    }
    if kind == Kind::Subscription && filter == "status" && ask.param("status").is_none() {
        items.retain(|item| !is(item, "status", "canceled"));
    }
    Ok(())
}

fn is(item: &Item<'_>, field: &str, value: &str) -> bool {
    matches!(item.field(field), Field::Text(text) if text == value)
}
