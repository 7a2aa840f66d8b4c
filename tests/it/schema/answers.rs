//! What the shipped connectors ask, and what they make of answers as the vendors give them.

use c360::mapping::{Dialect, Program, Template, Value, Variables};
use serde_json::{Value as Json, json};

use super::{directives, files, strings};

/// One connector of the shipped schema, by its `id`.
pub(super) struct Connector(Vec<(String, String)>);

impl Connector {
    pub(super) fn named(id: &str) -> Connector {
        for (_, document) in files() {
            for directive in document.definitions.iter().flat_map(directives) {
                let named = directive.specified_argument_by_name("id").and_then(|id| id.as_str());
                if directive.name == "connect" && named == Some(id) {
                    let mut found = Vec::new();
                    for argument in &directive.arguments {
                        strings(&argument.name, &argument.value, &mut found);
                    }
                    return Connector(found.into_iter().map(|(name, text)| (name.into(), text.into())).collect());
                }
            }
        }
        panic!("no connector {id}");
    }

    pub(super) fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.find(name).unwrap_or_else(|| panic!("no {name}"))
    }

    /// What the selection makes of an answer; anything that goes wrong in it fails the test.
    fn maps(&self, answer: Json, known: &Known) -> Json {
        let program = Program::parse(self.text("selection"), Dialect::default()).unwrap();
        let answer = Value::from(answer);
        let outcome = program.run(Some(&answer), &known.variables());
        assert!(outcome.problems.is_empty(), "{:?}", outcome.problems);
        outcome.value.map_or(Json::Null, Into::into)
    }

    /// The URL as written, its expressions filled in but nothing encoded.
    fn url(&self, known: &Known) -> String {
        let template = Template::parse(self.text("GET"), Dialect::default()).unwrap();
        let filled = template.fill(&known.variables()).unwrap();
        filled.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn part(&self, name: &str, known: &Known) -> Json {
        let program = Program::parse(self.text(name), Dialect::default()).unwrap();
        let outcome = program.run(None, &known.variables());
        assert!(outcome.problems.is_empty(), "{:?}", outcome.problems);
        outcome.value.map_or(Json::Null, Into::into)
    }
}

/// What stands in the variables.
pub(super) struct Known {
    args: Value<'static>,
    this: Value<'static>,
    batch: Value<'static>,
    config: Value<'static>,
    response_headers: Value<'static>,
}

impl Known {
    pub(super) fn of(what: Json) -> Known {
        let part = |name: &str| Value::from(what.get(name).cloned().unwrap_or_else(|| json!({})));
        Known {
            args: part("args"),
            this: part("this"),
            batch: part("batch"),
            config: part("config"),
            response_headers: part("headers"),
        }
    }

    fn nothing() -> Known {
        Known::of(json!({}))
    }

    pub(super) fn variables(&self) -> Variables<'_> {
        Variables {
            args: Some(&self.args),
            this: Some(&self.this),
            batch: Some(&self.batch),
            config: Some(&self.config),
            response_headers: Some(&self.response_headers),
            ..Variables::default()
        }
    }
}

fn soql(connector: &str, known: Json) -> String {
    let url = Connector::named(connector).url(&Known::of(known));
    // In a query `+` is a blank.
    url.split_once("?q=").unwrap().1.replace('+', " ")
}

#[test]
fn ids_reach_statements_as_literals() {
    let statement = soql("crmSubsidiaries", json!({"batch": [{"id": "a-1"}, {"id": "O'Neil"}]}));
    assert_eq!(
        statement,
        r"SELECT Account_Id__c, Parent.Account_Id__c FROM Account WHERE Parent.Account_Id__c IN ('a-1','O\'Neil') ORDER BY Name"
    );
    let query = Connector::named("billingCustomer")
        .part("queryParams", &Known::of(json!({"batch": [{"id": "c-1"}, {"id": "c-2"}]})));
    assert_eq!(query["query"], r#"metadata['customer_id']:"c-1" OR metadata['customer_id']:"c-2""#);
}

#[test]
fn the_first_page_of_customers_has_no_lower_bound() {
    let first = soql("crmCustomerPages", json!({"args": {"first": 21}}));
    let later = soql("crmCustomerPages", json!({"args": {"first": 21, "after": "c-1020"}}));
    let tail = "GROUP BY Customer_Id__c ORDER BY Customer_Id__c LIMIT 21";
    assert_eq!(first, format!("SELECT Customer_Id__c FROM Contact WHERE Customer_Id__c != null {tail}"));
    assert_eq!(later, format!("SELECT Customer_Id__c FROM Contact WHERE Customer_Id__c > 'c-1020' {tail}"));
}

#[test]
fn the_currency_is_asked_for_unless_the_settings_name_it() {
    let several = soql("crmQuotes", json!({"batch": [{"id": "006A"}]}));
    let single =
        soql("crmQuotes", json!({"batch": [{"id": "006A"}], "config": {"currency": "EUR", "apiVersion": "v60.0"}}));
    assert!(several.contains("LastModifiedDate, Opportunity.CurrencyIsoCode FROM Quote"), "{several}");
    assert!(single.contains("LastModifiedDate FROM Quote"), "{single}");
}

#[test]
fn of_two_contacts_of_one_person_the_first_speaks() {
    let contact = |id: &str, first: &str| {
        json!({
            "attributes": {"type": "Contact", "url": format!("/services/data/v67.0/sobjects/Contact/{id}")},
            "Id": id, "Customer_Id__c": "c-1003", "Name": first, "FirstName": first, "LastName": "Ek", "Email": null,
            "Phone": null, "MobilePhone": null, "Title": null, "Department": null, "LeadSource": "Web",
            "MailingAddress": {"street": null, "city": "Oslo", "state": null, "postalCode": null, "country": "NO"},
            "CreatedDate": "2026-01-31T09:30:00.000+0000", "LastModifiedDate": "2026-02-01T09:30:00.000+0000",
            "Owner": {"Name": "Petra Lang", "Email": "petra.lang@vendor.example"}, "Account": null,
        })
    };
    let answer = json!({"totalSize": 2, "done": true, "records": [contact("003A", "Ada"), contact("003B", "A.")]});
    let known = Known::of(json!({"config": {"webUrl": "https://acme.lightning.force.com"}}));
    let people = Connector::named("crmContact").maps(answer, &known);
    assert_eq!(
        people,
        json!([{
            "id": "c-1003", "name": "Ada", "firstName": "Ada", "lastName": "Ek", "email": null, "phone": null,
            "mobilePhone": null, "jobTitle": null, "businessUnit": null, "leadSource": "Web",
            "mailingAddress": {"street": null, "city": "Oslo", "state": null, "postalCode": null, "country": "NO"},
            "owner": {"name": "Petra Lang", "email": "petra.lang@vendor.example"}, "account": null,
            "knownSince": "2026-01-31T09:30:00Z",
            "origin": {
                "department": "sales", "system": "Salesforce", "id": "003A",
                "url": "https://acme.lightning.force.com/lightning/r/Contact/003A/view",
                "updatedAt": "2026-02-01T09:30:00Z",
            },
        }])
    );
}

#[test]
fn a_deal_in_which_a_person_stands_twice_is_one_deal() {
    let role = |customer: &str, deal: &str, closed: bool, won: bool| {
        json!({
            "Contact": {"Customer_Id__c": customer},
            "Opportunity": {
                "Id": deal, "Name": "Renewal", "StageName": "Legal Limbo", "Amount": 1200.5, "CurrencyIsoCode": "EUR",
                "Probability": 50.0, "CloseDate": "2026-12-01", "Type": null, "NextStep": null, "IsClosed": closed,
                "IsWon": won, "CreatedDate": "2026-01-31T09:30:00.000+0000",
                "LastModifiedDate": "2026-01-31T09:30:00.000+0000", "Owner": null, "Account": {"Account_Id__c": "a-101"},
            },
        })
    };
    let records = json!([
        role("c-1", "006A", false, false),
        role("c-1", "006A", false, false),
        role("c-1", "006B", true, true),
        role("c-2", "006C", true, false),
    ]);
    let people = Connector::named("crmDeals").maps(json!({"records": records}), &Known::nothing());
    let statuses: Vec<_> =
        people.as_array().unwrap().iter().map(|person| (&person["id"], column(&person["deals"], "status"))).collect();
    assert_eq!(statuses, [(&json!("c-1"), json!(["OPEN", "WON"])), (&json!("c-2"), json!(["LOST"]))]);
    let deal = &people[0]["deals"][0];
    assert_eq!(deal["amount"], json!({"amount": "1200.50", "currency": "EUR"}));
    assert_eq!(deal["account"], json!({"id": "a-101"}));
}

fn column(list: &Json, field: &str) -> Json {
    list.as_array().unwrap().iter().map(|item| item[field].clone()).collect()
}

#[test]
fn tasks_and_meetings_of_all_contacts_make_one_list_newest_first() {
    let task = |id: &str, kind: &str, created: &str| {
        json!({
            "attributes": {"type": "Task"}, "Id": id, "Subject": "s", "Description": null, "Status": "Completed",
            "Priority": "High", "TaskSubtype": kind, "CallType": "Inbound", "CallDurationInSeconds": 60,
            "ActivityDate": "2026-03-01", "CreatedDate": created, "LastModifiedDate": created, "Owner": {"Name": "P", "Email": "p@x"},
        })
    };
    let event = json!({
        "attributes": {"type": "Event"}, "Id": "00U1", "Subject": "Kick-off", "Description": null, "Location": "Video",
        "StartDateTime": "2026-02-01T09:00:00.000+0000", "EndDateTime": "2026-02-01T10:00:00.000+0000",
        "DurationInMinutes": 60, "CreatedDate": "2026-04-01T09:00:00.000+0000",
        "LastModifiedDate": "2026-01-01T09:00:00.000+0000", "Owner": null,
    });
    let answer = json!({"records": [
        {"Customer_Id__c": "c-1", "Tasks": {"done": true, "records": [task("00T1", "Call", "2026-03-01T09:00:00.000+0000")]}, "Events": null},
        {"Customer_Id__c": "c-1", "Tasks": {"done": true, "records": [
            task("00T2", "Email", "2026-01-01T09:00:00.000+0000"), task("00T3", "Cadence", "2025-01-01T09:00:00.000+0000"),
        ]}, "Events": {"done": true, "records": [event]}},
        {"Customer_Id__c": "c-2", "Tasks": null, "Events": null},
    ]});
    let people = Connector::named("crmActivities").maps(answer, &Known::nothing());
    let activities = &people[0]["activities"];
    assert_eq!(column(activities, "id"), json!(["00T1", "00U1", "00T2", "00T3"]));
    assert_eq!(column(activities, "__typename"), json!(["Call", "Meeting", "EmailActivity", "ToDo"]));
    assert_eq!(activities[1]["happenedAt"], "2026-02-01T09:00:00Z");
    assert_eq!(people[1], json!({"id": "c-2", "activities": []}));
}

#[test]
fn prices_talked_about_are_taken_from_the_history() {
    let row = |id: &str, stage: &str, amount: Json| {
        json!({
            "Id": id, "OpportunityId": "006A", "StageName": stage, "Amount": amount, "Probability": 60, "CloseDate": "2026-12-01",
            "CreatedDate": "2026-01-31T09:30:00.000+0000", "Opportunity": {"CurrencyIsoCode": "JPY"},
        })
    };
    let answer = json!({"records": [
        row("1", "Prospecting", json!(9000)), row("2", "Proposal/Price Quote", Json::Null), row("3", "Negotiation/Review", json!(8000)),
    ]});
    let deals = Connector::named("crmDealHistory").maps(answer, &Known::nothing());
    assert_eq!(column(&deals[0]["stageHistory"], "id"), json!(["1", "2", "3"]));
    assert_eq!(column(&deals[0]["priceTalks"], "amount"), json!([{"amount": "8000", "currency": "JPY"}]));
}

#[test]
fn unforeseen_states_become_other_and_escalation_is_read_from_tag_and_field() {
    let answer = json!({"meta": {"has_more": false}, "tickets": [{
        "id": 35001, "subject": null, "description": "d", "status": "escalated_to_vendor", "priority": null, "type": "incident",
        "via": {"channel": "web"}, "tags": ["escalated"], "custom_fields": [{"id": 3_600_000_000_101_u64, "value": "tier_3"}],
        "satisfaction_rating": {"id": 1, "score": "bad", "comment": "slow"}, "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-02T00:00:00Z", "due_at": null,
    }, {
        "id": 35002, "subject": "s", "description": "d", "status": "hold", "priority": "urgent", "type": null, "via": {"channel": "api"},
        "tags": [], "custom_fields": [{"id": 3_600_000_000_101_u64, "value": null}], "satisfaction_rating": null,
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-02T00:00:00Z", "due_at": "2026-01-09T00:00:00Z",
    }]});
    let known = Known::of(json!({"config": {"escalationField": 3_600_000_000_101_u64}}));
    for connector in ["helpdeskTickets", "helpdeskAccountTickets"] {
        let tickets = Connector::named(connector).maps(answer.clone(), &known);
        assert_eq!(column(&tickets, "id"), json!(["35001", "35002"]));
        assert_eq!(column(&tickets, "status"), json!(["OTHER", "ON_HOLD"]));
        assert_eq!(column(&tickets, "kind"), json!(["INCIDENT", null]));
        assert_eq!(column(&tickets, "isEscalated"), json!([true, false]));
        assert_eq!(column(&tickets, "escalationLevel"), json!(["THIRD_LINE", null]));
        assert_eq!(column(&tickets, "satisfaction"), json!([{"score": "BAD", "comment": "slow"}, null]));
    }
}

#[test]
fn events_of_mailings_are_put_together_by_mailing() {
    let event = |id: &str, kind: &str, created: i64, campaign: i64| json!({"id": id, "type": kind, "created": created, "recipient": "a@x.example", "emailCampaignId": campaign, "subject": "Hello"});
    let answer = json!({"hasMore": false, "events": [
        event("6", "CLICK", 1_772_359_204_000, 7), event("5", "OPEN", 1_772_359_203_000, 7), event("4", "OPEN", 1_772_359_202_000, 7),
        event("3", "DELIVERED", 1_772_359_201_000, 7), event("2", "SENT", 1_772_359_200_000, 7), event("1", "BOUNCE", 1_772_359_100_000, 8),
        {"id": "0", "type": "UNBOUNCE", "created": 1_772_359_000_000_i64},
    ]});
    let known = Known::of(json!({"this": {"marketingContactId": "551", "marketingEmail": "a@x.example"}}));
    let mailings = Connector::named("marketingEmailEvents").maps(answer, &known);
    assert_eq!(column(&mailings, "id"), json!(["551-7", "551-8"]));
    let first = &mailings[0];
    assert_eq!(first["sentAt"], "2026-03-01T10:00:00Z");
    assert_eq!(first["firstOpenedAt"], "2026-03-01T10:00:02Z");
    assert_eq!((&first["opens"], &first["clicks"]), (&json!(2), &json!(1)));
    assert_eq!(mailings[1]["bouncedAt"], "2026-03-01T09:58:20Z");
    assert_eq!(mailings[1].get("sentAt"), None);
}

#[test]
fn contacts_are_asked_for_in_the_body_and_texts_become_values() {
    let contacts = Connector::named("marketingContact");
    let body = contacts.part("body", &Known::of(json!({"batch": [{"id": "c-1"}, {"id": "c-2"}]})));
    assert_eq!(body["inputs"], json!([{"id": "c-1"}, {"id": "c-2"}]));
    assert_eq!(body["idProperty"], "customer_id");
    let answer = json!({"status": "COMPLETE", "results": [{
        "id": "551", "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-02T00:00:00.000Z", "properties": {
            "customer_id": "c-1", "email": "Ada@X.example", "lifecyclestage": "marketingqualifiedlead", "hs_lead_status": null,
            "hs_email_optout": "true", "num_conversion_events": "3", "hs_analytics_last_visit_timestamp": "2026-01-02T00:00:00Z",
            "recent_conversion_date": null,
        },
    }]});
    let people = contacts.maps(answer, &Known::nothing());
    assert_eq!(
        people,
        json!([{
            "id": "c-1", "marketingContactId": "551", "marketingEmail": "Ada@X.example",
            "marketingProfile": {
                "lifecycleStage": "MARKETING_QUALIFIED_LEAD", "isOptedOutOfEmail": true, "formsFilledIn": 3,
                "lastVisitAt": "2026-01-02T00:00:00Z",
                "origin": {"department": "marketing", "system": "HubSpot", "id": "551", "updatedAt": "2026-01-02T00:00:00Z"},
            },
        }])
    );
}

#[test]
fn balances_are_added_up_by_currency_and_by_the_date_of_the_answer() {
    let invoice = |id: &str, status: &str, currency: &str, remaining: i64, due: Json| {
        json!({
            "id": id, "object": "invoice", "customer": "cus_1", "number": "C1", "status": status, "currency": currency, "total": 5000,
            "amount_paid": 5000 - remaining, "amount_remaining": remaining, "created": 1_772_359_200, "due_date": due,
            "status_transitions": {"paid_at": null}, "period_start": 1_772_359_200, "period_end": 1_772_359_200,
            "next_payment_attempt": null, "parent": null, "hosted_invoice_url": null,
        })
    };
    let answer = json!({"has_more": false, "data": [
        invoice("in_1", "open", "eur", 5000, json!(1_772_359_200)), invoice("in_2", "open", "eur", 1000, json!(1_999_999_999)),
        invoice("in_3", "open", "jpy", 700, Json::Null), invoice("in_4", "paid", "eur", 0, json!(1_772_359_200)),
    ]});
    let known = Known::of(json!({"headers": {"date": ["Mon, 16 Nov 2026 09:00:00 GMT"]}}));
    let people = Connector::named("billingInvoices").maps(answer, &known);
    let person = &people[0];
    assert_eq!(person["billingCustomerId"], "cus_1");
    assert_eq!(column(&person["invoices"], "isOverdue"), json!([true, false, false, false]));
    assert_eq!(person["invoices"][1]["paid"], json!({"amount": "40.00", "currency": "EUR"}));
    assert_eq!(
        column(&person["balances"], "outstanding"),
        json!([{"amount": "60.00", "currency": "EUR"}, {"amount": "700", "currency": "JPY"}])
    );
    assert_eq!(
        column(&person["balances"], "overdue"),
        json!([{"amount": "50.00", "currency": "EUR"}, {"amount": "0", "currency": "JPY"}])
    );
    assert_eq!(column(&person["balances"], "openInvoices"), json!([2, 1]));
}

#[test]
fn a_subscription_that_was_cancelled_does_not_renew() {
    let subscription = |id: &str, status: &str, leaving: bool| {
        json!({
            "id": id, "customer": "cus_1", "status": status, "currency": "usd", "start_date": 1_772_359_200, "trial_end": null,
            "cancel_at_period_end": leaving, "canceled_at": null, "ended_at": null, "cancellation_details": {"feedback": null},
            "items": {"object": "list", "data": [{
                "id": "si_1", "quantity": 3, "current_period_end": 1_772_359_200,
                "price": {"id": "price_1", "product": "prod_1", "nickname": null, "unit_amount": 1900, "currency": "usd",
                    "recurring": {"interval": "month", "interval_count": 1}},
            }]},
        })
    };
    let answer = json!({"has_more": false, "data": [subscription("sub_1", "active", false), subscription("sub_2", "grace_period", true)]});
    let subscriptions = Connector::named("billingSubscriptions").maps(answer, &Known::nothing());
    assert_eq!(column(&subscriptions, "status"), json!(["ACTIVE", "OTHER"]));
    assert_eq!(column(&subscriptions, "renewsAt"), json!(["2026-03-01T10:00:00Z", null]));
    assert_eq!(subscriptions[0]["items"][0]["unitPrice"], json!({"amount": "19.00", "currency": "USD"}));
}

#[test]
fn usage_of_somebody_who_never_came_has_no_last_visit() {
    let answer = json!({"usage": [{
        "customer_id": "c-1", "account_id": null, "seats_purchased": 5, "seats_used": 0, "last_seen_at": null,
        "metrics": [{"name": "api_calls", "value": 12.5, "unit": "count", "period": "P7D"}],
    }]});
    let people = Connector::named("productUsage").maps(answer, &Known::nothing());
    assert_eq!(people[0]["usage"]["seatsPurchased"], 5);
    assert_eq!(people[0]["usage"].get("lastSeenAt"), None);
    assert_eq!(column(&people[0]["usage"]["metrics"], "value"), json!([12.5]));
}
