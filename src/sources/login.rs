//! A login call: a request of the source's own kind, made of mappings, whose answer yields a token.

use http::HeaderName;
use secrecy::ExposeSecret;
use url::Url;

use super::auth::{Login, LoginMethod};
use super::client::Client;
use super::credential::{Pass, sensitive};
use super::home::Home;
use super::judge::Page;
use super::token::{GrantError, MAX_ANSWER_BYTES, Token, host, seconds, worded};
use crate::mapping::{
    CallSide, Dialect, HeaderText, Method, Needs, Part, Program, Request, RequestTemplate, Value, Variables,
};

/// A login call, compiled.
pub(super) struct LoginCall {
    pub settings: Login,
    request: RequestTemplate,
    token: Program,
    expires_in: Option<Program>,
    base_from: Option<Program>,
    header: HeaderName,
    /// What `$config` is.
    config: Value<'static>,
}

impl LoginCall {
    /// `config` is the source's own.
    ///
    /// Errors: mappings and templates that cannot be read, each by the key it stands under; no secret is quoted.
    pub fn new(settings: Login, config: &serde_json::Map<String, serde_json::Value>) -> Result<LoginCall, String> {
        let side = CallSide {
            method: match settings.method {
                LoginMethod::Get => Method::Get,
                LoginMethod::Post => Method::Post,
            },
            url: &settings.url,
            headers: settings
                .headers
                .iter()
                .map(|(name, value)| HeaderText { name, from: None, value: Some(value.expose_secret()) })
                .collect(),
            path: None,
            query_params: None,
            body: settings.body.as_ref().map(ExposeSecret::expose_secret),
        };
        let request = RequestTemplate::new(None, side, Dialect::default()).map_err(|problems| {
            let said =
                problems.into_iter().map(|(part, problem)| format!("login.{}: {}", key_of(part), problem.message));
            said.collect::<Vec<_>>().join("; ")
        })?;
        reads_settings_only("the request", request.needs())?;
        let token = program("token", settings.token.expose_secret())?;
        let expires_in = settings.expires_in.as_deref().map(|text| program("expires_in", text)).transpose()?;
        let base_from = settings.base_from.as_deref().map(|text| program("base_from", text)).transpose()?;
        let header = HeaderName::try_from(settings.header.as_str())
            .map_err(|_| "login.header: expected the name of a header".to_owned())?;
        let mut all = config.clone();
        all.extend(settings.secrets.0.clone());
        let config = Value::from(serde_json::Value::Object(all));
        Ok(LoginCall { settings, request, token, expires_in, base_from, header, config })
    }

    pub fn is_secure(&self) -> bool {
        self.settings.url.trim_start().starts_with("https:")
    }

    /// The host of its address, which settings alone make.
    pub fn host(&self) -> Option<String> {
        let variables = Variables { config: Some(&self.config), ..Variables::default() };
        let request = self.request.build(None, &variables).ok()?;
        Url::parse(&request.url).ok()?.host_str().map(str::to_owned)
    }

    pub async fn ask(&self, client: &Client) -> Result<Token, GrantError> {
        let variables = Variables { config: Some(&self.config), ..Variables::default() };
        let request = self.request.build(None, &variables).map_err(|_| GrantError::Unasked)?;
        let url = Url::parse(&request.url).map_err(|_| GrantError::Unasked)?;
        let request = accepting_json(request);
        let answer = client
            .send(&request, &[], &Home::of(&url), MAX_ANSWER_BYTES, client.timeout, || false)
            .await
            .map_err(GrantError::NotSent)?;
        if !(200..300).contains(&answer.status) {
            return Err(GrantError::refused(&answer));
        }
        let page = Page::read(&answer, true);
        let variables = page.variables(&variables);
        // A token that comes in a header may come with a body that is no JSON.
        let body = page.body.as_ref().unwrap_or(&Value::Null);
        let text = |program: &Program| said(program.run(Some(body), &variables).value);
        let secret = text(&self.token).ok_or(GrantError::Unreadable("token"))?;
        let value = sensitive(&worded(&self.settings.scheme, &secret)).map_err(|_| GrantError::Unreadable("token"))?;
        let host = match &self.base_from {
            None => None,
            Some(program) => {
                let address = text(program).and_then(|address| host(&address, &url));
                Some(address.ok_or(GrantError::Unreadable("host"))?)
            }
        };
        let told = self.expires_in.as_ref().and_then(|program| seconds(&program.run(Some(body), &variables).value?));
        let lifetime = told.or(self.settings.lifetime.map(|lifetime| lifetime.0));
        let pass = Pass { headers: vec![(self.header.clone(), value)], host, ..Pass::default() };
        Ok(Token::new(pass, lifetime))
    }
}

/// The key under which a part of the request stands.
fn key_of(part: Part) -> &'static str {
    match part {
        Part::Header(_) => "headers",
        Part::Body => "body",
        _ => "url",
    }
}

fn accepting_json(mut request: Request) -> Request {
    if !request.headers.iter().any(|(name, _)| name == "accept") {
        request.headers.push(("accept".to_owned(), "application/json".to_owned()));
    }
    request
}

/// A token is text or a number; an empty one is none.
fn said(value: Option<Value<'_>>) -> Option<String> {
    match value? {
        Value::Text(text) if !text.is_empty() => Some(text.into_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn program(key: &str, text: &str) -> Result<Program, String> {
    let program = Program::parse(text, Dialect::default()).map_err(|problems| {
        let said: Vec<String> = problems.into_iter().map(|problem| problem.message).collect();
        format!("login.{key}: {}", said.join("; "))
    })?;
    reads_settings_only(key, program.needs())?;
    Ok(program)
}

/// Nobody has asked anything yet when the gateway logs in.
fn reads_settings_only(what: &str, needs: &Needs) -> Result<(), String> {
    let read = [
        ("$args", needs.args.is_empty()),
        ("$this", needs.this.is_empty()),
        ("$batch", needs.batch.is_empty()),
        ("$env", needs.env.is_empty()),
        ("$context", needs.context.is_empty()),
        ("$request", needs.request_headers.is_empty() && !needs.all_request_headers),
    ];
    match read.into_iter().find(|(_, unread)| !unread) {
        Some((variable, _)) => {
            Err(format!("login: {what} reads {variable}; when the gateway logs in there is $config only"))
        }
        None => Ok(()),
    }
}
