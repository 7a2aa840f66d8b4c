//! One token for all callers, fetched by one of them: OAuth 2.0 client credentials (RFC 6749 §4.4), or a login call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::auth::ClientCredentials;
use super::care::Care;
use super::client::Client;
use super::credential::Pass;
use super::login::LoginCall;
use super::token::{Giver, GrantError, Token};

/// How long a source that refuses every new token is spared the next one.
const FRUITLESS_PAUSE: Duration = Duration::from_secs(5);

/// A token with the care that keeps it good.
pub(super) struct Grant {
    giver: Giver,
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

impl Grant {
    pub fn client_credentials(settings: ClientCredentials) -> Result<Grant, String> {
        let token_url = Url::parse(&settings.token_url)
            .map_err(|error| format!("token_url: {error}; expected an absolute address"))?;
        if !matches!(token_url.scheme(), "http" | "https") {
            return Err("token_url: expected an address that begins with https://".to_owned());
        }
        Ok(Grant::by(Giver::ClientCredentials { settings: Box::new(settings), token_url }))
    }

    pub fn login(call: LoginCall) -> Grant {
        Grant::by(Giver::Login(Box::new(call)))
    }

    fn by(giver: Giver) -> Grant {
        Grant { giver, attempts: AtomicU64::new(0), state: Mutex::default() }
    }

    pub fn is_secure(&self) -> bool {
        self.giver.is_secure()
    }

    pub fn host(&self) -> Option<String> {
        self.giver.host()
    }

    pub fn refused_by(&self, status: u16) -> bool {
        self.giver.refresh_on().contains(&status)
    }

    /// The token, fetched first if there is none or its time is over, unless the source's care says that it is left alone.
    pub async fn pass(&self, client: &Client, care: &Care) -> Result<Arc<Pass>, GrantError> {
        let attempt = self.attempts.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        if let Some(token) = state.token.as_ref().filter(|token| token.is_good()) {
            return Ok(token.pass.clone());
        }
        self.attempt(client, care, &mut state, attempt).await
    }

    /// Another token in the place of one that was refused. `None`: the source refuses new ones too.
    pub async fn renew(
        &self,
        client: &Client,
        care: &Care,
        refused: &Arc<Pass>,
    ) -> Result<Option<Arc<Pass>>, GrantError> {
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
        self.attempt(client, care, &mut state, attempt).await.map(Some)
    }

    /// `since` is the number of attempts when the caller began to wait.
    async fn attempt(
        &self,
        client: &Client,
        care: &Care,
        state: &mut State,
        since: u64,
    ) -> Result<Arc<Pass>, GrantError> {
        let begun = Instant::now();
        if self.attempts.load(Ordering::Acquire) != since
            && let Some(failed) = &state.failed
        {
            if failed.is_silence() {
                care.waited_in_vain(begun);
            }
            return Err(failed.clone());
        }
        let permit = care.attempt(begun).map_err(GrantError::LeftAlone)?;
        let outcome = self.giver.ask(client).await;
        self.attempts.fetch_add(1, Ordering::AcqRel);
        match outcome {
            Ok(token) => {
                care.granted(permit);
                let pass = token.pass.clone();
                state.token = Some(token);
                state.failed = None;
                Ok(pass)
            }
            Err(error) => {
                let (kind, told) = error.says();
                care.not_granted(permit, kind, told, (begun, Instant::now()));
                state.failed = Some(error.clone());
                Err(error)
            }
        }
    }
}
