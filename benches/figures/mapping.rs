//! What an answer of 1,000 records costs from its bytes to records, beside what `serde_json` takes to read it at all.

use std::fmt::Write as _;
use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use c360::catalog::{Catalog, Connector};
use c360::mapping::{Value, Variables};
use c360::record::{Builder, Defects, key_of};
use c360::sdl::{self, SourceText};

use crate::instructions::count;

const RECORDS: usize = 1000;
/// Rounds of the clock: each reads the answer once each way.
const ROUNDS: usize = 500;
/// The most that is promised, in times of reading alone.
const PROMISED: f64 = 1.5;

/// Selections of the same answer: the id of their connector, and what they are.
const WAYS: [(&str, &str); 2] =
    [("plain", "fifteen fields, renamed and from below"), ("worked", "the same with eight method calls a record")];

/// Prints both ratios of each selection.
pub(crate) fn mapping() {
    let bench = Bench::new();
    println!(
        "an answer of {RECORDS} records, {} kB, to records (promised: at most {PROMISED} times what \
         serde_json::from_slice::<Value> takes to read it)",
        bench.body.len() / 1000
    );
    let program = std::env::current_exe().expect("a running program has a path");
    let counts = Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success());
    let counted = |case: &str| count(&program, case, 30, "/dev/null") - count(&program, case, 10, "/dev/null");
    let alone = counts.then(|| counted("mapping-alone"));
    for (id, about) in WAYS {
        let (reading, all) = bench.clocked(id);
        let times = |place: usize| all[place].as_secs_f64() / reading[place].as_secs_f64();
        print!(
            "  {id:<7} {:.2} times by the clock, {:.2} in the tenth of {ROUNDS} rounds that were least disturbed ({:.2} ms)",
            times(ROUNDS / 2),
            times(ROUNDS / 10),
            all[ROUNDS / 10].as_secs_f64() * 1e3,
        );
        if let Some(alone) = alone {
            let all = counted(&format!("mapping-{id}"));
            let (all_each, alone_each) = (all / 20, alone / 20);
            print!(", {:.2} times by instructions ({all_each} to {alone_each})", all as f64 / alone as f64);
        }
        println!("   {about}");
    }
}

/// Runs one way so many times: `alone` for reading by `serde_json` only.
pub(crate) fn case(way: &str, rounds: usize) {
    let bench = Bench::new();
    for _ in 0..rounds {
        match way {
            "alone" => bench.alone(),
            id => bench.all(bench.connector(id)),
        }
    }
}

struct Bench {
    catalog: Catalog,
    body: String,
}

impl Bench {
    fn new() -> Bench {
        let files = [SourceText { name: "schema/crm.graphql".to_owned(), text: SCHEMA.to_owned() }];
        let catalog = sdl::read(&files).expect("the schema is right").catalog;
        Bench { catalog, body: body() }
    }

    fn connector(&self, id: &str) -> &Connector {
        self.catalog.connectors.iter().find(|connector| connector.id == id).expect("it is declared")
    }

    /// The times of reading alone and of everything, each round in turn, shortest first.
    fn clocked(&self, id: &str) -> (Vec<Duration>, Vec<Duration>) {
        let connector = self.connector(id);
        let (mut alone, mut all) = (Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS));
        for _ in 0..ROUNDS {
            let started = Instant::now();
            self.alone();
            alone.push(started.elapsed());
            let started = Instant::now();
            self.all(connector);
            all.push(started.elapsed());
        }
        alone.sort_unstable();
        all.sort_unstable();
        (alone, all)
    }

    fn alone(&self) {
        black_box(serde_json::from_slice::<serde_json::Value>(self.body.as_bytes()).expect("it is JSON"));
    }

    fn all(&self, connector: &Connector) {
        let body = Value::read(self.body.as_bytes()).expect("it is JSON");
        let outcome = connector.selection.run(Some(&body), &Variables::default());
        let Some(Value::List(elements)) = outcome.value else { panic!("the selection makes a list") };
        assert_eq!((elements.len(), outcome.problem_count), (RECORDS, 0), "every record is mapped");
        let mut builder = Builder::new();
        for element in &elements {
            let built = builder.build(&connector.gives, element, Defects::default());
            assert_eq!((built.invalid, built.missing), (0, 0), "every value fits");
            black_box((key_of(&connector.gives, &connector.needs, element), built));
        }
    }
}

fn body() -> String {
    let mut out = String::from("{\"total\":1000,\"results\":[");
    for n in 0..RECORDS {
        out.push_str(if n > 0 { "," } else { "" });
        let _ = write!(
            out,
            r#"{{"id":{},"customer_id":"c-{n:06}","name":"Ada Lovelace","email":"user{n}@example.com","phone":"+49 30 1234567","company":"Acme Robotics","title":"Operations Lead","address":{{"street":"Prinzenallee 34","city":"Berlin","country":"DE"}},"segment":"enterprise","tags":["vip","beta"],"orders":{},"balance":{n}.25,"active":true,"status":"open","created_at":"2024-05-17T08:09:10Z"}}"#,
            900_000_000 + n,
            n % 90
        );
    }
    out.push_str("]}");
    out
}

const SCHEMA: &str = r#"extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @link(url: "https://c360.dev/spec/v0.1", import: ["@lookup"])
  @source(name: "crm", http: { baseURL: "http://127.0.0.1" })
scalar DateTime
enum Status { OPEN CLOSED OTHER }
type Query {
  plain(id: ID!): Plain @lookup
  worked(id: ID!): Worked @lookup
}
type Plain
  @connect(source: "crm", id: "plain", batch: { maxSize: 1000 }
    http: { POST: "/search", body: "ids: $batch.id" }
    selection: """
      $.results {
        id: customer_id  crmId: id  name  email  phone  company  jobTitle: title  city: address.city
        country: address.country  segment  tags  orders  balance  active  createdAt: created_at
      }
    """) {
  id: ID! crmId: ID name: String email: String phone: String company: String jobTitle: String city: String
  country: String segment: String tags: [String] orders: Int balance: Float active: Boolean createdAt: DateTime
}
type Worked
  @connect(source: "crm", id: "worked", batch: { maxSize: 1000 }
    http: { POST: "/search", body: "ids: $batch.id" }
    selection: """
      $.results {
        id: customer_id  crmId: id->toString  name: name->trim  email: email->lower  phone  company  jobTitle: title
        city: address.city  country: $(address?.country ?? "XX")  segment: segment->nullIf("")
        tags: tags->filter(@->ne("beta"))  orders  balance  active
        status: status->match(["open", "OPEN"], ["closed", "CLOSED"], [@, "OTHER"])  createdAt: created_at->dateTime
      }
    """) {
  id: ID! crmId: ID name: String email: String phone: String company: String jobTitle: String city: String
  country: String segment: String tags: [String] orders: Int balance: Float active: Boolean status: Status
  createdAt: DateTime
}
"#;
