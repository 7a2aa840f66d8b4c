//! What is shown of a department that fails to those of whom something was kept: promised are its parts as they were, in
//! 99 answers of a hundred, each with a word of its age; never older than was configured is what tests see to.

use std::time::Duration;

use c360::demo::{Fault, Which};
use serde_json::Value;

use super::gate::Failure;
use super::street::{Asked, RATE, Street, failures, name};
use super::trial::{Clients, PATIENCE, Trial, ms};

/// How long each row is measured.
const LENGTH: Duration = Duration::from_secs(2);
/// Customers who are asked for: so many that each is kept before the failure.
const CUSTOMERS: usize = 60;
/// Answers that hold what there is, in another form or less of it: nothing of what was kept is to be shown for them. (A call
/// for one thing that is answered by an empty body says that there is none.)
const ANSWERS: [Fault; 5] = [Fault::Empty, Fault::DoubledNames, Fault::Shuffled, Fault::Missing, Fault::EndlessPages];

#[derive(Default)]
struct Tally {
    asked: usize,
    /// Answers in which the department's parts are as they were.
    shown: usize,
    /// Of these the ones that do not say so, or not how old it is.
    unmarked: usize,
    /// Answers that lack it and do not say why.
    silent: usize,
    /// What was said in the first answer that lacks it.
    why: Option<String>,
}

pub async fn stale() {
    let mut street = Street::open("coverage { department status ageSeconds }").await;
    let is_rich =
        |customer: &Value| Which::ALL.into_iter().all(|department| is_rich(&customer[Trial::part_name(department)]));
    street.retain(is_rich);
    street.ids.truncate(CUSTOMERS);
    assert!(street.ids.len() > CUSTOMERS / 2, "{} customers are known to all", street.ids.len());
    println!(
        "{RATE} questions a second for {} s each, {} customers, of whom everything was kept; a call may take {}:\n",
        LENGTH.as_secs(),
        street.ids.len(),
        ms(PATIENCE)
    );
    println!(
        "| department, failure | asked | its parts are shown | not said to be stale | missing without a word | kept |"
    );
    println!("|---|--:|--:|--:|--:|---|");
    let (mut all, mut rows) = (Tally::default(), 0);
    for department in Which::ALL {
        let is_answer = |failure: &Failure| ANSWERS.map(Failure::Fault).contains(failure);
        for failure in failures().filter(|failure| !is_answer(failure)) {
            let door = street.keeping_door();
            let clients = Clients::new(door.address, 8);
            let before = street.load(&clients, Duration::from_secs(1) * street.ids.len() as u32 / RATE).await;
            assert!(before.iter().all(|asked| matches!(asked.answer, Some((200, _)))), "all is calm");
            let mut row = Tally::default();
            for asked in street.load_beside((department, failure), &clients, LENGTH).await {
                row.take(department, &asked, &street.calm[asked.place]);
            }
            row.print(&format!("{department} {}", name(failure)));
            all.add(&row);
            rows += 1;
        }
    }
    all.print(&format!("all {rows}"));
}

impl Tally {
    fn take(&mut self, failing: Which, asked: &Asked, calm: &Value) {
        self.asked += 1;
        let status = asked.answer.as_ref().map(|(status, _)| *status);
        let body = asked.answer.as_ref().and_then(|(_, body)| serde_json::from_slice::<Value>(body).ok());
        let answer = body.unwrap_or_default();
        let (customer, part) = (&answer["data"]["customer"], Trial::part_name(failing));
        if customer[part] == calm[part] {
            self.shown += 1;
            self.unmarked += usize::from(!is_marked(customer, failing));
        } else {
            let errors = answer["errors"].as_array().map_or(&[][..], Vec::as_slice);
            let is_told = errors.iter().any(|error| error["path"][1] == part);
            self.silent += usize::from(!is_told);
            let why = || {
                format!(
                    "status {status:?}, {}",
                    errors.first().map_or(&Value::Null, |error| &error["extensions"]["code"])
                )
            };
            self.why.get_or_insert_with(why);
        }
    }

    fn add(&mut self, other: &Tally) {
        self.asked += other.asked;
        self.shown += other.shown;
        self.unmarked += other.unmarked;
        self.silent += other.silent;
    }

    fn print(&self, name: &str) {
        let Tally { asked, shown, unmarked, silent, why } = self;
        let share = *shown as f64 * 100.0 / (*asked).max(1) as f64;
        let kept = if share >= 99.0 && unmarked + silent == 0 { "yes" } else { "NO" };
        println!("| {name} | {asked} | {share:.2} % | {unmarked} | {silent} | {kept} |");
        why.iter().for_each(|why| println!("\nthe first that lacks it: {why}\n"));
    }
}

/// Whether coverage says that what is shown of the department is old, and how old.
fn is_marked(customer: &Value, department: Which) -> bool {
    let rows = customer["coverage"].as_array().map_or(&[][..], Vec::as_slice);
    let own = rows.iter().find(|row| row["department"] == department.name());
    own.is_some_and(|row| row["status"] == "STALE" && row["ageSeconds"].is_u64())
}

/// Whether there is something: that there is nothing is not kept for failures.
fn is_rich(part: &Value) -> bool {
    match &part["nodes"] {
        Value::Array(nodes) => !nodes.is_empty(),
        _ => part.is_object(),
    }
}
