//! What an operator may set of the operators' door.

use std::net::{IpAddr, SocketAddr};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::http::settings::check_address;

/// Shortest token, in bytes: 16 letters by chance are out of reach of guessing.
const MIN_TOKEN_BYTES: usize = 16;

/// `[admin]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdminSettings {
    /// Address and port to listen on; without it there is no such door.
    pub listen: Option<String>,
    /// What operators show as `Authorization: Bearer …`.
    pub token: Option<SecretString>,
    /// Whether `/metrics` is told without the token.
    pub open_metrics: bool,
}

impl AdminSettings {
    /// # Errors
    /// A sentence about keys that do not go together: an open door without a token, or with one that can be guessed.
    pub fn check(&self) -> Result<(), String> {
        let Some(listen) = &self.listen else { return Ok(()) };
        check_address("admin.listen", listen)?;
        match &self.token {
            Some(token) if token.expose_secret().len() < MIN_TOKEN_BYTES => Err(format!(
                "`admin.token` is too short, expected at least {MIN_TOKEN_BYTES} bytes that nobody can guess"
            )),
            None if !is_loopback(listen) => Err(format!(
                "`admin.token` is missing: others than this machine can reach `{listen}`, expected a token of at least \
                 {MIN_TOKEN_BYTES} bytes, or a loopback address such as 127.0.0.1:4001"
            )),
            _ => Ok(()),
        }
    }
}

/// Whether an address to listen on can be reached from this machine only. A name other than `localhost` may mean
/// anything.
fn is_loopback(listen: &str) -> bool {
    match listen.parse::<SocketAddr>() {
        Ok(address) => address.ip().to_canonical().is_loopback(),
        Err(_) => listen.rsplit_once(':').is_some_and(|(host, _)| is_own_name(host)),
    }
}

/// Whether a host's name, without its port, is this machine's for itself.
pub(super) fn is_own_name(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    match bare.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => bare.eq_ignore_ascii_case("localhost"),
    }
}
