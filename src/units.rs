//! Durations and sizes as people write them in a configuration: `250ms`, `2MiB`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

/// A length of time written as a whole number with its unit: `250ms`, `10s`, `5m`, `2h`, `1d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeSpan(pub Duration);

/// A number of bytes written with its unit: `512B`, `16KiB`, `2MiB`, `1GiB`, or decimal `kB`, `MB`, `GB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(pub u64);

/// Why a text is not an amount of what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// It does not begin with a whole number.
    #[error("expected a whole number and a unit, such as {example}")]
    Number {
        /// What would have been right.
        example: &'static str,
    },
    /// The unit is missing or unknown.
    #[error("expected one of the units {known}, such as {example}")]
    Unit {
        /// All units there are.
        known: &'static str,
        /// What would have been right.
        example: &'static str,
    },
    /// It does not fit into 64 bits.
    #[error("the amount is too large")]
    TooLarge,
}

/// Units in milliseconds, largest first, as they are written back.
const TIME_UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
/// Units in bytes, those that are written back first.
const SIZE_UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
];

impl TimeSpan {
    /// So many seconds.
    pub const fn seconds(seconds: u64) -> TimeSpan {
        TimeSpan(Duration::from_secs(seconds))
    }
}

impl ByteSize {
    /// So many MiB.
    pub const fn mebibytes(mebibytes: u64) -> ByteSize {
        ByteSize(mebibytes << 20)
    }

    /// The number of bytes as a length in memory.
    pub fn bytes(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl FromStr for TimeSpan {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        amount(text, &TIME_UNITS, "d, h, m, s, ms", "250ms").map(|millis| TimeSpan(Duration::from_millis(millis)))
    }
}

impl FromStr for ByteSize {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        amount(text, &SIZE_UNITS, "B, KiB, MiB, GiB, kB, MB, GB", "2MiB").map(ByteSize)
    }
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX), &TIME_UNITS, "0s", out)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self.0, &SIZE_UNITS[..4], "0B", out)
    }
}

impl<'de> Deserialize<'de> for TimeSpan {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_str(Written { example: "250ms" })?.parse().map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_str(Written { example: "2MiB" })?.parse().map_err(de::Error::custom)
    }
}

fn amount(text: &str, units: &[(&str, u64)], known: &'static str, example: &'static str) -> Result<u64, UnitError> {
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits == 0 {
        return Err(UnitError::Number { example });
    }
    let number: u64 = text[..digits].parse().map_err(|_| UnitError::TooLarge)?;
    let unit = text[digits..].trim_start();
    let (_, each) = units.iter().find(|(name, _)| *name == unit).ok_or(UnitError::Unit { known, example })?;
    number.checked_mul(*each).ok_or(UnitError::TooLarge)
}

/// Writes an amount in the largest unit that divides it.
fn show(amount: u64, units: &[(&str, u64)], zero: &str, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    if amount == 0 {
        return out.write_str(zero);
    }
    match units.iter().find(|(_, each)| amount.is_multiple_of(*each)) {
        Some((unit, each)) => write!(out, "{}{unit}", amount / each),
        None => write!(out, "{amount}"),
    }
}

/// Takes text only: a bare number does not say its unit.
struct Written {
    example: &'static str,
}

impl de::Visitor<'_> for Written {
    type Value = String;
    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "text such as \"{}\"", self.example)
    }
    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{ByteSize, TimeSpan};

    fn time(text: &str, expected: &str) {
        let shown = text.parse::<TimeSpan>().map_or_else(|error| error.to_string(), |span| span.to_string());
        assert_eq!(shown, expected, "{text}");
    }

    fn size(text: &str, expected: &str) {
        let shown = text.parse::<ByteSize>().map_or_else(|error| error.to_string(), |size| size.to_string());
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn amounts_are_read_and_written_back() {
        time("250ms", "250ms");
        time(" 10 s ", "10s");
        time("120s", "2m");
        time("0ms", "0s");
        time("48h", "2d");
        size("2MiB", "2MiB");
        size("2048KiB", "2MiB");
        size("1kB", "1000B");
        size("0B", "0B");
    }

    #[test]
    fn a_wrong_amount_says_what_was_expected() {
        time("soon", "expected a whole number and a unit, such as 250ms");
        time("-1s", "expected a whole number and a unit, such as 250ms");
        time("10", "expected one of the units d, h, m, s, ms, such as 250ms");
        time("99999999999999999999d", "the amount is too large");
        time("18446744073709551615d", "the amount is too large");
        size("2mb", "expected one of the units B, KiB, MiB, GiB, kB, MB, GB, such as 2MiB");
        let bare = serde_json::from_str::<TimeSpan>("10").map_err(|error| error.to_string());
        assert_eq!(
            bare,
            Err("invalid type: integer `10`, expected text such as \"250ms\" at line 1 column 2".to_owned())
        );
    }
}
