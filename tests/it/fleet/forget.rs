//! Two gateways over one Redis: what one is told to forget is forgotten by both, and in between.

use serde_json::{Value as Json, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::super::faults::gate::{Gate, quiet_port};
use super::super::faults::street::Street;
use super::folder;
use super::page::{Page, until};
use super::process::{Process, listening};
use c360::demo::Department;

const QUERY: &str = "query($id: ID!) { customer(id: $id) { name email jobTitle invoices { nodes { number } } } }";
const NAME: &str = "query($id: ID!) { customer(id: $id) { jobTitle } }";
/// The vendor's id stands in the record.
const WHOLE: &str = "query($id: ID!) { customer(id: $id) { name email billingProfile { currency origin { id } } } }";
const PROFILE: &str = "query($id: ID!) { customer(id: $id) { billingProfile { currency origin { id } } } }";

struct Fleet {
    street: Street,
    client: reqwest::Client,
    redis_port: u16,
    ports: [u16; 2],
    admins: [u16; 2],
    place: tempfile::TempDir,
    redis: Process,
}

impl Fleet {
    /// Departments, a Redis, and places for two gateways that use it.
    async fn open() -> Fleet {
        rustls::crypto::ring::default_provider().install_default().ok();
        let (street, redis_port) = (Street::open(60).await, quiet_port());
        let redis = Process::redis(redis_port);
        listening(redis_port).await;
        Fleet {
            street,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            redis_port,
            ports: [quiet_port(), quiet_port()],
            admins: [quiet_port(), quiet_port()],
            place: tempfile::tempdir().unwrap(),
            redis,
        }
    }

    /// Starts a gateway with nothing in memory, and waits until it uses the Redis.
    async fn start(&self, which: usize) -> Process {
        let (port, admin, redis_port) = (self.ports[which], self.admins[which], self.redis_port);
        let folder = self.place.path().join(port.to_string());
        let door = format!("\n[admin]\nlisten = \"127.0.0.1:{admin}\"\n");
        let hook = "\n[webhooks.billing]\nscheme = \"header\"\nheader = \"x-key\"\nsecrets = [\"s\"]\n";
        let cache = format!("\n[cache]\nredis = \"redis://127.0.0.1:{redis_port}\"\nshared = {{ budget = \"2s\" }}\n");
        folder::write(&folder, &self.street, port, &format!("{cache}{door}{hook}"));
        let gateway = Process::gateway(&folder);
        listening(admin).await;
        self.is_up(admin).await;
        gateway
    }

    /// The vendor tells its own id of somebody.
    async fn deliver(&self, port: u16, vendors_id: &str) {
        let body = json!({ "data": { "object": { "object": "invoice", "customer": vendors_id } } }).to_string();
        let delivery = self.client.post(format!("http://127.0.0.1:{port}/webhooks/billing")).body(body);
        let heard = delivery.header("x-key", "s").header("content-type", "application/json").send().await.unwrap();
        assert_eq!(heard.status(), 204);
    }

    /// How often departments are called for a question, once they are called at all; none where that takes too long.
    async fn calls(&self, port: u16, query: &str, id: &str) -> u64 {
        for _ in 0..100 {
            let calls = self.ask(port, query, id).await.1;
            if calls > 0 {
                return calls;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        0
    }

    /// Waits until the Redis holds a text: records are written behind.
    async fn is_written(&self, text: &str) {
        until("records lie in the shared tier", async || self.holds(text).await).await;
    }

    /// The answer of the gateway at a port, and how often departments were called for it.
    async fn ask(&self, port: u16, query: &str, id: &str) -> (Json, u64) {
        self.street.town.departments().for_each(Department::reset_calls);
        let body = json!({ "query": query, "variables": { "id": id } });
        let answer = self.post(&format!("http://127.0.0.1:{port}/graphql"), body).await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        (answer, self.street.town.departments().map(|department| department.calls().total).sum())
    }

    async fn post(&self, url: &str, body: Json) -> Json {
        let request = self.client.post(url).header("content-type", "application/json").body(body.to_string());
        serde_json::from_slice(&request.send().await.unwrap().bytes().await.unwrap()).unwrap()
    }

    /// Waits until a gateway uses the Redis and hears of the others.
    async fn is_up(&self, admin: u16) {
        until("the shared tier is used, and others are heard", async || {
            let page = Page::of(admin).await;
            page.number("c360_cache_shared_up") == 1.0 && page.number("c360_cache_shared_listening") == 1.0
        })
        .await;
    }

    /// How much a gateway keeps in memory.
    async fn cache_bytes(&self, admin: u16) -> u64 {
        let status = self.client.get(format!("http://127.0.0.1:{admin}/admin/status")).send().await.unwrap();
        let status: Json = serde_json::from_slice(&status.bytes().await.unwrap()).unwrap();
        status["cache"]["bytes"].as_u64().unwrap_or_else(|| panic!("{status}"))
    }

    /// Every value of every hash in the Redis, one after the other.
    async fn held(&self) -> Vec<u8> {
        let script = "EVAL \"local t = {} for _, k in ipairs(redis.call('KEYS', '*')) do if redis.call('TYPE', k).ok == 'hash' \
                      then for _, v in ipairs(redis.call('HVALS', k)) do t[#t + 1] = v end end end return table.concat(t)\" 0\r\n";
        let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", self.redis_port)).await.unwrap());
        stream.write_all(script.as_bytes()).await.unwrap();
        let mut length = String::new();
        stream.read_line(&mut length).await.unwrap();
        let length: usize = length.trim().strip_prefix('$').unwrap_or_else(|| panic!("{length}")).parse().unwrap();
        let mut held = vec![0; length];
        stream.read_exact(&mut held).await.unwrap();
        held
    }

    /// Waits until the Redis holds a text no longer.
    async fn is_gone(&self, text: &str) {
        until("it is gone from the shared tier", async || !self.holds(text).await).await;
    }

    async fn holds(&self, text: &str) -> bool {
        self.held().await.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_is_forgotten_by_one_gateway_is_forgotten_by_all() {
    let fleet = Fleet::open().await;
    let ids = fleet.street.known_to_all(2);
    let (ports, admins) = (fleet.ports, fleet.admins);
    let gateways = [fleet.start(0).await, fleet.start(1).await];
    let (told, other) = (&ids[0], &ids[1]);
    let (answer, cold) = fleet.ask(ports[0], QUERY, told).await;
    assert!(cold > 0);
    fleet.ask(ports[0], NAME, other).await;
    let email = answer["data"]["customer"]["email"].as_str().unwrap().to_owned();
    fleet.is_written(&email).await;
    assert_eq!(fleet.ask(ports[1], QUERY, told).await.1, 0, "the other gateway has them from there");
    assert_eq!(fleet.ask(ports[1], NAME, other).await.1, 0);

    let before = fleet.cache_bytes(admins[1]).await;
    let body = json!({ "entity": "Customer", "key": { "id": told } });
    let report = fleet.post(&format!("http://127.0.0.1:{}/admin/forget-customer", admins[0]), body).await;
    assert_eq!(report["everywhere"], true, "{report}");
    assert!(report["memory"]["answers"].as_u64().unwrap() >= 1, "{report}");
    assert!(!fleet.holds(&email).await, "{report}");
    // News travel fast, and not in no time.
    until("the other gateway has given its memory back", async || fleet.cache_bytes(admins[1]).await < before).await;
    assert!(fleet.calls(ports[1], QUERY, told).await > 0, "the other gateway has forgotten too");
    assert_eq!(fleet.ask(ports[1], NAME, other).await.1, 0, "and not everybody: {report}");

    // What one gateway hears and cannot find, the other looks for: the vendor tells its own id of somebody whom only the
    // other one keeps.
    let (answer, _) = fleet.ask(ports[1], PROFILE, other).await;
    assert_eq!(fleet.ask(ports[1], PROFILE, other).await.1, 0);
    let origin = &answer["data"]["customer"]["billingProfile"]["origin"]["id"];
    fleet.deliver(ports[0], origin.as_str().unwrap()).await;
    assert!(fleet.calls(ports[1], PROFILE, other).await > 0, "the other gateway has looked for them");
    drop(gateways);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendors_own_id_leads_to_records_that_lie_in_the_redis_alone() {
    let mut fleet = Fleet::open().await;
    let ids = fleet.street.known_to_all(4);
    let [told, other, leaving, late] = [0, 1, 2, 3].map(|at| &ids[at]);
    let first = fleet.start(0).await;
    let mut vendors = Vec::new();
    for id in [told, other, leaving, late] {
        let (answer, _) = fleet.ask(fleet.ports[0], WHOLE, id).await;
        vendors.push(answer["data"]["customer"]["billingProfile"]["origin"]["id"].as_str().unwrap().to_owned());
        fleet.is_written(answer["data"]["customer"]["email"].as_str().unwrap()).await;
    }
    assert_eq!(first.terminate().await, Some(0));

    let second = fleet.start(1).await;
    fleet.deliver(fleet.ports[1], &vendors[0]).await;
    fleet.is_gone(&vendors[0]).await;
    assert!(fleet.ask(fleet.ports[1], PROFILE, told).await.1 > 0, "it was found where it lies");
    assert!(fleet.holds(&vendors[1]).await, "and nothing else");
    let body = json!({ "entity": "Customer", "key": { "billingCustomerId": vendors[1] } });
    fleet.post(&format!("http://127.0.0.1:{}/admin/purge", fleet.admins[1]), body).await;
    fleet.is_gone(&vendors[1]).await;
    assert!(fleet.ask(fleet.ports[1], PROFILE, other).await.1 > 0);
    // While the Redis does not answer it is looked for later.
    fleet.redis.signal("-STOP");
    fleet.deliver(fleet.ports[1], &vendors[3]).await;
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    fleet.redis.signal("-CONT");
    assert!(fleet.holds(&vendors[3]).await);
    fleet.is_gone(&vendors[3]).await;
    drop(second);

    // Who is forgotten is forgotten whole, even where no system can be asked for the other keys.
    let third = fleet.start(0).await;
    let email = fleet.ask(fleet.ports[0], WHOLE, leaving).await.0["data"]["customer"]["email"].clone();
    let email = email.as_str().unwrap();
    assert!(fleet.holds(email).await);
    drop(third);
    let fourth = fleet.start(1).await;
    fleet.street.gates.values_mut().for_each(Gate::shut);
    let body = json!({ "entity": "Customer", "key": { "billingCustomerId": vendors[2] } });
    let report = fleet.post(&format!("http://127.0.0.1:{}/admin/forget-customer", fleet.admins[1]), body).await;
    assert_eq!((&report["everywhere"], &report["fields"]["id"]), (&json!(true), &json!(1)), "{report}");
    assert!(!fleet.holds(email).await && !fleet.holds(&vendors[2]).await, "{report}");
    drop(fourth);
}
