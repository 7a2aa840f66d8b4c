//! Methods between values and text.

use super::super::held::Held;
use super::super::run::{Run, Scope};
use super::super::shape::Shape;
use super::super::syntax::Call;
use super::super::value::Value;
use super::{Example, Method};

pub(super) const METHODS: &[Method] = &[
    Method::new(
        "joinNotNull",
        "Joins scalars into one string, leaving nulls out.",
        Example("[1, null, 2]", "$->joinNotNull(',')", r#""1,2""#),
        join,
    )
    .takes(1, 1)
    .gives(|_, _| Shape::Text),
    Method::new(
        "toString",
        "Gives a scalar as text; null is empty.",
        Example(r#"{"id": 7}"#, "$.id->toString", r#""7""#),
        |run, call, input, _| match run.scalar_text(&input) {
            Some(text) => Some(Held::text(text)),
            None => run.refuse_input(call, "a scalar", &input),
        },
    )
    .gives(|_, _| Shape::Text),
    Method::new(
        "jsonParse",
        "Reads a string as JSON.",
        Example(r#"{"raw": "{\"a\": 1}"}"#, "$.raw->jsonParse", r#"{"a": 1}"#),
        |run, call, input, _| {
            let Some(text) = input.as_text() else {
                return run.refuse_input(call, "a string", &input);
            };
            run.work_text(text.len())?;
            match Value::read(text.as_bytes()) {
                Ok(value) => Some(Held::owned(value.into_owned())),
                Err(error) => run.refuse(call, error),
            }
        },
    ),
    Method::new(
        "jsonStringify",
        "Writes a value as compact JSON.",
        Example(r#"{"a": [1, 2]}"#, "$->jsonStringify", r#""{\"a\":[1,2]}""#),
        |run, _, input, _| {
            let mut out = Vec::new();
            run.write(&input, &mut out)?;
            run.work_text(out.len())?;
            Some(Held::text(String::from_utf8(out).ok()?))
        },
    )
    .gives(|_, _| Shape::Text),
];

fn join<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    let separator = run.text_arg(call, 0, &input, scope)?;
    let mut joined = String::new();
    let mut some = false;
    for item in run.elements(&input)? {
        if item.is_null() {
            continue;
        }
        let Some(text) = run.scalar_text(&item) else {
            return run.refuse(call, format!("joins scalars, found {}", item.kind()));
        };
        run.work_text(text.len() + separator.len())?;
        if some {
            joined.push_str(&separator);
        }
        joined.push_str(&text);
        some = true;
    }
    Some(Held::text(joined))
}
