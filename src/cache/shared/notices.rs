//! Notices that one gateway acts on, or has acted on, for the others to leave alone: a name for each, which ends by itself.

use std::time::Duration;

use super::seal::Seal;
use super::tier::{Tier, chance};

impl Tier {
    /// Takes a notice on for so long, by what it is told from others by; whether nobody else has it. `None` where that cannot
    /// be asked, within a second.
    pub async fn take_on(&self, notice: &[&[u8]], time: Duration) -> Option<bool> {
        let (name, number) = (self.0.seal.notice(notice), chance());
        self.0.within(async |connection| connection.take(&name, number, time).await).await
    }

    /// Leaves a notice taken for so long from now on; whether it is.
    pub async fn keep_taken(&self, notice: &[&[u8]], time: Duration) -> bool {
        let name = self.0.seal.notice(notice);
        self.0.within(async |connection| connection.keep(&name, time).await).await.is_some()
    }

    /// Gives a notice back; whether it is.
    pub async fn give_back(&self, notice: &[&[u8]]) -> bool {
        let name = self.0.seal.notice(notice);
        self.0.within(async |connection| connection.release(&[name]).await).await.is_some()
    }
}

impl Seal {
    /// The name of a notice.
    fn notice(&self, notice: &[&[u8]]) -> String {
        self.name("h", notice)
    }
}
