//! One token: how it is asked for, and what an answer says of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use url::Url;

use super::auth::{ClientAuth, ClientCredentials};
use super::care::{Kind, Refusal, told};
use super::client::{Answer, Client, SendError};
use super::credential::{Pass, sensitive};
use super::home::Home;
use super::login::LoginCall;
use crate::mapping::{Method, Request, Value};

/// More than any token's answer needs.
pub(super) const MAX_ANSWER_BYTES: usize = 64 << 10;

/// Why no token could be had.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum GrantError {
    #[error("the token was not sent for: {0}")]
    NotSent(SendError),
    #[error("the token's request cannot be made")]
    Unasked,
    #[error("the token's server answered with status {status}")]
    Refused { status: u16, told: Option<Duration> },
    #[error("the token's answer has no usable {0}")]
    Unreadable(&'static str),
    #[error("no token is asked for: {0}")]
    LeftAlone(Refusal),
}

impl GrantError {
    /// What an answer means that is no success.
    pub fn refused(answer: &Answer) -> GrantError {
        GrantError::Refused { status: answer.status, told: told(&answer.headers) }
    }

    /// What it says of whoever gives tokens, and for how long no other attempt is wanted.
    pub fn says(&self) -> (Kind, Option<Duration>) {
        match self {
            GrantError::NotSent(error) => (Kind::of_silence(error, true), None),
            GrantError::Refused { status: 429, told } => (Kind::Rate, *told),
            GrantError::Refused { status, told } => (Kind::Status(*status), *told),
            GrantError::Unreadable(_) => (Kind::Unwell, None),
            GrantError::Unasked | GrantError::LeftAlone(_) => (Kind::Unsent, None),
        }
    }

    /// Whether it took as long as it may.
    pub fn is_silence(&self) -> bool {
        matches!(self, GrantError::NotSent(SendError::TimedOut(_)))
    }
}

/// A token as it was given.
pub(super) struct Token {
    pub pass: Arc<Pass>,
    pub obtained: Instant,
    pub expires: Option<Instant>,
}

impl Token {
    /// Renewed a little early, so that a token is not refused for having expired on the way.
    pub fn new(pass: Pass, lifetime: Option<Duration>) -> Token {
        let obtained = Instant::now();
        let early = |lifetime: Duration| lifetime - (lifetime / 10).min(Duration::from_secs(30));
        let expires = lifetime.and_then(|lifetime| obtained.checked_add(early(lifetime)));
        Token { pass: Arc::new(pass), obtained, expires }
    }

    pub fn is_good(&self) -> bool {
        self.expires.is_none_or(|expires| Instant::now() < expires)
    }
}

/// Who is asked for tokens, and how.
pub(super) enum Giver {
    ClientCredentials { settings: Box<ClientCredentials>, token_url: Url },
    Login(Box<LoginCall>),
}

impl Giver {
    pub fn is_secure(&self) -> bool {
        match self {
            Giver::ClientCredentials { token_url, .. } => token_url.scheme() == "https",
            Giver::Login(call) => call.is_secure(),
        }
    }

    /// The host that tokens are asked of, as far as it is known before one is.
    pub fn host(&self) -> Option<String> {
        match self {
            Giver::ClientCredentials { token_url, .. } => token_url.host_str().map(str::to_owned),
            Giver::Login(call) => call.host(),
        }
    }

    pub fn refresh_on(&self) -> &[u16] {
        match self {
            Giver::ClientCredentials { settings, .. } => &settings.refresh_on,
            Giver::Login(call) => &call.settings.refresh_on,
        }
    }

    pub async fn ask(&self, client: &Client) -> Result<Token, GrantError> {
        match self {
            Giver::Login(call) => call.ask(client).await,
            Giver::ClientCredentials { settings, token_url } => {
                let (request, home) = (granted(settings, token_url), Home::of(token_url));
                let answer = client
                    .send(&request, &[], &home, MAX_ANSWER_BYTES, client.timeout, || false)
                    .await
                    .map_err(GrantError::NotSent)?;
                if !(200..300).contains(&answer.status) {
                    return Err(GrantError::refused(&answer));
                }
                let told = Value::read(&answer.body).map_err(|_| GrantError::Unreadable("JSON"))?;
                token(settings, token_url, &told)
            }
        }
    }
}

/// The request for a token by the client's own credential (RFC 6749 §4.4.2).
fn granted(settings: &ClientCredentials, token_url: &Url) -> Request {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut headers =
        vec![header("content-type", "application/x-www-form-urlencoded"), header("accept", "application/json")];
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    let secret = settings.client_secret.expose_secret();
    match settings.client_auth {
        ClientAuth::Form => {
            form.append_pair("client_id", &settings.client_id).append_pair("client_secret", secret);
        }
        ClientAuth::Basic => {
            // Both are encoded as in a form first: RFC 6749 §2.3.1.
            let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = STANDARD.encode(format!("{}:{}", encoded(&settings.client_id), encoded(secret)));
            headers.push(header("authorization", &format!("Basic {pair}")));
        }
    }
    if let Some(scope) = &settings.scope {
        form.append_pair("scope", scope);
    }
    for (name, value) in &settings.params {
        form.append_pair(name, value.expose_secret());
    }
    let body = form.finish().into_bytes();
    Request { method: Method::Post, url: token_url.to_string(), headers, body: Some(body) }
}

fn token(settings: &ClientCredentials, token_url: &Url, told: &Value<'_>) -> Result<Token, GrantError> {
    let secret = told.get("access_token").and_then(Value::as_text).ok_or(GrantError::Unreadable("access_token"))?;
    let value = worded(&settings.scheme, secret);
    let value = sensitive(&value).map_err(|_| GrantError::Unreadable("access_token"))?;
    let host = match &settings.base_from {
        None => None,
        Some(member) => {
            let address = told.get(member).and_then(Value::as_text);
            Some(address.and_then(|address| host(address, token_url)).ok_or(GrantError::Unreadable("host"))?)
        }
    };
    let lifetime = told.get("expires_in").and_then(seconds).or(settings.lifetime.map(|lifetime| lifetime.0));
    let pass = Pass { headers: vec![(http::header::AUTHORIZATION, value)], host, ..Pass::default() };
    Ok(Token::new(pass, lifetime))
}

/// A secret behind its scheme's word.
pub(super) fn worded(scheme: &str, secret: &str) -> String {
    if scheme.is_empty() { secret.to_owned() } else { format!("{scheme} {secret}") }
}

/// A number of seconds, or its text.
pub(super) fn seconds(value: &Value<'_>) -> Option<Duration> {
    let seconds = match value {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().map(|seconds| seconds.max(0.0) as u64))?,
        Value::Text(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    Some(Duration::from_secs(seconds))
}

/// Scheme, host and port of an address that is as safe as the one where the token was given.
pub(super) fn host(address: &str, given_at: &Url) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let safe = url.scheme() == given_at.scheme() || url.scheme() == "https";
    (safe && url.has_host() && url.username().is_empty() && url.password().is_none())
        .then(|| url.origin().ascii_serialization())
}
