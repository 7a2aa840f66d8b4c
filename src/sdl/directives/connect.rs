//! `@connect(source:, id:, http:, batch:, errors:, selection:, entity:, isSuccess:)`: how a source supplies a field,
//! or part of an entity.
//!
//! ```graphql
//! extend type Customer
//!   @connect(source: "helpdesk", id: "people", batch: { maxSize: 100 }
//!     http: { GET: "/people", queryParams: "external_ids: $batch.id->joinNotNull(',')" }
//!     selection: "$.people { id: external_id  supportId: id->toString }")
//! ```
//!
//! - On a root field: `selection` yields the field. With `entity: true` (on Query, the arguments named like the
//!   key fields) it also resolves the entity wherever else its key is known.
//! - On a type: `$this.x` reads fields of one entity, one call each; `$batch.x` of many, `batch.maxSize` per call
//!   (all, where it is not given); then the answer must be a list whose elements carry those fields.
//! - On a field of another type: one call per parent and arguments; `$this` is the parent.
//! - `source` names a `@source`, and the URL is relative to it; without it the URL is absolute. Exactly one of
//!   `GET`, `POST`, `PUT`, `PATCH`, `DELETE`; beside it `body`, `headers`, `path`, `queryParams`.
//! - `id` names the connector in other directives, plans, logs and metrics. `isSuccess` must yield true for an
//!   answer to count; without it any 2xx does. `errors.message` and `errors.extensions` shape the error.

use apollo_compiler::Node;
use apollo_compiler::ast::Value;

use super::source::{Errors, HttpSide, read_errors};
use crate::mapping::Method;
use crate::sdl::gather::{Applied, Site};
use crate::sdl::reader::{Members, Reader, Text};
use crate::sdl::source_text::Place;

/// `@connect` as read.
#[derive(Debug)]
pub(crate) struct ConnectDirective {
    pub site: Site,
    /// Its position among the connectors of its site.
    pub index: usize,
    pub source: Option<Text>,
    pub id: Option<Text>,
    pub method: Method,
    pub url: Text,
    pub body: Option<Text>,
    pub http: HttpSide,
    /// Some where `batch:` is written; its `maxSize`.
    pub batch: Option<Option<usize>>,
    pub errors: Errors,
    pub selection: Text,
    pub entity: Option<bool>,
    pub is_success: Option<Text>,
    pub block: usize,
    pub place: Place,
    /// The directive as the parser prints it: part of what the connector's definition is.
    pub printed: String,
}

const METHODS: [Method; 5] = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];

impl ConnectDirective {
    pub fn read(applied: &Applied, index: usize, reader: &mut Reader<'_, '_>) -> Option<ConnectDirective> {
        let known = ["source", "id", "http", "batch", "errors", "selection", "entity", "isSuccess"];
        let members = reader.arguments("@connect", &applied.node, &known, &["http", "selection"]);
        let source = reader.text_of(&members, "source");
        let id = reader.text_of(&members, "id");
        if let Some(id) = &id {
            check_id(id, reader);
        }
        let batch = members.get("batch").and_then(|batch| {
            let batch = reader.object("`batch`", batch, &["maxSize"], &[])?;
            Some(reader.count_of(&batch, "maxSize", 1))
        });
        let errors = read_errors(&members, reader);
        let is_success = reader.text_of(&members, "isSuccess");
        let entity = reader.flag_of(&members, "entity");
        let selection = reader.text_of(&members, "selection");
        let call = members.get("http").and_then(|http| Call::read(http, reader));
        let (call, selection) = (call?, selection?);
        Some(ConnectDirective {
            site: applied.site.clone(),
            index,
            source,
            id,
            method: call.method,
            url: call.url,
            body: call.body,
            http: call.side,
            batch,
            errors,
            selection,
            entity,
            is_success,
            block: applied.block,
            place: applied.place,
            printed: applied.node.to_string(),
        })
    }
}

struct Call {
    method: Method,
    url: Text,
    body: Option<Text>,
    side: HttpSide,
}

impl Call {
    fn read(http: &Node<Value>, reader: &mut Reader<'_, '_>) -> Option<Call> {
        let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "body", "headers", "path", "queryParams"];
        let http = reader.object("`http` of @connect", http, &known, &[])?;
        let side = HttpSide::read(&http, reader);
        let body = reader.text_of(&http, "body");
        let (method, url) = Self::method(&http, reader)?;
        Some(Call { method, url, body, side })
    }

    fn method(http: &Members<'_>, reader: &mut Reader<'_, '_>) -> Option<(Method, Text)> {
        let written: Vec<Method> = METHODS.into_iter().filter(|method| http.get(method.as_str()).is_some()).collect();
        match written[..] {
            [] => {
                reader
                    .problems
                    .error("MISSING_HTTP_METHOD", http.place, "this connector has no HTTP method")
                    .help("write one of GET, POST, PUT, PATCH, DELETE with the URL");
                None
            }
            [method] => Some((method, reader.text_of(http, method.as_str())?)),
            _ => {
                let names: Vec<&str> = written.iter().map(|method| method.as_str()).collect();
                let message = format!("one HTTP method is needed, found {}", names.join(", "));
                reader
                    .problems
                    .error("MULTIPLE_HTTP_METHODS", http.place, message)
                    .help("a connector makes one call: keep the one that reads, a second call is a second @connect");
                None
            }
        }
    }
}

fn check_id(id: &Text, reader: &mut Reader<'_, '_>) {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let starts = id.text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if !starts || !id.text.bytes().all(legal) {
        let message = format!("`{}` cannot be a connector's id: letters, digits, _ and -, a letter first", id.text);
        reader.problems.error("INVALID_CONNECTOR_ID_NAME", id.inside(), message);
    }
}
