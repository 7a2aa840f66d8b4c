//! Vendors tell of changes.

use std::collections::BTreeMap;
use std::time::Instant;

use c360::cli;
use c360::demo::Which;
use reqwest::RequestBuilder;
use secrecy::SecretString;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::{BODY, JOB, SECRET, assembled_of, open};

#[tokio::test]
async fn a_vendor_tells_of_a_customer_and_only_that_one_is_asked_for_again() {
    let house = open("billing").await;
    let (told, other) = house.ids();
    let cold = house.calls(&told).await;
    assert!(cold > 1 && house.calls(&other).await > 0);
    assert_eq!((house.calls(&told).await, house.calls(&other).await), (0, 0), "both are kept");
    // The vendor says its own id; who that is, and so their balance, stands in a record that is kept.
    assert_eq!(house.tell_of(&house.billing_id(&told).await).await, 204);
    assert_eq!(house.calls(&told).await, cold);
    assert_eq!((house.calls(&told).await, house.calls(&other).await), (0, 0));
    assert_eq!(house.tell_of("cus_nobody").await, 204);
    assert_eq!((house.calls(&told).await, house.calls(&other).await), (0, 0));
}

#[tokio::test]
async fn what_a_system_tells_before_it_shows_it_is_forgotten_once_more() {
    let house = open("billing").await;
    let mut files = cli::shipped_schema();
    files.iter_mut().for_each(|file| file.text = file.text.replace("again: 90", "again: 1"));
    house.desk.live().swap(assembled_of(files, &house.settings, Some((&house.gateway, &house.settings))), None);
    let (id, _) = house.ids();
    let cold = house.calls(&id).await;
    assert_eq!(house.tell_of(&house.billing_id(&id).await).await, 204);
    let told = Instant::now();
    assert_eq!((house.calls(&id).await, house.calls(&id).await), (cold, 0));
    while house.calls(&id).await == 0 {
        assert!(told.elapsed() < BODY * 30, "it is kept for ever");
        sleep(BODY / 10).await;
    }
    assert!(told.elapsed() >= std::time::Duration::from_secs(1));
}

#[tokio::test]
async fn without_a_mapping_the_source_is_forgotten_whole() {
    let house = open("crm").await;
    let (first, second) = house.ids();
    house.calls_for(JOB, &first).await;
    house.calls_for(JOB, &second).await;
    assert_eq!((house.calls_for(JOB, &first).await, house.calls_for(JOB, &second).await), (0, 0), "both are kept");
    assert_eq!(house.delivery_to("crm", "{}", SECRET, 0).send().await.unwrap().status(), 204);
    assert_eq!((house.calls_for(JOB, &first).await, house.calls_for(JOB, &second).await), (1, 1));
}

#[tokio::test]
async fn what_the_vendor_did_not_say_now_changes_nothing() {
    let house = open("billing").await;
    let (id, _) = house.ids();
    house.calls(&id).await;
    let send = async |request: RequestBuilder| request.send().await.unwrap().status().as_u16();
    assert_eq!(send(house.delivery("{}", "another secret", 0)).await, 401);
    assert_eq!(send(house.delivery("{}", SECRET, -301)).await, 401);
    assert_eq!(send(house.delivery("{}", SECRET, 310)).await, 401);
    assert_eq!(send(house.delivery("{}", SECRET, 0).body("{ }")).await, 401);
    assert_eq!(send(house.delivery(&" ".repeat(5_000), SECRET, 0)).await, 413);
    let url = |path: &str| format!("{}{path}", house.clients);
    assert_eq!(send(house.client.post(url("/webhooks/billing")).body("{}")).await, 401);
    assert_eq!(send(house.client.post(url("/webhooks/crm")).body("{}")).await, 404);
    assert_eq!(send(house.client.get(url("/webhooks/billing"))).await, 405);
    assert_eq!(house.calls(&id).await, 0, "all of it is still kept");
}

#[tokio::test]
async fn a_delivery_that_comes_again_changes_nothing_and_is_not_refused() {
    let mut house = open("billing").await;
    let (id, _) = house.ids();
    let delivery = house.delivery("{}", SECRET, 0);
    let again = delivery.try_clone().unwrap();
    assert_eq!(delivery.send().await.unwrap().status(), 204);
    house.calls(&id).await;
    let once_more = again.try_clone().unwrap();
    assert_eq!(again.send().await.unwrap().status(), 200);
    assert_eq!(house.calls(&id).await, 0);
    let tally: BTreeMap<_, _> = house.gateway.hook("billing").unwrap().tally().collect();
    assert_eq!((tally["heard"], tally["replayed"], tally["forged"]), (1, 1, 0));
    // A reload forgets neither what was heard nor what was counted.
    house.reload(|settings| {
        settings.webhooks.get_mut("billing").unwrap().tolerance = c360::units::TimeSpan::seconds(200)
    });
    assert_eq!(once_more.send().await.unwrap().status(), 200);
    let tally: BTreeMap<_, _> = house.gateway.hook("billing").unwrap().tally().collect();
    assert_eq!((tally["heard"], tally["replayed"], tally["forged"]), (1, 2, 0));
}

#[tokio::test]
async fn a_new_secret_is_brought_in_before_the_old_one_goes() {
    let mut house = open("billing").await;
    let send = async |house: &super::House, secret: &str, second: i64| {
        house.delivery("{\"data\":{}}", secret, second).send().await.unwrap().status().as_u16()
    };
    let secrets = |secrets: &[&str]| secrets.iter().map(|secret| SecretString::from(*secret)).collect::<Vec<_>>();
    assert_eq!((send(&house, SECRET, 0).await, send(&house, "the next", 1).await), (204, 401));
    house.reload(|settings| settings.webhooks.get_mut("billing").unwrap().secrets = secrets(&[SECRET, "the next"]));
    assert_eq!((send(&house, SECRET, 2).await, send(&house, "the next", 3).await), (204, 204));
    house.reload(|settings| settings.webhooks.get_mut("billing").unwrap().secrets = secrets(&["the next", ""]));
    assert_eq!((send(&house, SECRET, 4).await, send(&house, "the next", 5).await), (401, 204));
    house.reload(|settings| settings.webhooks.get_mut("billing").unwrap().secrets = secrets(&[""]));
    assert_eq!(send(&house, "the next", 6).await, 404, "where every secret is empty, nobody listens");
}

#[tokio::test]
async fn a_vendor_that_dribbles_a_body_is_cut() {
    let house = open("billing").await;
    let address = house.clients.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let began = Instant::now();
    let head = "POST /webhooks/billing HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\ncontent-length: 4000\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let dribbling = tokio::spawn(async move {
        while writer.write_all(b" ").await.is_ok() {
            sleep(BODY / 10).await;
        }
    });
    let mut said = Vec::new();
    // A reset is an end too.
    let _ = timeout(BODY * 20, reader.read_to_end(&mut said)).await.expect("it is cut");
    dribbling.abort();
    assert!(began.elapsed() >= BODY, "{:?}", began.elapsed());
    let said = String::from_utf8_lossy(&said);
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
    assert_eq!(house.town.department(Which::Billing).calls().total, 0);
}

#[tokio::test]
async fn outbound_messages_are_answered_as_they_want_to_be() {
    let mut house = open("crm").await;
    let hook = json!({ "scheme": "salesforce", "secrets": [SECRET] });
    house.reload(|settings| _ = settings.webhooks.insert("crm".to_owned(), serde_json::from_value(hook).unwrap()));
    let ask = |secret: &str| {
        let url = format!("{}/webhooks/crm?secret={secret}", house.clients);
        house.client.post(url).header("content-type", "text/xml").body("<a/>").send()
    };
    let heard = ask(SECRET).await.unwrap();
    assert_eq!(
        (heard.status().as_u16(), &heard.headers()["content-type"]),
        (200, &"text/xml; charset=utf-8".parse().unwrap())
    );
    assert!(heard.text().await.unwrap().contains("<Ack>true</Ack>"));
    let refused = ask("another").await.unwrap();
    assert_eq!(refused.status(), 401);
    assert!(!refused.text().await.unwrap().contains("Ack"));
}
