//! The door for protocols that speak through async-graphql's `Executor`: WebSocket, and anybody's own server.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Executor, Request, Response, ServerError, Value};
use futures_util::stream::{self, BoxStream, StreamExt};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Ask, Live};

/// The gateway that answers now, behind async-graphql's vocabulary. Data put into the request is not read; headers come from
/// [`Protocol::with_headers`].
#[derive(Clone)]
pub struct Protocol {
    live: Live,
    headers: Arc<HeaderMap>,
    budget: Option<Duration>,
}

impl Protocol {
    /// A door without client headers. `live` is a gateway for good, or the place of one that may be replaced.
    pub fn new(live: impl Into<Live>) -> Protocol {
        Protocol { live: live.into(), headers: Arc::default(), budget: None }
    }

    /// The same with the headers of the connection.
    pub fn with_headers(self, headers: Arc<HeaderMap>) -> Protocol {
        Protocol { headers, ..self }
    }

    /// The same for operations that may take so long, where that is less than the gateway's own bound.
    pub fn within(self, budget: Option<Duration>) -> Protocol {
        Protocol { budget, ..self }
    }

    /// The answer, and how many bytes it has as text.
    pub async fn answer(&self, request: Request) -> (Response, usize) {
        let variables =
            serde_json::to_string(&request.variables).ok().and_then(|text| RawValue::from_string(text).ok());
        let ask = Ask {
            query: request.query,
            operation_name: request.operation_name,
            variables,
            headers: self.headers.clone(),
            want_coverage: false,
            budget: self.budget,
        };
        let body = self.live.now().answer(ask).await.body;
        (response(&body), body.len())
    }
}

impl Executor for Protocol {
    async fn execute(&self, request: Request) -> Response {
        self.answer(request).await.0
    }

    fn execute_stream(
        &self,
        request: Request,
        _session: Option<Arc<async_graphql::Data>>,
    ) -> BoxStream<'static, Response> {
        let door = self.clone();
        stream::once(async move { door.execute(request).await }).boxed()
    }
}

/// The written answer in async-graphql's terms: its protocols serialise it again. What was fetched stays the text that it is,
/// for as a tree it would take ten times the memory.
#[derive(Deserialize)]
struct Written<'b> {
    #[serde(borrow, default)]
    data: Option<&'b RawValue>,
    #[serde(default)]
    errors: Vec<WrittenError>,
}

#[derive(Deserialize)]
struct WrittenError {
    message: String,
    #[serde(default)]
    locations: Vec<async_graphql::Pos>,
    #[serde(default)]
    path: Vec<async_graphql::PathSegment>,
    #[serde(default)]
    extensions: Option<async_graphql::ErrorExtensionValues>,
}

pub(super) fn response(body: &[u8]) -> Response {
    let unfit = || Response::from_errors(vec![ServerError::new("the answer could not be handed on", None)]);
    let Ok(written) = serde_json::from_slice::<Written>(body) else { return unfit() };
    let Ok(data) = written.data.map_or(Ok(Value::Null), async_graphql::to_value) else { return unfit() };
    let mut response = Response::new(data);
    response.errors = written
        .errors
        .into_iter()
        .map(|error| {
            let mut known = ServerError::new(error.message, None);
            known.locations = error.locations;
            known.path = error.path;
            known.extensions = error.extensions;
            known
        })
        .collect();
    response
}
