use super::{Dialect, Problem, Program, Value, Variables, Version, method_docs};

mod grammar;
mod known;
mod methods;
mod printing;
mod properties;
mod reading;
mod request;

fn at(version: Version) -> Dialect {
    Dialect { version, extensions: true }
}

fn compile(selection: &str) -> Program {
    Program::parse(selection, Dialect::default()).unwrap_or_else(|problems| panic!("{selection}: {problems:#?}"))
}

/// What a selection makes of a JSON text, as JSON text; `(missing)` when there is nothing.
fn map(selection: &str, input: &str) -> String {
    map_with(selection, input, &Variables::default()).0
}

fn map_with(selection: &str, input: &str, variables: &Variables<'_>) -> (String, Vec<String>) {
    let input = Value::read(input.as_bytes()).unwrap();
    let program = compile(selection);
    let outcome = program.run(Some(&input), variables);
    let text = match outcome.value {
        Some(value) => {
            let mut out = Vec::new();
            value.write(&mut out);
            String::from_utf8(out).unwrap()
        }
        None => "(missing)".to_owned(),
    };
    (text, outcome.problems.into_iter().map(|problem| problem.message).collect())
}

/// The same JSON, written compactly.
fn compact(json: &str) -> String {
    if json == "(missing)" {
        return json.to_owned();
    }
    let mut out = Vec::new();
    Value::read(json.as_bytes()).unwrap_or_else(|error| panic!("{json}: {error}")).write(&mut out);
    String::from_utf8(out).unwrap()
}

#[track_caller]
fn check(selection: &str, input: &str, expected: &str) {
    assert_eq!(map(selection, input), compact(expected), "{selection} over {input}");
}

/// What is wrong with a text: `start..end message`.
fn problems(selection: &str, version: Version) -> Vec<String> {
    match Program::parse(selection, at(version)) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(shown).collect(),
    }
}

fn shown(problem: &Problem) -> String {
    let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    format!("{}..{} {}{help}", problem.span.start, problem.span.end, problem.message)
}

#[test]
fn every_method_does_what_its_example_says() {
    for doc in method_docs() {
        assert_eq!(map(doc.selection, doc.input), compact(doc.output), "->{}: {}", doc.name, doc.selection);
    }
}

#[test]
fn the_reference_page_lists_every_method() {
    let mut table = String::from("| method | what it does | example | over | gives |\n|---|---|---|---|---|\n");
    for doc in method_docs() {
        let cell = |text: &str| text.replace('|', "\\|");
        let ours = if doc.extension { " (ours)" } else { "" };
        table += &format!(
            "| `{}`{ours} | {} | `{}` | `{}` | `{}` |\n",
            doc.name,
            cell(doc.doc),
            cell(doc.selection),
            cell(doc.input),
            cell(doc.output)
        );
    }
    let page = include_str!("../../docs/mapping.md");
    assert!(page.contains(&table), "docs/mapping.md should hold this table:\n{table}");
}
