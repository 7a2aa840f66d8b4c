//! The same over sentinels, over a cluster, and over TLS.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use secrecy::SecretString;
use tempfile::TempDir;

use super::super::super::{Cache, Mode, Settings, Shared, SharedTls, Target};
use super::super::{key, see};
use super::server::quiet_port;
use super::{ask, cache_with, found, lane, tally, until};
use crate::units::TimeSpan;

/// A server's process with these arguments, killed when this is dropped.
struct Process {
    child: Child,
    port: u16,
}

impl Process {
    fn run(folder: &TempDir, port: u16, arguments: &[&str]) -> Process {
        let mut command = Command::new("redis-server");
        command.args(arguments).current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().expect("redis-server is installed: Debian's package is called so");
        let process = Process { child, port };
        let end = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "nobody listens at {port}");
            std::thread::sleep(Duration::from_millis(5));
        }
        process
    }

    /// One that keeps nothing on disk, with more arguments.
    fn server(folder: &TempDir, port: u16, more: &[&str]) -> Process {
        let port_text = port.to_string();
        let plain = ["--port", &port_text, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        Process::run(folder, port, &[&plain, more].concat())
    }

    /// What it says to one command.
    fn says(&self, words: &[&str]) -> String {
        let port = self.port.to_string();
        let asked = Command::new("redis-cli").args(["-p", &port]).args(words).output().unwrap();
        String::from_utf8(asked.stdout).unwrap()
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn patient(mode: Mode) -> Shared {
    Shared { mode, budget: TimeSpan(Duration::from_millis(500)), ..Shared::default() }
}

async fn ready(addresses: &str, shared: &Shared) -> Cache {
    let cache = cache_with(addresses, shared.clone());
    until("it connects and listens", || tally(&cache).is_up && tally(&cache).is_listening).await;
    cache
}

/// What one fetches the other is served, and what one forgets the other forgets.
async fn is_shared(one: &Cache, other: &Cache, names: &[&str]) {
    let asked = AtomicUsize::new(0);
    let written = tally(one).written;
    let told = ask(&lane(one), 0, names, &found, &asked).await;
    assert!(told.iter().all(|told| told.ends_with("Fresh")), "{told:?}");
    until("all are written", || tally(one).written == written + names.len() as u64).await;
    let told = ask(&lane(other), 5, names, &found, &asked).await;
    assert!(told.iter().all(|told| told.ends_with("Cached")), "{told:?}");
    assert_eq!(asked.load(Ordering::SeqCst), names.len(), "each was asked for once");
    for name in names {
        one.forget(Target::Key { definition: 7, key: &key(name) });
        assert!(one.told(Duration::from_secs(10)).await);
        until("the other hears it", || see(&lane(other), 6, name) == "miss").await;
    }
}

/// A master, its replica and a sentinel that watches them, with the addresses of sentinels, the first of which is away.
async fn watched(folder: &TempDir) -> (Process, Process, Process, String) {
    let ports = [quiet_port(), quiet_port()];
    let master = Process::server(folder, ports[0], &[]);
    let replica = Process::server(folder, ports[1], &["--replicaof", "127.0.0.1", &ports[0].to_string()]);
    until("the replica follows", || replica.says(&["ROLE"]).contains("connected")).await;
    let watching = quiet_port();
    let text = format!(
        "port {watching}\nbind 127.0.0.1\nsentinel monitor customers 127.0.0.1 {} 1\n\
         sentinel down-after-milliseconds customers 500\nsentinel failover-timeout customers 2000\n",
        ports[0]
    );
    std::fs::write(folder.path().join("sentinel.conf"), text).unwrap();
    let sentinel = Process::run(folder, watching, &["sentinel.conf", "--sentinel"]);
    until("the sentinel knows the replica", || {
        sentinel.says(&["SENTINEL", "replicas", "customers"]).contains(&ports[1].to_string())
    })
    .await;
    let addresses = format!("redis://127.0.0.1:{},redis://127.0.0.1:{watching}", quiet_port());
    (master, replica, sentinel, addresses)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_sentinels_gateways_follow_the_master() {
    let folder = TempDir::new().unwrap();
    let (master, replica, _sentinel, addresses) = watched(&folder).await;
    let shared = Shared { master: "customers".to_owned(), ..patient(Mode::Sentinel) };
    let (one, other) = (ready(&addresses, &shared).await, ready(&addresses, &shared).await);
    is_shared(&one, &other, &["ann", "bob"]).await;
    // Its end costs what was kept there, and no answer.
    let asked = AtomicUsize::new(0);
    master.kill();
    assert_eq!(ask(&lane(&one), 0, &["cid"], &found, &asked).await, [r#""cid" Fresh"#]);
    until("the replica is the master", || replica.says(&["ROLE"]).starts_with("master")).await;
    for cache in [&one, &other] {
        until("it follows", || tally(cache).is_up && tally(cache).is_listening).await;
    }
    is_shared(&one, &other, &["dan", "eve"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_sentinels_a_master_that_becomes_a_replica_is_left_at_once() {
    let folder = TempDir::new().unwrap();
    let (master, replica, sentinel, addresses) = watched(&folder).await;
    let shared = Shared { master: "customers".to_owned(), ..patient(Mode::Sentinel) };
    let (one, other) = (ready(&addresses, &shared).await, ready(&addresses, &shared).await);
    is_shared(&one, &other, &["ann", "bob"]).await;
    // It takes a while to believe in a replica.
    until("it fails over", || sentinel.says(&["SENTINEL", "FAILOVER", "customers"]).trim() == "OK").await;
    let asked = AtomicUsize::new(0);
    // Whatever the old one says meanwhile, be it that it may only be read, no answer fails.
    for number in 0.. {
        let name = format!("during-{number}");
        let told = ask(&lane(&one), 0, &[&name], &found, &asked).await;
        assert!(told[0].ends_with("Fresh"), "{told:?}");
        assert!(number < 10_000, "nobody took over");
        if replica.says(&["ROLE"]).starts_with("master") && master.says(&["ROLE"]).starts_with("slave") {
            break;
        }
    }
    for cache in [&one, &other] {
        // To the old one nothing can be written.
        let written = tally(cache).written;
        for number in 0.. {
            ask(&lane(cache), 0, &[&format!("after-{number}")], &found, &asked).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            if tally(cache).written > written {
                break;
            }
            assert!(number < 1000, "it does not follow");
        }
        until("it follows", || tally(cache).is_up && tally(cache).is_listening).await;
    }
    is_shared(&one, &other, &["dan", "eve"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_a_cluster_keys_lie_on_all_nodes_and_news_reach_everybody() {
    let folders = [(); 3].map(|()| TempDir::new().unwrap());
    let ports = [(); 3].map(|()| quiet_port());
    let run = |at: usize, bus: String| {
        let more = ["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-node-timeout", "1000"];
        (Process::server(&folders[at], ports[at], &more), bus)
    };
    let nodes = [0, 1, 2].map(|at| run(at, quiet_port().to_string()));
    for ((node, _), slots) in nodes.iter().zip([["0", "5460"], ["5461", "10922"], ["10923", "16383"]]) {
        assert_eq!(node.says(&["CLUSTER", "ADDSLOTSRANGE", slots[0], slots[1]]).trim(), "OK");
    }
    for (node, bus) in &nodes[1..] {
        nodes[0].0.says(&["CLUSTER", "MEET", "127.0.0.1", &node.port.to_string(), bus]);
    }
    let is_whole = |node: &Process| {
        let told = node.says(&["CLUSTER", "INFO"]);
        told.contains("cluster_state:ok") && told.contains("cluster_known_nodes:3")
    };
    until("they are a cluster", || nodes.iter().all(|(node, _)| is_whole(node))).await;
    let addresses = ports.map(|port| format!("redis://127.0.0.1:{port}")).join(",");
    let shared = Shared { erase_after: TimeSpan(Duration::ZERO), ..patient(Mode::Cluster) };
    let (one, other) = (ready(&addresses, &shared).await, ready(&addresses, &shared).await);
    let names = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(|number| format!("person-{number}"));
    let names = names.each_ref().map(String::as_str);
    is_shared(&one, &other, &names).await;
    for (node, _) in &nodes {
        assert_ne!(node.says(&["DBSIZE"]).trim(), "0", "each has some");
    }
    for name in names {
        let notice = [name.as_bytes()];
        let taken = [
            one.take_on(&notice, Duration::from_secs(60)).await,
            other.take_on(&notice, Duration::from_secs(60)).await,
        ];
        assert_eq!(taken, [Some(true), Some(false)], "{name}");
        assert!(one.keep_taken(&notice, Duration::from_secs(60)).await && one.give_back(&notice).await);
    }
    let asked = AtomicUsize::new(0);
    ask(&lane(&one), 0, &names, &found, &asked).await;
    until("all are written", || tally(&one).written == 20).await;
    one.forget(Target::Connector(7));
    until("they leave each node", || tally(&one).erased >= 10).await;
    for (node, _) in &nodes {
        // What stays says that single ones were forgotten before.
        for name in node.says(&["KEYS", "c360:r:*"]).split_whitespace() {
            assert_eq!(node.says(&["HKEYS", name]).trim(), "e");
        }
    }
    // Without one of them it is no cluster: memory answers, and nothing fails. News come from another node.
    let [(first, bus), second, _third] = nodes;
    first.kill();
    until("the others miss it", || second.0.says(&["CLUSTER", "INFO"]).contains("cluster_state:fail")).await;
    let asked = AtomicUsize::new(0);
    for _ in 0..4 {
        let told = ask(&lane(&one), 0, &names, &found, &asked).await;
        assert!(told.iter().all(|told| told.starts_with('"')), "{told:?}");
        one.forget(Target::Connector(7));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 4 * names.len());
    // It knows from its own notes which slots are its.
    let _back = run(0, bus);
    until("they are a cluster again", || is_whole(&second.0)).await;
    assert!(one.told(Duration::from_secs(10)).await, "what was forgotten meanwhile");
    for cache in [&one, &other] {
        until("it is used again", || tally(cache).is_up && tally(cache).is_listening).await;
    }
    // Each connects again to the node that is back in its own time: until then what lies there is not found.
    let mut tries = 0;
    while !is_read(&one, &other, &names.each_ref().map(|name| format!("{name}-try-{tries}"))).await {
        tries += 1;
        assert!(tries < 50, "the node that is back is never read");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // What the other one reads may yet have to be counted as written: a write may take a second.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let names = names.map(|name| format!("{name}-again"));
    is_shared(&one, &other, &names.each_ref().map(String::as_str)).await;
}

/// Whether what one fetches lies where the other finds it.
async fn is_read(one: &Cache, other: &Cache, names: &[String]) -> bool {
    let (asked, names) = (AtomicUsize::new(0), names.iter().map(String::as_str).collect::<Vec<_>>());
    ask(&lane(one), 0, &names, &found, &asked).await;
    ask(&lane(other), 5, &names, &found, &asked).await.iter().all(|told| told.ends_with("Cached"))
}

/// Certificates of one authority in PEM: its own, a server's, a gateway's.
struct Papers {
    authority: String,
    server: (String, String),
    gateway: (String, String),
}

impl Papers {
    fn new() -> Papers {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let signed = |name: &str| {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
            // One that has its issuer's name would be taken for its own issuer.
            params.distinguished_name.push(DnType::CommonName, name);
            (params.signed_by(&key, &issuer).unwrap().pem(), key.serialize_pem())
        };
        Papers { authority, server: signed("127.0.0.1"), gateway: signed("gateway") }
    }

    fn shared(&self) -> Shared {
        let (certificate, key) = self.gateway.clone();
        let tls = SharedTls {
            ca: Some(self.authority.clone()),
            certificate: Some(certificate),
            key: Some(SecretString::from(key)),
        };
        Shared { tls, ..patient(Mode::Single) }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_an_authority_of_ones_own_is_trusted_and_the_server_sees_who_comes() {
    let (folder, papers) = (TempDir::new().unwrap(), Papers::new());
    for (name, text) in
        [("ca.pem", &papers.authority), ("server.pem", &papers.server.0), ("server.key", &papers.server.1)]
    {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let port = quiet_port();
    let secure = |port: u16| {
        let port_text = port.to_string();
        let arguments = [
            ["--port", "0"],
            ["--tls-port", &port_text],
            ["--bind", "127.0.0.1"],
            ["--save", ""],
            ["--tls-cert-file", "server.pem"],
            ["--tls-key-file", "server.key"],
            ["--tls-ca-cert-file", "ca.pem"],
            ["--tls-auth-clients", "yes"],
        ];
        Process::run(&folder, port, &arguments.concat())
    };
    let server = secure(port);
    let address = format!("rediss://127.0.0.1:{port}");
    let (one, other) = (ready(&address, &papers.shared()).await, ready(&address, &papers.shared()).await);
    is_shared(&one, &other, &["ann"]).await;
    // Whom nobody vouches for is not trusted, and who shows nothing is not let in.
    for tls in [SharedTls::default(), SharedTls { ca: Some(papers.authority.clone()), ..SharedTls::default() }] {
        let stranger = cache_with(&address, Shared { tls, ..patient(Mode::Single) });
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(!tally(&stranger).is_up);
    }
    server.kill();
    until("it is missed", || !tally(&other).is_listening).await;
    let asked = AtomicUsize::new(0);
    assert_eq!(ask(&lane(&one), 0, &["bob"], &found, &asked).await, [r#""bob" Fresh"#]);
    let _back = secure(port);
    for cache in [&one, &other] {
        until("it is used again", || tally(cache).is_up && tally(cache).is_listening).await;
    }
    is_shared(&one, &other, &["cid"]).await;
}

#[test]
fn settings_of_tls_that_do_not_fit_are_said_and_not_shown() {
    let papers = Papers::new();
    let why = |address: &str, tls: SharedTls| {
        let redis = Some(SecretString::from(address));
        let shared = Shared { tls, ..Shared::default() };
        Cache::open(Settings { redis, shared, ..Settings::default() }).err().unwrap()
    };
    let whole = papers.shared().tls;
    assert_eq!(
        why("redis://127.0.0.1", whole.clone()),
        "is not spoken to over TLS, but has `shared.tls`; expected rediss:// or valkeys://"
    );
    assert_eq!(
        why("rediss://u:p@127.0.0.1", SharedTls { key: None, ..whole.clone() }),
        "has one of `shared.tls.certificate` and `shared.tls.key`; expected both or none"
    );
    assert_eq!(
        why("rediss://u:p@127.0.0.1", SharedTls { key: Some("s3cret".into()), ..whole }),
        "has a `shared.tls` that cannot be read; expected certificates and a key in PEM"
    );
}
