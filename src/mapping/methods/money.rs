//! Our method for amounts of money: decimal digits are moved, never counted in doubles.

use std::borrow::Cow;

use super::super::held::{Held, View};
use super::super::run::{Run, Scope};
use super::super::shape::Shape;
use super::super::syntax::Call;
use super::{Example, Method};

pub(super) const METHODS: &[Method] = &[
    Method::new(
        "money",
        "Gives `{ amount, currency }` of a number or decimal string in \"major\" (the default) or \"minor\" units of the currency.",
        Example(
            r#"{"cents": 1999, "price": "12.5", "yen": 500}"#,
            "a: $.cents->money('usd', 'minor') b: $.price->money('EUR') c: $.yen->money('JPY', 'minor')",
            r#"{"a": {"amount": "19.99", "currency": "USD"}, "b": {"amount": "12.50", "currency": "EUR"}, "c": {"amount": "500", "currency": "JPY"}}"#,
        ),
        money,
    )
    .ours()
    .takes(1, 2)
    .gives(|_, _| Shape::object([("amount", Shape::Text), ("currency", Shape::Text)])),
    Method::new(
        "toMinor",
        "Gives an amount in major units of a currency as a whole number of minor ones, as requests want it.",
        Example(r#"{"eur": "12.5", "jpy": 500}"#, "e: $.eur->toMinor('EUR') j: $.jpy->toMinor('JPY')", {
            r#"{"e": 1250, "j": 500}"#
        }),
        to_minor,
    )
    .ours()
    .takes(1, 1)
    .gives(|_, _| Shape::Int),
];

/// ISO 4217: currencies whose minor unit is not a hundredth.
const NO_MINOR: [&str; 17] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
    "XPF",
];
const THOUSANDTHS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
const TEN_THOUSANDTHS: [&str; 2] = ["CLF", "UYW"];

/// How many decimal digits a currency's amounts have.
fn exponent(currency: &str) -> i32 {
    match currency {
        _ if NO_MINOR.contains(&currency) => 0,
        _ if THOUSANDTHS.contains(&currency) => 3,
        _ if TEN_THOUSANDTHS.contains(&currency) => 4,
        _ => 2,
    }
}

fn money<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    if input.is_null() {
        return Some(input);
    }
    let currency = currency(run, call, &input, scope)?;
    let digits = exponent(&currency);
    let shift = match call.args.get(1) {
        None => 0,
        Some(_) => match run.text_arg(call, 1, &input, scope)?.as_ref() {
            "major" => 0,
            "minor" => digits,
            _ => return run.refuse(call, "knows \"major\" and \"minor\" units"),
        },
    };
    let written = amount(run, call, &input)?;
    match shifted(written.trim(), shift, digits) {
        Some(amount) => {
            Some(Held::object(vec![("amount".into(), Held::text(amount)), ("currency".into(), Held::text(currency))]))
        }
        None => run.refuse(call, "found no decimal number"),
    }
}

fn to_minor<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    if input.is_null() {
        return Some(input);
    }
    let currency = currency(run, call, &input, scope)?;
    let written = amount(run, call, &input)?;
    let Some(minor) = shifted(written.trim(), -exponent(&currency), 0) else {
        return run.refuse(call, "found no decimal number");
    };
    match minor.parse::<i64>() {
        Ok(minor) => Some(Held::number(minor)),
        Err(_) => run.refuse(call, "found more digits than the currency or 64 bits have"),
    }
}

/// The currency that the first argument names, in capitals.
fn currency<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: &Held<'v>, scope: Scope<'_, 'v>) -> Option<String> {
    let currency = run.text_arg(call, 0, input, scope)?.trim().to_ascii_uppercase();
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return run.refuse(call, "needs a currency code of three letters");
    }
    Some(currency)
}

fn amount<'v>(run: &mut Run<'v, '_>, call: &Call, input: &Held<'v>) -> Option<Cow<'v, str>> {
    if !matches!(input.view(), View::Number(_) | View::Text(_)) {
        return run.refuse_input(call, "a number or a decimal string", input);
    }
    run.scalar_text(input)
}

/// A decimal number with its point moved `shift` places to the left, written with at least `least` decimals.
/// Further digits are kept where they are not zero: unit prices have fractions of a cent.
pub(super) fn shifted(written: &str, shift: i32, least: i32) -> Option<String> {
    let (sign, unsigned) = match written.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", written.strip_prefix('+').unwrap_or(written)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let decimal = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !decimal(whole) || !decimal(fraction) || whole.len() + fraction.len() == 0 {
        return None;
    }
    if mantissa.len() > 40 || exponent.abs() > 40 {
        return None;
    }
    // The point stands before the last `decimals` of `digits`.
    let mut digits = format!("{whole}{fraction}");
    let mut decimals = i32::try_from(fraction.len()).ok()? - exponent + shift;
    while decimals < least {
        digits.push('0');
        decimals += 1;
    }
    while decimals > least && digits.ends_with('0') {
        digits.pop();
        decimals -= 1;
    }
    let decimals = usize::try_from(decimals).ok()?;
    let padded = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, fraction) = padded.split_at(padded.len() - decimals);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let nothing = whole == "0" && fraction.bytes().all(|digit| digit == b'0');
    let sign = if nothing { "" } else { sign };
    Some(if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}
