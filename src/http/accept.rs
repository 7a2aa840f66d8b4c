//! Which media type an answer gets.

use http::HeaderMap;
use http::header::{ACCEPT, HeaderValue};

/// The two forms of a GraphQL response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `application/json`: any well-formed request is answered 200, as clients of old expect.
    Json,
    /// `application/graphql-response+json`: the status tells whether anything was executed.
    GraphqlResponse,
}

impl Form {
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Form::Json => "application/json; charset=utf-8",
            Form::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }

    /// The form that the client prefers; nothing where it takes neither. Without `Accept`, and where only wildcards
    /// speak, it is `application/json`.
    pub(super) fn of(headers: &HeaderMap) -> Option<Form> {
        let mut values = headers.get_all(ACCEPT).iter();
        // What most clients send needs no weighing.
        let (first, second) = (values.next().map(HeaderValue::as_bytes), values.next());
        if let (None | Some(b"application/json" | b"*/*"), None) = (first, second) {
            return Some(Form::Json);
        }
        let mut ranges = Vec::new();
        for value in headers.get_all(ACCEPT) {
            ranges.extend(value.to_str().ok()?.split(',').filter_map(Range::read));
        }
        if ranges.is_empty() {
            return Some(Form::Json);
        }
        let json = Weight::of("json", &ranges);
        let response = Weight::of("graphql-response+json", &ranges);
        if response.is_named && response.quality > 0 && response.quality >= json.quality {
            Some(Form::GraphqlResponse)
        } else if json.quality > 0 {
            Some(Form::Json)
        } else {
            (response.quality > 0).then_some(Form::GraphqlResponse)
        }
    }
}

/// One entry of `Accept`.
struct Range {
    kind: String,
    subtype: String,
    /// In thousandths.
    quality: u32,
}

impl Range {
    fn read(text: &str) -> Option<Range> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let mut quality = 1000;
        for parameter in parts {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let (name, value) = (name.trim(), value.trim().trim_matches('"'));
            if name.eq_ignore_ascii_case("q") {
                quality = thousandths(value)?;
            } else if name.eq_ignore_ascii_case("charset") && !value.eq_ignore_ascii_case("utf-8") {
                return None;
            }
        }
        Some(Range { kind: kind.to_ascii_lowercase(), subtype: subtype.to_ascii_lowercase(), quality })
    }
}

/// How much a type is wanted.
struct Weight {
    quality: u32,
    /// Whether it was asked for by its own name.
    is_named: bool,
}

impl Weight {
    /// By the range that is nearest to `application/{subtype}`.
    fn of(subtype: &str, ranges: &[Range]) -> Weight {
        let best = |kind: &str, subtype: &str| {
            ranges
                .iter()
                .filter(|range| range.kind == kind && range.subtype == subtype)
                .map(|range| range.quality)
                .max()
        };
        match best("application", subtype) {
            Some(quality) => Weight { quality, is_named: true },
            None => {
                let quality = best("application", "*").or_else(|| best("*", "*")).unwrap_or(0);
                Weight { quality, is_named: false }
            }
        }
    }
}

/// `0`, `1`, `0.5`, `0.125`.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match whole {
        "0" => format!("{fraction:0<3}").parse().ok(),
        "1" => Some(1000),
        _ => None,
    }
}
