//! What the README shows was tried: the query and its answer, the two lines of a field, the file of a system.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

const README: &str = include_str!("../../README.md");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The fenced blocks of one language, in order.
fn blocks(language: &str) -> Vec<&'static str> {
    let opening = format!("```{language}\n");
    README.split(opening.as_str()).skip(1).map(|rest| rest.split_once("\n```").unwrap().0).collect()
}

#[test]
fn the_query_is_the_demos_and_so_is_the_answer() {
    assert_eq!(blocks("graphql")[0], include_str!("../../src/cli/demo.graphql").trim_end());
    let mut demo = Command::new(env!("CARGO_BIN_EXE_c360"))
        .args(["demo", "--port", "0", "--customers", "60"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(demo.stdout.take().unwrap()).lines().map(Result::unwrap);
    let printed: Vec<String> = lines.take_while(|line| !line.starts_with("Ask again")).collect();
    demo.kill().unwrap();
    demo.wait().unwrap();
    let answer = printed.iter().skip_while(|line| *line != "and was answered:").skip(2);
    let answer: String = answer.take_while(|line| !line.starts_with("That took")).cloned().collect();
    let (shown, answered) = (timeless(blocks("json")[0]), timeless(&answer));
    assert_eq!(shown, answered, "paste the new answer into README.md");
    assert!(printed.iter().any(|line| line.contains(" 12 upstream calls")), "{printed:?}");
}

/// The answer without the times at which systems were asked.
fn timeless(answer: &str) -> Value {
    let mut answer: Value = serde_json::from_str(answer).unwrap();
    for row in answer["data"]["customer"]["coverage"].as_array_mut().unwrap() {
        assert!(row["asOf"].take().is_string());
    }
    answer
}

#[test]
fn a_field_is_two_lines_and_a_system_is_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("schema");
    fs::create_dir(&schema).unwrap();
    for entry in fs::read_dir(Path::new(ROOT).join("schema")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, schema.join(path.file_name().unwrap())).unwrap();
    }
    let (file, lines) = blocks("diff")[0].split_once('\n').unwrap();
    let file = folder.path().join(file.strip_prefix("--- ").unwrap());
    let mut text = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.iter().filter(|line| line.starts_with('+')).count(), 2);
    for pair in lines.chunks(2) {
        let before = format!("{}\n", &pair[0][1..]);
        assert_eq!(text.matches(&before).count(), 1, "{before}");
        text = text.replace(&before, &format!("{before}{}\n", &pair[1][1..]));
    }
    fs::write(&file, text).unwrap();
    let system = blocks("graphql")[1];
    let name = system.lines().next().unwrap().strip_prefix("# ").unwrap();
    fs::write(folder.path().join(name), system).unwrap();
    fs::write(folder.path().join("gateway.toml"), blocks("toml")[0]).unwrap();
    let checked = Command::new(env!("CARGO_BIN_EXE_c360"))
        .arg("check")
        .arg(folder.path())
        .args(["--explain", "{ customer(id: \"c-1\") { points memberSince supportProfile { isVerified } } }"])
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    assert!(checked.stderr.is_empty(), "{}", String::from_utf8_lossy(&checked.stderr));
    assert!(shown.contains("loyaltyMembers (loyalty): up to 100 keys per call, starts at once"), "{shown}");
}
