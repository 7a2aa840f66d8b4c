//! Bytes in, values out.

use super::super::{ReadError, Value, body_value};

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
    assert!(matches!(Value::read("[".repeat(10_000).as_bytes()), Err(ReadError::Syntax { .. })));
    assert!(Value::read(format!("{}{}", "[".repeat(127), "]".repeat(127)).as_bytes()).is_ok());
    assert!(matches!(Value::read(b""), Err(ReadError::Truncated)));
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
