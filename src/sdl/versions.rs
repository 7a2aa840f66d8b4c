//! What a version of the connect specification does not have yet, and a file that links it uses.

use super::directives::connect::ConnectDirective;
use super::directives::source::SourceDirective;
use super::gather::Site;
use super::problem::Problems;
use super::reader::{Reader, Text};
use super::source_text::Place;
use crate::mapping::Version;

/// Tells what a `@connect` says that its file's version does not have yet.
pub(super) fn check_connect(connect: &ConnectDirective, version: Version, reader: &mut Reader<'_, '_>) {
    let inside = |text: &Option<Text>| text.as_ref().map(Text::inside);
    let uses = [
        ("@connect on a type", matches!(connect.site, Site::Type(_)).then_some(connect.place)),
        ("`id` of @connect", inside(&connect.id)),
        ("`batch` of @connect", connect.batch.map(|_| connect.place)),
        ("`isSuccess`", inside(&connect.is_success)),
        ("`path`", inside(&connect.http.path)),
        ("`queryParams`", inside(&connect.http.query_params)),
        ("`errors`", inside(&connect.errors.message).or(inside(&connect.errors.extensions))),
    ];
    for (what, place) in uses {
        if let Some(place) = place {
            tell(what, Version::V0_2, version, place, reader.problems);
        }
    }
}

/// Tells what a `@source` says that its file's version does not have yet.
pub(super) fn check_source(source: &SourceDirective, version: Version, reader: &mut Reader<'_, '_>) {
    let inside = |text: &Option<Text>| text.as_ref().map(Text::inside);
    let errors = inside(&source.errors.message).or(inside(&source.errors.extensions));
    let template = source.base_url.text.contains('{').then(|| source.base_url.inside());
    let uses = [
        ("`isSuccess`", Version::V0_2, inside(&source.is_success)),
        ("`errors`", Version::V0_2, errors),
        ("`path`", Version::V0_2, inside(&source.http.path)),
        ("`queryParams`", Version::V0_2, inside(&source.http.query_params)),
        ("an expression in `baseURL`", Version::V0_3, template),
    ];
    for (what, since, place) in uses {
        if let Some(place) = place {
            tell(what, since, version, place, reader.problems);
        }
    }
}

/// Tells what came with a later version than the one linked.
///
/// A warning: what it means is the same in every version, and others who run connect files read it in every version,
/// too. Forms of the language that an older version reads otherwise, or not at all, are refused where it is parsed.
pub(super) fn tell(what: &str, since: Version, linked: Version, place: Place, problems: &mut Problems<'_>) {
    if linked < since {
        let message = format!("{what} came with connect/{}; this file links {}", since.as_str(), linked.as_str());
        problems.warning("NOT_IN_LINKED_VERSION", place, message).help(since.way_to());
    }
}
