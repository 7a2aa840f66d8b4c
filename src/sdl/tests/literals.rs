//! String literals: what they say, and which byte of the file each byte came from.

use apollo_compiler::ast::{Definition, Document};

use crate::sdl::literal::Literal;

/// Reads the literal with ours and with the parser; they must agree. Then says for each character of the text which
/// character of the file it came from.
fn origins(literal: &str) -> Vec<(char, String)> {
    let file = format!("type A {{ a(b: String = {literal}): Int }}");
    let start = file.find('"').unwrap();
    let ours = Literal::read(&file, start).unwrap();
    let document = Document::parse(&*file, "a").unwrap();
    let Definition::ObjectTypeDefinition(def) = &document.definitions[0] else { panic!("not a type") };
    let theirs = def.fields[0].arguments[0].default_value.as_ref().unwrap();
    assert_eq!(Some(ours.text.as_str()), theirs.as_str(), "{literal}");
    let end = ours.origin(ours.text.len());
    assert!(end <= start + literal.len(), "the end lies behind the literal: {literal}");
    ours.text
        .char_indices()
        .map(|(at, character)| (character, file[ours.origin(at)..].chars().next().unwrap().to_string()))
        .collect()
}

fn check(literal: &str, expected: &str) {
    let found: String = origins(literal)
        .into_iter()
        .map(|(said, written)| if said.to_string() == written { written } else { format!("<{said:?}={written:?}>") })
        .collect();
    assert_eq!(found, expected, "{literal}");
}

#[test]
fn a_plain_string_is_what_is_written() {
    check(r#""$.data { id }""#, "$.data { id }");
    check(r#""""#, "");
}

#[test]
fn an_escape_leads_to_its_backslash() {
    check(r#""a\"b\\c\nd""#, r#"a<'"'="\\">b\c<'\n'="\\">d"#);
    check(r#""\u00e9x\u{1F600}y\uD83D\uDE00z""#, r#"<'é'="\\">x<'😀'="\\">y<'😀'="\\">z"#);
}

#[test]
fn text_of_several_bytes_keeps_its_place() {
    check(r#""käse \t ok""#, r#"käse <'\t'="\\"> ok"#);
}

#[test]
fn a_block_string_loses_its_indentation_and_not_its_places() {
    check("\"\"\"\n    $.data {\n      id\n    }\n  \"\"\"", "$.data {\n  id\n}");
    check("\"\"\"one\n    two\n  three\"\"\"", "one\n  two\nthree");
    check("\"\"\"\n\n  \n  a\n\n  b\n\n\"\"\"", "a\n\nb");
    check("\"\"\"   \n  \"\"\"", "");
}

#[test]
fn a_block_string_may_hold_quotes_and_carriage_returns() {
    check("\"\"\"a \"quoted\" \\\"\"\"b\"\"\"", "a \"quoted\" \"\"\"b");
    check("\"\"\"\r\n  a\r\n  b\r\n\"\"\"", "a<'\\n'=\"\\r\">b");
}

#[test]
fn what_is_no_literal_is_none() {
    for text in ["", "abc", "\"open", "\"line\nbreak\"", "\"\\q\"", "\"\"\"open\"", "\"\\u12\"", "\"\\"] {
        assert_eq!(Literal::read(text, 0), None, "{text}");
    }
}
