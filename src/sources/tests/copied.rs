//! What is copied is what would have been mapped: records, counts and all.

use std::collections::HashMap;
use std::sync::Arc;

use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::super::answer::Reading;
use super::super::count::Counters;
use super::super::fault::Namer;
use super::super::pair::Replies;
use super::super::single::Singles;
use super::world::{ID, Spec, catalog};
use crate::catalog::{Catalog, Layout, Node, Scalar, Site, Slot, Ty, TypeId};
use crate::mapping::{Value, Variables};
use crate::record::{Content, Copied, Copier, Key, Reply};

fn leaf(field: &str, scalar: Scalar) -> Slot {
    let ty = Ty::Named { id: TypeId(1), nullable: true };
    Slot { field: field.into(), ty, node: Node::Scalar(scalar), max: None }
}

fn list(field: &str, node: Node, nullable: bool, max: Option<usize>) -> Slot {
    let of = Box::new(Ty::Named { id: TypeId(1), nullable });
    Slot { field: field.into(), ty: Ty::List { of, nullable: true }, node, max }
}

fn inner() -> Layout {
    Layout { ty: TypeId(3), slots: vec![leaf("b", Scalar::Float), leaf("a", Scalar::Text)] }
}

/// A slot for every kind of value that there is.
fn row() -> Layout {
    let names = Arc::from(["b\"".to_owned(), "on".to_owned()]);
    let switch = Slot { node: Node::Enum(names), ..leaf("switch", Scalar::Other) };
    let object = Slot { node: Node::Object(inner()), ..leaf("object", Scalar::Other) };
    Layout {
        ty: TypeId(0),
        slots: vec![
            leaf("id", Scalar::Id),
            leaf("text", Scalar::Text),
            leaf("int", Scalar::Int),
            leaf("float", Scalar::Float),
            leaf("flag", Scalar::Boolean),
            leaf("time", Scalar::DateTime),
            leaf("decimal", Scalar::Decimal),
            leaf("any", Scalar::Other),
            switch,
            list("words", Node::Scalar(Scalar::Text), false, Some(2)),
            object,
            list("objects", Node::Object(inner()), true, None),
            leaf("deep", Scalar::Text),
        ],
    }
}

const ROW: &str = "id text: a int: b float: b flag: c? time: a decimal: b any: b switch: a words: d \
    object: e { a b } objects: d { a b: b? } deep: g.a";

/// A connector whose answers are rows, single or many, lists of a field, or groups.
fn connectors() -> Vec<Arc<Catalog>> {
    let made = |selection: &str, single: bool, site: Option<Site>, gives: Layout| {
        let spec = if single { Spec::single() } else { Spec::default() };
        let mut catalog = catalog(Spec { selection, ..spec });
        let connector = &mut Arc::get_mut(&mut catalog).unwrap().connectors[0];
        connector.gives = gives;
        connector.site = site.unwrap_or(connector.site.clone());
        catalog
    };
    let field = || Some(Site::Field { on: TypeId(0), field: "rows".into() });
    let rows = || list("rows", Node::Object(row()), true, Some(3));
    let one = || Slot { node: Node::Object(row()), ..leaf("rows", Scalar::Other) };
    let grouped = |slots| Layout { ty: TypeId(0), slots };
    let by_id = format!("$.rows->groupBy(@.id) {{ id: key rows: values {{ {ROW} }} }}");
    let by_inner = format!("$->groupBy(@.g.a) {{ rows: values {{ {ROW} }} id: key }}");
    vec![
        made(&format!("$.rows {{ {ROW} }}"), false, None, row()),
        made(ROW, false, None, row()),
        made(ROW, true, None, row()),
        made(ROW, true, field(), grouped(vec![rows()])),
        made(ROW, true, field(), grouped(vec![one()])),
        made(&by_id, false, None, grouped(vec![leaf("id", Scalar::Id), rows()])),
        made(&by_inner, false, None, grouped(vec![rows(), leaf("id", Scalar::Text)])),
    ]
}

fn keys() -> Vec<Key> {
    ["\"1\"", "\"a\"", "\"b\""].map(|id| Key::from_components([id.as_bytes()])).into()
}

/// What a reader sees.
fn told(content: Content<'_>) -> String {
    match content {
        Content::Json(text) => String::from_utf8(text.to_vec()).unwrap(),
        Content::Null | Content::Invalid => format!("{content:?}"),
        Content::Object(view) => {
            let slots = (0..view.layout().slots.len()).map(|slot| told(view.slot(slot)));
            format!("{{{}}}", slots.collect::<Vec<_>>().join(" "))
        }
        Content::List(items) => {
            let marks = (items.is_cut(), items.has_dropped());
            format!("{marks:?}[{}]", items.iter().map(told).collect::<Vec<_>>().join(" "))
        }
    }
}

/// Replies by key, with what was counted: strangers, problems, missing fields, invalid values.
type Read = (Vec<String>, [u64; 4]);

fn show(reply: &Reply, layout: &Layout) -> String {
    match reply {
        Reply::Found(record) => {
            let marks = [(record.is_partial(), "partial "), (record.is_doubled(), "doubled ")];
            let marks: String = marks.iter().filter(|(is_set, _)| *is_set).map(|(_, mark)| *mark).collect();
            marks + &told(Content::Object(record.view(layout)))
        }
        Reply::Absent => "absent".into(),
        Reply::Failed(failure) => failure.code.as_str().into(),
    }
}

fn mapped(catalog: &Catalog, text: &str, keys: &[Key]) -> Option<Read> {
    let connector = catalog.connector(ID);
    let (counters, singles) = (Counters::default(), Singles::default());
    let names = Namer { connector: "people", department: "support" };
    let reading = Reading { catalog, connector, names, counters: &counters, cut: false, singles: &singles };
    let body = Value::read(text.as_bytes()).ok()?;
    let replies = reading.read(&body, &Variables::default(), keys, text.len()).ok()?;
    let of = |key: &Key| match &replies {
        Replies::One(reply) => show(reply, &connector.gives),
        Replies::ByKey(replies) => replies.get(key).map_or("absent".into(), |reply| show(reply, &connector.gives)),
        Replies::InOrder(_) => unreachable!("only copied replies stand in order"),
    };
    let tally = counters.tally();
    Some((keys.iter().map(of).collect(), [tally.strangers, tally.problems, tally.missing, tally.invalid]))
}

fn copied(catalog: &Catalog, text: &str, keys: &[Key]) -> Option<Read> {
    let connector = catalog.connector(ID);
    let copier = Copier::new(connector, &connector.selection.straight().unwrap()).unwrap();
    let Copied { records, strangers, problems } = copier.copy(text, keys)?;
    let missing: u32 = records.iter().map(|(_, built)| built.missing).sum();
    let invalid: u32 = records.iter().map(|(_, built)| built.invalid).sum();
    let by_place: HashMap<usize, String> = records
        .into_iter()
        .map(|(place, built)| (place, show(&Reply::Found(built.record), &connector.gives)))
        .collect();
    let replies = (0..keys.len()).map(|place| by_place.get(&place).cloned().unwrap_or("absent".into())).collect();
    Some((replies, [strangers as u64, problems as u64, u64::from(missing), u64::from(invalid)]))
}

fn asked(catalog: &Catalog) -> Vec<Key> {
    let keys = keys();
    if catalog.connector(ID).batch.is_some() { keys } else { keys[1..2].to_vec() }
}

/// JSON texts, odd spellings among them.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => prop_oneof![Just("\"a\""), Just("\"b\""), Just("1"), Just("\"1\""), Just("\"on\"")],
        2 => prop_oneof![Just("null"), Just("true"), Just("false"), Just("0"), Just("-7"), Just("12.5"), Just("\"é€\"")],
        1 => prop_oneof![
            Just("-0"), Just("-0.0"), Just("1.50"), Just("0.5"), Just("0.000001"), Just("10.0"), Just("3.0"), Just("1e3"),
            Just("2147483648"), Just("-2147483648"), Just("12345678901234567890"), Just("123456789012345.6"),
            Just("1e400"), Just("01"), Just("tru"), Just("\"a\\u0062\""), Just("\"b\\\"\""), Just("\"\\x\""), Just("\"\u{7f}\""),
            Just("\"2026-03-01T10:00:00Z\""), Just("\"2026-03-01T10:00:00+02:00\""), Just("[]"), Just("{}"),
        ],
    ]
    .prop_map(str::to_owned);
    leaf.prop_recursive(2, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            object(inner),
        ]
    })
}

fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let key = prop_oneof![8 => Just("a"), 8 => Just("b"), 1 => Just("x"), 1 => Just("\\u0061")];
    let entry = (key, value).prop_map(|(key, value)| format!("\"{key}\" : {value}"));
    proptest::collection::vec(entry, 0..4).prop_map(|entries| format!("{{{}}}", entries.join(", ")))
}

/// A row that has most of what is wanted, in any order.
fn a_row() -> impl Strategy<Value = String> {
    let key = |key: &'static str| value().prop_map(move |value| format!("\"{key}\":{value}"));
    let id = prop_oneof![9 => Just("\"a\""), 5 => Just("\"b\""), 2 => Just("\"x\""), 1 => Just("1"), 1 => Just("null")];
    let e = || prop_oneof![6 => object(prop_oneof![6 => Just("\"a\"".to_owned()), 1 => value()]), 1 => value()];
    let d = prop_oneof![2 => Just("[\"x\",\"y\",\"z\"]".to_owned()), 3 => Just("[{\"a\":\"n\",\"b\":2},null]".to_owned()), 1 => value()];
    let entries = (
        id.prop_map(|id| format!("\"id\":{id}")),
        key("a"),
        key("b"),
        key("c"),
        d.prop_map(|d| format!("\"d\":{d}")),
        e().prop_map(|e| format!("\"e\":{e}")),
        e().prop_map(|g| format!("\"g\":{g}")),
        (any::<bool>(), 0..40_usize),
    );
    entries.prop_map(|(id, a, b, c, d, e, g, (turned, left_out))| {
        let mut entries = vec![id, a, b, c, d, e, g];
        if turned {
            entries.reverse();
        }
        if left_out < entries.len() {
            entries.remove(left_out);
        }
        format!("{{{}}}", entries.join(","))
    })
}

fn body() -> impl Strategy<Value = String> {
    let rows = proptest::collection::vec(prop_oneof![12 => a_row(), 1 => value()], 0..5);
    let rows = rows.prop_map(|rows| format!(" [{}]", rows.join(" ,")));
    let body = prop_oneof![5 => rows, 2 => a_row(), 1 => value()];
    (body, 0..8_usize).prop_map(|(body, form)| match form {
        0..3 => body,
        3..6 => format!("{{\"more\": {{\"x\":[1]}}, \"rows\":{body}, \"next\":null}}"),
        6 => format!("{{\"rows\":{body}}} "),
        _ => format!("{{\"rows\":{body}, \"rows\":[]}} x"),
    })
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_is_copied_is_what_would_have_been_mapped(body in body()) {
        for catalog in connectors() {
            let keys = asked(&catalog);
            if let Some(copied) = copied(&catalog, &body, &keys) {
                let mapped = mapped(&catalog, &body, &keys);
                prop_assert!(mapped.is_some(), "{body}");
                prop_assert_eq!(Some(copied), mapped, "{}", body);
            }
        }
    }
}

#[test]
fn records_that_are_longer_than_short_ends_reach_are_copied_too() {
    let long = "x".repeat(70_000);
    let row = |id: &str, text: &str| format!(r#"{{"id":{id},"a":"{text}","d":[],"e":{{}},"g":{{"a":{id}}}}}"#);
    for (first, second) in [("x", long.as_str()), (long.as_str(), "x"), (long.as_str(), long.as_str())] {
        let rows = format!("[{},{}]", row("\"a\"", first), row("\"b\"", second));
        let led = format!("{{\"rows\":{rows},\"next\":\"x\"}}");
        let one = row("\"a\"", first);
        for (catalog, body) in connectors().iter().zip([&led, &rows, &one, &rows, &one, &led, &rows]) {
            let keys = asked(catalog);
            let copied = copied(catalog, body, &keys).expect("copied");
            assert!(Some(copied) == mapped(catalog, body, &keys), "{} and {}", first.len(), second.len());
        }
    }
}

#[test]
fn answers_that_are_plainly_right_are_copied() {
    let row = |id: &str| {
        format!(r#"{{"id":{id},"a":"é","b":1.5,"c":true,"d":[],"e":{{"a":"x","b":2}},"g":{{"a":"b"}},"more":[{{}}]}}"#)
    };
    let rows = format!("[{},{}, {}]", row("\"a\""), row("\"b\""), row("\"x\""));
    let led = format!("{{\"rows\":{rows},\"next\":\"x\"}}");
    let one = row("\"a\"");
    for (catalog, body) in connectors().iter().zip([&led, &rows, &one, &rows, &one, &led, &rows]) {
        let keys = asked(catalog);
        let copied = copied(catalog, body, &keys);
        assert!(copied.is_some(), "{body}");
        assert_eq!(copied, mapped(catalog, body, &keys));
    }
}

#[test]
fn mappings_that_do_more_than_pick_are_not_copied() {
    for selection in [
        "id name: name->trim",
        "id name: $('x')",
        "id name: $args.x",
        "id ...more",
        "id name: $(first ?? last)",
        "$.people->filter(@.id) { id name }",
        "$->groupBy(@.id) { id: key names: values.name }",
    ] {
        let straight = super::world::program(selection).straight();
        assert!(straight.is_none(), "{selection}: {straight:?}");
    }
}

#[test]
fn answers_that_may_be_nested_deeper_than_is_read_are_not_copied() {
    let copier = |led: usize, within: usize| {
        let (lead, path) = ("$".to_owned() + &".k".repeat(led), "k.".repeat(within));
        let mut catalog = catalog(Spec { selection: &format!("{lead} {{ id name: {path}a }}"), ..Spec::default() });
        let connector = &mut Arc::get_mut(&mut catalog).unwrap().connectors[0];
        Copier::new(connector, &connector.selection.straight().unwrap())
    };
    // The list and its rows are two levels.
    assert!(copier(62, 0).is_some() && copier(1, 61).is_some());
    assert!(copier(63, 0).is_none() && copier(1, 62).is_none() && copier(240, 20).is_none());
}
