//! Our methods that regroup lists and objects.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::super::held::{Held, View};
use super::super::run::{Run, Scope};
use super::super::shape::Shape;
use super::super::syntax::Call;
use super::logic::ordering;
use super::numbers::as_int;
use super::{Example, Kind, Method};

pub(super) const METHODS: &[Method] = &[
    Method::new(
        "groupBy",
        "Makes `{ key, values }` of the elements of one key each, in the order of first appearance.",
        Example(
            r#"[{"k": 1, "n": "a"}, {"k": 2, "n": "b"}, {"k": 1, "n": "c"}]"#,
            "$->groupBy(@.k) { k: key names: values.n }",
            r#"[{"k": 1, "names": ["a", "c"]}, {"k": 2, "names": ["b"]}]"#,
        ),
        group_by,
    )
    .ours()
    .takes(1, 1)
    .each()
    .kind(Kind::Plain)
    .gives(|input, args| {
        let key = args.first().cloned().unwrap_or_default();
        Shape::object([("key", key), ("values", input.item().list())]).list()
    }),
    Method::new(
        "indexBy",
        "Makes an object of the elements by their keys' text; the last of one key wins.",
        Example(
            r#"[{"id": 1, "n": "a"}, {"id": 2, "n": "b"}]"#,
            "$->indexBy(@.id)",
            r#"{"1": {"id": 1, "n": "a"}, "2": {"id": 2, "n": "b"}}"#,
        ),
        index_by,
    )
    .ours()
    .takes(1, 1)
    .each()
    .gives(|_, _| Shape::Object { fields: indexmap::IndexMap::new(), open: true }),
    Method::new(
        "sortBy",
        "Orders the elements by a scalar, nulls last; `\"desc\"` as second argument turns the order of the others.",
        Example(r#"[{"n": 2}, {"n": null}, {"n": 1}]"#, "$->sortBy(@.n).n", "[1, 2, null]"),
        sort_by,
    )
    .ours()
    .takes(1, 2)
    .each()
    .kind(Kind::Keeps)
    .gives(|input, _| input.item().list()),
    Method::new(
        "flatten",
        "Puts the elements of lists within a list into its place, one level deep.",
        Example("[[1, 2], 3, [[4]]]", "$->flatten", "[1, 2, 3, [4]]"),
        flatten,
    )
    .ours()
    .kind(Kind::Keeps)
    .gives(|input, _| match input.item() {
        Shape::List(inner) => Shape::List(inner),
        Shape::Unknown => Shape::Unknown.list(),
        other => Shape::one_of([other.item(), other]).list(),
    }),
    Method::new(
        "unique",
        "Keeps the first of elements that are equal.",
        Example("[1, 2, 1.0, 2, \"1\"]", "$->unique", "[1, 2, \"1\"]"),
        unique,
    )
    .ours()
    .kind(Kind::Keeps)
    .gives(|input, _| input.item().list()),
    Method::new(
        "fromEntries",
        "Makes an object of `{ key, value }` elements; the last of one key wins.",
        Example(r#"[{"key": "a", "value": 1}]"#, "$->fromEntries", r#"{"a": 1}"#),
        from_entries,
    )
    .ours()
    .gives(|_, _| Shape::Object { fields: indexmap::IndexMap::new(), open: true }),
    Method::new(
        "concat",
        "Appends scalars to a string, or elements and lists to a list.",
        Example(r#"{"a": "x", "n": 1, "l": [1]}"#, "s: $.a->concat('-', $.n) l: $.l->concat($.n, [2])", {
            r#"{"s": "x-1", "l": [1, 1, 2]}"#
        }),
        concat,
    )
    .ours()
    .takes(1, usize::MAX)
    .gives(|input, args| match input {
        Shape::Text => Shape::Text,
        Shape::List(item) => {
            Shape::one_of(std::iter::once((**item).clone()).chain(args.iter().map(Shape::item))).list()
        }
        _ => Shape::Unknown,
    }),
];

/// A text that is the same for equal values: whole doubles are written as integers, keys are sorted.
fn identity<'v>(run: &mut Run<'v, '_>, value: &Held<'v>, out: &mut Vec<u8>) -> Option<()> {
    match value.view() {
        View::Number(number) if as_int(number).is_none() => {
            let float = number.as_f64()?;
            if float.fract() == 0.0 && float.abs() < 9.0e15 {
                return run.write(&Held::number(float as i64), out);
            }
            run.write(value, out)
        }
        View::List(items) => {
            out.push(b'[');
            for item in items.iter() {
                run.work(1)?;
                identity(run, &item, out)?;
                out.push(b',');
            }
            out.push(b']');
            Some(())
        }
        View::Object(entries) => {
            run.work(entries.len() as u64)?;
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by(|a, b| a.0.cmp(&b.0));
            out.push(b'{');
            for (key, value) in sorted {
                run.write(&Held::text(key), out)?;
                out.push(b':');
                identity(run, &value, out)?;
            }
            out.push(b'}');
            Some(())
        }
        _ => run.write(value, out),
    }
}

fn group_by<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    let mut groups: Vec<(Held<'v>, Vec<Held<'v>>)> = Vec::new();
    let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
    for element in run.elements(&input)? {
        let key = run.arg(call, 0, &element, scope).unwrap_or_else(Held::null);
        let mut written = Vec::new();
        identity(run, &key, &mut written)?;
        let place = *places.entry(written).or_insert_with(|| {
            groups.push((key, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(element);
    }
    let group = |(key, values)| Held::object(vec![("key".into(), key), ("values".into(), Held::list(values))]);
    Some(Held::list(groups.into_iter().map(group).collect()))
}

fn index_by<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    let mut entries = Vec::new();
    for element in run.elements(&input)? {
        let Some(key) = run.arg(call, 0, &element, scope).filter(|key| !key.is_null()) else {
            continue;
        };
        match run.scalar_text(&key) {
            Some(key) => entries.push((key, element)),
            None => {
                return run.refuse(call, format!("needs a scalar as key, found {}", key.kind()));
            }
        }
    }
    Some(Held::object(entries))
}

fn sort_by<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    let descending = match call.args.get(1) {
        None => false,
        Some(_) => match run.text_arg(call, 1, &input, scope)?.as_ref() {
            "asc" => false,
            "desc" => true,
            other => {
                return run.refuse(call, format!("orders by \"asc\" or \"desc\", found {other:?}"));
            }
        },
    };
    let elements = run.elements(&input)?;
    run.work(elements.len() as u64 * u64::from(elements.len().max(1).ilog2()))?;
    let mut keyed = Vec::with_capacity(elements.len());
    for element in elements {
        let key = run.arg(call, 0, &element, scope).unwrap_or_else(Held::null);
        if matches!(key.view(), View::List(_) | View::Object(_)) {
            return run.refuse(call, format!("needs a scalar to order by, found {}", key.kind()));
        }
        keyed.push((key, element));
    }
    keyed.sort_by(|(a, _), (b, _)| {
        let (a_rank, b_rank) = (rank(a), rank(b));
        let order = a_rank.cmp(&b_rank).then_with(|| match (a.view(), b.view()) {
            (View::Bool(a), View::Bool(b)) => a.cmp(&b),
            _ => ordering(a, b).unwrap_or(Ordering::Equal),
        });
        // Nulls come last in either direction.
        if descending && a_rank < NULL_RANK && b_rank < NULL_RANK { order.reverse() } else { order }
    });
    Some(Held::list(keyed.into_iter().map(|(_, element)| element).collect()))
}

const NULL_RANK: u8 = 3;

/// Kinds have an order too, so that a mixed list has one.
fn rank(value: &Held<'_>) -> u8 {
    match value.view() {
        View::Bool(_) => 0,
        View::Number(_) => 1,
        View::Text(_) => 2,
        _ => NULL_RANK,
    }
}

fn flatten<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, _: Scope<'_, 'v>) -> Option<Held<'v>> {
    let View::List(items) = input.view() else {
        return run.refuse_input(call, "an array", &input);
    };
    let mut flat = Vec::with_capacity(items.len());
    for item in items.iter() {
        run.work(1)?;
        flat.extend(run.elements(&item)?);
    }
    Some(Held::list(flat))
}

fn unique<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, _: Scope<'_, 'v>) -> Option<Held<'v>> {
    let View::List(items) = input.view() else {
        return run.refuse_input(call, "an array", &input);
    };
    let mut seen = HashSet::new();
    let mut kept = Vec::new();
    for item in items.iter() {
        run.work(1)?;
        let mut written = Vec::new();
        identity(run, &item, &mut written)?;
        if seen.insert(written) {
            kept.push(item);
        }
    }
    Some(Held::list(kept))
}

fn from_entries<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, _: Scope<'_, 'v>) -> Option<Held<'v>> {
    let View::List(items) = input.view() else {
        return run.refuse_input(call, "an array", &input);
    };
    let mut made = Vec::with_capacity(items.len());
    for item in items.iter() {
        run.work(1)?;
        let View::Object(entries) = item.view() else {
            return run.refuse(call, format!("needs {{ key, value }} elements, found {}", item.kind()));
        };
        let key = entries.get("key").filter(|key| !key.is_null());
        let Some(key) = key.and_then(|key| run.scalar_text(&key)) else {
            return run.refuse(call, "needs a scalar `key` in each element");
        };
        if let Some(value) = entries.get("value") {
            made.push((key, value));
        }
    }
    Some(Held::object(made))
}

fn concat<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    if let View::List(items) = input.view() {
        run.work(items.len() as u64)?;
        let mut all: Vec<Held<'v>> = items.iter().collect();
        for index in 0..call.args.len() {
            if let Some(more) = run.arg(call, index, &input, scope) {
                all.extend(run.elements(&more)?);
            }
        }
        return Some(Held::list(all));
    }
    let Some(mut joined) = run.scalar_text(&input).map(Cow::into_owned) else {
        return run.refuse_input(call, "a scalar or an array", &input);
    };
    for index in 0..call.args.len() {
        let Some(more) = run.arg(call, index, &input, scope) else {
            continue;
        };
        let Some(text) = run.scalar_text(&more) else {
            return run.refuse(call, format!("appends scalars to a string, found {}", more.kind()));
        };
        run.work_text(joined.len() + text.len())?;
        joined.push_str(&text);
    }
    Some(Held::text(joined))
}
