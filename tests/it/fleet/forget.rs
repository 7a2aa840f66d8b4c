//! Two gateways over one Redis: what one is told to forget is forgotten by both, and in between.

use serde_json::{Value as Json, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::super::faults::gate::quiet_port;
use super::super::faults::street::Street;
use super::folder;
use super::process::{Process, listening};
use c360::demo::Department;

const QUERY: &str = "query($id: ID!) { customer(id: $id) { name email jobTitle invoices { nodes { number } } } }";
const NAME: &str = "query($id: ID!) { customer(id: $id) { jobTitle } }";
/// The vendor's id stands in the record.
const PROFILE: &str = "query($id: ID!) { customer(id: $id) { billingProfile { currency origin { id } } } }";

struct Fleet {
    street: Street,
    client: reqwest::Client,
    redis_port: u16,
}

impl Fleet {
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
        for _ in 0..500 {
            let page = self.client.get(format!("http://127.0.0.1:{admin}/metrics")).send().await.unwrap();
            let page = page.text().await.unwrap();
            if page.contains("c360_cache_shared_up 1") && page.contains("c360_cache_shared_listening 1") {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("the shared tier is not used");
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

    async fn holds(&self, text: &str) -> bool {
        self.held().await.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_is_forgotten_by_one_gateway_is_forgotten_by_all() {
    let street = Street::open(60).await;
    let ids = street.known_to_all(2);
    let place = tempfile::tempdir().unwrap();
    let redis_port = quiet_port();
    let _redis = Process::redis(redis_port);
    listening(redis_port).await;
    let (ports, admins) = ([quiet_port(), quiet_port()], [quiet_port(), quiet_port()]);
    let mut gateways = Vec::new();
    for (port, admin) in ports.into_iter().zip(admins) {
        let folder = place.path().join(port.to_string());
        let door = format!("\n[admin]\nlisten = \"127.0.0.1:{admin}\"\n");
        let hook = "\n[webhooks.billing]\nscheme = \"header\"\nheader = \"x-key\"\nsecrets = [\"s\"]\n";
        folder::write(
            &folder,
            &street,
            port,
            &format!(
                "\n[cache]\nredis = \"redis://127.0.0.1:{redis_port}\"\nshared = {{ budget = \"2s\" }}\n{door}{hook}"
            ),
        );
        gateways.push(Process::gateway(&folder));
        listening(port).await;
    }
    rustls::crypto::ring::default_provider().install_default().ok();
    let fleet = Fleet { street, client: reqwest::Client::builder().no_proxy().build().unwrap(), redis_port };
    for admin in admins {
        fleet.is_up(admin).await;
    }
    let (told, other) = (&ids[0], &ids[1]);
    let (answer, cold) = fleet.ask(ports[0], QUERY, told).await;
    assert!(cold > 0);
    fleet.ask(ports[0], NAME, other).await;
    let email = answer["data"]["customer"]["email"].as_str().unwrap().to_owned();
    // Records are written behind.
    for _ in 0..100 {
        if fleet.holds(&email).await {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(fleet.holds(&email).await, "records lie in the shared tier");
    assert_eq!(fleet.ask(ports[1], QUERY, told).await.1, 0, "the other gateway has them from there");
    assert_eq!(fleet.ask(ports[1], NAME, other).await.1, 0);

    let before = fleet.cache_bytes(admins[1]).await;
    let body = json!({ "entity": "Customer", "key": { "id": told } });
    let report = fleet.post(&format!("http://127.0.0.1:{}/admin/forget-customer", admins[0]), body).await;
    assert_eq!(report["everywhere"], true, "{report}");
    assert!(report["memory"]["answers"].as_u64().unwrap() >= 1, "{report}");
    assert!(!fleet.holds(&email).await, "{report}");
    // News travel fast, and not in no time.
    for _ in 0..100 {
        if fleet.cache_bytes(admins[1]).await < before {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(fleet.cache_bytes(admins[1]).await < before, "the other gateway has given its memory back");
    let mut calls = 0;
    for _ in 0..100 {
        calls = fleet.ask(ports[1], QUERY, told).await.1;
        if calls > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(calls > 0, "the other gateway has forgotten too");
    assert_eq!(fleet.ask(ports[1], NAME, other).await.1, 0, "and not everybody: {report}");

    // What one gateway hears and cannot find, the other looks for: the vendor tells its own id of somebody whom only the
    // other one keeps.
    let (answer, _) = fleet.ask(ports[1], PROFILE, other).await;
    assert_eq!(fleet.ask(ports[1], PROFILE, other).await.1, 0);
    let origin = &answer["data"]["customer"]["billingProfile"]["origin"]["id"];
    let body = json!({ "data": { "object": { "object": "invoice", "customer": origin } } }).to_string();
    let delivery = fleet.client.post(format!("http://127.0.0.1:{}/webhooks/billing", ports[0])).body(body);
    let heard = delivery.header("x-key", "s").header("content-type", "application/json").send().await.unwrap();
    assert_eq!(heard.status(), 204);
    let mut calls = 0;
    for _ in 0..100 {
        calls = fleet.ask(ports[1], PROFILE, other).await.1;
        if calls > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(calls > 0, "the other gateway has looked for them");
    drop(gateways);
}
