//! Our methods from one kind of scalar to another. Null stays null: an empty field is no mistake.

use serde_json::Number;

use super::super::held::{Held, View};
use super::super::shape::Shape;
use super::{Example, Kind, Method};

pub(super) const METHODS: &[Method] = &[
    Method::new(
        "toInt",
        "Gives a whole number of a number, whose fraction is cut, or of a decimal string.",
        Example(r#"{"n": "42"}"#, "$.n->toInt", "42"),
        |run, call, input, _| {
            let read = match input.view() {
                View::Null => return Some(input),
                View::Number(number) if number.is_u64() || number.is_i64() => return Some(input),
                View::Number(number) => number.as_f64().and_then(truncated),
                View::Text(text) => {
                    let text = text.trim();
                    text.parse::<i64>().ok().or_else(|| text.parse::<f64>().ok().and_then(truncated))
                }
                _ => return run.refuse_input(call, "a number or a string", &input),
            };
            match read {
                Some(read) => Some(Held::number(read)),
                None => run.refuse(call, "found no whole number of 64 bits"),
            }
        },
    )
    .ours()
    .gives(|_, _| Shape::Int),
    Method::new(
        "toFloat",
        "Gives a double of a number or of a decimal string.",
        Example(r#"{"n": "4.5"}"#, "$.n->toFloat", "4.5"),
        |run, call, input, _| {
            let read = match input.view() {
                View::Null => return Some(input),
                View::Number(number) => number.as_f64(),
                View::Text(text) => text.trim().parse::<f64>().ok(),
                _ => return run.refuse_input(call, "a number or a string", &input),
            };
            match read.and_then(Number::from_f64) {
                Some(read) => Some(Held::number(read)),
                None => run.refuse(call, "found no finite number"),
            }
        },
    )
    .ours()
    .gives(|_, _| Shape::Float),
    Method::new(
        "nullIf",
        "Gives null for a value that equals one of its arguments: for what a system writes instead of nothing.",
        Example(
            r#"{"a": "", "b": "0000-00-00", "c": "x"}"#,
            "a: $.a->nullIf('') b: $.b->nullIf('', '0000-00-00') c: $.c->nullIf('')",
            r#"{"a": null, "b": null, "c": "x"}"#,
        ),
        |run, call, input, scope| {
            for index in 0..call.args.len() {
                if let Some(nothing) = run.arg(call, index, &input, scope)
                    && run.equal(&input, &nothing, true)?
                {
                    return Some(Held::null());
                }
            }
            Some(input)
        },
    )
    .ours()
    .takes(1, usize::MAX)
    .kind(Kind::Keeps)
    .gives(|input, _| Shape::one_of([input.clone(), Shape::Null])),
    Method::new(
        "toBool",
        "Gives true for true, 1, \"true\", \"1\", \"yes\"; false for false, 0, \"false\", \"0\", \"no\".",
        Example(r#"{"b": "Yes"}"#, "$.b->toBool", "true"),
        |run, call, input, _| {
            let read = match input.view() {
                View::Null | View::Bool(_) => return Some(input),
                View::Number(number) => match number.as_f64() {
                    Some(1.0) => Some(true),
                    Some(0.0) => Some(false),
                    _ => None,
                },
                View::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                    "true" | "1" | "yes" => Some(true),
                    "false" | "0" | "no" => Some(false),
                    _ => None,
                },
                _ => None,
            };
            match read {
                Some(flag) => Some(Held::bool(flag)),
                None => run.refuse(call, format!("found {} that is neither true nor false", input.kind())),
            }
        },
    )
    .ours()
    .gives(|_, _| Shape::Bool),
];

/// A double without its fraction, if that fits into 64 bits.
fn truncated(float: f64) -> Option<i64> {
    let whole = float.trunc();
    // 2^63 is the first double beyond i64; NaN is in no range.
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&whole).then_some(whole as i64)
}
