//! A built request held against `connectorRequest`.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::Value as Json;
use url::Url;

use super::case::Stage;
use super::compare::{cut, differences};
use super::expect::{Pairs, RequestWanted};
use super::fault::Written;
use super::told::Told;
use crate::mapping::Request;

const PART: &str = "connectorRequest";

/// Tells every part that is not as expected. What is not written is not compared; a query that is written is whole.
pub(super) fn compare(stage: &Stage<'_>, wanted: &RequestWanted, request: &Request, told: &mut Told) {
    let mut hold = |wanted: &Written<String>, part: &str, found: &str, same: bool| {
        if !same {
            told.differs(wanted.at, PART, format!("{part}: expected {:?}, found {:?}", cut(&wanted.value), cut(found)));
        }
    };
    if let Some(method) = &wanted.method {
        let found = request.method.as_str();
        hold(method, "method", found, method.value.eq_ignore_ascii_case(found));
    }
    let Ok(url) = Url::parse(&request.url) else {
        return told.differs(Default::default(), PART, format!("`{}` is no URL", cut(&request.url)));
    };
    if let Some(whole) = &wanted.url {
        let same = Url::parse(whole.value.trim()).is_ok_and(|other| {
            other.origin() == url.origin() && path_of(&other) == path_of(&url) && query_of(&other) == query_of(&url)
        });
        hold(whole, "url", &request.url, same);
    }
    if let Some(scheme) = &wanted.scheme {
        hold(scheme, "scheme", url.scheme(), scheme.value.trim_end_matches("://") == url.scheme());
    }
    if let Some(origin) = &wanted.origin {
        let found = url.origin().ascii_serialization();
        let bare = found.split_once("://").map_or(found.as_str(), |(_, host)| host);
        let asked = origin.value.trim().trim_end_matches('/');
        hold(origin, "origin", &found, asked == found || asked == bare);
    }
    if let Some(path) = &wanted.path {
        let asked = percent_decode_str(path.value.trim()).decode_utf8_lossy().into_owned();
        hold(path, "path", url.path(), asked == path_of(&url));
    }
    if let Some(query) = &wanted.query {
        compare_query(query, &url, told);
    }
    for (name, values) in &wanted.headers {
        let is_named = |header: &&(String, String)| header.0.eq_ignore_ascii_case(&name.value);
        let found: Vec<&str> = request.headers.iter().filter(is_named).map(|(_, value)| value.as_str()).collect();
        if found != values.iter().map(String::as_str).collect::<Vec<_>>() {
            let said = if found.is_empty() { "none".to_owned() } else { format!("{:?}", found.join(", ")) };
            told.differs(
                name.at,
                PART,
                format!("header {}: expected {:?}, found {said}", name.value, values.join(", ")),
            );
        }
    }
    if wanted.body.is_some() {
        compare_body(stage, wanted, request, told);
    }
}

fn compare_query(wanted: &Written<Pairs>, url: &Url, told: &mut Told) {
    let mut found = query_of(url);
    for (key, values) in &wanted.value {
        let sent = found.remove(&key.value);
        if sent.as_ref() != Some(values) {
            let said = sent.map_or("nothing".to_owned(), |sent| format!("{:?}", cut(&sent.join(", "))));
            let message = format!("queryParams.{}: expected {:?}, found {said}", key.value, cut(&values.join(", ")));
            told.differs(key.at, PART, message);
        }
    }
    for (key, values) in found {
        let message = format!("queryParams.{key}: expected nothing, found {:?}", cut(&values.join(", ")));
        told.differs(wanted.at, PART, message);
    }
}

fn compare_body(stage: &Stage<'_>, wanted: &RequestWanted, request: &Request, told: &mut Told) {
    let Some(content) = &wanted.body else { return };
    let sent = request.body.as_ref().map(|body| String::from_utf8_lossy(body));
    if sent.is_none() && content.is_nothing() {
        return;
    }
    let held = match stage.held(content) {
        Ok(held) => held,
        Err((at, why)) => return told.differs(at, PART, format!("body: {why}")),
    };
    let at = held.at;
    let Some(sent) = sent else {
        return told.differs(at, PART, "body: expected one, found none".to_owned());
    };
    let asked = held.text.trim().to_owned();
    let json = serde_json::from_str::<Json>(&sent);
    match (json, stage.tree(held)) {
        (Ok(json), Ok(tree)) => {
            for unlike in differences(&tree, &json) {
                told.unlike("connectorRequest.body", unlike);
            }
        }
        (Ok(_), Err((at, why))) => told.differs(at, PART, format!("body: the expectation is no JSON: {why}")),
        (Err(_), _) if asked != sent.trim() && form_of(&asked) != form_of(&sent) => {
            told.differs(at, PART, format!("body: expected {:?}, found {:?}", cut(&asked), cut(&sent)));
        }
        _ => {}
    }
}

fn path_of(url: &Url) -> String {
    percent_decode_str(url.path()).decode_utf8_lossy().into_owned()
}

fn query_of(url: &Url) -> BTreeMap<String, Vec<String>> {
    form_of(url.query().unwrap_or_default())
}

/// Keys with their values in order; the order of keys does not matter to anybody.
fn form_of(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, value) in url::form_urlencoded::parse(text.as_bytes()) {
        keys.entry(key.into_owned()).or_default().push(value.into_owned());
    }
    keys
}
