//! Headers of answers, and what is heard of them.

use std::fmt::Write;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::{prop_assert, prop_assert_eq, proptest};

use super::super::terms::{renewed, said, strictest, validator};
use crate::record::Terms;

fn headers(lines: &[&str]) -> HeaderMap {
    let line = |line: &&str| {
        let (name, value) = line.split_once(": ").unwrap();
        (HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap())
    };
    lines.iter().map(line).collect()
}

fn now() -> SystemTime {
    httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap()
}

/// `60 swr=5 sie=10 strict`, `unkept`; `-` where nothing is said.
fn shown(terms: &Terms) -> String {
    let seconds = |time: Option<Duration>| time.map_or("-".to_owned(), |time| time.as_secs().to_string());
    let mut out = seconds(terms.max_age);
    let windows = [("swr", terms.stale_while_revalidate), ("sie", terms.stale_if_error)];
    for (name, time) in windows.into_iter().filter(|(_, time)| time.is_some()) {
        write!(out, " {name}={}", seconds(time)).unwrap();
    }
    out.push_str(if terms.is_strict { " strict" } else { "" });
    out.push_str(if terms.may_keep { "" } else { " unkept" });
    out
}

#[test]
fn headers_say_how_long_an_answer_is_good() {
    let table: [(&[&str], &str); 36] = [
        (&[], "-"),
        (&["cache-control: public"], "-"),
        (&["cache-control: max-age=60"], "60"),
        (&["cache-control: MAX-AGE=60 , Public"], "60"),
        (&["cache-control: max-age=\"60\""], "60"),
        (&["cache-control: public, max-age=60, immutable, x=y"], "60"),
        (&["cache-control: max-age=60, max-age=30"], "30"),
        (&["cache-control: max-age=60", "cache-control: no-store"], "60 unkept"),
        (&["cache-control: max-age=60", "age: 20"], "40"),
        (&["cache-control: max-age=60", "age: 90"], "0"),
        (&["cache-control: max-age=60", "age: soon"], "60"),
        (&["cache-control: max-age=60", "age: -5"], "60"),
        // Nobody can mean what cannot be read.
        (&["cache-control: max-age=soon"], "0"),
        (&["cache-control: max-age"], "0"),
        (&["cache-control: max-age=-1"], "0"),
        (&["cache-control: max-age=1.5"], "0"),
        (&["cache-control: max-age=99999999999999999999999"], "2147483648"),
        (&["cache-control: max-age=60, s-maxage=10"], "10 strict"),
        (&["cache-control: s-maxage=10, stale-while-revalidate=5"], "10 swr=5 strict"),
        (&["cache-control: s-maxage=10, stale-if-error=5"], "10 sie=5 strict"),
        (&["cache-control: max-age=60, stale-while-revalidate=5, stale-if-error=10"], "60 swr=5 sie=10"),
        (&["cache-control: max-age=60, must-revalidate, stale-if-error=10"], "60 strict"),
        (&["cache-control: max-age=60, proxy-revalidate"], "60 strict"),
        (&["cache-control: no-cache, max-age=60"], "0 strict"),
        (&["cache-control: no-cache=\"set-cookie, age\", max-age=60"], "0 strict"),
        (&["cache-control: no-store"], "- unkept"),
        (&["cache-control: private, max-age=60"], "60 unkept"),
        (&["cache-control: private=\"x, max-age=1\", max-age=60"], "60 unkept"),
        (&["vary: accept"], "-"),
        (&["vary: *"], "- unkept"),
        (&["expires: Sun, 06 Nov 1994 08:50:37 GMT"], "60"),
        (&["expires: Sun, 06 Nov 1994 08:50:37 GMT", "date: Sun, 06 Nov 1994 08:50:07 GMT", "age: 5"], "25"),
        (&["expires: Sunday, 06-Nov-94 08:50:37 GMT", "date: Sun Nov  6 08:50:07 1994"], "30"),
        (&["expires: Sun, 06 Nov 1994 08:00:00 GMT"], "0"),
        (&["expires: 0"], "0"),
        (&["expires: Sun, 06 Nov 1994 08:50:37 GMT", "cache-control: max-age=7"], "7"),
    ];
    for (lines, expected) in table {
        assert_eq!(shown(&said(&headers(lines), now())), expected, "{lines:?}");
    }
}

#[test]
fn what_is_no_text_might_forbid() {
    let mut map = headers(&["cache-control: max-age=60"]);
    map.append("cache-control", HeaderValue::from_bytes(b"no-stor\xe9").unwrap());
    assert!(!said(&map, now()).may_keep);
}

#[test]
fn versions_are_remembered_up_to_a_length() {
    let known = |lines: &[&str]| {
        validator(&headers(lines), 7).map(|known| (known.etag.clone(), known.last_modified.clone(), known.call))
    };
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    assert_eq!(known(&["etag: \"v1\""]), Some((Some("\"v1\"".into()), None, 7)));
    assert_eq!(known(&["etag: W/\"v1\""]), Some((Some("W/\"v1\"".into()), None, 7)));
    assert_eq!(known(&[&format!("last-modified: {date}")]), Some((None, Some(date.into()), 7)));
    assert_eq!(known(&["last-modified: yesterday"]), None);
    assert_eq!(known(&[]), None);
    let tag = |length: usize| known(&[&format!("etag: {}", "x".repeat(length))]).is_some();
    assert!(tag(256) && !tag(257));
}

#[test]
fn what_a_renewal_does_not_say_is_as_it_was() {
    let first = headers(&["cache-control: max-age=60", "etag: \"v1\""]);
    let before = Terms { validator: validator(&first, 7), ..said(&first, now()) };
    let again = |lines: &[&str]| {
        let terms = renewed(&headers(lines), now(), &before);
        assert!(terms.is_renewal);
        let known = terms.validator.clone().unwrap();
        (shown(&terms), known.etag.clone().unwrap(), known.call)
    };
    assert_eq!(again(&[]), ("60".to_owned(), "\"v1\"".into(), 7));
    assert_eq!(again(&["cache-control: max-age=5"]), ("5".to_owned(), "\"v1\"".into(), 7));
    assert_eq!(again(&["cache-control: no-store", "etag: \"v2\""]), ("- unkept".to_owned(), "\"v2\"".into(), 7));
}

#[test]
fn of_several_pages_the_strictest_holds() {
    let both =
        |one: &[&str], other: &[&str]| shown(&strictest(&said(&headers(one), now()), &said(&headers(other), now())));
    let page = ["cache-control: max-age=60, stale-if-error=10"];
    assert_eq!(both(&page, &["cache-control: max-age=30, stale-while-revalidate=5"]), "30 swr=5 sie=10");
    assert_eq!(both(&page, &["cache-control: no-cache"]), "0 swr=0 sie=0 strict");
    assert_eq!(both(&[], &["cache-control: no-store"]), "- unkept");
}

proptest! {
    #[test]
    fn whatever_headers_say_is_heard_without_harm(
        control in "(no-store|max-age=[0-9a-z\"]{0,5}|s-maxage|stale-if-error=9|x=\"[,a=]*|[ -~]{0,6}){0,1}(, ?[a-z-]{0,9}(=[ -~]{0,6})?){0,4}",
        other in "[ -~]{0,40}",
    ) {
        let names = ["age", "expires", "date", "etag", "last-modified", "vary"].map(|name| format!("{name}: {other}"));
        let lines: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut map = headers(&lines);
        map.insert("cache-control", HeaderValue::try_from(control.as_str()).unwrap());
        let terms = said(&map, now());
        prop_assert!(terms.max_age.is_none_or(|age| age <= Duration::from_secs(1 << 31)));
        // The order in which directives stand does not count.
        let turned: Vec<&str> = control.split(',').rev().collect();
        if !control.contains('"') {
            map.insert("cache-control", HeaderValue::try_from(turned.join(",")).unwrap());
            prop_assert_eq!(shown(&said(&map, now())), shown(&terms));
        }
        validator(&map, 1);
    }
}
