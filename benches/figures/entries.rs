//! What the cache says that its entries hold, beside what the process grew by.

use std::time::{Duration, SystemTime};

use c360::cache::{Cache, Claimed, Lane, LaneSpec, Settings};
use c360::catalog::{Freshness, Layout, Node, Scalar, Slot, Ty, TypeId};
use c360::mapping::Value;
use c360::record::{Key, Record, Reply, build};
use c360::units::ByteSize;

use crate::resident_bytes;

/// Entries per size.
const ENTRIES: usize = 100_000;

/// Charged and resident bytes per entry, for records of several sizes, one and five of an entity: the bound on the cache is
/// one on memory only where the two agree.
pub(crate) fn entries() {
    let mut caches = Vec::new();
    for (record_bytes, connectors) in [(0, 1), (200, 1), (2000, 1), (0, 5), (200, 5), (600, 5), (2000, 5)] {
        let cache = Cache::new(Settings { max_bytes: ByteSize::mebibytes(1024), ..Settings::default() });
        let lanes: Vec<_> = (0..connectors).map(|connector| lane_of(&cache, connector)).collect();
        let entities = ENTRIES / lanes.len();
        // As views are asked for: all of one entity, then the next.
        let fill = |entities: std::ops::Range<usize>| {
            entities.for_each(|entity| lanes.iter().for_each(|lane| fill(lane, entity..entity + 1, record_bytes)));
        };
        fill(0..entities / 10);
        let (charged, resident) = (cache.weight(), resident_bytes());
        fill(entities / 10..entities / 10 + entities);
        let charged = (cache.weight() - charged) as usize / ENTRIES;
        let resident = resident_bytes().saturating_sub(resident) / ENTRIES;
        println!(
            "records of {record_bytes} bytes, {connectors} of an entity: {charged} bytes charged per entry, {resident} resident"
        );
        caches.push(cache);
    }
}

/// A lane for records.
pub(crate) fn lane(cache: &Cache) -> Lane {
    lane_of(cache, 1)
}

fn lane_of(cache: &Cache, definition: u64) -> Lane {
    let freshness = Freshness { max_age: Some(Duration::from_secs(3600)), ..Freshness::default() };
    cache.lane(LaneSpec { definition, source: 1, args: "{}", freshness, connector: "", department: "" })
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
    // Beside the text: where its slot ends, and what is known of the whole.
    let text = "x".repeat(bytes - "\"\"".len() - size_of::<u16>() - size_of::<u8>());
    let element = Value::Object([("name".into(), Value::from(text))].into_iter().collect());
    let record: Record = build(&layout(), &element).record;
    Reply::Found(record)
}

fn layout() -> Layout {
    let ty = Ty::Named { id: TypeId(1), nullable: true };
    let slot = Slot { field: "name".to_owned(), ty, node: Node::Scalar(Scalar::Text), max: None };
    Layout { ty: TypeId(0), slots: vec![slot] }
}
