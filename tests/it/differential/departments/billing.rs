//! What billing knows.

use std::time::SystemTime;

use c360::demo::cast::{BillingCustomer, Cast, Charge, Invoice, PLANS, Subscription, TODAY};

use super::{Fields, Holding};
use crate::differential::held::{
    Held, address, flag, id, int, maybe, money_of_smallest, named, object, origin, text, time,
};

const DEPARTMENT: &str = "billing";

const fn of_payer(name: &'static str, fields: &'static [&'static str], look: fn(&Cast, &str) -> Fields) -> Holding {
    Holding { name, ty: "Customer", department: DEPARTMENT, fields, after: Some("billingCustomer"), look }
}

pub(super) const HOLDINGS: &[Holding] = &[
    Holding {
        name: "billingCustomer",
        ty: "Customer",
        department: DEPARTMENT,
        fields: &["billingProfile"],
        after: None,
        look: customer,
    },
    of_payer("billingInvoices", &["invoices", "balances"], invoices),
    of_payer("billingPayments", &["payments"], payments),
    of_payer("billingSubscriptions", &["subscriptions"], subscriptions),
];

fn payer<'c>(cast: &'c Cast, key: &str) -> Option<&'c BillingCustomer> {
    cast.person(key)?.billing.as_ref()
}

fn customer(cast: &Cast, key: &str) -> Fields {
    let payer = payer(cast, key)?;
    let origin = || origin(DEPARTMENT, &payer.id, None);
    let profile = [
        ("currency", text(payer.currency.to_uppercase().as_str())),
        ("isDelinquent", flag(payer.delinquent)),
        ("balance", money_of_smallest(payer.balance_minor, &payer.currency)),
        ("address", address(payer.city.as_deref(), payer.country.as_deref())),
        ("customerSince", time(payer.created)),
        ("origin", origin()),
    ];
    Some(vec![
        ("name", maybe(&payer.name)),
        ("email", maybe(&payer.email)),
        ("phone", maybe(&payer.phone)),
        ("origin", origin()),
        ("billingProfile", object("BillingProfile", profile)),
    ])
}

/// Overdue is what should have been paid by now, and now is now: the town's answers carry today's date.
fn is_overdue(invoice: &Invoice) -> bool {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    invoice.status == "open" && invoice.due.is_some_and(|due| due.0 < i64::try_from(now).unwrap())
}

fn invoices(cast: &Cast, key: &str) -> Fields {
    let payer = payer(cast, key).filter(|payer| !payer.invoices.is_empty())?;
    let bills = payer.invoices.iter().map(|invoice| bill(payer, invoice)).collect();
    let open: Vec<&Invoice> = payer.invoices.iter().filter(|invoice| invoice.status == "open").collect();
    let remaining = |invoice: &&&Invoice| invoice.total_minor - invoice.paid_minor;
    let balance = [
        ("currency", text(payer.currency.to_uppercase().as_str())),
        ("outstanding", money_of_smallest(open.iter().map(|bill| remaining(&bill)).sum(), &payer.currency)),
        (
            "overdue",
            money_of_smallest(
                open.iter().filter(|bill| is_overdue(bill)).map(|bill| remaining(&bill)).sum(),
                &payer.currency,
            ),
        ),
        ("openInvoices", int(i64::try_from(open.len()).unwrap())),
        ("origin", origin(DEPARTMENT, &payer.id, None)),
    ];
    let balances = if open.is_empty() { Vec::new() } else { vec![object("Balance", balance)] };
    Some(vec![("invoices", Held::List(bills)), ("balances", Held::List(balances))])
}

fn bill(payer: &BillingCustomer, invoice: &Invoice) -> Held {
    let amount = |smallest: i64| money_of_smallest(smallest, &payer.currency);
    let status =
        [("draft", "DRAFT"), ("open", "OPEN"), ("paid", "PAID"), ("uncollectible", "UNCOLLECTIBLE"), ("void", "VOID")];
    let url = invoice.number.as_ref().map(|_| format!("https://invoice.billing.example/i/{}", invoice.id));
    let fields = [
        ("id", id(&invoice.id)),
        ("number", maybe(&invoice.number)),
        ("status", named(invoice.status.as_str(), &status)),
        ("total", amount(invoice.total_minor)),
        ("paid", amount(invoice.paid_minor)),
        ("outstanding", amount(invoice.total_minor - invoice.paid_minor)),
        ("issuedAt", time(invoice.created)),
        ("dueAt", time(invoice.due)),
        ("paidAt", time(invoice.paid)),
        ("isOverdue", flag(is_overdue(invoice))),
        ("periodStart", time(invoice.period_start)),
        ("periodEnd", time(invoice.period_end)),
        ("nextPaymentAttemptAt", time((invoice.status == "open").then(|| TODAY.days_ago(-3)))),
        ("subscriptionId", maybe(&invoice.subscription)),
        ("url", maybe(&url)),
        ("origin", origin(DEPARTMENT, &invoice.id, None)),
    ];
    object("Invoice", fields)
}

fn payments(cast: &Cast, key: &str) -> Fields {
    let payer = payer(cast, key).filter(|payer| !payer.charges.is_empty())?;
    let status = [("succeeded", "SUCCEEDED"), ("pending", "PENDING"), ("failed", "FAILED")];
    let payment = |charge: &Charge| {
        let fields = [
            ("id", id(&charge.id)),
            ("amount", money_of_smallest(charge.amount_minor, &payer.currency)),
            ("refunded", money_of_smallest(charge.refunded_minor, &payer.currency)),
            ("status", named(charge.status.as_str(), &status)),
            ("failureCode", maybe(&charge.failure_code)),
            ("isDisputed", flag(charge.disputed)),
            ("paidAt", time(charge.created)),
            ("origin", origin(DEPARTMENT, &charge.id, None)),
        ];
        object("Payment", fields)
    };
    Some(vec![("payments", Held::List(payer.charges.iter().map(payment).collect()))])
}

fn subscriptions(cast: &Cast, key: &str) -> Fields {
    let payer = payer(cast, key)?;
    let subscriptions = payer.subscriptions.iter().map(|subscription| running(payer, subscription));
    Some(vec![("subscriptions", Held::List(subscriptions.collect()))])
}

fn running(payer: &BillingCustomer, subscription: &Subscription) -> Held {
    let status = [
        ("active", "ACTIVE"),
        ("trialing", "TRIALING"),
        ("past_due", "PAST_DUE"),
        ("unpaid", "UNPAID"),
        ("canceled", "CANCELLED"),
    ];
    let ends = subscription.cancel_at_period_end || subscription.ended.is_some();
    let (plan, _, months, _) = PLANS[subscription.plan];
    let item = [
        ("id", id(&subscription.item_id)),
        ("product", id(format!("prod_{}", plan.to_lowercase()))),
        ("label", text(format!("{plan} seat").as_str())),
        ("quantity", int(subscription.quantity)),
        ("unitPrice", money_of_smallest(subscription.unit_minor, &payer.currency)),
        ("interval", text(if months == 12 { "YEAR" } else { "MONTH" })),
        ("intervalCount", int(1)),
        ("origin", origin(DEPARTMENT, &subscription.item_id, None)),
    ];
    let fields = [
        ("id", id(&subscription.id)),
        ("status", named(subscription.status.as_str(), &status)),
        ("startedAt", time(subscription.started)),
        ("trialEndsAt", time(subscription.trial_end)),
        ("paidUntil", time(subscription.period_end)),
        ("renewsAt", time((!ends).then_some(subscription.period_end))),
        ("endsWithPeriod", flag(subscription.cancel_at_period_end)),
        ("cancelledAt", time(subscription.canceled)),
        ("endedAt", time(subscription.ended)),
        ("cancellationReason", maybe(&subscription.feedback)),
        ("items", Held::List(vec![object("SubscriptionItem", item)])),
        ("origin", origin(DEPARTMENT, &subscription.id, None)),
    ];
    object("Subscription", fields)
}
