//! How the gateway shows who it is.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, header};
use secrecy::ExposeSecret;

use super::client::Client;
use super::grant::{Grant, GrantError};
use super::settings::{Auth, Header};

/// Headers that a request is sent with, and where it is sent if the credential decides that.
#[derive(Debug, Default)]
pub(super) struct Pass {
    pub headers: Vec<(HeaderName, HeaderValue)>,
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

impl Credential {
    /// Errors: what does not fit into a header, an address that is none.
    pub fn new(auth: &Auth) -> Result<Credential, String> {
        let headers = match auth {
            Auth::None => Vec::new(),
            Auth::Bearer(bearer) => vec![authorization("Bearer ", bearer.token.expose_secret())?],
            Auth::Basic(basic) => {
                let pair = format!("{}:{}", basic.user, basic.password.expose_secret());
                vec![authorization("Basic ", &STANDARD.encode(pair))?]
            }
            Auth::Header(header) => vec![named(header)?],
            Auth::ClientCredentials(settings) => {
                return Ok(Credential::Granted(Box::new(Grant::new(settings.clone())?)));
            }
        };
        Ok(Credential::Fixed(Arc::new(Pass { headers, ..Pass::default() })))
    }

    /// What to send requests with.
    pub async fn pass(&self, client: &Client) -> Result<Arc<Pass>, GrantError> {
        match self {
            Credential::Fixed(pass) => Ok(pass.clone()),
            Credential::Granted(grant) => grant.pass(client).await,
        }
    }

    /// Another one after `refused` was not accepted; `None` where there is no other.
    pub async fn renew(&self, client: &Client, refused: &Arc<Pass>) -> Result<Option<Arc<Pass>>, GrantError> {
        match self {
            Credential::Fixed(_) => Ok(None),
            Credential::Granted(grant) => grant.renew(client, refused).await,
        }
    }

    /// Whether the status says that the credential is no longer good.
    pub fn refused_by(&self, status: u16) -> bool {
        match self {
            Credential::Fixed(_) => false,
            Credential::Granted(grant) => grant.refused_by(status),
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
pub(super) fn authorization(scheme: &str, secret: &str) -> Result<(HeaderName, HeaderValue), String> {
    Ok((header::AUTHORIZATION, sensitive(&format!("{scheme}{secret}"))?))
}

fn named(header: &Header) -> Result<(HeaderName, HeaderValue), String> {
    let name = HeaderName::try_from(header.name.as_str()).map_err(|_| "the header's name is not one".to_owned())?;
    Ok((name, sensitive(header.value.expose_secret())?))
}

fn sensitive(value: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::try_from(value).map_err(|_| "the credential does not fit into a header".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}
