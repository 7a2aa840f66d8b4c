//! Billing's objects as JSON.

use serde_json::{Map, Value, json};

use super::ledger::{Item, Of};
use crate::demo::cast::{BillingCustomer, Charge, Invoice, Moment, PLANS, Person, Subscription, TODAY};

fn seconds(moment: Option<Moment>) -> Option<i64> {
    moment.map(|moment| moment.0)
}

impl Item<'_> {
    pub(super) fn render(&self) -> Value {
        match self.of {
            Of::Customer => customer(self.person, self.payer),
            Of::Subscription(record) => subscription(self.payer, record),
            Of::Invoice(record) => invoice(self.payer, record),
            Of::Charge(record) => charge(self.payer, record),
            Of::Payment(record, id, charge) => payment(self.payer, record, id, charge),
        }
    }
}

/// A whole list inside an object.
pub(super) fn embedded(url: String, data: Vec<Value>) -> Value {
    json!({"object": "list", "url": url, "has_more": false, "data": data})
}

fn address(payer: &BillingCustomer) -> Value {
    if payer.city.is_none() {
        return Value::Null;
    }
    json!({"city": payer.city, "country": payer.country, "line1": null, "line2": null, "postal_code": null, "state": null})
}

fn customer(person: &Person, payer: &BillingCustomer) -> Value {
    let mut metadata = Map::new();
    metadata.insert("customer_id".into(), json!(person.id));
    if let Some(account) = &person.account_id {
        metadata.insert("account_id".into(), json!(account));
    }
    json!({
        "id": payer.id,
        "object": "customer",
        "address": address(payer),
        "balance": payer.balance_minor,
        "created": payer.created.0,
        "currency": payer.currency,
        "default_source": null,
        "delinquent": payer.delinquent,
        "description": payer.description,
        "email": payer.email,
        "invoice_prefix": null,
        "livemode": false,
        "metadata": metadata,
        "name": payer.name,
        "phone": payer.phone,
        "preferred_locales": [],
        "shipping": null,
        "tax_exempt": "none",
    })
}

/// A price: `price_team_monthly_eur`.
pub(super) fn price(plan: usize, currency: &str, unit_minor: i64) -> Option<Value> {
    let (name, id, months, _) = PLANS.get(plan)?;
    let recurring = json!({
        "interval": if *months == 12 { "year" } else { "month" },
        "interval_count": 1,
        "meter": null,
        "usage_type": "licensed",
    });
    Some(json!({
        "id": format!("{id}_{currency}"),
        "object": "price",
        "active": true,
        "billing_scheme": "per_unit",
        "created": TODAY.days_ago(1500).0,
        "currency": currency,
        "livemode": false,
        "lookup_key": null,
        "metadata": {},
        "nickname": format!("{name} seat"),
        "product": product_id(plan),
        "recurring": recurring,
        "tax_behavior": "exclusive",
        "type": "recurring",
        "unit_amount": unit_minor,
        "unit_amount_decimal": unit_minor.to_string(),
    }))
}

fn product_id(plan: usize) -> String {
    PLANS.get(plan).map_or_else(String::new, |(name, ..)| format!("prod_{}", name.to_lowercase()))
}

/// A product by its id, `prod_team`.
pub(super) fn product(id: &str) -> Option<Value> {
    let plan = (0..PLANS.len()).find(|plan| product_id(*plan) == id)?;
    Some(json!({
        "id": id,
        "object": "product",
        "active": true,
        "created": TODAY.days_ago(1500).0,
        "description": null,
        "images": [],
        "livemode": false,
        "marketing_features": [],
        "metadata": {},
        "name": PLANS[plan].0,
        "updated": TODAY.days_ago(300).0,
    }))
}

fn subscription(payer: &BillingCustomer, record: &Subscription) -> Value {
    let item = json!({
        "id": record.item_id,
        "object": "subscription_item",
        "created": record.started.0,
        "current_period_start": record.period_start.0,
        "current_period_end": record.period_end.0,
        "discounts": [],
        "metadata": {},
        "price": price(record.plan, &payer.currency, record.unit_minor),
        "quantity": record.quantity,
        "subscription": record.id,
        "tax_rates": [],
    });
    json!({
        "id": record.id,
        "object": "subscription",
        "automatic_tax": {"enabled": false},
        "billing_cycle_anchor": record.started.0,
        "billing_mode": {"type": "classic"},
        "billing_schedules": [],
        "cancel_at": record.cancel_at_period_end.then_some(record.period_end.0),
        "cancel_at_period_end": record.cancel_at_period_end,
        "canceled_at": seconds(record.canceled),
        "cancellation_details": {"comment": null, "feedback": record.feedback, "reason": record.canceled.map(|_| "cancellation_requested")},
        "collection_method": "charge_automatically",
        "created": record.started.0,
        "currency": payer.currency,
        "customer": payer.id,
        "discounts": [],
        "ended_at": seconds(record.ended),
        "invoice_settings": {"issuer": {"type": "self"}},
        "items": embedded(format!("/v1/subscription_items?subscription={}", record.id), vec![item]),
        "latest_invoice": record.latest_invoice,
        "livemode": false,
        "metadata": {},
        "start_date": record.started.0,
        "status": record.status,
        "trial_start": record.trial_end.map(|_| record.period_start.0),
        "trial_end": seconds(record.trial_end),
    })
}

fn invoice(payer: &BillingCustomer, record: &Invoice) -> Value {
    let open = matches!(record.status.as_str(), "open" | "draft");
    let remaining = record.total_minor - record.paid_minor;
    let line = json!({
        "id": format!("il_{}", record.id.trim_start_matches("in_")),
        "object": "line_item",
        "amount": record.total_minor,
        "currency": payer.currency,
        "description": "Seats",
        "discountable": true,
        "discounts": [],
        "invoice": record.id,
        "livemode": false,
        "metadata": {},
        "period": {"start": record.period_start.0, "end": record.period_end.0},
        "quantity": 1,
        "subtotal": record.total_minor,
    });
    let parent = record.subscription.as_ref().map(|subscription| {
        json!({"type": "subscription_details", "quote_details": null, "subscription_details": {"metadata": {}, "subscription": subscription}})
    });
    let finalized = (record.status != "draft").then(|| record.created.0 + 3600);
    let when = |status: &str| (record.status == status).then(|| record.created.0 + 30 * 3600);
    let amounts = json!({
        "id": record.id,
        "object": "invoice",
        "amount_due": record.total_minor,
        "amount_overpaid": 0,
        "amount_paid": record.paid_minor,
        "amount_paid_off_stripe": 0,
        "amount_remaining": remaining,
        "amount_shipping": 0,
        "attempt_count": record.attempts,
        "attempted": record.attempts > 0,
        "auto_advance": open,
        "automatic_tax": {"enabled": false, "disabled_reason": null, "liability": null, "provider": null, "status": null},
        "billing_reason": "subscription_cycle",
        "collection_method": "charge_automatically",
        "created": record.created.0,
        "currency": payer.currency,
        "customer": payer.id,
        "customer_email": payer.email,
        "customer_name": payer.name,
    });
    let rest = json!({
        "default_tax_rates": [],
        "discounts": [],
        "due_date": seconds(record.due),
        "hosted_invoice_url": record.number.as_ref().map(|_| format!("https://invoice.billing.example/i/{}", record.id)),
        "invoice_pdf": record.number.as_ref().map(|_| format!("https://invoice.billing.example/i/{}/pdf", record.id)),
        "issuer": {"type": "self"},
        "lines": embedded(format!("/v1/invoices/{}/lines", record.id), vec![line]),
        "livemode": false,
        "metadata": {},
        "next_payment_attempt": (record.status == "open").then(|| TODAY.days_ago(-3).0),
        "number": record.number,
        "parent": parent,
        "payment_settings": {"default_mandate": null, "payment_method_options": null, "payment_method_types": null},
        "period_start": record.period_start.0,
        "period_end": record.period_end.0,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": null,
        "starting_balance": 0,
        "status": record.status,
        "status_transitions": {
            "finalized_at": finalized,
            "paid_at": seconds(record.paid),
            "voided_at": when("void"),
            "marked_uncollectible_at": when("uncollectible"),
        },
        "subtotal": record.total_minor,
        "total": record.total_minor,
    });
    both(amounts, rest)
}

/// One object of two; the macro that writes them has a depth of its own.
fn both(mut left: Value, right: Value) -> Value {
    if let (Value::Object(left), Value::Object(right)) = (&mut left, right) {
        left.extend(right);
    }
    left
}

fn charge(payer: &BillingCustomer, record: &Charge) -> Value {
    let paid = record.status == "succeeded";
    json!({
        "id": record.id,
        "object": "charge",
        "amount": record.amount_minor,
        "amount_captured": if paid { record.amount_minor } else { 0 },
        "amount_refunded": record.refunded_minor,
        "billing_details": {"address": address(payer), "email": payer.email, "name": payer.name, "phone": payer.phone, "tax_id": null},
        "captured": paid,
        "created": record.created.0,
        "currency": payer.currency,
        "customer": payer.id,
        "description": "Subscription",
        "disputed": record.disputed,
        "failure_code": record.failure_code,
        "failure_message": record.failure_code.as_ref().map(|_| "Your card was declined."),
        "livemode": false,
        "metadata": {},
        "outcome": null,
        "paid": paid,
        "payment_intent": null,
        "receipt_email": payer.email,
        "receipt_url": null,
        "refunded": record.refunded_minor == record.amount_minor,
        "status": record.status,
    })
}

fn payment(payer: &BillingCustomer, record: &Invoice, id: &str, charge: &str) -> Value {
    let at = record.paid.unwrap_or(record.created).0;
    json!({
        "id": id,
        "object": "invoice_payment",
        "amount_paid": record.paid_minor,
        "amount_requested": record.total_minor,
        "created": at,
        "currency": payer.currency,
        "invoice": record.id,
        "is_default": true,
        "livemode": false,
        "payment": {"type": "charge", "charge": charge},
        "status": "paid",
        "status_transitions": {"canceled_at": null, "paid_at": at},
    })
}
