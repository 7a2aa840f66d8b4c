use super::super::precheck;
use super::{Limits, take};

fn said(text: &str) -> String {
    let refusal = take(text).unwrap_err();
    assert!(refusal.complaints.len() <= 10, "{} complaints", refusal.complaints.len());
    for complaint in &refusal.complaints {
        assert!(complaint.message.chars().count() <= 200, "{}", complaint.message.len());
    }
    refusal.to_string()
}

/// `fragment f0 … { ...f1 ...f1 } …`: twice as much with each.
fn doubling(fragments: usize) -> String {
    let mut text = "{ customer(id: 1) { ...f0 } }".to_owned();
    for n in 0..fragments {
        text.push_str(&format!(" fragment f{n} on Customer {{ ...f{} ...f{} }}", n + 1, n + 1));
    }
    text + &format!(" fragment f{fragments} on Customer {{ id }}")
}

#[test]
fn doubling_fragments_are_counted_not_expanded() {
    let unlimited = Limits { selections: u64::MAX, depth: u64::MAX, ..Limits::default() };
    let count = precheck::check(&doubling(30), &unlimited).unwrap();
    // 2 for customer and its spread, 2^1 + … + 2^30 spreads, 2^30 fields.
    assert_eq!(count.selections, 2 + ((1 << 31) - 2) + (1 << 30));
    let count = precheck::check(&doubling(120), &unlimited).unwrap();
    assert_eq!(count.selections, u64::MAX, "sums saturate");
    for fragments in [30, 1_000] {
        assert!(said(&doubling(fragments)).starts_with("LIMIT_EXCEEDED"), "{fragments}");
    }
    assert!(take(&doubling(8)).is_ok());
}

#[test]
fn deep_nesting_is_refused_where_the_limit_is_crossed() {
    for text in [
        "{a".repeat(100_000 / 2),
        "{ echo(any: ".to_owned() + &"[".repeat(10_000),
        "{ echo(any: ".to_owned() + &"{a:".repeat(3_000),
    ] {
        assert!(said(&text).starts_with("LIMIT_EXCEEDED\n  "), "{}", &text[..20]);
    }
    let nested = |depth: usize| {
        format!("{{ customer(id: 1) {{ {} id {} }} }}", "account { owner { ".repeat(depth), "} }".repeat(depth))
    };
    assert!(take(&nested(15)).is_ok());
    assert!(said(&nested(16)).contains("selections nest deeper than 32"));
}

#[test]
fn depth_counts_through_fragments() {
    let chain: String = (0..40).map(|n| format!(" fragment f{n} on Customer {{ ...f{} }}", n + 1)).collect();
    let text = format!("{{ customer(id: 1) {{ ...f0 }} }} {chain} fragment f40 on Customer {{ id }}");
    assert!(said(&text).contains("selections nest deeper than 32"));
}

#[test]
fn large_documents_are_not_read() {
    let text = format!("{{ echo(text: \"{}\") }}", "x".repeat(2_000_000));
    assert_eq!(said(&text), "LIMIT_EXCEEDED\n  the document is longer than 262144 bytes");
    assert_eq!(said(&"{".repeat(200_000)), "LIMIT_EXCEEDED\n  selections nest deeper than 32");
    assert_eq!(
        said(&format!("{{ {} }}", "a ".repeat(20_000))),
        "LIMIT_EXCEEDED\n  the document has more than 15000 tokens"
    );
}

#[test]
fn aliases_directives_and_root_fields_are_counted_wherever_they_stand() {
    let aliases: String = (0..201).map(|n| format!("a{n}: name ")).collect();
    assert!(said(&format!("{{ customer(id: 1) {{ {aliases} }} }}")).contains("more than 200 aliases"));
    let aliases: String = (0..60).map(|n| format!("a{n}: name ")).collect();
    let spread = format!(
        "{{ customer(id: 1) {{ a: account {{ owner {{ ...f }} }} ...f b: account {{ owner {{ ...f ... on Customer {{ account {{ owner {{ ...f }} }} }} }} }} }} }} fragment f on Customer {{ {aliases} }}"
    );
    assert!(said(&spread).contains("more than 200 aliases"));
    for text in [
        format!("{{ echo {} }}", "@skip(if: false) ".repeat(2_000)),
        format!("query {} {{ echo }}", "@a ".repeat(101)),
        format!("query ($x: Int {}) {{ echo(int: $x) }}", "@a ".repeat(101)),
        format!("{{ ...f {} }} fragment f on Query {{ echo }}", "@a ".repeat(101)),
    ] {
        assert!(said(&text).contains("more than 100 directives"), "{text}");
    }
    let root = format!("{{ {} }}", "echo ".repeat(51));
    assert!(said(&root).contains("more than 50 fields at the root"));
    let root = format!("{{ ... on Query {{ ...f ... {{ ...f }} }} }} fragment f on Query {{ {} }}", "echo ".repeat(26));
    assert!(said(&root).contains("more than 50 fields at the root"));
    let below = format!("{{ customer(id: 1) {{ {} }} }}", "id ".repeat(200));
    assert!(take(&below).is_ok());
}

#[test]
fn fragments_that_spread_themselves_are_refused() {
    for text in [
        "{ ...a } fragment a on Query { ...a }",
        "{ ...a } fragment a on Query { ...b } fragment b on Query { echo ... { ...a } }",
        "{ echo } fragment a on Query { ...b } fragment b on Query { ...a }",
    ] {
        assert_eq!(said(text), "GRAPHQL_VALIDATION_FAILED\n  fragments spread themselves");
    }
}

#[test]
fn text_that_never_ends_is_refused_without_echo() {
    for text in [
        format!("{{ echo(text: \"{}", "x".repeat(200_000)),
        format!("{{ echo(text: \"\"\"{}", "x\\\"\"\" ".repeat(20_000)),
        "{ echo(text: \"a\\".to_owned(),
        "{ echo(text: \"a\nb\") }".to_owned(),
    ] {
        assert_eq!(said(&text), "GRAPHQL_PARSE_FAILED\n  1:14 syntax error: unterminated string");
    }
    let unknown: String = (0..45).map(|n| format!("{}{n} ", "x".repeat(1_000))).collect();
    assert!(said(&format!("{{ {unknown} }}")).starts_with("GRAPHQL_VALIDATION_FAILED"));
}

#[test]
fn abstract_types_within_abstract_types_are_bounded() {
    let mut text = "id".to_owned();
    for _ in 0..13 {
        text = format!(
            "... on Customer {{ parent {{ {text} }} }} ... on Account {{ id }} ... on Ticket {{ about {{ ... on Customer {{ parent {{ id }} }} }} }}"
        );
    }
    let wide = format!("{{ node(id: 1) {{ {text} }} }}");
    assert!(take(&wide).is_ok());
    let narrow = Limits { flattened: 100, ..Limits::default() };
    let refusal = super::accept(super::contract(), &narrow, &wide, None).unwrap_err();
    assert!(refusal.to_string().contains("more than 100 selections, written out per object type"), "{refusal}");
}

#[test]
fn odd_tokens_are_counted_as_the_parser_sees_them() {
    let unlimited = Limits::default();
    for (text, selections, aliases, depth) in [
        ("{a(x:1...b)c}", 2, 0, 1),
        ("{a(x:-1.5e+3)...f}fragment f on T{b:c d}", 4, 1, 2),
        ("\u{feff}query($a:[Int]={b:{c:\"}\"}},)@d{...@include(if:$a){on:fragment ...on T{x}}}", 4, 1, 3),
        ("{a # } {\n b \"\"\"{\\\"\"\"{\"\"\" }", 2, 0, 1),
        ("query on { query: on }", 1, 1, 1),
    ] {
        let count = precheck::check(text, &unlimited).unwrap();
        assert_eq!((count.selections, count.aliases, count.depth), (selections, aliases, depth), "{text}");
    }
}
