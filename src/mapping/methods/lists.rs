//! Methods on arrays and objects: elements, sizes, entries.

use super::super::held::{Held, View};
use super::super::run::{Run, Scope};
use super::super::shape::Shape;
use super::super::syntax::Call;
use super::flow::item_of;
use super::{Example, Kind, Method};

pub(super) const METHODS: &[Method] = &[
    Method::new(
        "first",
        "Gives the first element of an array, or the first character of a string.",
        Example("[1, 2, 3]", "$->first", "1"),
        |run, call, input, _| end(run, call, input, |_| 0),
    )
    .kind(Kind::Keeps)
    .gives(item_of),
    Method::new(
        "last",
        "Gives the last element of an array, or the last character of a string.",
        Example("[1, 2, 3]", "$->last", "3"),
        |run, call, input, _| end(run, call, input, |len| len.saturating_sub(1)),
    )
    .kind(Kind::Keeps)
    .gives(item_of),
    Method::new(
        "get",
        "Gives the element, character or property at its argument; negative counts from the end.",
        Example("[1, 2, 3]", "$->get(-1)", "3"),
        get,
    )
    .takes(1, 1)
    .gives(item_of),
    Method::new(
        "slice",
        "Gives the elements or characters from its first argument up to, but without, its second.",
        Example("[1, 2, 3, 4]", "$->slice(1, 3)", "[2, 3]"),
        slice,
    )
    .takes(0, 2)
    .kind(Kind::Keeps)
    .gives(|input, _| input.clone()),
    Method::new(
        "size",
        "Counts elements, characters or keys.",
        Example(r#"{"a": 1, "b": 2}"#, "$->size", "2"),
        |run, call, input, _| {
            let size = match input.view() {
                View::List(items) => items.len(),
                View::Text(text) => text.chars().count(),
                View::Object(entries) => entries.len(),
                _ => return run.refuse_input(call, "an array, a string or an object", &input),
            };
            Some(Held::number(size as u64))
        },
    )
    .gives(|_, _| Shape::Int),
    Method::new(
        "entries",
        "Makes a list of `{ key, value }` of an object.",
        Example(r#"{"a": 1}"#, "$->entries", r#"[{"key": "a", "value": 1}]"#),
        |run, call, input, _| {
            let View::Object(entries) = input.view() else {
                return run.refuse_input(call, "an object", &input);
            };
            run.work(entries.len() as u64)?;
            let pair = |(key, value)| Held::object(vec![("key".into(), Held::text(key)), ("value".into(), value)]);
            Some(Held::list(entries.iter().map(pair).collect()))
        },
    )
    .gives(|input, _| {
        let value = match input {
            Shape::Object { fields, open: false } => Shape::one_of(fields.values().cloned()),
            _ => Shape::Unknown,
        };
        Shape::object([("key", Shape::Text), ("value", value)]).list()
    }),
    Method::new(
        "in",
        "Says whether the input is an element of its argument.",
        Example(r#"{"s": "b"}"#, r#"$.s->in(["a", "b"])"#, "true"),
        |run, call, input, scope| {
            let list = run.arg(call, 0, &input, scope)?;
            let View::List(items) = list.view() else {
                return run.refuse(call, format!("needs an array as its argument, found {}", list.kind()));
            };
            for item in items.iter() {
                if run.equal(&input, &item, true)? {
                    return Some(Held::bool(true));
                }
            }
            Some(Held::bool(false))
        },
    )
    .takes(1, 1)
    .gives(|_, _| Shape::Bool),
    Method::new(
        "contains",
        "Says whether an array has its argument as an element.",
        Example(r#"["a", "b"]"#, r#"$->contains("b")"#, "true"),
        |run, call, input, scope| {
            let View::List(items) = input.view() else {
                return run.refuse_input(call, "an array", &input);
            };
            let wanted = run.arg(call, 0, &input, scope)?;
            for item in items.iter() {
                if run.equal(&item, &wanted, true)? {
                    return Some(Held::bool(true));
                }
            }
            Some(Held::bool(false))
        },
    )
    .takes(1, 1)
    .gives(|_, _| Shape::Bool),
];

fn end<'v>(run: &mut Run<'v, '_>, call: &Call, input: Held<'v>, index: fn(usize) -> usize) -> Option<Held<'v>> {
    match input.view() {
        View::List(items) => items.get(index(items.len())),
        View::Text(text) => {
            let mut chars = text.chars();
            let char = if index(2) == 0 { chars.next() } else { chars.next_back() };
            char.map(|char| Held::text(char.to_string()))
        }
        _ => {
            let _: Option<()> = run.refuse_input(call, "an array or a string", &input);
            Some(input)
        }
    }
}

/// A whole number, if the value is one.
pub(super) fn whole(value: &Held<'_>) -> Option<i64> {
    match value.view() {
        View::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64()?;
            // Every whole double of this size is an i64 exactly.
            (float.fract() == 0.0 && float.abs() < 9.0e15).then_some(float as i64)
        }),
        _ => None,
    }
}

fn get<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    let at = run.arg(call, 0, &input, scope)?;
    let index = || whole(&at);
    let found = match (input.view(), at.view()) {
        (View::Object(entries), View::Text(key)) => entries.get(key),
        (View::List(_) | View::Text(_), View::Number(_)) if index().is_none() => {
            return run.refuse(call, "needs a whole number as index");
        }
        (View::List(items), View::Number(_)) => index_of(index()?, items.len()).and_then(|index| items.get(index)),
        (View::Text(text), View::Number(_)) => {
            let index = index()?;
            run.work_text(text.len())?;
            index_of(index, text.chars().count())
                .and_then(|index| text.chars().nth(index))
                .map(|char| Held::text(char.to_string()))
        }
        _ => {
            return run.refuse(
                call,
                format!(
                    "cannot take {} of {}: an index of an array or string, or a key of an object",
                    at.kind(),
                    input.kind()
                ),
            );
        }
    };
    if found.is_none() {
        return run.refuse(call, format!("found nothing there in {}", input.kind()));
    }
    found
}

/// A position from the start, of one that may count from the end.
fn index_of(index: i64, len: usize) -> Option<usize> {
    if index >= 0 {
        usize::try_from(index).ok()
    } else {
        usize::try_from(index.unsigned_abs()).ok().and_then(|back| len.checked_sub(back))
    }
}

fn slice<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    let len = match input.view() {
        View::List(items) => items.len(),
        View::Text(text) => text.chars().count(),
        _ => return run.refuse_input(call, "an array or a string", &input),
    };
    run.work(len as u64)?;
    let mut bounds = [0, len];
    for (index, bound) in bounds.iter_mut().enumerate().take(call.args.len()) {
        let Some(arg) = run.arg(call, index, &input, scope) else {
            continue;
        };
        let Some(wanted) = whole(&arg) else {
            return run.refuse(call, format!("needs whole numbers, found {}", arg.kind()));
        };
        *bound = usize::try_from(wanted).unwrap_or(0).min(len);
    }
    let (start, count) = (bounds[0], bounds[1].saturating_sub(bounds[0]));
    Some(match input.view() {
        View::List(items) => Held::list(items.iter().skip(start).take(count).collect()),
        View::Text(text) => Held::text(text.chars().skip(start).take(count).collect::<String>()),
        _ => return None,
    })
}
