//! What clients and caches on the way are told of how long they may keep an answer.

use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL, HeaderValue, VARY};
use serde::Deserialize;

use crate::gateway::Lasting;

/// `[http] cache_control`: what is said of answers all of which is everybody's, and fresh. Nobody may keep any other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CacheControl {
    /// That nobody may keep them.
    Off,
    /// How long whoever asked may keep them.
    #[default]
    Private,
    /// How long anybody on the way may keep them too.
    Public,
}

impl CacheControl {
    /// Says it, where anything is to be said: `max-age` counts from the moment that `Age` counts from, which is when the
    /// oldest part of the answer was true (RFC 9111 §4.2).
    pub(super) fn tell(self, lasting: Option<Lasting>, headers: &mut HeaderMap) {
        let Some(Lasting { age_s, max_age_s, private }) = lasting else { return };
        let value = match self {
            CacheControl::Off => return,
            CacheControl::Private => private,
            CacheControl::Public => {
                // Its form is as the client wished.
                headers.append(VARY, HeaderValue::from_static("accept"));
                let Ok(public) = HeaderValue::try_from(format!("public, max-age={max_age_s}")) else { return };
                public
            }
        };
        headers.insert(CACHE_CONTROL, value);
        headers.insert(AGE, HeaderValue::from(age_s));
    }
}
