use c360::demo::{Credentials, Fault, Limits, cast};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Caller, Reply, town};

fn form(pairs: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    form.finish()
}

async fn token(caller: &Caller, pairs: &[(&str, &str)]) -> Reply {
    let request = caller.request(Method::POST, "/services/oauth2/token");
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form(pairs));
    caller.send(request).await
}

/// Fetches a token with the department's own credentials and carries it from then on.
async fn signed_in(mut caller: Caller) -> Caller {
    let Credentials::ClientCredentials { client_id, client_secret, .. } = caller.credentials.clone() else { panic!() };
    let pairs = [("grant_type", "client_credentials"), ("client_id", &client_id), ("client_secret", &client_secret)];
    let reply = token(&caller, &pairs).await;
    assert_eq!(reply.status, 200);
    assert!(reply.body.get("expires_in").is_none());
    assert_eq!(reply.body["instance_url"], caller.address);
    caller.credentials = Credentials::Bearer { token: reply.body["access_token"].as_str().unwrap().into() };
    caller
}

fn query(text: &str) -> String {
    format!("/services/data/v67.0/query?{}", form(&[("q", text)]))
}

#[tokio::test]
async fn a_token_is_had_for_the_right_credentials_only() {
    let town = town().await;
    let caller = Caller::of(town.sales(), "salesforce");
    assert_eq!(caller.get(&query("SELECT Id FROM Account")).await.status, 401);
    assert_eq!(token(&caller, &[("grant_type", "password")]).await.status, 400);
    let wrong = [("grant_type", "client_credentials"), ("client_id", "x"), ("client_secret", "y")];
    assert_eq!(token(&caller, &wrong).await.body["error"], "invalid_client_id");
    let caller = signed_in(caller).await;
    let reply = caller.get(&query("SELECT Id FROM Account LIMIT 1")).await;
    assert_eq!(reply.header("sforce-limit-info"), Some("api-usage=2/100000"));
    town.sales().expire_sessions();
    let expired = caller.get(&query("SELECT Id FROM Account LIMIT 1")).await;
    assert_eq!((expired.status, &expired.body[0]["errorCode"]), (401, &json!("INVALID_SESSION_ID")));
    let caller = signed_in(Caller::of(town.sales(), "salesforce")).await;
    assert_eq!(caller.get(&query("SELECT Id FROM Account LIMIT 1")).await.status, 200);
}

#[tokio::test]
async fn a_query_by_customer_ids_gives_both_contacts_of_a_doubled_person() {
    let town = town().await;
    let caller = signed_in(Caller::of(town.sales(), "salesforce")).await;
    let ids = [cast::HEROINE, cast::DOUBLED, cast::UNKNOWN_TO_SALES, cast::NAMELESS];
    let text = format!(
        "SELECT Id, Customer_Id__c, FirstName, LastName, CreatedDate, Account.Name, Account.Parent.Account_Id__c FROM Contact WHERE Customer_Id__c IN ('{}') ORDER BY Customer_Id__c",
        ids.join("','")
    );
    let reply = caller.get(&query(&text)).await;
    let found: Vec<_> =
        reply.items("records").iter().map(|record| record["Customer_Id__c"].as_str().unwrap()).collect();
    assert_eq!(found, [cast::HEROINE, cast::DOUBLED, cast::DOUBLED, cast::NAMELESS]);
    let first = &reply.body["records"][0];
    assert_eq!(first["attributes"]["type"], "Contact");
    assert!(first["CreatedDate"].as_str().unwrap().ends_with(".000+0000"));
    assert_eq!(first["Account"]["attributes"]["type"], "Account");
    assert_eq!(first["Account"]["Parent"]["Account_Id__c"], cast::HOLDING);
    assert!(first.get("Email").is_none());
    assert!(reply.body["records"][3]["FirstName"].is_null());
}

#[tokio::test]
async fn pages_follow_each_other_without_loss() {
    let town = town().await;
    let caller = signed_in(Caller::of(town.sales(), "salesforce")).await;
    let all: usize =
        town.cast().persons.iter().flat_map(|person| &person.sales).map(|contact| contact.tasks.len()).sum();
    let mut seen = std::collections::BTreeSet::new();
    let mut target = query("SELECT Id FROM Task ORDER BY CreatedDate DESC");
    loop {
        let request = caller.signed(Method::GET, &target).header("Sforce-Query-Options", "batchSize=200");
        let reply = caller.send(request).await;
        assert_eq!(reply.body["totalSize"], all);
        seen.extend(reply.items("records").iter().map(|record| record["Id"].as_str().unwrap().to_owned()));
        if reply.body["done"] == true {
            break;
        }
        assert_eq!(reply.items("records").len(), 200);
        target = reply.body["nextRecordsUrl"].as_str().unwrap().to_owned();
    }
    assert_eq!(seen.len(), all);
    assert!(all > 400);
    assert_eq!(caller.get("/services/data/v67.0/query/01gnothing-2000").await.status, 400);
}

#[tokio::test]
async fn reads_by_id_keep_the_order_and_leave_nulls() {
    let town = town().await;
    let caller = signed_in(Caller::of(town.sales(), "salesforce")).await;
    let id = |customer: &str| town.cast().person(customer).unwrap().sales[0].id.clone();
    let ids = [id(cast::BUSY), "003000000000000AAA".into(), id(cast::HEROINE)];
    let target = "/services/data/v67.0/composite/sobjects/Contact";
    let reply = caller.post(target, json!({"ids": ids, "fields": ["Customer_Id__c", "Account.Name"]})).await;
    let found: Vec<&Value> = reply.body.as_array().unwrap().iter().map(|record| &record["Customer_Id__c"]).collect();
    assert_eq!(found, [&json!(cast::BUSY), &Value::Null, &json!(cast::HEROINE)]);
    let by_address = caller.get(&format!("{target}?ids={}&fields=Customer_Id__c", ids.join(","))).await;
    assert!(by_address.body[1].is_null());
    let many = vec![ids[0].clone(); 2001];
    assert_eq!(caller.post(target, json!({"ids": many, "fields": ["Id"]})).await.status, 400);
    assert_eq!(
        caller.post(target, json!({"ids": ids, "fields": ["Nothing__c"]})).await.body[0]["errorCode"],
        "INVALID_FIELD"
    );
    let one = caller.get(&format!("/services/data/v67.0/sobjects/Contact/{}?fields=Id,Email", ids[0])).await;
    assert_eq!(one.body["Id"], ids[0]);
    assert_eq!(caller.get("/services/data/v67.0/sobjects/Contact/003000000000000AAA").await.status, 404);
    let by_key = |id: &str| format!("/services/data/v67.0/sobjects/Contact/Customer_Id__c/{id}?fields=Id");
    assert_eq!(caller.get(&by_key(cast::HEROINE)).await.status, 200);
    assert_eq!(caller.get(&by_key(cast::DOUBLED)).await.status, 300);
    assert_eq!(caller.get(&by_key(cast::NOBODY)).await.status, 404);
}

#[tokio::test]
async fn deals_have_a_history_quotes_and_people() {
    let town = town().await;
    let caller = signed_in(Caller::of(town.sales(), "salesforce")).await;
    let contact = &town.cast().person(cast::HEROINE).unwrap().sales[0].id;
    let roles = caller
        .get(&query(&format!("SELECT OpportunityId, Role, Contact.Customer_Id__c, Opportunity.Name, Opportunity.Amount, Opportunity.StageName FROM OpportunityContactRole WHERE ContactId = '{contact}'")))
        .await;
    let deals: Vec<&str> = roles.items("records").iter().map(|role| role["OpportunityId"].as_str().unwrap()).collect();
    assert_eq!(deals.len(), town.cast().deals_of(town.cast().person(cast::HEROINE).unwrap()).count());
    assert_eq!(roles.body["records"][0]["Contact"]["Customer_Id__c"], cast::HEROINE);
    let among = deals.join("','");
    for (object, fields) in [
        ("OpportunityHistory", "Id, OpportunityId, StageName, Amount, CreatedDate"),
        ("Quote", "Id, OpportunityId, Status, GrandTotal, Discount"),
    ] {
        let reply = caller
            .get(&query(&format!(
                "SELECT {fields} FROM {object} WHERE OpportunityId IN ('{among}') ORDER BY CreatedDate"
            )))
            .await;
        assert!(reply.items("records").len() > 2, "{object}");
    }
    let odd = caller.get(&query(&format!("SELECT Id FROM Opportunity WHERE StageName = '{}'", cast::ODD_STAGE))).await;
    assert!(!odd.items("records").is_empty());
    let call = caller
        .get(&query(&format!(
            "SELECT Subject, CreatedDate FROM Task WHERE WhoId = '{contact}' AND Subject LIKE '%at risk'"
        )))
        .await;
    assert_eq!(call.body["records"][0]["CreatedDate"], cast::CHURN_CALL.offset_millis());
    for text in ["SELECT Id FROM Contact WHERE", "SELECT Id FROM Nothing", "SELECT Nothing__c FROM Contact"] {
        assert_eq!(caller.get(&query(text)).await.status, 400, "{text}");
    }
    let long = format!("SELECT Id FROM Contact WHERE Id IN ('{}')", vec![contact.as_str(); 800].join("','"));
    assert_eq!(caller.get(&query(&long)).await.status, 414);
}

#[tokio::test]
async fn bundles_answer_in_order_and_parts_may_fail_alone() {
    let town = town().await;
    let caller = signed_in(Caller::of(town.sales(), "salesforce")).await;
    let good = "v67.0/query/?q=SELECT+Id+FROM+Account+LIMIT+1";
    let parts = json!([{"method": "GET", "url": good}, {"method": "GET", "url": "v67.0/query?q=SELECT"}, {"method": "GET", "url": good}]);
    let reply = caller
        .post("/services/data/v67.0/composite/batch", json!({"haltOnError": false, "batchRequests": parts}))
        .await;
    let statuses: Vec<_> = reply.items("results").iter().map(|part| part["statusCode"].as_u64().unwrap()).collect();
    assert_eq!((statuses, &reply.body["hasErrors"]), (vec![200, 400, 200], &json!(true)));
    let halted =
        caller.post("/services/data/v67.0/composite/batch", json!({"haltOnError": true, "batchRequests": parts})).await;
    assert_eq!(halted.body["results"][2]["statusCode"], 412);
    let part = json!({"method": "GET", "url": format!("/services/data/{good}"), "referenceId": "a"});
    let reply = caller.post("/services/data/v67.0/composite", json!({"compositeRequest": [part]})).await;
    assert_eq!(reply.body["compositeResponse"][0]["body"]["totalSize"], 1);
}

#[tokio::test]
async fn the_daily_quota_is_a_403_and_so_are_too_many_calls_at_once() {
    let town = town().await;
    let caller = signed_in(Caller::of(town.sales(), "salesforce")).await;
    town.sales().set_limits(Limits::Calls(1));
    assert_eq!(caller.get(&query("SELECT Id FROM User")).await.status, 200);
    let refused = caller.get(&query("SELECT Id FROM User")).await;
    assert_eq!((refused.status, &refused.body[0]["errorCode"]), (403, &json!("REQUEST_LIMIT_EXCEEDED")));
    assert_eq!(refused.body[0]["message"], "TotalRequests Limit exceeded.");
    town.sales().set_limits(Limits::Open);
    town.sales().fail(Fault::RateLimited);
    let refused = caller.get(&query("SELECT Id FROM User")).await;
    assert_eq!((refused.status, &refused.body[0]["errorCode"]), (403, &json!("REQUEST_LIMIT_EXCEEDED")));
    assert_eq!(refused.body[0]["message"], "ConcurrentRequests (Concurrent API Requests) Limit exceeded.");
    town.sales().fail(Fault::Calm);
    caller.get("/services/data/v67.0/limits").await;
}
