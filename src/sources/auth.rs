//! What an operator may set of a source's credential.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::Deserialize;

use super::settings::ConfigTable;
use crate::units::TimeSpan;

/// How the gateway shows who it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Auth {
    /// Not at all, or by headers that the schema sets.
    #[default]
    None,
    /// `Authorization: Bearer …`.
    Bearer(Bearer),
    /// `Authorization: Basic …`.
    Basic(Basic),
    /// A header of its own.
    Header(Header),
    /// Several headers: name → value.
    Headers(BTreeMap<String, SecretString>),
    /// A parameter of every address.
    Query(Query),
    /// A token fetched with the client's own credential, and fetched anew when it expires or is refused.
    #[serde(rename = "oauth2-client-credentials")]
    ClientCredentials(ClientCredentials),
    /// A token that a call of the source's own kind gives, and gives anew when it expires or is refused.
    Login(Box<Login>),
}

/// `bearer`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bearer {
    /// The token.
    pub token: SecretString,
    /// The word before it.
    #[serde(default = "bearer")]
    pub scheme: String,
}

/// `basic`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basic {
    /// The user's name.
    pub user: String,
    /// The password.
    #[serde(default)]
    pub password: SecretString,
}

/// `header`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The header's name.
    pub name: String,
    /// Its value.
    pub value: SecretString,
}

/// `query`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The parameter's name.
    pub name: String,
    /// Its value.
    pub value: SecretString,
}

/// `oauth2-client-credentials`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientCredentials {
    /// Where tokens are given.
    pub token_url: String,
    /// Who asks.
    pub client_id: String,
    /// The secret.
    pub client_secret: SecretString,
    /// The scope asked for.
    #[serde(default)]
    pub scope: Option<String>,
    /// Further members of the token's request, such as `audience`.
    #[serde(default)]
    pub params: BTreeMap<String, SecretString>,
    /// How the client shows who it is.
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// The word before the token.
    #[serde(default = "bearer")]
    pub scheme: String,
    /// How long a token is good whose answer has no `expires_in`; without it, until it is refused.
    #[serde(default)]
    pub lifetime: Option<TimeSpan>,
    /// The member of the token's answer that holds the host to be called from then on, such as `instance_url`.
    #[serde(default)]
    pub base_from: Option<String>,
    /// Statuses by which the source says that the token is no longer good.
    #[serde(default = "unauthorized")]
    pub refresh_on: Vec<u16>,
}

fn unauthorized() -> Vec<u16> {
    vec![401]
}

/// How a client shows who it is where tokens are given (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientAuth {
    /// By members of the form.
    #[default]
    Form,
    /// By `Authorization: Basic …`.
    Basic,
}

/// `login`. Its mappings are those of the schema; `$config` is the source's `config` with `secrets` laid over it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// Where to log in: a template.
    pub url: String,
    /// The HTTP method.
    #[serde(default)]
    pub method: LoginMethod,
    /// Headers of the call: name → template.
    #[serde(default)]
    pub headers: BTreeMap<String, SecretString>,
    /// The call's body: a mapping. JSON, or a form where `content-type` says so.
    #[serde(default)]
    pub body: Option<SecretString>,
    /// What the mappings read beside the source's `config`.
    #[serde(default)]
    pub secrets: ConfigTable,
    /// Yields the token: a mapping over the answer's body, `$response.headers` and `$status`.
    pub token: SecretString,
    /// Yields the seconds that the token is good for: a mapping like `token`.
    #[serde(default)]
    pub expires_in: Option<String>,
    /// How long a token is good of which nothing is said; without it, until it is refused.
    #[serde(default)]
    pub lifetime: Option<TimeSpan>,
    /// Yields the host to be called from then on: a mapping like `token`.
    #[serde(default)]
    pub base_from: Option<String>,
    /// The header that carries the token.
    #[serde(default = "authorization")]
    pub header: String,
    /// The word before it; empty: none.
    #[serde(default = "bearer")]
    pub scheme: String,
    /// Statuses by which the source says that the token is no longer good.
    #[serde(default = "unauthorized")]
    pub refresh_on: Vec<u16>,
}

/// The method of a login call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum LoginMethod {
    /// `GET`
    #[serde(rename = "GET")]
    Get,
    /// `POST`
    #[default]
    #[serde(rename = "POST")]
    Post,
}

fn bearer() -> String {
    "Bearer".to_owned()
}

fn authorization() -> String {
    "Authorization".to_owned()
}
