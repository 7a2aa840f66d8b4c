//! Schema in, problems out.

use super::{LINKS, files, mistakes};
use crate::sdl::{Severity, draw, read};

/// Changed schemas that are tried.
const ROUNDS: usize = 200;

fn check(text: &str, expected: &str) {
    let found = mistakes(text);
    let (found, expected): (Vec<&str>, Vec<&str>) = (found.lines().collect(), expected.trim().lines().collect());
    assert_eq!(found, expected, "{text}");
}

#[test]
fn an_unknown_source_is_told_with_the_nearest_name() {
    check(
        r##"type Query { a: String @connect(source: "desc", http: { GET: "/" }, selection: "$.a") }"##,
        r##"
a.graphql:8:42: SOURCE_NAME_MISMATCH no @source is called `desc` (did you mean `desk`?)"##,
    );
}

#[test]
fn urls_fit_their_sources() {
    check(
        r##"type Query { a: String @connect(source: "desk", http: { GET: "https://x.example" }, selection: "$.a") b: String @connect(http: { GET: "/b" }, selection: "$.b") c: String @connect(http: { GET: "ftp://x/b" }, selection: "$.b") }"##,
        r##"
a.graphql:8:63: ABSOLUTE_CONNECT_URL_WITH_SOURCE with `source:` the URL is relative to the source's baseURL, found an absolute one (leave out what `baseURL` says already, or leave out `source:`)
a.graphql:8:136: RELATIVE_CONNECT_URL_WITHOUT_SOURCE without `source:` the URL must be absolute (name a source, or begin the URL with https://)
a.graphql:8:194: INVALID_URL_SCHEME the scheme must be http or https, found ftp (connectors speak HTTP alone: name the system's HTTP interface, `https://…`)"##,
    );
}

#[test]
fn exactly_one_http_method_is_needed() {
    check(
        r##"type Query { a: String @connect(source: "desk", http: { }, selection: "$.a") b: String @connect(source: "desk", http: { GET: "/", POST: "/" }, selection: "$.b") }"##,
        r##"
a.graphql:8:55: MISSING_HTTP_METHOD this connector has no HTTP method (write one of GET, POST, PUT, PATCH, DELETE with the URL)
a.graphql:8:119: MULTIPLE_HTTP_METHODS one HTTP method is needed, found GET, POST (a connector makes one call: keep the one that reads, a second call is a second @connect)"##,
    );
}

#[test]
fn arguments_and_methods_are_told_inside_the_mapping() {
    check(
        r##"type Query { a(id: ID!): String @connect(source: "desk", http: { GET: "/{$args.ic}" }, selection: """
  $.a->wat
  """) b: String }"##,
        r##"
a.graphql:8:74: UNDEFINED_ARGUMENT $args.ic is read, but Query.a has no argument `ic` (known here: id)
a.graphql:9:6: INVALID_SELECTION there is no method `->wat` (docs/mapping.md lists the methods)
a.graphql:10:8: CONNECTORS_UNRESOLVED_FIELD Query.b has neither a connector nor @lookup (write @connect on the field, or @lookup where it finds an entity by its key)"##,
    );
}

#[test]
fn selections_fit_the_types_they_are_for() {
    check(
        r##"type Query { a: A @connect(source: "desk", http: { GET: "/" }, selection: "id { x } nmae b other { y } c d: $('x')") } type A { id: ID! name: String b: B c: [B] d: Int } type B { x: Int }"##,
        r##"
a.graphql:8:76: GROUP_SELECTION_IS_NOT_OBJECT A.id is of type ID, but the selection makes an object (leave the `{ … }` out, or take one value: `id: path.to.it`)
a.graphql:8:85: SELECTED_FIELD_NOT_FOUND `nmae` is selected, but the type A has no such field (did you mean `name`? To rename, write `name: nmae`)
a.graphql:8:90: GROUP_SELECTION_REQUIRED_FOR_OBJECT `b` is an object of type B, and none of its fields is selected (write its fields after the path: `b { x }`)
a.graphql:8:92: SELECTED_FIELD_NOT_FOUND `other` is selected, but the type A has no such field (it has id, name, b, c, d; to rename, write `field: other`, or declare `other` in the type)
a.graphql:8:104: GROUP_SELECTION_REQUIRED_FOR_OBJECT `c` is an object of type B, and none of its fields is selected (write its fields after the path: `c { x }`)
a.graphql:8:111: SELECTED_TYPE_MISMATCH A.d is of type Int, found 'x' (write a number, without quotes)"##,
    );
}

#[test]
fn a_field_that_nobody_reachable_gives_is_told_with_the_missing_chain() {
    check(
        r##"type Query { a(id: ID!): A @lookup } type A @connect(source: "desk", id: "one", http: { GET: "/{$this.id}" }, selection: "name") @connect(source: "desk", id: "two", http: { GET: "/{$this.other}" }, selection: "mail") { id: ID! name: String mail: String other: ID phone: String }"##,
        r##"
a.graphql:8:241: CONNECTORS_UNRESOLVED_FIELD A.mail cannot be reached from Query.a, where id is at hand: two needs other, which nobody gives (select `other` in a connector that starts from id)
a.graphql:8:254: CONNECTORS_UNRESOLVED_FIELD nobody gives A.other: no selection has it (select `other` in a connector of A, or leave the field out)
a.graphql:8:264: CONNECTORS_UNRESOLVED_FIELD nobody gives A.phone: no selection has it (select `phone` in a connector of A, or leave the field out)"##,
    );
}

#[test]
fn needs_that_go_in_circles_are_told() {
    check(
        r##"type Query { a(id: ID!): A @lookup(exists: ["one"]) } type A @connect(source: "desk", id: "one", http: { GET: "/{$this.x}" }, selection: "y") @connect(source: "desk", id: "two", http: { GET: "/{$this.y}" }, selection: "x z") { id: ID! @inaccessible x: ID y: ID z: String } extend type A @key(fields: "id")"##,
        r##"
a.graphql:8:250: CIRCULAR_REFERENCE A.x cannot be reached from Query.a, where id is at hand: two needs y from one; one needs x, which only two gives: a circle (let one of them start from id)
a.graphql:8:256: CIRCULAR_REFERENCE A.y cannot be reached from Query.a, where id is at hand: one needs x from two; two needs y, which only one gives: a circle (let one of them start from id)
a.graphql:8:262: CIRCULAR_REFERENCE A.z cannot be reached from Query.a, where id is at hand: two needs y from one; one needs x, which only two gives: a circle (let one of them start from id)"##,
    );
}

#[test]
fn a_field_has_one_giver() {
    check(
        r##"type Query { a(id: ID!): A @lookup } type A @connect(source: "desk", id: "one", http: { GET: "/{$this.id}" }, selection: "name") @connect(source: "shop", id: "two", http: { GET: "/{$this.id}" }, selection: "name") { id: ID! name: String }"##,
        r##"
a.graphql:8:225: FIELD_GIVEN_TWICE A.name is given by one and by two (select it once, or write @prefer(order: ["one", "two"]))"##,
    );
}

#[test]
fn two_equally_short_chains_through_different_sources_are_told() {
    check(
        r##"type Query { a(id: ID!): A @lookup(exists: ["one"]) } type A @connect(source: "desk", id: "one", http: { GET: "/{$this.id}" }, selection: "key") @connect(source: "shop", id: "two", http: { GET: "/{$this.id}" }, selection: "key") @connect(source: "shop", id: "three", http: { GET: "/{$this.key}" }, selection: "name") { id: ID! key: ID name: String }"##,
        r##"
a.graphql:8:230: AMBIGUOUS_CHAIN from Query.a, three needs key, which one and two reach equally fast (write @prefer(order: ["one", "two"]) on the field key)"##,
    );
}

#[test]
fn what_a_batch_needs_stands_in_its_selection() {
    check(
        r##"type Query { a(id: ID!): A @lookup } type A @connect(source: "desk", id: "one", http: { GET: "/{$batch.id->first}" }, selection: "name") { id: ID! name: String }"##,
        r##"
a.graphql:8:131: CONNECTORS_BATCH_KEY_NOT_IN_SELECTION $batch.id is read, but `id` is not selected (answers are matched to their keys by the fields that $batch reads: select them too)"##,
    );
}

#[test]
fn variables_are_read_where_they_exist() {
    check(
        r##"type Query @connect(source: "desk", http: { GET: "/" }, selection: "a") { a(id: ID!): A @lookup(exists: ["on"]) } type A @connect(source: "desk", id: "one", http: { GET: "/{$batch.id->first}/{$this.id}/{$args.x}" }, selection: "id name") @connect(source: "desk", id: "one", http: { GET: "/x" }, selection: "id") { id: ID! name: String }"##,
        r##"
a.graphql:8:12: CONNECT_ON_ROOT @connect cannot stand on Query itself (put it on a field of the type)
a.graphql:8:107: UNKNOWN_CONNECTOR `on` is no connector of this type
a.graphql:8:193: CONNECT_BATCH_AND_THIS $batch and $this are both read: a call is for many keys or for one (read all of it from $batch, or write two connectors)
a.graphql:8:204: UNDEFINED_ARGUMENT $args is read on a type, which has no arguments (read the entity's own fields: $this.id, or $batch.id for many at once)
a.graphql:8:239: CONNECT_ON_TYPE_MUST_BE_ENTITY this connector reads neither $this nor $batch: no entity can be asked for (read the entity's key in the request, `{$this.id}` or `$batch.id`; or say by which field a call lists everything: @call(connect: …, scan: "id"))
a.graphql:8:269: DUPLICATE_ID_NAME two connectors have the id one (ids are unique over all files: give each its own)"##,
    );
}

#[test]
fn headers_and_freshness_are_checked() {
    check(
        r##"type Query { a(id: ID!): A @lookup } type A @connect(source: "desk", id: "one", http: { GET: "/{$this.id}", headers: [{ name: "a", from: "b" }, { name: "A", value: "x" }] }, selection: "name mail") { id: ID! name: String! @cache(maxAge: 5, scope: PUBLIC) mail: String @cache(maxAge: 60) }"##,
        r##"
a.graphql:8:154: HTTP_HEADER_NAME_COLLISION the header A is set twice (keep one of them: case does not tell headers apart)
a.graphql:8:223: CACHE_SCOPE_NOT_PUBLIC `scope: PUBLIC`, but one reads what only this caller sends (it reads $request.headers, `from:` or $context; leave `scope` out)
a.graphql:8:269: CACHE_AGES_DIFFER one gives name (maxAge 5) and mail (maxAge 60): the smaller holds for both (give both the same `maxAge`, or a connector each)"##,
    );
}

#[test]
fn mistakes_of_graphql_and_of_directives_are_told_together() {
    check(
        r##"type Query { a: Strng @connect(source: "desk", http: { GET: "/" }, selection: "$.a", extra: 1) @wat @nope } type A { x: Int x: Int }
type B {"##,
        r##"
a.graphql:8:86: GRAPHQL_ERROR @connect has no `extra` (known here: source, id, http, batch, errors, selection, entity, isSuccess)
a.graphql:8:125: GRAPHQL_ERROR duplicate definitions for the `x` field of object type `A`
a.graphql:9:9: GRAPHQL_ERROR syntax error: expected Field Definition"##,
    );
}

#[test]
fn a_lookup_names_a_key() {
    check(
        r##"type Query { a(no: ID!): A @lookup b(ids: [ID!]!): A @lookup c(ids: [ID!]!): [A!] @lookup d(id: ID!): A @lookup @connect(source: "desk", http: { GET: "/" }, selection: "id") } type A @connect(source: "desk", id: "one", http: { GET: "/{$this.id}" }, selection: "name") { id: ID! name: String }"##,
        r##"
a.graphql:8:16: LOOKUP_KEY_NOT_FOUND the argument `no` names no key field of A (its key fields are id; a connector of A that reads `$this.no` makes that one, too)
a.graphql:8:54: LOOKUP_LIST_MISMATCH a lookup takes one key and finds one entity, or takes one list of keys and finds a list
a.graphql:8:83: LOOKUP_LIST_MISMATCH what is absent is null in the list, but the type is [A!] (write [A])
a.graphql:8:91: LOOKUP_WITH_CONNECTOR Query.d has both @lookup and a connector"##,
    );
}

#[test]
fn an_entity_resolver_takes_a_key_and_finds_one() {
    check(
        r##"type Query { a(no: ID!): A @connect(source: "desk", http: { GET: "/{$args.no}" }, selection: "id", entity: true) b: [A] @connect(source: "desk", http: { GET: "/" }, selection: "id", entity: true) } type A { id: ID! }"##,
        r##"
a.graphql:8:28: ENTITY_RESOLVER_ARGUMENT_MISMATCH the argument `no` names no field of A (with `entity: true` the arguments are the fields of a key)
a.graphql:8:121: ENTITY_TYPE_INVALID `entity: true` needs a nullable object type, and b is none"##,
    );
}

#[test]
fn subscriptions_are_refused() {
    check(
        r##"type Query { a: String @connect(source: "desk", http: { GET: "/" }, selection: "$.a") } type Subscription { a: String }"##,
        r##"
a.graphql:8:94: SUBSCRIPTION_IN_CONNECTORS subscriptions cannot be supplied by connectors (leave the type out; a type of your own may have the name where a field yields it)"##,
    );
}

#[test]
fn a_file_knows_what_it_links() {
    check(
        r##"type Query { a: String @connect(source: "desk", http: { GET: "/" }, selection: "$.a->lower") }
## b.graphql
extend schema @link(url: "https://specs.apollo.dev/connect/v0.9", import: ["@conect"])
extend type Query { b: String @cache(maxAge: 1) @connect(source: "desk") }"##,
        r##"
b.graphql:1:27: UNKNOWN_CONNECTORS_VERSION connect v0.9 is not known here; v0.1 to v0.4 are (link https://specs.apollo.dev/connect/v0.4, the newest known; v0.1, v0.2 and v0.3 are known, too)
b.graphql:1:77: GRAPHQL_ERROR https://specs.apollo.dev/connect has no directive @conect (did you mean `connect`?)
b.graphql:2:31: DIRECTIVE_NOT_IMPORTED @cache is not known in this file (add to this file: extend schema @link(url: "https://c360.dev/spec/v0.1", import: ["@cache"]))
b.graphql:2:50: GRAPHQL_ERROR @connect lacks `http`
b.graphql:2:50: GRAPHQL_ERROR @connect lacks `selection`"##,
    );
}

#[test]
fn sources_are_checked_by_themselves() {
    check(
        r##"extend schema @source(name: "desk", http: { baseURL: "ftp://a" }) @source(name: "1x", http: { baseURL: "/a" }) @failure(source: "dsk", when: { class: NO, if: "$" }) type Query { a: String @connect(source: "desk", id: "a b", http: { GET: "/{" }, selection: "$.a") }"##,
        r##"
a.graphql:8:30: DUPLICATE_SOURCE_NAME two sources are called desk (sources are shared by all files: declare it once, or give this one another name)
a.graphql:8:55: INVALID_URL_SCHEME the scheme must be http or https, found ftp (connectors speak HTTP alone: name the system's HTTP interface, `https://…`)
a.graphql:8:82: INVALID_SOURCE_NAME `1x` cannot be a source's name: letters, digits, _ and -, a letter first
a.graphql:8:105: INVALID_URL an absolute URL is needed here, with http or https (write `https://a`)
a.graphql:8:130: SOURCE_NAME_MISMATCH no @source is called `dsk` (did you mean `desk`?)
a.graphql:8:151: GRAPHQL_ERROR `class` of a row of `when` must be ABSENT or AUTH or QUOTA or RATE or RETRYABLE or FATAL, found the word NO
a.graphql:8:219: INVALID_CONNECTOR_ID_NAME `a b` cannot be a connector's id: letters, digits, _ and -, a letter first
a.graphql:8:240: INVALID_URL a `{` that is never closed (close it with `}`)"##,
    );
}

#[test]
fn what_may_be_served_and_looks_wrong_is_a_warning() {
    let text = format!(
        r#"{LINKS}type Query {{ a(id: ID!): A @lookup(exists: ["one"]) lone: String! @connect(source: "desk", http: {{ GET: "/" }}, selection: "$.x") }}
type A
  @connect(source: "desk", id: "one", batch: {{ maxSize: 2 }}, http: {{ GET: "/{{$this.id}}" }}, selection: "id name")
  @connect(source: "desk", id: "two", http: {{ GET: "/{{$this.id}}" }}, selection: "id") {{ id: ID! name: String! }}
type Orphan {{ x: Int }}
"#
    );
    let warnings = read(&files(&text)).unwrap().warnings;
    assert!(warnings.iter().all(|warning| warning.severity == Severity::Warning));
    let codes: Vec<&str> = warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(
        codes,
        ["NON_NULL_FIELD", "BATCH_WITHOUT_BATCH_VARIABLE", "UNUSED_CONNECTOR", "NON_NULL_FIELD", "TYPE_NOT_REACHED"]
    );
}

#[test]
fn problems_are_drawn_with_their_source_lines() {
    let text = "type Query {\n  a(id: ID!): String @connect(source: \"desk\", http: { GET: \"/\" }, selection: \"\"\"\n    $.a\n      ->wat\n  \"\"\")\n}\n";
    let files = files(&format!("{LINKS}{text}"));
    let problems = read(&files).unwrap_err();
    assert_eq!(
        draw(&problems, &files, false).lines().map(str::trim_end).collect::<Vec<_>>().join("\n"),
        r##"[INVALID_SELECTION] Error: there is no method `->wat`
    ╭─[ a.graphql:11:7 ]
    │
 11 │       ->wat
    │       ──┬──
    │         ╰──── here
    │
    │ Help: docs/mapping.md lists the methods
────╯
"##
    );
    assert!(draw(&problems, &[], false).contains("a.graphql:11:7: INVALID_SELECTION"), "a file that is not at hand");
}

#[test]
fn no_text_makes_the_reader_panic() {
    let whole = format!("{LINKS}{}", super::linked::DESK);
    for end in (0..whole.len()).step_by(97).filter(|end| whole.is_char_boundary(*end)) {
        let _ = read(&files(&whole[..end]));
    }
    for text in
        ["", "\u{feff}", "extend schema @link", "extend schema @link(url: 1) @link(url: \"x\")", "type Query", "{"]
    {
        assert!(read(&files(text)).is_err(), "{text}");
    }
}

#[test]
fn no_change_of_a_schema_makes_the_reader_panic() {
    let whole = format!("{LINKS}{}", super::linked::DESK);
    let words: Vec<&str> = whole.split_inclusive(|letter: char| !letter.is_alphanumeric()).collect();
    // A small generator of our own: the same changes in every run.
    let mut state = 7_usize;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for _ in 0..ROUNDS {
        let mut changed = words.clone();
        for _ in 0..1 + next(3) {
            let (from, to) = (next(words.len()), next(words.len()));
            match next(3) {
                0 => changed[to] = "",
                1 => changed[to] = words[from],
                _ => changed.swap(from, to),
            }
        }
        let files = files(&changed.concat());
        if let Err(problems) = read(&files) {
            assert!(!draw(&problems, &files, false).is_empty());
        }
    }
}

#[test]
fn a_type_of_introspection_is_no_field_s_type() {
    check(
        r##"type Query { a: __Type @connect(source: "desk", http: { GET: "/" }, selection: "name") }"##,
        "a.graphql:8:14: GRAPHQL_ERROR Query.a is of a type of introspection",
    );
}

#[test]
fn a_webhook_speaks_of_what_its_source_gives() {
    let ask = |keys: &str| {
        format!(
            r##"extend schema @webhook(source: "desk", type: "User", keys: "{keys}") type Query {{ user(id: ID!): User @lookup }} type User @connect(source: "desk", http: {{ GET: "/u/{{$this.id}}" }}, selection: "id ref name tags") @connect(source: "shop", http: {{ GET: "/s/{{$this.id}}" }}, selection: "$ {{ total: n }}") {{ id: ID! ref: ID @inaccessible name: String tags: [String] total: Int }}"##
        )
    };
    for fine in
        ["id", "$.user { id ref: number }", "ref: user_no", "$.users->map({ id: @ })", "...user", "name id: $config.x"]
    {
        check(&ask(fine), "");
    }
    check(
        &ask("total"),
        r##"
a.graphql:8:61: INVALID_WEBHOOK `total` tells nobody: no connector of desk is asked by User.total, and none gives it (known here: id, name, ref)"##,
    );
    check(
        &ask("tags"),
        r##"
a.graphql:8:61: INVALID_WEBHOOK `tags` tells nobody: no connector of desk is asked by User.tags, and none gives it (known here: id, name, ref)"##,
    );
    check(
        &ask("$.a { Id: id }"),
        r##"
a.graphql:8:67: INVALID_WEBHOOK User has no field `Id` (did you mean `id`?)"##,
    );
    check(
        &ask("$({})"),
        r##"
a.graphql:8:61: INVALID_WEBHOOK nothing of User is found by what `keys` yields (connectors of desk are asked by id)"##,
    );
}
