//! Our methods for instants and days. Null stays null.

use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use super::super::held::{Held, View};
use super::super::run::{Run, Scope};
use super::super::shape::Shape;
use super::super::syntax::Call;
use super::{Example, Method};

pub(super) const METHODS: &[Method] = &[
    Method::new(
        "dateTime",
        "Gives RFC 3339 in UTC, of RFC 3339 (also `+0000`, or without zone), of `\"s\"` or `\"ms\"` since 1970, or of a strftime format; a zone may follow.",
        Example(
            r#"{"a": "2026-03-01T10:00:00.000+0100", "b": 1772359200, "c": "01.03.2026 10:00"}"#,
            "a: $.a->dateTime b: $.b->dateTime('s') c: $.c->dateTime('%d.%m.%Y %H:%M', 'Europe/Berlin')",
            r#"{"a": "2026-03-01T09:00:00Z", "b": "2026-03-01T10:00:00Z", "c": "2026-03-01T09:00:00Z"}"#,
        ),
        |run, call, input, scope| {
            if input.is_null() {
                return Some(input);
            }
            let zone = zone(run, call, &input, scope)?;
            let read = read(run, call, &input, scope)?;
            let instant = match read {
                Moment::Instant(instant) => instant,
                Moment::Local(local) => zone.to_timestamp(local).ok()?,
                Moment::Day(day) => zone.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).ok()?,
            };
            if TimeZone::UTC.to_datetime(instant).year() < 0 {
                return run.refuse(call, "found a year before 0, which RFC 3339 cannot write");
            }
            Some(Held::text(instant.to_string()))
        },
    )
    .ours()
    .takes(0, 2)
    .gives(|_, _| Shape::Text),
    Method::new(
        "date",
        "Gives the day as YYYY-MM-DD, of what `dateTime` reads; an instant's day is that of the zone, or of UTC.",
        Example(
            r#"{"a": "2026-03-01T23:30:00Z", "b": "03/01/2026"}"#,
            "a: $.a->date('iso', 'Asia/Tokyo') b: $.b->date('%m/%d/%Y')",
            r#"{"a": "2026-03-02", "b": "2026-03-01"}"#,
        ),
        |run, call, input, scope| {
            if input.is_null() {
                return Some(input);
            }
            let zone = zone(run, call, &input, scope)?;
            let day = match read(run, call, &input, scope)? {
                Moment::Instant(instant) => zone.to_datetime(instant).date(),
                Moment::Local(local) => local.date(),
                Moment::Day(day) => day,
            };
            if day.year() < 0 {
                return run.refuse(call, "found a year before 0");
            }
            Some(Held::text(day.to_string()))
        },
    )
    .ours()
    .takes(0, 2)
    .gives(|_, _| Shape::Text),
    Method::new(
        "epoch",
        "Gives the seconds since 1970, or with `\"ms\"` the milliseconds, of an RFC 3339 text or a day.",
        Example(r#""2026-03-01T10:00:00.5Z""#, "s: $->epoch ms: $->epoch('ms')", r#"{"s": 1772359200, "ms": 1772359200500}"#),
        |run, call, input, scope| {
            if input.is_null() {
                return Some(input);
            }
            let in_ms = match call.args.first() {
                None => false,
                Some(_) => match run.text_arg(call, 0, &input, scope)?.as_ref() {
                    "s" => false,
                    "ms" => true,
                    _ => return run.refuse(call, "knows \"s\" and \"ms\""),
                },
            };
            let instant = written(run, call, &input, &TimeZone::UTC)?.timestamp();
            let count = if in_ms { instant.as_millisecond() } else { instant.as_millisecond().div_euclid(1_000) };
            Some(Held::number(count))
        },
    )
    .ours()
    .takes(0, 1)
    .gives(|_, _| Shape::Int),
    Method::new(
        "formatTime",
        "Writes an RFC 3339 text or a day by a strftime format, in the zone given or UTC, as requests want it.",
        Example(r#""2026-03-01T23:30:00Z""#, "$->formatTime('%d.%m.%Y %H:%M', 'Europe/Berlin')", r#""02.03.2026 00:30""#),
        |run, call, input, scope| {
            if input.is_null() {
                return Some(input);
            }
            let zone = zone(run, call, &input, scope)?;
            let format = run.text_arg(call, 0, &input, scope)?;
            let time = written(run, call, &input, &zone)?;
            // A directive may ask for a width of 255.
            run.work_text(format.len().saturating_mul(128))?;
            match strtime::format(format.as_bytes(), &time) {
                Ok(text) => Some(Held::text(text)),
                Err(_) => run.refuse(call, "has a format that cannot be written"),
            }
        },
    )
    .ours()
    .takes(1, 2)
    .gives(|_, _| Shape::Text),
];

/// What a text says of time, in a zone; a text without zone is of that zone.
fn written<'v>(run: &mut Run<'v, '_>, call: &Call, input: &Held<'v>, zone: &TimeZone) -> Option<ZonedDateTime> {
    let Some(text) = input.as_text() else {
        return run.refuse_input(call, "a string", input);
    };
    let zoned = match iso(text.trim()) {
        Some(Moment::Instant(instant)) => Some(instant.to_zoned_datetime(zone.clone())),
        Some(Moment::Local(local)) => local.to_zoned_datetime(zone.clone()).ok(),
        Some(Moment::Day(day)) => day.to_zoned_datetime(zone.clone()).ok(),
        None => None,
    };
    match zoned {
        Some(zoned) => Some(zoned),
        None => run.refuse(call, "found a string that is no time of this form"),
    }
}

/// What a text or a number says of time.
enum Moment {
    Instant(Timestamp),
    /// A date and a time of day, somewhere.
    Local(DateTime),
    Day(Date),
}

fn zone<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: &Held<'v>, scope: Scope<'_, 'v>) -> Option<TimeZone> {
    if call.args.len() < 2 {
        return Some(TimeZone::UTC);
    }
    let name = run.text_arg(call, 1, input, scope)?;
    match TimeZone::get(&name) {
        Ok(zone) => Some(zone),
        Err(_) => run.refuse(call, format!("knows no time zone {name:?}")),
    }
}

fn read<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: &Held<'v>, scope: Scope<'_, 'v>) -> Option<Moment> {
    let format = match call.args.first() {
        Some(_) => run.text_arg(call, 0, input, scope)?,
        None => "iso".into(),
    };
    let moment = match &*format {
        "s" => since_1970(input, 1_000),
        "ms" => since_1970(input, 1),
        "iso" => input.as_text().and_then(|text| iso(text.trim())),
        format if format.contains('%') => input.as_text().and_then(|text| by_format(format, text.trim())),
        _ => {
            return run.refuse(call, "knows \"s\", \"ms\", \"iso\" and strftime formats, which contain %");
        }
    };
    match moment {
        Some(moment) => Some(moment),
        None if matches!(input.view(), View::Number(_)) => {
            run.refuse(call, "found a number that is no time: is it \"s\" or \"ms\"?")
        }
        None => run.refuse(call, format!("found {} that is no time of this form", input.kind())),
    }
}

/// A number, or digits, that count `ms_each` milliseconds since 1970.
fn since_1970(input: &Held<'_>, ms_each: i64) -> Option<Moment> {
    let float = |float: f64| {
        let ms = (float * ms_each as f64).round();
        (ms.abs() < 9.0e15).then_some(ms as i64)
    };
    let ms = match input.view() {
        View::Number(number) => match number.as_i64() {
            Some(count) => count.checked_mul(ms_each),
            None => number.as_f64().and_then(float),
        },
        View::Text(text) => match text.trim().parse::<i64>() {
            Ok(count) => count.checked_mul(ms_each),
            Err(_) => text.trim().parse::<f64>().ok().and_then(float),
        },
        _ => None,
    };
    Timestamp::from_millisecond(ms?).ok().map(Moment::Instant)
}

fn iso(text: &str) -> Option<Moment> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(Moment::Instant(instant));
    }
    // A text with an offset that is none must not be taken for one without.
    let local = text.len() <= 10 || text[10..].bytes().all(|byte| byte.is_ascii_digit() || b"T :.,t".contains(&byte));
    if !local {
        return None;
    }
    if text.len() == 10 {
        return text.parse::<Date>().ok().map(Moment::Day);
    }
    text.parse::<DateTime>().ok().map(Moment::Local)
}

fn by_format(format: &str, text: &str) -> Option<Moment> {
    let parsed = strtime::parse(format, text).ok()?;
    if let Ok(instant) = parsed.to_timestamp() {
        return Some(Moment::Instant(instant));
    }
    if parsed.hour().is_some() {
        return parsed.to_datetime().ok().map(Moment::Local);
    }
    parsed.to_date().ok().map(Moment::Day)
}
