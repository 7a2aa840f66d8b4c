//! Whether a failing department costs others anything: each of them in turn with each fault that the departments know, with
//! each kind of noise in place of answers, and not there at all, at 200 questions a second that are sent by the clock.
//! Promised are no answer with a status of 5xx, none lost, and what healthy departments give in all answers, as it is when
//! all is calm.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use c360::demo::{Dials, Fault, Town, Which};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::gate::{Failure, Gate, Noise};
use super::trial::{Clients, Door, LATENCY, PATIENCE, Trial, ms, paced};

/// Questions a second.
const RATE: u32 = 200;
/// How long each row is measured.
const LENGTH: Duration = Duration::from_secs(2);
/// How long all is calm before.
const CALM: Duration = Duration::from_millis(300);

/// Departments, each behind a gate that can be shut.
struct Street {
    trial: Trial,
    gates: BTreeMap<Which, Gate>,
    query: String,
    /// What each customer looks like when all is calm.
    calm: Vec<Value>,
}

/// What came of the questions of a row.
#[derive(Default)]
struct Tally {
    asked: usize,
    /// Statuses of 5xx.
    failed: usize,
    /// Neither an answer nor such a status.
    lost: usize,
    /// Answers in which something of a healthy department is not what it is in calm, or has an error.
    hurt: usize,
    /// Answers that had everything, of the failing department too.
    whole: usize,
    slowest: Duration,
    /// What was wrong with answers, each with how many there are.
    wrong: BTreeMap<String, usize>,
}

pub async fn healthy() {
    let mut street = Street::open().await;
    println!("{RATE} questions a second for {} s each; a call may take {}:\n", LENGTH.as_secs(), ms(PATIENCE));
    println!("| department, fault | asked | 5xx | lost | healthy parts hurt | whole all the same | slowest | kept |");
    println!("|---|--:|--:|--:|--:|--:|--:|---|");
    let (mut all, mut rows) = (Tally::default(), 0);
    street.calm_row("calm before").await;
    for department in Which::ALL {
        let faults = Fault::ALL.into_iter().filter(|fault| *fault != Fault::Calm).map(Failure::Fault);
        for failure in std::iter::once(Failure::Gone).chain(faults).chain(Noise::ALL.map(Failure::Noise)) {
            let row = street.measure(department, failure).await;
            let name = match failure {
                Failure::Gone => "Gone".to_owned(),
                Failure::Fault(fault) => format!("{fault:?}"),
                Failure::Noise(noise) => format!("{noise:?}"),
            };
            row.print(&format!("{department} {name}"));
            all.add(&row);
            rows += 1;
        }
    }
    street.calm_row("calm after").await;
    all.print(&format!("all {rows}"));
    for (what, many) in &all.wrong {
        println!("\n{many} times: {what}");
    }
    let healthy = (all.asked - all.hurt - all.failed - all.lost) as f64 * 100.0 / all.asked.max(1) as f64;
    println!(
        "\npromised: 0 of 5xx, 0 lost, healthy parts in 100 %; measured: {}, {}, {healthy:.3} %",
        all.failed, all.lost
    );
}

impl Street {
    async fn open() -> Street {
        let (mut gates, mut fronts) = (BTreeMap::new(), BTreeMap::new());
        for department in Which::ALL {
            let gate = Gate::build().await;
            fronts.insert(department, gate.origin());
            gates.insert(department, gate);
        }
        let dials = Dials { customers: 400, latency: LATENCY, fronts, ..Dials::default() };
        let trial = Trial::of(Town::start(dials).await.expect("loopback ports"));
        for department in trial.town.departments() {
            let gate = gates.get_mut(&department.which()).expect("each has one");
            gate.lead_to(&department.address()).await;
        }
        let query = Trial::question(Which::ALL.into_iter());
        let mut street = Street { trial, gates, query, calm: Vec::new() };
        let door = street.door();
        for number in 0..street.trial.ids.len() {
            let answer = Clients::new(door.address, 1).of(0).post(street.body(number)).await;
            let answer: Value = serde_json::from_slice(&answer.expect("all is calm").1).expect("an answer is JSON");
            assert_eq!(answer.get("errors"), None, "all is calm");
            street.calm.push(answer["data"]["customer"].clone());
        }
        street
    }

    /// A gateway of its own for each row: what one fault has taught it is not carried over.
    fn door(&self) -> Door {
        let mut settings = self.trial.settings();
        for department in self.trial.town.departments() {
            let is_its = |url: &Option<String>| url.as_ref() == Some(&department.address());
            let source = settings.sources.values_mut().find(|source| is_its(&source.url));
            let origin = self.gates[&department.which()].origin();
            source.expect("the settings are over the town").url = Some(origin);
        }
        Door::open(settings)
    }

    fn body(&self, number: usize) -> String {
        let id = &self.trial.ids[number % self.trial.ids.len()];
        json!({ "query": self.query, "variables": { "id": id } }).to_string()
    }

    /// What the machine does to questions when nothing fails: rows are to be read beside it.
    async fn calm_row(&mut self, name: &str) {
        self.measure(Which::Sales, Failure::Fault(Fault::Calm)).await.print(name);
    }

    async fn measure(&mut self, department: Which, failure: Failure) -> Tally {
        let door = self.door();
        let clients = Clients::new(door.address, 8);
        self.load(&clients, CALM).await;
        let gate = self.gates.get_mut(&department).expect("each has one");
        let annoyed = gate.annoyed();
        match failure {
            Failure::Gone => gate.shut(),
            Failure::Fault(fault) => self.trial.town.department(department).fail(fault),
            Failure::Noise(noise) => gate.make(noise).await,
        }
        let asked = self.load(&clients, LENGTH).await;
        self.trial.town.department(department).fail(Fault::Calm);
        let gate = self.gates.get_mut(&department).expect("each has one");
        assert_eq!(gate.annoyed() > annoyed, matches!(failure, Failure::Noise(_)), "noise is heard where it is made");
        gate.open().await;
        // Calls that were given up may still be on their way.
        sleep(Duration::from_millis(100)).await;
        let mut tally = Tally::default();
        for (took, number, answer) in asked {
            tally.take(department, took, answer, &self.calm[number as usize % self.calm.len()]);
        }
        tally
    }

    /// How long each took, its number, and its answer.
    async fn load(&self, clients: &Clients, length: Duration) -> Vec<(Duration, u32, Option<(u16, Bytes)>)> {
        let asking = |number: u32| {
            let (client, body) = (clients.of(number), self.body(number as usize));
            async move { (number, client.post(body).await) }
        };
        let asked = paced(RATE, length, asking).await.into_iter();
        asked.map(|(_, took, (number, answer))| (took, number, answer)).collect()
    }
}

impl Tally {
    fn take(&mut self, failing: Which, took: Duration, answer: Option<(u16, Bytes)>, calm: &Value) {
        self.asked += 1;
        self.slowest = self.slowest.max(took);
        let Some((status, body)) = answer else {
            self.lost += 1;
            return self.note("no answer".to_owned());
        };
        let body = serde_json::from_slice::<Value>(&body);
        match (status, body) {
            (500.., body) => {
                self.failed += 1;
                let code = body.map(|body| body["errors"][0]["extensions"]["code"].to_string());
                self.note(format!("status {status} {}", code.unwrap_or_default()));
            }
            (200, Ok(answer)) => {
                let hurt = hurt(&answer, failing, calm);
                self.hurt += usize::from(hurt.is_some());
                self.whole += usize::from(answer["data"]["customer"] == *calm);
                hurt.into_iter().for_each(|what| self.note(format!("{what}, while {failing} fails")));
            }
            _ => {
                self.lost += 1;
                self.note(format!("status {status}, or an answer that was cut"));
            }
        }
    }

    fn note(&mut self, what: String) {
        *self.wrong.entry(what).or_default() += 1;
    }

    fn add(&mut self, other: &Tally) {
        self.asked += other.asked;
        self.failed += other.failed;
        self.lost += other.lost;
        self.hurt += other.hurt;
        self.whole += other.whole;
        self.slowest = self.slowest.max(other.slowest);
        other.wrong.iter().for_each(|(what, many)| *self.wrong.entry(what.clone()).or_default() += many);
    }

    fn print(&self, name: &str) {
        let Tally { asked, failed, lost, hurt, whole, slowest, wrong: _ } = self;
        let kept = if failed + lost + hurt == 0 { "yes" } else { "NO" };
        println!("| {name} | {asked} | {failed} | {lost} | {hurt} | {whole} | {} | {kept} |", ms(*slowest));
    }
}

/// What of another department than this one is not what it is in calm, or has an error.
fn hurt(answer: &Value, failing: Which, calm: &Value) -> Option<String> {
    let healthy = || Which::ALL.into_iter().filter(|other| *other != failing).map(part_name);
    let errors = answer["errors"].as_array().map_or(&[][..], Vec::as_slice);
    let is_of_another = |error: &&Value| {
        error["extensions"]["department"] != failing.name() || healthy().any(|part| error["path"][1] == part)
    };
    if let Some(error) = errors.iter().find(is_of_another) {
        return Some(format!("{} at {}", error["extensions"]["code"], error["path"]));
    }
    let differs = |part: &&str| answer["data"]["customer"][*part] != calm[*part];
    healthy().find(differs).map(|part| format!("{part} is another"))
}

/// The name of the part that a department alone gives.
fn part_name(department: Which) -> &'static str {
    Trial::part_of(department).split(' ').next().unwrap_or_default()
}
