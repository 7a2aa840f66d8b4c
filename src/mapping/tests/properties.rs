//! Any text, any JSON: an answer or problems, never a panic, never without end.

use proptest::prelude::{Just, Strategy, any, prop_assert, prop_oneof, proptest};

use super::super::{
    CallSide, Dialect, Method, Program, RequestTemplate, SourceSide, Template, Value, Variables, method_docs,
};

pub(super) fn json() -> impl Strategy<Value = Value<'static>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-3_i64..3).prop_map(Value::from),
        any::<f64>().prop_map(|float| Value::from(serde_json::Value::from(float))),
        "[a-c'\"é\\\\ 0-9:-]{0,6}".prop_map(Value::from),
        Just(Value::from("2026-03-01T10:00:00Z")),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            proptest::collection::vec(("[a-d]|key|value", inner), 0..4).prop_map(|entries| {
                Value::Object(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
            }),
        ]
    })
}

/// Texts that are programs more often than not.
pub(super) fn program() -> impl Strategy<Value = String> {
    let names: Vec<&'static str> = method_docs().map(|doc| doc.name).collect();
    let scalar = prop_oneof![
        Just("1"),
        Just("-1"),
        Just("0"),
        Just("2.5"),
        Just("9223372036854775807"),
        Just("'a'"),
        Just("','"),
        Just("''"),
        Just("null"),
        Just("true"),
        Just("'ms'"),
        Just("'%Y'"),
        Just("'EUR'"),
        Just("'minor'"),
        Just("'soql'"),
        Just("'[a-c]+|(b)'"),
        Just("'x$1$0'"),
        Just("'base64'"),
        Just("['a', 'key']"),
        Just("'UTC'"),
        Just("@"),
        Just("$"),
        Just("a"),
        Just("$.b"),
        Just("@.c"),
        Just("[a, @]"),
        Just("{ a: @, b }"),
        Just("[@, 'x']"),
        Just("$args.a"),
        Just("@->gt(1)"),
        Just("@->eq(a)"),
    ];
    let args = proptest::collection::vec(scalar, 0..3).prop_map(|args| match args.len() {
        0 => String::new(),
        _ => format!("({})", args.join(", ")),
    });
    let step = prop_oneof![
        (proptest::sample::select(names), args).prop_map(|(name, args)| format!("->{name}{args}")),
        Just(".a".to_owned()),
        Just(".key".to_owned()),
        Just("->as($x)".to_owned()),
        Just("?.b".to_owned()),
        Just("->map(@.a)".to_owned()),
    ];
    let head = prop_oneof![
        Just("$"),
        Just("a"),
        Just("@"),
        Just("$(a ?? b)"),
        Just("$([a, $, 'x'])"),
        Just("$args"),
        Just("$({ a: $, b: 1 })")
    ];
    let sub =
        prop_oneof![Just(""), Just(" { a b: c }"), Just(" { a { b } ...d x: { y: $ } }"), Just(" { n: $->size ...$ }")];
    (head, proptest::collection::vec(step, 0..5), sub, any::<bool>()).prop_map(|(head, steps, sub, named)| {
        let path = format!("{head}{}{sub}", steps.concat());
        if named { format!("a: {path} b c: {path}") } else { path }
    })
}

/// Heaps of tokens, some of which happen to be programs.
pub(super) fn tokens() -> impl Strategy<Value = String> {
    let tokens = [
        "{", "}", "(", ")", "[", "]", "$", "$(", "$args", "$x", "@", ".", "->", "->as($x)", "->map", "...", "?", "??",
        "?!", ":", ",", "a", "b:", "'s'", "1", "-", "#", "\n", "é", "\"", " ", "a: $(", "@)", "{ a }", "->size",
    ];
    proptest::collection::vec(proptest::sample::select(tokens.to_vec()), 0..40).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn no_text_panics_the_parser(text in "\\PC{0,80}") {
        _ = Program::parse(&text, Dialect::default());
        _ = Template::parse(&text, Dialect::default());
    }

    #[test]
    fn no_heap_of_tokens_panics_the_parser(text in tokens()) {
        if let Err(problems) = Program::parse(&text, Dialect::default()) {
            prop_assert!(!problems.is_empty());
            for problem in problems {
                prop_assert!(text.get(problem.span.clone()).is_some(), "{problem:?} in {text:?}");
            }
        }
        _ = Template::parse(&text, Dialect::default());
    }

    #[test]
    fn no_value_panics_a_program(text in program(), input in json(), args in json()) {
        let variables = Variables { args: Some(&args), ..Variables::default() };
        if let Ok(program) = Program::parse(&text, Dialect::default()) {
            let outcome = program.run(Some(&input), &variables);
            prop_assert!(outcome.problems.len() <= 32);
            program.run(None, &variables);
        }
    }

    #[test]
    fn every_request_that_is_made_stays_with_its_source(args in json(), url in "/[a-c./]{0,5}\\{\\$args(\\.a)?\\}[./?=a&]{0,4}\\{\\$args\\.b\\}") {
        let source = SourceSide { base_url: "https://api.example.com/v1", ..SourceSide::default() };
        let call = CallSide { method: Method::Post, url: &url, headers: Vec::new(), path: None, query_params: Some("q: $args.c"), body: Some("$args") };
        if let Ok(template) = RequestTemplate::new(Some(source), call, Dialect::default()) {
            let variables = Variables { args: Some(&args), ..Variables::default() };
            if let Ok(request) = template.build(None, &variables) {
                prop_assert!(request.url.starts_with("https://api.example.com/v1"), "{}", request.url);
                prop_assert!(request.url.is_ascii());
            }
        }
    }

    #[test]
    fn written_values_read_back(value in json()) {
        let mut out = Vec::new();
        value.write(&mut out);
        prop_assert!(Value::read(&out).unwrap() == value);
    }
}

#[test]
fn programs_that_grow_without_end_are_stopped() {
    let doubling = format!("$('aaaaaaaa'){}", "->concat(@, @)".repeat(200));
    let nesting = format!("$([1]){}", "->echo([@, @])".repeat(200));
    let deep = format!("$([1]){}", "->echo([@])".repeat(250)).replace("echo([@])", "echo([[[[@]]]])");
    let objects = format!("$({{ a: 1 }}){}", "->echo(@ { a: $ b: $ })".repeat(200));
    for text in [doubling, nesting, deep, objects] {
        let program = Program::parse(&text, Dialect::default()).unwrap();
        let outcome = program.run(None, &Variables::default());
        assert!(outcome.stopped || outcome.problems[0].message.contains("nested deeper"), "{:?}", outcome.problems);
    }
}
