//! The other gateways, as webhooks know them: by what is taken on in the shared tier.

use std::time::Duration;

use tokio::runtime::Handle;

use crate::cache::Cache;
use crate::hooks::Others;

/// How long a delivery is left to the gateway that took it on: longer than forgetting takes. Of one that ends meanwhile
/// others hear it after that.
const ACTING: Duration = Duration::from_secs(10);

/// Those who share a tier with us, in what a source's vendor tells.
pub(super) struct Company<'g> {
    cache: &'g Cache,
    source: &'g str,
    /// `None` where there is nobody.
    runtime: Option<Handle>,
}

impl<'g> Company<'g> {
    pub fn of(cache: &'g Cache, source: &'g str) -> Company<'g> {
        Company { cache, source, runtime: cache.has_company().then(|| Handle::try_current().ok()).flatten() }
    }

    /// Tells the others, some time.
    fn tell(&self, signature: &[u8], keep: Option<Duration>) {
        let Some(runtime) = &self.runtime else { return };
        let (cache, source, signature) = (self.cache.clone(), self.source.to_owned(), signature.to_vec());
        runtime.spawn(async move {
            let notice = [source.as_bytes(), &signature];
            match keep {
                Some(keep) => cache.keep_taken(&notice, keep).await,
                None => cache.give_back(&notice).await,
            }
        });
    }
}

impl Others for Company<'_> {
    fn take_on(&self, signature: &[u8]) -> bool {
        let Some(runtime) = &self.runtime else { return true };
        let notice = [self.source.as_bytes(), signature];
        runtime.block_on(self.cache.take_on(&notice, ACTING)).unwrap_or(true)
    }

    fn is_done(&self, signature: &[u8], keep: Duration) {
        self.tell(signature, Some(keep));
    }

    fn give_back(&self, signature: &[u8]) {
        self.tell(signature, None);
    }
}
