//! `@source(name:, http:, errors:, isSuccess:)` on the schema: one departmental system that can be called.
//!
//! ```graphql
//! extend schema @source(name: "helpdesk", http: {
//!   baseURL: "https://helpdesk.example.com/api"
//!   headers: [{ name: "Authorization", value: "Bearer {$config.token}" }]
//! })
//! ```
//!
//! `name` (letters, digits, `_`, `-`; a letter first) is how connectors and the `[sources.NAME]` table of
//! `gateway.toml` refer to it. `http.baseURL` (http or https; templates may read `$config` and `$env`), `headers`,
//! `path` and `queryParams` hold for every connector of the source. A header has a `name` and either a `value`
//! (a template) or `from` (a client header that is passed on). `errors` and `isSuccess` hold where a connector
//! has none of its own; of `errors.extensions` the connector's are laid over these.

use apollo_compiler::Node;
use apollo_compiler::ast::Value;

use crate::sdl::gather::Applied;
use crate::sdl::reader::{Members, Reader, Text, items};

/// `@source` as read.
#[derive(Debug)]
pub(crate) struct SourceDirective {
    pub name: Text,
    pub base_url: Text,
    /// Whether `base_url` can be a URL; if not, that has been said.
    pub sound: bool,
    pub http: HttpSide,
    pub errors: Errors,
    pub is_success: Option<Text>,
    pub file: usize,
    /// The directive as the parser prints it: part of what a connector's definition is.
    pub printed: String,
}

/// What `http:` of a source and of a connector have in common.
#[derive(Debug, Default)]
pub(crate) struct HttpSide {
    pub headers: Vec<Header>,
    pub path: Option<Text>,
    pub query_params: Option<Text>,
}

/// One entry of `headers`.
#[derive(Debug)]
pub(crate) struct Header {
    pub name: Text,
    pub value: HeaderSide,
}

/// Where a header's value comes from.
#[derive(Debug)]
pub(crate) enum HeaderSide {
    /// A header of the client's request.
    From(Text),
    /// A template.
    Value(Text),
}

/// `errors:`.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    pub message: Option<Text>,
    pub extensions: Option<Text>,
}

impl SourceDirective {
    pub fn read(applied: &Applied, reader: &mut Reader<'_, '_>) -> Option<SourceDirective> {
        let known = ["name", "http", "errors", "isSuccess"];
        let members = reader.arguments("@source", &applied.node, &known, &["name", "http"]);
        let name = reader.text_of(&members, "name");
        if let Some(name) = &name {
            check_name(name, reader);
        }
        let errors = read_errors(&members, reader);
        let is_success = reader.text_of(&members, "isSuccess");
        let http = reader.object(
            "`http` of @source",
            members.get("http")?,
            &["baseURL", "headers", "path", "queryParams"],
            &["baseURL"],
        )?;
        let base_url = reader.text_of(&http, "baseURL");
        let side = HttpSide::read(&http, reader);
        let base_url = base_url?;
        let sound = check_base_url(&base_url, reader);
        Some(SourceDirective {
            name: name?,
            base_url,
            sound,
            http: side,
            errors,
            is_success,
            file: applied.place.file,
            printed: applied.node.to_string(),
        })
    }
}

impl HttpSide {
    pub fn read(http: &Members<'_>, reader: &mut Reader<'_, '_>) -> HttpSide {
        let headers = http.get("headers").into_iter().flat_map(items);
        let mut kept: Vec<Header> = Vec::new();
        for header in headers.collect::<Vec<_>>() {
            let Some(header) = Header::read(header, reader) else { continue };
            let same = |other: &&Header| other.name.text.eq_ignore_ascii_case(&header.name.text);
            if let Some(first) = kept.iter().find(same) {
                reader
                    .problems
                    .error_with(
                        "HTTP_HEADER_NAME_COLLISION",
                        header.name.inside(),
                        format!("the header {} is set twice", header.name.text),
                        [(first.name.inside(), "first set here".to_owned())],
                    )
                    .help("keep one of them: case does not tell headers apart");
                continue;
            }
            kept.push(header);
        }
        HttpSide {
            headers: kept,
            path: reader.text_of(http, "path"),
            query_params: reader.text_of(http, "queryParams"),
        }
    }
}

impl Header {
    fn read(header: &Node<Value>, reader: &mut Reader<'_, '_>) -> Option<Header> {
        let members = reader.object("a header", header, &["name", "from", "value"], &["name"])?;
        let name = reader.text_of(&members, "name")?;
        let value = match (reader.text_of(&members, "from"), reader.text_of(&members, "value")) {
            (Some(from), None) => HeaderSide::From(from),
            (None, Some(value)) => HeaderSide::Value(value),
            _ => {
                let message = format!("the header {} needs either `from` or `value`", name.text);
                reader
                    .problems
                    .error("INVALID_HEADER", members.place, message)
                    .help("`value` is a text of your own, `from` names a header of the client that is handed on");
                return None;
            }
        };
        Some(Header { name, value })
    }
}

/// `errors:` of a source or connector.
pub(crate) fn read_errors(members: &Members<'_>, reader: &mut Reader<'_, '_>) -> Errors {
    let Some(value) = members.get("errors") else { return Errors::default() };
    let Some(errors) = reader.object("`errors`", value, &["message", "extensions"], &[]) else {
        return Errors::default();
    };
    Errors { message: reader.text_of(&errors, "message"), extensions: reader.text_of(&errors, "extensions") }
}

fn check_name(name: &Text, reader: &mut Reader<'_, '_>) {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if name.text.is_empty() {
        reader
            .problems
            .error("EMPTY_SOURCE_NAME", name.place, "a source needs a name")
            .help("connectors refer to it: @source(name: \"crm\", …), @connect(source: \"crm\", …)");
    } else if !name.text.starts_with(|first: char| first.is_ascii_alphabetic()) || !name.text.bytes().all(legal) {
        let message = format!("`{}` cannot be a source's name: letters, digits, _ and -, a letter first", name.text);
        reader.problems.error("INVALID_SOURCE_NAME", name.inside(), message);
    }
}

fn check_base_url(url: &Text, reader: &mut Reader<'_, '_>) -> bool {
    if let Some((_, rest)) = url.text.split_once("://")
        && (rest.is_empty() || rest.starts_with('/'))
    {
        reader.problems.error("INVALID_URL", url.inside(), "this URL names no host");
        return false;
    }
    check_scheme(url, reader)
}

/// http or https, unless a template decides it.
pub(crate) fn check_scheme(url: &Text, reader: &mut Reader<'_, '_>) -> bool {
    if url.text.starts_with('{') {
        return true;
    }
    match url.text.split_once("://") {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") => {
            return true;
        }
        Some((scheme, _)) => {
            let message = format!("the scheme must be http or https, found {scheme}");
            reader
                .problems
                .error("INVALID_URL_SCHEME", url.at(0..scheme.len()), message)
                .help("connectors speak HTTP alone: name the system's HTTP interface, `https://…`");
        }
        None => {
            reader
                .problems
                .error("INVALID_URL", url.inside(), "an absolute URL is needed here, with http or https")
                .help(format!("write `https://{}`", url.text.trim_start_matches('/')));
        }
    }
    false
}
