//! Search: at most ten clauses, all joined by AND or all by OR.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::ledger::{Field, Item, Kind};
use super::lists::limit;
use super::{Stripe, either, invalid};
use crate::demo::desk::{Answer, Ask};

const MOST_CLAUSES: usize = 10;
const LONGEST: usize = 10_000;

struct Clause {
    negated: bool,
    field: Name,
    operator: &'static str,
    value: Wanted,
}

enum Name {
    Plain(String),
    Metadata(String),
}

#[derive(Debug, PartialEq)]
enum Wanted {
    Text(String),
    Number(i64),
    Null,
}

struct Search {
    clauses: Vec<Clause>,
    any: bool,
}

fn parse(query: &str) -> Result<Search, String> {
    let mut rest = query.trim_start();
    let mut search = Search { clauses: Vec::new(), any: false };
    let mut all = false;
    loop {
        let (clause, after) = clause(rest)?;
        search.clauses.push(clause);
        if search.clauses.len() > MOST_CLAUSES {
            return Err("You can only use 10 query clauses in a search".into());
        }
        rest = after.trim_start();
        if rest.is_empty() {
            return Ok(search);
        }
        let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        match word {
            "OR" | "or" => (search.any, rest) = (true, after.trim_start()),
            "AND" | "and" => (all, rest) = (true, after.trim_start()),
            // Clauses beside each other are joined by AND.
            _ => all = true,
        }
        if all && search.any {
            return Err("You cannot combine AND and OR in one query".into());
        }
    }
}

fn clause(text: &str) -> Result<(Clause, &str), String> {
    let (negated, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let end =
        text.find(|letter: char| !(letter.is_ascii_alphanumeric() || "_.".contains(letter))).unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    let field = if name == "metadata" {
        let inner = rest.strip_prefix('[').ok_or("metadata needs a key in brackets")?;
        let (key, after) = quoted(inner)?;
        rest = after.strip_prefix(']').ok_or("metadata needs a closing bracket")?;
        Name::Metadata(key)
    } else if name.is_empty() {
        return Err("a field name is expected".into());
    } else {
        Name::Plain(name.into())
    };
    let operator = [">=", "<=", ">", "<", ":", "~"]
        .into_iter()
        .find(|operator| rest.starts_with(operator))
        .ok_or("an operator is expected")?;
    let rest = &rest[operator.len()..];
    let (value, rest) = if rest.starts_with(['\'', '"']) {
        let (text, after) = quoted(rest)?;
        (Wanted::Text(text), after)
    } else {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let number = word.parse().map(Wanted::Number);
        (if word == "null" { Wanted::Null } else { number.map_err(|_| "strings must be quoted")? }, after)
    };
    match (&value, operator) {
        (Wanted::Text(text), "~") if text.chars().count() < 3 => {
            return Err("substring search needs at least 3 characters".into());
        }
        (Wanted::Text(text), ">" | "<" | ">=" | "<=") if text.parse::<i64>().is_err() => {
            return Err("comparisons need numbers".into());
        }
        _ => {}
    }
    Ok((Clause { negated, field, operator, value }, rest))
}

fn quoted(text: &str) -> Result<(String, &str), String> {
    let quote = text.chars().next().filter(|quote| matches!(quote, '\'' | '"')).ok_or("a quoted string is expected")?;
    let mut value = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((place, letter)) = letters.next() {
        match letter {
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            letter if letter == quote => return Ok((value, &text[place + 1..])),
            letter => value.push(letter),
        }
    }
    Err("a string is not closed".into())
}

/// Fields that each kind may be searched by.
fn fields(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Customer => &["created", "email", "name", "phone"],
        Kind::Invoice => &["created", "currency", "customer", "number", "status", "subscription", "total"],
        Kind::Charge => &["amount", "created", "currency", "customer", "disputed", "refunded", "status"],
        Kind::Subscription => &["created", "canceled_at", "status"],
        Kind::Payment => &[],
    }
}

impl Clause {
    fn holds(&self, item: &Item<'_>) -> bool {
        let value = match &self.field {
            Name::Plain(name) => item.field(name),
            Name::Metadata(key) => item.metadata(key),
        };
        let found = match (&value, &self.value) {
            (Field::Null | Field::Unknown, wanted) => *wanted == Wanted::Null,
            (Field::Text(text), Wanted::Text(wanted)) if self.operator == "~" => {
                text.to_lowercase().contains(&wanted.to_lowercase())
            }
            (Field::Text(text), Wanted::Text(wanted)) => text.to_lowercase() == wanted.to_lowercase(),
            (Field::Number(number), Wanted::Number(wanted)) => self.compares(*number, *wanted),
            (Field::Number(number), Wanted::Text(wanted)) => {
                wanted.parse().is_ok_and(|wanted| self.compares(*number, wanted))
            }
            _ => false,
        };
        found != self.negated
    }

    fn compares(&self, number: i64, wanted: i64) -> bool {
        match self.operator {
            ">" => number > wanted,
            "<" => number < wanted,
            ">=" => number >= wanted,
            "<=" => number <= wanted,
            _ => number == wanted,
        }
    }
}

impl Stripe {
    pub(super) fn search_customers(&self, ask: &Ask, _: &[String]) -> Answer {
        either(self.search(ask, Kind::Customer))
    }

    pub(super) fn search_invoices(&self, ask: &Ask, _: &[String]) -> Answer {
        either(self.search(ask, Kind::Invoice))
    }

    pub(super) fn search_subscriptions(&self, ask: &Ask, _: &[String]) -> Answer {
        either(self.search(ask, Kind::Subscription))
    }

    pub(super) fn search_charges(&self, ask: &Ask, _: &[String]) -> Answer {
        either(self.search(ask, Kind::Charge))
    }

    fn search(&self, ask: &Ask, kind: Kind) -> Result<Value, Answer> {
        let query = ask.param("query").filter(|query| !query.trim().is_empty() && query.len() <= LONGEST);
        let query = query.ok_or_else(|| invalid("query", "Missing required param: query."))?;
        let search = parse(query).map_err(|message| invalid("query", &message))?;
        for clause in &search.clauses {
            if let Name::Plain(name) = &clause.field
                && !fields(kind).contains(&name.as_str())
            {
                return Err(invalid(
                    "query",
                    &format!("Field `{name}` is an unsupported search field for resource `{}`.", kind.path()),
                ));
            }
        }
        let limit = limit(ask)?;
        let start =
            ask.param("page").map_or(Ok(0), |page| place(page).ok_or_else(|| invalid("page", "Invalid page token")))?;
        let items: Vec<Item<'_>> = self.candidates(kind, &search);
        let holds = |item: &Item<'_>| {
            let mut clauses = search.clauses.iter();
            if search.any { clauses.any(|clause| clause.holds(item)) } else { clauses.all(|clause| clause.holds(item)) }
        };
        let found: Vec<Item<'_>> = items.into_iter().filter(holds).collect();
        let end = start.saturating_add(limit).min(found.len());
        let data: Vec<Value> = found.iter().skip(start).take(limit).map(Item::render).collect();
        let has_more = end < found.len();
        let mut body = json!({
            "object": "search_result",
            "url": format!("/v1/{}/search", kind.path()),
            "has_more": has_more,
            "next_page": has_more.then(|| URL_SAFE_NO_PAD.encode(format!("at:{end}"))),
            "data": data,
        });
        if ask.query.iter().any(|(key, value)| key.starts_with("expand[") && value == "total_count") {
            body["total_count"] = json!(found.len());
        }
        self.expand(ask, body)
    }

    /// Everything of the kind, or the few that a search for customer ids alone can mean; the answer is the same.
    fn candidates(&self, kind: Kind, search: &Search) -> Vec<Item<'_>> {
        let by_key = |clause: &Clause| match (&clause.field, clause.operator, &clause.value) {
            (Name::Metadata(key), ":", Wanted::Text(value)) if key == "customer_id" && !clause.negated => {
                Some(value.to_lowercase())
            }
            _ => None,
        };
        let keys: Option<Vec<String>> = search.clauses.iter().map(by_key).collect();
        match keys {
            Some(keys) if kind == Kind::Customer && search.any => {
                let mut ids: Vec<&str> =
                    keys.iter().filter_map(|key| Some(self.ledgers.by_customer_id(key)?.id())).collect();
                ids.sort_unstable();
                ids.dedup();
                let mut items: Vec<Item<'_>> = ids.into_iter().filter_map(|id| self.ledgers.item(kind, id)).collect();
                items.sort_by_key(|item| (std::cmp::Reverse(item.payer.created), item.id().to_owned()));
                items
            }
            _ => self.ledgers.all(kind).collect(),
        }
    }
}

fn place(token: &str) -> Option<usize> {
    let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    plain.strip_prefix("at:")?.parse().ok()
}
