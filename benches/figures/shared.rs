//! What a failing shared tier costs: a gateway that never saw these customers asks for them at 200 questions a second, while
//! the Redis in which another gateway left them is killed, hangs, is slow, talks rubbish or holds bytes of others. Promised
//! are no answer that is not what it is without Redis, and at most 25 ms more at the 99th percentile.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use bytes::Bytes;
use c360::cache::SharedTally;
use c360::demo::{Dials, Town, Which};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use super::gate::quiet_port;
use super::process::{self, Process};
use super::trial::{Clients, Door, LATENCY, Trial, ms, paced};

/// Questions a second.
const RATE: u32 = 200;
/// Of whom the gateway is asked first, so that it has its connections; and then, measured.
const FIRST: usize = 100;
const ASKED: usize = 800;
/// How far into the measurement it happens.
const BEFORE: Duration = Duration::from_secs(1);
/// What a slow one takes for each answer.
const SLOW: Duration = Duration::from_millis(20);
/// What more the 99th percentile may take.
const MORE: Duration = Duration::from_millis(25);

/// What happens to the Redis.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mishap {
    None,
    Killed,
    Hung,
    Slow,
    Rubbish,
    Swapped,
}

const MISHAPS: [(Mishap, &str); 6] = [
    (Mishap::None, "calm"),
    (Mishap::Killed, "killed"),
    (Mishap::Hung, "hung"),
    (Mishap::Slow, "20 ms for each answer"),
    (Mishap::Rubbish, "rubbish"),
    (Mishap::Swapped, "bytes of others"),
];

/// Departments, and what each customer looks like without Redis.
struct Stand {
    trial: Trial,
    query: String,
    calm: Vec<Value>,
}

/// What came of a row.
struct Row {
    took: Vec<Duration>,
    /// Answers that are not what they are without Redis.
    wrong: usize,
    /// What was wrong with the first of them.
    why: Option<String>,
}

pub async fn shared() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let stand = Stand::begin().await;
    println!("{RATE} questions a second for {} s, each for another customer:\n", ASKED / RATE as usize);
    println!("| Redis | asked | wrong | p50 | p99 | over base | found there | rubbish | kept |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|---|");
    let door = stand.door(None);
    stand.ask(&door, 0..FIRST).await;
    let base = stand.ask(&door, FIRST..FIRST + ASKED).await;
    base.print("none", base.share(0.99), SharedTally::default());
    for (mishap, name) in MISHAPS {
        let (row, tally) = stand.measure(mishap).await;
        row.print(name, base.share(0.99), tally);
    }
}

impl Stand {
    async fn begin() -> Stand {
        let dials = Dials { customers: 2000, latency: LATENCY, ..Dials::default() };
        let trial = Trial::of(Town::start(dials).await.expect("loopback ports"));
        assert!(trial.ids.len() >= FIRST + ASKED, "{} customers are too few", trial.ids.len());
        let query = Trial::question(Which::ALL.into_iter());
        let mut stand = Stand { trial, query, calm: Vec::new() };
        let door = stand.door(None);
        let client = Clients::new(door.address, 1).of(0);
        for number in 0..FIRST + ASKED {
            stand.calm.push(client.calm(stand.body(number)).await);
        }
        stand
    }

    /// A gateway that has never been asked anything, over a Redis or none.
    fn door(&self, redis: Option<u16>) -> Door {
        let mut settings = self.trial.settings();
        settings.cache = c360::cache::Settings::default();
        settings.cache.redis = redis.map(|port| SecretString::from(format!("redis://127.0.0.1:{port}")));
        Door::open(settings)
    }

    fn body(&self, number: usize) -> String {
        json!({ "query": self.query, "variables": { "id": self.trial.ids[number] } }).to_string()
    }

    async fn ask(&self, door: &Door, numbers: std::ops::Range<usize>) -> Row {
        let clients = Clients::new(door.address, 8);
        let length = Duration::from_secs(1) * numbers.len() as u32 / RATE;
        let first = numbers.start;
        let asking = |number: u32| {
            let (client, number) = (clients.of(number), first + number as usize);
            let body = self.body(number);
            async move { (number, client.post(body).await) }
        };
        let mut row = Row { took: Vec::new(), wrong: 0, why: None };
        for (_, time, (number, answer)) in paced(RATE, length, asking).await {
            row.took.push(time);
            let wrong = wrong(answer, &self.calm[number]);
            row.wrong += usize::from(wrong.is_some());
            row.why = row.why.or(wrong);
        }
        row.took.sort_unstable();
        row
    }

    async fn measure(&self, mishap: Mishap) -> (Row, SharedTally) {
        let port = quiet_port();
        let redis = Process::redis(port);
        process::listening(port).await;
        let one = self.door(Some(port));
        until(|| tally(&one).is_up).await;
        self.ask(&one, 0..FIRST + ASKED).await;
        // Whatever still waits to be written.
        sleep(Duration::from_secs(1)).await;
        if mishap == Mishap::Swapped {
            swap(port);
        }
        let wire = Wire::to(port).await;
        let other = self.door(Some(wire.port));
        until(|| tally(&other).is_up).await;
        self.ask(&other, 0..FIRST).await;
        let happening = async {
            sleep(BEFORE).await;
            match mishap {
                Mishap::None | Mishap::Swapped => {}
                Mishap::Killed => return redis.kill(),
                Mishap::Hung => redis.signal("-STOP"),
                Mishap::Slow => wire.is(How::Slow),
                Mishap::Rubbish => wire.is(How::Rubbish),
            }
            // It lives until all is asked.
            sleep(Duration::from_secs(10)).await;
            drop(redis);
        };
        let asking = self.ask(&other, FIRST..FIRST + ASKED);
        let (row, ()) = tokio::join!(asking, happening);
        (row, tally(&other))
    }
}

fn tally(door: &Door) -> SharedTally {
    door.desk.live().now().cache().shared_tally().unwrap_or_default()
}

async fn until(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), waiting).await.expect("it comes up");
}

/// What is wrong with an answer; nothing where it is what it is in calm.
fn wrong(answer: Option<(u16, Bytes)>, calm: &Value) -> Option<String> {
    let Some((status, body)) = answer else { return Some("no answer".to_owned()) };
    let Ok(answer) = serde_json::from_slice::<Value>(&body) else { return Some(format!("{status}, no JSON")) };
    if let Some(errors) = answer.get("errors") {
        return Some(format!("{status}, {}", errors[0]["extensions"]["code"]));
    }
    (status != 200 || answer["data"]["customer"] != *calm).then(|| format!("{status}, another answer"))
}

impl Row {
    /// The time that this share took at most.
    fn share(&self, share: f64) -> Duration {
        self.took[(self.took.len().saturating_sub(1) as f64 * share).round() as usize]
    }

    fn print(&self, name: &str, base: Duration, tally: SharedTally) {
        let (asked, p50, p99) = (self.took.len(), ms(self.share(0.5)), self.share(0.99));
        let more = (p99.as_secs_f64() - base.as_secs_f64()) * 1e3;
        let kept = if self.wrong == 0 && p99 <= base + MORE { "yes" } else { "NO" };
        let (wrong, hits, rubbish) = (self.wrong, tally.hits, tally.rubbish);
        println!("| {name} | {asked} | {wrong} | {p50} | {} | {more:+.1} ms | {hits} | {rubbish} | {kept} |", ms(p99));
        if let Some(why) = &self.why {
            println!("\nthe first that is wrong: {why}\n");
        }
    }
}

/// Gives each record the bytes of another one of the same connector.
fn swap(port: u16) {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}")).expect("an address");
    let mut connection = client.get_connection().expect("it listens");
    let names: Vec<String> = redis::cmd("KEYS").arg("c360:r:*").query(&mut connection).expect("names");
    let mut alike: BTreeMap<Vec<u8>, Vec<(String, Vec<u8>)>> = BTreeMap::new();
    for name in names {
        let fields: BTreeMap<Vec<u8>, Vec<u8>> =
            redis::cmd("HGETALL").arg(&name).query(&mut connection).expect("a hash");
        for (field, value) in fields {
            alike.entry(field).or_default().push((name.clone(), value));
        }
    }
    for (field, held) in alike {
        let others = held.iter().cycle().skip(1);
        for ((name, _), (_, value)) in held.iter().zip(others) {
            redis::cmd("HSET").arg(name).arg(&field).arg(value).exec(&mut connection).expect("it is written");
        }
    }
}

/// A wire to a server, which may become slow or noisy.
struct Wire {
    port: u16,
    how: Arc<AtomicU8>,
    carrying: AbortHandle,
}

#[derive(Clone, Copy)]
enum How {
    Straight,
    Slow,
    Rubbish,
}

impl Wire {
    async fn to(port: u16) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
        let here = listener.local_addr().expect("a bound port has an address").port();
        let how = Arc::new(AtomicU8::new(How::Straight as u8));
        let of_all = how.clone();
        let carrying = tokio::spawn(async move {
            while let Ok((outside, _)) = listener.accept().await {
                tokio::spawn(carry(outside, port, of_all.clone()));
            }
        });
        Wire { port: here, how, carrying: carrying.abort_handle() }
    }

    fn is(&self, how: How) {
        self.how.store(how as u8, Ordering::SeqCst);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}

/// One connection, until either end hangs up.
async fn carry(outside: TcpStream, port: u16, how: Arc<AtomicU8>) {
    let Ok(inside) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let ((mut asks, mut hears), (mut answers, mut takes)) = (outside.into_split(), inside.into_split());
    let back = async {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(read @ 1..) = answers.read(&mut bytes).await {
            let how = how.load(Ordering::SeqCst);
            if how == How::Slow as u8 {
                sleep(SLOW).await;
            } else if how == How::Rubbish as u8 {
                bytes[..read].fill(b'~');
            }
            if hears.write_all(&bytes[..read]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        _ = copy(&mut asks, &mut takes) => {}
        () = back => {}
    }
}
