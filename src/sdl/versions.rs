//! What a version of the connect specification does not have yet, and a file that links it uses.

use super::directives::connect::ConnectDirective;
use super::directives::source::SourceDirective;
use super::gather::Site;
use super::problem::Problems;
use super::reader::{Reader, Text};
use super::source_text::Place;
use crate::mapping::Version;

/// Refuses what a `@connect` says before its file's version has it.
pub(super) fn check_connect(connect: &ConnectDirective, version: Version, reader: &mut Reader<'_, '_>) {
    let inside = |text: &Option<Text>| text.as_ref().map(Text::inside);
    let uses = [
        ("@connect on a type", matches!(connect.site, Site::Type(_)).then_some(connect.place)),
        ("`id` of @connect", inside(&connect.id)),
        ("`batch` of @connect", connect.batch.map(|_| connect.place)),
        ("`isSuccess`", inside(&connect.is_success)),
        ("`errors`", inside(&connect.errors.message).or(inside(&connect.errors.extensions))),
    ];
    for (what, place) in uses {
        if let Some(place) = place {
            refuse(what, Version::V0_2, version, place, reader.problems);
        }
    }
}

/// Refuses what a `@source` says before its file's version has it.
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
            refuse(what, since, version, place, reader.problems);
        }
    }
}

/// Tells what came with a later version than the one linked.
pub(super) fn refuse(what: &str, since: Version, linked: Version, place: Place, problems: &mut Problems<'_>) {
    if linked < since {
        let message = format!("{what} came with connect/{}; this file links {}", named(since), named(linked));
        let help = format!("link https://specs.apollo.dev/connect/{} or later", named(since));
        problems.error("NOT_IN_LINKED_VERSION", place, message).help(help);
    }
}

fn named(version: Version) -> &'static str {
    match version {
        Version::V0_1 => "v0.1",
        Version::V0_2 => "v0.2",
        Version::V0_3 => "v0.3",
        Version::V0_4 => "v0.4",
    }
}
