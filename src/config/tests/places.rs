//! Texts and the problems they have.

use std::path::Path;

use super::{environment, read};
use crate::config::{self, FILE_NAME, Settings};
use crate::units::{ByteSize, TimeSpan};

#[track_caller]
fn problems(text: &str, expected: &[&str]) {
    let found = read(text).map(|_| ()).unwrap_err();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn a_file_that_is_not_there_leaves_everything_at_its_default() {
    let folder = tempfile::tempdir().unwrap();
    let settings = config::read(folder.path(), &environment).unwrap();
    assert_eq!(format!("{settings:?}"), format!("{:?}", Settings::default()));
    assert_eq!(format!("{:?}", read("").unwrap()), format!("{:?}", Settings::default()));
}

#[test]
fn every_section_reaches_its_room() {
    let settings = read(
        r#"
        [gateway]
        deadline = "5s"
        [limits]
        tokens = 10
        [cache]
        max_bytes = "1MiB"
        [sources.crm]
        url = "https://crm"
        config.region = "eu"
        auth.basic = { user = "u" }
        [connectors."Customer.orders"]
        enabled = false
        [connectors.people]
        "#,
    )
    .unwrap();
    assert_eq!(settings.gateway.deadline, TimeSpan::seconds(5));
    assert_eq!(settings.limits.tokens, 10);
    assert_eq!(settings.limits.aliases, 200);
    assert_eq!(settings.cache.max_bytes, ByteSize::mebibytes(1));
    assert_eq!(settings.sources["crm"].url.as_deref(), Some("https://crm"));
    assert_eq!(settings.sources["crm"].config.0["region"], "eu");
    assert!(!settings.connectors["Customer.orders"].enabled);
    assert!(settings.connectors["people"].enabled);
}

#[test]
fn what_is_not_toml_is_told_where_it_is() {
    problems("[cache]\nmax_bytes = \n", &["gateway.toml:2:13: string values must be quoted, expected literal string"]);
    problems(
        "[cache]\nnamespace = 'a'\nnamespace = 'b'\n[cache]\n",
        &["gateway.toml:3:1: duplicate key", "gateway.toml:4:2: duplicate key"],
    );
    let deep = format!("x = {}", "[".repeat(100_000));
    assert!(!read(&deep).unwrap_err().is_empty());
    let dotted = format!("x{} = 1", ".x".repeat(100_000));
    assert!(!read(&dotted).unwrap_err().is_empty());
}

#[test]
fn unknown_keys_are_told_all_at_once_with_the_nearest_known() {
    problems(
        "[gatway]\n[cache]\nmaxbytes = 1\nzzz = 2\n[sources.crm]\ntime_out = 3\nauth.bearer = { tokn = 'x', why = 1 }\n\
         [connectors.Customer.orders]\nenabled = false\n",
        &[
            "gateway.toml:1:2: unknown key `gatway` (did you mean `gateway`?)",
            "gateway.toml:3:1: unknown key `maxbytes` in `cache` (did you mean `max_bytes`?)",
            "gateway.toml:4:1: unknown key `zzz` in `cache` (known are `max_bytes`, `answers`, `namespace`, `jitter`, `redis`, `shared`)",
            "gateway.toml:6:1: unknown key `time_out` in `sources.crm` (did you mean `timeout`?)",
            "gateway.toml:7:15: `sources.crm.auth.bearer` lacks `token`",
            "gateway.toml:7:17: unknown key `tokn` in `sources.crm.auth.bearer` (did you mean `token`?)",
            "gateway.toml:7:29: unknown key `why` in `sources.crm.auth.bearer` (known are `token`, `scheme`)",
            "gateway.toml:8:22: unknown key `orders` in `connectors.Customer` \
             (an id with dots stands in quotes: `[connectors.\"Customer.orders\"]`)",
        ],
    );
}

#[test]
fn every_wrong_value_of_a_section_says_what_was_found_and_what_was_expected() {
    problems(
        "[gateway]\ndeadline = 'soon'\nplan_cache = '2mb'\nlookup_ids = -1\n\
         [limits]\ntokens = 'many'\ndepth = 1.5\n\
         [sources.crm]\nurl = 7\nconcurrency = 0\ntimeout = '10'\nqueue = 99999999999999999999\nmax_pages = [1]\n\
         [sources.erp]\nauth = 'bearer'\n[sources.pim]\nauth = 'nobody'\n[sources.dam]\nauth.barer = { token = 'x' }\n\
         [connectors.a]\nenabled = 'no'\n",
        &[
            "gateway.toml:2:12: `gateway.deadline`: found \"soon\", expected a whole number and a unit, such as 250ms",
            "gateway.toml:3:14: `gateway.plan_cache`: found \"2mb\", \
             expected one of the units B, KiB, MiB, GiB, kB, MB, GB, such as 2MiB",
            "gateway.toml:4:14: `gateway.lookup_ids`: found -1, expected a whole number, not negative",
            "gateway.toml:6:10: `limits.tokens`: found \"many\", expected a whole number, not negative",
            "gateway.toml:7:9: `limits.depth`: found 1.5, expected a whole number, not negative",
            "gateway.toml:9:7: `sources.crm.url`: found a whole number, expected text",
            "gateway.toml:10:15: `sources.crm.concurrency`: found 0, expected a whole number above zero",
            "gateway.toml:11:11: `sources.crm.timeout`: found \"10\", \
             expected one of the units d, h, m, s, ms, such as 250ms",
            "gateway.toml:12:9: `sources.crm.queue`: found 99999999999999999999, \
             expected a whole number, not negative",
            "gateway.toml:13:13: `sources.crm.max_pages`: found a list, expected a whole number above zero",
            "gateway.toml:15:8: `sources.erp.auth`: found text, expected a table `{ bearer = { … } }`",
            "gateway.toml:17:8: `sources.pim.auth`: found text, \
             expected one of `none`, `bearer`, `basic`, `header`, `headers`, `query`, `oauth2-client-credentials`, \
             `login`",
            "gateway.toml:19:6: unknown key `barer` in `sources.dam.auth` (did you mean `bearer`?)",
            "gateway.toml:21:11: `connectors.a.enabled`: found \"no\", expected `true` or `false`",
        ],
    );
}

#[test]
fn tables_within_a_section_tell_all_their_mistakes_too() {
    problems(
        "[http]\nallowed_origins = ['a', 1]\n[http.websocket]\nmax_sockets = 'x'\nmax_massage = 1\n\
         init_timeout = '1'\n[http.drain]\nafter = '1s'\n",
        &[
            "gateway.toml:2:25: `http.allowed_origins`: found a whole number, expected text",
            "gateway.toml:4:15: `http.websocket.max_sockets`: found \"x\", expected a whole number, not negative",
            "gateway.toml:5:1: unknown key `max_massage` in `http.websocket` (did you mean `max_message`?)",
            "gateway.toml:6:16: `http.websocket.init_timeout`: found \"1\", \
             expected one of the units d, h, m, s, ms, such as 250ms",
            "gateway.toml:7:1: `http.drain`: found a table, expected text such as \"250ms\"",
        ],
    );
}

#[test]
fn columns_count_characters() {
    problems(
        "cache = { namespace = 'äöü', 'näm' = 1, x = 2 }\n'ü' = 1\n",
        &[
            "gateway.toml:1:30: unknown key `näm` in `cache` (known are `max_bytes`, `answers`, `namespace`, `jitter`, `redis`, `shared`)",
            "gateway.toml:1:41: unknown key `x` in `cache` (known are `max_bytes`, `answers`, `namespace`, `jitter`, `redis`, `shared`)",
            "gateway.toml:2:1: unknown key `ü` (known are `http`, `admin`, `gateway`, `limits`, `cache`, `telemetry`, `sources`, `webhooks`, `connectors`, `reload`)",
        ],
    );
}

#[test]
fn a_long_file_of_mistakes_is_read_to_its_end() {
    let keys: String = (0..40_000).map(|number| format!("k{number} = 1, ")).collect();
    let long = format!("cache = {{ {keys} }}\nsources.x.\"{}\" = {{ {keys} }}\n", "y".repeat(100_000));
    assert_eq!(read(&long).unwrap_err().len(), 40_001);
    let bytes = "${".repeat(200_000);
    assert_eq!(read(&format!("cache.namespace = '{bytes}'")).unwrap_err().len(), 1);
    let variables = "${NO}".repeat(20_000);
    assert_eq!(read(&format!("cache.namespace = '{variables}'")).unwrap_err().len(), 20_000);
}

#[test]
fn a_section_that_is_no_table_says_so() {
    problems(
        "cache = 1\nsources = []\n[connectors]\npeople = false\n",
        &[
            "gateway.toml:1:9: `cache`: found 1, expected a table of `max_bytes`, `answers`, `namespace`, `jitter`, `redis`, `shared`",
            "gateway.toml:2:11: `sources`: found a list, expected tables `[sources.NAME]`",
            "gateway.toml:4:10: `connectors.people`: found false, expected a table of `enabled`",
        ],
    );
}

#[test]
fn a_missing_variable_is_told_once_and_where_it_stands() {
    problems(
        "[sources.crm]\nurl = 'https://${GONE}/${AWAY}'\ntimeout = \"${GONE}\"\nauth.bearer.token = '${1x} ${HOST'\n",
        &[
            "gateway.toml:2:16: `sources.crm.url`: the variable `GONE` is not set \
             (set it, or write `${GONE:-default}` with what holds without it)",
            "gateway.toml:2:24: `sources.crm.url`: the variable `AWAY` is not set \
             (set it, or write `${AWAY:-default}` with what holds without it)",
            "gateway.toml:3:12: `sources.crm.timeout`: the variable `GONE` is not set \
             (set it, or write `${GONE:-default}` with what holds without it)",
            "gateway.toml:4:22: `sources.crm.auth.bearer.token`: what stands in `${…}` is not the name of a variable \
             (a name has letters, digits and `_`, and does not begin with a digit; write `$${` for the characters \
             themselves)",
            "gateway.toml:4:28: `sources.crm.auth.bearer.token`: `${` without its `}` \
             (write `$${` for the characters themselves)",
        ],
    );
}

#[test]
fn variables_are_put_in_wherever_text_stands() {
    let settings = read(
        r#"
        [cache]
        namespace = "${EMPTY:-x}${EMPTY}${GONE:-}-$${HOST} $$"
        [limits]
        tokens = "${COUNT}"
        [sources.crm]
        url = "https://${HOST}/"
        timeout = "${TIMEOUT:-3s}"
        concurrency = "${COUNT}"
        config = { list = ["${HOST}", 1], count = "${COUNT}" }
        [connectors.a]
        enabled = "${FLAG}"
        "#,
    )
    .unwrap();
    assert_eq!(settings.cache.namespace, "x-${HOST} $$");
    assert_eq!(settings.limits.tokens, 12);
    let crm = &settings.sources["crm"];
    assert_eq!(crm.url.as_deref(), Some("https://crm.example/"));
    assert_eq!(crm.timeout, TimeSpan::seconds(3));
    assert_eq!(crm.concurrency.get(), 12);
    assert_eq!(crm.config.0["list"], serde_json::json!(["crm.example", 1]));
    assert_eq!(crm.config.0["count"], "12");
    assert!(!settings.connectors["a"].enabled);
}

#[test]
fn a_file_that_cannot_be_read_is_a_problem_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    let told = |folder: &Path| config::read(folder, &environment).unwrap_err()[0].to_string();
    std::fs::write(&path, b"\xff").unwrap();
    assert_eq!(told(folder.path()), format!("{}:1:1: is not UTF-8 text", path.display()));
    std::fs::write(&path, vec![b'#'; (1 << 20) + 1]).unwrap();
    assert_eq!(told(folder.path()), format!("{}:1:1: is longer than 1024 KiB", path.display()));
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert!(told(folder.path()).contains("cannot be read"));
}
