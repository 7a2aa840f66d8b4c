//! What sales knows.

use c360::demo::cast::{Cast, Company, Opportunity, Person, SalesContact, SalesEvent, SalesTask, TODAY};

use super::{Fields, Holding};
use crate::differential::held::{
    Held, address, day, flag, float, id, int, maybe, money_of_hundredths, named, object, origin, stub, text, time,
};

const DEPARTMENT: &str = "sales";

const fn holding(
    name: &'static str,
    ty: &'static str,
    fields: &'static [&'static str],
    look: fn(&Cast, &str) -> Fields,
) -> Holding {
    Holding { name, ty, department: DEPARTMENT, fields, after: None, look }
}

pub(super) const HOLDINGS: &[Holding] = &[
    holding(
        "crmContact",
        "Customer",
        &[
            "firstName",
            "lastName",
            "mobilePhone",
            "jobTitle",
            "businessUnit",
            "leadSource",
            "mailingAddress",
            "owner",
            "account",
            "knownSince",
        ],
        contact,
    ),
    holding("crmDeals", "Customer", &["deals"], deals),
    holding("crmActivities", "Customer", &["activities"], activities),
    holding(
        "crmAccount",
        "Account",
        &[
            "kind",
            "industry",
            "website",
            "phone",
            "annualRevenue",
            "employees",
            "billingAddress",
            "owner",
            "parent",
            "knownSince",
        ],
        account,
    ),
    holding("crmSubsidiaries", "Account", &["subsidiaries"], subsidiaries),
    holding("crmAccountContacts", "Account", &["contacts"], contacts),
    holding("crmAccountDeals", "Account", &["deals"], account_deals),
    holding("crmDealHistory", "Deal", &["stageHistory", "priceTalks"], history),
    holding("crmQuotes", "Deal", &["quotes"], quotes),
    holding("crmDealContacts", "Deal", &["contacts"], parts),
];

/// The customers with this e-mail address in any mix of capitals, the one who was entered first at the top.
pub(in crate::differential) fn with_email(cast: &Cast, email: &str) -> Vec<String> {
    let wanted = email.trim().to_lowercase();
    let all = cast.persons.iter().flat_map(|person| person.sales.iter().map(move |contact| (person, contact)));
    let has = |contact: &SalesContact| contact.email.as_ref().is_some_and(|email| email.to_lowercase() == wanted);
    let mut found: Vec<_> = all.filter(|(_, contact)| has(contact)).collect();
    found.sort_by_key(|(_, contact)| contact.created);
    let mut ids: Vec<String> = Vec::new();
    for (person, _) in found {
        if !ids.contains(&person.id) {
            ids.push(person.id.clone());
        }
    }
    ids
}

/// All customers that sales knows, by id.
pub(in crate::differential) fn known_customers(cast: &Cast) -> Vec<String> {
    let known = cast.persons.iter().filter(|person| !person.sales.is_empty());
    let mut ids: Vec<String> = known.map(|person| person.id.clone()).collect();
    ids.sort();
    ids
}

fn owner(cast: &Cast, user: &str) -> Held {
    cast.sales_users.iter().find(|known| known.id == user).map_or(Held::Null, |user| {
        object("Employee", [("name", text(user.name.as_str())), ("email", text(user.email.as_str()))])
    })
}

/// Of several contacts of one person the oldest speaks.
fn contact(cast: &Cast, key: &str) -> Fields {
    let person = cast.person(key)?;
    let contact = person.sales.iter().min_by_key(|contact| contact.created)?;
    let name = contact.first_name.iter().chain([&contact.last_name]).cloned().collect::<Vec<_>>().join(" ");
    Some(vec![
        ("name", text(name.as_str())),
        ("email", maybe(&contact.email)),
        ("phone", maybe(&contact.phone)),
        ("origin", origin(DEPARTMENT, &contact.id, contact.modified)),
        ("firstName", maybe(&contact.first_name)),
        ("lastName", text(contact.last_name.as_str())),
        ("mobilePhone", maybe(&contact.mobile)),
        ("jobTitle", maybe(&contact.title)),
        ("businessUnit", maybe(&contact.department)),
        ("leadSource", maybe(&contact.lead_source)),
        ("mailingAddress", address(contact.city.as_deref(), contact.country.as_deref())),
        ("owner", owner(cast, &contact.owner_id)),
        ("account", stub("Account", contact.account_id.as_ref().and(person.account_id.as_deref()))),
        ("knownSince", time(contact.created)),
    ])
}

/// The latest closing date first; on one day the older entry first.
fn deals(cast: &Cast, key: &str) -> Fields {
    let person = cast.person(key)?;
    let mut found: Vec<&Opportunity> = cast.deals_of(person).map(|(deal, _)| deal).collect();
    found.sort_by_key(|deal| std::cmp::Reverse(deal.close_date));
    let mut once: Vec<&Opportunity> = Vec::new();
    for deal in found {
        if !once.iter().any(|known| known.id == deal.id) {
            once.push(deal);
        }
    }
    if once.is_empty() {
        return None;
    }
    let company = person.account_id.as_deref();
    Some(vec![("deals", Held::List(once.into_iter().map(|deal| sale(cast, company, deal)).collect()))])
}

fn account_deals(cast: &Cast, key: &str) -> Fields {
    let mut deals: Vec<&Opportunity> = cast.company(key)?.sales.as_ref()?.opportunities.iter().collect();
    if deals.is_empty() {
        return None;
    }
    deals.sort_by_key(|deal| std::cmp::Reverse(deal.close_date));
    Some(vec![("deals", Held::List(deals.into_iter().map(|deal| sale(cast, Some(key), deal)).collect()))])
}

fn sale(cast: &Cast, company: Option<&str>, deal: &Opportunity) -> Held {
    let status = match (deal.is_closed, deal.is_won) {
        (false, _) => "OPEN",
        (true, true) => "WON",
        (true, false) => "LOST",
    };
    let fields = [
        ("id", id(&deal.id)),
        ("name", text(deal.name.as_str())),
        ("status", text(status)),
        ("stage", text(deal.stage.as_str())),
        ("amount", money_of_hundredths(deal.amount_cents, &deal.currency)),
        ("probabilityPercent", float(deal.probability as f64)),
        ("closeDate", day(deal.close_date)),
        ("kind", maybe(&deal.kind)),
        ("nextStep", maybe(&deal.next_step)),
        ("openedAt", time(deal.created)),
        ("owner", owner(cast, &deal.owner_id)),
        ("account", stub("Account", company)),
        ("origin", origin(DEPARTMENT, &deal.id, deal.modified)),
    ];
    object("Deal", fields)
}

fn activities(cast: &Cast, key: &str) -> Fields {
    let person = cast.person(key).filter(|person| !person.sales.is_empty())?;
    let mut all = Vec::new();
    for contact in &person.sales {
        let mut tasks: Vec<&SalesTask> = contact.tasks.iter().collect();
        tasks.sort_by_key(|task| std::cmp::Reverse(task.created));
        all.extend(tasks.into_iter().map(|entry| (entry.created, task(cast, entry))));
        let mut events: Vec<&SalesEvent> = contact.events.iter().collect();
        events.sort_by_key(|event| std::cmp::Reverse(event.start));
        all.extend(events.into_iter().map(|event| (event.start, meeting(cast, event))));
    }
    all.sort_by_key(|(happened, _)| std::cmp::Reverse(*happened));
    Some(vec![("activities", Held::List(all.into_iter().map(|(_, activity)| activity).collect()))])
}

fn task(cast: &Cast, task: &SalesTask) -> Held {
    let ty = match task.subtype.as_str() {
        "Call" => "Call",
        "Email" => "EmailActivity",
        _ => "ToDo",
    };
    let status = [("Not Started", "NOT_STARTED"), ("Completed", "COMPLETED"), ("Waiting on someone else", "WAITING")];
    let fields = [
        ("id", id(&task.id)),
        ("subject", maybe(&task.subject)),
        ("description", maybe(&task.description)),
        ("happenedAt", time(task.created)),
        ("owner", owner(cast, &task.owner_id)),
        ("status", named(task.status.as_str(), &status)),
        ("priority", named(task.priority.as_str(), &[("High", "HIGH"), ("Normal", "NORMAL"), ("Low", "LOW")])),
        ("dueOn", day(task.due)),
        ("direction", text((task.subtype == "Call").then_some("OUTBOUND"))),
        ("durationSeconds", int(task.call_seconds)),
        ("origin", origin(DEPARTMENT, &task.id, task.created)),
    ];
    object(ty, fields)
}

fn meeting(cast: &Cast, event: &SalesEvent) -> Held {
    let entered = event.start.days_ago(7).min(TODAY.days_ago(1));
    let fields = [
        ("id", id(&event.id)),
        ("subject", maybe(&event.subject)),
        ("happenedAt", time(event.start)),
        ("endsAt", time(event.start.plus_seconds(event.minutes * 60))),
        ("durationMinutes", int(event.minutes)),
        ("location", maybe(&event.location)),
        ("owner", owner(cast, &event.owner_id)),
        ("origin", origin(DEPARTMENT, &event.id, entered)),
    ];
    object("Meeting", fields)
}

fn account(cast: &Cast, key: &str) -> Fields {
    let company = cast.company(key)?;
    let record = company.sales.as_ref()?;
    let revenue = record.annual_revenue.map(|revenue| revenue * 100);
    Some(vec![
        ("name", text(record.name.as_str())),
        ("kind", maybe(&record.kind)),
        ("industry", maybe(&record.industry)),
        ("website", maybe(&record.website)),
        ("phone", maybe(&record.phone)),
        ("annualRevenue", money_of_hundredths(revenue, company.currency)),
        ("employees", int(record.employees)),
        ("billingAddress", address(Some(&record.city), Some(&record.country))),
        ("owner", owner(cast, &record.owner_id)),
        ("parent", stub("Account", company.parent_id.as_deref())),
        ("knownSince", time(record.created)),
        ("origin", origin(DEPARTMENT, &record.id, record.modified)),
    ])
}

fn listed(field: &'static str, ty: &'static str, keys: &[&str]) -> Fields {
    let stubs = keys.iter().map(|key| stub(ty, Some(key))).collect();
    (!keys.is_empty()).then(|| vec![(field, Held::List(stubs))])
}

fn subsidiaries(cast: &Cast, key: &str) -> Fields {
    let mut owned: Vec<&Company> = cast.subsidiaries_of(key).filter(|company| company.sales.is_some()).collect();
    owned.sort_by_key(|company| company.name.to_lowercase());
    listed("subsidiaries", "Account", &owned.iter().map(|company| company.id.as_str()).collect::<Vec<_>>())
}

fn contacts(cast: &Cast, key: &str) -> Fields {
    let mut known: Vec<(&Person, &SalesContact)> =
        cast.persons_of(key).flat_map(|person| person.sales.iter().map(move |contact| (person, contact))).collect();
    known.sort_by_key(|(_, contact)| contact.last_name.to_lowercase());
    let mut ids: Vec<&str> = Vec::new();
    for (person, _) in known {
        if !ids.contains(&person.id.as_str()) {
            ids.push(&person.id);
        }
    }
    listed("contacts", "Customer", &ids)
}

fn opportunity<'c>(cast: &'c Cast, key: &str) -> Option<&'c Opportunity> {
    let accounts = cast.companies.iter().filter_map(|company| company.sales.as_ref());
    accounts.flat_map(|account| &account.opportunities).find(|deal| deal.id == key)
}

fn history(cast: &Cast, key: &str) -> Fields {
    let deal = opportunity(cast, key)?;
    let mut changes: Vec<_> = deal.history.iter().collect();
    changes.sort_by_key(|change| change.created);
    let stages = changes.iter().map(|change| {
        let fields = [
            ("id", id(&change.id)),
            ("stage", text(change.stage.as_str())),
            ("amount", money_of_hundredths(change.amount_cents, &deal.currency)),
            ("probabilityPercent", float(change.probability as f64)),
            ("closeDate", day(change.close_date)),
            ("changedAt", time(change.created)),
            ("origin", origin(DEPARTMENT, &change.id, change.created)),
        ];
        object("StageChange", fields)
    });
    let about_price = |stage: &str| matches!(stage, "Proposal/Price Quote" | "Negotiation/Review");
    let talks = changes.iter().filter(|change| about_price(&change.stage) && change.amount_cents.is_some());
    let talks = talks.map(|change| {
        let fields = [
            ("id", id(&change.id)),
            ("stage", text(change.stage.as_str())),
            ("amount", money_of_hundredths(change.amount_cents, &deal.currency)),
            ("happenedAt", time(change.created)),
            ("origin", origin(DEPARTMENT, &change.id, change.created)),
        ];
        object("PriceTalk", fields)
    });
    Some(vec![("stageHistory", Held::List(stages.collect())), ("priceTalks", Held::List(talks.collect()))])
}

fn quotes(cast: &Cast, key: &str) -> Fields {
    let deal = opportunity(cast, key).filter(|deal| !deal.quotes.is_empty())?;
    let status = [
        ("Draft", "DRAFT"),
        ("Rejected", "REJECTED"),
        ("Presented", "PRESENTED"),
        ("Accepted", "ACCEPTED"),
        ("Denied", "DENIED"),
    ];
    let mut quotes: Vec<_> = deal.quotes.iter().collect();
    quotes.sort_by_key(|quote| std::cmp::Reverse(quote.created));
    let quotes = quotes.into_iter().map(|quote| {
        let fields = [
            ("id", id(&quote.id)),
            ("number", text(quote.number.as_str())),
            ("name", text(quote.name.as_str())),
            ("status", named(quote.status.as_deref(), &status)),
            ("listPrice", money_of_hundredths(quote.subtotal_cents, &deal.currency)),
            ("discountPercent", float(quote.discount_percent.map(|percent| percent as f64))),
            ("total", money_of_hundredths(quote.total_cents, &deal.currency)),
            ("writtenAt", time(quote.created)),
            ("validUntil", day(quote.expires)),
            ("origin", origin(DEPARTMENT, &quote.id, quote.modified)),
        ];
        object("Quote", fields)
    });
    Some(vec![("quotes", Held::List(quotes.collect()))])
}

fn parts(cast: &Cast, key: &str) -> Fields {
    let deal = opportunity(cast, key).filter(|deal| !deal.roles.is_empty())?;
    let owner_of = |contact: &str| {
        cast.persons
            .iter()
            .find(|person| person.sales.iter().any(|known| known.id == contact))
            .map(|person| &*person.id)
    };
    let parts = deal.roles.iter().map(|role| {
        let fields = [
            ("id", id(&role.id)),
            ("role", maybe(&role.role)),
            ("isPrimary", flag(role.is_primary)),
            ("customer", stub("Customer", owner_of(&role.contact_id))),
            ("origin", origin(DEPARTMENT, &role.id, None)),
        ];
        object("DealContact", fields)
    });
    Some(vec![("contacts", Held::List(parts.collect()))])
}
