//! News of what was forgotten, from one gateway to all others, and words that this room passes on and does not understand.
//!
//! Each is counted up before it is told. A gateway that did not listen for a while compares the count with what it has
//! heard: if they differ, it forgets everything, for it cannot know what it missed.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::sleep;

use super::remote::{News, Trouble};
use super::seal::Seal;
use super::tier::Inner;
use crate::cache::target::Target;
use crate::record::Key;

/// How often a quiet connection is asked whether it is still there.
const QUIET: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What is done about news of another gateway.
pub(in crate::cache) type Heard = Arc<dyn Fn(Tidings<'_>) + Send + Sync>;

/// What another gateway tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cache) enum Tidings<'t> {
    /// It has forgotten something.
    Forgotten(Target<'t>),
    /// Something that rooms above understand.
    Word(&'t str),
}

/// What is forgotten, to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Purge {
    Everything,
    Source(u64),
    Connector(u64),
    Key {
        definition: u64,
        key: Key,
    },
    /// Nothing here; whoever hears it may have something to forget.
    Word(Arc<str>),
}

impl Purge {
    pub fn of(target: Target<'_>) -> Purge {
        match target {
            Target::Everything => Purge::Everything,
            Target::Source(number) => Purge::Source(number),
            Target::Connector(number) => Purge::Connector(number),
            Target::Key { definition, key } => Purge::Key { definition, key: key.clone() },
        }
    }

    fn tidings(&self) -> Tidings<'_> {
        Tidings::Forgotten(match self {
            Purge::Everything => Target::Everything,
            Purge::Source(number) => Target::Source(*number),
            Purge::Connector(number) => Target::Connector(*number),
            Purge::Key { definition, key } => Target::Key { definition: *definition, key },
            Purge::Word(word) => return Tidings::Word(word),
        })
    }
}

/// Where news of a channel are counted.
pub(super) fn count_of(channel: &str) -> String {
    format!("{channel}:count")
}

/// A message: who tells it, its count, a letter, a number, the key's text or a word, and a tag that only we can make.
pub(super) fn written(seal: &Seal, replica: u64, count: u64, purge: &Purge) -> Vec<u8> {
    let (letter, number, text) = match purge {
        Purge::Everything => (b'a', 0, ""),
        Purge::Source(number) => (b's', *number, ""),
        Purge::Connector(number) => (b'c', *number, ""),
        Purge::Key { definition, key } => (b'k', *definition, key.as_str()),
        Purge::Word(word) => (b'w', 0, &**word),
    };
    let mut out = Vec::with_capacity(41 + text.len());
    out.extend_from_slice(&replica.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.push(letter);
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(text.as_bytes());
    let tag = seal.tag("m", &[&out]);
    out.extend_from_slice(&tag);
    out
}

/// `None` where it is no message of ours.
pub(super) fn read(seal: &Seal, message: &[u8]) -> Option<(u64, u64, Purge)> {
    let (inner, tag) = message.split_at_checked(message.len().checked_sub(16)?)?;
    if seal.tag("m", &[inner]) != *tag {
        return None;
    }
    let number = |at: usize| Some(u64::from_le_bytes(inner.get(at..at + 8)?.try_into().ok()?));
    let (replica, count, of) = (number(0)?, number(8)?, number(17)?);
    let purge = match inner.get(16)? {
        b'a' => Purge::Everything,
        b's' => Purge::Source(of),
        b'c' => Purge::Connector(of),
        b'w' => Purge::Word(str::from_utf8(inner.get(25..)?).ok()?.into()),
        b'k' => Purge::Key { definition: of, key: Key::read(str::from_utf8(inner.get(25..)?).ok()?)? },
        _ => return None,
    };
    Some((replica, count, purge))
}

/// Hears news until the cache is gone.
pub(super) async fn listen(inner: Weak<Inner>, heard: Heard) {
    let mut pause = Duration::from_millis(50);
    // The last count that was heard.
    let mut last = None;
    loop {
        let Some(tier) = inner.upgrade() else { return };
        match tier.tune_in().await {
            Ok((mut news, count)) => {
                pause = Duration::from_millis(50);
                if last.replace(count) != Some(count) {
                    tier.counts.news_lost.add(1);
                    heard(Tidings::Forgotten(Target::Everything));
                }
                tier.is_listening.store(true, Ordering::Relaxed);
                drop(tier);
                while let Some(message) = news.next(QUIET).await {
                    let Some(tier) = inner.upgrade() else { return };
                    let Some((replica, count, purge)) = read(&tier.seal, &message) else {
                        tier.counts.rubbish.add(1);
                        continue;
                    };
                    last = last.max(Some(count));
                    if replica != tier.replica {
                        tier.counts.purges_heard.add(1);
                        heard(purge.tidings());
                    }
                }
                let Some(tier) = inner.upgrade() else { return };
                tier.is_listening.store(false, Ordering::Relaxed);
                // Where this connection ended, the other one may have, too.
                tier.wake.notify_one();
            }
            Err(trouble) => {
                drop(tier);
                tracing::debug!("news of the shared cache tier: {trouble}");
            }
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

impl Inner {
    /// Begins to listen; then the count of all that was told so far.
    async fn tune_in(&self) -> Result<(News, u64), Trouble> {
        let channel = self.seal.channel();
        let news = self.remote.listen(&channel).await?;
        let asking = async { self.remote.connect().await?.count(&count_of(&channel)).await };
        let count = tokio::time::timeout(2 * self.settings.connect_timeout.0, asking).await;
        Ok((news, count.map_err(|_| Trouble::Late)??))
    }
}
