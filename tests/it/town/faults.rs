//! Each department with each fault: it costs its own fields and nothing else.

use std::collections::HashSet;
use std::time::Duration;

use c360::demo::cast::{Cast, Person};
use c360::demo::{Fault, Which};
use serde_json::{Value as Json, json};

use super::{House, Memory, Setup, coverage, whole};

/// Every field of a customer, and some of what hangs on it.
const WHOLE: &str = include_str!("whole.graphql");

/// What each fault is called in an answer.
const FAULTS: [(Fault, &str); 11] = [
    (Fault::Refuse500, "UNAVAILABLE"),
    (Fault::Unavailable503, "UNAVAILABLE"),
    (Fault::RateLimited, "RATE_LIMITED"),
    (Fault::Unauthorized, "UNAVAILABLE"),
    (Fault::Html, "UPSTREAM_INVALID"),
    (Fault::TruncatedJson, "UPSTREAM_INVALID"),
    (Fault::Empty, "UPSTREAM_INVALID"),
    (Fault::CutOff, "UNAVAILABLE"),
    (Fault::NotUtf8, "UPSTREAM_INVALID"),
    (Fault::Deep, "UPSTREAM_INVALID"),
    (Fault::Endless, "UPSTREAM_INVALID"),
];

/// Where the fields stand that a department alone gives.
fn fields_of(department: Which) -> &'static [&'static str] {
    match department {
        Which::Sales => &[
            "/firstName",
            "/lastName",
            "/mobilePhone",
            "/jobTitle",
            "/businessUnit",
            "/leadSource",
            "/mailingAddress",
            "/owner",
            "/knownSince",
            "/account",
            "/deals",
            "/activities",
        ],
        Which::Support => &["/supportProfile", "/tickets", "/account/supportProfile"],
        Which::Marketing => &[
            "/marketingProfile",
            "/marketingEmails",
            "/contentDownloads",
            "/campaignResponses",
            "/consents",
            "/account/marketingProfile",
        ],
        Which::Billing => &["/billingProfile", "/invoices", "/balances", "/payments", "/subscriptions"],
        Which::Usage => &["/usage"],
    }
}

/// People whom every department knows, each of another company that every department knows.
fn known_to_all(cast: &Cast) -> Vec<&Person> {
    let mut companies = HashSet::new();
    let known = |person: &&Person| {
        let company = person.account_id.as_deref().and_then(|id| cast.company(id));
        !person.sales.is_empty()
            && person.support.is_some()
            && person.marketing.is_some()
            && person.billing.is_some()
            && person.usage.is_some()
            && company.is_some_and(|company| company.support.is_some() && company.marketing.is_some())
            && companies.insert(person.account_id.clone())
    };
    cast.persons.iter().filter(known).collect()
}

/// The customer as a calm town shows it, without what the department gives.
fn without(calm: &Json, department: Which) -> Json {
    let mut customer = calm.clone();
    for field in fields_of(department) {
        let field = customer.pointer_mut(field).unwrap_or_else(|| panic!("no {field}"));
        *field = Json::Null;
    }
    customer["coverage"] = Json::Null;
    customer
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

async fn each_fault_costs(department: Which) {
    let house = House::open(Setup { customers: 120, ..Setup::default() }).await;
    let people = known_to_all(house.town.cast());
    assert!(people.len() > FAULTS.len(), "{}", people.len());
    for (person, (fault, code)) in people.iter().zip(FAULTS) {
        // Its connectors say themselves what success is, and an empty body is none.
        let code = if (department, fault) == (Which::Marketing, Fault::Empty) { "UNAVAILABLE" } else { code };
        house.town.department(department).fail(fault);
        let faulted = house.ask_with(WHOLE, json!({ "id": person.id })).await;
        house.town.department(department).fail(Fault::Calm);
        let calm = whole(house.ask_with(WHOLE, json!({ "id": person.id })).await);
        check(&faulted, &calm["customer"], department, fault, code);
    }
}

/// The answer of a town with one fault, held against the answer of the same town when it was calm again.
#[track_caller]
fn check(faulted: &Json, calm: &Json, department: Which, fault: Fault, code: &str) {
    let context = format!("{department} {fault:?}");
    assert!(faulted["errors"].is_array(), "{context}: {faulted}");
    let errors = faulted["errors"].as_array().unwrap();
    let mut told = HashSet::new();
    for error in errors {
        let said = &error["extensions"];
        assert_eq!((text(&said["department"]), text(&said["code"])), (department.name(), code), "{context}: {error}");
        let path: String =
            error["path"].as_array().unwrap()[1..].iter().map(|step| format!("/{}", text(step))).collect();
        assert!(fields_of(department).contains(&path.as_str()), "{context}: {error}");
        let (object, _) = path.rsplit_once('/').unwrap();
        assert!(told.insert((object.to_owned(), text(&said["connector"]))), "{context}: told twice: {error}");
    }

    let customer = &faulted["data"]["customer"];
    let mut rest = without(calm, department);
    if department == Which::Sales {
        // The next system in order speaks for the person.
        assert_eq!(customer["origin"]["department"], "support", "{context}");
        for field in ["name", "email", "phone", "origin"] {
            rest[field] = customer[field].clone();
        }
    }
    let mut found = customer.clone();
    found["coverage"] = Json::Null;
    assert_eq!(found, rest, "{context}");

    for (other, status) in coverage(customer) {
        // What hangs on a customer may be known from the customers before.
        let expected: &[&str] = if other == department.name() { &["UNAVAILABLE"] } else { &["FRESH", "CACHED"] };
        assert!(expected.contains(&status), "{context}: {other} in {}", customer["coverage"]);
    }
    assert!(!faulted.to_string().contains("127.0.0.1"), "{context}: an address in {faulted}");
}

#[tokio::test]
async fn any_fault_of_sales_costs_its_own_fields_only() {
    each_fault_costs(Which::Sales).await;
}

#[tokio::test]
async fn any_fault_of_support_costs_its_own_fields_only() {
    each_fault_costs(Which::Support).await;
}

#[tokio::test]
async fn any_fault_of_marketing_costs_its_own_fields_only() {
    each_fault_costs(Which::Marketing).await;
}

#[tokio::test]
async fn any_fault_of_billing_costs_its_own_fields_only() {
    each_fault_costs(Which::Billing).await;
}

#[tokio::test]
async fn any_fault_of_usage_costs_its_own_fields_only() {
    each_fault_costs(Which::Usage).await;
}

#[tokio::test]
async fn a_department_that_never_answers_costs_its_own_fields_at_its_timeout() {
    for department in Which::ALL {
        let patience = |which| if which == department { Duration::from_millis(700) } else { Duration::from_secs(20) };
        let house =
            House::open(Setup { customers: 20, patience: &patience, memory: Memory::None, ..Setup::default() }).await;
        // The first question opens connections and sessions, which would count against the patience.
        let calm = whole(house.ask(WHOLE).await);
        house.town.department(department).fail(Fault::Hang);
        let faulted = house.ask(WHOLE).await;
        check(&faulted, &calm["customer"], department, Fault::Hang, "TIMEOUT");
        house.town.department(department).fail(Fault::Calm);
        let mut again = whole(house.ask(WHOLE).await);
        again["customer"]["coverage"] = calm["customer"]["coverage"].clone();
        assert_eq!(again, calm, "{department}");
    }
}

const KEPT: &str = r#"{
    customer(id: "c-1001") {
        name
        account { name industry }
        deals { nodes { name stageHistory { nodes { stage } } } }
        tickets { nodes { subject metrics { replies } } }
        marketingProfile { lifecycleStage }
        marketingEmails { nodes { subject } }
        invoices { nodes { number } }
        subscriptions { nodes { status } }
        usage { seatsUsed }
        coverage { department status }
    }
}"#;

#[tokio::test]
async fn records_past_their_time_speak_for_a_department_that_fails() {
    let house = House::open(Setup { customers: 20, memory: Memory::OldAtOnce, ..Setup::default() }).await;
    let calm = whole(house.ask(KEPT).await);
    for department in Which::ALL {
        house.town.department(department).fail(Fault::Unavailable503);
        let mut stale = whole(house.ask(KEPT).await);
        for (other, status) in coverage(&stale["customer"]) {
            let expected = if other == department.name() { "STALE" } else { "FRESH" };
            assert_eq!(status, expected, "{department}: {other}");
        }
        stale["customer"]["coverage"] = calm["customer"]["coverage"].clone();
        assert_eq!(stale, calm, "{department}");
        house.town.department(department).fail(Fault::Calm);
    }
}

#[tokio::test]
async fn a_town_that_is_down_altogether_is_still_an_answer() {
    let house = House::open(Setup { customers: 20, ..Setup::default() }).await;
    house.town.departments().for_each(|department| department.fail(Fault::Refuse500));
    let answer = house.ask(WHOLE).await;
    let customer = &answer["data"]["customer"];
    assert_eq!(customer["id"], "c-1001");
    let covered = coverage(customer);
    assert_eq!(covered.get("identity"), Some(&"UNVERIFIED"), "{covered:?}");
    assert!(Which::ALL.iter().all(|department| covered[department.name()] == "UNAVAILABLE"), "{covered:?}");
    house.town.departments().for_each(|department| department.fail(Fault::Calm));
    assert_eq!(whole(house.ask(WHOLE).await)["customer"]["name"], "Ada Lindqvist");
}
