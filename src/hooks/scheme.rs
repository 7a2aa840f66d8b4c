//! The ways of signing, each as data.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};

use super::hook::{Delivery, Denied};
use super::settings::{Algorithm, Encoding, Hmac, Scheme, Settings};

/// How one source's deliveries are checked.
pub(super) enum Check {
    Signed(Signed),
    /// The secret itself is shown.
    Shown(Place, Vec<hmac::Key>),
}

/// Where a secret is shown.
pub(super) enum Place {
    Header(HeaderName),
    Basic,
    Query,
}

/// A signature over parts of a delivery.
pub(super) struct Signed {
    header: HeaderName,
    form: Form,
    encoding: Encoding,
    signed: Vec<Part>,
    timestamp: Option<HeaderName>,
    url: Option<String>,
    tolerance: Duration,
    keys: Vec<hmac::Key>,
}

/// How the signature stands in its header.
enum Form {
    /// After a prefix.
    Plain(String),
    /// `t=TIME,v1=SIGNATURE,v1=SIGNATURE`: any of them serves.
    Pairs,
}

/// One part of what is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Method,
    Url,
    Body,
    Timestamp,
    Text(String),
}

impl Check {
    /// Errors: what is missing, as a sentence.
    pub fn new(settings: &Settings) -> Result<Check, String> {
        if settings.secrets.is_empty() || settings.secrets.iter().any(|secret| secret.expose_secret().is_empty()) {
            return Err("`secrets` is missing or holds an empty one, expected what the sender signs with".to_owned());
        }
        let shown = |place| Ok(Check::Shown(place, keys(&settings.secrets, hmac::HMAC_SHA256)));
        match settings.scheme {
            Scheme::Basic => return shown(Place::Basic),
            Scheme::Query => return shown(Place::Query),
            Scheme::Header => {
                let name = settings.header.as_deref().ok_or("`header` is missing, expected the name of the header")?;
                return shown(Place::Header(header(name)?));
            }
            _ => {}
        }
        let hmac = match settings.scheme {
            Scheme::Stripe => plain("stripe-signature", Encoding::Hex, "{timestamp}.{body}", None),
            Scheme::Hubspot => plain(
                "x-hubspot-signature-v3",
                Encoding::Base64,
                "{method}{url}{body}{timestamp}",
                Some("x-hubspot-request-timestamp"),
            ),
            Scheme::Zendesk => plain(
                "x-zendesk-webhook-signature",
                Encoding::Base64,
                "{timestamp}{body}",
                Some("x-zendesk-webhook-signature-timestamp"),
            ),
            Scheme::Klaviyo => {
                plain("klaviyo-signature", Encoding::Hex, "{body}{timestamp}", Some("klaviyo-timestamp"))
            }
            Scheme::Jira => {
                Hmac { prefix: "sha256=".to_owned(), ..plain("x-hub-signature", Encoding::Hex, "{body}", None) }
            }
            _ => settings.hmac.clone().ok_or("`hmac` is missing, expected a table that says what is signed")?,
        };
        let signed = parts(&hmac.signed)?;
        if !signed.contains(&Part::Body) {
            return Err("`hmac.signed` does not name {body}, so anything could be said under it".to_owned());
        }
        if signed.contains(&Part::Url) && settings.url.is_none() {
            return Err("`url` is missing: it is signed, expected the address that the sender was given".to_owned());
        }
        let form = if settings.scheme == Scheme::Stripe { Form::Pairs } else { Form::Plain(hmac.prefix) };
        let has_timestamp = hmac.timestamp_header.is_some() || matches!(form, Form::Pairs);
        if has_timestamp != signed.contains(&Part::Timestamp) {
            return Err("`hmac.timestamp_header` and {timestamp} in `hmac.signed` go together".to_owned());
        }
        let algorithm = match hmac.algorithm {
            Algorithm::Sha256 => hmac::HMAC_SHA256,
            Algorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        };
        Ok(Check::Signed(Signed {
            header: header(&hmac.header)?,
            form,
            encoding: hmac.encoding,
            signed,
            timestamp: hmac.timestamp_header.as_deref().map(header).transpose()?,
            url: settings.url.clone(),
            tolerance: settings.tolerance.0,
            keys: keys(&settings.secrets, algorithm),
        }))
    }

    /// The bytes of the signature that was accepted, where it can be accepted once only.
    ///
    /// Errors: why the delivery is not the sender's, or not of now.
    pub fn verify(&self, delivery: &Delivery<'_>, now: SystemTime) -> Result<Option<Vec<u8>>, Denied> {
        match self {
            Check::Shown(place, keys) => {
                let secret = place.secret(delivery).ok_or(Denied::Unsigned)?;
                // Codes of both are compared: that takes as long whatever they have in common.
                let is_one =
                    |key: &hmac::Key| hmac::verify(key, SHOWN, hmac::sign(&shown_key(&secret), SHOWN).as_ref()).is_ok();
                let known = keys.iter().filter(|key| is_one(key)).count();
                if known > 0 { Ok(None) } else { Err(Denied::Forged) }
            }
            Check::Signed(signed) => signed.verify(delivery, now),
        }
    }
}

/// What is signed with a secret that is shown, to compare it.
const SHOWN: &[u8] = b"the secret of a webhook";

fn shown_key(secret: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret)
}

impl Signed {
    fn verify(&self, delivery: &Delivery<'_>, now: SystemTime) -> Result<Option<Vec<u8>>, Denied> {
        let shown = one(delivery.headers, &self.header).ok_or(Denied::Unsigned)?;
        let (time, signatures) = match &self.form {
            Form::Plain(prefix) => {
                let time = self.timestamp.as_ref().map(|name| one(delivery.headers, name).ok_or(Denied::Unsigned));
                (time.transpose()?, vec![shown.strip_prefix(prefix.as_str()).ok_or(Denied::Unsigned)?])
            }
            Form::Pairs => {
                let pairs = || shown.split(',').filter_map(|pair| pair.trim().split_once('='));
                let time = pairs().find(|(name, _)| *name == "t").ok_or(Denied::Unsigned)?.1;
                (
                    Some(time),
                    pairs().filter(|(name, _)| *name == "v1").map(|(_, value)| value).take(MOST_SIGNATURES).collect(),
                )
            }
        };
        let signatures: Vec<Vec<u8>> = signatures.into_iter().filter_map(|text| self.decoded(text)).collect();
        let message = self.message(delivery, time.unwrap_or_default());
        let accepted = signatures
            .into_iter()
            .find(|signature| self.keys.iter().any(|key| hmac::verify(key, &message, signature).is_ok()))
            .ok_or(Denied::Forged)?;
        // The time is believed once it is known who wrote it.
        if let Some(time) = time {
            let time = read_time(time).ok_or(Denied::Unsigned)?;
            let apart = now.duration_since(time).unwrap_or_else(|ahead| ahead.duration());
            if apart > self.tolerance {
                return Err(Denied::OutOfTime);
            }
        }
        Ok(time.is_some().then_some(accepted))
    }

    fn decoded(&self, text: &str) -> Option<Vec<u8>> {
        match self.encoding {
            Encoding::Base64 => STANDARD.decode(text.trim()).ok(),
            Encoding::Hex => {
                let text = text.trim();
                let digits = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
                digits.then(|| {
                    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
                })?
            }
        }
    }

    fn message(&self, delivery: &Delivery<'_>, time: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(delivery.body.len() + 256);
        for part in &self.signed {
            match part {
                Part::Method => out.extend_from_slice(delivery.method.as_bytes()),
                Part::Url => {
                    out.extend_from_slice(self.url.as_deref().unwrap_or_default().as_bytes());
                    if let Some(query) = delivery.query {
                        out.push(b'?');
                        out.extend_from_slice(query.as_bytes());
                    }
                }
                Part::Body => out.extend_from_slice(delivery.body),
                Part::Timestamp => out.extend_from_slice(time.as_bytes()),
                Part::Text(text) => out.extend_from_slice(text.as_bytes()),
            }
        }
        out
    }
}

/// Most signatures of one delivery that are looked at.
const MOST_SIGNATURES: usize = 8;

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

/// The value of a header that stands there once.
fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

fn keys(secrets: &[SecretString], algorithm: hmac::Algorithm) -> Vec<hmac::Key> {
    secrets.iter().map(|secret| hmac::Key::new(algorithm, secret.expose_secret().as_bytes())).collect()
}

fn header(name: &str) -> Result<HeaderName, String> {
    HeaderName::try_from(name).map_err(|_| format!("`{name}` is not the name of a header"))
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

/// `{timestamp}.{body}` as parts.
fn parts(template: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        let (text, after) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
        if !text.is_empty() {
            parts.push(Part::Text(text.to_owned()));
        }
        let Some(inner) = after.strip_prefix('{') else { break };
        let (name, after) = inner.split_once('}').ok_or("`hmac.signed` has a { without its }")?;
        parts.push(match name {
            "method" => Part::Method,
            "url" => Part::Url,
            "body" => Part::Body,
            "timestamp" => Part::Timestamp,
            _ => {
                return Err(format!(
                    "`hmac.signed` names {{{name}}}, expected {{method}}, {{url}}, {{timestamp}} or {{body}}"
                ));
            }
        });
        rest = after;
    }
    Ok(parts)
}

/// Seconds, milliseconds (from the year 2001 on they have more digits than seconds will have until 5138), or RFC 3339.
fn read_time(text: &str) -> Option<SystemTime> {
    let text = text.trim();
    if let Ok(number) = text.parse::<u64>() {
        let since = if number > 99_999_999_999 { Duration::from_millis(number) } else { Duration::from_secs(number) };
        return SystemTime::UNIX_EPOCH.checked_add(since);
    }
    let millis = text.parse::<jiff::Timestamp>().ok()?.as_millisecond();
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(u64::try_from(millis).ok()?))
}
