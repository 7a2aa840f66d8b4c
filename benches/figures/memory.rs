//! What cached whole views cost in memory, beside the bytes of their answers.

use std::sync::Arc;
use std::time::Instant;

use c360::demo::{Dials, Town};
use c360::gateway::Gateway;

use serde_json::json;

use crate::{ask, resident_bytes, shipped, whole};

/// How many whole views are kept.
const VIEWS: usize = 10_000;
/// How many more are asked before, through a gateway that keeps nothing, so that what the departments, connections and
/// the allocator take once is there before it is counted.
const WARM_UP: usize = 500;
/// Customers per request: as many as one batch takes in most departments.
const AT_ONCE: usize = 100;

/// Resident growth for cached whole views, divided by the bytes of their answers.
pub(crate) async fn memory() {
    let town = Town::start(Dials { customers: VIEWS + WARM_UP, ..Dials::default() }).await.expect("loopback ports");
    let keeps_nothing = shipped(&town, 0).gateway;
    let query = format!("query($ids: [ID!]!) {{ customers(ids: $ids) {} }}", whole::selection(&keeps_nothing).await);
    let ids: Vec<&str> = town.cast().persons.iter().map(|person| person.id.as_str()).collect();
    let (cold, warm) = ids.split_at(VIEWS);
    views(&keeps_nothing, warm, &query).await;
    let keeps = shipped(&town, 1024);
    views(&keeps.gateway, &warm[..AT_ONCE], &query).await;

    let before = resident_bytes();
    let started = Instant::now();
    let answered = views(&keeps.gateway, cold, &query).await;
    let took = started.elapsed();
    let weighed = keeps.cache.weight();
    let growth = resident_bytes().saturating_sub(before);

    let started = Instant::now();
    let again = views(&keeps.gateway, cold, &query).await;
    let mebibytes = |bytes: usize| bytes as f64 / (1 << 20) as f64;
    println!(
        "{VIEWS} whole views, asked in {:.0} s, again in {:.1} s: {:.1} MiB answered, {:.1} MiB of resident growth, \
         ratio {:.2} (promised: at most 1.3); the cache says it holds {:.1} MiB",
        took.as_secs_f64(),
        started.elapsed().as_secs_f64(),
        mebibytes(answered),
        mebibytes(growth),
        growth as f64 / answered as f64,
        mebibytes(weighed as usize),
    );
    assert_eq!(answered, again, "what is asked again is answered alike");
}

/// Asks for whole views and says how many bytes they are.
async fn views(gateway: &Arc<Gateway>, ids: &[&str], query: &str) -> usize {
    let mut bytes = 0;
    for ids in ids.chunks(AT_ONCE) {
        let variables = serde_json::value::to_raw_value(&json!({ "ids": ids })).expect("ids are JSON");
        let answer = ask(gateway, query, Some(variables)).await;
        assert!(!answer.windows(9).any(|window| window == b"\"errors\":"), "{}", String::from_utf8_lossy(&answer));
        bytes += answer.len() - "{\"data\":{\"customers\":[]}}".len();
    }
    bytes
}
