//! The operators' door: who is let through, and what everybody is told who is not.

use axum::Router;
use axum::routing::get;
use c360::http::{Admin, AdminSettings, Settings};
use serde_json::json;
use tokio::net::TcpListener;

use super::{House, SLOW, hasty, parsed};

const TOKEN: &str = "a token of sixteen";

/// A house with an operators' door, and the door's address.
async fn open(admin: AdminSettings) -> (House, String) {
    open_with(hasty(), admin).await
}

async fn open_with(settings: Settings, admin: AdminSettings) -> (House, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let sights = Router::new().route("/metrics", get(async || "up 1\n"));
    let house = House::open_beside(settings, Some(Admin { sights, ..Admin::new(listener, admin) })).await;
    (house, address)
}

fn with_token(open_metrics: bool) -> AdminSettings {
    AdminSettings { token: Some(TOKEN.into()), open_metrics, ..AdminSettings::default() }
}

#[tokio::test]
async fn operators_show_their_token() {
    let (house, door) = open(with_token(false)).await;
    let metrics = || house.client.get(format!("http://{door}/metrics"));
    let shown = [None, Some(""), Some("Bearer"), Some("Bearer a token of sixteem"), Some("Basic a token of sixteen")];
    for shown in shown {
        let request = shown.map_or_else(metrics, |shown| metrics().header("authorization", shown));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401, "{shown:?}");
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        assert_eq!(response.headers()["cache-control"], "private, no-store");
        let extensions = json!({ "code": "FORBIDDEN", "reason": "ADMIN_TOKEN" });
        let message = "expected Authorization: Bearer with the token of [admin]";
        let expected = json!({ "errors": [{ "message": message, "extensions": extensions }] });
        assert_eq!(parsed(&response.text().await.unwrap()), expected);
    }
    let told = metrics().bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!((told.status().as_u16(), told.text().await.unwrap().as_str()), (200, "up 1\n"));
}

#[tokio::test]
async fn metrics_are_open_where_the_operator_says_so() {
    let (house, door) = open(with_token(true)).await;
    assert_eq!(house.client.get(format!("http://{door}/metrics")).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn without_a_token_only_this_machine_is_heard_and_no_web_page() {
    let (house, door) = open(AdminSettings::default()).await;
    let metrics = || house.client.get(format!("http://{door}/metrics"));
    for host in ["localhost", "localhost:4001", "127.0.0.1:1", "[::1]", "[::1]:4001"] {
        assert_eq!(metrics().header("host", host).send().await.unwrap().status(), 200, "{host}");
    }
    for host in ["evil.example.com", "evil.example.com:4001", "localhost.example.com", "10.0.0.1:4001", ""] {
        let response = metrics().header("host", host).send().await.unwrap();
        assert_eq!(response.status(), 403, "{host}");
        assert_eq!(parsed(&response.text().await.unwrap())["errors"][0]["extensions"]["reason"], "ADMIN_HOST");
    }
    let page = metrics().header("origin", "http://localhost:3000").send().await.unwrap();
    assert_eq!(page.status(), 403);
}

#[tokio::test]
async fn what_is_not_there_is_told_as_errors_are() {
    let (house, door) = open(AdminSettings::default()).await;
    let nothing = house.client.get(format!("http://{door}/graphql")).send().await.unwrap();
    assert_eq!(nothing.status(), 404);
    assert_eq!(parsed(&nothing.text().await.unwrap())["errors"][0]["extensions"]["reason"], "ADMIN_PATH");
    let method = house.client.delete(format!("http://{door}/metrics")).send().await.unwrap();
    assert_eq!((method.status().as_u16(), &method.headers()["allow"]), (405, &"GET, HEAD".parse().unwrap()));
    assert_eq!(parsed(&method.text().await.unwrap())["errors"][0]["extensions"]["reason"], "ADMIN_METHOD");
    // Clients' door has nothing of it.
    assert_eq!(house.get("/metrics").await.0, 404);
}

#[tokio::test]
async fn operators_can_watch_the_gateway_leave() {
    let (mut house, door) = open(AdminSettings::default()).await;
    let asked = tokio::spawn(house.post(SLOW).send());
    house.source.asked(1).await;
    let client = house.client.clone();
    house.stop();
    let metrics = client.get(format!("http://{door}/metrics")).send().await.unwrap();
    assert_eq!(metrics.status(), 200);
    house.source.let_go(1);
    assert_eq!(asked.await.unwrap().unwrap().status(), 200);
    house.stopped().await;
    assert!(client.get(format!("http://{door}/metrics")).send().await.is_err());
}
