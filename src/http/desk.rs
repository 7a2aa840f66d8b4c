//! Where requests are taken in.

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::body::HttpBody;
use bytes::Bytes;

use super::accept::Form;
use super::origin::Origin;
use super::refused::{Refused, answered};
use super::waiting::Waiting;
use super::{Lifecycle, Settings, question};
use crate::gateway::Live;

/// What a server answers with, shared by its connections, its handlers and whoever reloads it. Clones are the same desk.
#[derive(Clone)]
pub struct Desk {
    live: Live,
    settings: Arc<ArcSwap<Settings>>,
    lifecycle: Arc<Lifecycle>,
}

impl Desk {
    /// An open desk. `live` is a gateway for good, or the place of one that may be replaced.
    pub fn new(live: impl Into<Live>, settings: Settings) -> Desk {
        let lifecycle = Arc::new(Lifecycle::new(&settings));
        Desk { live: live.into(), settings: Arc::new(ArcSwap::from_pointee(settings)), lifecycle }
    }

    /// The place of the gateway.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// The settings that hold now.
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.load_full()
    }

    /// Other settings hold from now on: for what begins after this. What a server is built of stays as it was.
    pub fn settle(&self, settings: Settings) {
        self.settings.store(Arc::new(settings));
    }

    /// Whether work is taken, and what was counted.
    pub fn lifecycle(&self) -> &Arc<Lifecycle> {
        &self.lifecycle
    }

    /// `POST /graphql`; `waiting` is what waits for the same connection.
    pub(super) async fn ask<B>(&self, request: http::Request<B>, waiting: &Waiting) -> http::Response<Bytes>
    where
        B: HttpBody<Data = Bytes> + Unpin,
    {
        let Some(form) = Form::of(request.headers()) else { return Refused::NotAcceptable.told_in(Form::Json) };
        let (parts, body) = request.into_parts();
        let settings = self.settings.load();
        let origin = Origin::of(&parts, &settings.allowed_origins);
        let mut response = match question::answer(self, (parts.headers, body), &settings, waiting).await {
            Ok(answer) => answered(form, answer, settings.cache_control),
            Err(refused) => refused.told_in(form),
        };
        origin.permit(&mut response);
        response
    }
}
