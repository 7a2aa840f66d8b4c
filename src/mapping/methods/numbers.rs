//! Arithmetic. Whole numbers stay whole and are checked; any fraction makes a double.

use serde_json::Number;

use super::super::held::{Held, View};
use super::super::run::{Run, Scope};
use super::super::shape::Shape;
use super::super::syntax::Call;
use super::{Example, Method, RunMethod};

pub(super) const METHODS: &[Method] = &[
    fold("add", "Adds its arguments.", Example("1", "$->add(2, 3)", "6"), |run, call, input, scope| {
        arithmetic(run, call, &input, scope, i128::checked_add, |a, b| a + b)
    }),
    fold("sub", "Subtracts its arguments.", Example("10", "$->sub(2, 3)", "5"), |run, call, input, scope| {
        arithmetic(run, call, &input, scope, i128::checked_sub, |a, b| a - b)
    }),
    fold("mul", "Multiplies by its arguments.", Example("2", "$->mul(1.5)", "3.0"), |run, call, input, scope| {
        arithmetic(run, call, &input, scope, i128::checked_mul, |a, b| a * b)
    }),
    fold("mod", "Gives the remainder, with the sign of the input.", Example("7", "$->mod(4)", "3"), {
        |run, call, input, scope| arithmetic(run, call, &input, scope, i128::checked_rem, |a, b| a % b)
    }),
    fold("div", "Divides by its arguments; always a double.", Example("7", "$->div(2)", "3.5"), divide)
        .gives(|_, _| Shape::Float),
    Method::new(
        "parseInt",
        "Reads a whole number from a string, in base 10 or the base given; cuts a number's fraction.",
        Example(r#"{"a": "ff"}"#, "$.a->parseInt(16)", "255"),
        parse_int,
    )
    .takes(0, 1)
    .gives(|_, _| Shape::Int),
];

const fn fold(name: &'static str, doc: &'static str, example: Example, run: RunMethod) -> Method {
    Method::new(name, doc, example, run).takes(1, usize::MAX).gives(|input, args| {
        let whole = *input == Shape::Int && args.iter().all(|arg| *arg == Shape::Int);
        if whole { Shape::Int } else { Shape::Float }
    })
}

/// A whole number that JSON can carry: signed or unsigned 64 bits.
pub(super) fn int(value: i128) -> Option<Number> {
    i64::try_from(value).map(Number::from).or_else(|_| u64::try_from(value).map(Number::from)).ok()
}

/// A number as a whole one, unless it was written as a double.
pub(super) fn as_int(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

fn arithmetic<'v>(
    run: &mut Run<'v, '_>,
    call: &'v Call,
    input: &Held<'v>,
    scope: Scope<'_, 'v>,
    whole: fn(i128, i128) -> Option<i128>,
    double: fn(f64, f64) -> f64,
) -> Option<Held<'v>> {
    let View::Number(number) = input.view() else {
        return run.refuse_input(call, "a number", input);
    };
    let mut total = number.clone();
    for index in 0..call.args.len() {
        let arg = run.arg(call, index, input, scope)?;
        let View::Number(other) = arg.view() else {
            return run.refuse(call, format!("needs numbers, found {}", arg.kind()));
        };
        let result = match (as_int(&total), as_int(other)) {
            (Some(a), Some(b)) => whole(a, b).and_then(int),
            _ => Number::from_f64(double(total.as_f64()?, other.as_f64()?)),
        };
        match result {
            Some(result) => total = result,
            None => {
                return run.refuse(call, "has no result: too large a number, or a division by zero");
            }
        }
    }
    Some(Held::number(total))
}

fn divide<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    let View::Number(number) = input.view() else {
        return run.refuse_input(call, "a number", &input);
    };
    let mut total = number.as_f64()?;
    for index in 0..call.args.len() {
        let arg = run.arg(call, index, &input, scope)?;
        let View::Number(other) = arg.view() else {
            return run.refuse(call, format!("needs numbers, found {}", arg.kind()));
        };
        total /= other.as_f64()?;
        // At once: what follows may be missing, which is no problem, and would hide this one.
        if !total.is_finite() {
            return run.refuse(call, "has no result: too large a number, or a division by zero");
        }
    }
    Number::from_f64(total).map(Held::number)
}

fn parse_int<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    let base = match call.args.first() {
        None => 10,
        Some(_) => {
            let base = run.arg(call, 0, &input, scope)?;
            match super::lists::whole(&base).and_then(|base| u32::try_from(base).ok()) {
                Some(base) if (2..=36).contains(&base) => base,
                _ => return run.refuse(call, "needs a base from 2 to 36"),
            }
        }
    };
    let read = match input.view() {
        View::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64()?.trunc();
            // 2^63 is the first double beyond i64.
            (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&float).then_some(float as i64)
        }),
        View::Text(text) => i64::from_str_radix(text.trim(), base).ok(),
        _ => return run.refuse_input(call, "a string or a number", &input),
    };
    match read {
        Some(read) => Some(Held::number(read)),
        None => run.refuse(call, "found no whole number of 64 bits"),
    }
}
