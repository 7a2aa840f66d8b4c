//! Mixed load and faults for a while: memory, file descriptors and threads are flat at the end.
//!
//! Twenty seconds in a run of all tests; `C360_SOAK_SECONDS=3600 cargo test --release --test it soak` for as long as you like.

use std::fs;
use std::time::{Duration, Instant};

use c360::demo::{Fault, Which};
use tokio::time::sleep;

use super::super::faults::gate::quiet_port;
use super::super::faults::street::Street;
use super::super::held;
use super::burden::{Burden, End};
use super::folder;
use super::process::{Process, listening};

const CLIENTS: usize = 8;
/// The most by which memory may differ between the second third and the end. Short runs are still filling caches.
const GROWTH_BYTES: usize = 24 << 20;
/// The most by which open files may differ: pools keep connections for a while.
const GROWTH_FILES: usize = 40;

const FAULTS: [Option<Fault>; 10] = [
    None,
    Some(Fault::Refuse500),
    Some(Fault::Unavailable503),
    Some(Fault::RateLimited),
    Some(Fault::Hang),
    Some(Fault::CutOff),
    Some(Fault::TruncatedJson),
    Some(Fault::Endless),
    Some(Fault::Html),
    Some(Fault::Drip),
];

/// What the system says of a process.
#[derive(Debug)]
struct Held {
    resident_bytes: usize,
    files: usize,
    threads: usize,
}

impl Held {
    fn by(process: &Process) -> Held {
        let files = fs::read_dir(format!("/proc/{}/fd", process.id())).unwrap().count();
        let threads = held::told(process.id(), "Threads").unwrap();
        Held { resident_bytes: held::resident_bytes(process.id()).unwrap(), files, threads }
    }
}

fn length() -> Duration {
    let asked = std::env::var("C360_SOAK_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(asked.unwrap_or(20))
}

#[tokio::test(flavor = "multi_thread")]
async fn soak() {
    let mut street = Street::open(400).await;
    let ids = street.known_to_all(200);
    let place = tempfile::tempdir().unwrap();
    let port = quiet_port();
    folder::write(place.path(), &street, port, "\n[cache]\nmax_bytes = \"4MiB\"\nanswers = \"1MiB\"\n");
    let gateway = Process::gateway(place.path());
    listening(port).await;
    let burden = Burden::lay(&format!("http://127.0.0.1:{port}/graphql"), &ids, CLIENTS);
    let (begun, length) = (Instant::now(), length());
    let mut held = Vec::new();
    let mut turn = 0;
    while begun.elapsed() < length {
        let (department, fault) = (Which::ALL[turn % 5], FAULTS[turn % FAULTS.len()]);
        street.fail(department, fault).await;
        sleep(Duration::from_millis(700)).await;
        street.fail(department, Some(Fault::Calm)).await;
        sleep(Duration::from_millis(300)).await;
        turn += 1;
        held.push(Held::by(&gateway));
    }
    // Everything that waits for something is over by now.
    sleep(Duration::from_secs(3)).await;
    let last = Held::by(&gateway);
    let asked = burden.lift().await;
    let lost: Vec<_> = asked.iter().filter(|asked| matches!(asked.end, End::Failed(_))).collect();
    assert!(lost.is_empty(), "{} of {} failed, such as {:?}", lost.len(), asked.len(), lost[0]);
    assert!(asked.iter().any(|asked| asked.end == End::Whole));
    let early = held[held.len() / 3..held.len() * 2 / 3].iter().map(|held| held.resident_bytes).max().unwrap();
    assert!(last.resident_bytes < early + GROWTH_BYTES, "memory grew from {early} bytes to {last:?}");
    let files = held[..held.len() / 2].iter().map(|held| held.files).max().unwrap();
    assert!(last.files < files + GROWTH_FILES, "open files grew from {files} to {last:?}");
    let threads = held.iter().map(|held| held.threads).max().unwrap();
    assert!(last.threads <= threads, "{last:?}");
}
