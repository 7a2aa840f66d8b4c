//! Mixed load and faults for a while: memory, file descriptors, threads and tasks are flat at the end, and nothing panicked.
//!
//! Some twenty seconds in a run of all tests; `C360_SOAK_SECONDS=3600 cargo test --release --test it soak -- --nocapture` for
//! as long as you like, and with what was held at the end. Nothing is fresh for longer than a second, so that departments
//! are called all the time.

use std::time::{Duration, Instant};

use c360::demo::{Fault, Which};
use serde_json::json;
use tokio::time::sleep;

use super::super::faults::gate::{Noise, quiet_port};
use super::super::faults::street::{Failure, Street};
use super::burden::{Burden, End, Question};
use super::folder;
use super::page::{Page, until};
use super::process::{Process, listening};
use super::sample::{Held, slope};
use super::socket::Passing;

const CLIENTS: usize = 8;
/// The most by which memory may differ between the second third and the end. Short runs are still filling caches.
const GROWTH_BYTES: usize = 24 << 20;
/// The most by which open files may differ: pools keep connections for a while.
const GROWTH_FILES: usize = 40;
/// The most by which tasks may differ from before the load: each connection that a pool keeps has one.
const GROWTH_TASKS: usize = 80;
const MEBIBYTE: f64 = (1 << 20) as f64;
const TEN_MINUTES: Duration = Duration::from_secs(600);

const FAILURES: [Failure; 16] = [
    Failure::Gone,
    Failure::Fault(Fault::Refuse500),
    Failure::Fault(Fault::Unavailable503),
    Failure::Fault(Fault::RateLimited),
    Failure::Fault(Fault::Hang),
    Failure::Fault(Fault::CutOff),
    Failure::Fault(Fault::TruncatedJson),
    Failure::Fault(Fault::Endless),
    Failure::Fault(Fault::Html),
    Failure::Fault(Fault::Drip),
    Failure::Noise(Noise::NotHttp),
    Failure::Noise(Noise::LongHeader),
    Failure::Noise(Noise::ManyHeaders),
    Failure::Noise(Noise::Packed),
    Failure::Noise(Noise::Large),
    Failure::Noise(Noise::Reset),
];
/// After so many turns each department has had each failure.
const ROUND: usize = Which::ALL.len() * FAILURES.len();
/// How long a fault lasts at least, and the calm behind it.
const FAULT: Duration = Duration::from_millis(200);
const CALM: Duration = Duration::from_millis(150);
/// Between two edits of the settings, in turns.
const EDIT_EVERY: usize = 8;

/// Departments are soon given up, and soon asked again: the next fault is to be met.
fn each(timeout_ms: usize) -> String {
    format!(
        "timeout = \"{timeout_ms}ms\"\nmax_response_bytes = \"2MiB\"\npause = {{ longest = \"200ms\", quota = \"200ms\" }}\n\
         breaker = {{ open = \"200ms\", max_open = \"200ms\" }}"
    )
}

fn length() -> Duration {
    let asked = std::env::var("C360_SOAK_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(asked.unwrap_or(20))
}

/// One customer, now and then a few by their ids, and sometimes a page of all.
fn questions(ids: &[String]) -> Vec<Question> {
    let few =
        "query($ids: [ID!]!) { customers(ids: $ids) { jobTitle tickets { nodes { subject } } usage { seatsUsed } } }";
    let page =
        "{ allCustomers(first: 20) { pageInfo { endCursor } nodes { jobTitle invoices { nodes { number } } } } }";
    let mut questions = Vec::new();
    for (place, id) in ids.iter().enumerate() {
        questions.push(Question::of(id));
        if place % 8 == 0 {
            questions.push(Question::new(few, json!({ "ids": &ids[place..ids.len().min(place + 5)] })));
        }
        if place % 40 == 0 {
            questions.push(Question::new(page, json!({})));
        }
    }
    questions
}

#[tokio::test(flavor = "multi_thread")]
async fn soak() {
    let mut street = Street::open(400).await;
    let ids = street.known_to_all(200);
    let place = tempfile::tempdir().unwrap();
    let (port, admin) = (quiet_port(), quiet_port());
    let more = format!(
        "\n[cache]\nmax_bytes = \"4MiB\"\nanswers = \"1MiB\"\n\n[reload]\nevery = \"100ms\"\n\n\
         [admin]\nlisten = \"127.0.0.1:{admin}\"\n"
    );
    folder::write_forgetful(place.path(), &street, port, &each(500), &more);
    let gateway = Process::gateway(place.path());
    listening(port).await;
    listening(admin).await;
    let start = Held::by(&gateway, admin).await;
    let is_told = |end: &End| matches!(end, End::Failed(_));
    let burden = Burden::lay(&format!("http://127.0.0.1:{port}/graphql"), questions(&ids), CLIENTS, is_told);
    let passing = Passing::by(port, ids);

    let (begun, length) = (Instant::now(), length());
    let mut held = Vec::new();
    let mut turn = 0;
    while begun.elapsed() < length || turn < ROUND {
        if turn % EDIT_EVERY == 0 {
            folder::write_settings(place.path(), &street, port, &each(500 + turn / EDIT_EVERY % 2), &more);
        }
        meet(&mut street, Which::ALL[turn % 5], FAILURES[turn / 5 % FAILURES.len()]).await;
        sleep(CALM).await;
        turn += 1;
        held.push(Held::by(&gateway, admin).await);
    }
    let (whole, sockets) = (burden.whole(), passing.ended().await);
    let lost = burden.lift().await;
    assert!(lost.is_empty(), "{} failed beside {whole}, such as {:?}", lost.len(), lost[0]);
    assert!(whole > 0 && sockets > 0, "{whole} whole answers, {sockets} over sockets");
    judge(&gateway, admin, start, &held).await;
    let page = Page::of(admin).await;
    assert_eq!(page.number("c360_reloads_total{outcome=\"refused\"}"), 0.0);
    let reloads = page.number("c360_reloads_total{outcome=\"taken\"}");
    assert!(reloads > 0.0);
    eprintln!("soak: {turn} faults, {reloads} reloads, {whole} whole answers, {sockets} sockets");
}

/// A failure of one department, until it was met by a call.
async fn meet(street: &mut Street, department: Which, failure: Failure) {
    let before = street.calls(department);
    street.fail(department, failure).await;
    sleep(FAULT).await;
    if failure != Failure::Gone {
        let is_met = async || street.calls(department) > before;
        until(&format!("{department} is called while it has {failure:?}"), is_met).await;
    }
    street.fail(department, Failure::Fault(Fault::Calm)).await;
}

/// Whether the gateway holds no more, now that nobody asks, than it did under way.
async fn judge(gateway: &Process, admin: u16, start: Held, held: &[Held]) {
    until("tasks are as few as before the load", async || {
        Held::by(gateway, admin).await.tasks < start.tasks + GROWTH_TASKS
    })
    .await;
    let last = Held::by(gateway, admin).await;
    let grown = slope(&held[held.len() / 3..], TEN_MINUTES) / MEBIBYTE;
    eprintln!(
        "soak: memory {:.1} MiB at the start, {:.1} at the end, {grown:+.1} in ten minutes; files {} and {}; tasks {} and {}",
        start.resident_bytes as f64 / MEBIBYTE,
        last.resident_bytes as f64 / MEBIBYTE,
        start.files,
        last.files,
        start.tasks,
        last.tasks,
    );
    assert_eq!(Page::of(admin).await.number("c360_http_panics_total"), 0.0);
    let early = held[held.len() / 3..held.len() * 2 / 3].iter().map(|held| held.resident_bytes).max().unwrap();
    assert!(last.resident_bytes < early + GROWTH_BYTES, "memory grew from {early} bytes to {last:?}");
    let files = held[..held.len() / 2].iter().map(|held| held.files).max().unwrap();
    assert!(last.files < files + GROWTH_FILES, "open files grew from {files} to {last:?}");
    let tasks = |held: &[Held]| held.iter().map(|held| held.tasks).max().unwrap();
    let (early, late) = (tasks(&held[..held.len() / 2]), tasks(&held[held.len() / 2..]));
    assert!(late < early + GROWTH_TASKS, "tasks grew from {early} to {late}");
    let threads = held.iter().map(|held| held.threads).max().unwrap();
    assert!(last.threads <= threads, "{last:?}");
}
