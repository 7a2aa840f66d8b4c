//! Secrets, keys and upstream bodies show nowhere: not in answers, not in the log, not in metrics, not in traces. The real
//! program, with all of its telemetry on.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::collector::Collector;
use super::{SCHEMA, Town};

/// In the settings.
const TOKEN: &str = "canary-token-4711";
const CONFIG: &str = "canary-config-4712";
const API_KEY: &str = "canary-key-4713";
/// In what a department answers.
const UPSTREAM: &str = "canary-upstream-4714";
/// What a customer is known by.
const CUSTOMER: &str = "canary-customer-4715";

/// The program, killed however the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn planted_secrets_show_nowhere() {
    let collector = Collector::default();
    let town = Town { secret: Some(UPSTREAM.into()), ..Town::default() };
    let (origin, endpoint) = (town.open().await, collector.open().await);
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("schema")).unwrap();
    std::fs::write(folder.path().join("schema/customer.graphql"), SCHEMA).unwrap();
    let settings = format!(
        "[http]\nlisten = '127.0.0.1:0'\nnotice = '0s'\n\
         [telemetry]\nslow = '1ms'\nslow_plan = true\npropagate = true\n\
         [telemetry.log]\nformat = 'json'\nrequests = 'info'\n\
         [telemetry.otlp]\nendpoint = '{endpoint}'\nheaders = {{ x-api-key = '{API_KEY}' }}\n\
         [sources.crm]\nurl = '{origin}'\nconfig = {{ secret = '{CONFIG}' }}\nauth.bearer.token = '{TOKEN}'\n\
         [sources.desk]\nurl = '{origin}'\nauth.bearer.token = '{TOKEN}'\n"
    );
    std::fs::write(folder.path().join("gateway.toml"), settings).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_c360"));
    command.arg("serve").arg(folder.path()).env_remove("C360_LOG");
    let mut program =
        Running(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    let log = Arc::new(Mutex::new(Vec::<String>::new()));
    let (lines, stderr) = (log.clone(), program.0.stderr.take().unwrap());
    let reading = std::thread::spawn(move || {
        BufReader::new(stderr).lines().map_while(Result::ok).for_each(|line| lines.lock().unwrap().push(line));
    });
    let until = Instant::now() + Duration::from_secs(30);
    let address = loop {
        let found = log
            .lock()
            .unwrap()
            .iter()
            .find_map(|line| Some(line.split_once("serving on ")?.1.split('"').next()?.to_owned()));
        match found {
            Some(found) => break found,
            None => assert!(Instant::now() < until, "{:?}", log.lock().unwrap()),
        }
        sleep(Duration::from_millis(20)).await;
    };
    let query = "query Who($id: ID!) { customer(id: $id) { name open } }";
    let asked = reqwest::Client::new()
        .post(address)
        .header("content-type", "application/json")
        .header("x-request-id", "request-1")
        .body(json!({ "query": query, "variables": { "id": CUSTOMER } }).to_string());
    let answer = asked.send().await.unwrap().text().await.unwrap();
    assert!(answer.contains("UNAVAILABLE"), "{answer}");
    let told = Command::new("kill").arg(program.0.id().to_string()).status().unwrap();
    assert!(told.success());
    tokio::task::block_in_place(|| program.0.wait()).unwrap();
    reading.join().unwrap();
    collector.wait_for(3).await;
    assert_eq!(collector.headers.lock().unwrap()[0]["x-api-key"], API_KEY, "it goes where it is meant to");

    let log = log.lock().unwrap().clone();
    let parsed: Vec<Value> = log.iter().map(|line| serde_json::from_str(line).expect(line)).collect();
    let line =
        |message: &str| parsed.iter().find(|line| line["message"] == message).unwrap_or_else(|| panic!("{log:#?}"));
    for message in ["a call failed", "a request was answered", "a slow operation"] {
        assert_eq!(line(message)["request_id"], "request-1", "{message}");
    }
    let request = line("a request was answered");
    assert_eq!(
        (&request["operation"], &request["errors"], &request["level"]),
        (&json!("Who"), &json!(1), &json!("info"))
    );
    assert_eq!(request["calls"], "crm:1 desk:2");
    assert_eq!(request["cache"], "miss:2");
    assert_eq!(request["operation_hash"].as_str().unwrap().len(), 16);
    let slow = line("a slow operation");
    assert!(slow["plan"].as_str().unwrap().contains("people (crm)"), "{slow}");
    assert!(slow["waits"].as_str().unwrap().contains("tickets:"), "{slow}");
    let traces = String::from_utf8_lossy(&collector.raw.lock().unwrap()).into_owned();
    for secret in [TOKEN, CONFIG, API_KEY, UPSTREAM, CUSTOMER] {
        assert!(!log.iter().any(|line| line.contains(secret)), "{secret} in {log:#?}");
        assert!(!traces.contains(secret), "{secret} in the traces");
        // The customer's id is theirs who ask, but nobody asked for it here.
        assert!(!answer.contains(secret), "{secret} in {answer}");
    }
    let host = origin.strip_prefix("http://").unwrap();
    assert!(
        !log.iter().any(|line| line.contains(host)) && !traces.contains(host),
        "the department's address: {log:#?}"
    );
}
