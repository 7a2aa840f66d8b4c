//! The tools of whoever writes connectors, as the real program: `test`, `map`, `schema directives`, `config schema`.

use std::io::Write;
use std::process::{Command, Output, Stdio};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn run(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_c360"));
    command.args(arguments).current_dir(ROOT).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_selection_is_tried_on_json_from_standard_input() {
    let selection = "$.users { id: id->toString tag: $config.tag name }";
    let done = run(&["map", selection, "-", "--var", "config={\"tag\": 1}"], r#"{"users": [{"id": 7}]}"#);
    assert_eq!(text(&done.stdout), "[\n  {\n    \"id\": \"7\",\n    \"tag\": 1\n  }\n]\n");
    let told = text(&done.stderr);
    assert!(told.contains("Property .name not found in object") && told.contains("selection:1:45"), "{told}");
    assert!(told.contains("needs: $config.tag"), "{told}");
    assert!(told.contains(r#"gives: {"one or a list of":{"id":"string","#), "{told}");
    assert_eq!(done.status.code(), Some(0));
}

#[test]
fn a_bad_selection_is_drawn_as_check_draws_it() {
    let done = run(&["map", "$.a->tostring", "-"], "{}");
    let told = text(&done.stderr);
    assert_eq!(done.status.code(), Some(1));
    assert!(told.contains("[INVALID_SELECTION] Error: there is no method `->tostring`"), "{told}");
    assert!(told.contains("did you mean `->toString`?") && told.contains("1 │ $.a->tostring"), "{told}");
    let done = run(&["map", "$.a->lower", "-", "--portable"], "{}");
    assert_eq!(done.status.code(), Some(1), "our methods are not portable");
    for (arguments, says) in [
        (&["map", "a", "none.json"][..], "none.json: cannot be read"),
        (&["map", "a", "-"], "-: the body"),
        (&["map", "@none.selection", "-"], "none.selection: cannot be read"),
        (&["map", "a", "-", "--var", "arg=1"], "no such variable"),
        (&["map", "a", "-", "--var", "args"], "expected NAME=JSON"),
    ] {
        let done = run(arguments, if arguments.len() == 3 { "{" } else { "{}" });
        assert!(text(&done.stderr).contains(says), "{arguments:?}: {}", text(&done.stderr));
    }
}

#[test]
fn nothing_to_try_a_selection_on_is_said_to_be_nothing() {
    let done = run(&["map", "a", "-"], " \n");
    assert_eq!((text(&done.stderr).trim(), done.status.code()), ("-: is empty, expected JSON", Some(1)));
}

#[test]
fn what_is_nested_too_deep_is_said_to_be() {
    let done = run(&["map", "a", "-"], &"[".repeat(200));
    let says = "-: the body is nested too deep: more than 64 levels at line 1, column 65";
    assert_eq!((text(&done.stderr).trim(), done.status.code()), (says, Some(1)));
}

#[test]
fn programs_can_read_what_became_of_a_selection() {
    let done = run(&["map", "$.a", "-", "--format", "json", "--var", "status=200"], r#"{"b": null}"#);
    let told: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(told["missing"], true);
    assert_eq!(told["problems"][0]["message"], "Property .a not found in object");
    assert_eq!((&told["problems"][0]["line"], &told["problems"][0]["column"]), (&1.into(), &2.into()));
}

#[test]
fn the_exit_code_of_a_test_run_says_what_kind_of_end_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let suite = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let good = suite("good.yaml", "conformance: x\ncases: [{ name: a, selection: $.a, input: { a: 1 }, value: 1 }]\n");
    let bad = suite("bad.yaml", "conformance: x\ncases: [{ name: a, selection: $.a, input: { a: 1 }, value: 2 }]\n");
    let none = suite("none.yaml", "conformance: x\ncass: []\n");
    let junit = folder.path().join("report.xml");
    let done = run(&["test", &good, "--junit", junit.to_str().unwrap()], "");
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stdout));
    assert!(std::fs::read_to_string(junit).unwrap().contains(r#"tests="1" failures="0""#));
    let done = run(&["test", &good, &bad], "");
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done.stdout).contains("bad.yaml:2:60  value: $: expected 2, found 1"), "{}", text(&done.stdout));
    for arguments in
        [&["test", &none][..], &["test", "/nowhere"], &["test", &good, "--filter", "zzz"], &["test", "--fast"]]
    {
        assert_eq!(run(arguments, "").status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn editors_get_their_definitions_from_the_program() {
    assert_eq!(text(&run(&["schema", "directives"], "").stdout), c360::sdl::DIRECTIVES);
    let schema: serde_json::Value = serde_json::from_slice(&run(&["config", "schema"], "").stdout).unwrap();
    assert_eq!(schema, c360::config::json_schema());
}
