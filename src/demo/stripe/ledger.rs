//! The ways into the cast's billing: every object by its id, every kind newest first, every field that filters and searches ask for.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::demo::cast::{BillingCustomer, Cast, Charge, Invoice, Moment, Person, Subscription};

/// Kinds of objects that are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Customer,
    Subscription,
    Invoice,
    Charge,
    Payment,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Customer, Self::Subscription, Self::Invoice, Self::Charge, Self::Payment];

    /// As it stands in paths.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Customer => "customers",
            Self::Subscription => "subscriptions",
            Self::Invoice => "invoices",
            Self::Charge => "charges",
            Self::Payment => "invoice_payments",
        }
    }

    /// As errors name it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Subscription => "subscription",
            Self::Invoice => "invoice",
            Self::Charge => "charge",
            Self::Payment => "invoice_payment",
        }
    }

    fn count(self, payer: &BillingCustomer) -> usize {
        match self {
            Self::Customer => 1,
            Self::Subscription => payer.subscriptions.len(),
            Self::Invoice | Self::Payment => payer.invoices.len(),
            Self::Charge => payer.charges.len(),
        }
    }
}

/// An object with the person it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) person: &'a Person,
    pub(super) payer: &'a BillingCustomer,
    pub(super) of: Of<'a>,
}

/// What it is.
#[derive(Clone, Copy)]
pub(super) enum Of<'a> {
    Customer,
    Subscription(&'a Subscription),
    Invoice(&'a Invoice),
    Charge(&'a Charge),
    /// The payment of an invoice: its id and the charge's.
    Payment(&'a Invoice, &'a str, &'a str),
}

/// A field's value, as filters and searches see it.
pub(super) enum Field<'a> {
    Text(Cow<'a, str>),
    Number(i64),
    Null,
    /// The kind has no such field to search by.
    Unknown,
}

impl<'a> From<Option<&'a str>> for Field<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text.into()))
    }
}

impl<'a> Item<'a> {
    pub(super) fn id(&self) -> &'a str {
        match self.of {
            Of::Customer => &self.payer.id,
            Of::Subscription(subscription) => &subscription.id,
            Of::Invoice(invoice) => &invoice.id,
            Of::Charge(charge) => &charge.id,
            Of::Payment(_, id, _) => id,
        }
    }

    fn created(&self) -> Moment {
        match self.of {
            Of::Customer => self.payer.created,
            Of::Subscription(subscription) => subscription.started,
            Of::Invoice(invoice) => invoice.created,
            Of::Charge(charge) => charge.created,
            Of::Payment(invoice, ..) => invoice.paid.unwrap_or(invoice.created),
        }
    }

    /// A key of the object's metadata; only customers have any.
    pub(super) fn metadata(&self, key: &str) -> Field<'a> {
        match (self.of, key) {
            (Of::Customer, "customer_id") => Some(self.person.id.as_str()).into(),
            (Of::Customer, "account_id") => self.person.account_id.as_deref().into(),
            _ => Field::Null,
        }
    }

    pub(super) fn field(&self, name: &str) -> Field<'a> {
        let time = |moment: Option<Moment>| moment.map_or(Field::Null, |moment| Field::Number(moment.0));
        match (self.of, name) {
            (_, "created") => Field::Number(self.created().0),
            (Of::Customer, "email") => self.payer.email.as_deref().into(),
            (Of::Customer, "name") => self.payer.name.as_deref().into(),
            (Of::Customer, "phone") => self.payer.phone.as_deref().into(),
            (Of::Subscription(subscription), "status") => Some(subscription.status.as_str()).into(),
            (Of::Subscription(subscription), "canceled_at") => time(subscription.canceled),
            (Of::Subscription(_) | Of::Customer | Of::Payment(..), "currency") => Field::Unknown,
            (Of::Invoice(_) | Of::Charge(_), "customer") => Some(self.payer.id.as_str()).into(),
            (Of::Invoice(_) | Of::Charge(_), "currency") => Some(self.payer.currency.as_str()).into(),
            (Of::Invoice(invoice), "status") => Some(invoice.status.as_str()).into(),
            (Of::Invoice(invoice), "number") => invoice.number.as_deref().into(),
            (Of::Invoice(invoice), "subscription") => invoice.subscription.as_deref().into(),
            (Of::Invoice(invoice), "total") => Field::Number(invoice.total_minor),
            (Of::Invoice(invoice), "due_date") => time(invoice.due),
            (Of::Charge(charge), "status") => Some(charge.status.as_str()).into(),
            (Of::Charge(charge), "amount") => Field::Number(charge.amount_minor),
            (Of::Charge(charge), "disputed") => Some(if charge.disputed { "true" } else { "false" }).into(),
            (Of::Charge(charge), "refunded") => {
                Some(if charge.refunded_minor == charge.amount_minor { "true" } else { "false" }).into()
            }
            (Of::Payment(invoice, ..), "invoice") => Some(invoice.id.as_str()).into(),
            (Of::Payment(..), "status") => Some("paid").into(),
            _ => Field::Unknown,
        }
    }
}

/// Everything, by id and newest first.
pub(super) struct Ledgers {
    cast: Arc<Cast>,
    newest: HashMap<Kind, Vec<(usize, usize)>>,
    by_id: HashMap<String, (Kind, usize, usize)>,
}

impl Ledgers {
    pub(super) fn of(cast: Arc<Cast>) -> Self {
        let mut ledgers = Self { cast, newest: HashMap::new(), by_id: HashMap::new() };
        let cast = ledgers.cast.clone();
        for kind in Kind::ALL {
            let mut places = Vec::new();
            for (person, payer) in
                cast.persons.iter().enumerate().filter_map(|(place, person)| Some((place, person.billing.as_ref()?)))
            {
                places.extend(
                    (0..kind.count(payer))
                        .map(|index| (person, index))
                        .filter(|place| item(&cast, kind, *place).is_some()),
                );
            }
            for (person, index) in &places {
                if let Some(item) = item(&cast, kind, (*person, *index)) {
                    ledgers.by_id.insert(item.id().into(), (kind, *person, *index));
                }
            }
            places.sort_by_cached_key(|place| {
                item(&cast, kind, *place).map(|item| (std::cmp::Reverse(item.created()), item.id().to_owned()))
            });
            ledgers.newest.insert(kind, places);
        }
        ledgers
    }

    pub(super) fn item(&self, kind: Kind, id: &str) -> Option<Item<'_>> {
        let (found, person, index) = *self.by_id.get(id)?;
        (found == kind).then(|| item(&self.cast, kind, (person, index))).flatten()
    }

    /// An object of whatever kind.
    pub(super) fn any(&self, id: &str) -> Option<Item<'_>> {
        let (kind, person, index) = *self.by_id.get(id)?;
        item(&self.cast, kind, (person, index))
    }

    /// All of a kind, newest first.
    pub(super) fn all(&self, kind: Kind) -> impl Iterator<Item = Item<'_>> {
        self.newest.get(&kind).into_iter().flatten().filter_map(move |place| item(&self.cast, kind, *place))
    }

    /// Those of one customer, newest first; nothing for an unknown id.
    pub(super) fn of_customer(&self, kind: Kind, customer: &str) -> Vec<Item<'_>> {
        let Some((_, person, _)) = self.by_id.get(customer).filter(|(kind, ..)| *kind == Kind::Customer) else {
            return Vec::new();
        };
        let count = self
            .cast
            .persons
            .get(*person)
            .and_then(|person| person.billing.as_ref())
            .map_or(0, |payer| kind.count(payer));
        (0..count).filter_map(|index| item(&self.cast, kind, (*person, index))).collect()
    }

    /// The customer object of one of our customer ids.
    pub(super) fn by_customer_id(&self, id: &str) -> Option<Item<'_>> {
        let person = self.cast.person(id)?;
        Some(Item { person, payer: person.billing.as_ref()?, of: Of::Customer })
    }
}

fn item(cast: &Cast, kind: Kind, (person, index): (usize, usize)) -> Option<Item<'_>> {
    let person = cast.persons.get(person)?;
    let payer = person.billing.as_ref()?;
    let of = match kind {
        Kind::Customer => Of::Customer,
        Kind::Subscription => Of::Subscription(payer.subscriptions.get(index)?),
        Kind::Invoice => Of::Invoice(payer.invoices.get(index)?),
        Kind::Charge => Of::Charge(payer.charges.get(index)?),
        Kind::Payment => {
            let invoice = payer.invoices.get(index)?;
            let (id, charge) = invoice.payment.as_ref()?;
            Of::Payment(invoice, id, charge)
        }
    };
    Some(Item { person, payer, of })
}
