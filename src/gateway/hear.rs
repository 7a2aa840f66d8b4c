//! What vendors have the gateway forget.

use std::time::SystemTime;

use super::Gateway;
use super::purge::Forgotten;
use crate::catalog::Connector;
use crate::hooks::{Delivery, Denied, Hook, Told};

impl Gateway {
    /// The same gateway with webhooks by the name of their source.
    pub fn hearing(mut self, hooks: impl IntoIterator<Item = (String, Hook)>) -> Gateway {
        self.hooks = hooks.into_iter().collect();
        self
    }

    /// The webhook of a source.
    pub fn hook(&self, source: &str) -> Option<&Hook> {
        self.hooks.get(source)
    }

    /// Forgets what a delivery to a source's webhook speaks of. Where it does not say itself all that the source is asked
    /// by, every record in memory is looked at: for threads that may be busy for a while.
    ///
    /// Errors: why nobody listens to it.
    pub fn hear(&self, source: &str, delivery: &Delivery<'_>) -> Result<Forgotten, Denied> {
        let catalog = self.catalog();
        let known = catalog.sources.iter().position(|known| known.name == source);
        // Nobody can show a secret where there is none.
        let (Some(hook), Some(position)) = (self.hook(source), known) else { return Err(Denied::Unsigned) };
        let told = hook.hear(delivery, SystemTime::now(), &catalog.sources[position].webhooks)?;
        let of_source = |connector: &Connector| connector.source.is_some_and(|id| usize::from(id.0) == position);
        let mut forgotten = Forgotten::default();
        match told {
            Told::Everything => self.forget_where(&of_source, &mut forgotten),
            Told::Keys(keys) => {
                let mut all: Vec<_> = keys.iter().map(|(ty, fields)| self.known(*ty, fields)).collect();
                self.recall_keys(&mut all, &of_source);
                all.iter().for_each(|known| self.forget_known(known, &of_source, &mut forgotten));
            }
        }
        Ok(forgotten)
    }
}
