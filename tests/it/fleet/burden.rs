//! Clients that ask one question after another until they are told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

use super::super::faults::street::QUERY;

/// Between an answer and the next question of one client.
const PAUSE: Duration = Duration::from_millis(40);

/// Clients at work.
pub struct Burden {
    stop: Arc<AtomicBool>,
    whole: Arc<AtomicUsize>,
    clients: JoinSet<Vec<Asked>>,
}

/// What is asked.
#[derive(Clone)]
pub struct Question {
    pub body: String,
    /// The `data` of its answer while all is calm, coverage aside; null where any will do that has all it asks for.
    pub calm: Json,
}

/// What became of one question.
#[derive(Debug)]
pub struct Asked {
    /// Its place among the questions.
    pub question: usize,
    pub begun: Instant,
    pub ended: Instant,
    pub end: End,
}

/// How a question ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// Everything was there.
    Whole,
    /// 200, and not as it is while all is calm: the answer.
    Partial(Json),
    /// No 200.
    Failed(String),
}

impl Question {
    pub fn new(query: &str, variables: Json) -> Question {
        Question { body: json!({ "query": query, "variables": variables }).to_string(), calm: Json::Null }
    }

    /// Everything that departments tell of one customer.
    pub fn of(id: &str) -> Question {
        Question::new(QUERY, json!({ "id": id }))
    }

    /// Asks it once.
    pub async fn ask(&self, client: &reqwest::Client, address: &str) -> End {
        let asked = client.post(address).header("content-type", "application/json").body(self.body.clone());
        let answer = match asked.send().await {
            Ok(answer) => answer,
            Err(error) => return End::Failed(format!("{error:?}")),
        };
        let status = answer.status().as_u16();
        let text = match answer.text().await {
            Ok(text) => text,
            Err(error) => return End::Failed(format!("{error:?}")),
        };
        match serde_json::from_str(&text) {
            Ok(answer) if status == 200 && self.is_whole(&answer) => End::Whole,
            Ok(answer) if status == 200 => End::Partial(answer),
            _ => End::Failed(format!("{status}: {text}")),
        }
    }

    fn is_whole(&self, answer: &Json) -> bool {
        let is_as_calm = || match &self.calm {
            Json::Null => answer["data"].as_object().is_some_and(|data| !data.values().any(Json::is_null)),
            calm => &without_coverage(answer["data"].clone()) == calm,
        };
        answer.get("errors").is_none() && is_as_calm()
    }
}

/// How fresh things are differs from time to time.
pub fn without_coverage(mut data: Json) -> Json {
    if let Some(customer) = data["customer"].as_object_mut() {
        customer.remove("coverage");
    }
    data
}

pub fn client() -> reqwest::Client {
    // Another test may have installed it before.
    rustls::crypto::ring::default_provider().install_default().ok();
    let client = reqwest::Client::builder().no_proxy().retry(reqwest::retry::never());
    client.timeout(Duration::from_secs(40)).build().unwrap()
}

impl Burden {
    /// `clients` ask these questions in turn; what is worth it is told in the end.
    pub fn lay(address: &str, questions: Vec<Question>, clients: usize, is_told: fn(&End) -> bool) -> Burden {
        let questions = Arc::new(questions);
        let (stop, whole) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut working = JoinSet::new();
        for first in 0..clients {
            let (address, questions) = (address.to_owned(), questions.clone());
            let (stop, whole) = (stop.clone(), whole.clone());
            working.spawn(async move {
                let client = client();
                let mut told = Vec::new();
                for (place, question) in questions.iter().enumerate().cycle().skip(first * questions.len() / clients) {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let begun = Instant::now();
                    let end = question.ask(&client, &address).await;
                    whole.fetch_add(usize::from(end == End::Whole), Ordering::Relaxed);
                    if is_told(&end) {
                        told.push(Asked { question: place, begun, ended: Instant::now(), end });
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                told
            });
        }
        Burden { stop, whole, clients: working }
    }

    /// How many answers were whole so far.
    pub fn whole(&self) -> usize {
        self.whole.load(Ordering::Relaxed)
    }

    /// Lets everybody finish; what was worth telling.
    pub async fn lift(self) -> Vec<Asked> {
        self.stop.store(true, Ordering::Relaxed);
        self.clients.join_all().await.into_iter().flatten().collect()
    }
}
