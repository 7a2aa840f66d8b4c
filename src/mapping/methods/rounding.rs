//! Our methods on single numbers; decimal digits are counted as they are written, not in doubles. Null stays null.

use serde_json::Number;

use super::super::held::{Held, View};
use super::super::run::{Run, Scope};
use super::super::shape::Shape;
use super::super::syntax::Call;
use super::lists::whole;
use super::money::shifted;
use super::numbers::{as_int, int};
use super::{Example, Method, RunMethod};

/// How many decimal digits may be asked for.
const MAX_PLACES: i64 = 15;

pub(super) const METHODS: &[Method] = &[
    number("abs", "Gives the number without its sign.", Example("-5", "$->abs", "5"), |run, call, input, _| {
        on_number(run, call, input, |number| match as_int(number) {
            Some(whole) => int(whole.abs()),
            None => Number::from_f64(number.as_f64()?.abs()),
        })
    })
    .gives(|input, _| if *input == Shape::Int { Shape::Int } else { Shape::Float }),
    number(
        "floor",
        "Gives the greatest whole number that is not greater.",
        Example("-2.5", "$->floor", "-3"),
        |run, call, input, _| on_number(run, call, input, |number| to_whole(number, f64::floor)),
    ),
    number(
        "ceil",
        "Gives the least whole number that is not less.",
        Example("-2.5", "$->ceil", "-2"),
        |run, call, input, _| on_number(run, call, input, |number| to_whole(number, f64::ceil)),
    ),
    number(
        "round",
        "Gives the nearest number of so many decimal digits (none, or up to 15), halves away from zero.",
        Example("2.675", "whole: $->round cents: $->round(2)", r#"{"whole": 3, "cents": 2.68}"#),
        |run, call, input, scope| {
            let places = places(run, call, &input, scope)?;
            on_number(run, call, input, |number| match (as_int(number), places) {
                (Some(_), _) => Some(number.clone()),
                (None, None) => to_whole(number, f64::round),
                // A number too large or too small to be written out has no such digits to lose.
                (None, Some(places)) => match rounded(&number.to_string(), places) {
                    Some(text) => Number::from_f64(text.parse().ok()?),
                    None if number.as_f64()?.abs() < 1.0 => Number::from_f64(0.0),
                    None => Some(number.clone()),
                },
            })
        },
    )
    .takes(0, 1)
    .gives(|input, args| if args.is_empty() || *input == Shape::Int { Shape::Int } else { Shape::Float }),
    Method::new(
        "decimal",
        "Writes a number or decimal string as plain decimal digits; rounded, halves away from zero, to so many after the point if said.",
        Example(r#"{"a": 1.5e3, "b": "0012.345"}"#, "a: $.a->decimal b: $.b->decimal(2)", r#"{"a": "1500", "b": "12.35"}"#),
        |run, call, input, scope| {
            let places = places(run, call, &input, scope)?;
            if input.is_null() {
                return Some(input);
            }
            if !matches!(input.view(), View::Number(_) | View::Text(_)) {
                return run.refuse_input(call, "a number or a decimal string", &input);
            }
            let written = run.scalar_text(&input)?;
            run.work_text(written.len())?;
            let made = match places {
                Some(places) => rounded(written.trim(), places),
                None => shifted(written.trim(), 0, 0),
            };
            match made {
                Some(made) => Some(Held::text(made)),
                None => run.refuse(call, "found no decimal number"),
            }
        },
    )
    .ours()
    .takes(0, 1)
    .gives(|_, _| Shape::Text),
];

const fn number(name: &'static str, doc: &'static str, example: Example, run: RunMethod) -> Method {
    Method::new(name, doc, example, run).ours().gives(|_, _| Shape::Int)
}

fn on_number<'v>(
    run: &mut Run<'v, '_>,
    call: &Call,
    input: Held<'v>,
    change: impl FnOnce(&Number) -> Option<Number>,
) -> Option<Held<'v>> {
    let made = match input.view() {
        View::Null => return Some(input),
        View::Number(number) => change(number),
        _ => return run.refuse_input(call, "a number", &input),
    };
    match made {
        Some(made) => Some(Held::number(made)),
        None => run.refuse(call, "has no result of 64 bits"),
    }
}

fn to_whole(number: &Number, turn: fn(f64) -> f64) -> Option<Number> {
    if as_int(number).is_some() {
        return Some(number.clone());
    }
    let whole = turn(number.as_f64()?);
    // Beyond this a double has no fraction, and is no 64-bit number that it was meant to be.
    (whole.abs() < 9.2e18).then(|| Number::from(whole as i64))
}

/// How many decimal digits are wanted, if that is said.
fn places<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: &Held<'v>, scope: Scope<'_, 'v>) -> Option<Option<usize>> {
    if call.args.is_empty() {
        return Some(None);
    }
    let wanted = run.arg(call, 0, input, scope)?;
    match whole(&wanted).filter(|wanted| (0..=MAX_PLACES).contains(wanted)) {
        Some(wanted) => Some(usize::try_from(wanted).ok()),
        None => run.refuse(call, format!("needs a whole number of digits, from 0 to {MAX_PLACES}")),
    }
}

/// A decimal number with exactly `places` digits after its point, halves away from zero.
fn rounded(written: &str, places: usize) -> Option<String> {
    let plain = shifted(written, 0, i32::try_from(places).ok()?)?;
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    if fraction.len() <= places {
        return Some(plain);
    }
    let (kept, cut) = fraction.split_at(places);
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", whole),
    };
    let mut digits: Vec<u8> = digits.bytes().chain(kept.bytes()).collect();
    if cut.as_bytes().first().is_some_and(|first| *first >= b'5') {
        let nines = digits.iter().rev().take_while(|digit| **digit == b'9').count();
        let turning = digits.len() - nines;
        digits[turning..].fill(b'0');
        match turning.checked_sub(1) {
            Some(at) => digits[at] += 1,
            None => digits.insert(0, b'1'),
        }
    }
    let digits = String::from_utf8(digits).ok()?;
    let sign = if digits.bytes().all(|digit| digit == b'0') { "" } else { sign };
    let (whole, kept) = digits.split_at(digits.len() - places);
    Some(if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{kept}") })
}
