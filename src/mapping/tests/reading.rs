//! Bytes in, values out.

use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, proptest};

use super::super::{MAX_VALUES, ReadError, Value, body_value, quick};
use super::properties::json;

/// Heaps of what JSON is made of; some of them are JSON.
fn heap() -> impl Strategy<Value = String> {
    let tokens = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        " ",
        "\n\t\r",
        "\"a\"",
        "\"b\"",
        "\"a\":",
        "\"\\n\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud800\"",
        "\"\\x\"",
        "\"é\"",
        "\"",
        "\\",
        "\u{1}",
        "0",
        "-0",
        "00",
        "1",
        "-12",
        "1.",
        ".5",
        "-0.5",
        "1.25",
        "0.1",
        "1e3",
        "1E+400",
        "123456789012345.6",
        "12345678901234567890",
        "-9223372036854775808",
        "18446744073709551615",
        "true",
        "false",
        "null",
        "tru",
        "NaN",
        "{\"a\":1,\"b\":[2]},",
        "{\"a\":1,\"b\":[2],\"c\":0}",
        "{\"a\":1,\"a\":2},",
    ];
    proptest::collection::vec(proptest::sample::select(tokens.to_vec()), 1..12).prop_map(|tokens| tokens.concat())
}

/// What both readers make of a text that the quick one reads.
fn both(text: &str) -> Option<[(String, usize); 2]> {
    let (value, replaced) = quick::read(text)?;
    let (slow, notes) = Value::read_slowly(text.as_bytes()).expect("what is read quickly can be read");
    Some([(written(&value), replaced), (written(&slow), notes.duplicate_keys)])
}

fn written(value: &Value<'_>) -> String {
    let mut out = Vec::new();
    value.write(&mut out);
    String::from_utf8(out).expect("JSON is text")
}

proptest! {
    #[test]
    fn the_quick_reader_reads_what_the_other_reads(text in heap()) {
        for text in [format!("[{text}]"), text] {
            if let Some([quick, slow]) = both(&text) {
                prop_assert_eq!(quick, slow, "{}", text);
            }
        }
    }

    #[test]
    fn the_quick_reader_leaves_nothing_that_is_right_to_the_other(value in json(), other in json()) {
        let rows = Value::List(vec![value.clone(), value.clone(), other, value]);
        let text = written(&rows);
        prop_assert!(text.contains(['e', 'E']) || both(&text).is_some(), "{}", text);
        if let Some([quick, slow]) = both(&text) {
            prop_assert_eq!(quick, slow);
        }
    }
}

#[test]
fn rows_are_read_alike_until_they_differ() {
    let text = r#"[{"a":1,"b":{"c":2,"d":3}},{"a":1,"b":{"c":2}},{"a":1,"b":{"c":2,"d":3},"a":4},{"b":5,"a":6},{"a":7,"x":8}]"#;
    let [quick, slow] = both(text).expect("it is JSON");
    assert_eq!(quick, slow);
    assert_eq!(
        quick.0,
        r#"[{"a":1,"b":{"c":2,"d":3}},{"a":1,"b":{"c":2}},{"a":4,"b":{"c":2,"d":3}},{"b":5,"a":6},{"a":7,"x":8}]"#
    );
}

#[test]
fn json_is_read_whole_with_the_last_of_two_keys() {
    let (value, notes) = Value::read_noting(br#" {"a": 1, "b": [true, null, 1.5, "x\n"], "a": {"a": 1}} "#).unwrap();
    assert_eq!(notes.duplicate_keys, 1);
    let mut out = Vec::new();
    value.write(&mut out);
    assert_eq!(out, br#"{"a":{"a":1},"b":[true,null,1.5,"x\n"]}"#);
    let many: String = (0..100).map(|n| format!("\"k{}\": {n},", n % 50)).collect();
    let text = format!("{{{}}}", many.trim_end_matches(','));
    let (value, notes) = Value::read_noting(text.as_bytes()).unwrap();
    assert_eq!((value.as_object().unwrap().len(), notes.duplicate_keys), (50, 50));
    assert_eq!(value.get("k0"), Some(&Value::from(50)));
}

#[test]
fn what_is_no_json_is_refused_with_its_place() {
    assert_eq!(Value::read(b"{} x"), Err(ReadError::Syntax { line: 1, column: 4 }));
    assert_eq!(Value::read(b"[1,"), Err(ReadError::Truncated));
    assert!(matches!(Value::read(b"\"\xff\""), Err(ReadError::Syntax { .. })));
    assert!(matches!(Value::read(b""), Err(ReadError::Truncated)));
    let many = |count: usize| format!("[{}0]", "0,".repeat(count - 2));
    assert!(Value::read(many(MAX_VALUES).as_bytes()).is_ok());
    assert_eq!(Value::read(many(MAX_VALUES + 1).as_bytes()), Err(ReadError::TooMany));
}

#[test]
fn lists_and_objects_within_each_other_are_read_to_the_sixty_fourth() {
    let lists = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let objects = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
    for text in [lists(64), objects(64), format!("{{\"a\":[{}]}}", lists(62))] {
        assert!(Value::read(text.as_bytes()).is_ok(), "{text}");
        assert_eq!(Value::read_slowly(text.as_bytes()).map(|(value, _)| value), Value::read(text.as_bytes()));
    }
    assert!(matches!(Value::read(lists(65).as_bytes()), Err(ReadError::TooDeep { line: 1, column: 65 | 66 })));
    assert!(matches!(Value::read(objects(65).as_bytes()), Err(ReadError::TooDeep { line: 1, .. })));
    let endless = "[".repeat(10_000);
    assert!(matches!(Value::read(endless.as_bytes()), Err(ReadError::TooDeep { line: 1, column: 65 | 66 })));
    // What is no value is no level either.
    assert!(matches!(Value::read(format!("{}?", "[".repeat(64)).as_bytes()), Err(ReadError::Syntax { .. })));
}

#[test]
fn values_go_to_serde_and_back() {
    let value =
        Value::read(r#"{"a": [1, -2, 18446744073709551615, 1.5e300, "\u0001\u2028é\"\\"], "b": null}"#.as_bytes())
            .unwrap();
    let other = serde_json::Value::from(&value);
    assert_eq!(Value::from(other.clone()), value);
    let mut out = Vec::new();
    value.clone().into_owned().write(&mut out);
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&out).unwrap(), other);
}

#[test]
fn bodies_are_read_by_their_content_type() {
    let json = |content_type| body_value(content_type, b"{\"a\":1}");
    for content_type in
        [None, Some("application/json; charset=utf-8"), Some("application/Problem+JSON"), Some("text/json")]
    {
        assert!(json(content_type).unwrap().unwrap().get("a").is_some(), "{content_type:?}");
    }
    assert_eq!(body_value(Some("text/html"), b""), Ok(Some(Value::Null)));
    assert_eq!(body_value(Some("text/plain"), b"ok"), Ok(Some(Value::from("ok"))));
    assert_eq!(body_value(Some("text/plain; charset=\"ISO-8859-1\""), b"\xe9"), Ok(Some(Value::from("é"))));
    assert!(matches!(body_value(Some("text/plain"), b"\xe9"), Err(ReadError::Charset(_))));
    assert_eq!(body_value(Some("text/html; x"), b"<p>"), Err(ReadError::MediaType("text/html".into())));
}
