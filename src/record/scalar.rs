//! Values checked against the contract's scalars and written as JSON.

use jiff::Timestamp;

use crate::catalog::Scalar;
use crate::mapping::Value;

/// Appends `value` as JSON of the scalar's kind. False, with nothing appended, where it does not fit.
pub(super) fn write_scalar(scalar: Scalar, value: &Value<'_>, out: &mut Vec<u8>) -> bool {
    match (scalar, value) {
        (Scalar::Id | Scalar::Text, Value::Text(_)) | (Scalar::Boolean, Value::Bool(_)) | (Scalar::Other, _) => {
            value.write(out)
        }
        (Scalar::Id, Value::Number(number)) if number.is_i64() || number.is_u64() => quoted(&number.to_string(), out),
        (Scalar::Int, Value::Number(number)) => return write_int(number, out),
        (Scalar::Float, Value::Number(number)) if number.as_f64().is_some_and(f64::is_finite) => value.write(out),
        (Scalar::DateTime, Value::Text(text)) => return write_date_time(text, out),
        (Scalar::Date, Value::Text(text)) if is_date(text.as_bytes()) => quoted(text, out),
        (Scalar::Decimal, Value::Text(text)) if is_decimal(text) => quoted(text, out),
        (Scalar::Decimal, Value::Number(number)) => {
            let text = number.to_string();
            if !is_decimal(&text) {
                return false;
            }
            quoted(&text, out);
        }
        _ => return false,
    }
    true
}

/// Whole numbers within 32 bits; `3.0` counts as 3, as the specification's result coercion allows.
fn write_int(number: &serde_json::Number, out: &mut Vec<u8>) -> bool {
    let whole = number
        .as_i64()
        .or_else(|| number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() <= f64::from(i32::MAX)).map(|f| f as i64));
    match whole.and_then(|whole| i32::try_from(whole).ok()) {
        Some(whole) => {
            out.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes());
            true
        }
        None => false,
    }
}

/// RFC 3339, written in UTC. Text in UTC already is copied; an offset is taken into account.
fn write_date_time(text: &str, out: &mut Vec<u8>) -> bool {
    let utc = text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T');
    match text.parse::<Timestamp>() {
        Ok(_) if utc => quoted(text, out),
        Ok(instant) => quoted(&instant.to_string(), out),
        Err(_) => return false,
    }
    true
}

fn is_date(text: &[u8]) -> bool {
    text.len() == 10 && std::str::from_utf8(text).is_ok_and(|text| text.parse::<jiff::civil::Date>().is_ok())
}

/// Optional sign, digits, optional fraction: no exponent, so that every reader takes it for the same number.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole) && all_digits(fraction)
}

fn quoted(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}
