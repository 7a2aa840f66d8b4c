//! `@call(connect:, maxUrlBytes:, maxParallel:, scan:, safe:, bucket:)` beside a connector: bounds of its calls.
//!
//! ```graphql
//! @connect(id: "search", …) @call(connect: "search", maxUrlBytes: 15000, maxParallel: 4, safe: true, bucket: "search")
//! @connect(id: "plans", http: { GET: "/plans" } selection: "$.plans { code title }") @call(connect: "plans", scan: "code")
//! ```
//!
//! `connect` is the connector's `id`. `maxUrlBytes` spreads keys over more calls where the URL would grow longer;
//! `maxParallel` bounds the calls in flight; `safe: true` says that a POST only reads, so that it may be tried
//! again as a GET may (`[sources.NAME.retry]`); `bucket` names the quota that its calls draw from
//! (`[sources.NAME.quota.BUCKET]`), and what is paused where the source refuses them for their number.
//!
//! `scan`, on a type's connector that reads neither `$batch` nor `$this`, is for small sets that can only be listed: the
//! call is the same whoever is asked for, and the elements of its answer find their keys by the fields that `scan`
//! names. One listing at a time is read; it serves everybody for the connector's `@cache(maxAge:)`. It is bounded
//! by `max_response_bytes` of the source and, with `@paginate`, by `maxPages`: a listing that was cut is not kept,
//! and says of keys that are not in it that it does not know.

use crate::catalog::CallBounds;
use crate::sdl::gather::Applied;
use crate::sdl::reader::{Reader, Text};

/// `@call` as read.
#[derive(Debug)]
pub(crate) struct CallDirective {
    pub connect: Text,
    pub bounds: CallBounds,
    /// The fields by which the elements of a listing find their keys; none: it is no listing.
    pub scan: Vec<Text>,
}

impl CallDirective {
    pub fn read(applied: &Applied, reader: &mut Reader<'_, '_>) -> Option<CallDirective> {
        let known = ["connect", "maxUrlBytes", "maxParallel", "scan", "safe", "bucket"];
        let members = reader.arguments("@call", &applied.node, &known, &["connect"]);
        let scan = reader.texts_of(&members, "scan");
        let bounds = CallBounds {
            scan: !scan.is_empty(),
            max_url_bytes: reader.count_of(&members, "maxUrlBytes", 100),
            max_parallel: reader.count_of(&members, "maxParallel", 1),
            safe: reader.flag_of(&members, "safe").unwrap_or(false),
            bucket: reader.text_of(&members, "bucket").map(|bucket| bucket.text),
        };
        Some(CallDirective { connect: reader.text_of(&members, "connect")?, bounds, scan })
    }
}
