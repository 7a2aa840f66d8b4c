//! Twenty stops of a real gateway at 200 questions a second, two of them behind a small proxy: promised are no answer lost
//! or cut, an exit with 0 within 30 s, readiness of 503 within 100 ms, and that connections of HTTP/2 are told to go.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use c360::demo::Which;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::gate::quiet_port;
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

/// `c360 serve FOLDER`, killed when this is dropped.
struct Process {
    child: Child,
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
    let mut gateways = Vec::new();
    for (folder, port) in &folders {
        gateways.push(Process::start(folder.path(), *port).await);
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
    for number in 0..STOPS {
        let (folder, port) = &folders[number % 2];
        let gateway = &mut gateways[number % 2];
        let stopping = async {
            let stop = gateway.stop().await;
            *gateway = Process::start(folder.path(), *port).await;
            stop
        };
        let (answers, stop) = tokio::join!(paced(RATE, LENGTH, &asking), stopping);
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

impl Process {
    async fn start(folder: &Path, port: u16) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_c360"));
        command.arg("serve").arg(folder).env("C360_LOG", "warn");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = Process { child: command.spawn().expect("the program starts"), port };
        let begun = Instant::now();
        while process.readiness(&client()).await != Some(200) {
            assert!(begun.elapsed() < PATIENCE, "it does not get ready");
            sleep(Duration::from_millis(20)).await;
        }
        process
    }

    async fn readiness(&self, client: &reqwest::Client) -> Option<u16> {
        let asked = client.get(format!("http://127.0.0.1:{}/health/ready", self.port)).send().await;
        asked.ok().map(|answer| answer.status().as_u16())
    }

    /// SIGTERM, and what is seen of it from outside.
    async fn stop(&mut self) -> Stop {
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
        let client = client();
        let _connected = self.readiness(&client).await;
        let begun = Instant::now();
        let told = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(told.is_ok_and(|told| told.success()), "it can be told");
        let told = loop {
            match self.readiness(&client).await {
                Some(503) => break Some(begun.elapsed()),
                Some(_) => sleep(Duration::from_millis(1)).await,
                None => break None,
            }
        };
        let code = loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                break status.code();
            }
            assert!(begun.elapsed() < PATIENCE * 2, "it does not end");
            sleep(Duration::from_millis(5)).await;
        };
        Stop { told, ended: begun.elapsed(), code, goaway: matches!(going.await, Ok(Ok(true))) }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().expect("a client")
}
