//! A connector that changed never reads what it was answered before, wherever that is kept.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::{PATIENCE, Program, write};

/// One connector, in parts that an author may change.
#[derive(Clone)]
struct Written {
    source: &'static str,
    failure: &'static str,
    url: &'static str,
    selection: &'static str,
    beside: &'static str,
}

const FIRST: Written =
    Written { source: "", failure: "", url: "/person", selection: "$.name", beside: "@cache(maxAge: 3600)" };

impl Written {
    fn schema(&self) -> String {
        let Written { source, failure, url, selection, beside } = self;
        format!(
            "extend schema\n  @link(url: \"https://specs.apollo.dev/connect/v0.4\", import: [\"@source\", \"@connect\"])\n  \
             @link(url: \"https://c360.dev/spec/v0.1\", import: [\"@cache\", \"@failure\", \"@paginate\"])\n  \
             @source(name: \"people\", http: {{ baseURL: \"http://people.example.com\" {source} }})\n  {failure}\n\
             type Query {{\n  name: String {beside}\n    \
             @connect(source: \"people\", id: \"people\", http: {{ GET: \"{url}\" }}, selection: \"{selection}\")\n}}\n"
        )
    }
}

/// What may change of it, and what it gives then.
fn changes() -> Vec<(&'static str, Written, Value)> {
    let ada = || json!("Ada");
    let rule = |class: &str| -> &'static str {
        let rule = format!("@failure(source: \"people\", when: [{{ class: {class}, if: \"$.name->eq('Ada')\" }}])");
        Box::leak(rule.into_boxed_str())
    };
    vec![
        ("selection", Written { selection: "$.nick", ..FIRST }, json!("A.")),
        ("address", Written { url: "/person?long=1", ..FIRST }, ada()),
        ("source", Written { source: "headers: [{ name: \"x-form\", value: \"long\" }]", ..FIRST }, ada()),
        ("what is absent", Written { failure: rule("ABSENT"), ..FIRST }, json!(null)),
        ("another rule", Written { failure: rule("FATAL"), ..FIRST }, json!(null)),
        (
            "pages",
            Written {
                beside: "@cache(maxAge: 3600) @paginate(connect: \"people\", items: \"$.none\", next: OFFSET, into: { query: \"at\" })",
                ..FIRST
            },
            ada(),
        ),
        ("respect", Written { beside: "@cache(maxAge: 3600, respect: true)", ..FIRST }, ada()),
    ]
}

/// A Redis of its own, which ends with the test.
struct Redis(Child, u16);

impl Redis {
    async fn start() -> Redis {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let redis = Redis(child.expect("redis-server is there: ./test installs it"), port);
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(Instant::now() < end, "it does not listen");
            sleep(Duration::from_millis(10)).await;
        }
        redis
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn changed(settings: &str) {
    let settings = format!("[reload]\nevery = \"100ms\"\n{settings}");
    let program = Program::start_over(&settings, &FIRST.schema()).await;
    let calls = &program.source.calls;
    let ask = async || program.ask("{ name }").await["data"]["name"].clone();
    // Until it is kept: where only the shared tier keeps anything, that is a moment later.
    let kept = async || {
        let end = Instant::now() + PATIENCE;
        loop {
            let before = calls.load(Ordering::SeqCst);
            ask().await;
            if calls.load(Ordering::SeqCst) == before {
                return;
            }
            assert!(Instant::now() < end, "it is not kept");
            sleep(Duration::from_millis(20)).await;
        }
    };
    kept().await;
    let mut generation = 1;
    for (what, written, gives) in changes() {
        generation += 1;
        write(program.folder.path(), "schema/people.graphql", &written.schema());
        program.until(|health| health["generation"] == generation).await;
        let before = calls.load(Ordering::SeqCst);
        assert_eq!(ask().await, gives, "{what}");
        let asked = calls.load(Ordering::SeqCst) - before;
        // How long an answer is believed is no part of what it says.
        let is_same = what == "respect";
        assert_eq!(asked > 0, !is_same, "{what}: {asked} calls");
        generation += 1;
        write(program.folder.path(), "schema/people.graphql", &FIRST.schema());
        program.until(|health| health["generation"] == generation).await;
        let before = calls.load(Ordering::SeqCst);
        assert_eq!(ask().await, "Ada", "back from {what}");
        assert_eq!(calls.load(Ordering::SeqCst), before, "back from {what}, what was kept of old is there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_that_changed_reads_nothing_of_what_it_was_in_memory() {
    changed("[cache]\nanswers = \"0B\"").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_that_changed_reads_nothing_of_what_it_was_in_the_shared_tier() {
    let redis = Redis::start().await;
    let address = format!("redis://127.0.0.1:{}", redis.1);
    let shared = "[cache.shared]\nbudget = \"500ms\"";
    changed(&format!("[cache]\nmax_bytes = \"0B\"\nanswers = \"0B\"\nredis = \"{address}\"\n{shared}")).await;
}
