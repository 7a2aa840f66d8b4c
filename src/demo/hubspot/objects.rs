//! Marketing's objects: every property a text or null, and what is associated with what.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use crate::demo::cast::{
    Cast, Company, Engagement, FORM, MarketingCompany, MarketingContact, MarketingDeal, Moment, Person,
};

/// Object types by name and number; the last few hold nothing in the cast.
const KINDS: &[(&str, &str)] = &[
    ("contacts", "0-1"),
    ("companies", "0-2"),
    ("deals", "0-3"),
    ("notes", "0-46"),
    ("meetings", "0-47"),
    ("calls", "0-48"),
    ("emails", "0-49"),
    ("tasks", "0-27"),
    ("tickets", "0-5"),
    ("quotes", "0-14"),
    ("line_items", "0-8"),
    ("feedback_submissions", "0-19"),
];

/// The type's name, from its name or its number.
pub(super) fn kind(text: &str) -> Option<&'static str> {
    KINDS
        .iter()
        .find(|(name, number)| *name == text || *number == text || name.strip_suffix('s') == Some(text))
        .map(|(name, _)| *name)
}

/// One record.
pub(super) struct Record {
    pub(super) id: u64,
    pub(super) properties: Map<String, Value>,
    pub(super) created: Moment,
    pub(super) updated: Moment,
}

/// A link to another record.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub(super) to: u64,
    pub(super) type_id: u32,
    /// The main company of a contact carries two types: with and without label.
    pub(super) primary: bool,
}

/// All records and links.
#[derive(Default)]
pub(super) struct Objects {
    records: HashMap<&'static str, BTreeMap<u64, Record>>,
    links: HashMap<(&'static str, u64, &'static str), Vec<Link>>,
    /// (type, property, value in lower case) → id, for properties with unique values.
    unique: HashMap<(&'static str, &'static str, String), u64>,
}

impl Objects {
    pub(super) fn of(cast: &Cast) -> Self {
        let mut objects = Self::default();
        for company in &cast.companies {
            if let Some(record) = &company.marketing {
                objects.key("companies", "account_id", &company.id, record.id);
                objects.add(
                    "companies",
                    record.id,
                    company_properties(company, record),
                    record.created,
                    record.updated,
                );
            }
        }
        for person in &cast.persons {
            if let Some(record) = &person.marketing {
                objects.contact(person, record);
            }
        }
        objects
    }

    fn contact(&mut self, person: &Person, record: &MarketingContact) {
        self.key("contacts", "customer_id", &person.id, record.id);
        if let Some(email) = &record.email {
            self.key("contacts", "email", email, record.id);
        }
        self.add("contacts", record.id, contact_properties(person, record), record.created, record.modified);
        if let Some(company) = record.company_id {
            self.link(("contacts", record.id, 279), ("companies", company, 280), true);
        }
        for deal in &record.deals {
            self.add("deals", deal.id, deal_properties(deal), deal.created, deal.modified);
            self.link(("contacts", record.id, 4), ("deals", deal.id, 3), false);
            if let Some(company) = record.company_id {
                self.link(("deals", deal.id, 341), ("companies", company, 342), false);
            }
        }
        for engagement in &record.engagements {
            let Some(kind) = kind(&engagement.kind) else { continue };
            let (there, back) = match kind {
                "notes" => (201, 202),
                "calls" => (193, 194),
                "emails" => (197, 198),
                "meetings" => (199, 200),
                _ => (203, 204),
            };
            self.add(kind, engagement.id, engagement_properties(engagement), engagement.at, engagement.at);
            self.link(("contacts", record.id, there), (kind, engagement.id, back), false);
        }
    }

    fn add(&mut self, kind: &'static str, id: u64, properties: Value, created: Moment, updated: Moment) {
        let mut properties = if let Value::Object(properties) = properties { properties } else { Map::new() };
        for value in properties.values_mut() {
            *value = match value.take() {
                Value::Null => Value::Null,
                Value::String(text) => Value::String(text),
                other => Value::String(other.to_string()),
            };
        }
        let modified = if kind == "contacts" { "lastmodifieddate" } else { "hs_lastmodifieddate" };
        for (name, value) in
            [("hs_object_id", id.to_string()), ("createdate", created.iso_millis()), (modified, updated.iso_millis())]
        {
            properties.insert(name.into(), value.into());
        }
        self.records.entry(kind).or_default().insert(id, Record { id, properties, created, updated });
    }

    fn key(&mut self, kind: &'static str, property: &'static str, value: &str, id: u64) {
        self.unique.insert((kind, property, value.to_lowercase()), id);
    }

    fn link(
        &mut self,
        (from, from_id, there): (&'static str, u64, u32),
        (to, to_id, back): (&'static str, u64, u32),
        primary: bool,
    ) {
        self.links.entry((from, from_id, to)).or_default().push(Link { to: to_id, type_id: there, primary });
        self.links.entry((to, to_id, from)).or_default().push(Link { to: from_id, type_id: back, primary });
    }

    pub(super) fn record(&self, kind: &str, id: u64) -> Option<&Record> {
        self.records.get(kind)?.get(&id)
    }

    /// Every record of a type, by id.
    pub(super) fn all(&self, kind: &str) -> impl Iterator<Item = &Record> {
        self.records.get(kind).into_iter().flat_map(BTreeMap::values)
    }

    /// The record whose unique property has this value, in whatever case; `None` as well where the property is not unique.
    pub(super) fn by_property(&self, kind: &'static str, property: &str, value: &str) -> Option<&Record> {
        if property == "hs_object_id" {
            return self.record(kind, value.parse().ok()?);
        }
        let property = unique_properties(kind).iter().find(|known| **known == property)?;
        self.record(kind, *self.unique.get(&(kind, property, value.to_lowercase()))?)
    }

    pub(super) fn links(&self, from: &'static str, id: u64, to: &'static str) -> &[Link] {
        self.links.get(&(from, id, to)).map_or(&[], Vec::as_slice)
    }
}

/// Properties that may stand in the place of the id, beside `hs_object_id`.
pub(super) fn unique_properties(kind: &str) -> &'static [&'static str] {
    match kind {
        "contacts" => &["email", "customer_id"],
        "companies" => &["account_id"],
        _ => &[],
    }
}

/// What is answered when no properties are asked for.
pub(super) fn default_properties(kind: &str) -> &'static [&'static str] {
    match kind {
        "contacts" => &["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"],
        "companies" => &["createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"],
        "deals" => &[
            "amount",
            "closedate",
            "createdate",
            "dealname",
            "dealstage",
            "hs_lastmodifieddate",
            "hs_object_id",
            "pipeline",
        ],
        _ => &["createdate", "hs_lastmodifieddate", "hs_object_id"],
    }
}

fn time(moment: Option<Moment>) -> Option<String> {
    moment.map(Moment::iso_millis)
}

/// `1200.50` of hundredths.
fn money(cents: Option<i64>) -> Option<String> {
    cents.map(|cents| format!("{}.{:02}", cents / 100, cents % 100))
}

fn contact_properties(person: &Person, record: &MarketingContact) -> Value {
    let form = record.touches.iter().find(|touch| touch.kind == FORM);
    json!({
        "customer_id": person.id,
        "email": record.email,
        "firstname": record.first_name,
        "lastname": record.last_name,
        "phone": record.phone,
        "mobilephone": null,
        "jobtitle": record.job_title,
        "company": record.company_name,
        "associatedcompanyid": record.company_id,
        "lifecyclestage": record.lifecycle_stage,
        "hs_lead_status": record.lead_status,
        "hubspot_owner_id": record.owner_id,
        "hs_email_optout": record.opted_out,
        "hs_additional_emails": null,
        "hs_analytics_source": record.analytics_source,
        "hs_analytics_last_visit_timestamp": time(record.last_visit),
        "num_conversion_events": record.conversions,
        "recent_conversion_event_name": form.map(|form| &form.title),
        "recent_conversion_date": time(form.map(|form| form.occurred)),
    })
}

fn company_properties(company: &Company, record: &MarketingCompany) -> Value {
    json!({
        "account_id": company.id,
        "name": record.name,
        "domain": record.domain,
        "industry": record.industry,
        "numberofemployees": record.employees,
        "annualrevenue": record.annual_revenue,
        "city": record.city,
        "country": record.country,
        "lifecyclestage": record.lifecycle_stage,
        "hubspot_owner_id": record.owner_id,
    })
}

fn deal_properties(deal: &MarketingDeal) -> Value {
    json!({
        "dealname": deal.name,
        "dealstage": deal.stage,
        "pipeline": "default",
        "amount": money(deal.amount_cents),
        "deal_currency_code": deal.currency,
        "closedate": time(deal.close),
        "hs_is_closed": matches!(deal.stage.as_str(), "closedwon" | "closedlost"),
        "hs_is_closed_won": deal.stage == "closedwon",
        "dealtype": "newbusiness",
        "hubspot_owner_id": null,
    })
}

fn engagement_properties(engagement: &Engagement) -> Value {
    let mut properties = json!({"hs_timestamp": engagement.at.iso_millis(), "hubspot_owner_id": engagement.owner_id});
    let title = json!(engagement.title);
    match engagement.kind.as_str() {
        "notes" => properties["hs_note_body"] = title,
        "calls" => {
            properties["hs_call_title"] = title;
            properties["hs_call_duration"] = json!(engagement.duration_ms);
            properties["hs_call_direction"] = json!("OUTBOUND");
        }
        "emails" => {
            properties["hs_email_subject"] = title;
            properties["hs_email_direction"] = json!("EMAIL");
            properties["hs_email_status"] = json!("SENT");
        }
        "meetings" => {
            properties["hs_meeting_title"] = title;
            properties["hs_meeting_start_time"] = json!(engagement.at.iso_millis());
        }
        _ => {
            properties["hs_task_subject"] = title;
            properties["hs_task_status"] = json!("COMPLETED");
        }
    }
    properties
}
