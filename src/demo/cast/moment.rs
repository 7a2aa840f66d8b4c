//! Time in the cast: whole seconds and whole days, and the ways vendors write them.

use jiff::Timestamp;

/// A point in time: whole seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

/// A calendar day: whole days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i64);

const DAY_SECONDS: i64 = 86_400;

impl Moment {
    /// The same time of day, `days` days earlier (later when negative).
    pub const fn days_ago(self, days: i64) -> Self {
        Self(self.0 - days * DAY_SECONDS)
    }

    /// `seconds` later (earlier when negative).
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0 + seconds)
    }

    /// Milliseconds since 1970, as HubSpot's older interfaces and the product service write time.
    pub const fn millis(self) -> i64 {
        self.0 * 1000
    }

    /// The UTC day it falls on.
    pub const fn day(self) -> Day {
        Day(self.0.div_euclid(DAY_SECONDS))
    }

    /// `2026-01-31T09:30:00Z`
    pub fn iso(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%SZ")
    }

    /// `2026-01-31T09:30:00.000Z`, as HubSpot writes it.
    pub fn iso_millis(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S.000Z")
    }

    /// `2026-01-31T09:30:00.000+0000`, as Salesforce writes it; not RFC 3339.
    pub fn offset_millis(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S.000+0000")
    }

    fn format(self, pattern: &str) -> String {
        Timestamp::from_second(self.0)
            .expect("the cast lives within a few years of today")
            .strftime(pattern)
            .to_string()
    }
}

impl Day {
    /// `2026-01-31`
    pub fn iso(self) -> String {
        self.start().format("%Y-%m-%d")
    }

    /// Midnight UTC at which the day starts.
    pub const fn start(self) -> Moment {
        Moment(self.0 * DAY_SECONDS)
    }

    /// `days` later (earlier when negative).
    pub const fn plus(self, days: i64) -> Self {
        Self(self.0 + days)
    }
}
