//! Cases of the language about requests: what both sides say, and the call that is made of it.

use serde::Deserialize;

use crate::mapping::{
    CallSide, Dialect, HeaderText, Method, Object, Problem, RequestTemplate, SourceSide, Value, Variables,
};

/// `{ source, connect }`, with the names of the directives' arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sides {
    #[serde(default)]
    source: Option<Source>,
    connect: Connect,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Source {
    #[serde(rename = "baseURL")]
    base_url: String,
    #[serde(default)]
    headers: Vec<Header>,
    path: Option<String>,
    query_params: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Connect {
    #[serde(rename = "GET")]
    get: Option<String>,
    #[serde(rename = "POST")]
    post: Option<String>,
    #[serde(rename = "PUT")]
    put: Option<String>,
    #[serde(rename = "PATCH")]
    patch: Option<String>,
    #[serde(rename = "DELETE")]
    delete: Option<String>,
    #[serde(default)]
    headers: Vec<Header>,
    path: Option<String>,
    query_params: Option<String>,
    body: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    name: String,
    from: Option<String>,
    value: Option<String>,
}

impl Sides {
    /// The call as `{ method, url, headers, body }`: headers by name, each a list of values; no key for what there is none of.
    ///
    /// Errors: the outer for a case that is written wrongly, the inner for what is wrong with the connector.
    pub fn made(
        &self,
        dialect: Dialect,
        variables: &Variables<'_>,
    ) -> Result<Result<Value<'static>, Vec<Problem>>, String> {
        let connect = &self.connect;
        let urls = [
            (Method::Get, &connect.get),
            (Method::Post, &connect.post),
            (Method::Put, &connect.put),
            (Method::Patch, &connect.patch),
            (Method::Delete, &connect.delete),
        ];
        let mut written = urls.into_iter().filter_map(|(method, url)| Some((method, url.as_deref()?)));
        let (Some((method, url)), None) = (written.next(), written.next()) else {
            return Err("`connect` has one of GET, POST, PUT, PATCH and DELETE".to_owned());
        };
        let source = self.source.as_ref().map(|source| SourceSide {
            base_url: &source.base_url,
            headers: texts(&source.headers),
            path: source.path.as_deref(),
            query_params: source.query_params.as_deref(),
        });
        let call = CallSide {
            method,
            url,
            headers: texts(&connect.headers),
            path: connect.path.as_deref(),
            query_params: connect.query_params.as_deref(),
            body: connect.body.as_deref(),
        };
        let template = match RequestTemplate::new(source, call, dialect) {
            Ok(template) => template,
            Err(problems) => return Ok(Err(problems.into_iter().map(|(_, problem)| problem).collect())),
        };
        let request = match template.build(None, variables) {
            Ok(request) => request,
            Err(problems) => return Ok(Err(problems)),
        };
        let mut made = Object::new();
        made.insert("method", request.method.as_str().into());
        made.insert("url", request.url.into());
        let mut headers = Object::new();
        for (name, value) in request.headers {
            match headers.get_mut(&name) {
                Some(Value::List(values)) => values.push(value.into()),
                _ => _ = headers.insert(name, Value::List(vec![value.into()])),
            }
        }
        if !headers.is_empty() {
            made.insert("headers", Value::Object(headers));
        }
        if let Some(body) = request.body {
            made.insert("body", String::from_utf8_lossy(&body).into_owned().into());
        }
        Ok(Ok(Value::Object(made)))
    }
}

fn texts(headers: &[Header]) -> Vec<HeaderText<'_>> {
    headers
        .iter()
        .map(|header| HeaderText { name: &header.name, from: header.from.as_deref(), value: header.value.as_deref() })
        .collect()
}
