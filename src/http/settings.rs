//! What an operator may set.

use std::time::Duration;

use http::HeaderName;
use serde::{Deserialize, Deserializer, de};

use super::keeping::CacheControl;
use super::origin;
use crate::units::{ByteSize, TimeSpan};

/// `[http]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Address and port to listen on; port 0 lets the system pick one.
    pub listen: String,
    /// Longest request body; beyond it the answer is 413.
    pub max_body: ByteSize,
    /// How long a client may take from connecting, or from a request's first byte, to the end of its headers.
    pub header_timeout: TimeSpan,
    /// How long a client may take to send a body; beyond it the answer is 408.
    pub body_timeout: TimeSpan,
    /// Fewest bytes a second that a client may send a body at, on average and after a second of grace; below it the
    /// answer is 408. Zero: no bound.
    pub min_body_rate: ByteSize,
    /// How long a connection without a request, or a socket that answers no ping, is kept.
    pub idle_timeout: TimeSpan,
    /// How long a client may leave bytes of an answer untaken before its connection is cut.
    pub write_timeout: TimeSpan,
    /// Most connections at once, sockets not counted; the next one waits in the system's queue until one ends.
    pub max_connections: usize,
    /// Most connections at once of one address (of one /64 where it is IPv6); the next one is closed. Zero: no bound.
    pub max_connections_per_peer: usize,
    /// Most requests on one connection, which ends with the last of them.
    pub max_requests_per_connection: usize,
    /// Most questions and operations at once that memory alone does not answer; the next one is answered 503.
    pub max_questions: usize,
    /// Most bytes of answers that wait until clients take them, all together; a quarter of that for one connection or socket.
    /// A question whose answer would be beyond is refused as BUSY.
    pub max_waiting: ByteSize,
    /// How long what comes in may wait for a thread, before only a share of questions is taken. Zero: no bound.
    pub max_lag: TimeSpan,
    /// After a stop: how long new connections are still taken, while readiness says 503, so that balancers look away.
    pub notice: TimeSpan,
    /// After `notice`: how long requests and operations in flight may take to finish.
    pub drain: TimeSpan,
    /// The header by which a question says how long it may take, where that is less than `[gateway] deadline`: a time, or
    /// whole milliseconds. Empty text: none.
    #[serde(deserialize_with = "header")]
    pub deadline_header: Option<HeaderName>,
    /// What is said of how long an answer may be kept by others.
    pub cache_control: CacheControl,
    /// Other web origins that may ask, such as `https://crm.example.com`; the gateway's own host always may.
    #[serde(deserialize_with = "origins")]
    pub allowed_origins: Vec<String>,
    /// Operations over WebSocket.
    pub websocket: WebSocket,
    /// Whether `/` shows the playground.
    pub playground: bool,
    /// What the playground opens with; no key of the file, the demo has one.
    #[serde(skip)]
    pub first_query: Option<String>,
}

/// `[http.websocket]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebSocket {
    /// Most sockets at once; the next one is answered 503.
    pub max_sockets: usize,
    /// How long a client may take to send `connection_init`.
    pub init_timeout: TimeSpan,
    /// Longest message of a client; a longer one closes its socket.
    pub max_message: ByteSize,
    /// Most operations one socket may have in flight.
    pub max_operations: usize,
}

impl Settings {
    /// Errors: nobody can listen there.
    pub fn check(&self) -> Result<(), String> {
        check_address("http.listen", &self.listen)
    }
}

/// Whether an address to listen on has the form of one: a host, a colon and a port.
pub(super) fn check_address(key: &str, listen: &str) -> Result<(), String> {
    let is_one = |(host, port): (&str, &str)| !host.is_empty() && port.parse::<u16>().is_ok();
    match listen.rsplit_once(':').is_some_and(is_one) {
        true => Ok(()),
        false => Err(format!("`{key}`: found {listen:?}, expected an address with a port, such as 127.0.0.1:4000")),
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            listen: "127.0.0.1:4000".to_owned(),
            max_body: ByteSize::mebibytes(1),
            header_timeout: TimeSpan::seconds(5),
            body_timeout: TimeSpan::seconds(10),
            min_body_rate: ByteSize(1_000),
            idle_timeout: TimeSpan::seconds(60),
            write_timeout: TimeSpan::seconds(10),
            max_connections: 10_000,
            max_connections_per_peer: 2_000,
            max_requests_per_connection: 1_000,
            max_questions: 4_000,
            max_waiting: ByteSize::mebibytes(256),
            max_lag: TimeSpan(Duration::from_millis(40)),
            notice: TimeSpan::seconds(2),
            drain: TimeSpan::seconds(25),
            deadline_header: Some(HeaderName::from_static("x-request-timeout")),
            cache_control: CacheControl::default(),
            allowed_origins: Vec::new(),
            websocket: WebSocket::default(),
            playground: true,
            first_query: None,
        }
    }
}

impl Default for WebSocket {
    fn default() -> WebSocket {
        WebSocket {
            max_sockets: 1_000,
            init_timeout: TimeSpan::seconds(5),
            max_message: ByteSize(64 << 10),
            max_operations: 20,
        }
    }
}

/// Origins in the one form in which browsers write them.
fn origins<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<String>, D::Error> {
    let written = Vec::<String>::deserialize(input)?;
    let normal = |text: &String| {
        origin::normal(text).ok_or_else(|| {
            de::Error::custom(format!(
                "\"{text}\" is no origin, expected scheme, host and port, such as https://crm.example.com"
            ))
        })
    };
    written.iter().map(normal).collect()
}

/// The name of a header; empty text: none.
fn header<'de, D: Deserializer<'de>>(input: D) -> Result<Option<HeaderName>, D::Error> {
    let text = String::deserialize(input)?;
    if text.is_empty() {
        return Ok(None);
    }
    let name = HeaderName::try_from(text.as_str());
    let wrong =
        |_| de::Error::custom(format!("\"{text}\" is no name of a header, expected one such as x-request-timeout"));
    name.map(Some).map_err(wrong)
}
