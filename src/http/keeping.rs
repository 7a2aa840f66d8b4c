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
        // It says that an answer was not made for this request (RFC 9111 §5.1); without it, it counts as zero.
        if age_s > 0 {
            headers.insert(AGE, HeaderValue::from(age_s));
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::{AGE, HeaderValue};

    use super::{CacheControl, Lasting};

    #[test]
    fn an_age_is_told_of_what_has_one() {
        for (age_s, told) in [(0, None), (1, Some("1")), (59, Some("59"))] {
            let private = HeaderValue::from_static("private, max-age=60");
            let mut headers = HeaderMap::new();
            CacheControl::Private.tell(Some(Lasting { age_s, max_age_s: 60, private }), &mut headers);
            assert_eq!(headers.get(AGE).map(|age| age.to_str().unwrap()), told);
        }
    }
}
