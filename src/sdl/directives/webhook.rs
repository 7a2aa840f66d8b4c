//! `@webhook(source:, type:, keys:, again:)` beside a source: of whom a delivery of its webhook speaks.
//!
//! ```graphql
//! @webhook(source: "billing", type: "Customer", keys: "$.data.object { billingCustomerId: customer }")
//! ```
//!
//! `keys` is a mapping over the payload, as it is JSON or a form, which may read `$config`. It yields an object of
//! fields of `type`, or a list of them, with enough in it to tell one from another; a delivery of which it yields nothing
//! is of no concern. What the source's connectors gave of that object is forgotten: by those that are asked by the fields
//! that are yielded, and by those that are asked by fields which a kept record has beside them.
//!
//! `again` is for systems that tell of a change before their searches show it: so many seconds later the same is forgotten
//! once more.
//!
//! Several may stand beside one source, for several types. A source without any is forgotten whole at each delivery.
//! Who may deliver is a matter of configuration: `[webhooks.NAME]`, without which nothing is heard.

use crate::mapping::{Dialect, Program};
use crate::sdl::gather::Applied;
use crate::sdl::reader::{Reader, Text};

/// `@webhook` as read.
#[derive(Debug)]
pub(crate) struct WebhookDirective {
    pub source: Text,
    pub type_name: Text,
    pub keys: Text,
    /// Seconds.
    pub again: Option<usize>,
    /// `None` where it could not be read, which has been told.
    pub program: Option<Program>,
}

impl WebhookDirective {
    pub fn read(applied: &Applied, dialect: Dialect, reader: &mut Reader<'_, '_>) -> Option<WebhookDirective> {
        let known = ["source", "type", "keys", "again"];
        let members = reader.arguments("@webhook", &applied.node, &known, &["source", "type", "keys"]);
        let again = reader.count_of(&members, "again", 1);
        let (source, type_name, keys) =
            (reader.text_of(&members, "source"), reader.text_of(&members, "type"), reader.text_of(&members, "keys"));
        let (source, type_name, keys) = (source?, type_name?, keys?);
        let program = keys.program(reader, dialect, "INVALID_WEBHOOK");
        Some(WebhookDirective { source, type_name, keys, again, program })
    }
}
