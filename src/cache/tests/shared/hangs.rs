//! A server that takes what it is sent and says nothing.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::Instant;

use super::super::super::Shared;
use super::server::Server;
use super::{ask, cache, cache_with, found, lane, tally, until};

/// By a clock that only goes on when there is nothing left but to wait: the machine's own slowness is not in it.
#[tokio::test]
async fn no_question_waits_for_it_longer_than_the_budget_which_is_five_milliseconds() {
    let server = Server::start();
    let cache = cache_with(&server.address(), Shared::default());
    until("it connects and listens", || tally(&cache).is_up && tally(&cache).is_listening).await;
    server.signal("-STOP");
    tokio::time::pause();
    let (asked, mut waits) = (AtomicUsize::new(0), Vec::new());
    for number in 0..20 {
        let (id, begun) = (format!("k{number}"), Instant::now());
        assert_eq!(ask(&lane(&cache), 0, &[&id], &found, &asked).await, [format!("\"{id}\" Fresh")]);
        waits.push(begun.elapsed().as_millis());
    }
    tokio::time::resume();
    // The timer goes by whole milliseconds.
    assert!(waits.iter().all(|wait| *wait <= 6), "{waits:?}");
    assert!(waits.iter().filter(|wait| **wait > 0).count() <= 3, "three looks, and it is left alone: {waits:?}");
    assert!(tally(&cache).skipped >= 17, "{:?}", tally(&cache));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_hangs_as_soon_as_it_is_connected_to_is_connected_to_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("redis://{}", listener.local_addr().unwrap());
    let connected = Arc::new(AtomicUsize::new(0));
    let counted = connected.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let counted = counted.clone();
            std::thread::spawn(move || {
                let (mut stream, mut bytes) = (stream, [0; 4096]);
                while let Ok(read @ 1..) = stream.read(&mut bytes) {
                    let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
                    if text.contains("PING") {
                        counted.fetch_add(1, Ordering::SeqCst);
                    } else {
                        // Who it is that connects.
                        let commands = text.lines().filter(|line| line.starts_with('*')).count();
                        stream.write_all("+OK\r\n".repeat(commands).as_bytes()).unwrap();
                    }
                }
            });
        }
    });
    let cache = cache(&address);
    until("it is asked again", || connected.load(Ordering::SeqCst) >= 2).await;
    assert!(!tally(&cache).is_up);
}
