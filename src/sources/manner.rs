//! How the answers of one connector are read, worked out before any of them is there.

use crate::catalog::{Catalog, Connector, Next, Paginate, Source};
use crate::mapping::Program;
use crate::record::Copier;

/// How a connector's answers are read.
#[derive(Debug)]
pub(super) struct Manner {
    /// How they are copied, where they need no mapping.
    pub copier: Option<Copier>,
    /// Whether any mapping over them looks at their headers.
    pub reads_headers: bool,
}

impl Manner {
    pub fn new(catalog: &Catalog, connector: &Connector) -> Manner {
        let source = connector.source.map(|source| catalog.source(source));
        let is_link = matches!(&connector.paginate, Some(Paginate { next: Next::Link, .. }));
        let reads_headers = is_link || programs(connector, source).any(|program| program.needs().response_headers);
        Manner { copier: copier(catalog, connector, source), reads_headers }
    }
}

/// A copier where nobody has to see the body but the selection, and that only picks.
fn copier(catalog: &Catalog, connector: &Connector, source: Option<&Source>) -> Option<Copier> {
    let judges_body = connector.is_success.is_some()
        || source.is_some_and(|source| {
            !source.failed_keys.is_empty() || source.failures.iter().any(|rule| rule.when.reads_input())
        });
    if judges_body || connector.paginate.is_some() || connector.call.scan {
        return None;
    }
    let object = catalog.object(connector.gives.ty);
    let is_normalised = |need: &String| {
        object.and_then(|object| object.fields.get(need)).is_some_and(|field| field.normalize.is_some())
    };
    if connector.needs.iter().any(is_normalised) {
        return None;
    }
    Copier::new(connector, &connector.selection.straight()?)
}

/// Every mapping over the answers of a connector.
fn programs<'c>(connector: &'c Connector, source: Option<&'c Source>) -> impl Iterator<Item = &'c Program> {
    let errors = connector.errors.iter().flat_map(|errors| [&errors.message, &errors.extensions]).flatten();
    let pages = connector.paginate.iter().flat_map(|paginate| {
        let next = match &paginate.next {
            Next::Given(program) => Some(&**program),
            Next::Offset | Next::Page | Next::Link => None,
        };
        [Some(&paginate.items), next, paginate.while_more.as_ref(), paginate.total.as_ref()].into_iter().flatten()
    });
    let failures =
        source.into_iter().flat_map(|source| source.failures.iter().map(|rule| &rule.when).chain(&source.failed_keys));
    [Some(&connector.selection), connector.is_success.as_ref()]
        .into_iter()
        .flatten()
        .chain(errors)
        .chain(pages)
        .chain(failures)
}
