//! `@paginate(connect:, items:, next:, while:, total:, into:, maxPages:)` beside a connector: how to get the rest of
//! an answer.
//!
//! ```graphql
//! @paginate(connect: "invoices", items: "$.data", next: "$.data->last.id", while: "$.has_more",
//!           into: { query: "starting_after" }, maxPages: 20)
//! @paginate(connect: "requests", items: "$.values", next: OFFSET, while: "$.isLastPage->not", into: { query: "start" })
//! @paginate(connect: "issues", items: "$", next: LINK)
//! ```
//!
//! `connect` is the connector's `id`. `items` is the path to the list in one page; the lists of all pages are
//! joined there and the connector's selection runs once over the joined answer. `next` says what leads to the next
//! page: a mapping over the page, which yields null where there is none; `OFFSET`, the number of items read so far,
//! whatever the source was asked to give per page; `PAGE`, the next page's number; or `LINK`, the address that the
//! `Link` header calls `next`. `OFFSET` and `PAGE` count on from what the connector's own request says there (else
//! from 0, and from 1), and end at a page without items. `while` must also yield true where it is given; `total`
//! yields how many items there are in all. `into` says where the value goes: `{ query: "name" }`,
//! `{ body: "member" }` (of JSON or a form; `variables.after` for a nested one), `{ header: "name" }`, or `URL` where
//! it is the next URL itself (absolute or relative, on the source's origin). At most `maxPages` (20) are read, the
//! first included. What is left then makes the answer partial, and so does an end before `total`; a page that was
//! read before ends with an error.

use apollo_compiler::Node;
use apollo_compiler::ast::Value;

use crate::catalog::{Next, PageTarget, Paginate};
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
        let known = ["connect", "items", "next", "while", "total", "into", "maxPages"];
        let members = reader.arguments("@paginate", &applied.node, &known, &["connect", "items", "next"]);
        let connect = reader.text_of(&members, "connect");
        let program = |name: &str, reader: &mut Reader<'_, '_>| {
            let text = reader.text_of(&members, name)?;
            let program = text.program(reader, dialect, "INVALID_PAGINATE")?;
            Some((text, program))
        };
        let items = program("items", reader);
        let next = match members.get("next") {
            Some(value) if value.as_enum().is_some() => counted(&members, reader),
            _ => program("next", reader).map(|(_, program)| Next::Given(Box::new(program))),
        };
        let while_more = program("while", reader).map(|(_, program)| program);
        let total = program("total", reader).map(|(_, program)| program);
        let into = into(&members, next.as_ref(), reader);
        let max_pages = reader.count_of(&members, "maxPages", 1).unwrap_or(20);
        let (items_text, items) = items?;
        let Some(items_path) = keys(&items_text.text) else {
            reader
                .problems
                .error("INVALID_PAGINATE", items_text.inside(), "`items` must be a plain path to the list of one page")
                .help("for example `$.data` or `$.result.items`; `$` where the answer is the list");
            return None;
        };
        let paginate = Paginate { items, items_path, next: next?, while_more, total, into: into?, max_pages };
        let hash = stable_hash([applied.node.to_string().as_str()]);
        Some(PaginateDirective { connect: connect?, paginate, hash })
    }
}

/// The words that stand in the place of a mapping.
fn counted(members: &Members<'_>, reader: &mut Reader<'_, '_>) -> Option<Next> {
    let words = [("OFFSET", 0_u8), ("PAGE", 1), ("LINK", 2)];
    Some(match reader.choice_of(members, "next", &words)? {
        0 => Next::Offset,
        1 => Next::Page,
        _ => Next::Link,
    })
}

/// Where the value goes; an address goes nowhere but into the URL, and a number never does.
fn into(members: &Members<'_>, next: Option<&Next>, reader: &mut Reader<'_, '_>) -> Option<PageTarget> {
    let Some(value) = members.get("into") else {
        if matches!(next, Some(Next::Link)) {
            return Some(PageTarget::Url);
        }
        reader.problems.error("GRAPHQL_ERROR", members.place, "@paginate lacks `into`");
        return None;
    };
    let target = target(value, members, reader)?;
    let message = match (next, &target) {
        (Some(Next::Offset | Next::Page), PageTarget::Url) => "`next` yields a number, which is no URL",
        (Some(Next::Link), target) if *target != PageTarget::Url => "`next: LINK` yields a URL, which goes into `URL`",
        _ => return Some(target),
    };
    let help = match next {
        Some(Next::Link) => "leave out `into`",
        _ => "say which parameter takes it, for example `into: { query: \"offset\" }`",
    };
    let place = reader.place(value);
    reader.problems.error("INVALID_PAGINATE", place, message).help(help);
    None
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
