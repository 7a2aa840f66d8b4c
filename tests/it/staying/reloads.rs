//! The folder is edited while the program serves.

use std::fs;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use super::super::faults::gate::quiet_port;
use super::super::held::resident_bytes;
use super::{Program, schema, write};

const REFUSED: &str = "c360_reloads_total{outcome=\"refused\"}";

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_taken_in_and_a_bad_one_keeps_the_old_serving() {
    let admin = quiet_port();
    let program =
        Program::start(&format!("[reload]\nevery = \"100ms\"\n[admin]\nlisten = \"127.0.0.1:{admin}\"")).await;
    let folder = program.folder.path();
    let first = program.health().await.unwrap();
    assert_eq!((&first["generation"], &first["reloads"]["last"]), (&json!(1), &json!(null)), "{first}");
    write(folder, "schema/people.graphql", &schema("name nick"));
    let second = program.until(|health| health["generation"] == 2).await;
    assert_ne!(second["fingerprint"], first["fingerprint"]);
    assert_eq!(program.ask("{ name nick }").await, json!({ "data": { "name": "Ada", "nick": "A." } }));
    // A bad schema, then a bad setting as well: told wherever somebody may look, and nothing changes.
    write(folder, "schema/people.graphql", &schema("name nick").replace("nick: String", "nick: Strin"));
    let refused = program.until(|health| health["reloads"]["refused"] == 1).await;
    let why = refused["reloads"]["last"]["refused"].as_str().unwrap();
    assert!(why.contains("schema/people.graphql:7:") && why.contains("the log has all of it"), "{why}");
    assert_eq!((&refused["generation"], &refused["ready"]), (&json!(2), &json!(true)));
    assert_eq!(program.ask("{ nick }").await, json!({ "data": { "nick": "A." } }));
    assert_eq!(metric(&program, admin, REFUSED).await, 1.0);
    let said = program.said();
    assert!(said.contains("ERROR the folder was not reloaded; what served before goes on serving\n"), "{said}");
    assert!(said.contains("[ schema/people.graphql:7:9 ]") && said.contains("no type is called Strin"), "{said}");
    let settings = fs::read_to_string(folder.join("gateway.toml")).unwrap();
    write(folder, "gateway.toml", &settings.replace("[http]\n", "[http]\nmax_bdy = \"1KiB\"\n"));
    program.until(|health| health["reloads"]["refused"] == 2).await;
    assert_eq!(program.ask("{ nick }").await, json!({ "data": { "nick": "A." } }));
    assert_eq!(metric(&program, admin, REFUSED).await, 2.0);
    let said = program.said();
    assert!(said.contains("/gateway.toml:2:1: unknown key `max_bdy`"), "{said}");
    write(folder, "gateway.toml", &settings);
    // Mended: back to what it was.
    write(folder, "schema/people.graphql", &schema("name"));
    let third = program.until(|health| health["generation"] == 3).await;
    assert_eq!(third["fingerprint"], first["fingerprint"]);
    assert_eq!(third["reloads"]["last"]["refused"], json!(null));
    assert!(program.ask("{ nick }").await["errors"][0]["message"].is_string());
    assert_eq!(metric(&program, admin, "c360_reloads_total{outcome=\"taken\"}").await, 2.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_being_written_is_left_until_it_is_done() {
    let program = Program::start("[reload]\nevery = \"500ms\"").await;
    let file = program.folder.path().join("schema/people.graphql");
    let text = schema("name nick");
    // Each piece comes before two looks have seen the same.
    for end in (0..text.len()).step_by(text.len() / 8) {
        fs::write(&file, &text[..end]).unwrap();
        sleep(Duration::from_millis(300)).await;
    }
    fs::write(&file, &text).unwrap();
    let taken = program.until(|health| health["generation"] == 2).await;
    assert_eq!(taken["reloads"]["refused"], 0, "{taken}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_file_that_changes_is_an_edit_and_a_hang_up_reloads_what_is_not_watched() {
    let token = "[sources.people.auth.bearer]\ntoken = { file = \"token\" }";
    let program = Program::start("").await;
    let folder = program.folder.path();
    let text = fs::read_to_string(folder.join("gateway.toml")).unwrap();
    write(folder, "gateway.toml", &format!("{text}{token}\n[reload]\nevery = \"100ms\"\n"));
    program.until(|health| health["reloads"]["refused"] == 1).await;
    write(folder, "token", "first");
    let with_token = program.until(|health| health["generation"] == 2).await;
    write(folder, "token", "second");
    let changed = program.until(|health| health["generation"] == 3).await;
    assert_eq!(changed["fingerprint"], with_token["fingerprint"], "a secret file is no part of what is shown");
    write(folder, "gateway.toml", &format!("{text}[reload]\nwatch = false\n"));
    program.until(|health| health["generation"] == 4).await;
    write(folder, "schema/people.graphql", &schema("name nick"));
    sleep(Duration::from_millis(300)).await;
    assert_eq!(program.health().await.unwrap()["generation"], 4);
    program.signal("HUP");
    program.until(|health| health["generation"] == 5).await;
    assert_eq!(program.ask("{ nick }").await, json!({ "data": { "nick": "A." } }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_reloads_under_load_lose_nothing_and_memory_stays_flat() {
    let program = Program::start("").await;
    let load = program.load(4);
    let resident_bytes = || resident_bytes(program.child.id()).unwrap_or_default();
    let mut early = 0;
    for reload in 0..100 {
        let fields = if reload % 2 == 0 { "name nick" } else { "name" };
        write(program.folder.path(), "schema/people.graphql", &schema(fields));
        program.signal("HUP");
        program.until(|health| health["reloads"]["done"] == reload + 1).await;
        if reload == 20 {
            early = resident_bytes();
        }
    }
    assert!(load.answered() > 100, "{}", load.answered());
    load.stop().await;
    let grown = resident_bytes().saturating_sub(early);
    assert!(grown < 32 << 20, "eighty reloads took {grown} bytes");
    assert_eq!(program.health().await.unwrap()["reloads"]["refused"], 0);
}

/// One number of the page of metrics.
async fn metric(program: &Program, admin: u16, name: &str) -> f64 {
    let page = program.client.get(format!("http://127.0.0.1:{admin}/metrics")).send().await.unwrap();
    let page = page.text().await.unwrap();
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is not on the page:\n{page}")).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_neither_floods_a_sick_source_nor_forgets_what_was_counted_and_told() {
    let admin = quiet_port();
    let quota = "[sources.people.quota.all]\nlimit = \"$response.headers.'x-limit'->first\"\n\
                 remaining = \"$response.headers.'x-left'->first\"\n";
    let open = "[sources.people.breaker]\nopen = \"30s\"\nmax_open = \"30s\"\n";
    let program = Program::start(&format!("[admin]\nlisten = \"127.0.0.1:{admin}\"\n{open}{quota}")).await;
    let folder = program.folder.path();
    let reload = async |done: u64, fields: &str| {
        write(folder, "schema/people.graphql", &schema(fields));
        program.signal("HUP");
        program.until(|health| health["reloads"]["done"] == done).await;
    };
    assert_eq!(program.ask("{ name }").await, json!({ "data": { "name": "Ada" } }));
    let left = "c360_source_quota_left{source=\"people\",bucket=\"all\"}";
    assert_eq!(metric(&program, admin, left).await, 40.0);
    reload(1, "name nick").await;
    assert_eq!(metric(&program, admin, left).await, 40.0, "before anybody asked");
    // It is sick: five failures, and it is left alone.
    program.source.status.store(500, Ordering::SeqCst);
    for _ in 0..5 {
        program.ask("{ name nick }").await;
    }
    let (calls, shed) = (program.source.calls.load(Ordering::SeqCst), "c360_source_keys_shed_total{source=\"people\"}");
    let retries = "c360_source_retries_total{source=\"people\"}";
    let (shed_before, retries_before) = (metric(&program, admin, shed).await, metric(&program, admin, retries).await);
    assert!(shed_before > 0.0 && retries_before > 0.0);
    for done in 2..6 {
        reload(done, if done % 2 == 0 { "name" } else { "name nick" }).await;
        let answer = program.ask("{ name }").await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "CIRCUIT_OPEN", "{answer}");
    }
    assert_eq!(program.source.calls.load(Ordering::SeqCst), calls, "nobody called");
    assert_eq!(metric(&program, admin, shed).await, shed_before + 4.0);
    assert_eq!(metric(&program, admin, retries).await, retries_before);
    let refused = "c360_connector_failures_total{connector=\"Query.name[0]\",source=\"people\",code=\"CIRCUIT_OPEN\"}";
    assert!(metric(&program, admin, refused).await >= 4.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_asked_to_be_left_alone_is_so_over_a_reload_until_another_account_asks() {
    let program = Program::start("").await;
    let text = fs::read_to_string(program.folder.path().join("gateway.toml")).unwrap();
    program.source.status.store(429, Ordering::SeqCst);
    let code = async || program.ask("{ name }").await["errors"][0]["extensions"]["code"].clone();
    assert_eq!(code().await, "RATE_LIMITED");
    let edit = async |done: u64, more: &str| {
        write(program.folder.path(), "gateway.toml", &format!("{text}{more}"));
        program.signal("HUP");
        program.until(|health| health["reloads"]["done"] == done).await;
    };
    edit(1, "timeout = \"3s\"\n").await;
    assert_eq!(code().await, "RATE_LIMITED");
    assert_eq!(program.source.calls.load(Ordering::SeqCst), 1);
    program.source.status.store(200, Ordering::SeqCst);
    edit(2, "auth = { bearer = { token = \"another\" } }\n").await;
    assert_eq!(program.ask("{ name }").await, json!({ "data": { "name": "Ada" } }));
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_take_a_restart_are_named_until_they_are_what_they_were() {
    let program = Program::start("[reload]\nevery = \"100ms\"").await;
    let folder = program.folder.path();
    let text = fs::read_to_string(folder.join("gateway.toml")).unwrap();
    write(folder, "gateway.toml", &format!("{text}[telemetry]\nslow = \"1s\"\n[admin]\nopen_metrics = true\n"));
    let health = program.until(|health| health["generation"] == 2).await;
    assert_eq!(health["restart"], json!(["[admin]", "[telemetry]"]));
    write(folder, "gateway.toml", &text);
    let health = program.until(|health| health["generation"] == 3).await;
    assert_eq!(health["restart"], json!([]));
}
