//! The gateway over the shipped contract and the look-alike departments: what it answers, and how often it asks.

mod bad_input;
mod calls;
mod calm;
mod faults;
mod lists;
mod people;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use c360::cli;
use c360::demo::{Department, Dials, Town, Which};
use c360::gateway::{Ask, Gateway};
use c360::sdl::SourceText;
use c360::sources::Pause;
use c360::startup::{self, Folder};
use c360::units::{ByteSize, TimeSpan};
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

use super::faults::street::source_of;

/// A town and the gateway over it.
struct House {
    town: Town,
    gateway: Arc<Gateway>,
}

/// How a house differs from what is shipped.
#[derive(Clone, Copy)]
struct Setup<'p> {
    customers: usize,
    /// The longest one exchange with a department may take.
    patience: &'p dyn Fn(Which) -> Duration,
    /// The longest one question may take.
    deadline: Duration,
    memory: Memory,
    /// How many calls each department bears at once; `None`: as shipped.
    at_once: Option<usize>,
}

/// What becomes of records that were fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Memory {
    /// As shipped.
    Shipped,
    /// Nothing is served twice.
    None,
    /// Everything is past its time at once, and kept for when its department fails.
    OldAtOnce,
}

impl Default for Setup<'_> {
    fn default() -> Self {
        let ample = Duration::from_secs(20);
        Setup {
            customers: 60,
            patience: &|_| Duration::from_secs(20),
            deadline: ample,
            memory: Memory::Shipped,
            at_once: None,
        }
    }
}

impl House {
    async fn open(setup: Setup<'_>) -> House {
        let town = Town::start(Dials { customers: setup.customers, ..Dials::default() }).await.unwrap();
        let gateway = gateway(&town, setup);
        House { town, gateway }
    }

    /// Asks, and reads the answer.
    async fn ask(&self, query: &str) -> Json {
        self.ask_with(query, json!({})).await
    }

    async fn ask_with(&self, query: &str, variables: Json) -> Json {
        ask(&self.gateway, query, &variables, None).await
    }

    /// Calls that all departments received together.
    fn calls(&self) -> u64 {
        self.town.departments().map(|department| department.calls().total).sum()
    }

    fn forget_calls(&self) {
        self.town.departments().for_each(Department::reset_calls);
    }

    /// The ids of everybody in the cast.
    fn ids(&self) -> Vec<&str> {
        self.town.cast().persons.iter().map(|person| person.id.as_str()).collect()
    }
}

async fn ask(gateway: &Arc<Gateway>, query: &str, variables: &Json, operation_name: Option<&str>) -> Json {
    let ask = Ask {
        query: query.to_owned(),
        operation_name: operation_name.map(str::to_owned),
        variables: Some(RawValue::from_string(variables.to_string()).unwrap()),
        headers: Arc::default(),
        want_coverage: false,
        budget: None,
    };
    serde_json::from_slice(&gateway.answer(ask).await.body).unwrap()
}

/// The data of an answer that has nothing to complain about.
#[track_caller]
fn whole(answer: Json) -> Json {
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"].clone()
}

/// Department to status, from an object's `coverage { department status }`.
fn coverage(object: &Json) -> BTreeMap<&str, &str> {
    let rows = object["coverage"].as_array().unwrap_or_else(|| panic!("no coverage in {object}"));
    rows.iter().map(|row| (row["department"].as_str().unwrap(), row["status"].as_str().unwrap())).collect()
}

fn nodes(connection: &Json) -> &Vec<Json> {
    connection["nodes"].as_array().unwrap_or_else(|| panic!("no nodes in {connection}"))
}

fn gateway(town: &Town, setup: Setup<'_>) -> Arc<Gateway> {
    let remembering = |SourceText { name, text }| SourceText { name, text: remembering(text, setup.memory) };
    let files = cli::shipped_schema().into_iter().map(remembering).collect();
    let mut settings = cli::settings_of(town);
    settings.gateway.deadline = TimeSpan(setup.deadline);
    for department in town.departments() {
        let source = settings.sources.get_mut(source_of(department.which())).unwrap();
        source.timeout = TimeSpan((setup.patience)(department.which()));
        source.max_response_bytes = ByteSize::mebibytes(2);
        if let Some(calls) = setup.at_once {
            source.concurrency = calls.try_into().unwrap();
        }
        // One fault is to say nothing of the next: no department is left alone for what it did before.
        source.breaker.enabled = false;
        let none = TimeSpan::seconds(0);
        source.pause = Pause { usual: none, longest: none, told: none, quota: none };
    }
    let assembled = startup::assemble(Folder { files, settings }, Arc::new(|_: &str| None), None);
    assembled.unwrap_or_else(|faults| panic!("{faults}")).gateway
}

/// Lets the day pass at once, where a test wants to see what is older than its time.
fn remembering(schema: String, memory: Memory) -> String {
    if memory == Memory::Shipped {
        return schema;
    }
    let lines = schema.lines().map(|line| match line.split_once("@cache(maxAge: ") {
        Some((before, rest)) => {
            let (figures, after) = rest.split_once(')').unwrap();
            let kept = match memory {
                Memory::OldAtOnce if figures.contains("staleIfError") => ", staleIfError: 86400",
                _ => "",
            };
            format!("{before}@cache(maxAge: 0{kept}){after}\n")
        }
        None => format!("{line}\n"),
    });
    lines.collect()
}
