//! Methods that compare, and that join truths.

use std::cmp::Ordering;

use super::super::held::{Held, View};
use super::super::run::{Run, Scope};
use super::super::shape::Shape;
use super::super::syntax::Call;
use super::numbers::as_int;
use super::{Example, Method, RunMethod};

pub(super) const METHODS: &[Method] = &[
    compare(
        "eq",
        "Says whether the input equals its argument; numbers by value, so 1 equals 1.0.",
        Example("1", "$->eq(1.0)", "true"),
        |run, call, input, scope| equality(run, call, &input, scope, true),
    ),
    compare(
        "ne",
        "Says whether the input differs from its argument.",
        Example("1", "$->ne(2)", "true"),
        |run, call, input, scope| equality(run, call, &input, scope, false),
    ),
    compare(
        "gt",
        "Says whether the input is greater; numbers with numbers, strings with strings.",
        Example("2", "$->gt(1)", "true"),
        |run, call, input, scope| order(run, call, &input, scope, Ordering::is_gt),
    ),
    compare(
        "gte",
        "Says whether the input is greater or equal.",
        Example("2", "$->gte(2)", "true"),
        |run, call, input, scope| order(run, call, &input, scope, Ordering::is_ge),
    ),
    compare(
        "lt",
        "Says whether the input is less.",
        Example(r#""a""#, r#"$->lt("b")"#, "true"),
        |run, call, input, scope| order(run, call, &input, scope, Ordering::is_lt),
    ),
    compare(
        "lte",
        "Says whether the input is less or equal.",
        Example("2", "$->lte(1)", "false"),
        |run, call, input, scope| order(run, call, &input, scope, Ordering::is_le),
    ),
    Method::new(
        "and",
        "Says whether the input and all arguments are true.",
        Example(r#"{"a": true, "b": false}"#, "$.a->and($.b)", "false"),
        |run, call, input, scope| join(run, call, &input, scope, false),
    )
    .takes(1, usize::MAX)
    .gives(|_, _| Shape::Bool),
    Method::new(
        "or",
        "Says whether the input or any argument is true.",
        Example(r#"{"a": true, "b": false}"#, "$.b->or($.a)", "true"),
        |run, call, input, scope| join(run, call, &input, scope, true),
    )
    .takes(1, usize::MAX)
    .gives(|_, _| Shape::Bool),
    Method::new("not", "Turns true into false and back.", Example("true", "$->not", "false"), |run, call, input, _| {
        match input.view() {
            View::Bool(flag) => Some(Held::bool(!flag)),
            _ => run.refuse_input(call, "true or false", &input),
        }
    })
    .gives(|_, _| Shape::Bool),
];

const fn compare(name: &'static str, doc: &'static str, example: Example, run: RunMethod) -> Method {
    Method::new(name, doc, example, run).takes(1, 1).gives(|_, _| Shape::Bool)
}

fn equality<'v>(
    run: &mut Run<'v, '_>,
    call: &'v Call,
    input: &Held<'v>,
    scope: Scope<'_, 'v>,
    wanted: bool,
) -> Option<Held<'v>> {
    let other = run.arg(call, 0, input, scope)?;
    Some(Held::bool(run.equal(input, &other, true)? == wanted))
}

/// Numbers by value, strings by their bytes; other pairs have no order.
pub(super) fn ordering(a: &Held<'_>, b: &Held<'_>) -> Option<Ordering> {
    match (a.view(), b.view()) {
        (View::Number(a), View::Number(b)) => match (as_int(a), as_int(b)) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
        },
        (View::Text(a), View::Text(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn order<'v>(
    run: &mut Run<'v, '_>,
    call: &'v Call,
    input: &Held<'v>,
    scope: Scope<'_, 'v>,
    holds: fn(Ordering) -> bool,
) -> Option<Held<'v>> {
    let other = run.arg(call, 0, input, scope)?;
    match ordering(input, &other) {
        Some(ordering) => Some(Held::bool(holds(ordering))),
        None => run.refuse(call, format!("cannot compare {} with {}", input.kind(), other.kind())),
    }
}

/// `and` and `or`: stops at the first that decides.
fn join<'v>(
    run: &mut Run<'v, '_>,
    call: &'v Call,
    input: &Held<'v>,
    scope: Scope<'_, 'v>,
    decides: bool,
) -> Option<Held<'v>> {
    let View::Bool(mut truth) = input.view() else {
        return run.refuse_input(call, "true or false", input);
    };
    for index in 0..call.args.len() {
        if truth == decides {
            break;
        }
        let arg = run.arg(call, index, input, scope)?;
        match arg.view() {
            View::Bool(flag) => truth = flag,
            _ => {
                // Noted and passed over, as the specification has it.
                let _: Option<()> = run.refuse(call, format!("needs true or false, found {}", arg.kind()));
            }
        }
    }
    Some(Held::bool(truth))
}
