//! What a test expects, as it is written.

use super::fault::{Reader, Written};
use super::written::{Content, content, texts};
use super::yaml::{Kind, Node};

/// Everything that one test expects. What is not written is not compared.
#[derive(Debug, Default)]
pub(super) struct Expect {
    pub request: Option<RequestWanted>,
    pub response: Option<Content>,
    pub response_headers: Pairs,
    pub problems: Vec<SaidWanted>,
    pub errors: Vec<SaidWanted>,
}

/// Names with their places, each with its values.
pub(super) type Pairs = Vec<(Written<String>, Vec<String>)>;

/// `connectorRequest`.
#[derive(Debug, Default)]
pub(super) struct RequestWanted {
    pub method: Option<Written<String>>,
    pub url: Option<Written<String>>,
    pub scheme: Option<Written<String>>,
    pub origin: Option<Written<String>>,
    pub path: Option<Written<String>>,
    /// Key → values in order; the whole query.
    pub query: Option<Written<Pairs>>,
    pub headers: Pairs,
    pub body: Option<Content>,
}

/// One entry of `problems` or `errors`.
#[derive(Debug)]
pub(super) struct SaidWanted {
    pub message: Option<Written<String>>,
    pub contains: Option<Written<String>>,
    pub path: Option<Written<String>>,
    pub extensions: Option<Node>,
    pub at: super::yaml::At,
}

impl Expect {
    /// Whether anything is expected of what comes back.
    pub fn wants_response(&self) -> bool {
        self.response.is_some()
            || !self.problems.is_empty()
            || !self.errors.is_empty()
            || !self.response_headers.is_empty()
    }
}

/// Where expectations are written.
pub(super) struct ExpectRead<'n> {
    pub node: Option<&'n Node>,
    pub common: Option<&'n Node>,
}

const EXPECT: [&str; 8] = [
    "connectorRequest",
    "connectorRequestHttp",
    "connectorResponse",
    "connectorResponseFile",
    "connectorResponseHeaders",
    "error",
    "errors",
    "problems",
];
const REQUEST: [&str; 9] = ["method", "url", "scheme", "origin", "path", "queryParams", "headers", "body", "bodyFile"];
const SAID: [&str; 4] = ["message", "contains_message", "path", "extensions"];

impl<'n> ExpectRead<'n> {
    pub fn read(&self, reader: &mut Reader<'_>) -> Expect {
        let mut expect = Expect::default();
        if let Some(node) = self.node.filter(|node| !matches!(node.kind, Kind::Null))
            && reader.keys(node, "`expect`", &EXPECT)
        {
            if let Some(http) = node.get("connectorRequestHttp") {
                reader.fault(http.at, "`connectorRequestHttp` is not read here").help =
                    Some("write the request as `connectorRequest`".into());
            }
            if let Some(request) = node.get("connectorRequest")
                && reader.keys(request, "`connectorRequest`", &REQUEST)
            {
                expect.request = Some(Self::request(request, reader));
            }
            expect.response = content(node, "connectorResponse", "connectorResponseFile", reader);
            expect.response_headers = wanted_pairs(node, "connectorResponseHeaders", reader);
            let problems = reader.list(node, "problems").unwrap_or_default();
            expect.problems = problems.iter().filter_map(|said| Self::said(said, reader)).collect();
            let errors = reader.list(node, "errors").unwrap_or_default();
            expect.errors =
                errors.iter().chain(node.get("error")).filter_map(|said| Self::said(said, reader)).collect();
        }
        if let Some(common) = self.common {
            Self::fill(&mut expect, common, reader);
        }
        expect
    }

    fn request(node: &Node, reader: &mut Reader<'_>) -> RequestWanted {
        RequestWanted {
            method: reader.text(node, "method"),
            url: reader.text(node, "url"),
            scheme: reader.text(node, "scheme"),
            origin: reader.text(node, "origin"),
            path: reader.text(node, "path"),
            query: node
                .get("queryParams")
                .map(|query| Written { at: query.at, value: wanted_pairs(node, "queryParams", reader) }),
            headers: wanted_pairs(node, "headers", reader),
            body: content(node, "body", "bodyFile", reader),
        }
    }

    fn said(node: &Node, reader: &mut Reader<'_>) -> Option<SaidWanted> {
        if let Kind::Text(text) = &node.kind {
            let message = Some(Written { at: node.at, value: text.clone() });
            return Some(SaidWanted { message, contains: None, path: None, extensions: None, at: node.at });
        }
        if !reader.keys(node, "an expected message", &SAID) {
            return None;
        }
        Some(SaidWanted {
            message: reader.text(node, "message"),
            contains: reader.text(node, "contains_message"),
            path: reader.text(node, "path"),
            extensions: node.get("extensions").cloned(),
            at: node.at,
        })
    }

    /// What is written for all tests fills what this one does not say.
    fn fill(expect: &mut Expect, common: &Node, reader: &mut Reader<'_>) {
        if expect.response.is_none() && expect.errors.is_empty() {
            expect.response = content(common, "expectedResponse", "expectedResponseFile", reader);
        }
        let method = reader.text(common, "expectedRequestMethod");
        let scheme = reader.text(common, "expectedRequestScheme");
        let origin = reader.text(common, "expectedRequestOrigin");
        let path = reader.text(common, "expectedRequestPath");
        let url = reader.text(common, "expectedRequestUrl");
        let query = common
            .get("expectedRequestQueryParams")
            .map(|query| Written { at: query.at, value: wanted_pairs(common, "expectedRequestQueryParams", reader) });
        let is_given = [&method, &scheme, &origin, &path, &url].iter().any(|text| text.is_some()) || query.is_some();
        if !is_given {
            return;
        }
        let request = expect.request.get_or_insert_default();
        request.method = request.method.take().or(method);
        if request.url.is_none() {
            request.scheme = request.scheme.take().or(scheme);
            request.origin = request.origin.take().or(origin);
            request.path = request.path.take().or(path);
            request.query = request.query.take().or(query);
            let has_parts = request.origin.is_some() || request.path.is_some() || request.query.is_some();
            request.url = url.filter(|_| !has_parts);
        }
    }
}

/// A map of names to a text or a list of texts, with the names' places.
fn wanted_pairs(node: &Node, name: &str, reader: &mut Reader<'_>) -> Pairs {
    let Some(found) = node.get(name) else { return Vec::new() };
    match &found.kind {
        Kind::Null => Vec::new(),
        Kind::Map(entries) => {
            entries.iter().map(|(key, value)| (Written { at: key.at, value: key.name.clone() }, texts(value))).collect()
        }
        _ => {
            reader.fault(found.at, format!("`{name}` must be a map, found {}", found.said()));
            Vec::new()
        }
    }
}
