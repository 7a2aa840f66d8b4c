//! One department: its address, its counters, its dials, and the loop that serves a [`Desk`] behind them.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;

use super::desk::{Answer, Ask, Bucket, Desk, Tally};
use super::town::Dials;

/// The five departments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Which {
    /// Salesforce's look-alike.
    Sales,
    /// Zendesk's look-alike.
    Support,
    /// HubSpot's look-alike.
    Marketing,
    /// Stripe's look-alike.
    Billing,
    /// The company's own product service.
    Usage,
}

impl Which {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Sales, Self::Support, Self::Marketing, Self::Billing, Self::Usage];

    /// `sales`, `support`, `marketing`, `billing`, `usage`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sales => "sales",
            Self::Support => "support",
            Self::Marketing => "marketing",
            Self::Billing => "billing",
            Self::Usage => "usage",
        }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no department has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown department `{0}`: expected sales, support, marketing, billing or usage")]
pub struct UnknownDepartment(String);

impl FromStr for Which {
    type Err = UnknownDepartment;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|which| which.name() == text).ok_or_else(|| UnknownDepartment(text.into()))
    }
}

/// What a department does instead of answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing: it answers.
    #[default]
    Calm,
    /// 500 with the vendor's error body.
    Refuse500,
    /// 503 with the vendor's error body and `Retry-After: 1`.
    Unavailable503,
    /// The vendor's way of refusing for too many calls.
    RateLimited,
    /// The vendor's way of refusing credentials, whatever was sent.
    Unauthorized,
    /// 200 with a page for people.
    Html,
    /// 200, JSON type, the text cut in half.
    TruncatedJson,
    /// 200, JSON type, no body.
    Empty,
    /// 200, JSON type, half of the body, then the connection breaks.
    CutOff,
    /// 200, JSON type, bytes that are not UTF-8 inside a string.
    NotUtf8,
    /// 200, JSON type, ten thousand arrays within each other.
    Deep,
    /// 200, JSON type, a string that never ends.
    Endless,
    /// Takes the call and never answers.
    Hang,
}

/// Whether calls are counted against rate limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Limits {
    /// Never refused for their number; headers still tell the vendor's figures.
    #[default]
    Open,
    /// The vendor's published figures.
    Vendor,
    /// So many calls in each of the vendor's windows, for tests.
    Calls(u32),
}

/// What a client must send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// `Authorization: Bearer TOKEN`
    Bearer {
        /// The token.
        token: String,
    },
    /// `Authorization: Basic base64(USER:PASSWORD)`
    Basic {
        /// User name.
        user: String,
        /// Password.
        password: String,
    },
    /// A bearer token from `POST {address}{token_path}`, form-encoded, `grant_type=client_credentials`.
    ClientCredentials {
        /// Where tokens are given out.
        token_path: String,
        /// `client_id`
        client_id: String,
        /// `client_secret`
        client_secret: String,
    },
}

/// Calls a department received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// All of them, refused ones and unknown addresses included.
    pub total: u64,
    /// By route, e.g. `GET /api/v2/users/{id}`; addresses of no route count under `unknown`.
    pub by_route: BTreeMap<String, u64>,
    /// Most that were being answered at the same moment.
    pub at_once: u64,
}

impl Calls {
    /// Calls of one route, 0 when there were none.
    pub fn of(&self, route: &str) -> u64 {
        self.by_route.get(route).copied().unwrap_or(0)
    }
}

/// A department at work.
#[derive(Debug)]
pub struct Department {
    which: Which,
    address: SocketAddr,
    credentials: Credentials,
    dial: Arc<Dial>,
    stop: watch::Sender<bool>,
}

impl Department {
    /// Opens a port and serves what `make` builds from the base address (`http://127.0.0.1:PORT`) and the dials.
    pub(super) async fn open<D: Desk>(
        which: Which,
        dials: &Dials,
        make: impl FnOnce(String, Arc<Dial>) -> D,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let dial = Arc::new(Dial::new(dials));
        let desk = make(format!("http://{address}"), dial.clone());
        let credentials = desk.credentials();
        let (stop, stopped) = watch::channel(false);
        let served = Arc::new(Served { desk, dial: dial.clone(), stopped: stopped.clone() });
        let router = Router::new().fallback(serve::<D>).with_state(served);
        tokio::spawn(async move {
            // Serving ends only by the signal; an error of one connection is that connection's.
            let _ = axum::serve(listener, router).with_graceful_shutdown(until(stopped)).await;
        });
        Ok(Self { which, address, credentials, dial, stop })
    }

    /// Which department this is.
    pub fn which(&self) -> Which {
        self.which
    }

    /// `http://127.0.0.1:PORT`, without a path.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What a client must send.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Calls received since the start or the last reset.
    pub fn calls(&self) -> Calls {
        self.dial.lock().calls.clone()
    }

    /// Sets all counters to nothing.
    pub fn reset_calls(&self) {
        self.dial.lock().calls = Calls::default();
    }

    /// From now on every answer is held back so long.
    pub fn set_latency(&self, latency: Duration) {
        self.dial.lock().latency = latency;
    }

    /// From now on calls are counted so; windows start anew.
    pub fn set_limits(&self, limits: Limits) {
        let mut state = self.dial.lock();
        state.limits = limits;
        state.windows.clear();
    }

    /// From now on every call meets this fault ([`Fault::Calm`] mends everything, routes included).
    pub fn fail(&self, fault: Fault) {
        let mut state = self.dial.lock();
        state.fault = fault;
        state.next = None;
        state.routes.clear();
    }

    /// The next `calls` calls meet this fault, those after them are answered.
    pub fn fail_next(&self, fault: Fault, calls: u64) {
        self.dial.lock().next = Some((fault, calls));
    }

    /// From now on calls of this route (as named in [`Calls::by_route`]) meet this fault.
    pub fn fail_route(&self, route: &str, fault: Fault) {
        self.dial.lock().routes.insert(route.into(), fault);
    }

    /// Every access token given out so far stops working. Nothing happens where tokens are not given out.
    pub fn expire_sessions(&self) {
        self.dial.sessions.fetch_add(1, Ordering::SeqCst);
    }
}

impl Drop for Department {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// What may be turned while a department works, and what it counts.
#[derive(Debug)]
pub(super) struct Dial {
    state: Mutex<DialState>,
    sessions: AtomicU64,
}

#[derive(Debug)]
struct DialState {
    latency: Duration,
    limits: Limits,
    fault: Fault,
    next: Option<(Fault, u64)>,
    routes: BTreeMap<String, Fault>,
    calls: Calls,
    now: u64,
    windows: BTreeMap<&'static str, (Instant, u32)>,
}

impl Dial {
    fn new(dials: &Dials) -> Self {
        Self {
            state: Mutex::new(DialState {
                latency: dials.latency,
                limits: dials.limits,
                fault: Fault::Calm,
                next: None,
                routes: BTreeMap::new(),
                calls: Calls::default(),
                now: 0,
                windows: BTreeMap::new(),
            }),
            sessions: AtomicU64::new(1),
        }
    }

    /// Counts how often sessions were ended; a token is valid while its number is this one.
    pub(super) fn session(&self) -> u64 {
        self.sessions.load(Ordering::SeqCst)
    }

    /// Calls counted against a window so far.
    pub(super) fn used(&self, bucket: &str) -> u32 {
        self.lock().windows.get(bucket).map_or(0, |(_, used)| *used)
    }

    fn lock(&self) -> MutexGuard<'_, DialState> {
        // Every change is a single assignment: a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one call in; says how long to wait and what to do instead of answering.
    fn enter(&self, route: &str) -> (Duration, Fault) {
        let mut state = self.lock();
        state.calls.total += 1;
        *state.calls.by_route.entry(route.into()).or_default() += 1;
        state.now += 1;
        state.calls.at_once = state.calls.at_once.max(state.now);
        let fault = match state.next.take() {
            Some((fault, left)) if left > 0 => {
                state.next = Some((fault, left - 1));
                fault
            }
            _ => state.routes.get(route).copied().unwrap_or(state.fault),
        };
        (state.latency, fault)
    }

    /// Counts one call against a window.
    fn spend(&self, bucket: Bucket) -> Tally {
        let mut state = self.lock();
        let (limit, refuses) = match state.limits {
            Limits::Open => (bucket.calls, false),
            Limits::Vendor => (bucket.calls, true),
            Limits::Calls(calls) => (calls, true),
        };
        let now = Instant::now();
        let (started, used) = state.windows.entry(bucket.name).or_insert((now, 0));
        if now.duration_since(*started) >= bucket.window {
            (*started, *used) = (now, 0);
        }
        let refused = refuses && *used >= limit;
        if !refused {
            *used = used.saturating_add(1);
        }
        Tally {
            name: bucket.name,
            limit,
            used: (*used).min(limit),
            reset: bucket.window.saturating_sub(now.duration_since(*started)),
            window: bucket.window,
            refused,
        }
    }
}

/// Counts a call out again, also when the client went away.
struct Leaving<'a>(&'a Dial);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.lock().now -= 1;
    }
}

struct Served<D> {
    desk: D,
    dial: Arc<Dial>,
    stopped: watch::Receiver<bool>,
}

/// One call: counted, held back, spoiled or else answered.
async fn serve<D: Desk>(State(served): State<Arc<Served<D>>>, request: Request) -> Response {
    let Served { desk, dial, stopped } = served.as_ref();
    let ask = match Ask::read(request).await {
        Ok(ask) => ask,
        Err(answer) => return answer.into_response(),
    };
    let route = D::route(&ask);
    let name = route.as_ref().map_or("unknown", |(route, _)| route.name);
    let (latency, fault) = dial.enter(name);
    let _leaving = Leaving(dial);
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    match fault {
        Fault::Hang => {
            until(stopped.clone()).await;
            return desk.broken(503).into_response();
        }
        Fault::Refuse500 => return desk.broken(500).into_response(),
        Fault::Unavailable503 => return desk.broken(503).with("Retry-After", "1").into_response(),
        Fault::Unauthorized => return desk.stranger().into_response(),
        Fault::RateLimited => {
            return desk.throttled(&Tally::exhausted(D::buckets(name))).into_response();
        }
        Fault::Html => return Answer::html().into_response(),
        Fault::Calm
        | Fault::TruncatedJson
        | Fault::Empty
        | Fault::CutOff
        | Fault::NotUtf8
        | Fault::Deep
        | Fault::Endless => {}
    }
    let tallies: Vec<Tally> = D::buckets(name).iter().map(|bucket| dial.spend(*bucket)).collect();
    let mut answer = match (tallies.iter().find(|tally| tally.refused), route) {
        (Some(tally), _) => desk.throttled(tally),
        (None, None) => desk.lost(),
        (None, Some((route, captures))) => match desk.admit(&ask, route.name) {
            Ok(()) => (route.handle)(desk, &ask, &captures),
            Err(answer) => answer,
        },
    };
    desk.stamp(&mut answer, &ask, &tallies);
    answer.spoiled(fault)
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that the department is gone, which is the same news.
    let _ = stopped.wait_for(|stop| *stop).await;
}
