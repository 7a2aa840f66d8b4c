//! Whether a source's table says what it said before, and which files a reload looks at.

use std::path::PathBuf;

use super::read_in;
use crate::config::secret_files;

#[test]
fn a_table_is_the_same_while_everything_in_it_is_secrets_included() {
    let folder = tempfile::tempdir().unwrap();
    let written = |text: &str| read_in(folder.path(), text).unwrap().written["sources.crm"];
    let token = |token: &str| std::fs::write(folder.path().join("token"), token).unwrap();
    token("first");
    let text = "[sources.crm]\nurl = 'https://a.example'\nauth = { bearer = { token = { file = 'token' } } }";
    let first = written(text);
    assert_eq!(
        written("[sources.crm.auth.bearer]\ntoken = 'first'\n[sources.crm]\nurl = \"https://a.example\""),
        first
    );
    assert_ne!(written(&text.replace("a.example", "b.example")), first);
    assert_ne!(written(&format!("{text}\ntimeout = '1s'")), first);
    token("second");
    assert_ne!(written(text), first);
}

#[test]
fn secret_files_are_known_whether_or_not_they_are_there_and_the_rest_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[sources.crm]\ntime_out = 1\nauth = { bearer = { token = { file = 'token' } } }\nconfig = { a = { file = '${KEY}' } }";
    std::fs::write(folder.path().join("gateway.toml"), text).unwrap();
    let files = secret_files(folder.path(), &|name| (name == "KEY").then(|| "/run/key".to_owned()));
    assert_eq!(files, [folder.path().join("token"), PathBuf::from("/run/key")]);
}
