use super::soql;
use super::tables::Tables;
use crate::demo::cast::{self, Cast};

fn count(cast: &Cast, text: &str) -> Result<usize, String> {
    let tables = Tables::of(cast);
    let query = soql::parse(text)?;
    tables.select(&query).map(|(_, rows)| rows.len()).map_err(|refusal| refusal.code.into())
}

#[test]
fn statements_select_what_they_say() {
    let cast = Cast::of(1, 200);
    let heroine = &cast.person(cast::HEROINE).unwrap().sales[0];
    let id = &heroine.id;
    let check = |text: &str, expected: usize| assert_eq!(count(&cast, text), Ok(expected), "{text}");
    check("SELECT Id FROM Contact WHERE Customer_Id__c = 'c-1001'", 1);
    check("select id from contact where customer_id__c in ('C-1001', 'c-1003', 'c-9')", 3);
    check(&format!("SELECT Id FROM Contact WHERE Id = '{}'", &id[..15]), 1);
    check(&format!("SELECT Id FROM Contact WHERE Id = '{}'", id.to_lowercase()), 0);
    check(&format!("SELECT Id FROM Task WHERE WhoId = '{id}' AND Subject LIKE 'call: renewal%'"), 1);
    check(&format!("SELECT Id FROM Task WHERE WhoId IN ('{id}') AND CreatedDate >= 2026-11-11T09:00:00Z"), 1);
    check(&format!("SELECT Id FROM Task WHERE WhoId IN ('{id}') AND CreatedDate > 2026-11-11T09:00:00+00:00"), 0);
    check("SELECT Id FROM Contact WHERE Customer_Id__c != null LIMIT 7 OFFSET 2", 7);
    check("SELECT Id FROM Contact WHERE Email = null AND (NOT Customer_Id__c LIKE 'c-%')", 0);
    check("SELECT Id FROM Account WHERE Parent.Account_Id__c = 'a-101' AND Account_Id__c = 'a-102'", 1);
    let won = cast
        .companies
        .iter()
        .flat_map(|company| &company.sales.as_ref().unwrap().opportunities)
        .filter(|deal| deal.is_won)
        .count();
    check("SELECT Id FROM Opportunity WHERE IsWon = true", won);
    check(
        "SELECT Id FROM Opportunity WHERE IsWon = true OR IsWon = false AND Amount > 0"
            .replace(" AND Amount > 0", "")
            .as_str(),
        cast.companies.iter().map(|company| company.sales.as_ref().unwrap().opportunities.len()).sum(),
    );
}

#[test]
fn statements_beyond_the_subset_are_refused_with_the_vendors_code() {
    let cast = Cast::of(1, 20);
    let check = |text: &str, code: &str| assert_eq!(count(&cast, text).unwrap_err(), code, "{text}");
    check("SELECT Nothing__c FROM Contact", "INVALID_FIELD");
    check("SELECT Id FROM Contact WHERE Nobody.Name = 'x'", "INVALID_FIELD");
    check("SELECT Id FROM Contract", "INVALID_TYPE");
    for text in [
        "",
        "SELECT",
        "SELECT Id",
        "SELECT Id FROM Contact WHERE",
        "SELECT Id FROM Contact WHERE Name = 'x",
        "SELECT Id FROM Contact WHERE Name IN ()",
        "SELECT Id FROM Contact WHERE Name = 'a' AND Name = 'b' OR Name = 'c'",
        "SELECT Id FROM Contact LIMIT x",
        "SELECT Id FROM Contact; DELETE",
    ] {
        assert!(soql::parse(text).is_err(), "{text}");
    }
    let deep = format!("SELECT Id FROM Contact WHERE {}Name = 'x'{}", "(".repeat(50_000), ")".repeat(50_000));
    assert!(soql::parse(&deep).is_err());
    assert!(soql::parse(&format!("SELECT Id FROM Contact WHERE {}", "NOT ".repeat(50_000))).is_err());
}

#[test]
fn quotes_and_wildcards_may_be_escaped() {
    let cast = Cast::of(1, 1000);
    let oneils =
        cast.persons.iter().flat_map(|person| &person.sales).filter(|contact| contact.last_name == "O'Neil").count();
    assert!(oneils > 0);
    assert_eq!(count(&cast, r"SELECT Id FROM Contact WHERE LastName = 'O\'Neil'"), Ok(oneils));
    assert_eq!(count(&cast, r"SELECT Id FROM Contact WHERE LastName LIKE 'O\'N_il'"), Ok(oneils));
    assert_eq!(count(&cast, r"SELECT Id FROM Contact WHERE LastName LIKE 'O\'N\_il'"), Ok(0));
}

#[test]
fn no_table_is_empty_even_in_the_smallest_town() {
    let tables = Tables::of(&Cast::of(1, 20));
    for name in [
        "Account",
        "Contact",
        "Opportunity",
        "OpportunityHistory",
        "OpportunityContactRole",
        "Quote",
        "Task",
        "Event",
        "User",
    ] {
        assert!(!tables.table(name).unwrap().rows.is_empty(), "{name}");
    }
}

fn answer(cast: &Cast, text: &str) -> Result<serde_json::Value, String> {
    let tables = Tables::of(cast);
    let query = soql::parse(text)?;
    let refused = |refusal: super::query::Refusal| refusal.code.to_owned();
    let (table, rows) = tables.select(&query).map_err(refused)?;
    tables.records(table, &rows, &query, "v67.0").map(Into::into).map_err(refused)
}

#[test]
fn lists_of_children_stand_in_their_parents_and_are_null_when_empty() {
    let cast = Cast::of(1, 200);
    let text = "SELECT Customer_Id__c, (SELECT Id, Owner.Name FROM Tasks WHERE Subject LIKE 'call: renewal%'), \
                (SELECT Id FROM Events ORDER BY StartDateTime DESC LIMIT 1) FROM Contact WHERE Customer_Id__c IN ('c-1001', 'c-1014')";
    let records = answer(&cast, text).unwrap();
    assert_eq!(records[0]["Tasks"]["totalSize"], 1);
    assert_eq!(records[0]["Tasks"]["records"][0]["Owner"]["Name"], "Petra Lang");
    assert_eq!(records[1]["Tasks"], serde_json::Value::Null);
    let events = cast.persons.iter().filter(|person| person.sales.iter().any(|contact| contact.events.len() > 1));
    let busy = events.map(|person| person.id.clone()).next().unwrap();
    let text = format!("SELECT Id, (SELECT Id FROM Events LIMIT 1) FROM Contact WHERE Customer_Id__c = '{busy}'");
    assert_eq!(answer(&cast, &text).unwrap()[0]["Events"]["records"].as_array().unwrap().len(), 1);
    assert_eq!(answer(&cast, "SELECT Id, (SELECT Id FROM Nobodies) FROM Contact").unwrap_err(), "INVALID_TYPE");
    assert_eq!(
        answer(&cast, "SELECT Id, (SELECT Nothing FROM Tasks) FROM Contact LIMIT 0").unwrap_err(),
        "INVALID_FIELD"
    );
    assert!(soql::parse("SELECT Id, (SELECT Id, (SELECT Id FROM Tasks) FROM Contacts) FROM Account").is_err());
}

#[test]
fn two_contacts_of_one_person_are_one_group() {
    let cast = Cast::of(1, 200);
    let text = "SELECT Customer_Id__c FROM Contact WHERE Customer_Id__c > 'c-1001' GROUP BY Customer_Id__c ORDER BY Customer_Id__c LIMIT 3";
    let records = answer(&cast, text).unwrap();
    let ids: Vec<_> = records.as_array().unwrap().iter().map(|record| record["Customer_Id__c"].clone()).collect();
    assert_eq!(ids, ["c-1002", "c-1003", "c-1004"]);
    assert_eq!(records[0]["attributes"]["type"], "AggregateResult");
    assert_eq!(answer(&cast, "SELECT Id FROM Contact GROUP BY Customer_Id__c").unwrap_err(), "MALFORMED_QUERY");
}
