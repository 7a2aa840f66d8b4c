//! `@connection(by:, max:, cursor:)` on a list field: clients see a Relay connection.
//!
//! ```graphql
//! tickets: [Ticket!] @connection(by: GATEWAY, max: 200)
//! events: [Event!] @connection(by: SOURCE, cursor: "id") @connect(…)    # its connector reads $args.first, $args.after
//! ```
//!
//! The field is declared as a list, as its connector gives it; the contract shows `TicketConnection` with `edges`,
//! `nodes`, `pageInfo` and `totalCount`. `by: GATEWAY` takes `first`, `after`, `last`, `before` and cuts pages from
//! what was fetched, at most `max` (200) items per parent. `by: SOURCE` takes `first` and `after`, which the
//! connector hands on; it is asked for one more than wanted, at most `max` (100), and `cursor` names the item's
//! field whose value leads to the next page.

use crate::sdl::gather::Applied;
use crate::sdl::reader::Reader;
use crate::sdl::source_text::Place;

/// `@connection` as read.
#[derive(Debug)]
pub(crate) struct ConnectionDirective {
    pub connection: crate::catalog::Connection,
    pub place: Place,
}

#[derive(Clone, Copy)]
enum By {
    Gateway,
    Source,
}

impl ConnectionDirective {
    pub fn read(applied: &Applied, reader: &mut Reader<'_, '_>) -> Option<ConnectionDirective> {
        let members = reader.arguments("@connection", &applied.node, &["by", "max", "cursor"], &[]);
        let by = match members.get("by") {
            Some(_) => reader.choice_of(&members, "by", &[("GATEWAY", By::Gateway), ("SOURCE", By::Source)])?,
            None => By::Gateway,
        };
        let max = reader.count_of(&members, "max", 1);
        let cursor = reader.text_of(&members, "cursor");
        let connection = match (by, cursor) {
            (By::Gateway, None) => crate::catalog::Connection::Gateway { max: max.unwrap_or(200) },
            (By::Gateway, Some(cursor)) => {
                reader
                    .problems
                    .error("GRAPHQL_ERROR", cursor.place, "`cursor` belongs to `by: SOURCE`")
                    .help("leave it out: where the gateway cuts pages, cursors are its own");
                return None;
            }
            (By::Source, Some(cursor)) => {
                crate::catalog::Connection::Source { cursor: cursor.text, max: max.unwrap_or(100) }
            }
            (By::Source, None) => {
                reader
                    .problems
                    .error("GRAPHQL_ERROR", members.place, "@connection(by: SOURCE) lacks `cursor`")
                    .help("name the field of an item whose value leads to the next page");
                return None;
            }
        };
        Some(ConnectionDirective { connection, place: applied.place })
    }
}
