//! What an operator may set of one source's webhook.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::units::{ByteSize, TimeSpan};

/// `[webhooks.NAME]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How the sender shows who it is.
    pub scheme: Scheme,
    /// Any of them is accepted, so that a new one can be brought in before the old one goes. Empty ones count for nothing;
    /// where all are empty, nothing is heard.
    pub secrets: Vec<SecretString>,
    /// The address that the sender was given, for schemes that sign it.
    pub url: Option<String>,
    /// The header that carries the secret, for `header` and `dynamics`.
    pub header: Option<String>,
    /// What is signed, and how, for `hmac`.
    pub hmac: Option<Hmac>,
    /// How far a delivery's time may be from ours, before or after.
    pub tolerance: TimeSpan,
    /// Longest body.
    pub max_body: ByteSize,
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
        }
    }
}

impl Settings {
    /// Whether secrets are listed and every one is empty, as where they come from variables that are not set.
    pub fn is_off(&self) -> bool {
        !self.secrets.is_empty() && self.secrets().next().is_none()
    }

    /// The secrets that are ones.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        self.secrets.iter().filter(|secret| !secret.expose_secret().is_empty())
    }
}

/// One thing that is wrong with a webhook's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The key, from the webhook's table on: `hmac.signed`.
    pub key: &'static str,
    /// What was found and what was expected. No secret is in it.
    pub message: String,
}

impl Flaw {
    pub(super) fn new(key: &'static str, message: impl Into<String>) -> Flaw {
        Flaw { key, message: message.into() }
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
    /// `X-HubSpot-Signature` of the first version: a digest over secret and body, without a time.
    HubspotV1,
    /// `X-HubSpot-Signature` of the second: method and address besides.
    HubspotV2,
    /// `X-Zendesk-Webhook-Signature`, the timestamp first.
    Zendesk,
    /// `Klaviyo-Signature`.
    Klaviyo,
    /// `X-Hub-Signature: sha256=…`: Jira, and others.
    Jira,
    /// `Authorization: Basic …`; a secret is `user:password`.
    Basic,
    /// The secret in the address, as `?secret=…`.
    Query,
    /// The secret in a header.
    Header,
    /// As `basic`.
    Pipedrive,
    /// As `query`; what it sends are forms.
    Mailchimp,
    /// As `header`, in `x-webhook-key` where no other is named.
    Dynamics,
    /// As `query`: outbound messages, which are SOAP and answered so.
    Salesforce,
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
