//! Tables: layout and value in, what a reader sees out.

use super::{Builder, Content, Defects, Key, Record, View, build, key_of};
use crate::catalog::{Layout, Node, Scalar, Slot, Ty, TypeId};
use crate::mapping::Value;

fn named(nullable: bool) -> Ty {
    Ty::Named { id: TypeId(0), nullable }
}

fn list_of(of: Ty) -> Ty {
    Ty::List { of: Box::new(of), nullable: true }
}

fn slot(field: &str, ty: Ty, node: Node) -> Slot {
    Slot { field: field.to_owned(), ty, node, max: None }
}

fn scalar(field: &str, scalar: Scalar) -> Slot {
    slot(field, named(true), Node::Scalar(scalar))
}

/// Prints what a reader sees, so that a table can hold it.
fn print(view: View<'_>) -> String {
    let members = view.layout().slots.iter().enumerate();
    let members: Vec<String> =
        members.map(|(index, slot)| format!("{}:{}", slot.field, content(view.slot(index)))).collect();
    format!("{{{}}}", members.join(" "))
}

fn content(content_read: Content<'_>) -> String {
    match content_read {
        Content::Null => "null".to_owned(),
        Content::Invalid => "INVALID".to_owned(),
        Content::Json(text) => String::from_utf8(text.to_vec()).unwrap(),
        Content::Object(view) => print(view),
        Content::List(items) => {
            let inner: Vec<String> = items.iter().map(content).collect();
            let marks = [(items.is_cut(), " CUT"), (items.has_dropped(), " DROPPED")];
            let marks: String = marks.iter().filter(|(set, _)| *set).map(|(_, mark)| *mark).collect();
            format!("[{}]{marks}", inner.join(" "))
        }
    }
}

fn check(layout: &Layout, json: &str, expected: &str) {
    let built = build(layout, &Value::read(json.as_bytes()).unwrap());
    assert_eq!(print(built.record.view(layout)), expected, "{json}");
}

#[test]
fn scalars_are_checked_against_the_contract_and_written_once() {
    let cases = [
        (Scalar::Id, r#""a""#, r#""a""#),
        (Scalar::Id, "9007199254740993", r#""9007199254740993""#),
        (Scalar::Id, "1.5", "INVALID"),
        (Scalar::Int, "3", "3"),
        (Scalar::Int, "3.0", "3"),
        (Scalar::Int, "2147483648", "INVALID"),
        (Scalar::Int, r#""3""#, "INVALID"),
        (Scalar::Float, "3", "3"),
        (Scalar::Float, "0.25", "0.25"),
        (Scalar::Text, r#""a\"b""#, r#""a\"b""#),
        (Scalar::Text, "1", "INVALID"),
        (Scalar::Boolean, "true", "true"),
        (Scalar::Boolean, "1", "INVALID"),
        (Scalar::DateTime, r#""2026-01-31T09:30:00Z""#, r#""2026-01-31T09:30:00Z""#),
        (Scalar::DateTime, r#""2026-01-31T09:30:00.5Z""#, r#""2026-01-31T09:30:00.5Z""#),
        (Scalar::DateTime, r#""2026-01-31T09:30:00+02:00""#, r#""2026-01-31T07:30:00Z""#),
        (Scalar::DateTime, r#""2026-02-31T09:30:00Z""#, "INVALID"),
        (Scalar::DateTime, r#""yesterday""#, "INVALID"),
        (Scalar::Date, r#""2026-01-31""#, r#""2026-01-31""#),
        (Scalar::Date, r#""2026-13-01""#, "INVALID"),
        (Scalar::Decimal, r#""10.50""#, r#""10.50""#),
        (Scalar::Decimal, "10.5", r#""10.5""#),
        (Scalar::Decimal, r#""1e3""#, "INVALID"),
        (Scalar::Other, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
        (Scalar::Text, "null", "null"),
    ];
    for (kind, json, expected) in cases {
        let layout = Layout { ty: TypeId(0), slots: vec![scalar("x", kind)] };
        check(&layout, &format!(r#"{{"x":{json}}}"#), &format!("{{x:{expected}}}"));
    }
}

#[test]
fn lists_and_objects_nest_and_bad_items_leave_null_or_are_dropped() {
    let inner = Layout { ty: TypeId(1), slots: vec![scalar("n", Scalar::Int), scalar("t", Scalar::Text)] };
    let loose = slot("xs", list_of(named(true)), Node::Object(inner.clone()));
    let strict = slot("ys", list_of(named(false)), Node::Object(inner.clone()));
    let deep = slot("zs", list_of(list_of(named(true))), Node::Scalar(Scalar::Int));
    let layout = Layout { ty: TypeId(0), slots: vec![loose, strict, deep] };
    check(
        &layout,
        r#"{"xs":[{"n":1,"t":"a"},null,7,{"n":"no"}],"ys":[{"n":1},null,7,{"t":"b"}],"zs":[[1,2],null,[],["x",3]]}"#,
        "{xs:[{n:1 t:\"a\"} null INVALID {n:INVALID t:null}] ys:[{n:1 t:null} {n:null t:\"b\"}] DROPPED \
         zs:[[1 2] null [] [INVALID 3]]}",
    );
    check(&layout, r#"{"xs":{"n":1}}"#, "{xs:INVALID ys:null zs:null}");
    check(&layout, "[]", "{xs:null ys:null zs:null}");
}

#[test]
fn abstract_objects_are_told_apart_by_typename() {
    let call = Layout { ty: TypeId(1), slots: vec![scalar("minutes", Scalar::Int)] };
    let mail = Layout { ty: TypeId(2), slots: vec![scalar("subject", Scalar::Text)] };
    let node = Node::Abstract(vec![("Call".to_owned(), call), ("Mail".to_owned(), mail)]);
    let layout = Layout { ty: TypeId(0), slots: vec![slot("as", list_of(named(true)), node)] };
    check(
        &layout,
        r#"{"as":[{"__typename":"Mail","subject":"s"},{"__typename":"Call","minutes":3},{"__typename":"Fax"},{}]}"#,
        "{as:[{subject:\"s\"} {minutes:3} INVALID INVALID]}",
    );
}

#[test]
fn a_long_list_is_cut_and_says_so() {
    let mut xs = slot("xs", list_of(named(true)), Node::Scalar(Scalar::Int));
    xs.max = Some(2);
    let layout = Layout { ty: TypeId(0), slots: vec![xs] };
    check(&layout, r#"{"xs":[1,2]}"#, "{xs:[1 2]}");
    check(&layout, r#"{"xs":[1,2,3]}"#, "{xs:[1 2] CUT}");
    let value = Value::read(br#"{"xs":[1]}"#).unwrap();
    let cut = Builder::new().build(&layout, &value, Defects { cut: true, doubled: false });
    assert_eq!(print(cut.record.view(&layout)), "{xs:[1] CUT}");
    assert!(cut.record.is_partial());
}

#[test]
fn two_spellings_of_one_key_are_one_key() {
    let layout = Layout { ty: TypeId(0), slots: vec![scalar("id", Scalar::Id), scalar("x", Scalar::Text)] };
    let needs = vec!["id".to_owned()];
    let number = key_of(&layout, &needs, &Value::read(br#"{"id":7}"#).unwrap()).unwrap();
    let text = key_of(&layout, &needs, &Value::read(br#"{"id":"7"}"#).unwrap()).unwrap();
    assert_eq!(number, text);
    assert_eq!(number.as_str(), r#"["7"]"#);
    assert_eq!(number.representation(&needs).get("id"), Some(&Value::Text("7".into())));
    for absent in [r#"{"id":null}"#, r#"{"x":"7"}"#, r#"{"id":[1]}"#] {
        assert_eq!(key_of(&layout, &needs, &Value::read(absent.as_bytes()).unwrap()), None, "{absent}");
    }
    assert_eq!(Key::empty().as_str(), "[]");
}

#[test]
fn an_object_is_found_again_by_its_place() {
    let inner = Layout { ty: TypeId(1), slots: vec![scalar("n", Scalar::Int)] };
    let layout = Layout { ty: TypeId(0), slots: vec![slot("xs", list_of(named(true)), Node::Object(inner.clone()))] };
    let record = build(&layout, &Value::read(br#"{"xs":[{"n":1},{"n":2}]}"#).unwrap()).record;
    let Content::List(items) = record.view(&layout).slot(0) else { panic!("a list") };
    let Content::Object(second) = items.get(1) else { panic!("an object") };
    assert_eq!(print(record.view_at(&inner, second.place())), "{n:2}");
}

#[test]
fn records_of_any_length_read_alike_and_what_is_short_takes_two_bytes_an_end() {
    let inner = Layout { ty: TypeId(1), slots: vec![scalar("a", Scalar::Text), scalar("b", Scalar::Int)] };
    let layout = Layout {
        ty: TypeId(0),
        slots: vec![
            scalar("id", Scalar::Id),
            slot("rows", list_of(named(true)), Node::Object(inner)),
            scalar("last", Scalar::Text),
        ],
    };
    let mut builder = Builder::new();
    let mut sizes = Vec::new();
    for length in [1, 0x7fff, 0xffff - 40, 0xffff - 26, 0xffff - 25, 0xffff, 0x1_0000, 0x2_0000, 3] {
        let text = "x".repeat(length);
        for (json, expected) in [
            (
                format!(r#"{{"id":"1","rows":[{{"a":"{text}","b":7}},null],"last":"z"}}"#),
                format!(r#"{{id:"1" rows:[{{a:"{text}" b:7}} null] last:"z"}}"#),
            ),
            (format!(r#"{{"id":"1","rows":[],"last":"{text}"}}"#), format!(r#"{{id:"1" rows:[] last:"{text}"}}"#)),
        ] {
            let value = Value::read(json.as_bytes()).unwrap();
            let record = builder.build(&layout, &value, Defects { cut: false, doubled: true }).record;
            assert!(print(record.view(&layout)) == expected, "{length}");
            assert!(record.is_doubled() && !record.is_partial());
            assert_eq!(Record::kept(record.as_bytes()), record);
            sizes.push(record.size() - length);
        }
    }
    // The second form: three ends, then `"1"`, an empty list, two quotation marks, and what is known of the whole.
    let (short, long) = (3 * 2 + 3 + 6 + 2 + 1, 3 * 4 + 3 + 6 + 2 + 1);
    let seconds: Vec<_> = sizes.iter().skip(1).step_by(2).copied().collect();
    assert_eq!(seconds, [short, short, short, short, short, long, long, long, short]);
}
