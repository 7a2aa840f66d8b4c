//! What goes wrong in the town, and what the evaluator is told of it.

use c360::demo::{Fault, Town, Which};
use serde_json::{Value as Json, json};

use super::departments::Holding;
use super::dice::Dice;
use super::held::{Held, Object};

/// What goes wrong while one question is answered.
#[derive(Clone, Debug)]
pub(super) enum Mishap {
    /// A department, or one of its counters, does something else than answer.
    Down { which: Which, counter: Option<&'static Counter>, fault: Fault },
    /// Values are of another type than they should be.
    Bent(&'static Bend),
    /// Lists are kept shorter than they are.
    Narrow,
}

/// One address of a department and the holdings that are asked there.
#[derive(Debug)]
pub(super) struct Counter {
    which: Which,
    route: &'static str,
    holdings: &'static [&'static str],
}

const fn counter(which: Which, route: &'static str, holdings: &'static [&'static str]) -> Counter {
    Counter { which, route, holdings }
}

const COUNTERS: &[Counter] = &[
    counter(Which::Support, "GET /api/v2/users/show_many", &["helpdeskUser"]),
    counter(Which::Support, "GET /api/v2/users/{id}/tickets/requested", &["helpdeskTickets"]),
    counter(Which::Support, "GET /api/v2/tickets/show_many", &["helpdeskTicketMetrics"]),
    counter(Which::Support, "GET /api/v2/organizations/show_many", &["helpdeskOrganization"]),
    counter(Which::Support, "GET /api/v2/organizations/{id}/tickets", &["helpdeskAccountTickets"]),
    counter(Which::Marketing, "POST /crm/v3/objects/{type}/batch/read", &["marketingContact", "marketingCompany"]),
    counter(Which::Marketing, "GET /email/public/v1/events", &["marketingEmailEvents"]),
    counter(Which::Marketing, "GET /events/v3/events", &["marketingDownloads", "marketingResponses"]),
    counter(Which::Marketing, "GET /communication-preferences/v3/status/email/{email}", &["marketingConsents"]),
    counter(Which::Billing, "GET /v1/customers/search", &["billingCustomer"]),
    counter(Which::Billing, "GET /v1/invoices/search", &["billingInvoices"]),
    counter(Which::Billing, "GET /v1/charges/search", &["billingPayments"]),
    counter(Which::Billing, "GET /v1/subscriptions", &["billingSubscriptions"]),
];

/// A holding's or a type's name, a field (or `field.field`), and what it then holds.
type Spot = (&'static str, &'static str, fn() -> Held);

/// A property whose value is another than it should be, and what becomes of it in the contract.
#[derive(Debug)]
pub(super) struct Bend {
    which: Which,
    route: &'static str,
    property: &'static str,
    value: fn() -> Json,
    spots: &'static [Spot],
}

const SALES: &str = "GET /services/data/{version}/query";
const CHARGES: &str = "GET /v1/charges/search";

fn misfit() -> Held {
    Held::Misfit
}

fn null() -> Held {
    Held::Null
}

const BENDS: &[Bend] = &[
    Bend {
        which: Which::Sales,
        route: SALES,
        property: "Title",
        value: || json!({"a": 1}),
        spots: &[("crmContact", "jobTitle", misfit)],
    },
    Bend {
        which: Which::Sales,
        route: SALES,
        property: "MailingAddress",
        value: || json!("somewhere"),
        spots: &[("crmContact", "mailingAddress", misfit)],
    },
    Bend {
        which: Which::Sales,
        route: SALES,
        property: "Probability",
        value: || json!("high"),
        spots: &[("Deal", "probabilityPercent", misfit), ("StageChange", "probabilityPercent", misfit)],
    },
    Bend {
        which: Which::Sales,
        route: SALES,
        property: "Subject",
        value: || json!(7),
        spots: &[
            ("Call", "subject", misfit),
            ("EmailActivity", "subject", misfit),
            ("Meeting", "subject", misfit),
            ("ToDo", "subject", misfit),
        ],
    },
    Bend {
        which: Which::Support,
        route: "GET /api/v2/users/{id}/tickets/requested",
        property: "subject",
        value: || json!(["a"]),
        spots: &[("Ticket", "subject", misfit)],
    },
    Bend {
        which: Which::Support,
        route: "GET /api/v2/users/{id}/tickets/requested",
        property: "tags",
        value: || json!(["how_to", 5, null]),
        spots: &[
            ("Ticket", "tags", || Held::List(vec![Held::Leaf("\"how_to\"".into()), Held::Misfit, Held::Misfit])),
            ("Ticket", "isEscalated", || Held::Leaf("false".into())),
        ],
    },
    Bend {
        which: Which::Support,
        route: "GET /api/v2/users/show_many",
        property: "locale",
        value: || json!(3),
        spots: &[("SupportProfile", "language", misfit)],
    },
    Bend {
        which: Which::Support,
        route: "GET /api/v2/tickets/show_many",
        property: "replies",
        value: || json!("many"),
        spots: &[("TicketMetrics", "replies", misfit)],
    },
    Bend {
        which: Which::Marketing,
        route: "GET /events/v3/events",
        property: "hs_title",
        value: || json!(5),
        spots: &[("ContentDownload", "title", misfit), ("CampaignResponse", "campaign", misfit)],
    },
    Bend {
        which: Which::Marketing,
        route: "POST /crm/v3/objects/{type}/batch/read",
        property: "name",
        value: || json!({}),
        spots: &[("marketingCompany", "name", misfit)],
    },
    Bend {
        which: Which::Billing,
        route: CHARGES,
        property: "disputed",
        value: || json!("no"),
        spots: &[("Payment", "isDisputed", misfit)],
    },
    Bend {
        which: Which::Billing,
        route: CHARGES,
        property: "id",
        value: || json!(null),
        spots: &[("Payment", "id", null), ("Payment", "origin.id", null)],
    },
    Bend {
        which: Which::Billing,
        route: CHARGES,
        property: "id",
        value: || json!({"no": "id"}),
        spots: &[("Payment", "id", misfit), ("Payment", "origin.id", misfit)],
    },
    Bend {
        which: Which::Billing,
        route: "GET /v1/invoices/search",
        property: "number",
        value: || json!(12.5),
        spots: &[("Invoice", "number", misfit)],
    },
    Bend {
        which: Which::Billing,
        route: "GET /v1/subscriptions",
        property: "quantity",
        value: || json!(1.5),
        spots: &[("SubscriptionItem", "quantity", misfit)],
    },
    Bend {
        which: Which::Billing,
        route: "GET /v1/subscriptions",
        property: "start_date",
        value: || json!(null),
        spots: &[("Subscription", "startedAt", null)],
    },
    Bend {
        which: Which::Usage,
        route: "GET /v1/usage",
        property: "value",
        value: || json!("lots"),
        spots: &[("UsageMetric", "value", misfit)],
    },
    Bend {
        which: Which::Usage,
        route: "GET /v1/usage",
        property: "seats_used",
        value: || json!(3_000_000_000_u64),
        spots: &[("Usage", "seatsUsed", misfit)],
    },
];

/// Lists that are kept shorter in the narrow gateway: type, field, how many; and how they are kept short.
pub(super) const NARROW: &[(&str, &str, usize)] = &[
    ("Customer", "tickets", 200),
    ("Customer", "invoices", 3),
    ("Customer", "contentDownloads", 1),
    ("Customer", "marketingEmails", 2),
    ("Customer", "activities", 2),
    ("Deal", "stageHistory", 2),
    ("Account", "contacts", 3),
];

/// The shipped schema with those lists kept short: text that stands there once, and what stands there instead.
pub(super) const NARROWER: &[(&str, &str, &str)] = &[
    // Two pages of a hundred.
    ("support", "into: URL\n      maxPages: 5", "into: URL\n      maxPages: 2"),
    (
        "billing",
        "invoices: [Invoice!] @connection(by: GATEWAY, max: 500)",
        "invoices: [Invoice!] @connection(by: GATEWAY, max: 3)",
    ),
    (
        "marketing",
        "@call(connect: \"marketingDownloads\", maxParallel: 4)\n    @connection(by: GATEWAY, max: 200)",
        "@call(connect: \"marketingDownloads\", maxParallel: 4)\n    @connection(by: GATEWAY, max: 1)",
    ),
    (
        "marketing",
        "@call(connect: \"marketingEmailEvents\", maxParallel: 4)\n    @connection(by: GATEWAY, max: 200)",
        "@call(connect: \"marketingEmailEvents\", maxParallel: 4)\n    @connection(by: GATEWAY, max: 2)",
    ),
    (
        "sales",
        "activities: [Activity!] @connection(by: GATEWAY, max: 200)",
        "activities: [Activity!] @connection(by: GATEWAY, max: 2)",
    ),
    (
        "sales",
        "stageHistory: [StageChange!] @connection(by: GATEWAY, max: 200)",
        "stageHistory: [StageChange!] @connection(by: GATEWAY, max: 2)",
    ),
    (
        "sales",
        "contacts: [Customer!] @connection(by: GATEWAY, max: 2000)",
        "contacts: [Customer!] @connection(by: GATEWAY, max: 3)",
    ),
];

/// What clients are told of a failed call.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) status: Option<u16>,
    pub(super) holding: &'static str,
    pub(super) department: &'static str,
}

impl Mishap {
    /// None, one or several.
    pub(super) fn throw(dice: &mut Dice) -> Vec<Mishap> {
        let mut mishaps = Vec::new();
        if dice.chance(30) {
            mishaps.push(Mishap::Narrow);
        }
        while mishaps.is_empty() || dice.chance(25) {
            mishaps.push(match dice.below(4) {
                0 | 1 => Mishap::Bent(dice.pick(BENDS)),
                2 => {
                    let counter = dice.pick(COUNTERS);
                    Mishap::Down { which: counter.which, counter: Some(counter), fault: fault(dice) }
                }
                _ => Mishap::Down { which: *dice.pick(&Which::ALL), counter: None, fault: fault(dice) },
            });
        }
        // Of several faults of one department the whole department's comes first: it mends what was set before.
        mishaps.sort_by_key(|mishap| !matches!(mishap, Mishap::Down { counter: None, .. }));
        let mut down = Vec::new();
        mishaps.retain(|mishap| match mishap {
            Mishap::Down { which, counter: None, .. } => {
                let first = !down.contains(which);
                down.push(*which);
                first
            }
            Mishap::Down { which, .. } => {
                let first = !down.contains(which);
                down.push(*which);
                first
            }
            _ => true,
        });
        mishaps
    }

    pub(super) fn happen(&self, town: &Town) {
        match self {
            Mishap::Down { which, counter: None, fault } => town.department(*which).fail(*fault),
            Mishap::Down { which, counter: Some(counter), fault } => {
                town.department(*which).fail_route(counter.route, *fault);
            }
            Mishap::Bent(bend) => town.department(bend.which).distort(bend.route, bend.property, (bend.value)()),
            Mishap::Narrow => {}
        }
    }

    /// Whether a holding cannot be asked, and what is then said.
    pub(super) fn fails(&self, holding: &Holding) -> Option<Told> {
        let Mishap::Down { which, counter, fault } = self else { return None };
        let hit = match counter {
            Some(counter) => counter.holdings.contains(&holding.name),
            None => which.name() == holding.department,
        };
        hit.then(|| told(*which, *fault, holding))
    }

    /// Bends what a holding has.
    pub(super) fn bend(&self, holding: &Holding, fields: &mut Vec<(&'static str, Held)>) {
        let Mishap::Bent(bend) = self else { return };
        let asked_there = COUNTERS
            .iter()
            .find(|counter| counter.which == bend.which && counter.route == bend.route)
            .is_none_or(|counter| counter.holdings.contains(&holding.name));
        if bend.which.name() != holding.department || !asked_there {
            return;
        }
        for (place, field, held) in bend.spots {
            if *place == holding.name {
                fields.iter_mut().filter(|(name, _)| name == field).for_each(|(_, value)| *value = held());
            }
            fields.iter_mut().for_each(|(_, value)| within(value, place, field, *held));
        }
    }
}

fn within(value: &mut Held, place: &str, field: &str, held: fn() -> Held) {
    match value {
        Held::Object(object) => {
            if object.ty == place {
                set(object, field, held);
            }
            object.fields.iter_mut().for_each(|(_, value)| within(value, place, field, held));
        }
        Held::List(items) => items.iter_mut().for_each(|item| within(item, place, field, held)),
        Held::Null | Held::Misfit | Held::Leaf(_) => {}
    }
}

fn set(object: &mut Object, field: &str, held: fn() -> Held) {
    let (outer, inner) = field.split_once('.').map_or((field, None), |(outer, inner)| (outer, Some(inner)));
    for (name, value) in &mut object.fields {
        if *name == outer {
            match (inner, &mut *value) {
                (Some(inner), Held::Object(object)) => set(object, inner, held),
                _ => *value = held(),
            }
        }
    }
}

fn fault(dice: &mut Dice) -> Fault {
    *dice.pick(&[
        Fault::Refuse500,
        Fault::Unavailable503,
        Fault::RateLimited,
        Fault::Html,
        Fault::TruncatedJson,
        Fault::NotUtf8,
        Fault::Deep,
    ])
}

fn told(which: Which, fault: Fault, holding: &Holding) -> Told {
    let department = which.name();
    let (code, says, status) = match (fault, which) {
        (Fault::Refuse500, _) => ("UNAVAILABLE", "answered with an error", 500),
        (Fault::Unavailable503, _) => ("UNAVAILABLE", "answered with an error", 503),
        (Fault::RateLimited, Which::Sales) => ("RATE_LIMITED", "is asked too much at the moment", 403),
        (Fault::RateLimited, _) => ("RATE_LIMITED", "is asked too much at the moment", 429),
        _ => ("UPSTREAM_INVALID", "sent an answer that cannot be read", 200),
    };
    Told {
        code,
        message: format!("{department} {says}"),
        status: Some(status),
        holding: holding.name,
        department: holding.department,
    }
}
