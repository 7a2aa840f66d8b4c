//! `@call(connect:, maxUrlBytes:, maxParallel:, safe:, bucket:)` beside a connector: bounds of its calls.
//!
//! ```graphql
//! @connect(id: "search", …) @call(connect: "search", maxUrlBytes: 15000, maxParallel: 4, safe: true, bucket: "search")
//! ```
//!
//! `connect` is the connector's `id`. `maxUrlBytes` spreads keys over more calls where the URL would grow longer;
//! `maxParallel` bounds the calls in flight; `safe: true` says that a POST only reads, so that it may be tried
//! again; `bucket` names the quota that its calls draw from.

use crate::catalog::CallBounds;
use crate::sdl::gather::Applied;
use crate::sdl::reader::{Reader, Text};

/// `@call` as read.
#[derive(Debug)]
pub(crate) struct CallDirective {
    pub connect: Text,
    pub bounds: CallBounds,
}

impl CallDirective {
    pub fn read(applied: &Applied, reader: &mut Reader<'_, '_>) -> Option<CallDirective> {
        let known = ["connect", "maxUrlBytes", "maxParallel", "safe", "bucket"];
        let members = reader.arguments("@call", &applied.node, &known, &["connect"]);
        let bounds = CallBounds {
            max_url_bytes: reader.count_of(&members, "maxUrlBytes", 100),
            max_parallel: reader.count_of(&members, "maxParallel", 1),
            safe: reader.flag_of(&members, "safe").unwrap_or(false),
            bucket: reader.text_of(&members, "bucket").map(|bucket| bucket.text),
        };
        Some(CallDirective { connect: reader.text_of(&members, "connect")?, bounds })
    }
}
