//! What happened to mailings, what people did, and what they agreed to.

use serde_json::{Value, json};

use super::{Hubspot, either, invalid, limit, listed, not_found, page};
use crate::demo::cast::{Cast, EmailEvent, MarketingContact, Person, Touch};
use crate::demo::desk::{Answer, Ask};

const PORTAL: u64 = 4711;
const APP: u64 = 113;

/// Mailing events of everybody, newest first.
pub(super) fn newest_first(cast: &Cast) -> Vec<(usize, usize)> {
    let event = |(person, event): (usize, usize)| {
        &cast.persons[person].marketing.as_ref().expect("it has events").email_events[event]
    };
    let mut all: Vec<(usize, usize)> = cast
        .persons
        .iter()
        .enumerate()
        .flat_map(|(place, person)| {
            (0..person.marketing.as_ref().map_or(0, |contact| contact.email_events.len()))
                .map(move |event| (place, event))
        })
        .collect();
    all.sort_by(|left, right| {
        let (left, right) = (event(*left), event(*right));
        right.created.cmp(&left.created).then_with(|| left.id.cmp(&right.id))
    });
    all
}

impl Hubspot {
    fn contact_by_email(&self, email: &str) -> Option<(&Person, &MarketingContact)> {
        let record = self.objects.by_property("contacts", "email", email)?;
        self.contact_by_id(record.id)
    }

    fn contact_by_id(&self, id: u64) -> Option<(&Person, &MarketingContact)> {
        let person = self.cast.person(self.objects.record("contacts", id)?.properties.get("customer_id")?.as_str()?)?;
        Some((person, person.marketing.as_ref()?))
    }

    /// Filters: `recipient`, `eventType`, `campaignId`, `startTimestamp`, `endTimestamp` (milliseconds); `limit` ≤ 1000, `offset`.
    pub(super) fn email_events(&self, ask: &Ask, _: &[String]) -> Answer {
        let read = || {
            let number = |name: &str| {
                ask.param(name)
                    .map(str::parse::<i64>)
                    .transpose()
                    .map_err(|_| invalid(&format!("{name} must be a number")))
            };
            let (start, end, campaign) = (number("startTimestamp")?, number("endTimestamp")?, number("campaignId")?);
            let limit = limit(ask, 10, 1000)?;
            let all: Vec<(&MarketingContact, &EmailEvent)> = match ask.param("recipient") {
                Some(recipient) => {
                    let contact = self.contact_by_email(recipient).map(|(_, contact)| contact);
                    contact
                        .into_iter()
                        .flat_map(|contact| contact.email_events.iter().map(move |event| (contact, event)))
                        .collect()
                }
                None => {
                    let event = |(person, event): &(usize, usize)| {
                        let contact = self.cast.persons.get(*person)?.marketing.as_ref()?;
                        Some((contact, contact.email_events.get(*event)?))
                    };
                    self.mailings.iter().filter_map(event).collect()
                }
            };
            let wanted = |event: &EmailEvent| {
                ask.param("eventType").is_none_or(|kind| kind == event.kind)
                    && campaign.is_none_or(|campaign| i64::try_from(event.campaign_id) == Ok(campaign))
                    && start.is_none_or(|start| event.created.millis() >= start)
                    && end.is_none_or(|end| event.created.millis() < end)
            };
            let events = all.into_iter().filter(|(_, event)| wanted(event)).collect();
            let (events, paging) = page(events, ask.param("offset"), limit)?;
            let events: Vec<Value> = events.into_iter().map(|(contact, event)| mailing(contact, event)).collect();
            let offset = paging.map(|paging| paging["next"]["after"].clone());
            Ok(Answer::ok(json!({"hasMore": offset.is_some(), "offset": offset, "events": events})))
        };
        either(read())
    }

    /// Of one contact (`objectType=contact` with `objectId` or `objectProperty.email`) or of all; filters `eventType`,
    /// `occurredAfter`, `occurredBefore`; newest first unless `sort=occurredAt`.
    pub(super) fn behavioural_events(&self, ask: &Ask, _: &[String]) -> Answer {
        let read = || {
            if ask.param("objectType").is_some_and(|kind| kind != "contact") {
                return Err(invalid("only contacts have events here"));
            }
            let limit = limit(ask, 20, 200)?;
            let one = match (ask.param("objectId"), ask.param("objectProperty.email")) {
                (Some(id), _) => Some(id.parse().ok().and_then(|id| self.contact_by_id(id))),
                (None, Some(email)) => Some(self.contact_by_email(email)),
                (None, None) => None,
            };
            let contacts: Vec<&MarketingContact> = match one {
                Some(contact) => contact.into_iter().map(|(_, contact)| contact).collect(),
                None => self.cast.persons.iter().filter_map(|person| person.marketing.as_ref()).collect(),
            };
            let bound = |name: &str| match ask.param(name).map(str::parse::<jiff::Timestamp>) {
                None => Ok(None),
                Some(Ok(at)) => Ok(Some(at.as_second())),
                Some(Err(_)) => Err(invalid(&format!("{name} must be a date and time"))),
            };
            let (start, end) = (bound("occurredAfter")?, bound("occurredBefore")?);
            let wanted = |touch: &Touch| {
                ask.param("eventType").is_none_or(|kind| kind == touch.kind)
                    && start.is_none_or(|start| touch.occurred.0 > start)
                    && end.is_none_or(|end| touch.occurred.0 < end)
            };
            let mut touches: Vec<(&MarketingContact, &Touch)> = contacts
                .into_iter()
                .flat_map(|contact| contact.touches.iter().map(move |touch| (contact, touch)))
                .filter(|(_, touch)| wanted(touch))
                .collect();
            touches.sort_by(|(_, left), (_, right)| {
                right.occurred.cmp(&left.occurred).then_with(|| left.id.cmp(&right.id))
            });
            if ask.param("sort") == Some("occurredAt") {
                touches.reverse();
            }
            let (touches, paging) = page(touches, ask.param("after"), limit)?;
            Ok(Answer::ok(listed(
                touches.into_iter().map(|(contact, touch)| behaviour(contact, touch)).collect(),
                paging,
            )))
        };
        either(read())
    }

    pub(super) fn consent(&self, _: &Ask, captures: &[String]) -> Answer {
        let email = captures.first().map_or("", String::as_str);
        let Some((_, contact)) = self.contact_by_email(email) else {
            return not_found("no contact has this e-mail address");
        };
        let statuses: Vec<Value> = contact
            .consents
            .iter()
            .map(|consent| {
                json!({
                    "id": consent.id.to_string(),
                    "name": consent.name,
                    "description": consent.name,
                    "status": if consent.subscribed { "SUBSCRIBED" } else { "NOT_SUBSCRIBED" },
                    "sourceOfStatus": consent.source,
                    "legalBasis": consent.legal_basis,
                })
            })
            .collect();
        Answer::ok(json!({"recipient": contact.email, "subscriptionStatuses": statuses}))
    }
}

fn mailing(contact: &MarketingContact, event: &EmailEvent) -> Value {
    json!({
        "id": event.id,
        "created": event.created.millis(),
        "type": event.kind,
        "recipient": contact.email,
        "portalId": PORTAL,
        "appId": APP,
        "appName": "Batch",
        "emailCampaignId": event.campaign_id,
        "subject": event.subject,
        "sentBy": {"id": event.id, "created": event.created.millis()},
    })
}

fn behaviour(contact: &MarketingContact, touch: &Touch) -> Value {
    let mut properties = json!({"hs_title": touch.title, "hs_url": touch.url});
    if let Some(response) = &touch.response {
        properties["response"] = json!(response);
    }
    json!({
        "id": touch.id,
        "eventType": touch.kind,
        "objectType": "CONTACT",
        "objectId": contact.id.to_string(),
        "occurredAt": touch.occurred.iso_millis(),
        "properties": properties,
    })
}
