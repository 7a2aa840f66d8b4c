//! The server becomes another one's replica, and the same address answers that it may only be read.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::super::super::Target;
use super::super::{key, see};
use super::server::Server;
use super::{ask, found, lane, ready, tally, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_may_only_be_read_is_left_alone_until_it_may_be_written() {
    let server = Server::start();
    let (one, other) = (ready(&server.address()).await, ready(&server.address()).await);
    let asked = AtomicUsize::new(0);
    ask(&lane(&one), 0, &["ann"], &found, &asked).await;
    until("it is written", || tally(&one).written == 1).await;
    // Of a master that nobody answers for; what it holds may still be read.
    server.say(&[b"REPLICAOF", b"127.0.0.1", b"1"]);
    let refused = server.say(&[b"SET", b"a", b"b"]);
    assert!(refused.starts_with(b"-READONLY"), "{}", String::from_utf8_lossy(&refused));
    for name in ["bob", "cid", "dan"] {
        assert_eq!(
            ask(&lane(&one), 0, &[name], &found, &asked).await,
            [format!("\"{name}\" Fresh")],
            "no answer fails"
        );
    }
    assert_eq!(asked.load(Ordering::SeqCst), 4);
    until("it is left alone", || !tally(&one).is_up).await;
    assert!(tally(&one).errors >= 1);
    // What is forgotten meanwhile is told as soon as it can be, and until then nothing is read from there.
    one.forget(Target::Key { definition: 7, key: &key("ann") });
    assert!(!one.told(Duration::from_millis(50)).await);
    assert_eq!(ask(&lane(&one), 0, &["ann"], &found, &asked).await, [r#""ann" Fresh"#]);
    server.say(&[b"REPLICAOF", b"NO", b"ONE"]);
    assert!(one.told(Duration::from_secs(10)).await);
    for cache in [&one, &other] {
        until("it is used again", || tally(cache).is_up && tally(cache).is_listening).await;
    }
    until("the other hears it", || see(&lane(&other), 1, "ann") == "miss").await;
    let written = tally(&one).written;
    ask(&lane(&one), 0, &["eve"], &found, &asked).await;
    until("it is written to", || tally(&one).written > written).await;
    assert_eq!(ask(&lane(&other), 5, &["eve"], &found, &asked).await, [r#""eve" Cached"#]);
}
