//! What the cache says that its entries hold, beside what the process grew by.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use c360::cache::{Cache, Claimed, Lane, LaneSpec, Settings};
use c360::catalog::{Freshness, Layout, Node, Scalar, Slot, Ty, TypeId};
use c360::mapping::Value;
use c360::record::{Key, Record, Reply, build};
use c360::units::ByteSize;

use crate::resident_bytes;

/// Entries per size.
const ENTRIES: usize = 100_000;

/// Charged and resident bytes per entry, for records of several sizes: the bound on the cache is one on memory only
/// where the two agree.
pub(crate) fn entries() {
    let mut caches = Vec::new();
    for record_bytes in [0, 200, 2000] {
        let cache = Cache::new(Settings { max_bytes: ByteSize::mebibytes(1024), ..Settings::default() });
        let lane = lane(&cache, record_bytes);
        fill(&lane, 0..ENTRIES / 10, record_bytes);
        let (charged, resident) = (cache.weight(), resident_bytes());
        fill(&lane, ENTRIES / 10..ENTRIES / 10 + ENTRIES, record_bytes);
        let charged = (cache.weight() - charged) as usize / ENTRIES;
        let resident = resident_bytes().saturating_sub(resident) / ENTRIES;
        println!("records of {record_bytes} bytes: {charged} bytes charged per entry, {resident} resident");
        caches.push(cache);
    }
}

/// A lane for records of that size.
pub(crate) fn lane(cache: &Cache, record_bytes: usize) -> Lane {
    let freshness = Freshness { max_age: Some(Duration::from_secs(3600)), ..Freshness::default() };
    let source = record_bytes as u64;
    cache.lane(LaneSpec { definition: 1, source, args: "{}", freshness, connector: "", department: "" })
}

/// Keeps a record under each of the keys `c-0000000` and so on.
pub(crate) fn fill(lane: &Lane, keys: std::ops::Range<usize>, record_bytes: usize) {
    for key in keys {
        let key = Key::from_components([format!("\"c-{key:07}\"").as_bytes()]);
        if let Some(Claimed::Miss(ticket, _)) = lane.claim(SystemTime::now(), &[key]).pop() {
            ticket.settle(reply(record_bytes), SystemTime::now());
        }
    }
}

/// No bytes: that the source does not have the key.
fn reply(bytes: usize) -> Reply {
    if bytes == 0 {
        return Reply::Absent;
    }
    let text = "x".repeat(bytes - "\"\"".len() - size_of::<u32>());
    let element = Value::Object([("name".into(), Value::from(text))].into_iter().collect());
    let record: Record = build(&layout(), &element).record;
    Reply::Found(Arc::new(record))
}

fn layout() -> Layout {
    let ty = Ty::Named { id: TypeId(1), nullable: true };
    let slot = Slot { field: "name".to_owned(), ty, node: Node::Scalar(Scalar::Text), max: None };
    Layout { ty: TypeId(0), slots: vec![slot] }
}
