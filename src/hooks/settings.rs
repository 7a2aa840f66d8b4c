//! What an operator may set of one source's webhook.

use secrecy::SecretString;
use serde::Deserialize;

use crate::units::{ByteSize, TimeSpan};

/// `[webhooks.NAME]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How the sender shows who it is.
    pub scheme: Scheme,
    /// Any of them is accepted, so that a new one can be brought in before the old one goes.
    pub secrets: Vec<SecretString>,
    /// The address that the sender was given, for schemes that sign it.
    pub url: Option<String>,
    /// The header that carries the secret, for `header`.
    pub header: Option<String>,
    /// What is signed, and how, for `hmac`.
    pub hmac: Option<Hmac>,
    /// How far a delivery's time may be from ours, before or after.
    pub tolerance: TimeSpan,
    /// Longest body.
    pub max_body: ByteSize,
    /// What is forgotten; without it, everything that the source gave.
    pub forget: Vec<Forget>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            scheme: Scheme::Hmac,
            secrets: Vec::new(),
            url: None,
            header: None,
            hmac: None,
            tolerance: TimeSpan::seconds(300),
            max_body: ByteSize::mebibytes(1),
            forget: Vec::new(),
        }
    }
}

/// How a sender shows who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// By a signature that `[webhooks.NAME.hmac]` describes.
    Hmac,
    /// `Stripe-Signature: t=…,v1=…`.
    Stripe,
    /// `X-HubSpot-Signature-v3`.
    Hubspot,
    /// `X-Zendesk-Webhook-Signature`, the timestamp first.
    Zendesk,
    /// `Klaviyo-Signature`.
    Klaviyo,
    /// `X-Hub-Signature: sha256=…`: Jira, and others.
    Jira,
    /// `Authorization: Basic …`; a secret is `user:password`. Pipedrive.
    Basic,
    /// The secret in the address, as `?secret=…`. Mailchimp.
    Query,
    /// The secret in a header. Dynamics 365.
    Header,
}

/// `[webhooks.NAME.hmac]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hmac {
    /// The header that carries the signature.
    pub header: String,
    /// What stands before it there, such as `sha256=`.
    #[serde(default)]
    pub prefix: String,
    /// The digest within.
    #[serde(default)]
    pub algorithm: Algorithm,
    /// How its bytes are written.
    #[serde(default)]
    pub encoding: Encoding,
    /// What is signed: `{method}`, `{url}`, `{timestamp}`, `{body}`, and characters between them.
    #[serde(default = "body")]
    pub signed: String,
    /// The header that carries the time: seconds, milliseconds, or RFC 3339.
    #[serde(default)]
    pub timestamp_header: Option<String>,
}

fn body() -> String {
    "{body}".to_owned()
}

/// The digest within a signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// SHA-256
    #[default]
    Sha256,
    /// SHA-1
    Sha1,
}

/// How a signature's bytes are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// Two hexadecimal digits a byte.
    #[default]
    Hex,
    /// Base64 with padding.
    Base64,
}

/// One entry of `forget`: what is forgotten of one type.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forget {
    /// A type that connectors of the source stand on.
    #[serde(rename = "type")]
    pub type_name: String,
    /// A mapping over the payload: an object of key fields, or a list of them.
    pub keys: String,
}
