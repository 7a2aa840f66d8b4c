//! How far the gateway's own work is behind: how long what comes in waits for a thread.
//!
//! Slow sources do not show in it, for who waits for them needs no thread. Where it stands for a while, more is asked
//! than processors can answer; who is let in then makes everybody late. How many can be answered is not known, and
//! found out: fewer and fewer of those that ask are let in while more and more waits, and more again when less does.

use std::io;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::Desk;

/// All of those that ask, as shares of them are counted.
pub(super) const ALL: u32 = 1_000;
/// However far the work is behind, so many of [`ALL`] are let in: else nobody would see that it no longer is.
const LEAST: u32 = 20;
/// So many of [`ALL`] more with each look at which the work is not behind.
const MORE: u32 = 10;
/// How often one looks.
const EVERY: Duration = Duration::from_millis(20);
/// Work that is behind for less long is a burst, which passes.
const BURST: Duration = Duration::from_millis(500);
/// For so long after it was behind, it is so again at once.
const RELAPSE: Duration = Duration::from_secs(5);

/// What is seen of it over time.
#[derive(Debug)]
pub(super) struct Lag {
    since: Option<Instant>,
    /// When it was last behind for long.
    stood: Option<Instant>,
    /// What waited at the last look.
    waited: Duration,
    /// Of [`ALL`].
    share: u32,
}

impl Default for Lag {
    fn default() -> Lag {
        Lag { since: None, stood: None, waited: Duration::ZERO, share: ALL }
    }
}

impl Lag {
    /// What came waited so long, by `now`: how many of [`ALL`] are to be let in. `most` is how long one may wait; zero:
    /// any time.
    pub fn share(&mut self, waited: Duration, most: Duration, now: Instant) -> u32 {
        let is_growing = waited >= self.waited;
        self.waited = waited;
        // Whoever is refused waits as long as whoever is let in; so that few wait longer, less is aimed at.
        let has_stood = self.stood.is_some_and(|stood| now - stood < RELAPSE);
        let aim = if has_stood { most * 3 / 4 } else { most };
        if !self.is_behind(waited, aim, has_stood, now) {
            self.share = (self.share + MORE).min(ALL);
        } else if is_growing {
            // The further behind, the fewer; by half at most, for one look may err.
            let kept = (aim.as_secs_f64() / waited.as_secs_f64()).max(0.5);
            self.share = ((f64::from(self.share) * kept).round() as u32).max(LEAST);
        }
        self.share
    }

    fn is_behind(&mut self, waited: Duration, aim: Duration, has_stood: bool, now: Instant) -> bool {
        if waited <= aim || aim.is_zero() {
            self.since = None;
            return false;
        }
        let since = *self.since.get_or_insert(now);
        let is_behind = has_stood || now - since >= BURST;
        if is_behind {
            self.stood = Some(now);
        }
        is_behind
    }
}

/// A connection to ourselves: what comes on it waits like what clients send, which a task that is spawned does not.
struct Line {
    near: TcpStream,
    far: TcpStream,
}

impl Line {
    async fn open() -> io::Result<Line> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let near = TcpStream::connect(listener.local_addr()?).await?;
        loop {
            let (far, from) = listener.accept().await?;
            // Anybody on this machine may have found the port.
            if from == near.local_addr()? {
                return Ok(Line { near, far });
            }
        }
    }

    /// How long one byte waits for a thread.
    async fn wait(&mut self) -> io::Result<Duration> {
        let sent = Instant::now();
        self.near.write_all(&[0]).await?;
        // With room for more than comes, so that the next one waits to be told that it is there.
        match self.far.read(&mut [0; 8]).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(sent.elapsed()),
        }
    }
}

/// Looks, for ever.
pub(super) async fn watch(desk: Desk) {
    let mut lag = Lag::default();
    let looking = async {
        let mut line = Line::open().await?;
        loop {
            sleep(EVERY).await;
            let waited = line.wait().await?;
            let share = lag.share(waited, desk.settings().max_lag.0, Instant::now());
            desk.lifecycle().behind(waited, share);
        }
    };
    let Err(why): Result<(), io::Error> = looking.await else { return };
    tracing::warn!(%why, "how far the work is behind cannot be seen: all questions are taken, whatever http.max_lag says");
    desk.lifecycle().behind(Duration::ZERO, ALL);
}
