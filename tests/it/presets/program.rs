//! `c360 init` as a user runs it.

use std::path::Path;
use std::process::{Command, Output};

use c360::presets::SHELF;

fn init(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_c360")).arg("init").arg(folder).args(arguments).output().unwrap()
}

fn errors(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_list_has_a_line_for_each_preset() {
    let place = tempfile::tempdir().unwrap();
    let output = init(place.path(), &["--list"]);
    let listed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(listed.lines().count(), SHELF.len());
    for (line, preset) in listed.lines().zip(SHELF) {
        assert!(line.starts_with(preset.name) && line.contains(preset.title) && line.len() <= 130, "{line}");
    }
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn a_folder_is_written_and_then_checked_with_the_examples_variables() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("my/gateway");
    let output = init(&folder, &["--with", "salesforce,zendesk"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let program = env!("CARGO_BIN_EXE_c360");
    let script = format!("set -a; . ./.env.example; set +a; {program} check . && {program} test");
    let checked = Command::new("sh").arg("-c").arg(script).current_dir(&folder).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let bare = Command::new(env!("CARGO_BIN_EXE_c360")).arg("check").arg(&folder).output().unwrap();
    assert!(errors(&bare).contains("SALESFORCE_CLIENT_SECRET"), "a variable that is not set is named");
}

#[test]
fn what_exists_is_never_overwritten() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("gateway.toml"), "# mine\n").unwrap();
    let told = errors(&init(place.path(), &["--with", "stripe"]));
    assert!(told.contains("gateway.toml") && told.contains("not overwritten"), "{told}");
    assert_eq!(std::fs::read_to_string(place.path().join("gateway.toml")).unwrap(), "# mine\n");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1, "nothing else is written");
}

#[test]
fn an_unknown_system_is_answered_with_the_nearest_name() {
    let place = tempfile::tempdir().unwrap();
    let told = errors(&init(place.path(), &["--with", "Salesfroce,stripe,zendsk"]));
    assert!(told.contains("no system is called `Salesfroce`; did you mean salesforce?"), "{told}");
    assert!(told.contains("no system is called `zendsk`; did you mean zendesk?"), "{told}");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
    let told = errors(&init(place.path(), &["--with", ","]));
    assert!(told.starts_with("--with names no system"), "{told}");
}
