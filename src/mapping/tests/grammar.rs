//! What the forms of the language mean.

use super::super::Version;
use super::{check, map_with, problems};
use crate::mapping::Variables;

#[test]
fn outputs_are_named_as_the_specification_says() {
    let input =
        r#"{"id": 7, "name": "Ada", "city": {"name": "Paris", "geo": {"lat": 1, "lng": 2}}, "tags": ["a", "b"]}"#;
    check("id", input, r#"{"id": 7}"#);
    check("id name", input, r#"{"id": 7, "name": "Ada"}"#);
    check("fullName: name", input, r#"{"fullName": "Ada"}"#);
    check("city { name }", input, r#"{"city": {"name": "Paris"}}"#);
    check("town: city.name", input, r#"{"town": "Paris"}"#);
    check("id city.geo { lat lng }", input, r#"{"id": 7, "lat": 1, "lng": 2}"#);
    check("who: { key: id called: name }", input, r#"{"who": {"key": 7, "called": "Ada"}}"#);
    check("$.city.name", input, r#""Paris""#);
    check("city.name", input, r#""Paris""#);
    check("$.city { name }", input, r#"{"name": "Paris"}"#);
    check("$.tags->first", input, r#""a""#);
    check("$(1)", input, "1");
    check("kind: $(\"person\") ok: $(true)", input, r#"{"kind": "person", "ok": true}"#);
    check("\"id\" 'n': \"name\"", input, r#"{"id": 7, "n": "Ada"}"#);
    check("$", "[1, 2]", "[1, 2]");
    check("# nothing but a comment\n id # trailing", input, r#"{"id": 7}"#);
}

#[test]
fn lists_are_mapped_element_by_element() {
    let input = r#"{"rows": [{"id": 1, "price": 5}, {"id": 2}, {"id": 3, "price": null}]}"#;
    check("$.rows { id }", input, r#"[{"id": 1}, {"id": 2}, {"id": 3}]"#);
    check("$.rows.id", input, "[1, 2, 3]");
    check("$.rows.price", input, "[5, null, null]");
    check("first: rows.id->first", input, r#"{"first": 1}"#);
    check("id", r#"[{"id": 1}, {"id": 2}]"#, r#"[{"id": 1}, {"id": 2}]"#);
    check("rows { id price }", input, r#"{"rows": [{"id": 1, "price": 5}, {"id": 2}, {"id": 3, "price": null}]}"#);
    check("$.tags { name }", r#"{"tags": ["a", {"name": "b"}]}"#, r#"["a", {"name": "b"}]"#);
}

#[test]
fn missing_is_not_null() {
    let input = r#"{"a": null, "b": {"c": 1}}"#;
    check("a x", input, r#"{"a": null}"#);
    check("list: $([$.a, $.x, $.b.c])", input, r#"{"list": [null, null, 1]}"#);
    check("a?", input, "{}");
    check("c: $(x ?? a ?? b.c)", input, r#"{"c": 1}"#);
    check("c: $(a ?! b.c)", input, r#"{"c": null}"#);
    check("c: $(x ?! b.c)", input, r#"{"c": 1}"#);
    check("d: $(x ?? a)", input, r#"{"d": null}"#);
    check("a { id kind: $('user') }", input, r#"{"a": null}"#);
    check("n: b.c.d.e", input, "{}");
}

#[test]
fn what_goes_wrong_is_noted_once_for_each_place() {
    let (_, noted) =
        map_with("$.rows { a b? c: d->add('x') }", r#"{"rows": [{"d": 1}, {"d": 1}]}"#, &Variables::default());
    assert_eq!(noted, ["Property .a not found in object", "Method ->add needs numbers, found string"]);
    let (_, noted) = map_with("a: $(x ?? $(1))", "{}", &Variables::default());
    assert!(noted.is_empty(), "{noted:?}");
}

#[test]
fn keys_of_one_name_merge() {
    let input = r#"{"x": {"a": 1}, "y": {"b": 2}, "l": [1], "m": [2, 3]}"#;
    check("o: x { a } o: y { b }", input, r#"{"o": {"a": 1, "b": 2}}"#);
    check("o: l o: m", input, r#"{"o": [2, 3]}"#);
    check("...x ...y", input, r#"{"a": 1, "b": 2}"#);
    check("a: x.a ...$(null)", input, "null");
    check("a: x.a ...z", input, r#"{"a": 1}"#);
}

#[test]
fn names_bound_by_as_hold_for_the_rest_of_the_path() {
    let input = r#"{"t": "T", "rows": [{"id": 1}, {"id": 2}]}"#;
    check(
        "$.t->as($t)->echo($.rows)->map({ t: $t, id: @.id })",
        input,
        r#"[{"t": "T", "id": 1}, {"t": "T", "id": 2}]"#,
    );
    check("$->as($all).rows { id t: $all.t }", input, r#"[{"id": 1, "t": "T"}, {"id": 2, "t": "T"}]"#);
    assert_eq!(
        problems("a: x->as($b) c: $b", Version::V0_4),
        ["16..18 there is no variable `$b` (the parent's fields are `$this`, the field's arguments `$args`)"]
    );
}

#[test]
fn a_key_starts_from_the_enclosing_object_even_in_arguments() {
    let input = r#"{"limit": 2, "rows": [{"n": 1}, {"n": 3}]}"#;
    check("big: rows->filter(@.n->gt(limit))", input, r#"{"big": [{"n": 3}]}"#);
}

#[test]
fn older_versions_refuse_newer_forms() {
    assert!(problems("a: $.b", Version::V0_1).is_empty());
    assert_eq!(
        problems("a?", Version::V0_2),
        [
            "1..2 `?` needs connect/v0.3 (link https://specs.apollo.dev/connect/v0.3 or later)",
            "0..1 a path that begins with one key needs connect/v0.3 (write `$.a`)"
        ][..]
    );
    assert_eq!(problems("x: a->first", Version::V0_2).len(), 1);
    assert!(problems("x: $.a->first y: a.b->first z: a", Version::V0_2).is_empty());
    assert_eq!(
        problems("x: $(a.b ?? c.d)", Version::V0_2),
        ["9..11 `??` needs connect/v0.3 (link https://specs.apollo.dev/connect/v0.3 or later)"]
    );
    assert_eq!(
        problems("...x { a }", Version::V0_3),
        ["0..3 `...` needs connect/v0.4 (link https://specs.apollo.dev/connect/v0.4 or later)"]
    );
    assert_eq!(problems("x: $({ a })", Version::V0_3).len(), 1);
    check("x: $({ a, b? })", r#"{"a": 1}"#, r#"{"x": {"a": 1}}"#);
}

#[test]
fn every_problem_of_a_text_is_reported_with_its_place() {
    let text = "id: ->first\nname: $arg.x\nok: a->fist\n b { $.x } c: a.";
    assert_eq!(
        problems(text, Version::V0_4),
        [
            "4..6 found `->`, expected a field, `$`, `@` or a variable",
            "18..22 there is no variable `$arg` (did you mean `$args`?)",
            "30..36 there is no method `->fist` (did you mean `->first`? docs/mapping.md lists the methods)",
            "42..45 a path without a name, beside others or inside `{ }` (name it: `name: $.x`, or spread its keys: `...` before it)",
            "53..53 found the end of the mapping, expected a key after `.`",
        ]
    );
    assert_eq!(problems("a { b", Version::V0_4), ["2..3 a `{` that is never closed (close it with `}`)"]);
    assert_eq!(problems("a: $('x)", Version::V0_4)[0], "5..6 a string that is never closed (close it with ')");
    assert_eq!(problems("a: $(b ?? c ?! d)", Version::V0_4).len(), 1);
    assert_eq!(
        problems("a: b->first(1)", Version::V0_4),
        [
            "4..11 `->first` takes no arguments, here are 1 (Gives the first element of an array, or the first character of a string. Example: `$->first`)"
        ]
    );
    assert!(!problems(&"a{".repeat(10_000), Version::V0_4).is_empty());
    assert!(!problems(&format!("a: {}", "$(".repeat(10_000)), Version::V0_4).is_empty());
}
