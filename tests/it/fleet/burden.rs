//! Clients that ask one question after another until they are told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

use super::super::faults::street::QUERY;

/// Between an answer and the next question of one client.
const PAUSE: Duration = Duration::from_millis(10);

/// Clients at work.
pub struct Burden {
    stop: Arc<AtomicBool>,
    clients: JoinSet<Vec<Asked>>,
}

/// What became of one question.
#[derive(Debug)]
pub struct Asked {
    pub begun: Instant,
    pub ended: Instant,
    pub end: End,
}

/// How a question ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// Everything was there.
    Whole,
    /// 200, with errors beside what was there; the first of them.
    Partial(String),
    /// No 200.
    Failed(String),
}

impl Burden {
    /// `clients` ask for these customers in turn.
    pub fn lay(address: &str, ids: &[String], clients: usize) -> Burden {
        // Another test may have installed it before.
        rustls::crypto::ring::default_provider().install_default().ok();
        let stop = Arc::new(AtomicBool::new(false));
        let mut working = JoinSet::new();
        for first in 0..clients {
            let (address, ids, stop) = (address.to_owned(), ids.to_vec(), stop.clone());
            working.spawn(async move {
                let client = reqwest::Client::builder().no_proxy().retry(reqwest::retry::never());
                let client = client.timeout(Duration::from_secs(40)).build().unwrap();
                let mut asked = Vec::new();
                for id in ids.iter().cycle().skip(first) {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let begun = Instant::now();
                    let end = ask(&client, &address, id).await;
                    asked.push(Asked { begun, ended: Instant::now(), end });
                    tokio::time::sleep(PAUSE).await;
                }
                asked
            });
        }
        Burden { stop, clients: working }
    }

    /// Lets everybody finish; what became of all questions.
    pub async fn lift(self) -> Vec<Asked> {
        self.stop.store(true, Ordering::Relaxed);
        self.clients.join_all().await.into_iter().flatten().collect()
    }
}

async fn ask(client: &reqwest::Client, address: &str, id: &str) -> End {
    let body = json!({ "query": QUERY, "variables": { "id": id } }).to_string();
    let answer = match client.post(address).header("content-type", "application/json").body(body).send().await {
        Ok(answer) => answer,
        Err(error) => return End::Failed(error.to_string()),
    };
    let status = answer.status().as_u16();
    let text = match answer.text().await {
        Ok(text) => text,
        Err(error) => return End::Failed(error.to_string()),
    };
    if status != 200 {
        return End::Failed(format!("{status}: {text}"));
    }
    match serde_json::from_str::<Json>(&text) {
        Ok(answer) if answer.get("errors").is_none() && answer["data"]["customer"].is_object() => End::Whole,
        Ok(answer) => End::Partial(answer["errors"][0].to_string()),
        Err(error) => End::Failed(format!("no JSON: {error}")),
    }
}
