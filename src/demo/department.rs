//! One department: its address, the handles of its dials, and the loop that serves a [`Desk`] behind them.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::desk::{Answer, Ask, Desk, Tally};
use super::dial::{Calls, Dial, Fault, Leaving, Limits};
use super::town::Dials;

/// The five departments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
        let front = dials.fronts.get(&which).cloned();
        let desk = make(front.unwrap_or_else(|| format!("http://{address}")), dial.clone());
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
        state.distorted.clear();
    }

    /// The next `calls` calls meet this fault, those after them are answered.
    pub fn fail_next(&self, fault: Fault, calls: u64) {
        self.dial.lock().next = Some((fault, calls));
    }

    /// From now on calls of this route (as named in [`Calls::by_route`]) meet this fault.
    pub fn fail_route(&self, route: &str, fault: Fault) {
        self.dial.lock().routes.insert(route.into(), fault);
    }

    /// From now on, in this route's answers, every property of this name holds this value, wherever it stands. Several
    /// may be distorted; [`Department::fail`] ends it.
    pub fn distort(&self, route: &str, property: &str, value: Value) {
        let mut state = self.dial.lock();
        state.distorted.entry(route.into()).or_default().push((property.into(), value));
    }

    /// Every access token given out so far stops working. Nothing happens where tokens are not given out.
    pub fn expire_sessions(&self) {
        self.dial.end_sessions();
    }
}

impl Drop for Department {
    fn drop(&mut self) {
        self.stop.send_replace(true);
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
            return desk.crowded(&Tally::exhausted(D::buckets(name))).into_response();
        }
        Fault::Html => return Answer::html().into_response(),
        Fault::Redirect => return Answer::elsewhere(format!("{}?{}", ask.path, ask.query_text)).into_response(),
        // What is left spoils an answer that is made first.
        _ => {}
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
    let distorted = dial.distorted(name);
    if !distorted.is_empty() {
        answer = answer.distorted(&distorted);
    }
    if fault == Fault::EndlessPages {
        answer = paged_on(answer, dial);
    }
    answer.spoiled(fault)
}

/// The answer as a page before another one; where the vendor knows of no such page, the one before once more.
fn paged_on(mut answer: Answer, dial: &Dial) -> Answer {
    let mut state = dial.lock();
    if answer.status < 300 {
        state.page = Some(answer.body.clone());
    } else if let Some(page) = &state.page {
        answer = Answer::ok(Value::Null);
        answer.body.clone_from(page);
    }
    answer.leading_on(state.calls.total)
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that the department is gone, which is the same news.
    let _ = stopped.wait_for(|stop| *stop).await;
}
