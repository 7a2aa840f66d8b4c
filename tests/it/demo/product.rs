use c360::demo::cast;
use reqwest::Method;

use super::{Caller, town};

#[tokio::test]
async fn usage_answers_as_a_set_and_leaves_out_whom_it_does_not_know() {
    let town = town().await;
    let caller = Caller::of(town.usage(), "product");
    let reply = caller
        .get(&format!(
            "/v1/usage?customer_ids={},{},{},{}",
            cast::HEROINE,
            cast::NOBODY,
            cast::UNKNOWN_TO_USAGE,
            cast::IDLE
        ))
        .await;
    let ids: Vec<_> = reply.items("usage").iter().map(|usage| usage["customer_id"].as_str().unwrap()).collect();
    assert_eq!(ids, [cast::HEROINE, cast::IDLE]);
    let heroine = town.cast().person(cast::HEROINE).unwrap().usage.as_ref().unwrap();
    assert_eq!(reply.body["usage"][0]["last_seen_at"], heroine.last_seen.unwrap().millis());
    assert!(reply.body["usage"][1]["last_seen_at"].is_null());
}

#[tokio::test]
async fn usage_refuses_strangers_and_more_than_two_hundred_ids() {
    let town = town().await;
    let caller = Caller::of(town.usage(), "product");
    assert_eq!(caller.send(caller.request(Method::GET, "/v1/usage?customer_ids=c-1001")).await.status, 401);
    let ids = |count: usize| (0..count).map(|n| format!("c-{}", 1001 + n)).collect::<Vec<_>>().join(",");
    assert_eq!(caller.get(&format!("/v1/usage?customer_ids={}", ids(200))).await.status, 200);
    assert_eq!(caller.get(&format!("/v1/usage?customer_ids={}", ids(201))).await.status, 400);
    assert_eq!(caller.get("/v1/usage").await.status, 400);
}
