//! What a connector says about its HTTP call, compiled once: parts in, [`Request`] out.

use std::ops::Range;
use std::sync::OnceLock;

use super::Dialect;
use super::needs::Needs;
use super::problem::Problem;
use super::program::Program;
use super::template::Template;
use super::value::Value;
use super::variables::Variables;

mod body;
mod headers;
mod url;

use headers::Headers;
pub(crate) use url::walks;
use url::{Base, BaseUrl, CallUrl};

/// The HTTP methods of `@connect(http:)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

impl Method {
    /// The name as HTTP writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// One entry of `headers:`, as written; exactly one of `from` and `value` must be there.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeaderText<'t> {
    /// The header's name.
    pub name: &'t str,
    /// The client header whose values are copied.
    pub from: Option<&'t str>,
    /// The value's template.
    pub value: Option<&'t str>,
}

/// What `@source(http:)` says, as written.
#[derive(Clone, Debug, Default)]
pub struct SourceSide<'t> {
    /// `baseURL`: a template that may read `$config` and `$env` only.
    pub base_url: &'t str,
    /// `headers`
    pub headers: Vec<HeaderText<'t>>,
    /// `path`: a mapping that yields a list of segments.
    pub path: Option<&'t str>,
    /// `queryParams`: a mapping that yields an object.
    pub query_params: Option<&'t str>,
}

/// What `@connect(http:)` says, as written.
#[derive(Clone, Debug)]
pub struct CallSide<'t> {
    /// Which of `GET:`, `POST:` and so on was written.
    pub method: Method,
    /// The URL's template: relative where there is a source, absolute where there is none.
    pub url: &'t str,
    /// `headers`
    pub headers: Vec<HeaderText<'t>>,
    /// `path`: a mapping that yields a list of segments.
    pub path: Option<&'t str>,
    /// `queryParams`: a mapping that yields an object.
    pub query_params: Option<&'t str>,
    /// `body`: a mapping.
    pub body: Option<&'t str>,
}

/// Which argument of `@source` or `@connect` a problem is in; headers by their position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// `@source(http: { baseURL })`
    SourceBaseUrl,
    /// `@source(http: { headers })`
    SourceHeader(usize),
    /// `@source(http: { path })`
    SourcePath,
    /// `@source(http: { queryParams })`
    SourceQueryParams,
    /// `@connect(http: { GET })` or another method
    Url,
    /// `@connect(http: { headers })`
    Header(usize),
    /// `@connect(http: { path })`
    Path,
    /// `@connect(http: { queryParams })`
    QueryParams,
    /// `@connect(http: { body })`
    Body,
}

impl Part {
    /// The argument's name as it is written in the directive.
    pub fn named(self) -> &'static str {
        match self {
            Part::SourceBaseUrl => "baseURL",
            Part::SourceHeader(_) | Part::Header(_) => "headers",
            Part::SourcePath | Part::Path => "path",
            Part::SourceQueryParams | Part::QueryParams => "queryParams",
            Part::Url => "the URL",
            Part::Body => "body",
        }
    }
}

/// One HTTP call, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// Absolute, encoded, http or https.
    pub url: String,
    /// Lower-case names with their values, which hold no line ends and no control characters.
    pub headers: Vec<(String, String)>,
    /// The body's bytes; its content type stands among the headers.
    pub body: Option<Vec<u8>>,
}

/// Everything a connector says about its HTTP call.
#[derive(Debug)]
pub struct RequestTemplate {
    method: Method,
    base: Option<BaseUrl>,
    /// The first base URL that a call was made of.
    known_base: OnceLock<Base>,
    source_path: Option<Program>,
    source_query: Option<Program>,
    call: CallUrl,
    call_path: Option<Program>,
    call_query: Option<Program>,
    headers: Headers,
    body: Option<Program>,
    needs: Needs,
}

impl RequestTemplate {
    /// Compiles both sides of a call; without a source the call's URL must be absolute.
    ///
    /// Errors: every problem of every part; spans are within that part's text.
    pub fn new(
        source: Option<SourceSide<'_>>,
        call: CallSide<'_>,
        dialect: Dialect,
    ) -> Result<RequestTemplate, Vec<(Part, Problem)>> {
        let mut parts = Parts { dialect, needs: Needs::default(), problems: Vec::new() };
        let source = source.as_ref();
        let base = source.and_then(|side| BaseUrl::new(side.base_url, &mut parts));
        let source_path = parts.program(Part::SourcePath, source.and_then(|side| side.path));
        let source_query = parts.program(Part::SourceQueryParams, source.and_then(|side| side.query_params));
        let call_url = CallUrl::new(call.url, source.is_some(), &mut parts);
        let call_path = parts.program(Part::Path, call.path);
        let call_query = parts.program(Part::QueryParams, call.query_params);
        let source_headers = source.map_or(&[][..], |side| &side.headers);
        let headers = Headers::new(source_headers, &call.headers, &mut parts);
        let body = parts.program(Part::Body, call.body);
        match call_url {
            Some(call_url) if parts.problems.is_empty() => Ok(RequestTemplate {
                method: call.method,
                base,
                known_base: OnceLock::new(),
                source_path,
                source_query,
                call: call_url,
                call_path,
                call_query,
                headers,
                body,
                needs: parts.needs,
            }),
            _ => Err(parts.problems),
        }
    }

    /// Makes one call. `base_override` is the base URL that configuration puts in the place of the source's own.
    ///
    /// Errors: a value that does not fit where it stands (an object in a URL, `..` as a segment, a line end in a header,
    /// a form body that is no object); messages name the argument and never quote the value.
    pub fn build(&self, base_override: Option<&str>, variables: &Variables<'_>) -> Result<Request, Vec<Problem>> {
        let url = self.url(base_override, variables)?;
        let mut headers = self.headers.build(variables)?;
        let body = match &self.body {
            Some(program) => body::build(&value_of(program, Part::Body, variables)?, &mut headers)?,
            None => None,
        };
        Ok(Request { method: self.method, url, headers, body })
    }

    /// What all parts read together; spans are left out, since they belong to different texts.
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// The HTTP method.
    pub fn method(&self) -> Method {
        self.method
    }
}

/// Compiles parts and keeps what is wrong with them.
pub(super) struct Parts {
    dialect: Dialect,
    needs: Needs,
    problems: Vec<(Part, Problem)>,
}

impl Parts {
    fn problem(&mut self, part: Part, span: Range<usize>, message: impl Into<String>, help: Option<&str>) {
        let help = help.map(str::to_owned);
        self.problems.push((part, Problem { message: message.into(), span, help }));
    }

    fn program(&mut self, part: Part, text: Option<&str>) -> Option<Program> {
        let text = text?;
        match Program::parse(text, self.dialect) {
            Ok(program) => {
                self.read(part, program.needs());
                Some(program)
            }
            Err(problems) => {
                self.problems.extend(problems.into_iter().map(|problem| (part, problem)));
                None
            }
        }
    }

    fn template(&mut self, part: Part, text: &str) -> Option<Template> {
        match Template::parse(text, self.dialect) {
            Ok(template) => {
                self.read(part, template.needs());
                Some(template)
            }
            Err(problems) => {
                self.problems.extend(problems.into_iter().map(|problem| (part, problem)));
                None
            }
        }
    }

    /// Takes over what a part reads; some variables are not there yet when a request is made.
    fn read(&mut self, part: Part, needs: &Needs) {
        for (name, span) in &needs.spans {
            let variable = name.split('.').next().unwrap_or_default();
            if matches!(variable, "$status" | "$response") {
                let message = format!("`{variable}` is not known before the answer");
                self.problem(part, span.clone(), message, None);
            } else if part == Part::SourceBaseUrl && !matches!(variable, "$config" | "$env") {
                let message = format!("`{variable}` in a base URL, which may read `$config` and `$env` only");
                self.problem(part, span.clone(), message, None);
            }
        }
        self.needs.merge(needs);
    }
}

/// Runs a part's program over no data; missing is null.
fn value_of<'v>(
    program: &'v Program,
    part: Part,
    variables: &Variables<'v>,
) -> Result<Option<Value<'v>>, Vec<Problem>> {
    let outcome = program.run(None, variables);
    if outcome.stopped {
        return refuse(part, "does too much on this input: it was stopped");
    }
    Ok(outcome.value)
}

/// A request that cannot be made, because of one part.
fn refuse<T>(part: Part, why: &str) -> Result<T, Vec<Problem>> {
    Err(vec![Problem { message: format!("{} {why}", part.named()), span: 0..0, help: None }])
}
