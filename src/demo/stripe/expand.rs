//! `expand[]`: ids become objects, and lists that are usually left out appear.

use serde_json::Value;

use super::ledger::{Kind, Of};
use super::render::{embedded, product};
use super::{Stripe, problem};
use crate::demo::desk::{Answer, Ask};

const DEEPEST: usize = 4;
const MOST: usize = 20;

impl Stripe {
    /// Expands what the caller names; paths in lists start with `data.`. Other paths than these are refused: `customer`,
    /// `latest_invoice`, `subscription`, `subscriptions`, `payments`, `invoice`, `charge`, `product`, and lists on the way.
    pub(super) fn expand(&self, ask: &Ask, mut body: Value) -> Result<Value, Answer> {
        let paths = ask.query.iter().filter(|(key, _)| key.starts_with("expand[")).map(|(_, path)| path.as_str());
        for path in paths.take(MOST) {
            if path == "total_count" {
                continue;
            }
            let steps: Vec<&str> = path.split('.').collect();
            let deep = steps.iter().filter(|step| **step != "data").count();
            if deep == 0 || deep > DEEPEST || !self.descend(&mut body, &steps) {
                return Err(problem(400, None, Some("expand"), &format!("This property cannot be expanded ({path}).")));
            }
        }
        Ok(body)
    }

    /// False when a step leads nowhere.
    fn descend(&self, value: &mut Value, steps: &[&str]) -> bool {
        let Some((step, rest)) = steps.split_first() else { return true };
        if let Value::Array(items) = value {
            return items.iter_mut().all(|item| self.descend(item, steps));
        }
        let Value::Object(object) = value else { return value.is_null() };
        let id = object.get("id").and_then(Value::as_str).map(str::to_owned);
        let kind = object.get("object").and_then(Value::as_str).unwrap_or_default();
        let side = match (kind, *step) {
            ("customer", "subscriptions") => Some(Kind::Subscription),
            ("invoice", "payments") => Some(Kind::Payment),
            _ => None,
        };
        if let (Some(side), Some(id)) = (side, id) {
            object.entry(*step).or_insert_with(|| self.beside(side, &id));
        }
        let Some(inner) = object.get_mut(*step) else { return false };
        if let Value::String(id) = inner {
            let found = self.ledgers.any(id).map(|item| item.render()).or_else(|| product(id));
            match found {
                Some(found) => *inner = found,
                None => return false,
            }
        } else if rest.is_empty() && !(side.is_some() || inner.is_null() || inner.get("object").is_some()) {
            return false;
        }
        self.descend(inner, rest)
    }

    fn beside(&self, kind: Kind, id: &str) -> Value {
        let items = match kind {
            Kind::Payment => self
                .ledgers
                .item(Kind::Invoice, id)
                .map(|invoice| self.ledgers.of_customer(kind, &invoice.payer.id))
                .unwrap_or_default()
                .into_iter()
                .filter(|item| matches!(item.of, Of::Payment(invoice, ..) if invoice.id == id))
                .collect(),
            _ => self.ledgers.of_customer(kind, id),
        };
        let data = items
            .into_iter()
            .filter(|item| !matches!(item.of, Of::Subscription(record) if record.status == "canceled"));
        embedded(format!("/v1/{}", kind.path()), data.map(|item| item.render()).collect())
    }
}
