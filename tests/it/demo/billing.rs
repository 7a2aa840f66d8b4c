use std::collections::BTreeSet;

use c360::demo::cast::BillingCustomer;
use c360::demo::{Credentials, Limits, Town, cast};
use reqwest::Method;
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use super::{Caller, Reply, town};

fn payer<'a>(town: &'a Town, id: &str) -> &'a BillingCustomer {
    town.cast().person(id).unwrap().billing.as_ref().unwrap()
}

fn search(kind: &str, query: &str) -> String {
    format!("/v1/{kind}/search?limit=100&query={}", byte_serialize(query.as_bytes()).collect::<String>())
}

fn ids(reply: &Reply) -> Vec<String> {
    reply.items("data").iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// All pages of a list, each after the last id of the one before.
async fn walk(caller: &Caller, target: &str) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    loop {
        let after = seen.last().map(|id| format!("&starting_after={id}")).unwrap_or_default();
        let reply = caller.get(&format!("{target}{after}")).await;
        seen.extend(ids(&reply));
        if reply.body["has_more"] == false {
            return seen;
        }
    }
}

#[tokio::test]
async fn ten_customers_are_found_by_one_search_and_not_eleven() {
    let town = town().await;
    let caller = Caller::of(town.billing(), "stripe");
    let clause = |number: usize| format!("metadata['customer_id']:'c-{}'", 1001 + number);
    let clauses = |count: usize| (0..count).map(clause).collect::<Vec<_>>().join(" OR ");
    let reply = caller.get(&search("customers", &clauses(10))).await;
    let found: BTreeSet<&str> =
        reply.items("data").iter().map(|customer| customer["metadata"]["customer_id"].as_str().unwrap()).collect();
    let known =
        town.cast().persons[..10].iter().filter(|person| person.billing.is_some()).map(|person| person.id.as_str());
    assert_eq!(found, known.collect());
    assert!(!found.contains(cast::UNKNOWN_TO_BILLING));
    assert_eq!(caller.get(&search("customers", &clauses(11))).await.status, 400);
    for query in ["email:'a' AND name:'b' OR name:'c'", "email:a@b", "address:'x'", "email:'open", "name~'ab'", ""] {
        assert_eq!(caller.get(&search("customers", query)).await.status, 400, "{query}");
    }
    let alone = caller.get(&search("customers", &clause(0))).await;
    assert_eq!(ids(&alone), [payer(&town, cast::HEROINE).id.clone()]);
    assert_eq!(caller.get(&search("customers", "-metadata['account_id']:null")).await.status, 200);
}

#[tokio::test]
async fn searches_page_without_loss_and_count_when_asked() {
    let town = town().await;
    let caller = Caller::of(town.billing(), "stripe");
    let all: BTreeSet<String> =
        town.cast().persons.iter().filter_map(|person| Some(person.billing.as_ref()?.id.clone())).collect();
    let mut seen = BTreeSet::new();
    let mut page = String::new();
    loop {
        let reply = caller.get(&format!("{}{page}&expand[]=total_count", search("customers", "created>0"))).await;
        assert_eq!(reply.body["total_count"], all.len());
        seen.extend(ids(&reply));
        let Some(next) = reply.body["next_page"].as_str() else { break };
        page = format!("&page={next}");
    }
    assert_eq!(seen, all);
    let two = format!("customer:'{}' OR customer:'{}'", payer(&town, cast::HEROINE).id, payer(&town, cast::BUSY).id);
    let reply = caller.get(&search("invoices", &two)).await;
    let expected = payer(&town, cast::HEROINE).invoices.len() + payer(&town, cast::BUSY).invoices.len();
    assert_eq!(reply.items("data").len(), expected);
    caller.get(&search("charges", "status:'failed' AND amount>1")).await;
    assert_eq!(caller.get(&search("subscriptions", "customer:'cus_1'")).await.status, 400);
    assert!(
        !caller
            .get(&search("subscriptions", &format!("status:'{}'", cast::ODD_SUBSCRIPTION_STATUS)))
            .await
            .items("data")
            .is_empty()
    );
}

#[tokio::test]
async fn lists_go_on_after_the_last_id_newest_first() {
    let town = town().await;
    let caller = Caller::of(town.billing(), "stripe");
    let heroine = payer(&town, cast::HEROINE);
    let invoices = walk(&caller, &format!("/v1/invoices?customer={}&limit=2", heroine.id)).await;
    assert_eq!(invoices, heroine.invoices.iter().map(|invoice| invoice.id.clone()).collect::<Vec<_>>());
    let charges = walk(&caller, &format!("/v1/charges?customer={}&limit=3", heroine.id)).await;
    assert_eq!(charges.len(), heroine.charges.len());
    let customers = walk(&caller, "/v1/customers?limit=100").await;
    assert_eq!(
        customers.iter().collect::<BTreeSet<_>>().len(),
        town.cast().persons.iter().filter(|person| person.billing.is_some()).count()
    );
    let back = caller.get(&format!("/v1/customers?limit=2&ending_before={}", customers[3])).await;
    assert_eq!((ids(&back), &back.body["has_more"]), (customers[1..3].to_vec(), &json!(true)));
    walk(&caller, "/v1/invoice_payments?limit=100").await;
    let paid = heroine.invoices.iter().find(|invoice| invoice.payment.is_some()).unwrap();
    let payments = caller.get(&format!("/v1/invoice_payments?invoice={}", paid.id)).await;
    assert_eq!(payments.body["data"][0]["payment"]["charge"], paid.payment.as_ref().unwrap().1);
    let open = caller.get("/v1/invoices?status=open&limit=100").await;
    assert!(open.items("data").iter().all(|invoice| invoice["amount_remaining"].as_i64().unwrap() > 0));
    let recent = caller.get(&format!("/v1/invoices?created[gte]={}&limit=100", cast::TODAY.days_ago(20).0)).await;
    assert!(
        recent.items("data").iter().all(|invoice| invoice["created"].as_i64().unwrap() >= cast::TODAY.days_ago(20).0)
    );
    for target in [
        "/v1/invoices?customer=cus_nobody",
        "/v1/customers?limit=101",
        "/v1/customers?starting_after=cus_nobody",
        "/v1/customers?nonsense=1",
    ] {
        assert_eq!(caller.get(target).await.status, 400, "{target}");
    }
}

#[tokio::test]
async fn mail_filters_mind_the_case_and_searches_do_not() {
    let town = town().await;
    let caller = Caller::of(town.billing(), "stripe");
    let mail = &town.cast().person(cast::MIXED_CASE).unwrap().email;
    assert!(ids(&caller.get(&format!("/v1/customers?email={mail}")).await).is_empty());
    let written = payer(&town, cast::MIXED_CASE).email.as_ref().unwrap();
    assert_eq!(ids(&caller.get(&format!("/v1/customers?email={written}")).await).len(), 1);
    assert_eq!(ids(&caller.get(&search("customers", &format!("email:'{mail}'"))).await).len(), 1);
}

#[tokio::test]
async fn cancelled_subscriptions_come_only_when_asked_for_and_ids_expand() {
    let town = town().await;
    let caller = Caller::of(town.billing(), "stripe");
    let cancelled = town
        .cast()
        .persons
        .iter()
        .filter_map(|person| person.billing.as_ref())
        .find(|payer| payer.subscriptions.iter().any(|subscription| subscription.status == "canceled"));
    let cancelled = cancelled.unwrap();
    let usual = ids(&caller.get(&format!("/v1/subscriptions?customer={}", cancelled.id)).await);
    let all = ids(&caller.get(&format!("/v1/subscriptions?customer={}&status=all", cancelled.id)).await);
    assert!(usual.len() < all.len());
    assert_eq!(all.len(), cancelled.subscriptions.len());
    let heroine = payer(&town, cast::HEROINE);
    let path = "data.latest_invoice&expand[]=data.customer&expand[]=data.items.data.price.product";
    let reply = caller.get(&format!("/v1/subscriptions?customer={}&status=all&expand[]={path}", heroine.id)).await;
    let first = &reply.body["data"][0];
    assert_eq!(first["customer"]["metadata"]["customer_id"], cast::HEROINE);
    assert_eq!(first["latest_invoice"]["object"], "invoice");
    assert_eq!(first["items"]["data"][0]["price"]["product"]["object"], "product");
    assert!(first["items"]["data"][0]["current_period_end"].is_i64() && first.get("current_period_end").is_none());
    let one = caller.get(&format!("/v1/customers/{}?expand[]=subscriptions", heroine.id)).await;
    assert!(one.body["subscriptions"]["data"].is_array());
    let invoice =
        caller.get(&format!("/v1/invoices/{}?expand[]=payments&expand[]=customer", heroine.invoices[0].id)).await;
    assert_eq!(invoice.body["payments"]["object"], "list");
    let nested = caller.get(&format!("/v1/customers/{}?expand[]=nothing", heroine.id)).await;
    assert_eq!(nested.status, 400);
    let yen = caller.get(&format!("/v1/customers/{}", payer(&town, cast::BILLED_IN_YEN).id)).await;
    assert_eq!(yen.body["currency"], "jpy");
    let price = first["items"]["data"][0]["price"]["id"].as_str().unwrap();
    caller.get(&format!("/v1/prices/{price}?expand[]=product")).await;
    caller.get("/v1/products/prod_team").await;
    for target in ["/v1/customers/cus_nobody", "/v1/prices/price_1", "/v1/products/prod_1"] {
        let reply = caller.get(target).await;
        assert_eq!((reply.status, &reply.body["error"]["code"]), (404, &json!("resource_missing")), "{target}");
    }
}

#[tokio::test]
async fn the_key_is_wanted_the_version_echoed_and_the_throttle_names_its_reason() {
    let town = town().await;
    let caller = Caller::of(town.billing(), "stripe");
    let Credentials::Bearer { token } = caller.credentials.clone() else { panic!() };
    assert_eq!(caller.send(caller.request(Method::GET, "/v1/customers")).await.status, 401);
    let as_user = caller
        .request(Method::GET, "/v1/customers?limit=1")
        .basic_auth(token, Some(""))
        .header("Stripe-Version", "2026-05-27.dahlia");
    let reply = caller.send(as_user).await;
    assert_eq!((reply.status, reply.header("stripe-version")), (200, Some("2026-05-27.dahlia")));
    assert!(reply.header("request-id").unwrap().starts_with("req_"));
    town.billing().set_limits(Limits::Calls(1));
    caller.get("/v1/customers?limit=1").await;
    let refused = caller.get("/v1/customers?limit=1").await;
    assert_eq!((refused.status, refused.header("stripe-rate-limited-reason")), (429, Some("endpoint-rate")));
    assert_eq!(refused.body["error"]["type"], Value::from("invalid_request_error"));
    assert_eq!(caller.get("/v1/invoices?limit=1").await.header("stripe-rate-limited-reason"), Some("global-rate"));
}
