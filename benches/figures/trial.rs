//! What a gateway on trial stands on: departments that can be made to fail, its own door and threads, and clients that
//! ask at a steady pace whether or not they are answered.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use c360::cli;
use c360::config::Settings;
use c360::demo::{Dials, Town, Which};
use c360::gateway::Gateway;
use c360::http::{self, Desk};
use c360::startup::{self, Folder, Reloader};
use c360::units::{ByteSize, TimeSpan};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// How long each department takes when all is well.
pub(crate) const LATENCY: Duration = Duration::from_millis(5);
/// How long a department may take.
pub(crate) const PATIENCE: Duration = Duration::from_millis(500);

/// How a question ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Everything was there.
    Whole,
    /// Something was not.
    Partial,
    /// It was told to come again.
    Refused,
    /// Nothing came.
    Lost,
}

/// One question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// When it was due, since the first.
    pub at: Duration,
    /// From when it was due to its end.
    pub took: Duration,
    pub end: End,
}

/// Departments, and who they know.
pub(crate) struct Trial {
    pub town: Town,
    pub ids: Arc<[String]>,
}

impl Trial {
    pub async fn begin() -> Trial {
        Trial::over(LATENCY).await
    }

    /// Over departments that take so long.
    pub async fn over(latency: Duration) -> Trial {
        let dials = Dials { customers: 400, latency, ..Dials::default() };
        Trial::of(Town::start(dials).await.expect("loopback ports"))
    }

    /// Over these departments.
    pub fn of(town: Town) -> Trial {
        let known = town.cast().persons.iter().filter(|person| !person.sales.is_empty() && person.support.is_some());
        let ids = known.map(|person| person.id.clone()).collect();
        Trial { town, ids }
    }

    /// Settings over the town, without a cache, and with patience that is soon over.
    pub fn settings(&self) -> Settings {
        let mut settings = cli::settings_of(&self.town);
        settings.cache.max_bytes = ByteSize(0);
        for source in settings.sources.values_mut() {
            source.timeout = TimeSpan(PATIENCE);
        }
        settings
    }

    /// A gateway in this runtime.
    pub fn gateway(&self, settings: Settings) -> Arc<Gateway> {
        assemble(shipped(settings))
    }

    /// A part of a view that a department alone gives.
    pub fn part_of(department: Which) -> &'static str {
        match department {
            Which::Sales => "deals { nodes { name } }",
            Which::Support => "tickets { nodes { subject } }",
            Which::Marketing => "marketingProfile { lifecycleStage }",
            Which::Billing => "invoices { nodes { number } }",
            Which::Usage => "usage { seatsUsed }",
        }
    }

    /// Its name.
    pub fn part_name(department: Which) -> &'static str {
        Trial::part_of(department).split(' ').next().unwrap_or_default()
    }

    /// A question for what these departments give.
    pub fn question(departments: impl Iterator<Item = Which>) -> String {
        let parts: Vec<_> = departments.map(Trial::part_of).collect();
        format!("query ($id: ID!) {{ customer(id: $id) {{ {} }} }}", parts.join(" "))
    }

    /// So many questions a second for so long, in turn for everybody.
    pub async fn load(&self, clients: &Clients, query: &str, rate: u32, length: Duration) -> Vec<Asked> {
        let body = |number: u32| {
            let id = &self.ids[number as usize % self.ids.len()];
            json!({ "query": query, "variables": { "id": id } }).to_string()
        };
        load(clients, body, rate, length).await
    }
}

/// So many requests a second for so long, each with a body of its own.
pub(crate) async fn load(clients: &Clients, body: impl Fn(u32) -> String, rate: u32, length: Duration) -> Vec<Asked> {
    let asking = |number| {
        let (body, client) = (body(number), clients.of(number));
        async move { client.ask(body).await }
    };
    let asked = paced(rate, length, asking).await.into_iter();
    asked.map(|(at, took, end)| Asked { at, took, end }).collect()
}

/// Begins so many a second for so long, by the clock: when each was due, how long it took from then, and what came of it.
pub(crate) async fn paced<T, F>(rate: u32, length: Duration, begin: impl Fn(u32) -> F) -> Vec<(Duration, Duration, T)>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut tick = interval(Duration::from_secs(1) / rate);
    // What is late is asked all the same: the clients do not know.
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let begun = Instant::now();
    let mut asked = JoinSet::new();
    for number in 0.. {
        tick.tick().await;
        let at = (Duration::from_secs(1) / rate) * number;
        if at >= length {
            break;
        }
        let asking = begin(number);
        asked.spawn(async move {
            let came = asking.await;
            (at, begun.elapsed().saturating_sub(at), came)
        });
    }
    asked.join_all().await
}

/// A gateway behind its door, on threads of its own.
pub(crate) struct Door {
    pub address: SocketAddr,
    pub desk: Desk,
    _stop: tokio::sync::oneshot::Sender<()>,
}

impl Door {
    pub fn open(settings: Settings) -> Door {
        Door::serving(shipped(settings))
    }

    /// With a schema of its own.
    pub fn serving(folder: Folder) -> Door {
        let server = folder.settings.server.clone();
        Door::of(move || Desk::new(assemble(folder), server))
    }

    /// Of a folder, as the program serves it; it is reloaded whenever something is sent.
    pub fn over(folder: &Path) -> (Door, mpsc::Sender<()>) {
        let (reload, told) = mpsc::channel(1);
        let folder = folder.to_owned();
        let door = Door::of(move || {
            let reloader = Reloader::new(&folder, Arc::new(|_| None), None);
            let read = startup::read_folder(&folder, &|_| None).expect("a folder that is right");
            let settings = read.settings.clone();
            let assembled = startup::assemble(read, Arc::new(|_| None), None).expect("a schema that is right");
            let desk = Desk::new(reloader.live(assembled.gateway), settings.server.clone());
            tokio::spawn(reloader.run(desk.clone(), settings, told));
            desk
        });
        (door, reload)
    }

    /// `desk` is made where it serves.
    fn of(desk: impl FnOnce() -> Desk + Send + 'static) -> Door {
        let (opened, open) = std::sync::mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        std::thread::spawn(move || {
            stand_apart();
            let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
                let address = listener.local_addr().expect("a bound port has an address");
                let desk = desk();
                desk.live().now().cache().warm_up();
                opened.send((address, desk.clone())).expect("somebody waits for it");
                let stop = async {
                    stopped.await.ok();
                };
                http::serve(listener, desk, stop).await.expect("an open listener");
            });
        });
        let (address, desk) = open.recv().expect("the door opens");
        Door { address, desk, _stop: stop }
    }
}

/// Where the program was started on some processors only (`taskset -c 1`), the gateway takes the first for itself, so that
/// clients and departments leave it alone. Threads that this one starts go with it.
fn stand_apart() {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
        if sched_getaffinity(None).is_ok_and(|all| !all.is_set(0)) {
            let mut first = CpuSet::new();
            first.set(0);
            sched_setaffinity(None, &first).expect("there is a first processor");
        }
    }
}

/// The shipped schema with these settings.
fn shipped(settings: Settings) -> Folder {
    Folder { files: cli::shipped_schema(), settings }
}

fn assemble(folder: Folder) -> Arc<Gateway> {
    startup::assemble(folder, Arc::new(|_| None), None).expect("a schema that is right").gateway
}

/// Clients of one door: connections of HTTP/2, so that many may ask at once.
#[derive(Clone)]
pub(crate) struct Clients {
    clients: Vec<reqwest::Client>,
    url: String,
}

/// One of them.
pub(crate) struct OneClient {
    client: reqwest::Client,
    url: String,
}

impl Clients {
    pub fn new(address: SocketAddr, connections: usize) -> Clients {
        let client = |_| {
            let client = reqwest::Client::builder().no_proxy().http2_prior_knowledge().retry(reqwest::retry::never());
            client.timeout(Duration::from_secs(10)).build().expect("a client")
        };
        Clients { clients: (0..connections).map(client).collect(), url: format!("http://{address}/graphql") }
    }

    pub fn of(&self, number: u32) -> OneClient {
        OneClient { client: self.clients[number as usize % self.clients.len()].clone(), url: self.url.clone() }
    }
}

impl OneClient {
    pub async fn ask(&self, body: String) -> End {
        let Some((status, body)) = self.post(body).await else { return End::Lost };
        match status {
            429 | 503 => End::Refused,
            // Reading all of a long answer would take more than making it did.
            200 if body.starts_with(b"{\"data\":{\"customer") => {
                let is_there = !body.starts_with(b"{\"data\":{\"customer\":null") && !body.ends_with(b"}]}");
                if is_there { End::Whole } else { End::Partial }
            }
            _ => End::Lost,
        }
    }

    /// The customer of a whole answer: all is calm.
    pub async fn calm(&self, body: String) -> Value {
        let answer = self.post(body).await.expect("all is calm").1;
        let mut answer: Value = serde_json::from_slice(&answer).expect("an answer is JSON");
        assert_eq!(answer.get("errors"), None, "all is calm");
        answer["data"]["customer"].take()
    }

    /// The status and the whole body; nothing where either did not come.
    pub async fn post(&self, body: String) -> Option<(u16, Bytes)> {
        let request = self.client.post(&self.url).header("content-type", "application/json").body(body);
        let answer = request.send().await.ok()?;
        Some((answer.status().as_u16(), answer.bytes().await.ok()?))
    }
}

/// How many ended so.
pub(crate) fn count(asked: &[Asked], end: End) -> usize {
    asked.iter().filter(|asked| asked.end == end).count()
}

/// The time that this share of them took at most; zero where there are none.
pub(crate) fn share(asked: impl IntoIterator<Item = Asked>, share: f64) -> Duration {
    let mut took: Vec<Duration> = asked.into_iter().map(|asked| asked.took).collect();
    took.sort_unstable();
    let last = took.len().saturating_sub(1);
    took.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
}

/// For a table.
pub(crate) fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
