//! `@paginate(connect:, items:, next:, while:, into:, maxPages:)` beside a connector: how to get the rest of an answer.
//!
//! ```graphql
//! @paginate(connect: "invoices", items: "$.data", next: "$.data->last.id", while: "$.has_more",
//!           into: { query: "starting_after" }, maxPages: 20)
//! ```
//!
//! `connect` is the connector's `id`. `items` is the path to the list in one page; the lists of all pages are
//! joined there and the connector's selection runs once over the joined answer. `next` yields what leads to the
//! next page, null where there is none; `while` must also yield true where it is given. `into` says where that
//! value goes: `{ query: "name" }`, `{ body: "member" }`, `{ header: "name" }`, or `URL` where it is the next URL
//! itself (absolute or relative, on the source's origin). At most `maxPages` (20) are read, the first included.

use apollo_compiler::Node;
use apollo_compiler::ast::Value;

use crate::catalog::{PageTarget, Paginate};
use crate::mapping::Dialect;
use crate::sdl::connectors::stable_hash;
use crate::sdl::gather::Applied;
use crate::sdl::reader::{Members, Reader, Text};

/// `@paginate` as read.
#[derive(Debug)]
pub(crate) struct PaginateDirective {
    pub connect: Text,
    pub paginate: Paginate,
    /// Of everything it says, the same in every process: part of what its connector's definition is.
    pub hash: u64,
}

impl PaginateDirective {
    pub fn read(applied: &Applied, dialect: Dialect, reader: &mut Reader<'_, '_>) -> Option<PaginateDirective> {
        let known = ["connect", "items", "next", "while", "into", "maxPages"];
        let members = reader.arguments("@paginate", &applied.node, &known, &["connect", "items", "next", "into"]);
        let connect = reader.text_of(&members, "connect");
        let program = |name: &str, reader: &mut Reader<'_, '_>| {
            let text = reader.text_of(&members, name)?;
            let program = text.program(reader, dialect, "INVALID_PAGINATE")?;
            Some((text, program))
        };
        let items = program("items", reader);
        let next = program("next", reader);
        let while_more = program("while", reader);
        let into = members.get("into").and_then(|into| target(into, &members, reader));
        let max_pages = reader.count_of(&members, "maxPages", 1).unwrap_or(20);
        let (items_text, items) = items?;
        let Some(items_path) = keys(&items_text.text) else {
            reader
                .problems
                .error("INVALID_PAGINATE", items_text.inside(), "`items` must be a plain path to the list of one page")
                .help("for example `$.data` or `$.result.items`; `$` where the answer is the list");
            return None;
        };
        let paginate = Paginate {
            items,
            items_path,
            next: next?.1,
            while_more: while_more.map(|(_, program)| program),
            into: into?,
            max_pages,
        };
        let hash = stable_hash([applied.node.to_string().as_str()]);
        Some(PaginateDirective { connect: connect?, paginate, hash })
    }
}

fn target(into: &Node<Value>, members: &Members<'_>, reader: &mut Reader<'_, '_>) -> Option<PageTarget> {
    if into.as_object().is_none() {
        return reader.choice_of(members, "into", &[("URL", ())]).map(|()| PageTarget::Url);
    }
    let fields = reader.object("`into`", into, &["query", "body", "header"], &[])?;
    let query = reader.text_of(&fields, "query").map(|name| PageTarget::Query(name.text));
    let body = reader.text_of(&fields, "body").map(|name| PageTarget::Body(name.text));
    let header = reader.text_of(&fields, "header").map(|name| PageTarget::Header(name.text));
    let mut targets = [query, body, header].into_iter().flatten();
    match (targets.next(), targets.next()) {
        (Some(target), None) => Some(target),
        _ => {
            reader.wrong_kind("`into`", into, "URL or an object with exactly one of query, body, header");
            None
        }
    }
}

/// The keys of a plain path: `$.data.items` → data, items; `$` → none.
fn keys(path: &str) -> Option<Vec<String>> {
    let path = path.trim();
    let path = match path.strip_prefix('$') {
        Some("") => return Some(Vec::new()),
        Some(rest) => rest.strip_prefix('.')?,
        None => path,
    };
    let plain = |key: &str| {
        let key = key.strip_suffix('?').unwrap_or(key);
        let named = key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        let rest = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        (named && rest).then(|| key.to_owned())
    };
    path.split('.').map(plain).collect()
}
