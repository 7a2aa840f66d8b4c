//! Who keeps the connection, and tells purges over it.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::news::{self, Purge};
use super::remote::{Connection, Trouble};
use super::tier::{Inner, chance};

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How long a new connection may take to show that it answers.
const GREETING: Duration = Duration::from_secs(1);
/// How long telling one purge may take.
const TELLING: Duration = Duration::from_secs(1);

/// Connects whenever there is no connection, and tells what is to be told, until the cache is gone.
pub(super) async fn keep(inner: Weak<Inner>, wake: Arc<Notify>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let Some(inner) = inner.upgrade() else { return };
        let tended = inner.tend().await;
        drop(inner);
        match tended {
            Ok(()) => {
                pause = FIRST_PAUSE;
                wake.notified().await;
            }
            Err(trouble) => {
                tracing::debug!("the shared cache tier: {trouble}");
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

impl Inner {
    /// A connection is used once it answers within the budget of a look, and knows of all purges.
    async fn tend(&self) -> Result<(), Trouble> {
        let Some((number, connection)) = self.connection() else {
            let connection = self.remote.connect().await?;
            timeout(GREETING, self.greet(&connection)).await.map_err(|_| Trouble::Late)??;
            self.tell_all(&connection).await?;
            self.connected(connection);
            tracing::info!("the shared cache tier is used");
            // What came meanwhile.
            self.wake.notify_one();
            return Ok(());
        };
        let told = async {
            timeout(TELLING, connection.ping()).await.map_err(|_| Trouble::Late)??;
            self.tell_all(&connection).await
        };
        told.await.inspect_err(|trouble| self.failed(number, trouble))
    }

    /// The first answer may take what connecting left to be done; from then on they come within the budget of a look.
    async fn greet(&self, connection: &Connection) -> Result<(), Trouble> {
        connection.ping().await?;
        timeout(self.settings.budget.0, connection.ping()).await.map_err(|_| Trouble::Late)??;
        connection.found(&self.seal.epoch("a", 0), chance()).await
    }

    async fn tell_all(&self, connection: &Connection) -> Result<(), Trouble> {
        while let Some(purge) = self.purge() {
            timeout(TELLING, self.tell(connection, &purge)).await.map_err(|_| Trouble::Late)??;
            self.purged(&purge);
        }
        Ok(())
    }

    /// First the tier itself, then those who hold copies.
    async fn tell(&self, connection: &Connection, purge: &Purge) -> Result<(), Trouble> {
        match purge {
            Purge::Everything => connection.end_all(&self.seal.epoch("a", 0), chance(), true).await?,
            Purge::Source(number) => connection.end_all(&self.seal.epoch("s", *number), chance(), false).await?,
            Purge::Connector(number) => connection.end_all(&self.seal.epoch("c", *number), chance(), false).await?,
            Purge::Key { definition, key } => connection.end_one(&self.seal.entity(*definition, key), chance()).await?,
            Purge::Word(_) => {}
        }
        self.doom(purge);
        let channel = self.seal.channel();
        let count = connection.count_up(&news::count_of(&channel)).await?;
        connection.tell(&channel, &news::written(&self.seal, self.replica, count, purge)).await
    }
}
