//! Notices: one gateway acts on each, and where that cannot be said nobody waits for long.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::time::sleep;

use super::super::super::{Cache, Settings};
use super::ready;
use super::server::Server;

const LONG: Duration = Duration::from_secs(600);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_is_one_gateways_until_it_gives_it_back_or_its_time_is_over() {
    let server = Server::start();
    let (one, other) = (ready(&server.address()).await, ready(&server.address()).await);
    let notice = [&b"billing"[..], b"a signature"];
    assert_eq!(one.take_on(&notice, LONG).await, Some(true));
    assert_eq!((other.take_on(&notice, LONG).await, one.take_on(&notice, LONG).await), (Some(false), Some(false)));
    assert_eq!(
        other.take_on(&[b"crm", notice[1]], LONG).await,
        Some(true),
        "what another vendor tells is another notice"
    );
    assert_eq!(other.take_on(&[b"billinga", b" signature"], LONG).await, Some(true));
    assert!(one.give_back(&notice).await);
    assert_eq!(other.take_on(&notice, Duration::from_millis(50)).await, Some(true));
    sleep(Duration::from_millis(100)).await;
    assert_eq!(one.take_on(&notice, Duration::from_millis(300)).await, Some(true));
    assert!(one.keep_taken(&notice, LONG).await);
    sleep(Duration::from_millis(400)).await;
    assert_eq!(other.take_on(&notice, LONG).await, Some(false), "it was kept for longer");
    // Names say nothing of it, and none stays for ever.
    let names = server.names_like("c360:");
    assert!(!names.iter().any(|name| name.contains("billing") || name.contains("signature")), "{names:?}");
    let notices = server.names_like("c360:h:");
    assert_eq!(notices.len(), 3, "{notices:?}");
    for name in notices {
        let left = String::from_utf8(server.say(&[b"PTTL", name.as_bytes()])).unwrap();
        assert!(left.trim().trim_start_matches(':').parse::<u64>().is_ok_and(|left| left <= 600_000), "{left}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_take_a_notice_at_once_one_has_it() {
    let server = Server::start();
    let (one, other) = (ready(&server.address()).await, ready(&server.address()).await);
    for round in 0..20_u32 {
        let signature = round.to_le_bytes();
        let notice = [&b"billing"[..], &signature];
        let takes = (0..8).map(|turn| [&one, &other][turn % 2].take_on(&notice, LONG));
        let taken: Vec<_> = join_all(takes).await;
        assert_eq!(taken.iter().filter(|taken| **taken == Some(true)).count(), 1, "{taken:?}");
        assert!(taken.iter().all(Option::is_some), "{taken:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_answers_nothing_is_said_and_nobody_waits_for_long() {
    let alone = Cache::new(Settings::default());
    assert_eq!(alone.take_on(&[b"billing", b"s"], LONG).await, None);
    let mut server = Server::start();
    let cache = ready(&server.address()).await;
    server.signal("-STOP");
    let begun = Instant::now();
    assert_eq!(cache.take_on(&[b"billing", b"s"], LONG).await, None);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    server.signal("-CONT");
    server.kill();
    let begun = Instant::now();
    assert_eq!(cache.take_on(&[b"billing", b"t"], LONG).await, None);
    assert!(!cache.give_back(&[b"billing", b"t"]).await);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
