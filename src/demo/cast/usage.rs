//! What the product itself knows: seats, last visit, a few counts.

use super::TODAY;
use super::moment::Moment;
use super::seed::Seed;

/// A person's use of the product.
#[derive(Clone, Debug)]
pub struct Usage {
    /// Seats paid for.
    pub seats_purchased: i64,
    /// Seats somebody sits on.
    pub seats_used: i64,
    /// Last visit; `None` for somebody who never came.
    pub last_seen: Option<Moment>,
    /// Counts.
    pub metrics: Vec<Metric>,
}

/// One count.
#[derive(Clone, Debug)]
pub struct Metric {
    /// `reports_run`, `api_calls`, `storage_used`, `active_days`.
    pub name: String,
    /// How much, to one digit after the point.
    pub value: f64,
    /// `count`, `GB`, `days`.
    pub unit: String,
    /// `P7D`, `P30D`: the span it is counted over.
    pub period: String,
}

pub(super) fn make(dice: &mut Seed, seats: Option<i64>, never: bool) -> Usage {
    let seats_purchased = seats.unwrap_or_else(|| dice.between(1, 40));
    let metrics = [
        ("reports_run", "count", "P30D", 400),
        ("api_calls", "count", "P7D", 90_000),
        ("storage_used", "GB", "P30D", 900),
        ("active_days", "days", "P30D", 30),
    ];
    let kept = if never { 0 } else { metrics.len() };
    Usage {
        seats_purchased,
        seats_used: if never { 0 } else { dice.between(0, seats_purchased) },
        last_seen: (!never).then(|| TODAY.plus_seconds(-dice.between(60, 40 * 86_400))),
        metrics: metrics
            .iter()
            .take(kept)
            .filter_map(|(name, unit, period, most)| {
                let tenths = dice.between(0, most * 10);
                let whole = *unit != "GB";
                let value = if whole { (tenths / 10) as f64 } else { tenths as f64 / 10.0 };
                (!dice.chance(8)).then(|| Metric {
                    name: (*name).into(),
                    value,
                    unit: (*unit).into(),
                    period: (*period).into(),
                })
            })
            .collect(),
    }
}
