//! The fields of the root.

use apollo_compiler::executable::SelectionSet;
use serde_json::{Value as Json, json};

use super::pages::Page;
use super::telling::{Account, Segment, unavailable};
use super::{Carried, Evaluator, Fields, sets};
use crate::differential::departments::{self, Holding};
use crate::differential::held::{Held, stub};
use crate::differential::mishaps::Told;

pub(super) const fn at_root() -> Holding {
    Holding { name: "", ty: "Query", department: "sales", fields: &[], after: None, look: |_, _| None }
}

pub(super) static ROOT_HOLDING: Holding = at_root();
/// Lists at the root are given by sales.
pub(super) const ROOT: &Holding = &ROOT_HOLDING;

impl<'e> Evaluator<'e> {
    pub(super) fn root(&mut self, set: &'e SelectionSet, account: &mut Account) -> Result<String, Carried> {
        let mut out = Vec::new();
        for (key, fields) in self.collect("Query", &[set]) {
            self.path.push(Segment::Key(key.clone()));
            let value = self.way_in(&fields, account);
            self.path.pop();
            out.push(format!("{}:{value}", json!(key)));
        }
        Ok(format!("{{{}}}", out.join(",")))
    }

    pub(super) fn way_in(&mut self, fields: &Fields<'e>, account: &mut Account) -> String {
        let field = fields[0];
        let sets = sets(fields);
        match field.name.as_str() {
            "__typename" => "\"Query\"".to_owned(),
            "customer" | "account" => {
                let ty = if field.name == "customer" { "Customer" } else { "Account" };
                self.looked_up(ty, &self.argument(field, "id"), &sets, account)
            }
            "customers" => {
                let ids = self.argument(field, "ids");
                // A single value stands for a list of one.
                let ids = if let Json::Array(ids) = ids { ids } else { vec![ids] };
                let outside = self.enter_list();
                let mut items = Vec::new();
                for (index, id) in ids.iter().enumerate() {
                    self.path.push(Segment::Index(index));
                    items.push(self.looked_up("Customer", id, &sets, account));
                    self.path.pop();
                }
                self.outside = outside;
                format!("[{}]", items.join(","))
            }
            "customersByEmail" => {
                if let Some(told) = self.asked_at_root("crmContactsByEmail", account) {
                    self.failed(field, "crmContactsByEmail", &told);
                    return "null".to_owned();
                }
                let email = self.argument(field, "email");
                let ids = departments::with_email(self.cast, email.as_str().unwrap());
                let stubs: Vec<Held> = ids.iter().map(|id| stub("Customer", Some(id))).collect();
                self.items(fields, &stubs, ROOT, account)
            }
            _ => self.all_customers(fields, account),
        }
    }

    pub(super) fn looked_up(
        &mut self,
        ty: &'static str,
        id: &Json,
        sets: &[&'e SelectionSet],
        account: &mut Account,
    ) -> String {
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        let Held::Object(base) = stub(ty, Some(&id)) else { unreachable!("a stub with a key") };
        self.object(&base, None, true, sets, account).ok().flatten().unwrap_or_else(|| "null".to_owned())
    }

    /// Whether a question at the root fails. Both are asked of sales.
    pub(super) fn asked_at_root(&self, name: &'static str, account: &mut Account) -> Option<Told> {
        let asked = Holding { name, ..at_root() };
        let told = self.mishaps.iter().find_map(|mishap| mishap.fails(&asked));
        match &told {
            Some(told) => account.notes.push(unavailable(told)),
            None => account.fresh("sales"),
        }
        told
    }

    pub(super) fn all_customers(&mut self, fields: &Fields<'e>, account: &mut Account) -> String {
        const MOST: usize = 200;
        let field = fields[0];
        if let Some(told) = self.asked_at_root("crmCustomerPages", account) {
            self.failed(field, "crmCustomerPages", &told);
            return "null".to_owned();
        }
        let first = self.argument(field, "first").as_u64().map_or(MOST, |first| first as usize).min(MOST);
        let after = self.argument(field, "after");
        let mut ids = departments::known_customers(self.cast);
        ids.retain(|id| after.as_str().is_none_or(|after| id.as_str() > after));
        let page = Page {
            total: None,
            has_previous: after.is_string(),
            has_next: ids.len() > first,
            start: 0,
            items: ids.iter().take(first).map(|id| stub("Customer", Some(id))).collect(),
            cursor: |_, item| match item {
                Held::Object(object) => object.key("id").unwrap(),
                _ => String::new(),
            },
        };
        self.connection(fields, &page, ROOT, account)
    }
}
