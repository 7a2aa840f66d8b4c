//! One object, as far as the tier that gateways share knows it: what no gateway here has in memory may lie there.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::sleep;

use super::Gateway;
use super::hear::{MOST_AGAIN, Which};
use super::known::{Known, MOST_ROUNDS};
use crate::cache::Clue;
use crate::catalog::{Connector, ConnectorId, TypeId};
use crate::record::{Content, Key, Record};

/// How soon the tier is asked again where it could not be.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The fields of one type by which a connector's records can be found.
struct Traits {
    ty: TypeId,
    id: ConnectorId,
    fields: Vec<String>,
}

impl Gateway {
    /// Has records that are written to the shared tier found by what stands in them, in the place of the gateway before.
    pub(super) fn leave_clues(self: &Arc<Self>) {
        if !self.cache().has_company() {
            return;
        }
        let mut traits: HashMap<u64, Vec<Traits>> = HashMap::new();
        for ty in (0..).map(TypeId).take(self.catalog().types.len()) {
            for found in self.traits(ty) {
                traits.entry(self.catalog().connector(found.id).definition).or_default().push(found);
            }
        }
        let gateway = Arc::downgrade(self);
        self.cache().found_by(move |definition, record| {
            let of = traits.get(&definition)?;
            let gateway = gateway.upgrade()?;
            let clues = of.iter().flat_map(|traits| gateway.clues_in(traits, record)).collect();
            let keep = of.iter().map(|traits| gateway.matters_for(traits)).max().unwrap_or_default();
            Some((clues, keep))
        });
    }

    /// Adds what records in the shared tier tell of objects beside what is known of them, where connectors of which
    /// `is_wanted` is true are asked by fields that are not known: backwards and forwards, as often as that brings
    /// something. Whether the tier could be asked; true where there is none.
    pub(super) async fn recall_shared(
        &self,
        all: &mut [Known],
        is_wanted: &(dyn Fn(&Connector) -> bool + Send + Sync),
    ) -> bool {
        if !self.cache().has_company() {
            return true;
        }
        let (mut sought, mut read) = (HashSet::new(), HashSet::new());
        for _ in 0..MOST_ROUNDS {
            let open: Vec<usize> = (0..all.len()).filter(|&index| self.is_open(&all[index], is_wanted)).collect();
            let Some(back) = self.seek_back(all, &open, &mut sought).await else { return false };
            let Some(ahead) = self.seek_ahead(all, &open, &mut read).await else { return false };
            if !back && !ahead {
                break;
            }
        }
        true
    }

    /// Forgets of objects, some time, what only records in the shared tier lead to; at once where it can be asked. What
    /// waits for that is bounded: beyond that it stays until its age.
    /// `source`: who told it, and may want it forgotten once more.
    pub(super) fn pursue(self: &Arc<Self>, source: Option<String>, mut all: Vec<Known>, which: Which) {
        all.retain(|known| self.is_open(known, &*which));
        let (gateway, count) = (self.clone(), all.len());
        let (Ok(runtime), true) = (Handle::try_current(), count > 0 && self.cache().has_company()) else { return };
        if self.pursued.fetch_add(count, Ordering::Relaxed) + count > MOST_AGAIN {
            self.pursued.fetch_sub(count, Ordering::Relaxed);
            tracing::warn!("more is to be looked for in the shared cache tier than can wait until it can be asked");
            return;
        }
        runtime.spawn(async move {
            let mut pause = FIRST_PAUSE;
            let before: HashSet<_> = all.iter().flat_map(|known| gateway.keys_of(known, &*which)).collect();
            while !gateway.recall_shared(&mut all, &*which).await {
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            gateway.pursued.fetch_sub(count, Ordering::Relaxed);
            let found = all.iter().flat_map(|known| gateway.keys_of(known, &*which));
            let found: Vec<_> = found.filter(|found| !before.contains(found)).collect();
            gateway.cache().forget_keys(&found);
            source.iter().for_each(|source| gateway.forget_again(source, found.clone()));
        });
    }

    /// What leads to an object's records in the shared tier.
    pub(super) fn clues_of(&self, known: &Known) -> Vec<(u64, Clue)> {
        self.traits(known.ty).iter().flat_map(|traits| self.clues_to(traits, known)).collect()
    }

    async fn seek_back(
        &self,
        all: &mut [Known],
        open: &[usize],
        sought: &mut HashSet<(usize, u64, Clue)>,
    ) -> Option<bool> {
        let (mut whose, mut clues) = (Vec::new(), Vec::new());
        for &index in open {
            for traits in self.traits(all[index].ty) {
                for (definition, clue) in self.clues_to(&traits, &all[index]) {
                    if sought.insert((index, definition, clue.clone())) {
                        whose.push((index, traits.id));
                        clues.push((definition, clue));
                    }
                }
            }
        }
        let found = self.cache().find(&clues).await?;
        let mut is_news = false;
        for ((index, id), keys) in whose.into_iter().zip(found) {
            for key in keys {
                is_news |= self.learn_key(&mut all[index], self.catalog().connector(id), &key);
            }
        }
        Some(is_news)
    }

    async fn seek_ahead(
        &self,
        all: &mut [Known],
        open: &[usize],
        read: &mut HashSet<(ConnectorId, Key)>,
    ) -> Option<bool> {
        let mut wanted: BTreeMap<ConnectorId, Vec<(usize, Key)>> = BTreeMap::new();
        for &index in open {
            for id in self.telling(all[index].ty) {
                let keys = all[index].keys(&self.catalog().connector(id).needs);
                let keys = keys.into_iter().filter(|key| read.insert((id, key.clone())));
                wanted.entry(id).or_default().extend(keys.map(|key| (index, key)));
            }
        }
        let mut is_news = false;
        for (id, wanted) in wanted.into_iter().filter(|(_, wanted)| !wanted.is_empty()) {
            let keys: Vec<&Key> = wanted.iter().map(|(_, key)| key).collect();
            let records = self.lane(id).peek_shared(&keys).await?;
            for ((index, _), record) in wanted.iter().zip(records) {
                if let Some(record) = record {
                    is_news |= self.learn(&mut all[*index], self.catalog().connector(id), &record);
                }
            }
        }
        Some(is_news)
    }

    /// By what records of a type's connectors can be found, beside what those are asked by.
    fn traits(&self, ty: TypeId) -> Vec<Traits> {
        let identifying = self.identifying(ty);
        let traits = |id: ConnectorId| {
            let connector = self.catalog().connector(id);
            let is_found = |field: &&String| connector.gives.gives(field) && !connector.needs.contains(field);
            Traits { ty, id, fields: identifying.iter().filter(is_found).cloned().collect() }
        };
        self.telling(ty).into_iter().map(traits).filter(|traits| !traits.fields.is_empty()).collect()
    }

    fn clues_in(&self, traits: &Traits, record: &Record) -> Vec<Clue> {
        let connector = self.catalog().connector(traits.id);
        let view = record.view(&connector.gives);
        let clue = |field: &String| match view.field(field) {
            Content::Json(text) => Some(self.clue(traits.ty, field, &self.component(traits.ty, field, text)?)),
            _ => None,
        };
        traits.fields.iter().filter_map(clue).collect()
    }

    fn clues_to(&self, traits: &Traits, known: &Known) -> Vec<(u64, Clue)> {
        let definition = self.catalog().connector(traits.id).definition;
        let of = |field: &String| -> Vec<_> {
            known.values(field).map(|value| (definition, self.clue(traits.ty, field, value))).collect()
        };
        traits.fields.iter().flat_map(of).collect()
    }

    fn clue(&self, ty: TypeId, field: &str, value: &[u8]) -> Clue {
        [self.catalog().ty(ty).name.as_bytes(), field.as_bytes(), value].join(&0)
    }

    /// How long a record may be kept, and then anything that was asked for by it.
    fn matters_for(&self, traits: &Traits) -> Duration {
        let keep = |id: &ConnectorId| {
            let freshness = &self.catalog().connector(*id).freshness;
            freshness.keep().max(freshness.keep_absent()).unwrap_or_default()
        };
        let longest = self.serving(traits.ty).iter().map(keep).max().unwrap_or_default();
        keep(&traits.id) + longest
    }
}
