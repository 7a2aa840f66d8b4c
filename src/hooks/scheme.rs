//! The ways of signing, each as data.

use std::time::SystemTime;

use http::header::HeaderName;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};

use super::hook::{Delivery, Denied};
use super::settings::{Algorithm, Encoding, Flaw, Hmac, Scheme, Settings};
use super::shown::{Place, Shown};
use super::signed::{Form, Key, Part, Signed, parts};

/// The header that Dynamics is told to show the secret in, where the settings name no other.
const DYNAMICS_HEADER: &str = "x-webhook-key";

/// How one source's deliveries are checked.
pub(super) enum Check {
    Signed(Signed),
    /// The secret itself is shown.
    Shown(Shown),
}

impl Check {
    /// Errors: all that is missing or cannot be.
    pub fn new(settings: &Settings) -> Result<Check, Vec<Flaw>> {
        let mut flaws = Vec::new();
        if settings.secrets().next().is_none() {
            flaws.push(Flaw::new("secrets", "`secrets` is missing, expected what the sender signs with or shows"));
        }
        let check = match place(settings, &mut flaws) {
            Some(place) => Check::Shown(Shown::new(place, keys(settings.secrets(), hmac::HMAC_SHA256))),
            None => match signed(settings, &mut flaws) {
                Some(signed) => Check::Signed(signed),
                None => return Err(flaws),
            },
        };
        if flaws.is_empty() { Ok(check) } else { Err(flaws) }
    }

    /// The bytes of the signature that was accepted, where it can be accepted once only.
    ///
    /// Errors: why the delivery is not the sender's, or not of now.
    pub fn verify(&self, delivery: &Delivery<'_>, now: SystemTime) -> Result<Option<Vec<u8>>, Denied> {
        match self {
            Check::Shown(shown) => shown.verify(delivery).map(|()| None),
            Check::Signed(signed) => signed.verify(delivery, now),
        }
    }
}

/// Where the secret is shown; `None` where something is signed instead.
fn place(settings: &Settings, flaws: &mut Vec<Flaw>) -> Option<Place> {
    let named = settings.header.as_deref();
    match settings.scheme {
        Scheme::Basic | Scheme::Pipedrive => {
            if settings.secrets().any(|secret| !secret.expose_secret().contains(':')) {
                flaws.push(Flaw::new("secrets", "`secrets` holds one without a colon, expected `user:password`"));
            }
            Some(Place::Basic)
        }
        Scheme::Query | Scheme::Mailchimp | Scheme::Salesforce => Some(Place::Query),
        Scheme::Header | Scheme::Dynamics => {
            let by_itself = (settings.scheme == Scheme::Dynamics).then_some(DYNAMICS_HEADER);
            let Some(name) = named.or(by_itself) else {
                flaws.push(Flaw::new("header", "`header` is missing, expected the name of the header"));
                return Some(Place::Basic);
            };
            header("header", name, flaws).map(Place::Header).or(Some(Place::Basic))
        }
        _ => None,
    }
}

fn signed(settings: &Settings, flaws: &mut Vec<Flaw>) -> Option<Signed> {
    let Some(hmac) = described(settings) else {
        flaws.push(Flaw::new("hmac", "`hmac` is missing, expected a table that says what is signed"));
        return None;
    };
    let signed = parts(&hmac.signed).map_err(|why| flaws.push(Flaw::new("hmac.signed", why))).ok();
    let name = header("hmac.header", &hmac.header, flaws);
    let timestamp = hmac.timestamp_header.as_deref().map(|name| header("hmac.timestamp_header", name, flaws));
    let signed = signed?;
    if !signed.contains(&Part::Body) {
        let why = "`hmac.signed` does not name {body}, so anything could be said under it";
        flaws.push(Flaw::new("hmac.signed", why));
    }
    let url = settings.url.as_deref().filter(|url| !url.is_empty());
    if signed.contains(&Part::Url) && url.is_none() {
        let why = "`url` is missing: it is signed, expected the address that the sender was given";
        flaws.push(Flaw::new("url", why));
    }
    let form = if settings.scheme == Scheme::Stripe { Form::Pairs } else { Form::Plain(hmac.prefix) };
    let has_timestamp = timestamp.is_some() || matches!(form, Form::Pairs);
    if has_timestamp != signed.contains(&Part::Timestamp) {
        let why = "`hmac.timestamp_header` and {timestamp} in `hmac.signed` go together";
        flaws.push(Flaw::new("hmac", why));
    }
    let algorithm = match hmac.algorithm {
        Algorithm::Sha256 => hmac::HMAC_SHA256,
        Algorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
    };
    Some(Signed {
        header: name?,
        form,
        encoding: hmac.encoding,
        signed,
        timestamp: timestamp.flatten(),
        url: url.map(str::to_owned),
        is_url_decoded: matches!(settings.scheme, Scheme::Hubspot | Scheme::HubspotV2),
        tolerance: settings.tolerance.0,
        keys: match settings.scheme {
            Scheme::HubspotV1 | Scheme::HubspotV2 => settings.secrets().cloned().map(Key::Ahead).collect(),
            _ => keys(settings.secrets(), algorithm).into_iter().map(Key::Hmac).collect(),
        },
    })
}

/// What is signed, and how: the vendor's way, or the one that the settings describe.
fn described(settings: &Settings) -> Option<Hmac> {
    Some(match settings.scheme {
        Scheme::Stripe => plain("stripe-signature", Encoding::Hex, "{timestamp}.{body}", None),
        Scheme::Hubspot => plain(
            "x-hubspot-signature-v3",
            Encoding::Base64,
            "{method}{url}{body}{timestamp}",
            Some("x-hubspot-request-timestamp"),
        ),
        Scheme::HubspotV1 => plain("x-hubspot-signature", Encoding::Hex, "{body}", None),
        Scheme::HubspotV2 => plain("x-hubspot-signature", Encoding::Hex, "{method}{url}{body}", None),
        Scheme::Zendesk => plain(
            "x-zendesk-webhook-signature",
            Encoding::Base64,
            "{timestamp}{body}",
            Some("x-zendesk-webhook-signature-timestamp"),
        ),
        Scheme::Klaviyo => plain("klaviyo-signature", Encoding::Hex, "{body}{timestamp}", Some("klaviyo-timestamp")),
        Scheme::Jira => {
            Hmac { prefix: "sha256=".to_owned(), ..plain("x-hub-signature", Encoding::Hex, "{body}", None) }
        }
        _ => return settings.hmac.clone(),
    })
}

fn keys<'s>(secrets: impl Iterator<Item = &'s SecretString>, algorithm: hmac::Algorithm) -> Vec<hmac::Key> {
    secrets.map(|secret| hmac::Key::new(algorithm, secret.expose_secret().as_bytes())).collect()
}

fn header(key: &'static str, name: &str, flaws: &mut Vec<Flaw>) -> Option<HeaderName> {
    let read = HeaderName::try_from(name);
    read.map_err(|_| flaws.push(Flaw::new(key, format!("`{key}`: found {name:?}, expected the name of a header")))).ok()
}

fn plain(header: &str, encoding: Encoding, signed: &str, timestamp: Option<&str>) -> Hmac {
    Hmac {
        header: header.to_owned(),
        prefix: String::new(),
        algorithm: Algorithm::Sha256,
        encoding,
        signed: signed.to_owned(),
        timestamp_header: timestamp.map(str::to_owned),
    }
}
