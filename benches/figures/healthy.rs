//! Whether a failing department costs others anything: each of them in turn with each fault that the departments know, with
//! each kind of noise in place of answers, and not there at all, at 200 questions a second that are sent by the clock.
//! Promised are no answer with a status of 5xx, none lost, and what healthy departments give in all answers, as it is when
//! all is calm.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use c360::demo::{Fault, Which};
use serde_json::Value;

use super::gate::Failure;
use super::street::{RATE, Street, failures, name};
use super::trial::{Clients, PATIENCE, Trial, ms};

/// How long each row is measured.
const LENGTH: Duration = Duration::from_secs(2);
/// How long all is calm before.
const CALM: Duration = Duration::from_millis(300);

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
    let mut street = Street::open("").await;
    println!("{RATE} questions a second for {} s each; a call may take {}:\n", LENGTH.as_secs(), ms(PATIENCE));
    println!("| department, fault | asked | 5xx | lost | healthy parts hurt | whole all the same | slowest | kept |");
    println!("|---|--:|--:|--:|--:|--:|--:|---|");
    let (mut all, mut rows) = (Tally::default(), 0);
    calm_row(&mut street, "calm before").await;
    for department in Which::ALL {
        for failure in failures() {
            let row = measure(&mut street, department, failure).await;
            row.print(&format!("{department} {}", name(failure)));
            all.add(&row);
            rows += 1;
        }
    }
    calm_row(&mut street, "calm after").await;
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

/// What the machine does to questions when nothing fails: rows are to be read beside it.
async fn calm_row(street: &mut Street, name: &str) {
    measure(street, Which::Sales, Failure::Fault(Fault::Calm)).await.print(name);
}

/// By a gateway of its own: what one failure has taught it is not carried over.
async fn measure(street: &mut Street, department: Which, failure: Failure) -> Tally {
    let door = street.door();
    let clients = Clients::new(door.address, 8);
    street.load(&clients, CALM).await;
    let mut tally = Tally::default();
    for asked in street.load_beside((department, failure), &clients, LENGTH).await {
        tally.take(department, asked.took, asked.answer, &street.calm[asked.place]);
    }
    tally
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
    let healthy = || Which::ALL.into_iter().filter(|other| *other != failing).map(Trial::part_name);
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
