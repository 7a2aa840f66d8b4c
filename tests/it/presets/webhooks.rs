//! What each system tells by webhook, in its own form, and whom the preset takes it to be about. Facts: the vendors'
//! documentation of their webhooks; every value is made up.

use std::collections::BTreeMap;

use c360::gateway::{Delivery, Gateway};
use c360::hooks;
use c360::mapping::{Value, Variables};
use c360::presets::SHELF;
use c360::startup::{self, Assembled};
use http::{HeaderMap, HeaderValue};
use serde_json::json;

use super::{assembled, composed, example_variables, read, written};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const XML: &str = "text/xml; charset=utf-8";

/// A folder of one preset, whose webhook wants to be shown an `s`.
fn open(name: &str) -> Assembled {
    let files = composed(&[name]);
    let folder = written(&files);
    let mut read = read(folder.path(), &example_variables(&files));
    let shown = json!({ "scheme": "header", "header": "x-key", "secrets": ["s"] });
    read.settings.webhooks.insert(name.to_owned(), serde_json::from_value::<hooks::Settings>(shown).unwrap());
    assembled(read)
}

/// Of whom a payload speaks, by the mappings of the source: a type and an object each.
fn told(gateway: &Gateway, name: &str, kind: &str, body: &str) -> Vec<String> {
    let config = json!({ "customerColumn": "new_customerid", "customerField": "customfield_10050" });
    let config = Value::from(config);
    let payload = hooks::payload(Some(kind), body.as_bytes()).unwrap();
    let catalog = gateway.catalog();
    let source = catalog.sources.iter().find(|source| source.name == name).unwrap();
    let mut told = Vec::new();
    for webhook in &source.webhooks {
        let outcome = webhook.keys.run(Some(&payload), &Variables { config: Some(&config), ..Variables::default() });
        let Some(value) = outcome.value else { continue };
        let list = if let Value::List(list) = value { list } else { vec![value] };
        for object in list {
            let Value::Object(object) = object else { continue };
            let fields = object.iter().filter(|(_, value)| !value.is_null());
            let fields: Vec<String> =
                fields.map(|(field, value)| format!("{field}={}", value.as_text().unwrap())).collect();
            if !fields.is_empty() {
                told.push(format!("{} {}", catalog.ty(webhook.ty).name, fields.join(" ")));
            }
        }
    }
    told
}

/// Holds a preset's mappings against a payload, and what the gateway makes of the delivery.
#[track_caller]
fn check(name: &str, kind: &str, body: &str, expected: &[&str], forgotten: &[&str]) {
    let gateway = open(name).gateway;
    assert_eq!(told(&gateway, name, kind, body), expected, "{name}: {body}");
    let mut headers = HeaderMap::new();
    headers.insert("x-key", HeaderValue::from_static("s"));
    headers.insert("content-type", HeaderValue::from_str(kind).unwrap());
    let delivery = Delivery { method: "POST", query: None, headers: &headers, body: body.as_bytes() };
    let heard = gateway.hear(name, &delivery).unwrap();
    assert!(heard.whole.is_empty(), "{name}: {heard:?}");
    assert_eq!(heard.keys.iter().map(String::as_str).collect::<Vec<_>>(), forgotten, "{name}: {body}");
}

#[tokio::test]
async fn stripe_tells_of_a_customer_and_of_what_is_theirs() {
    let updated = r#"{"id":"evt_1","object":"event","type":"customer.updated","data":{"object":{"id":"cus_1",
        "object":"customer","email":"ada@example.test","metadata":{"customer_id":"c-1"}},"previous_attributes":{}}}"#;
    let of_all = ["stripeCustomer", "stripeInvoices", "stripePayments", "stripeSubscriptions"];
    check("stripe", JSON, updated, &["Customer stripeCustomerId=cus_1 id=c-1"], &of_all);
    let paid = r#"{"id":"evt_2","object":"event","type":"invoice.paid","data":{"object":{"id":"in_1","object":"invoice",
        "customer":"cus_1","metadata":{}}}}"#;
    check("stripe", JSON, paid, &["Customer stripeCustomerId=cus_1"], &of_all[1..]);
    let product = r#"{"id":"evt_3","type":"product.updated","data":{"object":{"id":"prod_1","object":"product"}}}"#;
    check("stripe", JSON, product, &[], &[]);
}

#[tokio::test]
async fn hubspot_tells_of_contacts_and_companies_in_one_delivery() {
    let event = |kind: &str, id: u64| {
        format!(
            r#"{{"eventId":1001,"subscriptionId":7,"portalId":424242,"appId":99,"occurredAt":1767225600000,
            "subscriptionType":"{kind}","attemptNumber":0,"objectId":{id},"changeSource":"CRM"}}"#
        )
    };
    let generic = r#"{"subscriptionType":"object.propertyChange","objectTypeId":"0-1","objectId":553}"#;
    let linked = r#"{"subscriptionType":"contact.associationChange","associationType":"CONTACT_TO_COMPANY","fromObjectId":554,
        "toObjectId":9}"#;
    let events = [event("contact.propertyChange", 551), event("company.creation", 8), event("deal.creation", 3)];
    let body = format!("[{},{generic},{linked}]", events.join(","));
    let told = [
        "Customer hubspotContactId=551",
        "Customer hubspotContactId=553",
        "Customer hubspotContactId=554",
        "Account hubspotCompanyId=8",
    ];
    check("hubspot", JSON, &body, &told, &["hubspotDownloads", "hubspotResponses"]);
}

#[tokio::test]
async fn zendesk_tells_of_users_and_organizations_and_a_trigger_of_tickets() {
    let event = |subject: &str, detail: &str| {
        format!(
            r#"{{"type":"zen:event-type:{subject}","account_id":12514403,"id":"2b24ef10","time":"2026-01-01T00:00:00Z",
            "zendesk_event_version":"2022-06-20","subject":"zen:user:6596848315901","detail":{detail},"event":{{}}}}"#
        )
    };
    let user = r#"{"id":"6596848315901","email":"ada@example.test","external_id":"c-1","organization_id":"0"}"#;
    let of_user = ["Customer zendeskUserId=6596848315901 id=c-1"];
    check("zendesk", JSON, &event("user.name_changed", user), &of_user, &["zendeskTickets", "zendeskUser"]);
    let organization = r#"{"id":"77","external_id":"","name":"Analytical Engines"}"#;
    let of_company = ["Account zendeskOrganizationId=77"];
    check("zendesk", JSON, &event("organization.name_changed", organization), &of_company, &["zendeskAccountTickets"]);
    let ticket = r#"{"ticket":{"id":"35","requester_id":"6596848315901","organization_id":""}}"#;
    let of_ticket = ["Customer zendeskUserId=6596848315901", "Ticket zendeskTicketId=35"];
    check("zendesk", JSON, ticket, &of_ticket, &["zendeskTicketMetrics", "zendeskTickets"]);
    check("zendesk", JSON, &event("article.published", r#"{"id":"5"}"#), &[], &[]);
}

#[tokio::test]
async fn klaviyo_tells_of_events_and_their_profiles() {
    let body = r#"{"data":[{"external_id":"01J0","topic":"event:klaviyo.opened_email","payload":{"data":{"type":"event",
        "id":"ev1","attributes":{},"relationships":{"profile":{"data":{"type":"profile","id":"01GD"}}}}}}],
        "meta":{"klaviyo_account_id":"AbC123"}}"#;
    check("klaviyo", JSON, body, &["Customer klaviyoProfileId=01GD"], &["klaviyoEvents"]);
}

#[tokio::test]
async fn mailchimp_tells_of_an_address_or_of_both() {
    let profile =
        "type=profile&fired_at=2026-04-25+14%3A30%3A00&data%5Bid%5D=8a25ff1d98&data%5Bemail%5D=ada%40example.test";
    let members = ["mailchimpActivity", "mailchimpMember"];
    check("mailchimp", FORM, profile, &["Customer id=ada@example.test"], &members);
    let moved =
        "type=upemail&data[new_id]=51da8c3259&data[new_email]=new@example.test&data[old_email]=old@example.test";
    check("mailchimp", FORM, moved, &["Customer id=new@example.test", "Customer id=old@example.test"], &members);
}

#[tokio::test]
async fn pipedrive_tells_of_persons_companies_and_deals() {
    let body = |entity: &str, id: u64, data: &str| {
        format!(
            r#"{{"meta":{{"action":"change","entity":"{entity}","entity_id":{id},"version":"2.0"}},"data":{data},"previous":null}}"#
        )
    };
    let person = body("person", 12, r#"{"id":12,"name":"Ada King","org_id":31}"#);
    let of_person = ["Customer pipedrivePersonId=12", "Account pipedriveOrganizationId=31"];
    let about_both = [
        "pipedriveDeals",
        "pipedriveOrganizationDeals",
        "pipedriveOrganizationDetails",
        "pipedriveOrganizationPersons",
        "pipedrivePersonDetails",
    ];
    check("pipedrive", JSON, &person, &of_person, &about_both);
    check("pipedrive", JSON, &body("deal", 3, r#"{"id":3,"person_id":12,"org_id":31}"#), &of_person, &about_both);
    let company = ["Account pipedriveOrganizationId=31"];
    check("pipedrive", JSON, &body("organization", 31, "{}"), &company, &about_both[1..4]);
    check("pipedrive", JSON, &body("activity", 5, "{}"), &[], &[]);
}

#[tokio::test]
async fn dynamics_tells_of_the_rows_whose_images_it_sends() {
    let body = |entity: &str, column: &str, value: &str| {
        json!({
            "MessageName": "Update", "PrimaryEntityName": entity, "PrimaryEntityId": "6f1c2c5e-0000-0000-0000-000000000001",
            "InputParameters": [{ "key": "Target", "value": { "LogicalName": entity, "Attributes": [] } }],
            "PreEntityImages": [],
            "PostEntityImages": [{ "key": "image", "value": { "LogicalName": entity, "Attributes": [
                { "key": "modifiedon", "value": "/Date(1767225600000)/" }, { "key": column, "value": value },
            ] } }],
        })
        .to_string()
    };
    let contact = body("contact", "new_customerid", "c-1");
    check("dynamics", JSON, &contact, &["Customer id=c-1"], &["dynamicsContact", "dynamicsOpportunities"]);
    let account = body("account", "accountnumber", "a-1");
    let of_company =
        ["dynamicsAccount", "dynamicsAccountContacts", "dynamicsAccountOpportunities", "dynamicsSubsidiaries"];
    check("dynamics", JSON, &account, &["Account id=a-1"], &of_company);
    check("dynamics", JSON, &body("lead", "new_customerid", "c-1"), &[], &[]);
}

#[tokio::test]
async fn jira_tells_of_a_request_and_of_those_it_is_for() {
    let body = r#"{"timestamp":1767225600000,"webhookEvent":"jira:issue_updated","issue":{"id":"10001","key":"SUP-1",
        "fields":{"customfield_10050":["c-1","c-2"],"summary":"A question"}}}"#;
    let told = ["Customer id=c-1", "Customer id=c-2", "Ticket jiraServiceKey=SUP-1"];
    check("jira-service", JSON, body, &told, &["jiraServiceMetrics", "jiraServicePerson", "jiraServiceRequests"]);
}

#[tokio::test]
async fn salesforce_tells_by_outbound_messages() {
    let notification = |kind: &str, fields: &str| {
        format!(
            r#"<Notification><Id>04l1</Id><sObject xsi:type="sf:{kind}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
            {fields}</sObject></Notification>"#
        )
    };
    let message = |notifications: &str| {
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
            <soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
                xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>
            <notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>00D1</OrganizationId>
            <ActionId>04k1</ActionId><SessionId xsi:nil="true"/>{notifications}</notifications></soapenv:Body></soapenv:Envelope>"#
        )
    };
    let contact = notification("Contact", "<sf:Id>0031</sf:Id><sf:Customer_Id__c>c-1</sf:Customer_Id__c>");
    let unknown = notification("Contact", r#"<sf:Id>0032</sf:Id><sf:Customer_Id__c xsi:nil="true"/>"#);
    let of_customer = ["salesforceActivities", "salesforceContact", "salesforceDeals"];
    check("salesforce", XML, &message(&contact), &["Customer id=c-1"], &of_customer);
    check("salesforce", XML, &message(&format!("{contact}{unknown}")), &["Customer id=c-1"], &of_customer);
    let deal = notification("Opportunity", "<sf:Id>0061</sf:Id>");
    let of_deal = ["salesforceDealContacts", "salesforceDealHistory", "salesforceQuotes"];
    check("salesforce", XML, &message(&deal), &["Deal salesforceDealId=0061"], &of_deal);
}

#[test]
fn each_webhook_is_heard_once_its_variables_are_set() {
    for preset in SHELF {
        let files = composed(&[preset.name]);
        let folder = written(&files);
        let mut variables: BTreeMap<String, String> = example_variables(&files);
        let off = read(folder.path(), &variables);
        assert!(off.settings.webhooks[preset.name].is_off(), "{}", preset.name);
        for (name, value) in &mut variables {
            let is_of_webhook = name.contains("_WEBHOOK_") || name == "HUBSPOT_CLIENT_SECRET";
            if is_of_webhook {
                *value = "user:secret".to_owned();
            }
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _inside = runtime.enter();
        let without = startup::assemble(off, std::sync::Arc::new(|_: &str| None), None)
            .unwrap_or_else(|faults| panic!("{faults}"));
        let note = format!("nothing is heard at /webhooks/{0}: every secret of [webhooks.{0}] is empty", preset.name);
        assert_eq!(without.notes, [note]);
        assert!(without.gateway.hook(preset.name).is_none());
        let with = assembled(read(folder.path(), &variables));
        assert!(with.gateway.hook(preset.name).is_some() && with.notes.is_empty(), "{}", preset.name);
    }
}
