//! One HTTP exchange, with its guards: only the configured origin, no redirects, no cookies, no proxies, bounded in
//! time and bytes.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::addresses::{Hosts, Resolver};
use super::home::Home;
use super::long::{LONG_BYTES, Turns, piece};
use super::settings::Settings;
use super::whole::Whole;
use crate::mapping::Request;

/// Room for so many headers of a request: those that the client adds itself, and a few of the connector's.
const SOME_HEADERS: usize = 6;

/// Over HTTP/2 all calls share a connection: while any is under way, it is asked this often whether it still lives,
const PING_EVERY: Duration = Duration::from_secs(2);
/// and closed where it does not say so within this time; what waits on it is tried again over another, where it may be.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// The HTTP client of one source, with connections of its own.
pub(super) struct Client {
    http: reqwest::Client,
    hosts: Arc<Hosts>,
    wiring: Wiring,
    /// Of its long answers.
    turns: Arc<Turns>,
    /// The longest one exchange may take.
    pub timeout: Duration,
}

/// What connections depend on beside their address.
#[derive(Clone, Copy, PartialEq)]
struct Wiring {
    connect_timeout: Duration,
    idle: usize,
    is_secure: bool,
    /// Of files that may say something else by now.
    has_files: bool,
}

/// What came back, whatever its status.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The media type that it says it has, if that can be read.
    pub fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok())
    }
}

/// Why nothing came back. The texts are for logs; they name no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SendError {
    #[error("could not connect: {0}")]
    Unreachable(String),
    #[error("no whole answer within {0:?}")]
    TimedOut(Duration),
    #[error("the exchange broke off: {0}")]
    Broken(String),
    #[error("the connection ended before an answer came: {0}")]
    Unanswered(String),
    #[error("the answer is longer than {0} bytes")]
    TooLarge(usize),
    #[error("the source is left alone by now; the answer is longer than {LONG_BYTES} bytes, and was not read on")]
    Abandoned,
    #[error("the request is not sendable: {0}")]
    Unsendable(String),
    #[error("the address is not on the configured origin")]
    ForeignOrigin,
    #[error("the address is within a private network, and neither schema nor settings name it")]
    Inside,
}

impl Client {
    /// Errors: the platform's certificates cannot be read, where `secure` says that they are needed.
    pub fn new(settings: &Settings, hosts: Hosts, secure: bool) -> Result<Client, String> {
        let hosts = Arc::new(hosts);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        // The first installation wins; every one here is the same.
        let _ = rustls::crypto::CryptoProvider::install_default((*provider).clone());
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Resolver(hosts.clone()))
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(settings.connect_timeout.0)
            .pool_max_idle_per_host(settings.concurrency.get())
            .pool_idle_timeout(Duration::from_secs(30))
            .http2_keep_alive_interval(PING_EVERY)
            .http2_keep_alive_timeout(PING_TIMEOUT)
            .user_agent(concat!("c360/", env!("CARGO_PKG_VERSION")));
        if settings.tls.is_set() {
            builder = settings.tls.set_up(builder)?;
        } else if !secure {
            // A source spoken to in plain text needs no certificates, and must start where there are none.
            let roots = rustls::RootCertStore::empty();
            let plain = rustls::ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(|error| error.to_string())?
                .with_root_certificates(roots)
                .with_no_client_auth();
            builder = builder.tls_backend_preconfigured(plain);
        }
        let http = builder.build().map_err(|error| chain(&error))?;
        let wiring = Wiring {
            connect_timeout: settings.connect_timeout.0,
            idle: settings.concurrency.get(),
            is_secure: secure,
            has_files: settings.tls.is_set(),
        };
        Ok(Client { http, hosts, wiring, turns: Arc::default(), timeout: settings.timeout.0 })
    }

    /// The same over the connections of the client before it, where nothing differs that they depend on.
    pub fn over(&self, before: &Client) -> Option<Client> {
        let Client { http, hosts, wiring, turns, .. } = before;
        let is_same = self.wiring == *wiring && !wiring.has_files && self.hosts == *hosts;
        let (http, hosts, turns) = (http.clone(), hosts.clone(), turns.clone());
        is_same.then(|| Client { http, hosts, wiring: *wiring, turns, timeout: self.timeout })
    }

    /// Sends one request and reads at most `max_bytes` of the answer's body, within `limit`. A long answer is not read on
    /// once it is moot.
    pub async fn send(
        &self,
        request: &Request,
        credential: &[(HeaderName, HeaderValue)],
        home: &Home,
        max_bytes: usize,
        limit: Duration,
        is_moot: impl Fn() -> bool,
    ) -> Result<Answer, SendError> {
        let executed = self.http.execute(self.sendable(request, credential, home)?);
        let exchange = async {
            let mut answer = executed.await.map_err(unanswered)?;
            let (status, headers) = (answer.status().as_u16(), std::mem::take(answer.headers_mut()));
            if answer.content_length().is_some_and(|length| length > max_bytes as u64) {
                return Err(SendError::TooLarge(max_bytes));
            }
            let mut body = Whole::new(answer.content_length());
            let mut turn = None;
            while let Some(piece) = piece(&mut answer, &mut turn).await.map_err(told)? {
                if body.len() + piece.len() > max_bytes {
                    return Err(SendError::TooLarge(max_bytes));
                }
                body.add(piece);
                if body.len() > LONG_BYTES {
                    turn = self.turns.next(turn).await;
                    if is_moot() {
                        return Err(SendError::Abandoned);
                    }
                }
            }
            Ok(Answer { status, headers, body: body.done() })
        };
        tokio::time::timeout(limit, exchange).await.unwrap_or(Err(SendError::TimedOut(limit)))
    }

    /// A request as it is sent.
    fn sendable(
        &self,
        request: &Request,
        credential: &[(HeaderName, HeaderValue)],
        home: &Home,
    ) -> Result<reqwest::Request, SendError> {
        let url = home.address(&request.url)?;
        if !self.hosts.allows(url.host()) {
            return Err(SendError::Inside);
        }
        let mut headers = HeaderMap::with_capacity(SOME_HEADERS);
        for (name, value) in &request.headers {
            let name =
                HeaderName::try_from(name.as_str()).map_err(|_| SendError::Unsendable("a header's name".into()))?;
            let value = HeaderValue::try_from(value.as_str())
                .map_err(|_| SendError::Unsendable(format!("the header {name}")))?;
            headers.append(name, value);
        }
        for (name, value) in credential {
            headers.insert(name.clone(), value.clone());
        }
        let method = http::Method::from_bytes(request.method.as_str().as_bytes()).expect("HTTP knows every method");
        let mut sent = reqwest::Request::new(method, url);
        *sent.headers_mut() = headers;
        *sent.body_mut() = request.body.clone().map(reqwest::Body::from);
        Ok(sent)
    }
}

/// What went wrong before an answer began.
fn unanswered(error: reqwest::Error) -> SendError {
    match told(error) {
        SendError::Broken(why) => SendError::Unanswered(why),
        other => other,
    }
}

fn told(error: reqwest::Error) -> SendError {
    let error = error.without_url();
    if error.is_connect() {
        SendError::Unreachable(chain(&error))
    } else if error.is_builder() {
        SendError::Unsendable(chain(&error))
    } else {
        SendError::Broken(chain(&error))
    }
}

/// An error with what caused it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
