//! Clients that dribble, twenty of each kind: promised is that each is cut within 15 s, and that health is answered within
//! 50 ms meanwhile.

use std::time::{Duration, Instant};

use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::overload::health;
use super::trial::{Door, Trial, ms};
use crate::door::request;

/// Of each kind.
const CLIENTS: usize = 20;
/// When one is said not to have been cut.
const PATIENCE: Duration = Duration::from_secs(20);
/// A question with a long answer that asks nobody.
const LONG: &str = "{ __schema { types { name description fields { name description type { name kind } } } } }";
/// Between two bytes.
const PAUSE: Duration = Duration::from_millis(200);

/// A way of being slow.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Silent,
    Headers,
    Body,
    Preface,
    Unread,
}

pub async fn slow() {
    let trial = Trial::begin().await;
    let door = Door::open(trial.settings());
    println!("{CLIENTS} clients of each kind at once, with the settings that come with the gateway:\n");
    println!("| kind | first cut after | last cut after | never cut |");
    println!("|---|--:|--:|--:|");
    let kinds = [Kind::Silent, Kind::Headers, Kind::Body, Kind::Preface, Kind::Unread];
    let variables = RawValue::from_string("{}".to_owned()).expect("an empty object is JSON");
    let whole = request(LONG, &variables);
    let mut clients = JoinSet::new();
    for kind in kinds {
        for _ in 0..CLIENTS {
            let (address, whole) = (door.address, whole.clone());
            clients.spawn(async move { (kind as usize, cut(kind, address, whole).await) });
        }
    }
    let (slowest, cuts) = tokio::join!(health(&door, Duration::from_secs(14)), clients.join_all());
    for kind in kinds {
        let of_kind = || cuts.iter().filter(|(of, _)| *of == kind as usize).map(|(_, cut)| *cut);
        let (first, last) = (of_kind().flatten().min(), of_kind().flatten().max());
        let never = of_kind().filter(Option::is_none).count();
        println!("| {kind:?} | {} | {} | {never} |", ms(first.unwrap_or_default()), ms(last.unwrap_or_default()));
    }
    println!("\nhealth, slowest meanwhile: {}", ms(slowest));
}

/// How long it took until the door was closed to it.
async fn cut(kind: Kind, address: std::net::SocketAddr, whole: Vec<u8>) -> Option<Duration> {
    let mut stream = TcpStream::connect(address).await.expect("the door is open");
    let begun = Instant::now();
    let start: &[u8] = match kind {
        Kind::Silent | Kind::Unread => b"",
        Kind::Headers => b"POST /graphql HTTP/1.1\r\nhost: localhost\r\nx-slow: ",
        Kind::Body => {
            b"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9000\r\n\r\n"
        }
        Kind::Preface => b"PRI * HTTP/2.0\r\n",
    };
    stream.write_all(start).await.ok()?;
    let (mut reader, mut writer) = stream.into_split();
    let ended = match kind {
        Kind::Unread => {
            // Asks and asks, and reads nothing: once its answers find no room, nothing it says is read either.
            let asking = async { while writer.write_all(&whole).await.is_ok() {} };
            timeout(PATIENCE, asking).await
        }
        _ => {
            let dribbling = tokio::spawn(async move {
                while !matches!(kind, Kind::Silent | Kind::Preface) && writer.write_all(b"x").await.is_ok() {
                    sleep(PAUSE).await;
                }
                // The connection stays open from this side.
                sleep(PATIENCE).await;
                drop(writer);
            });
            let mut said = Vec::new();
            let ended = timeout(PATIENCE, reader.read_to_end(&mut said)).await.map(drop);
            dribbling.abort();
            ended
        }
    };
    ended.is_ok().then(|| begun.elapsed())
}
