//! The URL: base ⊕ path ⊕ segments, queries joined, values encoded so that they cannot leave their place.

use std::borrow::Cow;

use ::url::{Position, Url};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::super::held::Held;
use super::super::problem::Problem;
use super::super::program::Program;
use super::super::run::Run;
use super::super::template::{Piece, Template, TemplatePart};
use super::super::value::Value;
use super::super::variables::Variables;
use super::{Part, Parts, RequestTemplate, refuse, value_of};

/// What a value keeps as it is: `A-Za-z0-9-._~`.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What literal text must not contain; reserved characters and `%` stay as written.
const ILLEGAL: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}').add(b'|').add(b'\\').add(b'^');

/// `baseURL`: its values come from the operator and stand as they are; the whole is checked when it is used.
#[derive(Debug)]
pub(super) struct BaseUrl(Template);

/// A base URL that was read, in the parts that calls are made of.
#[derive(Clone, Debug)]
pub(super) struct Base {
    text: String,
    /// Scheme and authority.
    origin: String,
    path: String,
    query: String,
}

impl Base {
    fn read(text: &str) -> Result<Base, &'static str> {
        let url = base(text.trim())?;
        Ok(Base {
            text: text.to_owned(),
            origin: url[..Position::BeforePath].to_owned(),
            path: url.path().to_owned(),
            query: url.query().unwrap_or_default().to_owned(),
        })
    }
}

/// The URL of one call, cut where its query begins.
#[derive(Debug)]
pub(super) struct CallUrl {
    template: Template,
    /// Scheme and authority, where there is no source.
    origin: Option<String>,
}

impl BaseUrl {
    pub fn new(text: &str, parts: &mut Parts) -> Option<Self> {
        let template = parts.template(Part::SourceBaseUrl, text)?;
        if template.is_literal()
            && let Err(why) = base(text)
        {
            parts.problem(Part::SourceBaseUrl, 0..text.len(), format!("the base URL {why}"), None);
            return None;
        }
        Some(Self(template))
    }
}

impl CallUrl {
    pub fn new(text: &str, has_source: bool, parts: &mut Parts) -> Option<Self> {
        let template = parts.template(Part::Url, text)?;
        if let Some(at) = hash_in_literal(text, &template) {
            let help = Some("write `%23` for the character itself");
            parts.problem(Part::Url, at..at + 1, "a URL with a fragment, which is never sent", help);
            return None;
        }
        let lead = match template.parts.first() {
            Some(TemplatePart::Literal(text)) => text.trim_start().to_owned(),
            _ => String::new(),
        };
        let absolute = lead.contains("://") && !lead.starts_with(['/', '?']);
        let whole = 0..text.len();
        if has_source {
            if absolute || lead.starts_with("//") {
                let help = Some("leave out the part that the source's baseURL gives, or the source");
                parts.problem(Part::Url, whole, "an absolute URL beside a source", help);
                return None;
            }
            return Some(Self { template, origin: None });
        }
        if !absolute {
            let help = Some("name a source, or begin with https://");
            parts.problem(Part::Url, whole, "a relative URL without a source", help);
            return None;
        }
        let authority = lead.find("://").map_or(0, |at| at + 3);
        let Some(end) = lead[authority..].find(['/', '?']).map(|at| at + authority) else {
            if template.is_literal() {
                return Self::absolute(template, lead, parts);
            }
            parts.problem(Part::Url, whole, "an expression in the host of a URL", None);
            return None;
        };
        let origin = lead[..end].to_owned();
        Self::absolute(template, origin, parts)
    }

    fn absolute(template: Template, origin: String, parts: &mut Parts) -> Option<Self> {
        if let Err(why) = base(&origin) {
            parts.problem(Part::Url, 0..template.text().len(), format!("the URL {why}"), None);
            return None;
        }
        Some(Self { template, origin: Some(origin) })
    }
}

/// Where a `#` stands in literal text.
fn hash_in_literal(text: &str, template: &Template) -> Option<usize> {
    let literal = |part: &TemplatePart| matches!(part, TemplatePart::Literal(text) if text.contains('#'));
    template.parts.iter().any(literal).then(|| {
        let inside = |at: usize| {
            template.parts.iter().any(|part| matches!(part, TemplatePart::Expr { span, .. } if span.contains(&at)))
        };
        text.match_indices('#').map(|(at, _)| at).find(|at| !inside(*at)).unwrap_or(0)
    })
}

/// Reads a base URL: http or https, a host, no credentials, no fragment.
fn base(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "is not an absolute URL")?;
    match url.scheme() {
        _ if url.host_str().is_none_or(str::is_empty) => Err("has no host"),
        "http" | "https" if !url.username().is_empty() || url.password().is_some() => {
            Err("carries credentials, which belong into headers")
        }
        "http" | "https" if url.fragment().is_some() => Err("has a fragment, which is never sent"),
        "http" | "https" => Ok(url),
        _ => Err("must begin with http:// or https://"),
    }
}

impl RequestTemplate {
    pub(super) fn url(&self, base_override: Option<&str>, variables: &Variables<'_>) -> Result<String, Vec<Problem>> {
        let base_text = match (base_override, &self.base, &self.call.origin) {
            (Some(text), ..) => Cow::Borrowed(text),
            (None, Some(BaseUrl(template)), _) => template.fill(variables)?.into(),
            (None, None, Some(origin)) => Cow::Borrowed(origin.as_str()),
            (None, None, None) => return refuse(Part::SourceBaseUrl, "is not there"),
        };
        // It mostly is what it was before.
        let read;
        let base = match self.known_base.get() {
            Some(known) if known.text == base_text => known,
            _ => {
                read = Base::read(&base_text).or_else(|why| refuse(Part::SourceBaseUrl, why))?;
                self.known_base.get_or_init(|| read.clone());
                &read
            }
        };
        let (call_path, call_query) = self.call.fill(variables)?;

        let mut url = String::with_capacity(base.text.len() + call_path.len() + call_query.len() + 64);
        url.push_str(&base.origin);
        url.push_str(base.path.trim_end_matches('/'));
        let bare = url.len();
        segments(self.source_path.as_ref(), Part::SourcePath, variables, &mut url)?;
        let call_path = call_path.trim_start_matches('/');
        if !call_path.is_empty() {
            url.push('/');
            url.push_str(call_path);
        }
        if self.call_path.is_some() {
            url.truncate(url.trim_end_matches('/').len());
            segments(self.call_path.as_ref(), Part::Path, variables, &mut url)?;
        }
        if url.len() == bare && base.path.ends_with('/') {
            url.push('/');
        }

        let mut query = base.query.clone();
        params(self.source_query.as_ref(), Part::SourceQueryParams, variables, &mut query)?;
        append(&mut query, &call_query);
        params(self.call_query.as_ref(), Part::QueryParams, variables, &mut query)?;
        if !query.is_empty() {
            url.push('?');
            url.push_str(&query);
        }
        // Behind the authority stands a path, a query or nothing, and nothing in them is read as more of it.
        if url[base.origin.len()..].starts_with(['/', '?']) || url.len() == base.origin.len() {
            return Ok(url);
        }
        refuse(Part::Url, "does not make a URL of this source")
    }
}

impl CallUrl {
    /// Path and query with their values encoded.
    fn fill(&self, variables: &Variables<'_>) -> Result<(String, String), Vec<Problem>> {
        let mut filled = Filled { path: String::new(), query: None, from_value: false, fault: None };
        let mut skip = self.origin.as_ref().map_or(0, String::len);
        self.template.pieces(variables, |piece| match piece {
            Piece::Literal(text) => {
                let text = if skip > 0 { text.trim_start() } else { text };
                let text = text.get(std::mem::take(&mut skip)..).unwrap_or_default();
                filled.literal(text);
            }
            Piece::Value(text) => filled.value(&text),
        })?;
        filled.end_segment();
        match filled.fault {
            Some(why) => refuse(Part::Url, why),
            None => Ok((filled.path, filled.query.unwrap_or_default())),
        }
    }
}

/// A URL's path and query while it is being filled.
struct Filled {
    path: String,
    query: Option<String>,
    /// Whether a value stands in the segment that is being written.
    from_value: bool,
    fault: Option<&'static str>,
}

impl Filled {
    fn literal(&mut self, text: &str) {
        let mut rest = text;
        if self.query.is_none() {
            let (path, query) = match text.split_once('?') {
                Some((path, query)) => (path, Some(query)),
                None => (text, None),
            };
            for (index, segment) in path.split('/').enumerate() {
                if index > 0 {
                    self.end_segment();
                    self.path.push('/');
                }
                self.path.extend(utf8_percent_encode(segment, ILLEGAL));
            }
            let Some(query) = query else { return };
            self.query = Some(String::new());
            rest = query;
        }
        if let Some(query) = &mut self.query {
            query.extend(utf8_percent_encode(rest, ILLEGAL));
        }
    }

    fn value(&mut self, text: &str) {
        match &mut self.query {
            Some(query) if text.contains('\0') => {
                self.fault = Some("would carry a NUL");
                query.clear();
            }
            Some(query) => query.extend(utf8_percent_encode(text, VALUE)),
            None if text.chars().any(char::is_control) => {
                self.fault = Some("would carry a control character in its path");
            }
            None => {
                self.from_value = true;
                self.path.extend(utf8_percent_encode(text, VALUE));
            }
        }
    }

    /// A value may not make a segment that walks up the path.
    fn end_segment(&mut self) {
        if std::mem::take(&mut self.from_value) && walks(self.path.rsplit('/').next().unwrap_or_default()) {
            self.fault = Some("would have `.` or `..` as a path segment");
        }
    }
}

/// Whether a segment is `.` or `..`, also when its dots are encoded: parsers resolve it all the same.
pub(crate) fn walks(segment: &str) -> bool {
    // `%2e%2E` is the longest way of saying so.
    if segment.len() > 6 || !segment.starts_with(['.', '%']) {
        return false;
    }
    let dots = segment.to_ascii_lowercase().replace("%2e", ".");
    dots == "." || dots == ".."
}

/// Appends each element of a `path` mapping's list as one segment.
fn segments(
    program: Option<&Program>,
    part: Part,
    variables: &Variables<'_>,
    url: &mut String,
) -> Result<(), Vec<Problem>> {
    let Some(program) = program else {
        return Ok(());
    };
    let Some(Value::List(items)) = value_of(program, part, variables)? else {
        return refuse(part, "must yield a list of segments");
    };
    for item in &items {
        let Some(segment) = scalar(item) else {
            return refuse(part, "has a segment that is no scalar");
        };
        if segment.is_empty() || walks(&segment) || segment.chars().any(char::is_control) {
            return refuse(part, "has a segment that is empty, `.` or `..`, or holds a control character");
        }
        url.push('/');
        url.extend(utf8_percent_encode(&segment, VALUE));
    }
    Ok(())
}

/// Appends a `queryParams` mapping's keys and values.
fn params(
    program: Option<&Program>,
    part: Part,
    variables: &Variables<'_>,
    query: &mut String,
) -> Result<(), Vec<Problem>> {
    let Some(program) = program else {
        return Ok(());
    };
    let object = match value_of(program, part, variables)? {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Object(object)) => object,
        Some(_) => return refuse(part, "must yield an object"),
    };
    for (key, value) in object.iter() {
        let values = match value {
            Value::List(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        };
        for value in values.iter().filter(|value| !value.is_null()) {
            let Some(text) = scalar(value) else {
                return refuse(part, "has a value that is neither a scalar nor a list of scalars");
            };
            if text.contains('\0') {
                return refuse(part, "would carry a NUL");
            }
            if !query.is_empty() {
                query.push('&');
            }
            query.extend(utf8_percent_encode(key, VALUE));
            query.push('=');
            query.extend(utf8_percent_encode(&text, VALUE));
        }
    }
    Ok(())
}

/// A scalar as text.
pub(super) fn scalar(value: &Value<'_>) -> Option<String> {
    let variables = Variables::default();
    Run::new(&variables).scalar_text(&Held::Ref(value)).map(|text| text.into_owned())
}

/// Joins two queries.
fn append(query: &mut String, more: &str) {
    let more = more.trim_matches('&');
    if !query.is_empty() && !more.is_empty() {
        query.push('&');
    }
    query.push_str(more);
}
