//! Parse → print → parse gives the same tree, and a tidy text stays as it is.

use proptest::prelude::{prop_assert_eq, proptest};

use super::super::{Dialect, Program, Version, parse, print};
use super::properties::{program, tokens};
use super::{at, compile};

/// The tree without its places.
fn tree(text: &str, dialect: Dialect) -> Option<(String, String)> {
    let selection = parse::selection(text, dialect).ok()?;
    let mut shown = String::new();
    let tree = format!("{selection:?}");
    let mut rest = tree.as_str();
    while let Some(at) = rest.find("Span {") {
        shown.push_str(&rest[..at]);
        rest = rest[at..].split_once('}').map_or("", |(_, rest)| rest);
    }
    shown.push_str(rest);
    Some((shown, print::mapping(&selection)))
}

#[track_caller]
fn same(text: &str, dialect: Dialect) {
    let Some((before, printed)) = tree(text, dialect) else { return };
    let (after, again) = tree(&printed, dialect).unwrap_or_else(|| panic!("{text:?} is printed as {printed:?}"));
    assert_eq!(before, after, "{text:?} is printed as {printed:?}");
    assert_eq!(printed, again, "{text:?}");
}

#[test]
fn a_mapping_is_printed_in_one_tidy_form() {
    let text = r#"$.rows->filter(@.on ?? true) { id"odd key"   name: who.name  # said twice
        tags? origin: { system: $("x") url: $.url->first }  ...@.more  $.geo { lat } n: $([1, -2.50, {a: $args.b}]) }"#;
    let printed = compile(text).printed();
    assert_eq!(
        printed,
        "$.rows->filter(@.on ?? true) {\n  id\n  \"odd key\"\n  name: who.name\n  tags?\n  origin: {\n    system: $(\"x\")\n    \
         url: $.url->first\n  }\n  ...@.more\n  $.geo {\n    lat\n  }\n  n: $([1, -2.5, { a: $args.b }])\n}"
    );
    same(text, Dialect::default());
}

#[test]
fn forms_that_are_easily_confused_are_told_apart() {
    for text in [
        "",
        "a",
        "$",
        "@",
        "$.a",
        "a.b",
        "$.a { b }",
        "a { b }",
        "x: a?",
        "a?",
        "a? { b }",
        "x: a? { b }",
        "a: a",
        "a: $.a",
        "x: $ { a }",
        "x: { }",
        "$ { }",
        "x: $($) { a }",
        "x: $(5 .a)",
        "x: $(1.0 .a)",
        "x: $(-0.0)",
        "x: $(100000000000000000000)",
        "x: $(.5)",
        "x: $($.true) true",
        "x: $('true') 'a\\nb': 'c\\'\\\\'",
        "x: $($.'a b'.c)",
        "x: $({}) y: $([]) z: $({ a: 1 } { a })",
        "x: a->as($v)->as($v, $v.b).c->echo([$v, $v])",
        "...a",
        "...$.a { b }",
        "...@",
        "x: $env.'A B' y: $request.headers.'x-id'->first",
        "x: $([a, [1], { 'b c': null }] ?! $.b ?! \"c\")",
        "x: $({ a, b?, $args.c })",
    ] {
        assert!(tree(text, Dialect::default()).is_some(), "{text}");
        same(text, Dialect::default());
    }
    for text in ["x: $.a->first y: a.b->first z: a { b } c", "x: $($.a->eq($.b))", "$.a { b }"] {
        assert!(Program::parse(text, at(Version::V0_2)).is_ok(), "{text}");
        same(text, at(Version::V0_2));
    }
}

proptest! {
    #[test]
    fn what_is_printed_is_read_as_the_same_tree(text in program()) {
        same(&text, Dialect::default());
    }

    #[test]
    fn whatever_can_be_read_is_printed_and_read_again(text in tokens()) {
        same(&text, Dialect::default());
        same(&text, at(Version::V0_2));
    }

    #[test]
    fn numbers_keep_their_value(float in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL, int in proptest::num::i64::ANY) {
        for number in [float.to_string(), int.to_string()] {
            let first = compile(&format!("$({number})")).printed();
            prop_assert_eq!(&compile(&first).printed(), &first);
        }
        same(&format!("$([{float}, {int}])"), Dialect::default());
    }
}
