use std::collections::BTreeSet;

use c360::demo::{Limits, cast};
use reqwest::Method;
use serde_json::Value;

use super::{Caller, Reply, town};

fn ids(reply: &Reply, key: &str) -> Vec<u64> {
    reply.items(key).iter().map(|item| item["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn show_many_leaves_holes_and_takes_at_most_a_hundred_keys() {
    let town = town().await;
    let caller = Caller::of(town.support(), "zendesk");
    let keys: Vec<&str> = town.cast().persons.iter().take(100).map(|person| person.id.as_str()).collect();
    let reply = caller.get(&format!("/api/v2/users/show_many.json?external_ids={}", keys.join(","))).await;
    let found: BTreeSet<_> = reply.items("users").iter().map(|user| user["external_id"].as_str().unwrap()).collect();
    let known: BTreeSet<_> = town
        .cast()
        .persons
        .iter()
        .take(100)
        .filter(|person| person.support.is_some())
        .map(|person| person.id.as_str())
        .collect();
    assert_eq!(found, known);
    assert!(!found.contains(cast::UNKNOWN_TO_SUPPORT) && found.len() < 100);
    let user = town.cast().person(cast::HEROINE).unwrap().support.as_ref().unwrap();
    let reply = caller
        .get(&format!("/api/v2/users/show_many?ids={},1,{}&include=organizations,open_ticket_count", user.id, user.id))
        .await;
    assert_eq!(ids(&reply, "users"), [user.id]);
    assert_eq!(reply.items("organizations")[0]["external_id"], cast::HEROINES_COMPANY);
    assert!(reply.body["open_ticket_count"][user.id.to_string()].as_u64().unwrap() >= 1);
    let many = (1..=101).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    assert_eq!(caller.get(&format!("/api/v2/users/show_many?ids={many}")).await.status, 400);
    assert_eq!(caller.get("/api/v2/users/show_many").await.status, 400);
}

#[tokio::test]
async fn three_hundred_tickets_come_by_cursor_and_by_page_number_without_loss() {
    let town = town().await;
    let caller = Caller::of(town.support(), "zendesk");
    let user = town.cast().person(cast::BUSY).unwrap().support.as_ref().unwrap();
    let all: Vec<u64> = user.tickets.iter().map(|ticket| ticket.id).collect();
    let mut collected = Vec::new();
    let mut next = format!("/api/v2/users/{}/tickets/requested.json?page[size]=100", user.id);
    let mut pages = 0;
    loop {
        let reply = caller.get(&next).await;
        collected.extend(ids(&reply, "tickets"));
        pages += 1;
        if reply.body["meta"]["has_more"] == false {
            assert!(reply.body["links"]["next"].is_null());
            break;
        }
        next = reply.body["links"]["next"].as_str().unwrap().to_owned();
        assert!(next.contains("requested.json"), "{next} keeps the caller's suffix");
    }
    assert_eq!((pages, &collected), (3, &all));
    let mut collected = Vec::new();
    let mut next = Value::from(format!(
        "/api/v2/users/{}/tickets/requested?per_page=70&sort_by=created_at&sort_order=desc",
        user.id
    ));
    while let Some(target) = next.as_str() {
        let reply = caller.get(target).await;
        assert_eq!(reply.body["count"], 300);
        collected.extend(ids(&reply, "tickets"));
        next = reply.body["next_page"].clone();
    }
    collected.reverse();
    assert_eq!(collected, all);
}

#[tokio::test]
async fn tickets_bring_their_people_companies_and_metrics_beside_them() {
    let town = town().await;
    let caller = Caller::of(town.support(), "zendesk");
    let user = town.cast().person(cast::HEROINE).unwrap().support.as_ref().unwrap();
    let reply = caller
        .get(&format!(
            "/api/v2/users/{}/tickets/requested?include=users,organizations,metric_sets&page[size]=10",
            user.id
        ))
        .await;
    assert_eq!(reply.items("tickets").len(), reply.items("metric_sets").len());
    assert!(ids(&reply, "users").contains(&user.id));
    assert_eq!(reply.items("organizations").len(), 1);
    let newest = user.tickets.last().unwrap();
    let metrics = caller.get(&format!("/api/v2/tickets/{}/metrics", newest.id)).await;
    assert_eq!(metrics.body["ticket_metric"]["ticket_id"], newest.id);
    let one = caller.get(&format!("/api/v2/tickets/{}", newest.id)).await;
    assert_eq!(one.body["ticket"]["created_at"], cast::NEWEST_TICKET.iso());
    assert_eq!(caller.get("/api/v2/tickets/1/metrics").await.status, 404);
    assert_eq!(caller.get("/api/v2/users/1").await.status, 404);
}

#[tokio::test]
async fn a_company_has_its_people_and_their_tickets() {
    let town = town().await;
    let caller = Caller::of(town.support(), "zendesk");
    let reply =
        caller.get(&format!("/api/v2/organizations/show_many?external_ids={},a-0", cast::HEROINES_COMPANY)).await;
    let id = ids(&reply, "organizations")[0];
    let people: BTreeSet<u64> =
        ids(&caller.get(&format!("/api/v2/organizations/{id}/users?page[size]=50")).await, "users")
            .into_iter()
            .collect();
    let expected =
        town.cast().persons_of(cast::HEROINES_COMPANY).filter_map(|person| person.support.as_ref()).collect::<Vec<_>>();
    assert_eq!(people, expected.iter().map(|user| user.id).collect());
    let tickets = caller.get(&format!("/api/v2/organizations/{id}/tickets")).await;
    assert_eq!(tickets.body["count"], expected.iter().map(|user| user.tickets.len()).sum::<usize>());
    caller.get(&format!("/api/v2/organizations/{id}")).await;
    caller.get("/api/v2/organizations?page[size]=3").await;
    assert_eq!(caller.get("/api/v2/organizations/12/users").await.status, 404);
}

#[tokio::test]
async fn search_finds_by_mail_whatever_its_case_and_stops_at_a_thousand() {
    let town = town().await;
    let caller = Caller::of(town.support(), "zendesk");
    let person = town.cast().person(cast::MIXED_CASE).unwrap();
    let reply = caller.get(&format!("/api/v2/users/search?query=email:{}", person.email)).await;
    assert_eq!(reply.body["count"], 1);
    assert_ne!(reply.body["users"][0]["email"].as_str().unwrap(), person.email);
    caller.get(&format!("/api/v2/users/search?external_id={}", person.id)).await;
    let heroine = town.cast().person(cast::HEROINE).unwrap();
    let reply =
        caller.get(&format!("/api/v2/search?query=type:ticket requester:{} status<solved", heroine.email)).await;
    assert!(reply.items("results").iter().all(|hit| hit["result_type"] == "ticket" && hit["status"] != "closed"));
    assert_eq!(reply.body["results"][0]["created_at"], cast::NEWEST_TICKET.iso());
    assert_eq!(caller.get("/api/v2/search?query=type:ticket&page=11&per_page=100").await.status, 422);
    assert_eq!(caller.get("/api/v2/search?query=type:ticket&page[size]=10").await.status, 400);
    let export = caller.get("/api/v2/search/export?query=created>2025-01-01&filter[type]=ticket&page[size]=1000").await;
    assert!(export.items("results").len() > 300);
}

#[tokio::test]
async fn satisfaction_and_metrics_are_listed() {
    let town = town().await;
    let caller = Caller::of(town.support(), "zendesk");
    let bad = caller
        .get(&format!(
            "/api/v2/satisfaction_ratings?score=bad&start_time={}&page[size]=100",
            cast::TODAY.days_ago(400).0
        ))
        .await;
    assert!(!bad.items("satisfaction_ratings").is_empty());
    assert!(
        bad.items("satisfaction_ratings")
            .iter()
            .all(|rating| rating["score"] == "bad" && rating["comment"].is_string())
    );
    caller.get("/api/v2/ticket_metrics?page[size]=100").await;
    caller.get("/api/v2/tickets?page[size]=100&include=users").await;
    caller.get("/api/v2/users?page[size]=100").await;
    let user = town.cast().person(cast::HEROINE).unwrap().support.as_ref().unwrap();
    caller.get(&format!("/api/v2/users/{}/identities", user.id)).await;
    let odd = town.cast().person(cast::ODD_STATUS).unwrap().support.as_ref().unwrap();
    let reply = caller.get(&format!("/api/v2/tickets/show_many?ids={},3", odd.tickets.last().unwrap().id)).await;
    assert_eq!(reply.body["tickets"][0]["status"], cast::ODD_TICKET_STATUS);
}

#[tokio::test]
async fn strangers_are_refused_and_a_minute_holds_so_many_calls() {
    let town = town().await;
    let caller = Caller::of(town.support(), "zendesk");
    assert_eq!(caller.send(caller.request(Method::GET, "/api/v2/users/1")).await.status, 401);
    let wrong = caller.request(Method::GET, "/api/v2/users/1").basic_auth("somebody", Some("else"));
    assert_eq!(caller.send(wrong).await.status, 401);
    town.support().set_limits(Limits::Calls(2));
    assert_eq!(caller.get("/api/v2/users?page[size]=1").await.header("x-rate-limit-remaining"), Some("1"));
    assert_eq!(caller.get("/api/v2/users?page[size]=1").await.status, 200);
    let refused = caller.get("/api/v2/users?page[size]=1").await;
    assert_eq!(refused.status, 429);
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
}
