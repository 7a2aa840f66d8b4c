//! Instructions per round of each part of the engine, counted by callgrind: they repeat where clocks do not.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use c360::catalog::Catalog;
use c360::fetch::{self, Bindings, Context, Lanes};
use c360::gateway::Gateway;
use c360::mapping::{Value, Variables};
use c360::operation::{Contract, Limits, Operation, accept, bind};
use c360::plan::{self, Plan};
use c360::record::{Builder, Defects, key_of};
use c360::response::{self, Paper};
use c360::sdl;
use c360::sources::Sources;
use c360::startup::Assembled;
use serde_json::value::RawValue;

use crate::race::{self, LIST, SMALL, VIEW};
use crate::{ask, door};

/// What is counted, and what it is.
const CASES: [(&str, &str); 14] = [
    ("accept", "the view's text: counted, parsed, validated, flattened"),
    ("draw", "its plan"),
    ("bind", "its variables"),
    ("read", "an answer of 50 customers' deals: JSON to records"),
    ("write", "the view from records at hand"),
    ("look-up", "a fresh record in the cache"),
    ("hot", "the view, every record kept, through Gateway::answer"),
    ("hot-list", "50 views, every record kept"),
    ("new-text", "the view, every record kept, a text not seen before"),
    ("cold-small", "two fields, nothing kept: one call"),
    ("cold", "the view, nothing kept: five calls"),
    ("cold-list", "50 views, nothing kept: five calls"),
    ("http-hot", "the view over HTTP, every record kept"),
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
            let (few, many) = (timed(&program, name, 1000), timed(&program, name, 11_000));
            println!("{name:<11} {:>10.2} µs            {about}", (many.saturating_sub(few)).as_micros() as f64 / 1e4);
            continue;
        }
        let file = if keep { format!("target/callgrind.{name}") } else { "/dev/null".to_owned() };
        // What is done once, from loading the program to filling caches, falls out of the difference.
        let few = count(&program, name, 100, "/dev/null");
        let many = count(&program, name, 300, &file);
        println!("{name:<11} {:>10} instructions   {about}", (many - few) / 200);
    }
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
            "write" => writing(rounds).await,
            "look-up" => looking_up(rounds),
            "hot" => answering(64, VIEW, rounds, &|_| view(7)).await,
            "hot-list" => answering(64, LIST, rounds, &|_| page(50)).await,
            "new-text" => new_texts(rounds).await,
            "cold-small" => answering(0, SMALL, rounds, &|round| view(round % race::CUSTOMERS)).await,
            "cold" => answering(0, VIEW, rounds, &|round| view(round % race::CUSTOMERS)).await,
            "cold-list" => answering(0, LIST, rounds, &|_| page(50)).await,
            "http-hot" => door::asking(64, VIEW, rounds, &|_| view(7)).await,
            "http-cold" => door::asking(0, SMALL, rounds, &|round| view(round % race::CUSTOMERS)).await,
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

async fn writing(rounds: usize) {
    let Assembled { sources, cache, .. } = race::gateway(64).await;
    let read = Read::new();
    let (plan, catalog) = (read.plan(), Arc::new(read.catalog));
    let bindings = bound(&plan, &view(7));
    let context = context(catalog.clone(), sources, cache);
    let group = fetch::run(&context, &plan, &bindings).await;
    for _ in 0..rounds {
        let paper = Paper {
            catalog: &catalog,
            bindings: &bindings,
            now: context.now,
            introspection: &[],
            wants_coverage: false,
            room_bytes: 4096,
        };
        std::hint::black_box(response::write(paper, &plan, &group));
    }
}

fn context(catalog: Arc<Catalog>, sources: Sources, cache: c360::cache::Cache) -> Context {
    let lanes = Lanes::new(&catalog).into();
    Context {
        catalog,
        sources: sources.into(),
        cache: cache.into(),
        lanes,
        now: SystemTime::now(),
        deadline: tokio::time::Instant::now() + Duration::from_secs(60),
        headers: Arc::new(Value::Null),
        request_id: 0,
        asker: c360::telemetry::Asker::default(),
        ledger: None,
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
async fn answering(cache_mebibytes: u64, query: &str, rounds: usize, variables: &dyn Fn(usize) -> Box<RawValue>) {
    let gateway = race::gateway(cache_mebibytes).await.gateway;
    for round in 0..rounds {
        good(&gateway, query, variables(round)).await;
    }
}

async fn new_texts(rounds: usize) {
    let gateway = race::gateway(64).await.gateway;
    for round in 0..rounds {
        good(&gateway, &format!("{VIEW} #{round:06}"), view(7)).await;
    }
}

async fn good(gateway: &Arc<Gateway>, query: &str, variables: Box<RawValue>) {
    let answer = ask(gateway, query, Some(variables)).await;
    assert!(answer.starts_with(b"{\"data\":{\"customer") && !answer.ends_with(b"}]}"), "{answer:?}");
}

pub(crate) fn view(id: usize) -> Box<RawValue> {
    RawValue::from_string(format!("{{\"id\":\"{id}\"}}")).expect("it is JSON")
}

pub(crate) fn page(limit: usize) -> Box<RawValue> {
    RawValue::from_string(format!("{{\"offset\":0,\"limit\":{limit}}}")).expect("it is JSON")
}
