//! What each department holds of a key, in the contract's terms: the cast, read as the contract promises it.

mod billing;
mod marketing;
mod sales;
mod support;
mod usage;

use c360::demo::cast::Cast;

use super::held::Held;

/// What a holding has of one key: the contract's fields, or nothing.
type Fields = Option<Vec<(&'static str, Held)>>;

/// One thing that a department can be asked: which fields of which type it has.
pub(super) struct Holding {
    /// The name under which errors tell of it.
    pub(super) name: &'static str,
    pub(super) ty: &'static str,
    pub(super) department: &'static str,
    pub(super) fields: &'static [&'static str],
    /// The holding that knows the department's own id of the object; asked first.
    pub(super) after: Option<&'static str>,
    pub(super) look: fn(&Cast, &str) -> Fields,
}

/// Departments by name and title, in the order in which they are told of.
pub(super) const DEPARTMENTS: [(&str, &str); 5] = [
    ("billing", "Billing"),
    ("marketing", "Marketing"),
    ("sales", "Sales"),
    ("support", "Support"),
    ("usage", "Usage"),
];

/// Who is asked next where the one before is down or does not know.
pub(super) fn preference(ty: &str, field: &str) -> Option<[&'static str; 3]> {
    match (ty, field) {
        ("Customer", "name" | "email" | "phone" | "origin") => Some(["crmContact", "helpdeskUser", "billingCustomer"]),
        ("Account", "name" | "origin") => Some(["crmAccount", "helpdeskOrganization", "marketingCompany"]),
        _ => None,
    }
}

/// Who decides whether somebody exists.
pub(super) fn registers(ty: &str) -> &'static [&'static str] {
    match ty {
        "Customer" => &["crmContact", "helpdeskUser", "marketingContact", "billingCustomer"],
        "Account" => &["crmAccount", "helpdeskOrganization", "marketingCompany"],
        _ => &[],
    }
}

pub(super) fn all() -> impl Iterator<Item = &'static Holding> {
    [sales::HOLDINGS, support::HOLDINGS, marketing::HOLDINGS, billing::HOLDINGS, usage::HOLDINGS].into_iter().flatten()
}

pub(super) fn named(name: &str) -> &'static Holding {
    all().find(|holding| holding.name == name).unwrap()
}

/// The holding of a field that nobody else has.
pub(super) fn of(ty: &str, field: &str) -> Option<&'static Holding> {
    all().find(|holding| holding.ty == ty && holding.fields.contains(&field))
}

pub(super) use sales::{known_customers, with_email};
