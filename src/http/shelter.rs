//! The gateway behind a socket, with a net under panics.

use std::sync::Arc;

use async_graphql::{Data, ErrorExtensionValues, Executor, Request, Response, ServerError};
use futures_util::stream::{self, BoxStream, StreamExt};
use tokio::task::JoinSet;

use super::Lifecycle;
use super::refused::Refused;
use crate::gateway::Protocol;

/// Answers each operation in a task of its own: a slow reader of one socket holds up no fetch that others wait for,
/// and a panic ends one operation. The task ends with the operation's stream.
#[derive(Clone)]
pub(super) struct Sheltered {
    pub protocol: Protocol,
    pub lifecycle: Arc<Lifecycle>,
}

impl Executor for Sheltered {
    async fn execute(&self, request: Request) -> Response {
        let protocol = self.protocol.clone();
        let mut task = JoinSet::new();
        task.spawn(async move { protocol.execute(request).await });
        if let Some(Ok(response)) = task.join_next().await {
            return response;
        }
        self.lifecycle.count_panic();
        tracing::error!("an operation of a socket panicked");
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", Refused::Panicked.code());
        extensions.set("reason", Refused::Panicked.reason());
        let mut error = ServerError::new(Refused::Panicked.message(), None);
        error.extensions = Some(extensions);
        Response::from_errors(vec![error])
    }

    fn execute_stream(&self, request: Request, _session: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        let door = self.clone();
        stream::once(async move { door.execute(request).await }).boxed()
    }
}
