//! OAuth 2.0 client credentials (RFC 6749 §4.4): one token for all callers, fetched by one of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use secrecy::ExposeSecret;
use tokio::sync::Mutex;
use url::Url;

use super::client::{Client, SendError};
use super::credential::{Pass, authorization};
use super::settings::ClientCredentials;
use crate::mapping::{Method, Request, Value};

/// More than any token's answer needs.
const MAX_ANSWER_BYTES: usize = 64 << 10;
/// How long a source that refuses every new token is spared the next one.
const FRUITLESS_PAUSE: Duration = Duration::from_secs(5);

/// Why no token could be had.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum GrantError {
    #[error("the token was not sent for: {0}")]
    NotSent(SendError),
    #[error("the token's server answered with status {0}")]
    Refused(u16),
    #[error("the token's answer has no usable {0}")]
    Unreadable(&'static str),
}

/// A token with the care that keeps it good.
pub(super) struct Grant {
    settings: ClientCredentials,
    token_url: Url,
    /// Counted up after each attempt, so that those who waited for one take its outcome and make none of their own.
    attempts: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    failed: Option<GrantError>,
    /// Tokens in a row that the source refused without ever having accepted them.
    fruitless: u32,
}

struct Token {
    pass: Arc<Pass>,
    obtained: Instant,
    expires: Option<Instant>,
}

impl Token {
    fn is_good(&self) -> bool {
        self.expires.is_none_or(|expires| Instant::now() < expires)
    }
}

impl Grant {
    pub fn new(settings: ClientCredentials) -> Result<Grant, String> {
        let token_url = Url::parse(&settings.token_url).map_err(|error| format!("token_url: {error}"))?;
        if !matches!(token_url.scheme(), "http" | "https") {
            return Err("token_url: expected an address that begins with https://".to_owned());
        }
        Ok(Grant { settings, token_url, attempts: AtomicU64::new(0), state: Mutex::default() })
    }

    pub fn is_secure(&self) -> bool {
        self.token_url.scheme() == "https"
    }

    pub fn refused_by(&self, status: u16) -> bool {
        self.settings.refresh_on.contains(&status)
    }

    /// The token, fetched first if there is none or its time is over.
    pub async fn pass(&self, client: &Client) -> Result<Arc<Pass>, GrantError> {
        let attempt = self.attempts.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        if let Some(token) = state.token.as_ref().filter(|token| token.is_good()) {
            return Ok(token.pass.clone());
        }
        self.attempt(client, &mut state, attempt).await
    }

    /// Another token in the place of one that was refused. `None`: the source refuses new ones too.
    pub async fn renew(&self, client: &Client, refused: &Arc<Pass>) -> Result<Option<Arc<Pass>>, GrantError> {
        let attempt = self.attempts.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        match &state.token {
            // Somebody renewed it meanwhile.
            Some(token) if !Arc::ptr_eq(&token.pass, refused) => return Ok(Some(token.pass.clone())),
            Some(token) => {
                let fruitless = if refused.worked.load(Ordering::Relaxed) { 0 } else { state.fruitless + 1 };
                if fruitless >= 2 && token.obtained.elapsed() < FRUITLESS_PAUSE {
                    return Ok(None);
                }
                state.fruitless = fruitless;
                state.token = None;
            }
            None => {}
        }
        self.attempt(client, &mut state, attempt).await.map(Some)
    }

    /// `since` is the number of attempts when the caller began to wait.
    async fn attempt(&self, client: &Client, state: &mut State, since: u64) -> Result<Arc<Pass>, GrantError> {
        if self.attempts.load(Ordering::Acquire) != since
            && let Some(failed) = &state.failed
        {
            return Err(failed.clone());
        }
        let outcome = self.ask(client).await;
        self.attempts.fetch_add(1, Ordering::AcqRel);
        match outcome {
            Ok(token) => {
                let pass = token.pass.clone();
                state.token = Some(token);
                state.failed = None;
                Ok(pass)
            }
            Err(error) => {
                state.failed = Some(error.clone());
                Err(error)
            }
        }
    }

    async fn ask(&self, client: &Client) -> Result<Token, GrantError> {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let request = Request {
            method: Method::Post,
            url: self.token_url.to_string(),
            headers: vec![
                header("content-type", "application/x-www-form-urlencoded"),
                header("accept", "application/json"),
            ],
            body: Some(self.form().into_bytes()),
        };
        let answer = client
            .send(&request, &[], &self.token_url.origin(), MAX_ANSWER_BYTES)
            .await
            .map_err(GrantError::NotSent)?;
        if !(200..300).contains(&answer.status) {
            return Err(GrantError::Refused(answer.status));
        }
        let told = Value::read(&answer.body).map_err(|_| GrantError::Unreadable("JSON"))?;
        self.token(&told)
    }

    fn form(&self) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        form.append_pair("client_id", &self.settings.client_id);
        form.append_pair("client_secret", self.settings.client_secret.expose_secret());
        if let Some(scope) = &self.settings.scope {
            form.append_pair("scope", scope);
        }
        form.finish()
    }

    fn token(&self, told: &Value<'_>) -> Result<Token, GrantError> {
        let secret = told.get("access_token").and_then(Value::as_text).ok_or(GrantError::Unreadable("access_token"))?;
        let header = authorization("Bearer ", secret).map_err(|_| GrantError::Unreadable("access_token"))?;
        let host = match &self.settings.base_from {
            None => None,
            Some(member) => Some(self.host(told.get(member)).ok_or(GrantError::Unreadable("host"))?),
        };
        let lifetime = match told.get("expires_in") {
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::Text(text)) => text.parse().ok(),
            _ => None,
        };
        let obtained = Instant::now();
        // Renewed a little early, so that a token is not refused for having expired on the way.
        let expires = lifetime.and_then(|seconds| {
            obtained.checked_add(Duration::from_secs(seconds.saturating_sub((seconds / 10).min(30))))
        });
        Ok(Token { pass: Arc::new(Pass { headers: vec![header], host, ..Pass::default() }), obtained, expires })
    }

    /// Scheme, host and port of an address that is as safe as the token's own.
    fn host(&self, address: Option<&Value<'_>>) -> Option<String> {
        let url = Url::parse(address?.as_text()?).ok()?;
        let safe = url.scheme() == self.token_url.scheme() || url.scheme() == "https";
        (safe && url.has_host() && url.username().is_empty() && url.password().is_none())
            .then(|| url.origin().ascii_serialization())
    }
}
