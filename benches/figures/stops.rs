//! Twenty stops of a real gateway at 200 questions a second, two of them behind a small proxy: promised are no answer lost
//! or cut, an exit with 0 within 30 s, readiness of 503 within 100 ms, and that connections of HTTP/2 are told to go.

use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};

use c360::demo::Which;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::gate::quiet_port;
use super::process::Process;
use super::proxy::Proxy;
use super::reload;
use super::trial::{Clients, Trial, ms, paced};

/// Questions a second.
const RATE: u32 = 200;
const STOPS: usize = 20;
/// How long each stop is measured: it leaves, comes back, and is found again.
const LENGTH: Duration = Duration::from_secs(4);
/// How long a gateway may take to leave or to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A gateway over a folder of its own.
struct Gateway<'f> {
    process: Process,
    folder: &'f Path,
    port: u16,
}

/// How it left.
struct Stop {
    /// Until readiness said 503 (or nobody answered any more).
    told: Option<Duration>,
    /// Until it had ended, and its exit code.
    ended: Duration,
    code: Option<i32>,
    /// Whether a connection of HTTP/2 was told to go.
    goaway: bool,
}

pub async fn stops() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let trial = Trial::begin().await;
    let folders = [(); 2].map(|()| (tempfile::tempdir().expect("room for a folder"), quiet_port()));
    for (folder, port) in &folders {
        reload::write(
            &trial,
            folder.path(),
            0,
            &format!("[http]\nlisten = \"127.0.0.1:{port}\"\nnotice = \"500ms\"\nmax_lag = \"0s\"\n"),
        );
    }
    // The one that leaves next comes first.
    let mut gateways = VecDeque::new();
    for (folder, port) in &folders {
        gateways.push_back(Gateway::start(folder.path(), *port).await);
    }
    let proxy = Proxy::before(&folders.each_ref().map(|(_, port)| *port)).await;
    let address = proxy.address.trim_start_matches("http://").trim_end_matches("/graphql").parse().expect("an address");
    let clients = Clients::new(address, 8);
    let query = Trial::question(Which::ALL.into_iter());
    let asking = |number: u32| {
        let id = &trial.ids[number as usize % trial.ids.len()];
        let (client, body) = (clients.of(number), json!({ "query": query, "variables": { "id": id } }).to_string());
        async move { client.post(body).await }
    };
    let (mut asked, mut lost, mut stops) = (0, 0, Vec::new());
    for _ in 0..STOPS {
        let gateway = gateways.pop_front().expect("there are two");
        let (folder, port) = (gateway.folder, gateway.port);
        let stopping = async { (gateway.stop().await, Gateway::start(folder, port).await) };
        let (answers, (stop, successor)) = tokio::join!(paced(RATE, LENGTH, &asking), stopping);
        gateways.push_back(successor);
        asked += answers.len();
        lost += answers.iter().filter(|(_, _, answer)| !is_whole(answer.as_ref())).count();
        stops.push(stop);
    }
    let told = stops.iter().filter_map(|stop| stop.told).max().unwrap_or_default();
    let unsaid = stops.iter().filter(|stop| stop.told.is_none()).count();
    let ended = stops.iter().map(|stop| stop.ended).max().unwrap_or_default();
    let zero = stops.iter().filter(|stop| stop.code == Some(0)).count();
    let goaways = stops.iter().filter(|stop| stop.goaway).count();
    println!(
        "{STOPS} stops by SIGTERM at {RATE} questions a second, two gateways behind a proxy, {asked} questions:\n"
    );
    println!("| promised | measured | kept |\n|---|--:|---|");
    let row = |promised: &str, measured: String, kept: bool| {
        println!("| {promised} | {measured} | {} |", if kept { "yes" } else { "NO" });
    };
    row("no answer lost or cut", lost.to_string(), lost == 0);
    row("exit with 0", format!("{zero} of {STOPS}"), zero == STOPS);
    row("within 30 s", ms(ended), ended <= PATIENCE);
    row(
        "503 within 100 ms",
        format!("{}, {unsaid} never", ms(told)),
        told <= Duration::from_millis(100) && unsaid == 0,
    );
    row("GOAWAY", format!("{goaways} of {STOPS}"), goaways == STOPS);
}

/// Whether it is a whole answer of the gateway, not only the beginning of one.
fn is_whole(answer: Option<&(u16, bytes::Bytes)>) -> bool {
    answer.is_some_and(|(status, body)| {
        *status == 200
            && serde_json::from_slice::<Value>(body).is_ok_and(|answer| answer["data"]["customer"].is_object())
    })
}

impl<'f> Gateway<'f> {
    async fn start(folder: &'f Path, port: u16) -> Gateway<'f> {
        let gateway = Gateway { process: Process::gateway(folder), folder, port };
        let begun = Instant::now();
        while readiness(&client(), port).await != Some(200) {
            assert!(begun.elapsed() < PATIENCE, "it does not get ready");
            sleep(Duration::from_millis(20)).await;
        }
        gateway
    }

    /// SIGTERM, and what is seen of it from outside.
    async fn stop(self) -> Stop {
        // A connection that a client keeps.
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("it listens");
        let (kept, connection) = h2::client::handshake(stream).await.expect("it speaks HTTP/2");
        tokio::spawn(connection);
        let going = tokio::spawn(timeout(PATIENCE, async move {
            loop {
                if let Err(why) = kept.clone().ready().await {
                    break why.is_go_away() && why.is_remote() && why.reason() == Some(h2::Reason::NO_ERROR);
                }
                sleep(Duration::from_millis(5)).await;
            }
        }));
        let (client, port) = (client(), self.port);
        let _connected = readiness(&client, port).await;
        let begun = Instant::now();
        let telling = async {
            loop {
                match readiness(&client, port).await {
                    Some(503) => break Some(begun.elapsed()),
                    Some(_) => sleep(Duration::from_millis(1)).await,
                    None => break None,
                }
            }
        };
        let ending = async {
            let code = self.process.terminate().await;
            (begun.elapsed(), code)
        };
        let ((ended, code), told) = tokio::join!(ending, telling);
        Stop { told, ended, code, goaway: matches!(going.await, Ok(Ok(true))) }
    }
}

async fn readiness(client: &reqwest::Client, port: u16) -> Option<u16> {
    let asked = client.get(format!("http://127.0.0.1:{port}/health/ready")).send().await;
    asked.ok().map(|answer| answer.status().as_u16())
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().expect("a client")
}
