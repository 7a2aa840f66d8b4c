//! The page at `/`: an IDE in the browser, all of it from this program.
//!
//! Offline and under the strictest policy a page of scripts can have: nothing is loaded from elsewhere, nothing
//! written in the page is executed. `playground/` holds its parts, and how the foreign ones are packed.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, HeaderValue,
    IF_NONE_MATCH, REFERRER_POLICY,
};
use http::{HeaderMap, StatusCode};
use md5::{Digest, Md5};

use super::accept::Form;
use super::refused::Refused;

/// What the browser lets the page do: scripts, styles and questions of this origin, pictures within the styles. Nothing
/// written in the page is executed or applied. That costs one thing: a dialog of GraphiQL would lock the scrolling of
/// the page behind it by such a style. The page does not scroll, so the browser's note in its console is all one sees.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page, with `{name}` where the address of an asset belongs and `{query}` where the first question does.
const PAGE: &str = include_str!("../../playground/page.html");

/// One file that the page refers to. Its address holds a fingerprint of its bytes, so it never changes.
struct Asset {
    name: &'static str,
    fingerprint: String,
    media_type: &'static str,
    is_packed: bool,
    bytes: &'static [u8],
}

static ASSETS: LazyLock<[Asset; 4]> = LazyLock::new(|| {
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    const STYLES: &str = "text/css; charset=utf-8";
    let packed: [(_, _, &[u8]); 2] = [
        ("graphiql.js", SCRIPT, include_bytes!("../../playground/packed/graphiql.js.gz")),
        ("graphiql.css", STYLES, include_bytes!("../../playground/packed/graphiql.css.gz")),
    ];
    let plain: [(_, _, &[u8]); 2] = [
        ("start.js", SCRIPT, include_bytes!("../../playground/start.js")),
        ("start.css", STYLES, include_bytes!("../../playground/start.css")),
    ];
    let [script, styles] = packed.map(|(name, media_type, bytes)| Asset::new(name, media_type, true, bytes));
    let [start, more_styles] = plain.map(|(name, media_type, bytes)| Asset::new(name, media_type, false, bytes));
    [script, styles, start, more_styles]
});

/// The page at `/` and its assets beneath `/playground`. The editor opens with `first_query`, or else with a few words
/// on how to use it.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(first_query: Option<&str>) -> Router<S> {
    let page: Arc<str> = page(first_query.unwrap_or_default()).into();
    Router::new().route("/", get(async move || shown(&page))).route("/playground/{fingerprint}/{name}", get(asset))
}

fn page(query: &str) -> String {
    let page = ASSETS.iter().fold(PAGE.to_owned(), |page, asset| {
        let address = format!("playground/{}/{}", asset.fingerprint, asset.name);
        page.replace(&format!("{{{}}}", asset.name), &address)
    });
    page.replace("{query}", &attribute(query))
}

/// Text as the value of an attribute between double quotes.
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

fn shown(page: &str) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    (headers, page.to_owned()).into_response()
}

async fn asset(Path((fingerprint, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    match ASSETS.iter().find(|asset| asset.fingerprint == fingerprint && asset.name == name) {
        Some(asset) => asset.answer(&headers),
        None => Refused::Path.response(Form::of(&headers).unwrap_or(Form::Json)),
    }
}

impl Asset {
    fn new(name: &'static str, media_type: &'static str, is_packed: bool, bytes: &'static [u8]) -> Asset {
        let fingerprint = Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Asset { name, fingerprint, media_type, is_packed, bytes }
    }

    /// Packed assets are sent packed whatever the client takes: browsers take it, and a server may where nobody
    /// forbids it (RFC 9110, 12.5.3).
    fn answer(&self, asked: &HeaderMap) -> Response {
        let tag = format!("\"{}\"", self.fingerprint);
        let known = asked.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let mut known = known.flat_map(|list| list.split(',')).map(|known| known.trim().trim_start_matches("W/"));
        let is_known = known.any(|known| known == tag || known == "*");
        let mut response = if is_known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut response = Response::new(Body::from(self.bytes));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type));
            if self.is_packed {
                response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            response
        };
        let headers = response.headers_mut();
        headers.insert(ETAG, HeaderValue::from_str(&tag).expect("hexadecimal digits in quotes are a header value"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
        response
    }
}
