//! A small proxy before several gateways: it looks who is ready, and asks another one where nobody answers the door.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio::time::sleep;

/// How often gateways are asked whether they are ready.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A proxy at a port, until it is dropped.
pub struct Proxy {
    pub address: String,
    tasks: Vec<AbortHandle>,
}

struct Gateways {
    client: reqwest::Client,
    ports: Vec<u16>,
    ready: std::sync::Mutex<Vec<u16>>,
    next: std::sync::atomic::AtomicUsize,
}

impl Proxy {
    pub async fn before(ports: &[u16]) -> Proxy {
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::builder().no_proxy().retry(reqwest::retry::never()).build().unwrap();
        let ready = std::sync::Mutex::new(ports.to_vec());
        let gateways = Arc::new(Gateways { client, ports: ports.to_vec(), ready, next: Default::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/graphql", listener.local_addr().unwrap());
        let looking = tokio::spawn(gateways.clone().look());
        let router = Router::new().fallback(forward).with_state(gateways);
        let serving = tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Proxy { address, tasks: vec![looking.abort_handle(), serving.abort_handle()] }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl Gateways {
    async fn look(self: Arc<Self>) {
        loop {
            let mut ready = Vec::new();
            for port in &self.ports {
                let asked = self.client.get(format!("http://127.0.0.1:{port}/health/ready"));
                let answer = asked.timeout(Duration::from_secs(1)).send().await;
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    ready.push(*port);
                }
            }
            *self.ready.lock().unwrap() = ready;
            sleep(LOOK_EVERY).await;
        }
    }

    /// All gateways, those that are ready first, in turns.
    fn in_order(&self) -> Vec<u16> {
        let mut order = self.ready.lock().unwrap().clone();
        if !order.is_empty() {
            let turn = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % order.len();
            order.rotate_left(turn);
        }
        let others: Vec<u16> = self.ports.iter().copied().filter(|port| !order.contains(port)).collect();
        order.extend(others);
        order
    }
}

/// Asks the next gateway where one did not even take the connection; what was in flight and is lost stays lost.
async fn forward(State(gateways): State<Arc<Gateways>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    let mut why = String::from("nobody is there");
    for port in gateways.in_order() {
        let url = format!("http://127.0.0.1:{port}{}", parts.uri.path());
        let asked = gateways.client.request(parts.method.clone(), url).body(body.clone());
        let asked = asked.header("content-type", "application/json");
        match asked.send().await {
            Ok(answer) => {
                let status = answer.status();
                match answer.bytes().await {
                    Ok(bytes) => return respond(status.as_u16(), Body::from(bytes)),
                    Err(error) => return respond(502, Body::from(error.to_string())),
                }
            }
            Err(error) if error.is_connect() => why = error.to_string(),
            Err(error) => return respond(502, Body::from(error.to_string())),
        }
    }
    respond(502, Body::from(why))
}

fn respond(status: u16, body: Body) -> Response {
    Response::builder().status(status).body(body).unwrap()
}
