//! How long each connector's answers are good: the strictest of the fields it gives.

use super::assemble::Assembly;
use super::directives::cache::CacheDirective;
use super::reader::Reader;
use crate::catalog::{Catalog, Connector, ConnectorId, Freshness, Layout, Node, Scope};
use crate::mapping::Method;

/// Fills the freshness of every connector.
pub(super) fn link(assembly: &mut Assembly<'_>, reader: &mut Reader<'_, '_>) {
    for id in assembly.connector_ids() {
        let connector = assembly.catalog.connector(id);
        let caller_bound = connector.freshness.scope == Scope::Caller;
        let own = Freshness { scope: connector.freshness.scope, ..Freshness::default() };
        let freshness = strictest(&assembly.catalog, &connector.gives, &connector.needs, own);
        check(assembly, id.0 as usize, caller_bound, reader);
        assembly.catalog.connectors[id.0 as usize].freshness = freshness;
        check_respect(assembly, id, reader);
    }
}

/// The strictest over all fields of a layout, nested ones included; fields that are only echoed do not count.
fn strictest(catalog: &Catalog, layout: &Layout, echoed: &[String], start: Freshness) -> Freshness {
    let news = layout.slots.iter().filter(|slot| !echoed.contains(&slot.field));
    news.fold(start, |freshness, slot| {
        let field = catalog.object(layout.ty).and_then(|object| object.fields.get(&slot.field));
        let freshness = field.map_or(freshness, |field| freshness.min(field.freshness));
        match &slot.node {
            Node::Object(inner) => strictest(catalog, inner, &[], freshness),
            Node::Abstract(layouts) => {
                layouts.iter().fold(freshness, |freshness, (_, inner)| strictest(catalog, inner, &[], freshness))
            }
            Node::Scalar(_) | Node::Enum(_) => freshness,
        }
    })
}

/// Warns where fields of one connector are declared to be good for different times, and refuses `PUBLIC` where the
/// answer is for one caller.
fn check(assembly: &Assembly<'_>, index: usize, caller_bound: bool, reader: &mut Reader<'_, '_>) {
    let connector = &assembly.catalog.connectors[index];
    let caches = caches(assembly, connector);
    if caller_bound && let Some((_, cache)) = caches.iter().find(|(_, cache)| cache.says_public) {
        let message = format!("`scope: PUBLIC`, but {} reads what only this caller sends", connector.id);
        reader
            .problems
            .error("CACHE_SCOPE_NOT_PUBLIC", cache.place, message)
            .help("it reads $request.headers, `from:` or $context; leave `scope` out");
    }
    let ages = caches.iter().filter_map(|(field, cache)| Some((*field, cache.freshness.max_age?, cache.place)));
    let mut ages: Vec<_> = ages.collect();
    ages.sort_by_key(|(_, age, _)| *age);
    if let (Some((least, age, _)), Some((most, other, place))) = (ages.first(), ages.last())
        && age < other
    {
        let message = format!(
            "{} gives {least} (maxAge {}) and {most} (maxAge {}): the smaller holds for both",
            connector.id,
            age.as_secs(),
            other.as_secs()
        );
        reader
            .problems
            .warning("CACHE_AGES_DIFFER", *place, message)
            .help("give both the same `maxAge`, or a connector each");
    }
}

/// The `@cache` of each field that a connector gives.
fn caches<'a>(assembly: &'a Assembly<'_>, connector: &'a Connector) -> Vec<(&'a str, &'a CacheDirective)> {
    let type_name = &assembly.catalog.ty(connector.gives.ty).name;
    let news = connector.gives.slots.iter().filter(|slot| !connector.needs.contains(&slot.field));
    news.filter_map(|slot| Some((slot.field.as_str(), assembly.written.cache(type_name, &slot.field)?))).collect()
}

/// `respect` bounds what may be kept of what a source sends: something must be kept, and asking twice must do no harm.
fn check_respect(assembly: &Assembly<'_>, id: ConnectorId, reader: &mut Reader<'_, '_>) {
    let connector = assembly.catalog.connector(id);
    if !connector.freshness.respect {
        return;
    }
    let written = caches(assembly, connector).into_iter().find_map(|(_, cache)| cache.respect);
    let (place, name) = (written.unwrap_or_else(|| assembly.connector_place(id)), &connector.id);
    let method = connector.request.method();
    if method != Method::Get && !(method == Method::Post && connector.call.safe) {
        let message = format!("`respect`, but {name} sends a {}, which may do more than read", method.as_str());
        let help = "where it only reads say `@call(connect: …, safe: true)` beside it; else leave `respect` out";
        reader.problems.error("CACHE_RESPECT_NOT_SAFE", place, message).help(help);
    } else if connector.freshness.scope == Scope::Caller {
        let message = format!("`respect`, but nothing is kept of what {name} gives: it is for one caller");
        reader.problems.warning("CACHE_RESPECT_IDLE", place, message).help("leave `respect` out");
    } else if connector.freshness.max_age.is_none() {
        let message = format!("`respect` without `maxAge`: nothing says how long {name} may be believed at most");
        let help = "say it beside: what the source says narrows it, `@cache(maxAge: 3600, respect: true)`";
        reader.problems.error("CACHE_RESPECT_WITHOUT_MAX_AGE", place, message).help(help);
    }
}
