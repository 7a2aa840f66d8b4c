//! The request of a connector: both sides of its URL checked, its parts compiled, problems led back to where they stand.

use super::directives::connect::ConnectDirective;
use super::directives::source::{Header, HeaderSide, SourceDirective, check_scheme};
use super::reader::{Reader, Text};
use crate::mapping::{CallSide, Dialect, HeaderText, Part, RequestTemplate, SourceSide};

/// Compiles the request; `None` where something is wrong, which is noted.
pub(super) fn request(
    connect: &ConnectDirective,
    source: Option<&SourceDirective>,
    is_source_known: bool,
    dialect: Dialect,
    reader: &mut Reader<'_, '_>,
) -> Option<RequestTemplate> {
    let is_absolute = connect.url.text.contains("://")
        && connect.url.text.split("://").next().is_some_and(|scheme| !scheme.contains(['/', '{', '?']));
    if connect.source.is_some() && is_absolute {
        let message = "with `source:` the URL is relative to the source's baseURL, found an absolute one";
        reader
            .problems
            .error("ABSOLUTE_CONNECT_URL_WITH_SOURCE", connect.url.inside(), message)
            .help("leave out what `baseURL` says already, or leave out `source:`");
        return None;
    }
    if connect.source.is_none() && !is_absolute {
        reader
            .problems
            .error(
                "RELATIVE_CONNECT_URL_WITHOUT_SOURCE",
                connect.url.inside(),
                "without `source:` the URL must be absolute",
            )
            .help("name a source, or begin the URL with https://");
        return None;
    }
    if !is_source_known || connect.source.is_none() && !check_scheme(&connect.url, reader) {
        return None;
    }
    let source_side = source.map(|source| SourceSide {
        // A bad base URL has been told once, at the source; its connectors are checked as if it were a good one.
        base_url: if source.sound { &source.base_url.text } else { "https://unsound.invalid" },
        headers: source.http.headers.iter().map(header_text).collect(),
        path: source.http.path.as_ref().map(|text| text.text.as_str()),
        query_params: source.http.query_params.as_ref().map(|text| text.text.as_str()),
    });
    let call_side = CallSide {
        method: connect.method,
        url: &connect.url.text,
        headers: connect.http.headers.iter().map(header_text).collect(),
        path: connect.http.path.as_ref().map(|text| text.text.as_str()),
        query_params: connect.http.query_params.as_ref().map(|text| text.text.as_str()),
        body: connect.body.as_ref().map(|text| text.text.as_str()),
    };
    match RequestTemplate::new(source_side, call_side, dialect) {
        Ok(request) => Some(request),
        Err(problems) => {
            for (part, problem) in problems {
                let text = part_text(part, connect, source);
                let place = match header_name(part, connect, source) {
                    Some(name) if problem.span.is_empty() => name.inside(),
                    _ => text.map_or(connect.place, |text| text.at(problem.span)),
                };
                reader.problems.error(part_code(part), place, problem.message).help = problem.help;
            }
            None
        }
    }
}

fn header_text(header: &Header) -> HeaderText<'_> {
    let (from, value) = match &header.value {
        HeaderSide::From(from) => (Some(from.text.as_str()), None),
        HeaderSide::Value(value) => (None, Some(value.text.as_str())),
    };
    HeaderText { name: &header.name.text, from, value }
}

fn part_text<'t>(part: Part, connect: &'t ConnectDirective, source: Option<&'t SourceDirective>) -> Option<&'t Text> {
    let header = |headers: &'t [Header], index: usize| {
        headers.get(index).map(|header| match &header.value {
            HeaderSide::From(text) | HeaderSide::Value(text) => text,
        })
    };
    match part {
        Part::SourceBaseUrl => source.map(|source| &source.base_url),
        Part::SourceHeader(index) => source.and_then(|source| header(&source.http.headers, index)),
        Part::SourcePath => source.and_then(|source| source.http.path.as_ref()),
        Part::SourceQueryParams => source.and_then(|source| source.http.query_params.as_ref()),
        Part::Url => Some(&connect.url),
        Part::Header(index) => header(&connect.http.headers, index),
        Part::Path => connect.http.path.as_ref(),
        Part::QueryParams => connect.http.query_params.as_ref(),
        Part::Body => connect.body.as_ref(),
    }
}

/// What is wrong with a header's name has no place in its value.
fn header_name<'t>(part: Part, connect: &'t ConnectDirective, source: Option<&'t SourceDirective>) -> Option<&'t Text> {
    let header = match part {
        Part::Header(index) => connect.http.headers.get(index),
        Part::SourceHeader(index) => source.and_then(|source| source.http.headers.get(index)),
        _ => None,
    };
    header.map(|header| &header.name)
}

fn part_code(part: Part) -> &'static str {
    match part {
        Part::SourceBaseUrl | Part::Url => "INVALID_URL",
        Part::SourceHeader(_) | Part::Header(_) => "INVALID_HEADER",
        Part::SourcePath | Part::SourceQueryParams | Part::Path | Part::QueryParams => "INVALID_URL_PROPERTY",
        Part::Body => "INVALID_BODY",
    }
}

/// Whether a header of the client's request is passed on.
pub(super) fn reads_client_headers(connect: &ConnectDirective, source: Option<&SourceDirective>) -> bool {
    let shared = source.map_or(&[][..], |source| &source.http.headers);
    connect.http.headers.iter().chain(shared).any(|header| matches!(header.value, HeaderSide::From(_)))
}
