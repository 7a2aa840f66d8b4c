//! What vendors have the gateway forget.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use tokio::runtime::Handle;
use tokio::sync::OwnedMutexGuard;
use tokio::time::sleep;

use super::Gateway;
use super::farewell::Farewell;
use super::others::Company;
use super::purge::Forgotten;
use crate::catalog::{Connector, TypeId};
use crate::hooks::{Delivery, Denied, Hook, Told};
use crate::mapping::{Object, Value};
use crate::record::Key;

/// So many keys may wait to be forgotten once more.
pub(super) const MOST_AGAIN: usize = 10_000;

/// Which connectors are meant.
pub(super) type Which = Arc<dyn Fn(&Connector) -> bool + Send + Sync>;

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
    /// by, every record in memory is looked at: for threads that may be busy for a while, and, where there is a
    /// shared tier, may wait for it: none of those that serve. What only the shared tier leads to is forgotten a little later.
    ///
    /// Errors: why nobody listens to it.
    pub fn hear(self: &Arc<Self>, source: &str, delivery: &Delivery<'_>) -> Result<Forgotten, Denied> {
        let catalog = self.catalog();
        let known = catalog.sources.iter().position(|known| known.name == source);
        // Nobody can show a secret where there is none.
        let (Some(hook), Some(position)) = (self.hook(source), known) else { return Err(Denied::Unsigned) };
        let webhooks = &catalog.sources[position].webhooks;
        let others = Company::of(self.cache(), source);
        hook.hear(delivery, SystemTime::now(), webhooks, &others, |told| self.forget_as_told(source, position, told))
    }

    /// Forgets what the vendor of a source, the one at this position, spoke of.
    fn forget_as_told(self: &Arc<Self>, source: &str, position: usize, told: Told) -> Forgotten {
        let of_source: Which =
            Arc::new(move |connector| connector.source.is_some_and(|id| usize::from(id.0) == position));
        let mut forgotten = Forgotten::default();
        match told {
            Told::Everything => self.forget_where(&*of_source, &mut forgotten),
            Told::Keys(keys) => {
                let mut all: Vec<_> = keys.iter().map(|(ty, fields)| self.known(*ty, fields)).collect();
                self.recall_keys(&mut all, &*of_source);
                all.iter().for_each(|known| self.forget_known(known, &*of_source, &mut forgotten));
                let open =
                    keys.iter().zip(&all).filter(|(_, known)| self.is_open(known, &*of_source)).map(|(told, _)| told);
                self.pass_on(source, open);
                self.forget_again(source, all.iter().flat_map(|known| self.keys_of(known, &*of_source)).collect());
                self.pursue(Some(source.to_owned()), all, of_source);
            }
        }
        forgotten
    }

    /// Forgets the same once more, later, where the source shows a change later than it tells of it. What waits is bounded:
    /// beyond that it is forgotten this once only.
    pub(super) fn forget_again(&self, source: &str, keys: Vec<(u64, Key)>) {
        let told = self.catalog().sources.iter().filter(|known| known.name == source).flat_map(|known| &known.webhooks);
        let Some(after) = told.filter_map(|webhook| webhook.again).max() else { return };
        let (waiting, count) = (self.again.clone(), keys.len());
        let (Ok(runtime), true) = (Handle::try_current(), count > 0) else { return };
        if waiting.fetch_add(count, Ordering::Relaxed) + count > MOST_AGAIN {
            waiting.fetch_sub(count, Ordering::Relaxed);
            tracing::warn!("more is told by webhooks than can be forgotten a second time");
            return;
        }
        let cache = self.cache().clone();
        runtime.spawn(async move {
            sleep(after).await;
            waiting.fetch_sub(count, Ordering::Relaxed);
            cache.forget_keys(&keys);
        });
    }

    /// The turn of whoever looks through all that is kept, while it is held: many at once would leave no core to anybody
    /// else.
    pub async fn turn(&self) -> OwnedMutexGuard<()> {
        self.looking.clone().lock_owned().await
    }

    /// Hears from now on what other gateways pass on, and says what records are found by, in the place of the gateway before.
    pub(super) fn take_over_news(self: &Arc<Self>) {
        self.leave_clues();
        let gateway = Arc::downgrade(self);
        self.cache().listen(move |word| {
            let (Some(gateway), word) = (gateway.upgrade(), word.to_owned()) else { return };
            tokio::spawn(async move {
                let turn = gateway.turn().await;
                // Should it panic, the next word is heard all the same.
                _ = tokio::task::spawn_blocking(move || gateway.overhear(&word)).await;
                drop(turn);
            });
        });
    }

    /// Passes on of whom a source told, where kept records here do not say all that its connectors are asked by: another
    /// gateway may hold those that do.
    fn pass_on<'k>(&self, source: &str, told: impl Iterator<Item = &'k (TypeId, Object<'static>)>) {
        if !self.cache().has_company() {
            return;
        }
        let name = |ty: TypeId| Value::Text(self.catalog().ty(ty).name.clone().into());
        let told = told.map(|(ty, fields)| Value::List(vec![name(*ty), Value::Object(fields.clone())]));
        let told: Vec<Value<'static>> = told.collect();
        if !told.is_empty() {
            let mut word = Vec::new();
            Value::List(vec![Value::Text(source.to_owned().into()), Value::List(told)]).write(&mut word);
            self.cache().pass_on(&String::from_utf8_lossy(&word));
        }
    }

    /// Has the other gateways give back the memory of what was forgotten of a customer, with the texts of their keys.
    pub(super) fn pass_on_farewell(&self, texts: &[String]) {
        if self.cache().has_company() {
            let texts = texts.iter().map(|text| Value::Text(text.as_str().into())).collect();
            let mut word = Vec::new();
            Value::List(vec![Value::List(texts)]).write(&mut word);
            self.cache().pass_on(&String::from_utf8_lossy(&word));
        }
    }

    /// Does what another gateway passed on.
    fn overhear(&self, word: &str) {
        let Ok(Value::List(parts)) = Value::read(word.as_bytes()) else { return };
        match parts.as_slice() {
            [Value::Text(source), Value::List(told)] => self.forget_told(source, told),
            [Value::List(texts)] => {
                let texts: Vec<String> = texts.iter().filter_map(Value::as_text).map(str::to_owned).collect();
                self.give_back(&texts, &mut Farewell::default());
            }
            _ => {}
        }
    }

    /// Forgets what another gateway was told of and could not find: what kept records here lead to.
    fn forget_told(&self, source: &str, told: &[Value<'_>]) {
        let catalog = self.catalog();
        let of_source = |connector: &Connector| catalog.origin(connector) == source && connector.source.is_some();
        let objects = told.iter().filter_map(|told| match told.as_list()? {
            [Value::Text(name), Value::Object(fields)] => Some((catalog.named(name)?.0, fields)),
            _ => None,
        });
        let objects: Vec<(TypeId, &Object<'_>)> = objects.collect();
        let mut all: Vec<_> = objects.iter().map(|(ty, fields)| self.known(*ty, fields)).collect();
        self.recall_keys(&mut all, &of_source);
        for (known, (_, fields)) in all.iter().zip(&objects) {
            // What the fields themselves lead to is forgotten by whoever was told.
            let is_news = |one: &Connector| of_source(one) && one.needs.iter().any(|need| fields.get(need).is_none());
            self.forget_known(known, &is_news, &mut Forgotten::default());
        }
        self.forget_again(source, all.iter().flat_map(|known| self.keys_of(known, &of_source)).collect());
    }
}
