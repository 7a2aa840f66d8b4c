//! One source as it is reached: address, settings, client, credential, queue.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use ring::hmac;
use secrecy::ExposeSecret;
use url::Url;

use super::addresses::Hosts;
use super::auth::Auth;
use super::care::Care;
use super::client::Client;
use super::credential::{Credential, Pass};
use super::home::Home;
use super::queue::Queue;
use super::settings::Settings;
use super::state::SourceState;
use crate::mapping::{Dialect, ReadEnv, Template, Value, Variables};

/// Why a source cannot be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sources.{source_name}: {message}{}", help.as_ref().map_or_else(String::new, |help| format!(" ({help})")))]
pub struct SetupProblem {
    /// The source's name.
    pub source_name: String,
    /// The key that is wrong, within the source's table; empty where it is the table itself.
    pub key: String,
    /// What is wrong, and what was expected. Quotes no secret.
    pub message: String,
    /// How to mend it, where that is known.
    pub help: Option<String>,
}

impl SetupProblem {
    /// `message` begins with the key that it is about: `tls.ca: …`; another word stands for the table.
    pub(super) fn new(name: &str, message: String) -> SetupProblem {
        let key = message.split([':', ' ']).next().unwrap_or_default().to_owned();
        SetupProblem { source_name: name.to_owned(), key, message, help: None }
    }
}

pub(super) struct Upstream {
    pub name: String,
    pub client: Arc<Client>,
    pub credential: Arc<Credential>,
    pub queue: Queue,
    pub config: Value<'static>,
    pub max_response_bytes: usize,
    pub max_pages: usize,
    /// The configured address, where it stands in the place of the schema's.
    url: Option<String>,
    /// The effective address; `None` for a connector whose address is its own.
    base: Option<Url>,
    /// The origin of that.
    home: Option<Home>,
    fingerprint: u64,
}

impl Upstream {
    /// `base_url` is the source's template; `None` for a connector without a source. `buckets` are the quotas that its
    /// connectors draw from.
    ///
    /// Errors: all that is wrong with its settings.
    pub fn new(
        name: &str,
        settings: &Settings,
        base_url: Option<&str>,
        buckets: &BTreeSet<&str>,
        env: ReadEnv<'_>,
    ) -> Result<Upstream, Vec<SetupProblem>> {
        let mut problems = Vec::new();
        let mut problem = |message: String| problems.push(SetupProblem::new(name, message));
        let config = Value::from(serde_json::Value::Object(settings.config.0.clone()));
        let base = match (&settings.url, base_url) {
            (Some(url), Some(_)) => address(url).map_err(|why| problem(format!("url: {why}"))).ok(),
            (_, None) => None,
            (None, Some(template)) => {
                let variables = Variables { config: Some(&config), env: Some(env), ..Variables::default() };
                filled(template, &variables).map_err(|why| problem(format!("the schema's baseURL: {why}"))).ok()
            }
        };
        let credential = Credential::new(&settings.auth, &settings.config);
        let credential = credential.map_err(|why| problem(format!("auth: {why}"))).unwrap_or_default();
        let is_plain = base.as_ref().is_some_and(|base| base.scheme() == "http") && !credential.is_secure();
        let configured = base.as_ref().map(|base| {
            let hosts = base.host_str().map(str::to_owned).into_iter().chain(credential.host());
            hosts.collect::<BTreeSet<_>>()
        });
        let hosts = Hosts::new(settings.private_addresses, configured);
        let client = Client::new(settings, hosts, !is_plain).map_err(&mut problem).ok();
        let care = Care::new(settings, buckets).map_err(problem).ok();
        let (Some(client), Some(care), true) = (client, care, problems.is_empty()) else { return Err(problems) };
        let fingerprint = fingerprint(base.as_ref(), settings);
        Ok(Upstream {
            name: name.to_owned(),
            client: Arc::new(client),
            credential: Arc::new(credential),
            queue: Queue::new(settings.queue, care),
            config,
            max_response_bytes: settings.max_response_bytes.bytes(),
            max_pages: settings.max_pages.get(),
            url: settings.url.clone(),
            home: base.as_ref().map(Home::of),
            base,
            fingerprint,
        })
    }

    /// Goes on with what the source before it has come by: what is known of its health and its quotas, and, where
    /// `is_same` says that its settings are, tokens; open connections also where other settings than theirs differ. Calls
    /// that are under way count against the bound of both. What waits in its queue is not among it, for that belongs to
    /// connectors of another catalog.
    ///
    /// Nothing is taken over where the addresses differ.
    pub fn take_over(&mut self, before: &Upstream, is_same: bool) {
        if self.base != before.base || self.name != before.name {
            return;
        }
        self.queue.care.take_over(before.care(), self.fingerprint == before.fingerprint);
        self.queue.take_over(&before.queue);
        if is_same {
            self.client = before.client.clone();
            self.credential = before.credential.clone();
        } else if let Some(client) = self.client.over(&before.client) {
            self.client = Arc::new(client);
        }
    }

    /// Counts on where an earlier source of this name is, wherever that was.
    pub fn count_on(&mut self, before: &Upstream) {
        self.queue.care.count_on(before.care());
    }

    /// What stands between its calls and their exchanges.
    pub fn care(&self) -> &Care {
        &self.queue.care
    }

    /// Hash of the effective address, settings and credential: what is known of answers' origin.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// How it is doing.
    pub fn state(&self) -> SourceState {
        let (in_flight, waiting) = self.queue.load();
        SourceState {
            name: self.name.clone(),
            in_flight,
            most_in_flight: self.care().calls(),
            waiting,
            breaker: self.care().breaker_state(),
            paused_for: self.care().paused_for(),
            retries: self.care().retries(),
            shed: self.care().shed_so_far(),
            quotas: self.care().quotas(),
        }
    }

    /// The base address to build requests with, where it is not the schema's.
    pub fn base_override(&self, pass: &Pass) -> Option<Cow<'_, str>> {
        match (&pass.host, &self.base) {
            (Some(host), Some(base)) => Some(format!("{host}{}", base.path()).into()),
            _ => self.url.as_deref().map(Cow::Borrowed),
        }
    }

    /// The only origin that may be called. Without a source the connector's own address says it, whose host is fixed.
    pub fn home(&self, pass: &Pass, first_url: &str) -> Option<Cow<'_, Home>> {
        let of = |text: &str| Url::parse(text).ok().map(|url| Cow::Owned(Home::of(&url)));
        match (&pass.host, &self.home) {
            (Some(host), Some(_)) => of(host),
            (_, Some(home)) => Some(Cow::Borrowed(home)),
            (_, None) => of(first_url),
        }
    }
}

fn filled(template: &str, variables: &Variables<'_>) -> Result<Url, String> {
    let said = |problems: Vec<crate::mapping::Problem>| {
        problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; ")
    };
    let text = Template::parse(template, Dialect::default()).map_err(said)?.fill(variables).map_err(said)?;
    address(&text)
}

fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim()).map_err(|error| format!("{error}; expected an absolute address"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("expected an address that begins with https:// or http://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address carries no credentials: put them into auth".to_owned());
    }
    Ok(url)
}

/// The same in every process, so that gateways find each other's records. Secrets are the key of the hash and no part of
/// what is hashed.
fn fingerprint(base: Option<&Url>, settings: &Settings) -> u64 {
    let config = serde_json::Value::Object(settings.config.0.clone()).to_string();
    let mut open = vec![base.map_or("", Url::as_str), config.as_str()];
    let mut secret = Vec::new();
    let more;
    open.extend(settings.tls.certificate.as_deref());
    match &settings.auth {
        Auth::None => {}
        Auth::Bearer(bearer) => secret.push(bearer.token.expose_secret()),
        Auth::Basic(basic) => {
            open.push(&basic.user);
            secret.push(basic.password.expose_secret());
        }
        Auth::Header(header) => {
            open.push(&header.name);
            secret.push(header.value.expose_secret());
        }
        Auth::Headers(headers) => {
            for (name, value) in headers {
                open.push(name);
                secret.push(value.expose_secret());
            }
        }
        Auth::Query(parameter) => {
            open.push(&parameter.name);
            secret.push(parameter.value.expose_secret());
        }
        Auth::Login(login) => {
            more = serde_json::Value::Object(login.secrets.0.clone()).to_string();
            open.push(&login.url);
            secret.extend([login.body.as_ref().map_or("", |body| body.expose_secret()), &more]);
        }
        Auth::ClientCredentials(grant) => {
            open.extend([grant.token_url.as_str(), &grant.client_id, grant.scope.as_deref().unwrap_or_default()]);
        }
    }
    let mut hash = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &joined(&secret)));
    hash.update(&joined(&open));
    let mut first = [0; 8];
    first.copy_from_slice(&hash.sign().as_ref()[..8]);
    u64::from_le_bytes(first)
}

/// Texts, each after its length.
fn joined(texts: &[&str]) -> Vec<u8> {
    texts.iter().flat_map(|text| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()).collect()
}
