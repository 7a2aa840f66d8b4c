//! Several gateways over one Redis hear a delivery once.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use serde_json::json;
use tokio::time::sleep;

use super::{House, SECRET, open_with};
use crate::faults::gate::quiet_port;
use crate::fleet::process::{Process, listening};

/// A house whose gateway uses the Redis.
async fn open_over(redis: u16) -> House {
    let house = open_with("billing", |settings| {
        settings.cache.redis = Some(SecretString::from(format!("redis://127.0.0.1:{redis}")));
    })
    .await;
    house.gateway.cache().warm_up();
    let end = Instant::now() + Duration::from_secs(60);
    while !house.gateway.cache().shared_tally().unwrap().is_up {
        assert!(Instant::now() < end, "the Redis is not used");
        sleep(Duration::from_millis(5)).await;
    }
    house
}

fn tally(house: &House) -> (u64, u64) {
    let tally: BTreeMap<_, _> = house.gateway.hook("billing").unwrap().tally().collect();
    (tally["heard"], tally["replayed"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_gateway_heard_the_others_do_not_act_on() {
    let port = quiet_port();
    let redis = Process::redis(port);
    listening(port).await;
    let (one, other) = (open_over(port).await, open_over(port).await);
    let delivery = |second: i64| {
        let body = json!({ "data": { "object": { "object": "customer", "id": "cus_nobody" } } }).to_string();
        one.delivery(&body, SECRET, second).build().unwrap()
    };
    // The same at another house's door.
    let send = async |request: &reqwest::Request, house: &House| {
        let mut request = request.try_clone().unwrap();
        *request.url_mut() = format!("{}/webhooks/billing", house.clients).parse().unwrap();
        house.client.execute(request).await.unwrap().status().as_u16()
    };
    let first = delivery(0);
    assert_eq!((send(&first, &one).await, send(&first, &other).await), (204, 200));
    assert_eq!((tally(&one), tally(&other)), ((1, 0), (0, 1)));
    // At both at once.
    for second in 1..=10 {
        let told = delivery(second);
        let mut heard = <[u16; 2]>::from(tokio::join!(send(&told, &one), send(&told, &other)));
        heard.sort_unstable();
        assert_eq!(heard, [200, 204]);
    }
    assert_eq!(tally(&one).0 + tally(&other).0, 11);
    // Without the Redis each hears for itself, and remembers.
    redis.kill();
    let last = delivery(11);
    for house in [&one, &other] {
        assert_eq!((send(&last, house).await, send(&last, house).await), (204, 200));
    }
}
