//! Instructions per round of each part of the engine, counted by callgrind: they repeat where clocks do not.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use c360::catalog::Catalog;
use c360::fetch::{self, Bindings, Context, Lanes};
use c360::gateway::Ask;
use c360::mapping::{Value, Variables};
use c360::operation::{Contract, Limits, Operation, accept, bind};
use c360::plan::{self, Plan};
use c360::record::{Builder, Copier, Defects, Key, key_of};
use c360::response::{self, Paper};
use c360::sdl;
use c360::startup::Assembled;
use serde_json::value::RawValue;

use crate::race::{self, Keeps, LIST, SMALL, VIEW};
use crate::{door, good};

/// What is counted, and what it is.
const CASES: [(&str, &str); 26] = [
    ("accept", "the view's text: counted, parsed, validated, flattened"),
    ("draw", "its plan"),
    ("bind", "its variables"),
    ("read", "an answer of 50 customers' deals: JSON to records"),
    ("copy", "the same answer copied into records as it stands"),
    ("write", "the view from records at hand"),
    ("look-up", "a fresh record in the cache"),
    ("hot", "the view, its whole answer kept: Gateway::recall"),
    ("kept", "the view, every record kept, plan remembered"),
    ("kept-list", "50 views, every record kept, plan remembered"),
    ("new-text", "the view, every record kept, a text not seen before: a comment differs"),
    ("new-literals", "the view of another customer each time, every record kept, the id written into the text"),
    ("new-said", "the view, its whole answer kept, a text not seen before: a comment differs"),
    ("new-form", "the view, every record kept, a text not seen before: an alias differs"),
    ("cold-small", "two fields, nothing kept: one call"),
    ("cold", "the view, nothing kept: five calls"),
    ("cold-list", "50 views, nothing kept: five calls"),
    ("customers-1", "one customer of a list, nothing kept: five calls"),
    ("customers-10", "ten of them: five calls"),
    ("customers-100", "a hundred: five calls"),
    ("customers-1000", "a thousand: 41 calls"),
    ("http-hot", "the view over HTTP, its whole answer kept"),
    ("http-hot-list", "50 views over HTTP, their whole answer kept"),
    ("http-kept", "the view over HTTP, every record kept"),
    ("http-new-said", "the view over HTTP, its whole answer kept, a text not seen before: a comment differs"),
    ("http-cold", "two fields over HTTP, nothing kept: one call"),
];

/// Prints every case, or those whose names begin with one of `asked`. With `keep`, callgrind's profiles stay.
pub(crate) fn instructions(asked: &[String], keep: bool) {
    let program = std::env::current_exe().expect("a running program has a path");
    let counted = Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success());
    if !counted {
        println!("valgrind is not here: times instead, which no two runs share");
    }
    for (name, about) in CASES {
        if !asked.is_empty() && !asked.iter().any(|asked| name.starts_with(asked.as_str())) {
            continue;
        }
        if !counted {
            let rounds = rounds_of(name) * 10;
            let (few, many) = (timed(&program, name, rounds), timed(&program, name, 11 * rounds));
            let each = many.saturating_sub(few).as_secs_f64() * 1e6 / (10 * rounds) as f64;
            println!("{name:<14} {each:>10.2} µs            {about}");
            continue;
        }
        let file = if keep { format!("target/callgrind.{name}") } else { "/dev/null".to_owned() };
        // What is done once, from loading the program to filling caches, falls out of the difference.
        let rounds = rounds_of(name);
        let few = count(&program, name, rounds, "/dev/null");
        let many = count(&program, name, 3 * rounds, &file);
        println!("{name:<14} {:>10} instructions   {about}", (many - few) / (2 * rounds as u64));
    }
}

/// Wide questions are asked less often: each is many rounds by itself.
fn rounds_of(case: &str) -> usize {
    if case.ends_with("00") { 10 } else { 100 }
}

/// The instructions of one case run so many times, with what is done once.
pub(crate) fn count(program: &std::path::Path, case: &str, rounds: usize, file: &str) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--error-limit=no", &format!("--callgrind-out-file={file}")])
        .arg(program)
        .args(["case", case, &rounds.to_string()])
        .output()
        .expect("valgrind starts");
    let told = String::from_utf8_lossy(&output.stderr);
    let counted = told.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    counted.unwrap_or_else(|| panic!("{case} was not counted: {told}"))
}

fn timed(program: &std::path::Path, case: &str, rounds: usize) -> Duration {
    let started = Instant::now();
    let status = Command::new(program).args(["case", case, &rounds.to_string()]).status().expect("what runs once runs");
    assert!(status.success(), "{case} failed");
    started.elapsed()
}

/// Runs one case so many times, on one thread.
pub(crate) fn case(name: &str, rounds: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(async {
        match name {
            "accept" => accepting(rounds),
            "draw" => drawing(rounds),
            "bind" => binding(rounds),
            "read" => reading(rounds),
            "copy" => copying(rounds),
            "write" => writing(rounds).await,
            "look-up" => looking_up(rounds),
            "hot" => recalling(rounds).await,
            "kept" => answering(Keeps::Records, VIEW, rounds, &|_| view(7)).await,
            "kept-list" => answering(Keeps::Records, LIST, rounds, &|_| page(50)).await,
            "new-text" => new_texts(Keeps::Records, rounds, &commented).await,
            "new-literals" => new_texts(Keeps::Records, rounds, &with_id).await,
            "new-said" => new_texts(Keeps::Answers, rounds, &commented).await,
            "new-form" => new_texts(Keeps::Records, rounds, &aliased).await,
            "cold-small" => answering(Keeps::Nothing, SMALL, rounds, &another).await,
            "cold" => answering(Keeps::Nothing, VIEW, rounds, &another).await,
            "cold-list" => answering(Keeps::Nothing, LIST, rounds, &|_| page(50)).await,
            "customers-1" => answering(Keeps::Nothing, LIST, rounds, &|_| page(1)).await,
            "customers-10" => answering(Keeps::Nothing, LIST, rounds, &|_| page(10)).await,
            "customers-100" => answering(Keeps::Nothing, LIST, rounds, &|_| page(100)).await,
            "customers-1000" => answering(Keeps::Nothing, LIST, rounds, &|_| page(1000)).await,
            "http-hot" => door::asking(Keeps::Answers, VIEW, rounds, &|_| view(7)).await,
            "http-hot-list" => door::asking(Keeps::Answers, LIST, rounds, &|_| page(50)).await,
            "http-kept" => door::asking(Keeps::Records, VIEW, rounds, &|_| view(7)).await,
            "http-new-said" => door::asking_each(Keeps::Answers, rounds, &commented, &|_| view(7)).await,
            "http-cold" => door::asking(Keeps::Nothing, SMALL, rounds, &another).await,
            mapping if mapping.starts_with("mapping-") => crate::mapping::case(&mapping["mapping-".len()..], rounds),
            other => panic!("no case is called {other}"),
        }
    });
}

/// The contract of the race, read as at the start of a gateway.
struct Read {
    catalog: Catalog,
    contract: Contract,
}

impl Read {
    fn new() -> Read {
        let reading = sdl::read(&race::files()).expect("the schema is right");
        Read { catalog: reading.catalog, contract: Contract::read(&reading.contract).expect("the contract is valid") }
    }

    fn operation(&self) -> Operation {
        accept(&self.contract, &Limits::default(), VIEW, None).expect("the view fits the contract")
    }

    fn plan(&self) -> Plan {
        plan::draw(self.operation(), &self.catalog).expect("the view can be planned")
    }
}

fn accepting(rounds: usize) {
    let read = Read::new();
    for _ in 0..rounds {
        std::hint::black_box(read.operation());
    }
}

fn drawing(rounds: usize) {
    let read = Read::new();
    // As many operations, whose making falls out of the difference only if it is done before: it is counted too.
    for _ in 0..rounds {
        std::hint::black_box(read.plan());
    }
}

fn binding(rounds: usize) {
    let plan = Read::new().plan();
    let variables = view(7);
    for _ in 0..rounds {
        std::hint::black_box(bound(&plan, &variables));
    }
}

fn bound(plan: &Plan, variables: &RawValue) -> Bindings {
    let given = Value::read(variables.get().as_bytes()).expect("variables are JSON");
    let variables = bind(&plan.operation, Some(&given)).expect("they fit");
    let arguments = plan.arguments.iter().map(|arguments| arguments.bind(&variables).expect("they fit"));
    Bindings { arguments: arguments.collect(), variables }
}

fn reading(rounds: usize) {
    let catalog = Read::new().catalog;
    let deals = catalog.connectors.iter().find(|connector| connector.id == "deals").expect("it is declared");
    let ids: Vec<String> = (0..50).map(|id| id.to_string()).collect();
    let body = race::Texts::new().answer(&format!("/deals?customerIds={}", ids.join(",")));
    for _ in 0..rounds {
        let body = Value::read(body.as_bytes()).expect("it is JSON");
        let outcome = deals.selection.run(Some(&body), &Variables::default());
        let Some(Value::List(elements)) = outcome.value else { panic!("the selection makes a list") };
        let mut builder = Builder::new();
        for element in &elements {
            let built = builder.build(&deals.gives, element, Defects::default());
            std::hint::black_box((key_of(&deals.gives, &deals.needs, element), built));
        }
    }
}

fn copying(rounds: usize) {
    let catalog = Read::new().catalog;
    let deals = catalog.connectors.iter().find(|connector| connector.id == "deals").expect("it is declared");
    let straight = deals.selection.straight().expect("it only picks and groups");
    let copier = Copier::new(deals, &straight).expect("its rows are plain");
    let ids: Vec<String> = (0..50).map(|id| id.to_string()).collect();
    let keys: Vec<Key> = ids.iter().map(|id| Key::from_components([format!("\"{id}\"").as_bytes()])).collect();
    let body = race::Texts::new().answer(&format!("/deals?customerIds={}", ids.join(",")));
    for _ in 0..rounds {
        std::hint::black_box(copier.copy(&body, &keys).expect("the answer is plainly right"));
    }
}

async fn writing(rounds: usize) {
    let Assembled { sources, cache, .. } = race::gateway(Keeps::Records).await;
    let read = Read::new();
    let (plan, catalog) = (read.plan(), Arc::new(read.catalog));
    let bindings = bound(&plan, &view(7));
    let (sources, lanes) = (Arc::new(sources), Lanes::new(&catalog));
    let context = Context {
        catalog: &catalog,
        sources: &sources,
        cache: &cache,
        lanes: &lanes,
        now: SystemTime::now(),
        deadline: tokio::time::Instant::now() + Duration::from_secs(60),
        last_call: tokio::time::Instant::now() + Duration::from_secs(60),
        headers: Arc::new(Value::Null),
        most_objects: 50_000,
        asker: c360::telemetry::Asker { number: 0, headers: Arc::default(), watch: None },
        ledger: None,
    };
    let group = fetch::run(&context, &plan, &bindings).await.expect("they are few");
    for _ in 0..rounds {
        let paper = Paper {
            catalog: &catalog,
            bindings: &bindings,
            now: context.now,
            introspection: &[],
            twins: None,
            wants_coverage: false,
            most_bytes: 1 << 24,
            room_bytes: 4096,
        };
        std::hint::black_box(response::write(paper, &plan, &group));
    }
}

fn looking_up(rounds: usize) {
    use c360::cache::{Cache, Claimed, LaneSpec, Settings};
    let hour = c360::catalog::Freshness { max_age: Some(Duration::from_secs(3600)), ..Default::default() };
    let cache = Cache::new(Settings::default());
    let spec = LaneSpec { definition: 1, source: 1, args: "{}", freshness: hour, connector: "", department: "" };
    let lane = cache.lane(spec);
    let now = SystemTime::now();
    let key = [c360::record::Key::from_components([b"\"7\"".as_slice()])];
    if let Some(Claimed::Miss(ticket, _)) = lane.claim(now, &key).pop() {
        ticket.settle(c360::record::Reply::Absent, now);
    }
    for _ in 0..rounds {
        std::hint::black_box(lane.claim(now, &key));
    }
}

/// Asks one after another; `variables` by the number of the round.
async fn answering(keeps: Keeps, query: &str, rounds: usize, variables: &dyn Fn(usize) -> Box<RawValue>) {
    let gateway = race::gateway(keeps).await.gateway;
    for round in 0..rounds {
        good(&gateway, query, variables(round)).await;
    }
}

async fn recalling(rounds: usize) {
    let gateway = race::gateway(Keeps::Answers).await.gateway;
    let written = serde_json::json!({ "query": VIEW, "variables": view(7) }).to_string();
    let ask = Ask {
        query: VIEW.to_owned(),
        operation_name: None,
        variables: Some(view(7)),
        headers: Arc::default(),
        want_coverage: false,
        budget: None,
    };
    gateway.answer_written(ask, written.as_bytes()).await;
    for _ in 0..rounds {
        std::hint::black_box(gateway.recall(written.as_bytes()).expect("it was kept"));
    }
}

async fn new_texts(keeps: Keeps, rounds: usize, text: &dyn Fn(usize) -> String) {
    let gateway = race::gateway(keeps).await.gateway;
    for round in 0..rounds {
        good(&gateway, &text(round), view(7)).await;
    }
}

fn commented(round: usize) -> String {
    format!("{VIEW} #{round:06}")
}

/// Of one customer in ten, so that records are kept after few rounds.
fn with_id(round: usize) -> String {
    let text = VIEW.replacen("($id:ID!)", "", 1);
    text.replacen("$id", &format!("\"{}\"", round % 10), 1)
}

fn aliased(round: usize) -> String {
    VIEW.replacen("email", &format!("email{round:06}:email"), 1)
}

/// Another customer each round.
fn another(round: usize) -> Box<RawValue> {
    view(round % race::CUSTOMERS)
}

pub(crate) fn view(id: usize) -> Box<RawValue> {
    RawValue::from_string(format!("{{\"id\":\"{id}\"}}")).expect("it is JSON")
}

pub(crate) fn page(limit: usize) -> Box<RawValue> {
    RawValue::from_string(format!("{{\"offset\":0,\"limit\":{limit}}}")).expect("it is JSON")
}
