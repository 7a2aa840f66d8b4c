//! Texts of one form: what they are, and that one operation answers all of them as each its own.

use proptest::prelude::{Just, Strategy, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::select;

use super::super::lexer::Lexer;
use super::super::{Bound, Spelling, Twins, accept_form, spell};
use super::{Limits, Operation, bound, contract, take};
use crate::mapping::Value;
use crate::operation::{Selected, Selections};

fn spelled(text: &str) -> Option<Spelling<'_>> {
    spell(text, &Limits::default())
}

#[track_caller]
fn one_form(texts: &[&str]) {
    for text in texts {
        assert_eq!(spelled(text).unwrap().form(), spelled(texts[0]).unwrap().form(), "{text}");
    }
}

#[track_caller]
fn forms_apart(texts: &[&str]) {
    let forms: Vec<_> = texts.iter().filter_map(|text| spelled(text)).map(|one| one.form().to_vec()).collect();
    for (index, form) in forms.iter().enumerate() {
        assert!(!forms[index + 1..].contains(form), "{texts:?}");
    }
}

#[test]
fn blanks_and_comments_are_not_of_the_form() {
    one_form(&[
        "query Q($a:ID!){customer(id:$a){id ...on Customer{name}}}",
        "query Q($a: ID!) {\r\n  customer(id: $a) { # { \"\n    id ... on Customer { name } } } #1",
        "\u{feff}query Q ( $a : ID ! ) { customer ( id : $a ) { id ... on Customer { name } } }",
    ]);
    forms_apart(&[
        "{ a b }",
        "{ ab }",
        "{ a { b } }",
        "{ a: b }",
        "{ a @b }",
        "{ ...a b }",
        "query a { b }",
        "{ a, b, c }",
    ]);
}

#[test]
fn literals_in_arguments_of_fields_are_left_open() {
    one_form(&[
        "{ customer(id: \"c-1\") { tickets(first: 2) { nodes { id } } } }",
        "{ customer(id: \"é, {\") { tickets(first: -2147483648) { nodes { id } } } }",
        "{ customer(id: \"\") { tickets(first: 0) { nodes { id } } } }",
    ]);
    one_form(&[
        "{ echo(where: { tags: [\"a\", \"b\"] }, any: [1]) }",
        "{ echo(where: { tags: [\"c\", \"d\"] }, any: [2]) }",
    ]);
}

#[test]
fn which_literals_are_alike_is_of_the_form() {
    forms_apart(&["{ a: b(c: 1) d: b(c: 2) }", "{ a: b(c: 1) d: b(c: 1) }", "{ a: b(c: \"1\") d: b(c: \"2\") }"]);
    assert_eq!(spelled("{ a: b(c: 1) d: b(c: \"1\") }"), None, "one value to an ID, two to who compares arguments");
}

#[test]
fn what_more_may_depend_on_is_of_the_form() {
    forms_apart(&["query ($a: Int = 1) { b(c: $a) }", "query ($a: Int = 2) { b(c: $a) }"]);
    forms_apart(&["{ a @b(c: 1) }", "{ a @b(c: 2) }", "{ a(c: 1) @b(c: 2) }", "{ a(c: 1) @b(c: 3) }"]);
    forms_apart(&[
        "{ a(b: true) }",
        "{ a(b: false) }",
        "{ a(b: null) }",
        "{ a(b: RED) }",
        "{ a(b: $c) }",
        "{ a(b: 1) }",
    ]);
    forms_apart(&["{ a(b: \"x\\\\ny\") }", "{ a(b: \"x\\\\nz\") }", "{ a(b: \"xy\") }", "{ a(b: 1) }"]);
    forms_apart(&["{ a(b: 1.5) }", "{ a(b: 1.50) }", "{ a(b: 2147483648) }", "{ a(b: -0) }", "{ a(b: 1) }"]);
    forms_apart(&[
        "query a { b }",
        "query c { b }",
        "{ ...a } fragment a on B { c }",
        "{ ...d } fragment d on B { c }",
    ]);
}

#[test]
fn where_tokens_leave_a_doubt_there_is_no_form() {
    for text in [
        "{ a(b: 1c: 2) }",
        "{ a(b: 1...c) }",
        "{ a(b: 1.5.) }",
        "{ a(b: \"\"\"c\"\"\") }",
        "{ a(b: (1)) }",
        "{ a(b: \"c) }",
        "{ a } }",
        "{ a.b }",
        "{ a(b: ü) }",
    ] {
        assert_eq!(spelled(text), None, "{text}");
    }
    let many = format!("{{ {} }}", (0..257).map(|n| format!("a{n}: b(c: {n}) ")).collect::<String>());
    assert_eq!(spelled(&many), None);
    assert_eq!(spell("{ a }", &Limits { document_bytes: 4, ..Limits::default() }), None);
}

/// What is the same for two texts that ask the same: keys, conditions, the values of all arguments. Places as `place`
/// tells them.
fn shown(operation: &Operation, variables: &Bound, place: &dyn Fn((u32, u32)) -> (u32, u32)) -> String {
    let mut shown = format!("{:?} {:?}\n", operation.kind, operation.name);
    for variable in &operation.variables {
        shown += &format!("{} {} {:?} {:?}\n", variable.name, variable.ty, variable.default, place(variable.location));
    }
    selections(&operation.root, variables, place, &mut shown);
    for key in operation.introspection.iter().flat_map(|introspection| &introspection.keys) {
        shown += &format!("{} ", key.position);
        selected(&key.selected, variables, place, &mut shown);
    }
    shown
}

fn selections(of: &Selections, variables: &Bound, place: &dyn Fn((u32, u32)) -> (u32, u32), shown: &mut String) {
    for (name, list) in &of.per_type {
        *shown += &format!("on {name} {{\n");
        list.iter().for_each(|one| selected(one, variables, place, shown));
        *shown += "}\n";
    }
}

fn selected(one: &Selected, variables: &Bound, place: &dyn Fn((u32, u32)) -> (u32, u32), shown: &mut String) {
    let arguments = one
        .arguments
        .bind(variables)
        .map_err(|wrong| (wrong.message, wrong.locations.into_iter().map(place).collect::<Vec<_>>()));
    *shown += &format!("{} {} {:?} {:?} {} {arguments:?}\n", one.key, one.field, one.when, place(one.location), one.ty);
    if let Some(of) = &one.of {
        selections(of, variables, place, shown);
    }
}

fn form_of(text: &str) -> Option<Operation> {
    let form = accept_form(contract(), &Limits::default(), text, None, &spelled(text)?).ok()?;
    form.is_form().then_some(form)
}

/// Whether `asked` is answered by the operation drawn for `remembered`; if so, that it is as by its own.
fn recognised(remembered: &str, asked: &str, variables: &str) -> bool {
    let (Some(form), Some(spelling)) = (form_of(remembered), spelled(asked)) else { return false };
    assert!(form.fit(&spelled(remembered).unwrap()).is_some(), "it does not fit itself: {remembered}");
    if spelled(remembered).unwrap().form() != spelling.form() {
        return false;
    }
    let Some(literals) = form.fit(&spelling) else { return false };
    let own = take(asked).unwrap_or_else(|wrong| panic!("{asked} is refused, and recognised by {remembered}: {wrong}"));
    let places = Twins { remembered, asked }.places();
    let moved = |refusal| Twins { remembered, asked }.moved(refusal);
    match (bound(&own, variables), bound(&form, variables).map_err(moved)) {
        (Ok(own_bound), Ok(form_bound)) => assert_eq!(
            shown(&form, &form_bound.with(&literals), &|place| places.asked(place)),
            shown(&own, &own_bound, &|place| place),
            "{remembered}\n{asked}"
        ),
        (own, form) => assert_eq!(form, own, "{remembered}\n{asked}"),
    }
    true
}

#[test]
fn texts_of_one_form_are_answered_by_one_operation() {
    for (remembered, asked) in [
        ("{ customer(id: 1) { name } }", "query { customer(id: 1) { name } }"),
        ("{ customer(id: \"a\") { name } }", "{ customer(id: 1) { name } }"),
        ("{ echo(at: \"2026-01-01T00:00:00Z\") }", "{ echo(at: \"yesterday\") }"),
        ("{ echo(on: \"2026-01-01\") }", "{ echo(on: \"2026-1-1\") }"),
        ("{ echo(sum: \"1.5\") }", "{ echo(sum: \"1,5\") }"),
        ("{ a: echo(int: 1) a: echo(int: 1) }", "{ a: echo(int: 1) a: echo(int: 2) }"),
    ] {
        assert!(!recognised(remembered, asked, "{}"), "{asked}");
    }
    for (remembered, asked) in [
        ("{ customer(id: \"a\") { name } }", "{\n  # whose\n  customer(id: \"b\") { name } }"),
        ("{ customer(id: 1) { id } }", "{ customer(id: 22) { id } }"),
        ("{ customers(ids: [\"a\", \"b\", \"a\"]) { id } }", "{ customers(ids: [\"c\", \"\", \"c\"]) { id } }"),
        ("{ customers(ids: \"a\") { id } }", "{ customers(ids: \"b\") { id } }"),
        (
            "{ echo(where: { must: { here: 1 } min: 2 tags: \"x\" }) }",
            "{ echo(where: { must: { here: 3 } min: 4 tags: \"y\" }) }",
        ),
        ("{ echo(one: { id: 1 }, any: { a: [1, \"b\"] }) }", "{ echo(one: { id: 2 }, any: { a: [2, \"c\"] }) }"),
        ("{ echo(float: 1, sum: 1, int: 1, any: 1) }", "{ echo(float: -3, sum: -3, int: -3, any: -3) }"),
        (
            "{ echo(int: 20) @skip(if: true) customer(id: 20) { id } }",
            "{ echo(int: 7) @skip(if: true) customer(id: 7) { id } }",
        ),
        (
            "{ a: echo(int: 1) ...f } fragment f on Query { a: echo(int: 1) }",
            "{ a: echo(int: 2) ...f } fragment f on Query { a: echo(int: 2) }",
        ),
        (
            "{ node(id: 1) { ... on Ticket { subject(cut: 2) } } }",
            "{ node(id: 2) { ... on Ticket { subject(cut: 3) } } }",
        ),
        ("{ __type(name: \"Query\") { name } }", "{ __type(name: \"Hit\") { name } }"),
        ("query($x: Int!) { echo(int: $x, list: [1, $x]) }", "query($x: Int!)\n\n{ echo(int: $x, list: [3, $x]) }"),
        ("query A($x: Int = 5) { echo(int: $x, id: 1) } ", "query A($x: Int = 5) { echo(int: $x, id: 2) }"),
    ] {
        assert!(recognised(remembered, asked, r#"{"x": 3}"#), "{asked}");
        recognised(remembered, asked, r#"{"x": "no number"}"#);
    }
}

/// A literal stands for each `%`.
const PARTS: [&str; 26] = [
    "customer(id: %) { id name tickets(first: %) { nodes { id subject(cut: %) } } }",
    "a: customer(id: %) { id }",
    "a: customer(id: %) { name }",
    "customers(ids: [%, %]) { id }",
    "customers(ids: %, where: { name: %, min: % must: { here: % } }) { id }",
    "node(id: %) { ... on Customer { t: tickets(first: %) { nodes { id } } } ... on Ticket { subject(cut: %) } }",
    "node(id: %) { ... on Named { id } ... on Ticket { about { ... on Customer { id } } } }",
    "search(text: %, in: [PERSON]) { ... on Customer { id } }",
    "echo(int: %, float: %, text: %, flag: true)",
    "b: echo(id: %, at: %, on: %, sum: %)",
    "b: echo(id: %, at: %, on: %, sum: %)",
    "c: echo(list: %, grid: [[%, 1], [%]], any: { a: %, b: [%, null] })",
    "d: echo(one: { id: % }, kind: COMPANY)",
    "d: echo(where: { tags: [%, %], either: { must: { here: % } } must: { here: 1 } })",
    "e: echo(int: %) @skip(if: true)",
    "e: echo(int: %) @include(if: $flag)",
    "e: echo(int: $number, text: %) @skip(if: $flag)",
    "f: echo(text: \"fixed\", int: %)",
    "f: echo(list: [%, $number])",
    "...on Query { g: echo(int: %) h: echo(int: %) }",
    "...F",
    "...F @include(if: $flag)",
    "__type(name: %) { name fields(includeDeprecated: true) { name } }",
    "echo(sure: %) unknown(a: %)",
    "i: echo(sure: %, int: null)",
    "customer(id: %) { tickets(first: %) { edges { cursor node { subject } } } }",
];

const LITERALS: [&str; 22] = [
    "1",
    "2",
    "3",
    "77",
    "-5",
    "0",
    "-0",
    "2147483647",
    "2147483648",
    "1.5",
    "1e3",
    "\"1\"",
    "\"a\"",
    "\"b\"",
    "\"é ü\"",
    "\"x\\n\"",
    "\"\"\"c\"\"\"",
    "\"2026-03-01T10:00:00Z\"",
    "\"2026-03-01\"",
    "null",
    "PERSON",
    "$number",
];

/// What may stand between two tokens.
const IGNORED: [&str; 7] = ["", " ", "\n", "\u{feff} ", "\t# x, { \"\n", "\r\n  ", " #\r"];

fn filled(parts: &[&str], fragment: &str, literals: &[&str]) -> String {
    let mut text = format!("query Q($flag: Boolean = true, $number: Int) {{ {} }}", parts.join(" "));
    if parts.iter().any(|part| part.starts_with("...F")) {
        text += &format!(" fragment F on Query {{ {fragment} }}");
    }
    let mut literals = literals.iter().cycle();
    text.split_inclusive('%')
        .map(|part| match part.strip_suffix('%') {
            Some(before) => before.to_owned() + literals.next().unwrap(),
            None => part.to_owned(),
        })
        .collect()
}

/// The same tokens and commas, with something of `ignored` at every place where something may stand.
fn respelled(text: &str, ignored: &[&str]) -> String {
    let (mut lexer, mut ignored) = (Lexer::new(text), ignored.iter().cycle());
    let mut respelled = String::new();
    while let Ok(Some(_)) = lexer.next() {
        respelled += &",".repeat(lexer.commas());
        let word = lexer.written().1;
        let marks = |letter: char| "{}()[]:$!=@|&,".contains(letter);
        respelled += match ignored.next().unwrap() {
            &"" if !respelled.ends_with(marks) && !word.starts_with(marks) => " ",
            ignored => ignored,
        };
        respelled += word;
    }
    respelled + ignored.next().unwrap()
}

/// Mostly such as fit, so that most documents are valid.
fn literals() -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![
        8 => proptest::collection::vec(select(&LITERALS[..6]), 1..8),
        4 => proptest::collection::vec(select(&LITERALS[11..15]), 1..4),
        2 => proptest::collection::vec(select(&LITERALS[..]), 1..8),
        1 => Just(vec!["\"2026-03-01T10:00:00Z\""]),
    ]
}

proptest! {
    #[test]
    fn whatever_is_recognised_is_what_it_would_be_by_itself(
        parts in proptest::collection::vec(select(&PARTS[..]), 1..4),
        fragment in select(&PARTS[..19]),
        (first, second) in (literals(), literals()),
        ignored in proptest::collection::vec(select(&IGNORED[..]), 1..5),
        variables in select(&["{}", r#"{"flag": false, "number": 9}"#, r#"{"flag": null}"#, r#"{"number": "x"}"#][..]),
    ) {
        let (remembered, asked) = (filled(&parts, fragment, &first), filled(&parts, fragment, &second));
        recognised(&remembered, &respelled(&asked, &ignored), variables);
        // With other blanks only, it is recognised wherever it can be remembered.
        let alike = respelled(&remembered, &ignored);
        prop_assert_eq!(recognised(&remembered, &alike, variables), form_of(&remembered).is_some());
        prop_assert_eq!(recognised(&alike, &remembered, variables), form_of(&alike).is_some());
    }

    #[test]
    fn any_bytes_are_spelled_or_not_and_equal_forms_mean_equal_tokens(text in "[a-c{}()\\[\\]:$@!|&=\"\\\\#.,0-9eE \\n\\r-]{0,40}") {
        if let Some(spelling) = spelled(&text) {
            let again = String::from_utf8(spelling.form().to_vec()).unwrap();
            if spelling.literals.is_empty() && !again.contains('.') {
                let again = spelled(&again).unwrap();
                prop_assert_eq!(again.form(), spelling.form());
            }
        }
    }
}

#[test]
fn what_a_text_says_differs_where_a_literal_does() {
    let whole = |text: &str| spelled(text).unwrap().whole();
    assert_eq!(whole("{ a(b: 1, c: \"x\") }"), whole("{a(b:1,c:\"x\")} # y"));
    assert_ne!(whole("{ a(b: 1, c: \"x\") }"), whole("{ a(b: 1, c: \"y\") }"));
    assert_ne!(whole("{ a(b: \"1\") }"), whole("{ a(b: 1) }"));
    let value = |text: &str| Value::read(text.as_bytes()).unwrap().into_owned();
    let form = form_of("{ echo(any: \"a\", id: \"a\") }").unwrap();
    let literals = form.fit(&spelled("{ echo(any: \"b\", id: \"b\") }").unwrap()).unwrap();
    assert_eq!(literals.0, [value("\"b\""), value("\"b\"")], "in the contract's order of arguments or not");
}
