//! What marketing knows.

use c360::demo::cast::{CAMPAIGN_RESPONSE, Cast, DOWNLOAD, EmailEvent, FORM, MarketingContact, Touch};

use super::{Fields, Holding};
use crate::differential::held::{Held, flag, id, int, maybe, named, object, origin, text, time};

const DEPARTMENT: &str = "marketing";

const fn of_contact(name: &'static str, fields: &'static [&'static str], look: fn(&Cast, &str) -> Fields) -> Holding {
    Holding { name, ty: "Customer", department: DEPARTMENT, fields, after: Some("marketingContact"), look }
}

pub(super) const HOLDINGS: &[Holding] = &[
    Holding {
        name: "marketingContact",
        ty: "Customer",
        department: DEPARTMENT,
        fields: &["marketingProfile"],
        after: None,
        look: contact,
    },
    of_contact("marketingEmailEvents", &["marketingEmails"], emails),
    of_contact("marketingDownloads", &["contentDownloads"], downloads),
    of_contact("marketingResponses", &["campaignResponses"], responses),
    of_contact("marketingConsents", &["consents"], consents),
    Holding {
        name: "marketingCompany",
        ty: "Account",
        department: DEPARTMENT,
        fields: &["marketingProfile"],
        after: None,
        look: company,
    },
];

const STAGES: [(&str, &str); 7] = [
    ("subscriber", "SUBSCRIBER"),
    ("lead", "LEAD"),
    ("marketingqualifiedlead", "MARKETING_QUALIFIED_LEAD"),
    ("salesqualifiedlead", "SALES_QUALIFIED_LEAD"),
    ("opportunity", "OPPORTUNITY"),
    ("customer", "CUSTOMER"),
    ("evangelist", "EVANGELIST"),
];

fn record<'c>(cast: &'c Cast, key: &str) -> Option<&'c MarketingContact> {
    cast.person(key)?.marketing.as_ref()
}

fn contact(cast: &Cast, key: &str) -> Fields {
    let contact = record(cast, key)?;
    let form = contact.touches.iter().find(|touch| touch.kind == FORM);
    let profile = [
        ("lifecycleStage", named(contact.lifecycle_stage.as_str(), &STAGES)),
        ("leadStatus", maybe(&contact.lead_status)),
        ("isOptedOutOfEmail", flag(contact.opted_out)),
        ("firstSource", maybe(&contact.analytics_source)),
        ("lastVisitAt", time(contact.last_visit)),
        ("formsFilledIn", int(contact.conversions)),
        ("lastForm", text(form.map(|form| form.title.as_str()))),
        ("lastFormAt", time(form.map(|form| form.occurred))),
        ("origin", origin(DEPARTMENT, contact.id, contact.modified)),
    ];
    Some(vec![("marketingProfile", object("MarketingProfile", profile))])
}

fn company(cast: &Cast, key: &str) -> Fields {
    let company = cast.company(key)?.marketing.as_ref()?;
    let origin = || origin(DEPARTMENT, company.id, company.updated);
    let profile = [
        ("lifecycleStage", named(company.lifecycle_stage.as_str(), &STAGES)),
        ("domain", text(company.domain.as_str())),
        ("industry", maybe(&company.industry)),
        ("city", maybe(&company.city)),
        ("country", maybe(&company.country)),
        ("origin", origin()),
    ];
    Some(vec![
        ("name", maybe(&company.name)),
        ("origin", origin()),
        ("marketingProfile", object("AccountMarketingProfile", profile)),
    ])
}

/// One row per mailing, the one with the newest event first.
fn emails(cast: &Cast, key: &str) -> Fields {
    let contact = record(cast, key)?;
    let mut mailings: Vec<(u64, Vec<&EmailEvent>)> = Vec::new();
    for event in &contact.email_events {
        match mailings.iter_mut().find(|(mailing, _)| *mailing == event.campaign_id) {
            Some((_, events)) => events.push(event),
            None => mailings.push((event.campaign_id, vec![event])),
        }
    }
    let mailings = mailings.into_iter().map(|(mailing, events)| {
        let all = |kind: &str| events.iter().filter(|event| event.kind == kind).collect::<Vec<_>>();
        let newest = |kind: &str| time(all(kind).first().map(|event| event.created));
        let oldest = |kind: &str| time(all(kind).last().map(|event| event.created));
        let fields = [
            ("id", id(format!("{}-{mailing}", contact.id))),
            ("mailingId", id(mailing)),
            ("subject", text(events.iter().find_map(|event| event.subject.as_deref()))),
            ("sentAt", newest("SENT")),
            ("deliveredAt", newest("DELIVERED")),
            ("firstOpenedAt", oldest("OPEN")),
            ("firstClickedAt", oldest("CLICK")),
            ("bouncedAt", newest("BOUNCE")),
            ("opens", int(i64::try_from(all("OPEN").len()).unwrap())),
            ("clicks", int(i64::try_from(all("CLICK").len()).unwrap())),
            ("origin", origin(DEPARTMENT, mailing, events.first().map(|event| event.created))),
        ];
        object("MarketingEmail", fields)
    });
    Some(vec![("marketingEmails", Held::List(mailings.collect()))])
}

fn touches<'c>(contact: &'c MarketingContact, kind: &'c str) -> impl Iterator<Item = &'c Touch> {
    contact.touches.iter().filter(move |touch| touch.kind == kind)
}

fn downloads(cast: &Cast, key: &str) -> Fields {
    let downloads = touches(record(cast, key)?, DOWNLOAD).map(|touch| {
        let fields = [
            ("id", id(&touch.id)),
            ("title", text(touch.title.as_str())),
            ("url", text(touch.url.as_str())),
            ("downloadedAt", time(touch.occurred)),
            ("origin", origin(DEPARTMENT, &touch.id, touch.occurred)),
        ];
        object("ContentDownload", fields)
    });
    Some(vec![("contentDownloads", Held::List(downloads.collect()))])
}

fn responses(cast: &Cast, key: &str) -> Fields {
    let answers = [("Registered", "REGISTERED"), ("Attended", "ATTENDED"), ("Declined", "DECLINED")];
    let responses = touches(record(cast, key)?, CAMPAIGN_RESPONSE).map(|touch| {
        let fields = [
            ("id", id(&touch.id)),
            ("campaign", text(touch.title.as_str())),
            ("response", named(touch.response.as_deref(), &answers)),
            ("respondedAt", time(touch.occurred)),
            ("origin", origin(DEPARTMENT, &touch.id, touch.occurred)),
        ];
        object("CampaignResponse", fields)
    });
    Some(vec![("campaignResponses", Held::List(responses.collect()))])
}

fn consents(cast: &Cast, key: &str) -> Fields {
    let contact = record(cast, key)?;
    let consents = contact.consents.iter().map(|consent| {
        let fields = [
            ("id", id(format!("{}-{}", contact.id, consent.id))),
            ("topic", text(consent.name.as_str())),
            ("status", text(if consent.subscribed { "SUBSCRIBED" } else { "NOT_SUBSCRIBED" })),
            ("legalBasis", maybe(&consent.legal_basis)),
            ("decidedBy", text(consent.source.as_str())),
            ("origin", origin(DEPARTMENT, consent.id, None)),
        ];
        object("Consent", fields)
    });
    Some(vec![("consents", Held::List(consents.collect()))])
}
