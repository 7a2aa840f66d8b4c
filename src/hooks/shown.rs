//! Secrets that are shown rather than signed with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderName};
use ring::hmac;

use super::hook::{Delivery, Denied};
use super::signed::one;

/// A secret that deliveries show.
pub(super) struct Shown {
    place: Place,
    /// Made of the secrets that are accepted.
    keys: Vec<hmac::Key>,
}

/// Where a secret is shown.
pub(super) enum Place {
    Header(HeaderName),
    Basic,
    Query,
}

/// What is signed with a secret that is shown, to compare it.
const SHOWN: &[u8] = b"the secret of a webhook";

impl Shown {
    pub fn new(place: Place, keys: Vec<hmac::Key>) -> Shown {
        Shown { place, keys }
    }

    /// Errors: nothing is shown, or something else.
    pub fn verify(&self, delivery: &Delivery<'_>) -> Result<(), Denied> {
        let secret = self.place.secret(delivery).ok_or(Denied::Unsigned)?;
        // Codes of both are compared: that takes as long whatever they have in common.
        let code = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), SHOWN);
        let known = self.keys.iter().filter(|key| hmac::verify(key, SHOWN, code.as_ref()).is_ok()).count();
        if known > 0 { Ok(()) } else { Err(Denied::Forged) }
    }
}

impl Place {
    fn secret(&self, delivery: &Delivery<'_>) -> Option<Vec<u8>> {
        match self {
            Place::Header(name) => one(delivery.headers, name).map(|value| value.as_bytes().to_vec()),
            Place::Basic => {
                let (word, pair) = one(delivery.headers, &AUTHORIZATION)?.split_once(' ')?;
                word.eq_ignore_ascii_case("Basic").then(|| STANDARD.decode(pair.trim()).ok())?
            }
            Place::Query => {
                let mut pairs = url::form_urlencoded::parse(delivery.query?.as_bytes());
                pairs.find(|(name, _)| name == "secret").map(|(_, value)| value.as_bytes().to_vec())
            }
        }
    }
}
