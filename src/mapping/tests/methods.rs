//! Methods where their examples end: edges, wrong kinds, null and missing.

use super::super::{Dialect, Program, Variables, Version};
use super::{check, map_with};

/// Each line is `selection | input | output`; `!` as output is missing with a problem, `-` is missing without one.
fn table(lines: &str) {
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let [selection, input, output] = line.split(" | ").map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("three columns, please: {line}");
        };
        if output == "!" || output == "-" {
            let (made, noted) = map_with(selection, input, &Variables::default());
            assert_eq!(made, "(missing)", "{line}");
            assert_eq!(noted.is_empty(), output == "-", "{line}: {noted:?}");
        } else {
            check(selection, input, output);
        }
    }
}

#[test]
fn elements_and_sizes() {
    table(
        r#"
        $->first | [] | -
        $->last | "añ" | "ñ"
        $->first | "" | -
        $->first | 7 | 7
        $->get(0) | "ñb" | "ñ"
        $->get(-2) | "ñb" | "ñ"
        $->get(2) | [1, 2] | !
        $->get(-3) | [1, 2] | !
        $->get("k") | {"k": null} | null
        $->get("x") | {"k": 1} | !
        $->get("k") | [1] | !
        $->get(-9223372036854775807) | [1] | !
        $->slice(1) | "añb" | "ñb"
        $->slice(3, 1) | [1, 2, 3] | []
        $->slice(-5, 99) | [1, 2] | [1, 2]
        $->slice | "ab" | "ab"
        $->slice(0, 1) | 7 | !
        $->size | "añ" | 2
        $->size | 7 | !
        $->entries | [] | !
        $->contains(1.0) | [1] | true
        $->contains(1) | 1 | !
        $->in([1.0, 2]) | 1 | true
        $->in(1) | 1 | !
        $->joinNotNull('-') | [null, "a", true, 1.5] | "a-true-1.5"
        $->joinNotNull('-') | null | ""
        $->joinNotNull('-') | 5 | "5"
        $->joinNotNull('-') | [[1]] | !
        $->joinNotNull(1) | [1] | !
        "#,
    );
}

#[test]
fn a_pattern_is_a_literal_that_can_be_read() {
    let said = |text: &str| super::problems(text, Version::V0_4);
    assert_eq!(
        said("x: $.a->matches($.b)"),
        ["16..19 `->matches` takes a regular expression that is a literal (write the pattern as a string)"]
    );
    assert_eq!(
        said("x: $.a->extract('(a')"),
        ["16..20 `->extract` has a regular expression that cannot be read: unclosed group"]
    );
    assert_eq!(said("x: $.a->extract('(?=a)')").len(), 1);
    assert_eq!(
        said("x: $.a->matches('(a{1000}){1000}')"),
        ["16..33 `->matches` has a regular expression that cannot be read: it is too large"]
    );
}

#[test]
fn choices_and_truths() {
    table(
        r#"
        $->map(@.x) | [{"x": 1}, {}] | [1, null]
        $->map(@) | 5 | [5]
        $->filter(@.on) | [{"on": true}, {"on": false}] | [{"on": true}]
        $->filter(@.on) | [{"on": true}, {"on": 1}] | !
        $->filter(@->eq(5)) | 5 | [5]
        $->filter(@->eq(4)) | 5 | []
        $->find(@->eq(4)) | [1, 2] | -
        $->find(@) | [1] | !
        $->match([1, "int"], [@, @]) | 1.0 | 1.0
        $->match([1, "one"], ["skipped"], [2, "two"]) | 2 | "two"
        $->match([1, "one"]) | 3 | !
        $->match([{"a": [1]}, "deep"]) | {"a": [1]} | "deep"
        $->eq({"b": 1, "a": 2}) | {"a": 2, "b": 1} | true
        $->eq($.none) | {} | !
        $->gt("a") | 1 | !
        $->gte(9223372036854775806) | 9223372036854775807 | true
        $->lt("b") | "a" | true
        $->and(true, false) | true | false
        $->and($.none) | false | false
        $->or(false) | "x" | !
        $->or(1, true) | false | true
        $->not | null | !
        "#,
    );
}

#[test]
fn arithmetic_is_checked() {
    table(
        r#"
        $->add(1) | 9223372036854775807 | 9223372036854775808
        $->mul(3) | 9223372036854775807 | !
        $->sub(0.5) | 1 | 0.5
        $->mod(0) | 1 | !
        $->div(0) | 1 | !
        $->div(3) | 6 | 2.0
        $->add("1") | 1 | !
        $->add(1) | "1" | !
        $->parseInt | "12x" | !
        $->parseInt | -1.9 | -1
        $->parseInt(37) | "1" | !
        $->parseInt | 1e300 | !
        $->toString | 1.50 | "1.5"
        $->toString() | null | ""
        $->toString | [] | !
        $->jsonParse | "{" | !
        $->jsonParse | 1 | !
        $->jsonParse.a | "{\"a\": [1]}" | [1]
        "#,
    );
}

#[test]
fn groups_and_totals() {
    table(
        r#"
        $->groupBy(@.k) | [{"k": 1}, {}, {"k": 1.0}, {"k": null}] | [{"key": 1, "values": [{"k": 1}, {"k": 1.0}]}, {"key": null, "values": [{}, {"k": null}]}]
        $->groupBy(@.k) | [] | []
        $->groupBy(@.k)->map(@.values->size) | [{"k": "a"}, {"k": "b"}, {"k": "a"}] | [2, 1]
        $->indexBy(@.id) | [{"id": 1, "v": 1}, {"id": "1", "v": 2}, {}] | {"1": {"id": "1", "v": 2}}
        $->indexBy(@) | [[1]] | !
        $->sortBy(@, "desc") | [1, null, 3, "a", 2] | ["a", 3, 2, 1, null]
        $->sortBy(@.x) | [{"x": []}] | !
        $->unique | [{"a": 1, "b": 2}, {"b": 2, "a": 1}, null, null] | [{"a": 1, "b": 2}, null]
        $->flatten | [] | []
        $->fromEntries | [{"key": 1, "value": "x"}, {"key": "1", "value": "y"}] | {"1": "y"}
        $->fromEntries | [{"value": 1}] | !
        $->sum | [] | 0
        $->sum | [0.5, 1] | 1.5
        $->sum | ["1"] | !
        $->sum | [9223372036854775807, 9223372036854775807, 9223372036854775807] | !
        $->avg | [] | -
        $->min | [] | -
        $->min | [2, "a"] | !
        $->max | [1, 2.5, null] | 2.5
        $->concat("x") | [1] | [1, "x"]
        $->concat({"a": 1}) | "x" | !
        "#,
    );
}

#[test]
fn text_casts_and_quotes() {
    table(
        r#"
        $->lower | null | null
        $->lower | 1 | !
        $->trim | "  " | ""
        $->split("") | "a" | !
        $->split(", ") | "a, b" | ["a", "b"]
        $->replace("a", "") | "banana" | "bnn"
        $->toInt | " 12 " | 12
        $->toInt | "12.9" | 12
        $->toInt | "x" | !
        $->toInt | null | null
        $->toInt | "1e400" | !
        $->toFloat | "nan" | !
        $->toFloat | 3 | 3.0
        $->toBool | 2 | !
        $->toBool | "NO" | false
        $->quote("soql") | "a'b\\\"\n" | "'a\\'b\\\\\\\"\\n'"
        $->quote("odata") | "O'Neil" | "'O''Neil'"
        $->quote("zendesk") | "a\"b" | "\"a\\\"b\""
        $->quote("stripe") | "a\\b" | "\"a\\\\b\""
        $->quote("soql") | [1, null, "x"] | "1,'x'"
        $->quote("soql") | [] | ""
        $->quote("stripe") | ["a"] | !
        $->quote("sql") | "a" | !
        "#,
    );
}

#[test]
fn times() {
    table(
        r#"
        $->dateTime | "2026-03-01T10:00:00Z" | "2026-03-01T10:00:00Z"
        $->dateTime | "2026-03-01T10:00:00.123+0200" | "2026-03-01T08:00:00.123Z"
        $->dateTime | "2026-03-01 10:00:00" | "2026-03-01T10:00:00Z"
        $->dateTime | "2026-03-01" | "2026-03-01T00:00:00Z"
        $->dateTime | "2026-03-01T10:00:00+99:00" | !
        $->dateTime | "yesterday" | !
        $->dateTime | 1 | !
        $->dateTime | null | null
        $->dateTime("iso", "America/New_York") | "2026-07-01T10:00:00" | "2026-07-01T14:00:00Z"
        $->dateTime("iso", "Nowhere/None") | "2026-07-01T10:00:00" | !
        $->dateTime("ms") | "1772359200500" | "2026-03-01T10:00:00.5Z"
        $->dateTime("s") | 1772359200.25 | "2026-03-01T10:00:00.25Z"
        $->dateTime("s") | 9223372036854775807 | !
        $->dateTime("%Y-%m-%dT%H:%M:%S%z") | "2026-03-01T10:00:00-0500" | "2026-03-01T15:00:00Z"
        $->dateTime("h") | 1 | !
        $->date | "2026-03-01T23:30:00-05:00" | "2026-03-02"
        $->date | "2026-03-01T23:30:00" | "2026-03-01"
        $->date("s") | 1772359200 | "2026-03-01"
        $->date | "2026-02-30" | !
        "#,
    );
}

#[test]
fn money_is_never_counted_in_doubles() {
    table(
        r#"
        $->money("EUR") | 0.1 | {"amount": "0.10", "currency": "EUR"}
        $->money("eur", "minor") | 5 | {"amount": "0.05", "currency": "EUR"}
        $->money("EUR", "minor") | -1999 | {"amount": "-19.99", "currency": "EUR"}
        $->money("EUR", "minor") | "0.5" | {"amount": "0.005", "currency": "EUR"}
        $->money("EUR") | "12.3400" | {"amount": "12.34", "currency": "EUR"}
        $->money("EUR") | "1234567890123456789012345.67" | {"amount": "1234567890123456789012345.67", "currency": "EUR"}
        $->money("KWD", "minor") | 1234 | {"amount": "1.234", "currency": "KWD"}
        $->money("JPY") | 500.0 | {"amount": "500", "currency": "JPY"}
        $->money("USD") | 1e21 | {"amount": "1000000000000000000000.00", "currency": "USD"}
        $->money("USD") | -0.0 | {"amount": "0.00", "currency": "USD"}
        $->money("USD") | "1,5" | !
        $->money("USD") | "1e999" | !
        $->money("US") | 1 | !
        $->money($.c) | {"c": null} | !
        $->money("USD") | null | null
        "#,
    );
}

#[test]
fn our_methods_are_refused_where_they_are_not_switched_on() {
    let portable = Dialect { version: Version::V0_4, extensions: false };
    let problems = Program::parse("a: $.b->groupBy(@.c)", portable).unwrap_err();
    assert_eq!(problems[0].message, "`->groupBy` is not part of the connect specification");
    assert_eq!(problems[0].span, 6..15);
    assert!(Program::parse("a: $.b->joinNotNull(',')", portable).is_ok());
}
