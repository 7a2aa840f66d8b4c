//! Each upstream call as somebody who watches sees it: enough to follow it, nothing of a customer.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use url::Url;

use super::Args;
use crate::mapping::Value;
use crate::record::{Code, Key};

/// Who watches calls, such as `serve --trace`.
pub trait Observer: Send + Sync {
    /// Told after each HTTP exchange. It must not block.
    fn call(&self, seen: &CallSeen<'_>);
}

/// One HTTP exchange. Exchanges for tokens are not shown.
#[derive(Clone, Debug)]
pub struct CallSeen<'c> {
    /// The source's name.
    pub source: &'c str,
    /// The connector's id.
    pub connector: &'c str,
    /// `GET` and so on.
    pub method: &'static str,
    /// The address, with a short hash for each value in its query, and for each path segment that may be one.
    pub url: String,
    /// The upstream's status; `None` where no whole answer came.
    pub status: Option<u16>,
    /// Keys carried.
    pub keys: usize,
    /// Which page of the call, counted from 1.
    pub page: usize,
    /// Which try of this page, counted from 1.
    pub attempt: u32,
    /// What was wrong with it; `None` for a good answer, and for one that says that nothing is there.
    pub failure: Option<Code>,
    /// Bytes of the answer's body.
    pub bytes: usize,
    /// From sending to the last byte.
    pub elapsed: Duration,
}

/// Turns values in addresses into hashes that are the same while the process lives, and mean nothing outside it.
#[derive(Default)]
pub(super) struct Veil(RandomState);

impl Veil {
    /// The address without values: of the query only names are shown, of the path only plain words that are neither
    /// a part of a key nor an argument.
    pub fn cover(&self, url: &str, keys: &[Key], args: &Args) -> String {
        let Ok(url) = Url::parse(url) else { return "(not an address)".to_owned() };
        let mut secret = HashSet::new();
        leaves(args.value(), &mut secret);
        for key in keys {
            if let Ok(components) = Value::read(key.as_str().as_bytes()) {
                leaves(&components.into_owned(), &mut secret);
            }
        }
        let mut shown = url.origin().ascii_serialization();
        for segment in url.path_segments().into_iter().flatten() {
            shown.push('/');
            if is_word(segment) && !secret.contains(segment) {
                shown.push_str(segment);
            } else {
                self.hash(segment, &mut shown);
            }
        }
        for (index, pair) in url.query().into_iter().flat_map(|query| query.split('&')).enumerate() {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            shown.push(if index == 0 { '?' } else { '&' });
            shown.push_str(name);
            shown.push('=');
            self.hash(value, &mut shown);
        }
        shown
    }

    fn hash(&self, value: &str, out: &mut String) {
        out.push_str(&format!("~{:06x}", self.0.hash_one(value) & 0xff_ffff));
    }
}

/// A word of an API's own, such as `search.json` or `v62.0`, rather than an id or an address.
fn is_word(segment: &str) -> bool {
    let plain = segment.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.'));
    let version = segment
        .strip_prefix('v')
        .is_some_and(|rest| rest.len() <= 5 && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
    segment.len() <= 32 && (plain || version)
}

/// Every leaf of a value as the text in which it would stand in an address.
fn leaves(value: &Value<'_>, out: &mut HashSet<String>) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => {
            out.insert(number.to_string());
        }
        Value::Text(text) => {
            out.insert(text.to_string());
        }
        Value::List(items) => items.iter().for_each(|item| leaves(item, out)),
        Value::Object(object) => object.iter().for_each(|(_, item)| leaves(item, out)),
    }
}
