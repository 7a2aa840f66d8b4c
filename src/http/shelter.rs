//! The gateway behind a socket, with a net under panics.

use std::sync::Arc;

use async_graphql::{Data, ErrorExtensionValues, Executor, Request, Response, ServerError};
use futures_util::stream::{self, BoxStream, StreamExt};
use tokio::task::JoinSet;

use super::Desk;
use super::budget::told;
use super::refused::Refused;
use crate::gateway::Protocol;

/// Answers each operation in a task of its own: a slow reader of one socket holds up no fetch that others wait for,
/// and a panic ends one operation. The task ends with the operation's stream.
#[derive(Clone)]
pub(super) struct Sheltered {
    pub protocol: Protocol,
    pub desk: Desk,
}

impl Executor for Sheltered {
    async fn execute(&self, request: Request) -> Response {
        let most = self.desk.settings().max_questions;
        let Some(_place) = self.desk.lifecycle().question(most) else { return refused(&Refused::Busy) };
        let budget = match request.extensions.get("timeout").map(|said| said.clone().into_json().unwrap_or_default()) {
            None => None,
            Some(said) => match told(&said) {
                Ok(time) => Some(time),
                Err(why) => return refused(&why),
            },
        };
        let protocol = self.protocol.clone().within(budget);
        let mut task = JoinSet::new();
        task.spawn(async move { protocol.execute(request).await });
        if let Some(Ok(response)) = task.join_next().await {
            return response;
        }
        self.desk.lifecycle().count_panic();
        tracing::error!("an operation of a socket panicked");
        refused(&Refused::Panicked)
    }

    fn execute_stream(&self, request: Request, _session: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        let door = self.clone();
        stream::once(async move { door.execute(request).await }).boxed()
    }
}

fn refused(why: &Refused) -> Response {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", why.code());
    extensions.set("reason", why.reason());
    let mut error = ServerError::new(why.message(), None);
    error.extensions = Some(extensions);
    Response::from_errors(vec![error])
}
