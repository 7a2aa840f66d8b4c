//! Our methods on objects, and more of them on lists.

use std::collections::HashSet;

use super::super::held::{Held, View};
use super::super::run::{Run, Scope};
use super::super::shape::Shape;
use super::super::syntax::Call;
use super::lists::whole;
use super::{Example, Kind, Method, RunMethod};

pub(super) const METHODS: &[Method] = &[
    ours("keys", "Gives the keys of an object.", Example(r#"{"a": 1, "b": 2}"#, "$->keys", r#"["a", "b"]"#), {
        |run, call, input, _| {
            let View::Object(entries) = input.view() else {
                return run.refuse_input(call, "an object", &input);
            };
            run.work(entries.len() as u64)?;
            Some(Held::list(entries.iter().map(|(key, _)| Held::text(key)).collect()))
        }
    })
    .gives(|_, _| Shape::Text.list()),
    ours("values", "Gives the values of an object.", Example(r#"{"a": 1, "b": 2}"#, "$->values", "[1, 2]"), {
        |run, call, input, _| {
            let View::Object(entries) = input.view() else {
                return run.refuse_input(call, "an object", &input);
            };
            run.work(entries.len() as u64)?;
            Some(Held::list(entries.iter().map(|(_, value)| value).collect()))
        }
    })
    .gives(|input, _| match input {
        Shape::Object { fields, open: false } => Shape::one_of(fields.values().cloned()).list(),
        _ => Shape::Unknown.list(),
    }),
    ours("has", "Says whether an object has a key.", Example(r#"{"a": null}"#, "$->has('a')", "true"), {
        |run, call, input, scope| {
            let View::Object(entries) = input.view() else {
                return run.refuse_input(call, "an object", &input);
            };
            let key = run.text_arg(call, 0, &input, scope)?;
            run.work(entries.len() as u64 / 16)?;
            Some(Held::bool(entries.get(&key).is_some()))
        }
    })
    .takes(1, 1)
    .gives(|_, _| Shape::Bool),
    ours(
        "merge",
        "Lays objects over an object, key by key; the last of one key wins, nulls as arguments are passed over.",
        Example(r#"{"a": 1, "b": 2}"#, "$->merge({ b: 3, c: 4 })", r#"{"a": 1, "b": 3, "c": 4}"#),
        merge,
    )
    .takes(1, usize::MAX)
    .gives(|_, _| Shape::Object { fields: indexmap::IndexMap::new(), open: true }),
    ours(
        "pick",
        "Keeps the keys that are its arguments, texts or lists of texts.",
        Example(r#"{"a": 1, "b": 2, "c": 3}"#, "$->pick('a', 'c')", r#"{"a": 1, "c": 3}"#),
        |run, call, input, scope| keyed(run, call, input, scope, true),
    )
    .takes(1, usize::MAX)
    .gives(|_, _| Shape::Object { fields: indexmap::IndexMap::new(), open: true }),
    ours(
        "omit",
        "Leaves out the keys that are its arguments, texts or lists of texts.",
        Example(r#"{"a": 1, "b": 2, "c": 3}"#, "$->omit('b')", r#"{"a": 1, "c": 3}"#),
        |run, call, input, scope| keyed(run, call, input, scope, false),
    )
    .takes(1, usize::MAX)
    .gives(|_, _| Shape::Object { fields: indexmap::IndexMap::new(), open: true }),
    ours(
        "withKeys",
        "Makes an object of a list of values under the keys of its argument, by position.",
        Example(r#"[7, "Ada"]"#, "$->withKeys(['id', 'name'])", r#"{"id": 7, "name": "Ada"}"#),
        with_keys,
    )
    .takes(1, 1)
    .gives(|_, _| Shape::Object { fields: indexmap::IndexMap::new(), open: true }),
    ours("compact", "Leaves nulls out of a list or an object.", Example("[1, null, 2]", "$->compact", "[1, 2]"), {
        |run, call, input, _| match input.view() {
            View::List(items) => {
                run.work(items.len() as u64)?;
                Some(Held::list(items.iter().filter(|item| !item.is_null()).collect()))
            }
            View::Object(entries) => {
                run.work(entries.len() as u64)?;
                Some(Held::object(entries.iter().filter(|(_, value)| !value.is_null()).collect()))
            }
            _ => run.refuse_input(call, "an array or an object", &input),
        }
    })
    .kind(Kind::Keeps)
    .gives(|input, _| input.clone()),
    ours("reverse", "Turns the order of a list around.", Example("[1, 2, 3]", "$->reverse", "[3, 2, 1]"), {
        |run, call, input, _| {
            let View::List(items) = input.view() else {
                return run.refuse_input(call, "an array", &input);
            };
            run.work(items.len() as u64)?;
            Some(Held::list(items.iter().rev().collect()))
        }
    })
    .kind(Kind::Keeps)
    .gives(|input, _| input.clone()),
    ours(
        "chunk",
        "Cuts a list into lists of so many elements.",
        Example("[1, 2, 3]", "$->chunk(2)", "[[1, 2], [3]]"),
        {
            |run, call, input, scope| {
                let View::List(items) = input.view() else {
                    return run.refuse_input(call, "an array", &input);
                };
                let size = run.arg(call, 0, &input, scope)?;
                let Some(size) = whole(&size).and_then(|size| usize::try_from(size).ok()).filter(|size| *size > 0)
                else {
                    return run.refuse(call, "needs a whole number of at least 1");
                };
                run.work(items.len() as u64)?;
                let items: Vec<Held<'_>> = items.iter().collect();
                Some(Held::list(items.chunks(size).map(|chunk| Held::list(chunk.to_vec())).collect()))
            }
        },
    )
    .takes(1, 1)
    .kind(Kind::Keeps)
    .gives(|input, _| input.item().list().list()),
    ours("any", "Says whether its argument is true of an element.", Example("[1, 5]", "$->any(@->gt(4))", "true"), {
        |run, call, input, scope| decide(run, call, input, scope, true)
    })
    .takes(1, 1)
    .each()
    .gives(|_, _| Shape::Bool),
    ours(
        "all",
        "Says whether its argument is true of every element.",
        Example("[1, 5]", "$->all(@->gt(4))", "false"),
        |run, call, input, scope| decide(run, call, input, scope, false),
    )
    .takes(1, 1)
    .each()
    .gives(|_, _| Shape::Bool),
];

const fn ours(name: &'static str, doc: &'static str, example: Example, run: RunMethod) -> Method {
    Method::new(name, doc, example, run).ours()
}

fn merge<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    let View::Object(entries) = input.view() else {
        return run.refuse_input(call, "an object", &input);
    };
    run.work(entries.len() as u64)?;
    let mut all: Vec<_> = entries.iter().collect();
    for index in 0..call.args.len() {
        let Some(more) = run.arg(call, index, &input, scope).filter(|more| !more.is_null()) else {
            continue;
        };
        let View::Object(more_entries) = more.view() else {
            return run.refuse(call, format!("needs objects, found {}", more.kind()));
        };
        run.work(more_entries.len() as u64)?;
        all.extend(more_entries.iter());
    }
    Some(Held::object(all))
}

/// The object's entries whose keys are, or are not, among the arguments.
fn keyed<'v>(
    run: &mut Run<'v, '_>,
    call: &'v Call,
    input: Held<'v>,
    scope: Scope<'_, 'v>,
    wanted: bool,
) -> Option<Held<'v>> {
    let View::Object(entries) = input.view() else {
        return run.refuse_input(call, "an object", &input);
    };
    let mut said = HashSet::new();
    for index in 0..call.args.len() {
        let arg = run.arg(call, index, &input, scope)?;
        for key in run.elements(&arg)? {
            let Some(key) = key.as_text() else {
                return run.refuse(call, format!("needs keys, found {}", key.kind()));
            };
            said.insert(key);
        }
    }
    run.work(entries.len() as u64)?;
    Some(Held::object(entries.iter().filter(|(key, _)| said.contains(key) == wanted).collect()))
}

fn with_keys<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    let View::List(items) = input.view() else {
        return run.refuse_input(call, "an array", &input);
    };
    let keys = run.arg(call, 0, &input, scope)?;
    let View::List(keys) = keys.view() else {
        return run.refuse(call, format!("needs an array of keys, found {}", keys.kind()));
    };
    run.work(keys.len() as u64)?;
    let mut made = Vec::with_capacity(keys.len());
    for (key, value) in keys.iter().zip(items.iter()) {
        let Some(key) = key.as_text() else {
            return run.refuse(call, format!("needs texts as keys, found {}", key.kind()));
        };
        made.push((key, value));
    }
    Some(Held::object(made))
}

/// `any` and `all`: stops at the first element that decides.
fn decide<'v>(
    run: &mut Run<'v, '_>,
    call: &'v Call,
    input: Held<'v>,
    scope: Scope<'_, 'v>,
    decides: bool,
) -> Option<Held<'v>> {
    for element in run.elements(&input)? {
        if super::flow::holds(run, call, &element, scope)? == decides {
            return Some(Held::bool(decides));
        }
    }
    Some(Held::bool(!decides))
}
