//! Secret files, and that no problem tells a secret.

use std::fs;

use secrecy::ExposeSecret;

use super::{read, read_in};
use crate::sources::Auth;

#[test]
fn a_secret_file_stands_in_place_of_text() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("token"), "s3cret\n").unwrap();
    fs::write(folder.path().join("crm.example.pem"), "line\n\r\n").unwrap();
    let text = "[sources.crm]\nauth.bearer.token = { file = 'token' }\n\
                config.key = { file = '${HOST}.pem' }\nconfig.other = { file = 'token', more = 1 }\n";
    let settings = read_in(folder.path(), text).unwrap();
    let crm = &settings.sources["crm"];
    let Auth::Bearer(bearer) = &crm.auth else { panic!("{:?}", crm.auth) };
    assert_eq!(bearer.token.expose_secret(), "s3cret");
    assert_eq!(crm.config.0["key"], "line\n");
    assert_eq!(crm.config.0["other"], serde_json::json!({"file": "token", "more": 1}));
    assert!(!format!("{settings:?}").contains("s3cret"));
}

#[test]
fn a_secret_file_that_cannot_be_read_is_told_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("long"), vec![b'x'; 64 * 1024 + 1]).unwrap();
    fs::write(folder.path().join("most"), vec![b'x'; 64 * 1024]).unwrap();
    fs::write(folder.path().join("bytes"), b"\xff\xfe").unwrap();
    let text = "[sources.a.config]\nlong = { file = 'long' }\nmost = { file = 'most' }\nbytes = { file = 'bytes' }\n\
                folder = { file = '.' }\ngone = { file = '${EMPTY}gone' }\nunset = { file = '${UNSET}' }\n\
                [sources.b]\nfile = 'long'\n";
    assert_eq!(
        read_in(folder.path(), text).unwrap_err(),
        [
            "gateway.toml:2:17: `sources.a.config.long.file`: cannot read `long`: it is longer than 64 KiB",
            "gateway.toml:4:18: `sources.a.config.bytes.file`: cannot read `bytes`: it is not UTF-8 text",
            "gateway.toml:5:19: `sources.a.config.folder.file`: cannot read `.`: it is not a regular file",
            "gateway.toml:6:17: `sources.a.config.gone.file`: cannot read `${EMPTY}gone`: \
             No such file or directory (os error 2)",
            "gateway.toml:7:19: `sources.a.config.unset.file`: the variable `UNSET` is not set \
             (set it, or write `${UNSET:-default}` with what holds without it)",
            "gateway.toml:9:1: unknown key `file` in `sources.b` (known are `url`, `config`, `timeout`, \
             `connect_timeout`, `max_response_bytes`, `concurrency`, `adapt`, `queue`, `max_pages`, \
             `private_addresses`, `auth`, `tls`, `retry`, `breaker`, `pause`, `quota`)",
        ]
    );
}

/// Every place of a file where a value may stand, with a secret put there as text, number, variable and file.
#[test]
fn no_problem_tells_a_secret_wherever_it_was_put() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("secret"), "hunter2").unwrap();
    let places = [
        "auth",
        "auth.bearer",
        "auth.bearer.token",
        "tls.key",
        "tls.ca",
        "auth.basic.password",
        "auth.header.value",
        "auth.headers.k",
        "auth.query.value",
        "auth.login.body",
        "auth.login.token",
        "auth.login.secrets.k",
        "auth.oauth2-client-credentials.client_secret",
        "auth.oauth2-client-credentials.refresh_on",
        "config",
        "config.key",
    ];
    let anywhere = ["timeout", "max_pages", "url", "queue", "concurrency"];
    let written = ["'hunter2'", "8642975310", "864297.5310", "['hunter2']", "{ none = 'hunter2' }"];
    let referred = ["'${TOKEN}'", "'x${TOKEN}'", "'${GONE:-}${TOKEN}'", "{ file = 'secret' }", "['${TOKEN}']"];
    let mut told = 0;
    for place in places.iter().chain(&anywhere) {
        let values = if anywhere.contains(place) { &referred[..] } else { &[written, referred].concat() };
        for value in values {
            let text = format!("[sources.crm]\n{place} = {value}\n");
            for problem in read_in(folder.path(), &text).err().unwrap_or_default() {
                told += 1;
                assert!(!problem.contains("hunter2") && !problem.contains("864297"), "{text}{problem}");
            }
        }
    }
    assert!(told > 60, "only {told} problems were looked at");
}

#[test]
fn a_number_where_text_is_wanted_is_not_told() {
    assert_eq!(
        read("[cache]\nnamespace = 8642975310\n").unwrap_err(),
        ["gateway.toml:2:13: `cache.namespace`: found a whole number, expected text"]
    );
}

#[test]
fn what_a_type_says_of_a_list_does_not_repeat_its_variables() {
    assert_eq!(
        read("[http]\nallowed_origins = ['https://a.example', '${TOKEN}']\n").unwrap_err(),
        ["gateway.toml:2:19: `http.allowed_origins`: found a list: \"…\" is no origin, expected scheme, host and \
             port, such as https://crm.example.com"]
    );
}
