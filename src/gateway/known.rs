//! One object, as far as it is known: from what was said of it, and from records that are kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Gateway;
use crate::cache::{Lane, LaneSpec};
use crate::catalog::{Connector, ConnectorId, Layout, Node, Site, TypeId, TypeKind};
use crate::mapping::{Object, Value, Variables};
use crate::record::{Content, Key, Record, component};
use crate::sources::Args;

/// Most values of one field, and most keys of one connector, that are known of one object.
const MOST_VALUES: usize = 64;
/// A chain of needs longer than this is not followed.
pub(super) const MOST_ROUNDS: usize = 16;

/// One object, by the fields that tell it from others.
pub(super) struct Known {
    pub ty: TypeId,
    /// Values of fields, normalized, as components of keys.
    values: BTreeMap<String, BTreeSet<Vec<u8>>>,
    /// Fields of which a value was said that cannot be one of theirs.
    unfit: BTreeSet<String>,
}

impl Known {
    /// Whether a value of the field is known.
    pub fn has(&self, field: &str) -> bool {
        self.values.contains_key(field)
    }

    /// Whether something was said of the field that nobody can look for.
    pub fn is_unfit(&self, field: &str) -> bool {
        self.unfit.contains(field)
    }

    /// The values that are known of a field, as components of keys.
    pub fn values(&self, field: &str) -> impl Iterator<Item = &[u8]> {
        self.values.get(field).into_iter().flatten().map(Vec::as_slice)
    }

    /// How many values of each field are known.
    pub fn count(&self) -> BTreeMap<String, usize> {
        self.values.iter().map(|(field, values)| (field.clone(), values.len())).collect()
    }

    /// All values as they stand in texts, without quotes.
    pub fn texts(&self) -> Vec<String> {
        let texts = self.values.values().flatten().map(|value| String::from_utf8_lossy(value).into_owned());
        texts.map(|text| text.trim_matches('"').to_owned()).filter(|text| !text.is_empty()).collect()
    }

    /// The keys that a connector with these needs is asked with; none where one of them is unknown.
    pub fn keys(&self, needs: &[String]) -> Vec<Key> {
        if needs.is_empty() {
            return Vec::new();
        }
        let mut keys: Vec<Vec<&[u8]>> = vec![Vec::new()];
        for need in needs {
            let Some(values) = self.values.get(need) else { return Vec::new() };
            keys = keys
                .iter()
                .flat_map(|key| values.iter().map(|value| [key.as_slice(), &[value.as_slice()]].concat()))
                .take(MOST_VALUES)
                .collect();
        }
        keys.into_iter().map(Key::from_components).collect()
    }

    fn add(&mut self, field: &str, value: Vec<u8>) -> bool {
        let values = self.values.entry(field.to_owned()).or_default();
        values.len() < MOST_VALUES && values.insert(value)
    }
}

impl Gateway {
    /// An object of which these fields are told.
    pub(super) fn known(&self, ty: TypeId, fields: &Object<'_>) -> Known {
        let mut known = Known { ty, values: BTreeMap::new(), unfit: BTreeSet::new() };
        for (field, value) in fields.iter() {
            match self.canonical(ty, field, value) {
                Some(value) => _ = known.add(field, value),
                None => _ = known.unfit.insert(field.to_owned()),
            }
        }
        known
    }

    /// Adds what kept records tell of objects beside what is known of them: first backwards, from a value to the records
    /// that hold it, where connectors of which `is_wanted` is true are asked by fields that are not known yet; then
    /// forwards, along the chains of needs. Visits all of the memory, once, where it has to look backwards.
    pub(super) fn recall_keys(&self, all: &mut [Known], is_wanted: &dyn Fn(&Connector) -> bool) {
        self.look_back(all, is_wanted);
        for known in all {
            for _ in 0..MOST_ROUNDS {
                if !self.look_ahead(known) {
                    break;
                }
            }
        }
    }

    /// Whether connectors of which `is_wanted` is true are asked by fields of an object that are not known.
    pub(super) fn is_open(&self, known: &Known, is_wanted: &dyn Fn(&Connector) -> bool) -> bool {
        let catalog = self.catalog();
        let mut wanted =
            self.serving(known.ty).into_iter().map(|id| catalog.connector(id)).filter(|one| is_wanted(one));
        wanted.any(|one| one.needs.iter().any(|need| !known.has(need)))
    }

    /// Adds what a connector's record tells; whether that was news.
    pub(super) fn learn(&self, known: &mut Known, connector: &Connector, record: &Record) -> bool {
        let mut is_news = false;
        let view = record.view(&connector.gives);
        for field in self.identifying(known.ty) {
            if let Content::Json(text) = view.field(&field)
                && let Some(value) = self.component(known.ty, &field, text)
            {
                is_news |= known.add(&field, value);
            }
        }
        is_news
    }

    /// The lane of a connector without arguments.
    pub(super) fn lane(&self, id: ConnectorId) -> Lane {
        let catalog = self.catalog();
        let connector = catalog.connector(id);
        self.cache().lane(LaneSpec {
            definition: connector.definition,
            source: self.sources().fingerprint(id),
            args: Args::none().text(),
            freshness: connector.freshness,
            connector: &connector.id,
            department: &catalog.department(connector.department).name,
        })
    }

    /// Connectors that stand on a type or one of its fields, or find its entities.
    pub(super) fn serving(&self, ty: TypeId) -> Vec<ConnectorId> {
        let catalog = self.catalog();
        let finds = |id: &ConnectorId| catalog.object(ty).is_some_and(|object| object.connectors.contains(id));
        let ids = (0..).map(ConnectorId).take(catalog.connectors.len());
        ids.filter(|id| catalog.connector(*id).site.ty() == ty || finds(id)).collect()
    }

    /// Those of them whose records are of the whole object.
    pub(super) fn telling(&self, ty: TypeId) -> Vec<ConnectorId> {
        let catalog = self.catalog();
        let tells = |id: &ConnectorId| {
            let connector = catalog.connector(*id);
            matches!(connector.site, Site::Type(_)) || connector.needs_as_args
        };
        self.serving(ty).into_iter().filter(tells).collect()
    }

    /// The fields that connectors of a type are asked by.
    pub(super) fn identifying(&self, ty: TypeId) -> BTreeSet<String> {
        let catalog = self.catalog();
        self.serving(ty).into_iter().flat_map(|id| catalog.connector(id).needs.iter().cloned()).collect()
    }

    /// A value of a field, as it stands in a record, as it stands in keys.
    pub(super) fn component(&self, ty: TypeId, field: &str, text: &[u8]) -> Option<Vec<u8>> {
        self.canonical(ty, field, &Value::read(text).ok()?)
    }

    /// A value of a field as it stands in keys; `None` where it cannot be one.
    fn canonical(&self, ty: TypeId, field: &str, value: &Value<'_>) -> Option<Vec<u8>> {
        let catalog = self.catalog();
        let field = catalog.object(ty)?.fields.get(field)?;
        let node = match &catalog.ty(field.ty.base()).kind {
            TypeKind::Scalar(scalar) => Node::Scalar(*scalar),
            TypeKind::Enum(values) => Node::Enum(values.as_slice().into()),
            _ => return None,
        };
        match &field.normalize {
            Some(program) => component(&node, &program.run(Some(value), &Variables::default()).value?),
            None => component(&node, value),
        }
    }

    fn look_back(&self, all: &mut [Known], is_wanted: &dyn Fn(&Connector) -> bool) {
        let catalog = self.catalog();
        let types: BTreeSet<TypeId> = all.iter().map(|known| known.ty).collect();
        for ty in types {
            // Field → value → those of whom it is known.
            let mut sought: HashMap<String, HashMap<Vec<u8>, Vec<usize>>> = HashMap::new();
            for (index, known) in all.iter().enumerate().filter(|(_, one)| one.ty == ty && self.is_open(one, is_wanted))
            {
                for (field, values) in &known.values {
                    let by_value = sought.entry(field.clone()).or_default();
                    values.iter().for_each(|value| by_value.entry(value.clone()).or_default().push(index));
                }
            }
            let gives_sought = |id: &ConnectorId| sought.keys().any(|field| catalog.connector(*id).gives.gives(field));
            let tellers: Vec<ConnectorId> = self.telling(ty).into_iter().filter(gives_sought).collect();
            if tellers.is_empty() {
                continue;
            }
            let lanes: Vec<Lane> = tellers.iter().map(|id| self.lane(*id)).collect();
            self.cache().each_of(&lanes, |position, key, record| {
                let connector = catalog.connector(tellers[position]);
                for index in self.matches(ty, &sought, &connector.gives, record) {
                    self.learn(&mut all[index], connector, record);
                    self.learn_key(&mut all[index], connector, key);
                }
            });
        }
    }

    /// Of whom a record speaks.
    fn matches(
        &self,
        ty: TypeId,
        sought: &HashMap<String, HashMap<Vec<u8>, Vec<usize>>>,
        gives: &Layout,
        record: &Record,
    ) -> BTreeSet<usize> {
        let view = record.view(gives);
        let mut found = BTreeSet::new();
        for (field, by_value) in sought {
            if let Content::Json(text) = view.field(field)
                && let Some(value) = self.component(ty, field, text)
            {
                found.extend(by_value.get(&value).into_iter().flatten().copied());
            }
        }
        found
    }

    /// Adds the values that a record is kept under; whether that was news.
    pub(super) fn learn_key(&self, known: &mut Known, connector: &Connector, key: &Key) -> bool {
        let Value::Object(fields) = key.representation(&connector.needs) else { return false };
        let mut is_news = false;
        for (field, value) in fields.iter() {
            if let Some(value) = self.canonical(known.ty, field, value) {
                is_news |= known.add(field, value);
            }
        }
        is_news
    }

    /// One step along the chains of needs; whether it brought anything.
    fn look_ahead(&self, known: &mut Known) -> bool {
        let catalog = self.catalog().clone();
        let mut is_news = false;
        for id in self.telling(known.ty) {
            let connector = catalog.connector(id);
            let keys = known.keys(&connector.needs);
            if keys.is_empty() {
                continue;
            }
            let lane = self.lane(id);
            let kept: Vec<Record> = keys.iter().filter_map(|key| lane.peek(key)).collect();
            for record in kept {
                is_news |= self.learn(known, connector, &record);
            }
        }
        is_news
    }
}
