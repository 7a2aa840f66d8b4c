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
        let (Some(lasting), Some(whose)) = (lasting, self.whose()) else { return };
        let (mut max_age, mut text) = (itoa::Buffer::new(), [0; 32]);
        let parts = [whose, max_age.format(lasting.max_age_s)];
        let length = parts.iter().map(|part| part.len()).sum::<usize>();
        let mut at = 0;
        for part in parts {
            text[at..at + part.len()].copy_from_slice(part.as_bytes());
            at += part.len();
        }
        if let Ok(value) = HeaderValue::from_bytes(&text[..length]) {
            headers.insert(CACHE_CONTROL, value);
            headers.insert(AGE, HeaderValue::from(lasting.age_s));
        }
        if self == CacheControl::Public {
            headers.append(VARY, HeaderValue::from_static("accept"));
        }
    }

    fn whose(self) -> Option<&'static str> {
        match self {
            CacheControl::Off => None,
            CacheControl::Private => Some("private, max-age="),
            CacheControl::Public => Some("public, max-age="),
        }
    }
}
