//! What the product knows.

use c360::demo::cast::Cast;

use super::{Fields, Holding};
use crate::differential::held::{Held, float, int, object, origin, text, time};

pub(super) const HOLDINGS: &[Holding] = &[Holding {
    name: "productUsage",
    ty: "Customer",
    department: "usage",
    fields: &["usage"],
    after: None,
    look: usage,
}];

fn usage(cast: &Cast, key: &str) -> Fields {
    let usage = cast.person(key)?.usage.as_ref()?;
    let metrics = usage.metrics.iter().map(|metric| {
        let fields = [
            ("name", text(metric.name.as_str())),
            ("value", float(metric.value)),
            ("unit", text(metric.unit.as_str())),
            ("period", text(metric.period.as_str())),
            ("origin", origin("usage", &metric.name, None)),
        ];
        object("UsageMetric", fields)
    });
    let fields = [
        ("seatsPurchased", int(usage.seats_purchased)),
        ("seatsUsed", int(usage.seats_used)),
        ("lastSeenAt", time(usage.last_seen)),
        ("metrics", Held::List(metrics.collect())),
        ("origin", origin("usage", key, None)),
    ];
    Some(vec![("usage", object("Usage", fields))])
}
