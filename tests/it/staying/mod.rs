//! The real program stays up: its folder is edited while it serves, and it is stopped while it is asked.

mod definitions;
mod leaving;
mod reloads;

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program over a folder of its own, and one source.
struct Program {
    folder: TempDir,
    child: Child,
    address: SocketAddr,
    client: reqwest::Client,
    source: Arc<Source>,
}

/// What the source does, and what it was asked.
struct Source {
    /// The status that it answers with.
    status: AtomicU16,
    calls: AtomicUsize,
}

impl Program {
    /// Serves a folder whose contract has one field, `name`. `settings` stand in `[http]`, further tables behind them.
    async fn start(settings: &str) -> Program {
        Program::start_over(settings, &schema("name")).await
    }

    /// The same over a contract of the test's own.
    async fn start_over(settings: &str, schema: &str) -> Program {
        rustls::crypto::ring::default_provider().install_default().ok();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let source = Arc::new(Source { status: AtomicU16::new(200), calls: AtomicUsize::new(0) });
        let seen = source.clone();
        let slowly = get(async move || {
            seen.calls.fetch_add(1, Ordering::SeqCst);
            sleep(Duration::from_millis(20)).await;
            let status = StatusCode::from_u16(seen.status.load(Ordering::SeqCst)).unwrap();
            let answer = axum::Json(json!({ "name": "Ada", "nick": "A." }));
            let left = [("x-left", "40"), ("x-limit", "100")];
            match status {
                StatusCode::TOO_MANY_REQUESTS => (status, [("retry-after", "50")], answer).into_response(),
                _ => (status, left, answer).into_response(),
            }
        });
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/person", slowly)).await });
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("schema")).unwrap();
        // A port that was free a moment ago.
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let text = format!("[http]\nlisten = \"{address}\"\n{settings}\n[sources.people]\nurl = \"{url}\"\n");
        write(folder.path(), "gateway.toml", &text);
        write(folder.path(), "schema/people.graphql", schema);
        let mut program = Command::new(env!("CARGO_BIN_EXE_c360"));
        let said = std::fs::File::create(folder.path().join("said.log")).unwrap();
        program.arg("serve").arg(folder.path()).env("C360_LOG", "info").stdin(Stdio::null()).stderr(said);
        let child = program.spawn().unwrap();
        let client = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        let program = Program { folder, child, address, client, source };
        program.until(|health| health["ready"] == true).await;
        program
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What is said of its health; nothing while it cannot be asked.
    async fn health(&self) -> Option<Value> {
        let response = self.client.get(self.url("/health/ready")).send().await.ok()?;
        serde_json::from_slice(&response.bytes().await.ok()?).ok()
    }

    async fn until(&self, is_so: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let health = self.health().await;
            if let Some(health) = health.as_ref().filter(|health| is_so(health)) {
                return health.clone();
            }
            assert!(began.elapsed() < PATIENCE, "{health:?}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    async fn ask(&self, query: &str) -> Value {
        ask(&self.client, &self.url("/graphql"), query).await.unwrap()
    }

    /// What it has logged so far.
    fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("said.log")).unwrap()
    }

    fn signal(&self, name: &str) {
        let told = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    /// How it ended.
    async fn ended(&mut self) -> Option<i32> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(began.elapsed() < PATIENCE, "it goes on");
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Asks without pause, by so many clients at once, until the load is stopped.
    fn load(&self, clients: usize) -> Load {
        let load =
            Load { answered: Arc::default(), is_over: Arc::default(), may_leave: Arc::default(), clients: Vec::new() };
        let url = self.url("/graphql");
        let each = |_| {
            let (answered, url, client) = (load.answered.clone(), url.clone(), self.client.clone());
            let (is_over, may_leave) = (load.is_over.clone(), load.may_leave.clone());
            tokio::spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    match ask(&client, &url, "{ name }").await {
                        Ok(answer) if answer == json!({ "data": { "name": "Ada" } }) => {}
                        Ok(answer) => return Err(answer.to_string()),
                        Err(why) if why.is_connect() && may_leave.load(Ordering::Relaxed) => return Ok(()),
                        Err(why) => return Err(format!("{why:?}")),
                    }
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            })
        };
        let clients = (0..clients).map(each).collect();
        Load { clients, ..load }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Clients that ask.
struct Load {
    answered: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
    /// Whether nobody to connect to is an end like any other.
    may_leave: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Result<(), String>>>,
}

impl Load {
    fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    /// From now on the program may be gone.
    fn lets_it_leave(&self) {
        self.may_leave.store(true, Ordering::Relaxed);
    }

    async fn stop(self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.ended().await;
    }

    /// All clients have ended, and every answer was whole.
    async fn ended(self) {
        for client in self.clients {
            timeout(PATIENCE, client).await.unwrap().unwrap().unwrap();
        }
    }
}

async fn ask(client: &reqwest::Client, url: &str, query: &str) -> reqwest::Result<Value> {
    let body = json!({ "query": query }).to_string();
    let response = client.post(url).header("content-type", "application/json").body(body).send().await?;
    Ok(serde_json::from_slice(&response.bytes().await?).unwrap_or_default())
}

/// A contract of these fields.
fn schema(fields: &str) -> String {
    let mut text = "extend schema\n  @link(url: \"https://specs.apollo.dev/connect/v0.4\", import: [\"@source\", \"@connect\"])\n  \
                    @source(name: \"people\", http: { baseURL: \"http://people.example.com\" })\n\ntype Query {\n"
        .to_owned();
    for field in fields.split(' ') {
        text += &format!(
            "  {field}: String @connect(source: \"people\", http: {{ GET: \"/person\" }}, selection: \"$.{field}\")\n"
        );
    }
    text + "}\n"
}

/// As editors and container platforms do: the new file takes the old one's place at once.
fn write(folder: &Path, name: &str, text: &str) {
    let aside = folder.join("aside");
    std::fs::write(&aside, text).unwrap();
    std::fs::rename(aside, folder.join(name)).unwrap();
}
