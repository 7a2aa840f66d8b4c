//! Signatures over parts of a delivery.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::HeaderName;
use ring::{digest, hmac};
use secrecy::{ExposeSecret, SecretString};

use super::hook::{Delivery, Denied};
use super::settings::Encoding;

/// Most signatures of one delivery that are looked at.
const MOST_SIGNATURES: usize = 8;

/// A signature over parts of a delivery.
pub(super) struct Signed {
    pub header: HeaderName,
    pub form: Form,
    pub encoding: Encoding,
    pub signed: Vec<Part>,
    pub timestamp: Option<HeaderName>,
    pub url: Option<String>,
    /// Whether some characters of the address are signed as themselves, however they came.
    pub is_url_decoded: bool,
    pub tolerance: Duration,
    pub keys: Vec<Key>,
}

/// What only sender and receiver know.
pub(super) enum Key {
    Hmac(hmac::Key),
    /// A plain SHA-256 over the secret and the message behind it: HubSpot's older signatures.
    Ahead(SecretString),
}

impl Key {
    /// Takes as long whatever the signature has in common with the one that is expected.
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Key::Hmac(key) => hmac::verify(key, message, signature).is_ok(),
            Key::Ahead(secret) => {
                let secret = secret.expose_secret().as_bytes();
                let mut digest = digest::Context::new(&digest::SHA256);
                digest.update(secret);
                digest.update(message);
                // Codes of both are compared.
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
                let code = hmac::sign(&key, digest.finish().as_ref());
                hmac::verify(&key, signature, code.as_ref()).is_ok()
            }
        }
    }
}

/// How the signature stands in its header.
pub(super) enum Form {
    /// After a prefix.
    Plain(String),
    /// `t=TIME,v1=SIGNATURE,v1=SIGNATURE`: any of them serves.
    Pairs,
}

/// One part of what is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Method,
    Url,
    Body,
    Timestamp,
    Text(String),
}

impl Signed {
    /// The bytes of the signature that was accepted, where it can be accepted once only.
    ///
    /// Errors: why the delivery is not the sender's, or not of now.
    pub fn verify(&self, delivery: &Delivery<'_>, now: SystemTime) -> Result<Option<Vec<u8>>, Denied> {
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
        let accepted = self.accepted(delivery, time.unwrap_or_default(), signatures).ok_or(Denied::Forged)?;
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

    /// The signature that one of the secrets makes of the delivery.
    fn accepted(&self, delivery: &Delivery<'_>, time: &str, signatures: Vec<Vec<u8>>) -> Option<Vec<u8>> {
        let url = self.url.as_deref().map(|url| addressed(url, delivery.query));
        let decoded = url.as_deref().filter(|_| self.is_url_decoded).map(decoded);
        let mut urls = vec![url.as_deref().unwrap_or_default()];
        urls.extend(decoded.as_deref().filter(|decoded| *decoded != urls[0]));
        let messages: Vec<Vec<u8>> = urls.into_iter().map(|url| self.message(delivery, url, time)).collect();
        let is_good = |signature: &Vec<u8>| {
            let of = |message: &Vec<u8>| self.keys.iter().any(|key| key.verifies(message, signature));
            messages.iter().any(of)
        };
        signatures.into_iter().find(is_good)
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

    fn message(&self, delivery: &Delivery<'_>, url: &str, time: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(delivery.body.len() + 256);
        for part in &self.signed {
            out.extend_from_slice(match part {
                Part::Method => delivery.method.as_bytes(),
                Part::Url => url.as_bytes(),
                Part::Body => delivery.body,
                Part::Timestamp => time.as_bytes(),
                Part::Text(text) => text.as_bytes(),
            });
        }
        out
    }
}

/// The address with the query that came.
fn addressed(url: &str, query: Option<&str>) -> String {
    match query {
        Some(query) => format!("{url}?{query}"),
        None => url.to_owned(),
    }
}

/// What HubSpot signs as the character itself where it stands encoded in an address:
/// <https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation>
const DECODED: [(&str, &str); 12] = [
    ("3A", ":"),
    ("2F", "/"),
    ("3F", "?"),
    ("40", "@"),
    ("21", "!"),
    ("24", "$"),
    ("27", "'"),
    ("28", "("),
    ("29", ")"),
    ("2A", "*"),
    ("2C", ","),
    ("3B", ";"),
];

fn decoded(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    let mut parts = url.split('%');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let character =
            part.get(..2).and_then(|code| DECODED.iter().find(|(known, _)| known.eq_ignore_ascii_case(code)));
        match character {
            Some((_, character)) => out.extend([*character, &part[2..]]),
            None => out.extend(["%", part]),
        }
    }
    out
}

/// The value of a header that stands there once.
pub(super) fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// `{timestamp}.{body}` as parts.
///
/// Errors: what is wrong, as a sentence.
pub(super) fn parts(template: &str) -> Result<Vec<Part>, String> {
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
