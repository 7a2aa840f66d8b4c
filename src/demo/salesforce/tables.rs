//! The sales department's records as tables, made from the cast once; a query reads nothing else.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::demo::cast::{Cast, Company, Day, Moment, Opportunity, Person, SalesAccount, SalesContact, TODAY};

pub(super) type Row = Map<String, Value>;

/// One object type.
pub(super) struct Table {
    pub(super) name: &'static str,
    /// Field names in their own case.
    pub(super) fields: Vec<String>,
    pub(super) rows: Vec<Row>,
    by_id: HashMap<String, usize>,
}

impl Table {
    fn new(name: &'static str, rows: Vec<Value>) -> Self {
        let rows: Vec<Row> =
            rows.into_iter().filter_map(|row| if let Value::Object(row) = row { Some(row) } else { None }).collect();
        let fields = rows.first().map(|row| row.keys().cloned().collect()).unwrap_or_default();
        let ids = rows.iter().map(|row| row.get("Id").and_then(Value::as_str).unwrap_or_default());
        let by_id = ids.zip(0..).map(|(id, place)| (short(id).to_owned(), place)).collect();
        Self { name, fields, rows, by_id }
    }

    /// The row of a 15- or 18-character id.
    pub(super) fn row(&self, id: &str) -> Option<&Row> {
        self.rows.get(*self.by_id.get(short(id))?)
    }

    /// A field in its own case; queries write it in any.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.eq_ignore_ascii_case(name)).map(String::as_str)
    }

    /// The field that holds a relationship's id, the relationship in its own case, and the table it leads to.
    pub(super) fn relationship(&self, name: &str) -> Option<(&str, &'static str, &'static str)> {
        let known = [
            ("Account", "Account"),
            ("Contact", "Contact"),
            ("Opportunity", "Opportunity"),
            ("Parent", "Account"),
            ("Owner", "User"),
            ("CreatedBy", "User"),
            ("Who", "Contact"),
            ("What", "Account"),
        ];
        let (relationship, table) = known.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some((self.field(&format!("{relationship}Id"))?, relationship, table))
    }
}

/// The part of an id that tells records apart; the last three of eighteen repeat its case.
pub(super) fn short(id: &str) -> &str {
    id.get(..15).unwrap_or(id)
}

/// All object types.
pub(super) struct Tables(Vec<Table>);

impl Tables {
    pub(super) fn of(cast: &Cast) -> Self {
        let accounts = || cast.companies.iter().filter_map(|company| Some((company, company.sales.as_ref()?)));
        let contacts =
            || cast.persons.iter().flat_map(|person| person.sales.iter().map(move |contact| (person, contact)));
        let deals =
            || accounts().flat_map(|(_, account)| account.opportunities.iter().map(move |deal| (account, deal)));
        Self(vec![
            Table::new("Account", accounts().map(|(company, record)| account(company, record)).collect()),
            Table::new("Contact", contacts().map(|(person, record)| contact(person, record)).collect()),
            Table::new("Opportunity", deals().map(|(account, deal)| opportunity(account, deal)).collect()),
            Table::new("OpportunityHistory", deals().flat_map(|(_, deal)| history(deal)).collect()),
            Table::new("OpportunityContactRole", deals().flat_map(|(_, deal)| roles(deal)).collect()),
            Table::new("Quote", deals().flat_map(|(account, deal)| quotes(account, deal)).collect()),
            Table::new("Task", contacts().flat_map(|(_, contact)| tasks(contact)).collect()),
            Table::new("Event", contacts().flat_map(|(_, contact)| events(contact)).collect()),
            Table::new("User", users(cast)),
        ])
    }

    pub(super) fn table(&self, name: &str) -> Option<&Table> {
        self.0.iter().find(|table| table.name.eq_ignore_ascii_case(name))
    }
}

fn money(cents: Option<i64>) -> Value {
    cents.map_or(Value::Null, |cents| json!(cents as f64 / 100.0))
}

fn day(day: Option<Day>) -> Value {
    day.map_or(Value::Null, |day| json!(day.iso()))
}

/// The dates that every record carries.
fn dated(mut row: Value, created: Moment, modified: Moment) -> Value {
    row["CreatedDate"] = json!(created.offset_millis());
    row["LastModifiedDate"] = json!(modified.offset_millis());
    row["SystemModstamp"] = json!(modified.offset_millis());
    row["IsDeleted"] = json!(false);
    row
}

fn place(city: Option<&str>, country: Option<&str>) -> Value {
    if city.is_none() && country.is_none() {
        return Value::Null;
    }
    json!({"street": null, "city": city, "state": null, "postalCode": null, "country": country, "latitude": null, "longitude": null, "geocodeAccuracy": null})
}

fn account(company: &Company, record: &SalesAccount) -> Value {
    let row = json!({
        "Id": record.id,
        "Account_Id__c": company.id,
        "Name": record.name,
        "Type": record.kind,
        "Industry": record.industry,
        "ParentId": record.parent_id,
        "Website": record.website,
        "Phone": record.phone,
        "AnnualRevenue": record.annual_revenue.map(|revenue| revenue as f64),
        "NumberOfEmployees": record.employees,
        "BillingCity": record.city,
        "BillingCountry": record.country,
        "BillingAddress": place(Some(&record.city), Some(&record.country)),
        "CurrencyIsoCode": company.currency.to_uppercase(),
        "AccountSource": null,
        "OwnerId": record.owner_id,
        "LastActivityDate": null,
    });
    dated(row, record.created, record.modified)
}

fn contact(person: &Person, record: &SalesContact) -> Value {
    let name = record.first_name.iter().chain([&record.last_name]).cloned().collect::<Vec<_>>().join(" ");
    let last = record.tasks.iter().map(|task| task.created).chain(record.events.iter().map(|event| event.start));
    let row = json!({
        "Id": record.id,
        "Customer_Id__c": person.id,
        "AccountId": record.account_id,
        "FirstName": record.first_name,
        "LastName": record.last_name,
        "Name": name,
        "Email": record.email,
        "Phone": record.phone,
        "MobilePhone": record.mobile,
        "Title": record.title,
        "Department": record.department,
        "LeadSource": record.lead_source,
        "MailingCity": record.city,
        "MailingCountry": record.country,
        "MailingAddress": place(record.city.as_deref(), record.country.as_deref()),
        "HasOptedOutOfEmail": record.opted_out,
        "OwnerId": record.owner_id,
        "LastActivityDate": day(last.filter(|moment| *moment <= TODAY).max().map(Moment::day)),
    });
    dated(row, record.created, record.modified)
}

fn opportunity(account: &SalesAccount, deal: &Opportunity) -> Value {
    let category = if deal.is_won {
        "Closed"
    } else if deal.is_closed {
        "Omitted"
    } else {
        "Pipeline"
    };
    let row = json!({
        "Id": deal.id,
        "AccountId": account.id,
        "Name": deal.name,
        "StageName": deal.stage,
        "Amount": money(deal.amount_cents),
        "CurrencyIsoCode": deal.currency,
        "Probability": deal.probability as f64,
        "ExpectedRevenue": money(deal.amount_cents.map(|cents| cents / 100 * deal.probability)),
        "CloseDate": deal.close_date.iso(),
        "Type": deal.kind,
        "NextStep": deal.next_step,
        "LeadSource": null,
        "IsClosed": deal.is_closed,
        "IsWon": deal.is_won,
        "ForecastCategory": category,
        "ForecastCategoryName": category,
        "OwnerId": deal.owner_id,
        "LastActivityDate": null,
    });
    dated(row, deal.created, deal.modified)
}

fn history(deal: &Opportunity) -> impl Iterator<Item = Value> {
    deal.history.iter().map(|change| {
        json!({
            "Id": change.id,
            "OpportunityId": deal.id,
            "CreatedById": change.created_by_id,
            "CreatedDate": change.created.offset_millis(),
            "SystemModstamp": change.created.offset_millis(),
            "IsDeleted": false,
            "StageName": change.stage,
            "Amount": money(change.amount_cents),
            "CurrencyIsoCode": deal.currency,
            "ExpectedRevenue": money(change.amount_cents.map(|cents| cents / 100 * change.probability)),
            "CloseDate": change.close_date.iso(),
            "Probability": change.probability as f64,
            "ForecastCategory": if change.probability == 100 { "Closed" } else { "Pipeline" },
        })
    })
}

fn roles(deal: &Opportunity) -> impl Iterator<Item = Value> {
    deal.roles.iter().map(|role| {
        let row = json!({"Id": role.id, "OpportunityId": deal.id, "ContactId": role.contact_id, "Role": role.role, "IsPrimary": role.is_primary});
        dated(row, deal.created, deal.created)
    })
}

fn quotes(account: &SalesAccount, deal: &Opportunity) -> impl Iterator<Item = Value> {
    deal.quotes.iter().map(|quote| {
        let row = json!({
            "Id": quote.id,
            "OpportunityId": deal.id,
            "AccountId": account.id,
            "ContactId": quote.contact_id,
            "QuoteNumber": quote.number,
            "Name": quote.name,
            "Status": quote.status,
            "ExpirationDate": day(quote.expires),
            "Subtotal": money(Some(quote.subtotal_cents)),
            "TotalPrice": money(Some(quote.total_cents)),
            "GrandTotal": money(Some(quote.total_cents)),
            "Discount": quote.discount_percent.map(|percent| percent as f64),
            "Tax": null,
            "CurrencyIsoCode": deal.currency,
            "IsSyncing": false,
            "LineItemCount": 1,
            "Email": null,
            "OwnerId": deal.owner_id,
        });
        dated(row, quote.created, quote.modified)
    })
}

fn tasks(contact: &SalesContact) -> impl Iterator<Item = Value> {
    contact.tasks.iter().map(|task| {
        let done = task.status == "Completed";
        let row = json!({
            "Id": task.id,
            "WhoId": contact.id,
            "WhatId": task.what_id,
            "AccountId": contact.account_id,
            "Subject": task.subject,
            "ActivityDate": day(task.due),
            "Status": task.status,
            "Priority": task.priority,
            "IsClosed": done,
            "IsHighPriority": task.priority == "High",
            "CompletedDateTime": done.then(|| task.created.offset_millis()),
            "Description": task.description,
            "TaskSubtype": task.subtype,
            "CallType": (task.subtype == "Call").then_some("Outbound"),
            "CallDurationInSeconds": task.call_seconds,
            "OwnerId": task.owner_id,
        });
        dated(row, task.created, task.created)
    })
}

fn events(contact: &SalesContact) -> impl Iterator<Item = Value> {
    contact.events.iter().map(|event| {
        let entered = event.start.days_ago(7).min(TODAY.days_ago(1));
        let row = json!({
            "Id": event.id,
            "WhoId": contact.id,
            "WhatId": event.what_id,
            "AccountId": contact.account_id,
            "Subject": event.subject,
            "Location": event.location,
            "StartDateTime": event.start.offset_millis(),
            "EndDateTime": event.start.plus_seconds(event.minutes * 60).offset_millis(),
            "ActivityDate": event.start.day().iso(),
            "DurationInMinutes": event.minutes,
            "IsAllDayEvent": false,
            "Description": null,
            "OwnerId": event.owner_id,
        });
        dated(row, entered, entered)
    })
}

fn users(cast: &Cast) -> Vec<Value> {
    let since = TODAY.days_ago(1600);
    let row = |user: &crate::demo::cast::SalesUser| json!({"Id": user.id, "Name": user.name, "Email": user.email, "Title": user.title, "IsActive": true, "Username": user.email});
    cast.sales_users.iter().map(|user| dated(row(user), since, since)).collect()
}
