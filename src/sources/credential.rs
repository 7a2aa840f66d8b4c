//! How the gateway shows who it is.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};

use super::auth::Auth;
use super::care::Care;
use super::client::Client;
use super::grant::Grant;
use super::login::LoginCall;
use super::settings::ConfigTable;
use super::token::{GrantError, worded};

/// Headers that a request is sent with, and where it is sent if the credential decides that.
#[derive(Debug, Default)]
pub(super) struct Pass {
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// A parameter of every address.
    pub query: Option<(String, SecretString)>,
    /// Scheme, host and port that take the place of the base URL's.
    pub host: Option<String>,
    /// Whether the source ever accepted it.
    pub worked: AtomicBool,
}

/// The credential of one source.
pub(super) enum Credential {
    Fixed(Arc<Pass>),
    Granted(Box<Grant>),
}

impl Default for Credential {
    /// None at all.
    fn default() -> Self {
        Credential::Fixed(Arc::default())
    }
}

impl Credential {
    /// Errors: what does not fit into a header, an address that is none.
    ///
    /// `config` is what mappings of the source see as `$config`.
    pub fn new(auth: &Auth, config: &ConfigTable) -> Result<Credential, String> {
        let mut query = None;
        let headers = match auth {
            Auth::None => Vec::new(),
            Auth::Bearer(bearer) => vec![authorization(&bearer.scheme, bearer.token.expose_secret())?],
            Auth::Basic(basic) => {
                let pair = format!("{}:{}", basic.user, basic.password.expose_secret());
                vec![authorization("Basic", &STANDARD.encode(pair))?]
            }
            Auth::Header(header) => vec![named(&header.name, &header.value)?],
            Auth::Headers(headers) => {
                headers.iter().map(|(name, value)| named(name, value)).collect::<Result<_, _>>()?
            }
            Auth::Query(parameter) => {
                query = Some((parameter.name.clone(), parameter.value.clone()));
                Vec::new()
            }
            Auth::ClientCredentials(settings) => {
                return Ok(Credential::Granted(Box::new(Grant::client_credentials(settings.clone())?)));
            }
            Auth::Login(settings) => {
                let call = LoginCall::new((**settings).clone(), &config.0)?;
                return Ok(Credential::Granted(Box::new(Grant::login(call))));
            }
        };
        Ok(Credential::Fixed(Arc::new(Pass { headers, query, ..Pass::default() })))
    }

    /// What to send requests with.
    pub async fn pass(&self, client: &Client, care: &Care) -> Result<Arc<Pass>, GrantError> {
        match self {
            Credential::Fixed(pass) => Ok(pass.clone()),
            Credential::Granted(grant) => grant.pass(client, care).await,
        }
    }

    /// Another one after `refused` was not accepted; `None` where there is no other.
    pub async fn renew(
        &self,
        client: &Client,
        care: &Care,
        refused: &Arc<Pass>,
    ) -> Result<Option<Arc<Pass>>, GrantError> {
        match self {
            Credential::Fixed(_) => Ok(None),
            Credential::Granted(grant) => grant.renew(client, care, refused).await,
        }
    }

    /// Whether the status says that the credential is no longer good.
    pub fn refused_by(&self, status: u16) -> bool {
        match self {
            Credential::Fixed(_) => false,
            Credential::Granted(grant) => grant.refused_by(status),
        }
    }

    /// The host that it is had from, where that is not the source itself.
    pub fn host(&self) -> Option<String> {
        match self {
            Credential::Fixed(_) => None,
            Credential::Granted(grant) => grant.host(),
        }
    }

    /// Whether anything is spoken to by TLS on its behalf.
    pub fn is_secure(&self) -> bool {
        match self {
            Credential::Fixed(_) => false,
            Credential::Granted(grant) => grant.is_secure(),
        }
    }
}

/// `Authorization`, marked so that it is never printed.
fn authorization(scheme: &str, secret: &str) -> Result<(HeaderName, HeaderValue), String> {
    Ok((header::AUTHORIZATION, sensitive(&worded(scheme, secret))?))
}

fn named(name: &str, value: &SecretString) -> Result<(HeaderName, HeaderValue), String> {
    let name = HeaderName::try_from(name).map_err(|_| "the header's name is not one".to_owned())?;
    Ok((name, sensitive(value.expose_secret())?))
}

/// A header's value, marked so that it is never printed.
pub(super) fn sensitive(value: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::try_from(value).map_err(|_| "the credential does not fit into a header".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}
