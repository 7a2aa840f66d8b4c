//! What a source is spoken to with over TLS: whom we trust, and who we are.

use reqwest::{Certificate, ClientBuilder, Identity};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// `[sources.NAME.tls]`. All in PEM; `{ file = "…" }` gives a file's text.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// Certificates of authorities that are trusted beside the system's.
    pub ca: Option<String>,
    /// Whether those of the system are trusted.
    pub system_roots: bool,
    /// The gateway's own certificate, and those that lead from it to an authority.
    pub certificate: Option<String>,
    /// Its private key.
    pub key: Option<SecretString>,
}

impl Default for Tls {
    fn default() -> Self {
        Self { ca: None, system_roots: true, certificate: None, key: None }
    }
}

impl Tls {
    /// Sets a client up. Errors say which key is wrong, and quote nothing of it.
    pub(super) fn set_up(&self, builder: ClientBuilder) -> Result<ClientBuilder, String> {
        let builder = match &self.ca {
            None if self.system_roots => builder,
            None => return Err("tls.system_roots: without them and without tls.ca nobody is trusted".to_owned()),
            Some(ca) => {
                let roots = certificates("tls.ca", ca)?;
                if self.system_roots { builder.tls_certs_merge(roots) } else { builder.tls_certs_only(roots) }
            }
        };
        match (&self.certificate, &self.key) {
            (None, None) => Ok(builder),
            (Some(certificate), Some(key)) => {
                certificates("tls.certificate", certificate)?;
                let key = key.expose_secret();
                PrivateKeyDer::from_pem_slice(key.as_bytes())
                    .map_err(|_| "tls.key: expected a private key in PEM".to_owned())?;
                let both = format!("{certificate}\n{key}\n");
                let identity = Identity::from_pem(both.as_bytes())
                    .map_err(|_| "tls.certificate and tls.key cannot be used together".to_owned())?;
                Ok(builder.identity(identity))
            }
            _ => Err("tls.certificate and tls.key: expected both or none".to_owned()),
        }
    }

    /// Whether anything is set.
    pub(super) fn is_set(&self) -> bool {
        self.ca.is_some() || self.certificate.is_some() || self.key.is_some() || !self.system_roots
    }
}

fn certificates(key: &str, text: &str) -> Result<Vec<Certificate>, String> {
    let wrong = || format!("{key}: expected certificates in PEM");
    let read = CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<Vec<_>, _>>().map_err(|_| wrong())?;
    if read.is_empty() {
        return Err(wrong());
    }
    read.iter().map(|der| Certificate::from_der(der).map_err(|_| wrong())).collect()
}
