//! The gateway behind a socket, with a net under panics.

use std::sync::Arc;

use async_graphql::{Data, ErrorExtensionValues, Executor, Request, Response, ServerError};
use futures_util::stream::{self, BoxStream, StreamExt};
use tokio::task::JoinSet;

use super::Desk;
use super::budget::told;
use super::refused::Refused;
use super::waiting::{Held, Waiting};
use crate::gateway::Protocol;

/// Answers each operation in a task of its own: a slow reader of one socket holds up no fetch that others wait for,
/// and a panic ends one operation. The task ends with the operation's stream.
#[derive(Clone)]
pub(super) struct Sheltered {
    pub protocol: Protocol,
    pub desk: Desk,
    pub waiting: Waiting,
}

impl Sheltered {
    /// The answer, and its bytes as long as they wait.
    async fn answer(&self, request: Request) -> (Response, Option<Held>) {
        let settings = self.desk.settings();
        let Some(_place) = self.desk.lifecycle().question(settings.max_questions) else {
            return (refused(&Refused::Busy), None);
        };
        let budget = match request.extensions.get("timeout").map(|said| said.clone().into_json().unwrap_or_default()) {
            None => None,
            Some(said) => match told(&said) {
                Ok(time) => Some(time),
                Err(why) => return (refused(&why), None),
            },
        };
        let protocol = self.protocol.clone().within(budget);
        let mut task = JoinSet::new();
        task.spawn(async move { protocol.answer(request).await });
        if let Some(Ok((response, bytes))) = task.join_next().await {
            return match self.waiting.admit(bytes, settings.max_waiting.bytes()) {
                Some(held) => (response, Some(held)),
                None => (refused(&Refused::Busy), None),
            };
        }
        self.desk.lifecycle().count_panic();
        tracing::error!("an operation of a socket panicked");
        (refused(&Refused::Panicked), None)
    }
}

impl Executor for Sheltered {
    async fn execute(&self, request: Request) -> Response {
        self.answer(request).await.0
    }

    fn execute_stream(&self, request: Request, _session: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        // Whoever asks for the next one has handed this one on.
        let asked = (Some((self.clone(), request)), None);
        stream::unfold(asked, async |(asked, held): (_, Option<Held>)| {
            drop(held);
            let (door, request): (Sheltered, Request) = asked?;
            let (response, held) = door.answer(request).await;
            Some((response, (None, held)))
        })
        .boxed()
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
