//! What the account is made of: owners, pipelines, properties, mailings, forms.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::objects::unique_properties;
use super::{Hubspot, either, kind, limit, listed, not_found, page, tail};
use crate::demo::cast::{Campaign, DEAL_STAGES, TODAY};
use crate::demo::desk::{Answer, Ask};

impl Hubspot {
    pub(super) fn owners(&self, ask: &Ask, _: &[String]) -> Answer {
        let read = || {
            let limit = limit(ask, 100, 500)?;
            let owners = self
                .cast
                .marketing_owners
                .iter()
                .filter(|owner| ask.param("email").is_none_or(|email| owner.email.eq_ignore_ascii_case(email)));
            let (owners, paging) = page(owners.collect(), ask.param("after"), limit)?;
            let since = TODAY.days_ago(1500).iso_millis();
            let results = owners
                .into_iter()
                .map(|owner| {
                    json!({
                        "id": owner.id.to_string(),
                        "email": owner.email,
                        "type": "PERSON",
                        "firstName": owner.first_name,
                        "lastName": owner.last_name,
                        "userId": owner.id + 1000,
                        "archived": false,
                        "teams": [],
                        "createdAt": since,
                        "updatedAt": since,
                    })
                })
                .collect();
            Ok(Answer::ok(listed(results, paging)))
        };
        either(read())
    }

    pub(super) fn pipelines(&self, _: &Ask, captures: &[String]) -> Answer {
        let read = || {
            let [name] = tail(captures)?;
            if kind(name)? != "deals" {
                return Ok(Answer::ok(listed(Vec::new(), None)));
            }
            let stages: Vec<Value> = DEAL_STAGES
                .iter()
                .enumerate()
                .map(|(order, (id, label))| {
                    let closed = id.starts_with("closed").to_string();
                    json!({"id": id, "label": label, "displayOrder": order, "archived": false, "metadata": {"isClosed": closed}})
                })
                .collect();
            let pipeline = json!({"id": "default", "label": "Self-service", "displayOrder": 0, "archived": false, "stages": stages});
            Ok(Answer::ok(listed(vec![pipeline], None)))
        };
        either(read())
    }

    pub(super) fn properties(&self, _: &Ask, captures: &[String]) -> Answer {
        let read = || {
            let [name] = tail(captures)?;
            let kind = kind(name)?;
            let names = self.objects.all(kind).next().into_iter().flat_map(|record| record.properties.keys());
            let results = names
                .map(|name| {
                    let (form, field) = if name.contains("date") || name.contains("timestamp") { ("datetime", "date") } else { ("string", "text") };
                    json!({"name": name, "label": name, "type": form, "fieldType": field, "hasUniqueValue": unique_properties(kind).contains(&name.as_str()), "options": []})
                })
                .collect();
            Ok(Answer::ok(listed(results, None)))
        };
        either(read())
    }

    pub(super) fn marketing_emails(&self, ask: &Ask, _: &[String]) -> Answer {
        let read = || {
            let limit = limit(ask, 10, 100)?;
            let (campaigns, paging) = page(self.cast.campaigns.iter().collect(), ask.param("after"), limit)?;
            let mut body = listed(campaigns.into_iter().map(|campaign| self.mail(campaign)).collect(), paging);
            body["total"] = json!(self.cast.campaigns.len());
            Ok(Answer::ok(body))
        };
        either(read())
    }

    pub(super) fn marketing_email(&self, _: &Ask, captures: &[String]) -> Answer {
        let id = captures.first().and_then(|id| id.parse::<u64>().ok());
        match self.cast.campaigns.iter().find(|campaign| Some(campaign.id) == id) {
            Some(campaign) => Answer::ok(self.mail(campaign)),
            None => not_found("resource not found"),
        }
    }

    /// A mailing with its figures, counted from the events.
    fn mail(&self, campaign: &Campaign) -> Value {
        let mut counters: BTreeMap<String, i64> =
            ["sent", "delivered", "open", "click", "bounce"].map(|name| (name.to_owned(), 0)).into();
        let events = self
            .cast
            .persons
            .iter()
            .filter_map(|person| person.marketing.as_ref())
            .flat_map(|contact| &contact.email_events);
        for event in events.filter(|event| event.campaign_id == campaign.id) {
            *counters.entry(event.kind.to_lowercase()).or_default() += 1;
        }
        let ratio = |part: &str, whole: &str| counters[part] as f64 * 100.0 / counters[whole].max(1) as f64;
        let ratios = json!({"openratio": ratio("open", "delivered"), "clickratio": ratio("click", "delivered")});
        json!({
            "id": campaign.id.to_string(),
            "name": campaign.name,
            "subject": campaign.subject,
            "state": "PUBLISHED",
            "type": "BATCH_EMAIL",
            "publishDate": campaign.sent.iso_millis(),
            "createdAt": campaign.sent.days_ago(3).iso_millis(),
            "updatedAt": campaign.sent.iso_millis(),
            "archived": false,
            "stats": {"counters": counters, "ratios": ratios},
        })
    }

    pub(super) fn forms(&self, ask: &Ask, _: &[String]) -> Answer {
        let read = || {
            let limit = limit(ask, 20, 100)?;
            let (forms, paging) = page(self.cast.forms.iter().collect(), ask.param("after"), limit)?;
            let render = |form: &crate::demo::cast::Form| {
                let at = form.created.iso_millis();
                json!({"id": form.id, "name": form.name, "formType": "hubspot", "createdAt": at, "updatedAt": at, "archived": false})
            };
            Ok(Answer::ok(listed(forms.into_iter().map(render).collect(), paging)))
        };
        either(read())
    }
}
