//! `@cache(maxAge:, staleWhileRevalidate:, staleIfError:, negativeMaxAge:, scope:, respect:)`: how long an answer is good.
//!
//! ```graphql
//! tickets: [Ticket!] @cache(maxAge: 30, staleIfError: 86400)
//! ```
//!
//! Seconds. On a field for that field; on a type or type extension for the fields written in it, and on a type's
//! definition for all its fields that say nothing nearer. A connector's answer is kept as a whole: the smallest
//! value over the fields it gives holds, and `check` warns where they differ. `negativeMaxAge` is how long
//! "not found" is remembered. `scope: CALLER` keeps answers for the caller who asked; a connector that reads
//! `$request.headers`, `from:` or `$context` is `CALLER` anyhow, and `PUBLIC` written there is an error.
//!
//! `staleIfError` is for what is kept of a key, found or not: it stands in when the source fails, and when a request's
//! deadline comes before the source's answer. It is labelled stale in coverage; that nobody is there, of old, is not
//! taken for certain.
//!
//! `respect: true` also listens to what the source says of each answer (RFC 9111, RFC 5861):
//!
//! ```graphql
//! type Plan @cache(maxAge: 3600, staleIfError: 86400, respect: true) { … }
//! ```
//!
//! - What is said narrows what is written here and never widens it: `maxAge` is the most. `s-maxage`, else `max-age`, else
//!   `Expires` less `Date`, each less `Age`, is how long the answer is fresh, "not found" as well;
//!   `stale-while-revalidate` and `stale-if-error` bound their windows; `must-revalidate` and
//!   `proxy-revalidate` close them, `s-maxage` those that are not said beside it. A time that cannot be read is zero.
//! - `no-store`, `private` and `Vary: *`: the answer serves those who wait for it, and is kept nowhere. `no-cache`: it is
//!   kept for being asked about again.
//! - `ETag` (up to 256 bytes) and `Last-Modified` are remembered, in the shared tier too, for an hour at least. A record
//!   past its age is then asked for with `If-None-Match` and `If-Modified-Since`; on a 304 what is kept is good anew, and no
//!   body is sent or mapped. That goes for the very same call only: GET, one page, the same address, headers and keys. A
//!   connector of single keys asks so always; a batch where the same keys come together again, and else in full; a
//!   connector with `@paginate` or `scan` never.
//! - Of several pages the strictest holds.
//!
//! It is for connectors that only read: one by GET, or by POST with `@call(safe: true)`, of which the times are heard.

use std::time::Duration;

use crate::catalog::{Freshness, Scope};
use crate::sdl::gather::Applied;
use crate::sdl::reader::Reader;
use crate::sdl::source_text::Place;

/// `@cache` as read.
#[derive(Clone, Debug)]
pub(crate) struct CacheDirective {
    pub freshness: Freshness,
    /// `scope: PUBLIC` was written, not only meant.
    pub says_public: bool,
    /// Where `respect` is written.
    pub respect: Option<Place>,
    pub place: Place,
}

impl CacheDirective {
    pub fn read(applied: &Applied, reader: &mut Reader<'_, '_>) -> CacheDirective {
        let known = ["maxAge", "staleWhileRevalidate", "staleIfError", "negativeMaxAge", "scope", "respect"];
        let members = reader.arguments("@cache", &applied.node, &known, &[]);
        let mut seconds =
            |name: &str| reader.count_of(&members, name, 0).map(|seconds| Duration::from_secs(seconds as u64));
        let (max_age, stale_while_revalidate) = (seconds("maxAge"), seconds("staleWhileRevalidate"));
        let (stale_if_error, negative_max_age) = (seconds("staleIfError"), seconds("negativeMaxAge"));
        let scope = reader.choice_of(&members, "scope", &[("PUBLIC", Scope::Public), ("CALLER", Scope::Caller)]);
        let respect = reader.flag_of(&members, "respect").unwrap_or(false);
        CacheDirective {
            freshness: Freshness {
                max_age,
                stale_while_revalidate,
                stale_if_error,
                negative_max_age,
                scope: scope.unwrap_or_default(),
                respect,
            },
            says_public: scope == Some(Scope::Public),
            respect: members.get("respect").filter(|_| respect).map(|value| reader.place(value)),
            place: applied.place,
        }
    }
}
