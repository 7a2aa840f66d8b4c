//! `@cache(maxAge:, staleWhileRevalidate:, staleIfError:, negativeMaxAge:, scope:)`: how long an answer is good.
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
    pub place: Place,
}

impl CacheDirective {
    pub fn read(applied: &Applied, reader: &mut Reader<'_, '_>) -> CacheDirective {
        let known = ["maxAge", "staleWhileRevalidate", "staleIfError", "negativeMaxAge", "scope"];
        let members = reader.arguments("@cache", &applied.node, &known, &[]);
        let mut seconds =
            |name: &str| reader.count_of(&members, name, 0).map(|seconds| Duration::from_secs(seconds as u64));
        let (max_age, stale_while_revalidate) = (seconds("maxAge"), seconds("staleWhileRevalidate"));
        let (stale_if_error, negative_max_age) = (seconds("staleIfError"), seconds("negativeMaxAge"));
        let scope = reader.choice_of(&members, "scope", &[("PUBLIC", Scope::Public), ("CALLER", Scope::Caller)]);
        CacheDirective {
            freshness: Freshness {
                max_age,
                stale_while_revalidate,
                stale_if_error,
                negative_max_age,
                scope: scope.unwrap_or_default(),
            },
            says_public: scope == Some(Scope::Public),
            place: applied.place,
        }
    }
}
