use std::time::{Duration, Instant};

use c360::demo::{Credentials, Fault, cast};
use reqwest::{Method, RequestBuilder};

use super::{Caller, town};

fn usage(caller: &Caller) -> RequestBuilder {
    let Credentials::Bearer { token } = &caller.credentials else { panic!("a bearer token") };
    caller.request(Method::GET, &format!("/v1/usage?customer_ids={}", cast::HEROINE)).bearer_auth(token)
}

#[tokio::test]
async fn calls_are_counted_by_route_and_can_be_forgotten() {
    let town = town().await;
    let caller = Caller::of(town.support(), "zendesk");
    caller.get("/api/v2/users/show_many?external_ids=c-1001").await;
    caller.get("/api/v2/users/1").await;
    caller.get("/api/v2/users/2.json").await;
    caller.request(Method::GET, "/elsewhere").send().await.unwrap();
    let calls = town.support().calls();
    assert_eq!(calls.total, 4);
    assert_eq!(calls.of("GET /api/v2/users/{id}"), 2);
    assert_eq!(calls.of("GET /api/v2/users/show_many"), 1);
    assert_eq!(calls.of("unknown"), 1);
    assert_eq!(town.usage().calls().total, 0);
    town.support().reset_calls();
    assert_eq!(town.support().calls().total, 0);
}

#[tokio::test]
async fn each_fault_does_what_its_name_says() {
    let town = town().await;
    let caller = Caller::of(town.usage(), "product");
    for (fault, status) in
        [(Fault::Refuse500, 500), (Fault::Unavailable503, 503), (Fault::RateLimited, 429), (Fault::Unauthorized, 401)]
    {
        town.usage().fail(fault);
        assert_eq!(caller.send(usage(&caller)).await.status, status, "{fault:?}");
    }
    town.usage().fail(Fault::Html);
    let page = usage(&caller).send().await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    for fault in [Fault::TruncatedJson, Fault::Empty, Fault::NotUtf8, Fault::Deep] {
        town.usage().fail(fault);
        let reply = usage(&caller).send().await.unwrap();
        assert_eq!(reply.status(), 200);
        assert!(serde_json::from_slice::<serde_json::Value>(&reply.bytes().await.unwrap()).is_err(), "{fault:?}");
    }
    town.usage().fail(Fault::CutOff);
    assert!(usage(&caller).send().await.unwrap().bytes().await.is_err());
    town.usage().fail(Fault::Endless);
    let mut endless = usage(&caller).send().await.unwrap();
    let mut seen = 0;
    while seen < 1_000_000 {
        seen += endless.chunk().await.unwrap().unwrap().len();
    }
    town.usage().fail(Fault::Hang);
    let patience = usage(&caller).timeout(Duration::from_millis(50));
    assert!(patience.send().await.unwrap_err().is_timeout());
    town.usage().fail(Fault::Calm);
    assert_eq!(caller.send(usage(&caller)).await.status, 200);
}

#[tokio::test]
async fn a_fault_may_hit_the_next_calls_only_or_one_route_only() {
    let town = town().await;
    let caller = Caller::of(town.support(), "zendesk");
    town.support().fail_next(Fault::RateLimited, 2);
    let target = "/api/v2/users?page[size]=1";
    let statuses = [caller.get(target).await.status, caller.get(target).await.status, caller.get(target).await.status];
    assert_eq!(statuses, [429, 429, 200]);
    town.support().fail_route("GET /api/v2/users/show_many", Fault::Unauthorized);
    assert_eq!(caller.get("/api/v2/users/show_many?external_ids=c-1001").await.status, 401);
    assert_eq!(caller.get(target).await.status, 200);
}

#[tokio::test]
async fn latency_holds_back_answers_but_not_each_other() {
    let town = town().await;
    let caller = Caller::of(town.support(), "zendesk");
    caller.get("/api/v2/users/1").await;
    town.support().set_latency(Duration::from_millis(60));
    let start = Instant::now();
    let five = (0..5).map(|_| caller.signed(Method::GET, "/api/v2/users/1").send());
    futures_util::future::join_all(five).await;
    assert!(start.elapsed() >= Duration::from_millis(60));
    assert!(town.support().calls().at_once >= 2);
}

#[tokio::test]
async fn a_dropped_town_closes_its_ports() {
    let town = town().await;
    let address = town.usage().address();
    let host = address.strip_prefix("http://").unwrap().to_owned();
    drop(town);
    for _ in 0..200 {
        if tokio::net::TcpStream::connect(&host).await.is_err() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("{host} still answers");
}

#[tokio::test]
async fn a_distorted_property_holds_another_value_on_its_route() {
    let town = town().await;
    let caller = Caller::of(town.usage(), "product");
    town.usage().distort("GET /v1/usage", "value", serde_json::json!("lots"));
    let distorted: serde_json::Value =
        serde_json::from_slice(&usage(&caller).send().await.unwrap().bytes().await.unwrap()).unwrap();
    assert_eq!(distorted["usage"][0]["metrics"][0]["value"], "lots");
    town.usage().fail(Fault::Calm);
    let mended: serde_json::Value =
        serde_json::from_slice(&usage(&caller).send().await.unwrap().bytes().await.unwrap()).unwrap();
    assert!(mended["usage"][0]["metrics"][0]["value"].is_number());
}
