//! What billing knows: customers, subscriptions, invoices, charges. All amounts in the currency's smallest unit.

use super::TODAY;
use super::moment::Moment;
use super::seed::Seed;

/// A person as billing keeps them.
#[derive(Clone, Debug)]
pub struct BillingCustomer {
    /// `cus_…`
    pub id: String,
    /// E-mail, in the spelling of the checkout; filters on it are case-sensitive.
    pub email: Option<String>,
    /// Name on the card or of the company.
    pub name: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// Lower-case ISO 4217.
    pub currency: String,
    /// The last invoice was not paid in time.
    pub delinquent: bool,
    /// Smallest unit; negative is a credit.
    pub balance_minor: i64,
    /// A remark.
    pub description: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// When they were entered.
    pub created: Moment,
    /// Newest first.
    pub subscriptions: Vec<Subscription>,
    /// Newest first.
    pub invoices: Vec<Invoice>,
    /// Newest first.
    pub charges: Vec<Charge>,
}

/// A running or ended plan.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// `sub_…`
    pub id: String,
    /// `si_…`, its only line.
    pub item_id: String,
    /// `active`, `canceled`, `past_due`, `trialing`, …, and one that nobody foresaw.
    pub status: String,
    /// Index into [`PLANS`].
    pub plan: usize,
    /// Seats.
    pub quantity: i64,
    /// Price of a seat and period, smallest unit.
    pub unit_minor: i64,
    /// Start of the running period.
    pub period_start: Moment,
    /// End of the running period: the renewal date.
    pub period_end: Moment,
    /// When it began.
    pub started: Moment,
    /// Ends with the running period.
    pub cancel_at_period_end: bool,
    /// When somebody cancelled it.
    pub canceled: Option<Moment>,
    /// When it ended.
    pub ended: Option<Moment>,
    /// End of the trial.
    pub trial_end: Option<Moment>,
    /// `too_expensive`, `unused`, …: why it was cancelled.
    pub feedback: Option<String>,
    /// `in_…` of the newest invoice.
    pub latest_invoice: Option<String>,
}

/// A bill.
#[derive(Clone, Debug)]
pub struct Invoice {
    /// `in_…`
    pub id: String,
    /// Printed number.
    pub number: Option<String>,
    /// `draft`, `open`, `paid`, `uncollectible`, `void`.
    pub status: String,
    /// Sum, smallest unit.
    pub total_minor: i64,
    /// Paid so far, smallest unit.
    pub paid_minor: i64,
    /// When it was made.
    pub created: Moment,
    /// When it should have been paid.
    pub due: Option<Moment>,
    /// When it was paid.
    pub paid: Option<Moment>,
    /// Attempts to collect it.
    pub attempts: i64,
    /// `sub_…` it is for.
    pub subscription: Option<String>,
    /// Start of the period it is for.
    pub period_start: Moment,
    /// End of the period it is for.
    pub period_end: Moment,
    /// `inpay_…` and the charge `ch_…`, for paid ones.
    pub payment: Option<(String, String)>,
}

/// An attempt to take money.
#[derive(Clone, Debug)]
pub struct Charge {
    /// `ch_…`
    pub id: String,
    /// Smallest unit.
    pub amount_minor: i64,
    /// Given back, smallest unit.
    pub refunded_minor: i64,
    /// `succeeded`, `pending`, `failed`.
    pub status: String,
    /// `card_declined`, …
    pub failure_code: Option<String>,
    /// The customer's bank took it back.
    pub disputed: bool,
    /// When.
    pub created: Moment,
}

/// Plans: product, price id, months in a period, price of a seat in hundredths of a major unit.
pub const PLANS: &[(&str, &str, i64, i64)] = &[
    ("Starter", "price_starter_monthly", 1, 1_900),
    ("Team", "price_team_monthly", 1, 4_900),
    ("Business", "price_business_yearly", 12, 90_000),
];

/// A subscription status that no document lists.
pub const ODD_SUBSCRIPTION_STATUS: &str = "grace_period";

/// Digits after the point of a currency.
pub fn exponent(currency: &str) -> u32 {
    match currency {
        "jpy" => 0,
        "kwd" => 3,
        _ => 2,
    }
}

fn minor(hundredths: i64, currency: &str) -> i64 {
    match exponent(currency) {
        0 => hundredths / 100 * 100,
        3 => hundredths * 10,
        _ => hundredths,
    }
}

const MONTH_DAYS: i64 = 30;

/// A subscription with its bills and charges; bills are newest first.
pub(super) struct Ledger {
    pub(super) subscription: Subscription,
    pub(super) invoices: Vec<Invoice>,
    pub(super) charges: Vec<Charge>,
}

/// One subscription's story. `number` counts customers, `place` subscriptions of one customer.
pub(super) fn ledger(dice: &mut Seed, (number, place): (usize, i64), currency: &str, odd: bool) -> Ledger {
    let plan = usize::try_from(dice.below(3)).expect("small");
    let (_, _, months, price) = PLANS[plan];
    let period_days = months * MONTH_DAYS;
    let into = dice.between(1, period_days - 1);
    let period_start = TODAY.days_ago(into);
    let periods = if months == 12 { dice.between(1, 3) } else { dice.between(1, 14) };
    let started = period_start.days_ago((periods - 1) * period_days);
    let status = match dice.below(20) {
        _ if odd => ODD_SUBSCRIPTION_STATUS,
        0 | 1 => "past_due",
        2 => "trialing",
        3 | 4 => "canceled",
        5 => "unpaid",
        _ => "active",
    };
    let quantity = dice.between(1, 60);
    let unit_minor = minor(price, currency);
    let id = format!("sub_{}", dice.token(14));
    let mut invoices = Vec::new();
    let mut charges = Vec::new();
    for period in 0..periods {
        let created = period_start.days_ago(period * period_days);
        let newest = period == 0;
        let unpaid = newest && matches!(status, "past_due" | "unpaid");
        let (invoice, charge) =
            bill(dice, (number, place, period), (quantity * unit_minor, unpaid), created, period_days, &id);
        invoices.push(invoice);
        charges.extend(charge);
    }
    let canceled = (status == "canceled").then(|| period_start.days_ago(-into / 2));
    let leaving = status == "active" && dice.chance(8);
    let subscription = Subscription {
        item_id: format!("si_{}", dice.token(14)),
        status: status.into(),
        plan,
        quantity,
        unit_minor,
        period_start,
        period_end: period_start.days_ago(-period_days),
        started,
        cancel_at_period_end: leaving,
        canceled: canceled.or_else(|| leaving.then(|| TODAY.days_ago(into / 2))),
        ended: canceled,
        trial_end: (status == "trialing").then(|| TODAY.days_ago(-dice.between(1, 13))),
        feedback: (canceled.is_some() || leaving)
            .then(|| (*dice.pick(&["too_expensive", "unused", "missing_features", "switched_service"])).into()),
        latest_invoice: invoices.first().map(|invoice| invoice.id.clone()),
        id,
    };
    Ledger { subscription, invoices, charges }
}

fn bill(
    dice: &mut Seed,
    (number, place, period): (usize, i64, i64),
    (total_minor, unpaid): (i64, bool),
    created: Moment,
    period_days: i64,
    subscription: &str,
) -> (Invoice, Option<Charge>) {
    let status = match dice.below(40) {
        _ if unpaid => "open",
        0 => "uncollectible",
        1 => "void",
        2 if period == 0 => "draft",
        _ => "paid",
    };
    let paid = (status == "paid").then(|| created.plus_seconds(dice.between(60, 400_000)).min(TODAY));
    let charge = match status {
        "paid" | "open" => Some(Charge {
            id: format!("ch_{}", dice.token(24)),
            amount_minor: total_minor,
            refunded_minor: if paid.is_some() && dice.chance(3) { total_minor / 2 } else { 0 },
            status: if paid.is_some() { "succeeded" } else { "failed" }.into(),
            failure_code: paid.is_none().then(|| "card_declined".into()),
            disputed: paid.is_some() && dice.chance(1),
            created: paid.unwrap_or_else(|| created.plus_seconds(3600)),
        }),
        _ => None,
    };
    let payment = charge
        .as_ref()
        .filter(|_| paid.is_some())
        .map(|charge| (format!("inpay_{}", dice.token(24)), charge.id.clone()));
    let invoice = Invoice {
        id: format!("in_{}", dice.token(24)),
        number: (status != "draft").then(|| format!("C{:05}-{:02}{:02}", number + 1, place + 1, period + 1)),
        status: status.into(),
        total_minor,
        paid_minor: if paid.is_some() { total_minor } else { 0 },
        created,
        due: (status != "draft").then(|| created.days_ago(-14)),
        paid,
        attempts: if charge.is_some() { dice.between(1, 3) } else { 0 },
        subscription: Some(subscription.into()),
        period_start: created,
        period_end: created.days_ago(-period_days),
        payment,
    };
    (invoice, charge)
}
