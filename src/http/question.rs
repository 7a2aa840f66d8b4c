//! From a request's bytes to a question, and its answer.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::body::HttpBody;
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout, timeout_at};

use super::budget::{budget, lesser, told};
use super::refused::Refused;
use super::waiting::Waiting;
use super::{Desk, Settings};
use crate::gateway::{Answer, Ask};

/// A client that is cut off while it sends does not see the answer, so a body that is too long is read on, so far and
/// so long, and thrown away.
const LINGER: (usize, Duration) = (8, Duration::from_secs(1));
/// How long the beginning of a body may take, however little of it comes.
const GRACE: Duration = Duration::from_secs(1);

/// Reads a whole request and has it answered: from memory, where one that was written just so has been, and else by
/// asking.
///
/// Errors: what is wrong with its headers before its body is read; then what is wrong with its body; or that too much is
/// asked already, or waits for clients, where memory has no answer. `waiting` is what waits for the same connection.
pub(super) async fn answer<B>(
    desk: &Desk,
    (headers, body): (HeaderMap, B),
    settings: &Settings,
    waiting: &Waiting,
) -> Result<Answer, Refused>
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    let budget = budget(&headers, settings.deadline_header.as_ref())?;
    let written = receive(&headers, body, settings).await?;
    let gateway = desk.live().now();
    if let Some(answer) = gateway.recall(&written) {
        return Ok(answer);
    }
    let _place = desk.lifecycle().question(settings.max_questions).ok_or(Refused::Busy)?;
    let mut ask = understand(&written)?;
    ask.headers = Arc::new(headers);
    ask.budget = lesser(ask.budget, budget);
    let answer = gateway.answer_written(ask, &written).await;
    let body = waiting.keep(answer.body, settings.max_waiting.bytes()).ok_or(Refused::Busy)?;
    Ok(Answer { body, ..answer })
}

async fn receive<B>(headers: &HeaderMap, body: B, settings: &Settings) -> Result<Bytes, Refused>
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    check_type(headers)?;
    whole(headers, body, settings.max_body.bytes(), settings).await
}

/// A body of at most so many bytes, read as patiently as the settings say.
pub(super) async fn whole<B>(
    headers: &HeaderMap,
    body: B,
    max_bytes: usize,
    settings: &Settings,
) -> Result<Bytes, Refused>
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    let declared = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    collect(body, declared.unwrap_or(0), max_bytes, settings).await
}

/// Anything else than JSON could be sent by a foreign web page without asking first.
pub(super) fn check_type(headers: &HeaderMap) -> Result<(), Refused> {
    let mut kinds = headers.get_all(CONTENT_TYPE).iter();
    let (Some(kind), None) = (kinds.next(), kinds.next()) else { return Err(Refused::MediaType) };
    // What most clients send needs no reading.
    if kind != "application/json" && !is_json(kind) {
        return Err(Refused::MediaType);
    }
    match headers.get(CONTENT_ENCODING) {
        Some(coding) if !coding.as_bytes().eq_ignore_ascii_case(b"identity") => Err(Refused::Packed),
        _ => Ok(()),
    }
}

/// Whether a media type is JSON's, in UTF-8.
fn is_json(kind: &HeaderValue) -> bool {
    let Ok(kind) = kind.to_str() else { return false };
    let mut parts = kind.split(';').map(str::trim);
    let is_utf8 = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) && parts.all(is_utf8)
}

async fn collect<B>(mut body: B, declared_bytes: usize, max_bytes: usize, settings: &Settings) -> Result<Bytes, Refused>
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    if declared_bytes > max_bytes {
        linger(body, max_bytes).await;
        return Err(Refused::TooLarge);
    }
    let (mut whole, mut begun) = (BytesMut::new(), None);
    while let Some(frame) = in_time(body.frame(), &mut begun, patience(settings, whole.len())).await? {
        let Ok(data) = frame.map_err(|_| Refused::BrokenOff)?.into_data() else { continue };
        // Most questions come in one piece.
        if data.len() == declared_bytes && whole.is_empty() {
            return Ok(data);
        }
        whole.reserve(declared_bytes.saturating_sub(whole.len()));
        if whole.len() + data.len() > max_bytes {
            linger(body, max_bytes).await;
            return Err(Refused::TooLarge);
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

/// How long a body may have taken, from when it was first waited for, by the time more than `received` bytes of it are here.
fn patience(settings: &Settings, received: usize) -> Duration {
    let millis = (received as u64).saturating_mul(1_000).checked_div(settings.min_body_rate.0);
    let by_rate = millis.map_or(Duration::MAX, |millis| GRACE.saturating_add(Duration::from_millis(millis)));
    by_rate.min(settings.body_timeout.0)
}

/// What comes, if it is there, or comes so long after `begun`, which is when something was first waited for.
async fn in_time<T>(
    coming: impl Future<Output = T>,
    begun: &mut Option<Instant>,
    patience: Duration,
) -> Result<T, Refused> {
    let mut coming = pin!(coming);
    // Most bodies come with their head: then no clock is asked.
    if let Poll::Ready(come) = poll_fn(|context| Poll::Ready(coming.as_mut().poll(context))).await {
        return Ok(come);
    }
    match begun.get_or_insert_with(Instant::now).checked_add(patience) {
        Some(end) => timeout_at(end, coming).await.map_err(|_| Refused::TooSlow),
        None => Ok(coming.await),
    }
}

async fn linger<B: HttpBody<Data = Bytes> + Unpin>(mut body: B, max_bytes: usize) {
    let (times, time) = LINGER;
    let mut left = max_bytes.saturating_mul(times);
    let discard = async {
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                break;
            }
        }
    };
    // Whether all of it was read does not matter: the answer is the same.
    let _ = timeout(time, discard).await;
}

/// A request as it is written. Parts nobody reads are skipped over without being kept, however deep they are.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written<'b> {
    #[serde(borrow, default)]
    query: Option<&'b RawValue>,
    #[serde(borrow, default)]
    operation_name: Option<&'b RawValue>,
    #[serde(default)]
    variables: Option<Box<RawValue>>,
    #[serde(borrow, default)]
    extensions: Option<&'b RawValue>,
}

/// The extensions of a request that this gateway knows; others are ignored.
#[derive(Default, Deserialize)]
struct Extensions {
    #[serde(default)]
    coverage: Option<bool>,
    #[serde(default)]
    timeout: Option<serde_json::Value>,
}

fn understand(body: &[u8]) -> Result<Ask, Refused> {
    match body.trim_ascii_start().first() {
        Some(b'{') => {}
        Some(b'[') => return Err(Refused::Batch),
        _ => return Err(Refused::NotJson),
    }
    let written: Written = serde_json::from_slice(body).map_err(|_| Refused::NotJson)?;
    let query = match written.query.map(|raw| serde_json::from_str::<String>(raw.get())) {
        Some(Ok(query)) => query,
        Some(Err(_)) => return Err(Refused::Part("query: expected text")),
        None => return Err(Refused::Part("query: expected text, found nothing")),
    };
    let operation_name = match written.operation_name.map(|raw| serde_json::from_str::<Option<String>>(raw.get())) {
        Some(Err(_)) => return Err(Refused::Part("operationName: expected text or null")),
        Some(Ok(name)) => name,
        None => None,
    };
    if written.variables.as_ref().is_some_and(|raw| !is_object(raw)) {
        return Err(Refused::Part("variables: expected an object or null"));
    }
    let extensions = match written.extensions {
        None => Extensions::default(),
        Some(raw) if is_object(raw) => {
            serde_json::from_str(raw.get()).map_err(|_| Refused::Part("extensions.coverage: expected true or false"))?
        }
        Some(_) => return Err(Refused::Part("extensions: expected an object or null")),
    };
    Ok(Ask {
        query,
        operation_name,
        variables: written.variables,
        headers: Arc::default(),
        want_coverage: extensions.coverage.unwrap_or(false),
        budget: extensions.timeout.as_ref().map(told).transpose()?,
    })
}

fn is_object(raw: &RawValue) -> bool {
    raw.get().starts_with('{')
}
