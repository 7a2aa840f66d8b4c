//! One customer forgotten for good: by all of their keys, in every tier, and out of memory at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::Gateway;
use super::known::Known;
use super::purge::Forgotten;
use crate::catalog::{Connector, ConnectorId, Layout, Node, Scope, TypeId};
use crate::mapping::Object;
use crate::record::{Code, Key, Reply, Terms};
use crate::sources::{Args, Order, ScopeTag, Waiting};

/// How long other gateways and the shared tier may take to be told.
const TELLING: Duration = Duration::from_secs(5);

/// What was forgotten of one customer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Farewell {
    /// By which fields they were looked for, with how many values of each.
    pub fields: BTreeMap<String, usize>,
    /// What became of asking systems for keys, by the name of the source.
    pub asked: BTreeMap<String, Said>,
    /// What each connector forgot, in order of declaration.
    pub gone: Vec<Gone>,
    /// Records that left memory, remembered absences among them.
    pub records: u64,
    /// Bytes of those records.
    pub bytes: u64,
    /// Whole answers that left memory.
    pub answers: u64,
    /// Remembered operations in whose text a key stood.
    pub operations: u64,
    /// Whether the shared tier and the other gateways have forgotten too by now; true where there are none.
    pub is_everywhere: bool,
}

/// What a source said when it was asked for a customer's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It knows them.
    Found,
    /// It does not.
    Absent,
    /// It did not answer, with the code of the failure.
    Failed(Code),
}

/// What one connector forgot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Its id.
    pub connector: String,
    /// The type that it stands on.
    pub ty: String,
    /// Its source.
    pub source: String,
    /// What of.
    pub what: What,
}

/// How much a connector forgot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// So many keys, whatever their arguments.
    Keys(usize),
    /// All that it gave, and why.
    Whole(String),
}

impl Gateway {
    /// Forgets one customer: by every key that the fields given lead to, in kept records and along the chains of needs,
    /// for which the sources are asked. What cannot be told apart is forgotten whole: more than was wanted, and never
    /// less. The memory is given back before this returns, so it may take a while.
    ///
    /// Errors: there is no such type, or it has no such fields.
    pub async fn forget_entity(self: &Arc<Self>, name: &str, key: Object<'static>) -> Result<Farewell, &'static str> {
        let ty = self.entity(name)?;
        let gateway = self.clone();
        let recalling = tokio::task::spawn_blocking(move || {
            let mut known = [gateway.known(ty, &key)];
            gateway.recall_keys(&mut known, &|_| true);
            known
        });
        let mut known = recalling.await.map_err(|_| "looking for the customer's keys panicked")?;
        let mut is_asked = self.recall_shared(&mut known, &|_| true).await;
        let identifying = self.identifying(ty);
        if !identifying.iter().any(|field| known[0].has(field)) {
            return Err("no connector is asked by these fields, and no kept record has them");
        }
        let said = self.ask_for_keys(&mut known[0]).await;
        // Keys that systems told may lead to more of them.
        is_asked &= self.recall_shared(&mut known, &|_| true).await;
        let [known] = known;
        let mut farewell = Farewell { fields: known.count(), ..Farewell::default() };
        self.part(&known, &said, &mut farewell);
        for (id, said) in said {
            let source = self.catalog().origin(self.catalog().connector(id));
            let before = farewell.asked.entry(source).or_insert(said);
            *before = before.and(said);
        }
        let texts = known.texts();
        self.pass_on_farewell(&texts);
        let is_told = self.cache().told(TELLING).await;
        let clues = self.clues_of(&known);
        farewell.is_everywhere = is_told && is_asked && self.cache().remove(&clues).await;
        self.cache().erase_again(&self.keys_of(&known, &|_| true), &clues);
        let gateway = self.clone();
        let sweeping = tokio::task::spawn_blocking(move || {
            gateway.give_back(&texts, &mut farewell);
            farewell
        });
        sweeping.await.map_err(|_| "giving the memory back panicked")
    }

    /// Asks the sources, hop by hop, for the fields that connectors are asked by. What they answer is kept nowhere.
    async fn ask_for_keys(&self, known: &mut Known) -> BTreeMap<ConnectorId, Said> {
        let catalog = self.catalog();
        let until = Instant::now() + self.deadline();
        let identifying = self.identifying(known.ty);
        let leads_on = |id: &ConnectorId| {
            let connector = catalog.connector(*id);
            let is_news = |field: &String| connector.gives.gives(field) && !connector.needs.contains(field);
            connector.enabled && connector.freshness.scope == Scope::Public && identifying.iter().any(is_news)
        };
        let tellers: Vec<ConnectorId> = self.telling(known.ty).into_iter().filter(leads_on).collect();
        let mut asked: BTreeSet<(ConnectorId, Key)> = BTreeSet::new();
        let mut said: BTreeMap<ConnectorId, Said> = BTreeMap::new();
        loop {
            let (settle, mut settled) = mpsc::unbounded_channel();
            let mut waited_for = BTreeSet::new();
            for id in &tellers {
                let keys = known.keys(&catalog.connector(*id).needs);
                let keys: Vec<Key> = keys.into_iter().filter(|key| asked.insert((*id, key.clone()))).collect();
                waited_for.extend((0..keys.len()).map(|index| (*id, index)));
                if !keys.is_empty() {
                    self.order(*id, keys, until, settle.clone());
                }
            }
            if waited_for.is_empty() {
                return said;
            }
            drop(settle);
            while let Ok(Some((id, index, reply))) = timeout_at(until, settled.recv()).await {
                waited_for.remove(&(id, index));
                if let Reply::Found(record) = &reply {
                    self.learn(known, catalog.connector(id), record);
                }
                note(&mut said, id, Said::of(&reply));
            }
            waited_for.into_iter().for_each(|(id, _)| note(&mut said, id, Said::Failed(Code::Timeout)));
        }
    }

    fn order(&self, id: ConnectorId, keys: Vec<Key>, until: Instant, settle: Settling) {
        self.sources().submit(Order {
            connector: id,
            args: Arc::new(Args::none()),
            scope: ScopeTag::Shared,
            headers: None,
            keys,
            known: Vec::new(),
            edition: self.lane(id).touched().number(),
            deadline: Some(until.into_std()),
            waiting: Arc::new(Asking { id, settle }),
        });
    }

    /// Forgets, connector by connector.
    fn part(&self, known: &Known, said: &BTreeMap<ConnectorId, Said>, farewell: &mut Farewell) {
        let catalog = self.catalog();
        let reached = self.reached(known.ty);
        let serving = self.serving(known.ty);
        for (connector, number) in catalog.connectors.iter().zip(0..) {
            let id = ConnectorId(number);
            let holds = reached.iter().find(|ty| **ty != known.ty && self.serving(**ty).contains(&id));
            let why = match (serving.contains(&id), holds) {
                _ if mentions(&connector.gives, known.ty) => {
                    Some(format!("{} may stand within what it gives", catalog.ty(known.ty).name))
                }
                (true, _) => self.doubt(connector, known, said),
                (false, Some(ty)) => {
                    Some(format!("whose {} is whose is known to the source alone", catalog.ty(*ty).name))
                }
                (false, None) => continue,
            };
            let what = match why {
                None => What::Keys(self.forget_keys(known, connector)),
                Some(why) => {
                    self.forget_whole(connector, &mut Forgotten::default());
                    What::Whole(why)
                }
            };
            let ty = catalog.ty(connector.site.ty()).name.clone();
            let (id, source) = (connector.id.clone(), catalog.origin(connector));
            farewell.gone.push(Gone { connector: id, ty, source, what });
        }
    }

    /// Why not all keys of a connector may be known.
    fn doubt(&self, connector: &Connector, known: &Known, said: &BTreeMap<ConnectorId, Said>) -> Option<String> {
        if connector.needs.is_empty() {
            return Some("it is asked by no key".to_owned());
        }
        let catalog = self.catalog();
        for need in &connector.needs {
            let failed = said.iter().find_map(|(id, said)| match said {
                Said::Failed(code) if catalog.connector(*id).gives.gives(need) => Some((catalog.connector(*id), *code)),
                _ => None,
            });
            if let Some((giver, code)) = failed.filter(|(giver, _)| !giver.needs.contains(need)) {
                let source = catalog.origin(giver);
                return Some(format!("`{need}` is told by {source}, which could not be asked ({})", code.as_str()));
            }
            if !known.has(need) {
                return Some(format!("`{need}` is told by no kept record and by no system"));
            }
        }
        None
    }

    /// Gives the memory back of everything that holds no longer, and of operations in which one of these texts stands.
    pub(super) fn give_back(&self, texts: &[String], farewell: &mut Farewell) {
        let swept = self.cache().sweep();
        (farewell.records, farewell.bytes) = (swept.records, swept.bytes);
        self.sources().let_go(|id| self.lane(id).touched().number());
        (farewell.answers, farewell.operations) = self.sweep(SystemTime::now(), texts);
    }

    /// A type and every object type that fields lead to from there.
    fn reached(&self, from: TypeId) -> Vec<TypeId> {
        let mut reached = vec![from];
        let mut at = 0;
        while let Some(ty) = reached.get(at).copied() {
            at += 1;
            let Some(object) = self.catalog().object(ty) else { continue };
            for field in object.fields.values() {
                let next = field.ty.base();
                if !reached.contains(&next) {
                    reached.push(next);
                }
            }
        }
        reached
    }
}

/// Whether objects of a type stand within what is given.
fn mentions(gives: &Layout, ty: TypeId) -> bool {
    let is = |layout: &Layout| layout.ty == ty || mentions(layout, ty);
    gives.slots.iter().any(|slot| match &slot.node {
        Node::Object(layout) => is(layout),
        Node::Abstract(layouts) => layouts.iter().any(|(_, layout)| is(layout)),
        Node::Scalar(_) | Node::Enum(_) => false,
    })
}

impl Said {
    fn of(reply: &Reply) -> Said {
        match reply {
            Reply::Found(_) => Said::Found,
            Reply::Absent => Said::Absent,
            Reply::Failed(failure) => Said::Failed(failure.code),
        }
    }

    /// What is said of several keys together: the worst.
    fn and(self, other: Said) -> Said {
        match (self, other) {
            (Said::Failed(_), _) => self,
            (_, Said::Failed(_)) => other,
            (Said::Found, _) | (_, Said::Found) => Said::Found,
            (Said::Absent, Said::Absent) => Said::Absent,
        }
    }
}

fn note(said: &mut BTreeMap<ConnectorId, Said>, id: ConnectorId, more: Said) {
    let before = said.entry(id).or_insert(more);
    *before = before.and(more);
}

type Settling = mpsc::UnboundedSender<(ConnectorId, usize, Reply)>;

/// Who waits for the answers of one connector.
struct Asking {
    id: ConnectorId,
    settle: Settling,
}

impl Waiting for Asking {
    fn settle(&self, index: usize, reply: Reply, _as_of: SystemTime, _terms: Option<&Arc<Terms>>) {
        // Nobody waits for what comes too late.
        let _ = self.settle.send((self.id, index, reply));
    }
}
