//! Scalars in: which literals and JSON values they take.

use std::borrow::Cow;

use apollo_compiler::ast;
use serde_json::Number;

use super::spelling::Literal;
use crate::mapping::Value;

/// How a scalar's values are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    Int,
    Float,
    Text,
    Boolean,
    Id,
    DateTime,
    Date,
    Decimal,
    /// Whatever JSON there is.
    Other,
}

impl Leaf {
    pub(super) fn of(name: &str) -> Leaf {
        match name {
            "Int" => Leaf::Int,
            "Float" => Leaf::Float,
            "String" => Leaf::Text,
            "Boolean" => Leaf::Boolean,
            "ID" => Leaf::Id,
            "DateTime" => Leaf::DateTime,
            "Date" => Leaf::Date,
            "Decimal" => Leaf::Decimal,
            _ => Leaf::Other,
        }
    }
}

/// A whole number if it fits 64 bits, else a double.
pub(super) fn number(literal: &ast::Value) -> Option<Number> {
    let digits = match literal {
        ast::Value::Int(int) => int.as_str(),
        ast::Value::Float(float) => float.as_str(),
        _ => return None,
    };
    let whole = digits.parse::<i64>().map(Number::from).or_else(|_| digits.parse::<u64>().map(Number::from));
    whole.ok().or_else(|| Number::from_f64(digits.parse::<f64>().ok()?))
}

pub(super) fn leaf_literal(leaf: Leaf, literal: &ast::Value) -> Option<Value<'static>> {
    let owned = |text: &str| Some(Value::Text(Cow::Owned(text.to_owned())));
    match (leaf, literal) {
        (Leaf::Int, ast::Value::Int(int)) => Some(Value::Number(int.as_str().parse::<i32>().ok()?.into())),
        (Leaf::Float, ast::Value::Int(_) | ast::Value::Float(_)) => number(literal).map(Value::Number),
        (Leaf::Boolean, ast::Value::Boolean(flag)) => Some(Value::Bool(*flag)),
        (Leaf::Id | Leaf::Decimal, ast::Value::Int(int)) => owned(int.as_str()),
        (Leaf::Decimal, ast::Value::Float(float)) if is_decimal(float.as_str()) => owned(float.as_str()),
        (_, ast::Value::String(value)) => leaf_text(leaf, value),
        _ => None,
    }
}

/// The same as for the literal in a document: [`leaf_literal`], or whatever there is.
pub(super) fn leaf_written(leaf: Leaf, literal: &Literal<'_>) -> Option<Value<'static>> {
    let owned = |text: &str| Some(Value::Text(Cow::Owned(text.to_owned())));
    match (leaf, literal) {
        (Leaf::Other, Literal::Text(text)) => owned(text),
        (_, Literal::Text(text)) => leaf_text(leaf, text),
        (Leaf::Int | Leaf::Float | Leaf::Other, Literal::Whole(digits)) => {
            Some(Value::Number(digits.parse::<i32>().ok()?.into()))
        }
        (Leaf::Id | Leaf::Decimal, Literal::Whole(digits)) => owned(digits),
        (_, Literal::Whole(_)) => None,
    }
}

pub(super) fn leaf_value(leaf: Leaf, value: &Value<'_>) -> Option<Value<'static>> {
    match (leaf, value) {
        (Leaf::Int, Value::Number(number)) => {
            // 3.0 is 3: JSON does not tell them apart, and most clients do not either.
            let whole = number.as_i64().or_else(|| {
                let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() <= 2_147_483_648.0)?;
                Some(float as i64)
            })?;
            Some(Value::Number(i32::try_from(whole).ok()?.into()))
        }
        (Leaf::Float, Value::Number(number)) if number.as_f64().is_some_and(f64::is_finite) => {
            Some(Value::Number(number.clone()))
        }
        (Leaf::Boolean, Value::Bool(flag)) => Some(Value::Bool(*flag)),
        (Leaf::Id | Leaf::Decimal, Value::Number(number)) if number.is_i64() || number.is_u64() => {
            Some(Value::Text(Cow::Owned(number.to_string())))
        }
        (Leaf::Decimal, Value::Number(number)) => leaf_text(leaf, &number.to_string()),
        (_, Value::Text(text)) => leaf_text(leaf, text),
        _ => None,
    }
}

fn leaf_text(leaf: Leaf, text: &str) -> Option<Value<'static>> {
    let fits = match leaf {
        Leaf::Text | Leaf::Id => true,
        Leaf::DateTime => text.parse::<jiff::Timestamp>().is_ok(),
        Leaf::Date => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
        Leaf::Decimal => is_decimal(text),
        Leaf::Int | Leaf::Float | Leaf::Boolean | Leaf::Other => false,
    };
    fits.then(|| Value::Text(Cow::Owned(text.to_owned())))
}

/// Optional sign, digits, optional fraction.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}
