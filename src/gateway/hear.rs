//! What vendors and operators have the gateway forget.

use std::collections::BTreeSet;
use std::time::SystemTime;

use super::Gateway;
use crate::cache::Target;
use crate::catalog::{Connector, ConnectorId, SourceId, TypeId, TypeKind};
use crate::hooks::{Delivery, Denied, Hook, Told};
use crate::mapping::{Object, Value, Variables};
use crate::record::{Key, component};

/// What is to be forgotten.
#[derive(Clone, Debug, PartialEq)]
pub enum Purge {
    /// All of it.
    Everything,
    /// What a source gave.
    Source(String),
    /// What a connector gave.
    Connector(String),
    /// What connectors of a type gave; of one entity where key fields are given.
    Entity(String, Option<Object<'static>>),
}

/// What was forgotten, connector by connector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Connectors by id that forgot one key or some.
    pub keys: BTreeSet<String>,
    /// Connectors by id that forgot all that they gave.
    pub whole: BTreeSet<String>,
}

impl Purge {
    /// `{"everything": true}`, `{"source": "crm"}`, `{"connector": "crmContact"}`, `{"entity": "Customer"}` or
    /// `{"entity": "Customer", "key": {"id": "c-1"}}`.
    ///
    /// Errors: what was expected.
    pub fn read(body: &[u8]) -> Result<Purge, &'static str> {
        const ONE: &str = "expected an object with one of \"everything\": true, \"source\", \"connector\" or \"entity\", \
                           and with \"entity\" a \"key\": an object of its fields";
        let Ok(Value::Object(asked)) = Value::read(body) else { return Err(ONE) };
        let text = |name: &str| match asked.get(name) {
            Some(Value::Text(text)) => Some(text.clone().into_owned()),
            _ => None,
        };
        let names: Vec<&str> = asked.iter().map(|(name, _)| name).collect();
        match names.as_slice() {
            ["everything"] if asked.get("everything") == Some(&Value::Bool(true)) => Ok(Purge::Everything),
            ["source"] => text("source").map(Purge::Source).ok_or(ONE),
            ["connector"] => text("connector").map(Purge::Connector).ok_or(ONE),
            ["entity"] => text("entity").map(|entity| Purge::Entity(entity, None)).ok_or(ONE),
            ["entity", "key"] | ["key", "entity"] => match (text("entity"), asked.get("key")) {
                (Some(entity), Some(key @ Value::Object(_))) => match key.clone().into_owned() {
                    Value::Object(key) if !key.is_empty() => Ok(Purge::Entity(entity, Some(key))),
                    _ => Err(ONE),
                },
                _ => Err(ONE),
            },
            _ => Err(ONE),
        }
    }
}

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

    /// Forgets what a delivery to a source's webhook speaks of.
    ///
    /// Errors: why nobody listens to it.
    pub fn hear(&self, source: &str, hook: &Hook, delivery: &Delivery<'_>) -> Result<Forgotten, Denied> {
        let told = hook.hear(delivery, SystemTime::now())?;
        let catalog = self.catalog();
        let Some(position) = catalog.sources.iter().position(|known| known.name == source) else {
            return Ok(Forgotten::default());
        };
        let of_source = |connector: &Connector| connector.source.is_some_and(|id| self.is(id, position));
        let mut forgotten = Forgotten::default();
        match told {
            Told::Everything => self.forget_where(&of_source, &mut forgotten),
            Told::Keys(keys) => {
                for (name, key) in keys {
                    if let Some((ty, _)) = catalog.named(&name) {
                        let speaks = |id| of_source(catalog.connector(id));
                        self.forget_key(ty, &key, &speaks, &mut forgotten);
                    }
                }
            }
        }
        Ok(forgotten)
    }

    /// Forgets what an operator names.
    ///
    /// Errors: what is not there.
    pub fn purge(&self, purge: &Purge) -> Result<Forgotten, &'static str> {
        let catalog = self.catalog();
        let mut forgotten = Forgotten::default();
        match purge {
            Purge::Everything => {
                self.cache().forget(Target::Everything);
                forgotten.whole.extend(catalog.connectors.iter().map(|connector| connector.id.clone()));
            }
            Purge::Source(name) => {
                let known = catalog.sources.iter().position(|source| source.name == *name);
                let position = known.ok_or("no source of the schema has this name")?;
                let of_source = |connector: &Connector| connector.source.is_some_and(|id| self.is(id, position));
                self.forget_where(&of_source, &mut forgotten);
            }
            Purge::Connector(id) => {
                let known = catalog.connectors.iter().find(|connector| connector.id == *id);
                self.forget_whole(known.ok_or("no connector has this id")?, &mut forgotten);
            }
            Purge::Entity(name, key) => {
                let ty = self.entity(name)?;
                match key {
                    Some(key) => self.forget_key(ty, key, &|_| true, &mut forgotten),
                    None => self.forget_where(&|connector| self.serves(connector, ty), &mut forgotten),
                }
            }
        }
        Ok(forgotten)
    }

    /// Forgets one entity and everything that may hang on it. By key where the key is known; connectors that are asked
    /// by other keys, which only the sources could tell, and those of every type that can be reached from it forget all
    /// that they gave: more than was wanted, and never less. The memory is given back before this returns, so it may
    /// take a while.
    ///
    /// Errors: there is no such type.
    pub fn forget_entity(&self, name: &str, key: &Object<'_>) -> Result<Forgotten, &'static str> {
        let ty = self.entity(name)?;
        let mut forgotten = Forgotten::default();
        self.forget_key(ty, key, &|_| true, &mut forgotten);
        let reached = self.reached(ty);
        let rest = |connector: &Connector| {
            !forgotten.keys.contains(&connector.id) && reached.iter().any(|ty| self.serves(connector, *ty))
        };
        let mut whole = Forgotten::default();
        self.forget_where(&rest, &mut whole);
        self.cache().sweep();
        Ok(Forgotten { keys: forgotten.keys, whole: forgotten.whole.into_iter().chain(whole.whole).collect() })
    }

    fn is(&self, id: SourceId, position: usize) -> bool {
        usize::from(id.0) == position
    }

    fn entity(&self, name: &str) -> Result<TypeId, &'static str> {
        let known = self.catalog().named(name).filter(|(_, ty)| matches!(ty.kind, TypeKind::Object(_)));
        known.map(|(id, _)| id).ok_or("no object type of the schema has this name")
    }

    /// Whether a connector stands on a type, on one of its fields, or finds its entities.
    fn serves(&self, connector: &Connector, ty: TypeId) -> bool {
        let finds = |id: &ConnectorId| self.catalog().connector(*id).definition == connector.definition;
        connector.site.ty() == ty || self.catalog().object(ty).is_some_and(|object| object.connectors.iter().any(finds))
    }

    fn forget_whole(&self, connector: &Connector, forgotten: &mut Forgotten) {
        self.cache().forget(Target::Connector(connector.definition));
        forgotten.whole.insert(connector.id.clone());
    }

    fn forget_where(&self, which: &dyn Fn(&Connector) -> bool, forgotten: &mut Forgotten) {
        self.catalog().connectors.iter().filter(|connector| which(connector)).for_each(|connector| {
            self.forget_whole(connector, forgotten);
        });
    }

    /// Forgets what connectors hold of one entity: those whose needs are all among the fields that are given.
    fn forget_key(&self, ty: TypeId, key: &Object<'_>, which: &dyn Fn(ConnectorId) -> bool, forgotten: &mut Forgotten) {
        let catalog = self.catalog();
        for (connector, number) in catalog.connectors.iter().zip(0..) {
            let is_covered = !connector.needs.is_empty() && connector.needs.iter().all(|need| key.get(need).is_some());
            if !is_covered || !self.serves(connector, ty) || !which(ConnectorId(number)) {
                continue;
            }
            match self.key(ty, connector, key) {
                Some(key) => {
                    self.cache().forget(Target::Key { definition: connector.definition, key: &key });
                    forgotten.keys.insert(connector.id.clone());
                }
                // The form of its keys is not known here, or a value does not fit.
                None => self.forget_whole(connector, forgotten),
            }
        }
    }

    /// A connector's key as it is asked with: normalized, and each value of its field's type.
    fn key(&self, ty: TypeId, connector: &Connector, fields: &Object<'_>) -> Option<Key> {
        let object = self.catalog().object(ty)?;
        let mut components = Vec::with_capacity(connector.needs.len());
        for need in &connector.needs {
            let node = &connector.gives.slot(need)?.node;
            let given = fields.get(need)?;
            let text = match object.fields.get(need).and_then(|field| field.normalize.as_ref()) {
                Some(program) => component(node, &program.run(Some(given), &Variables::default()).value?)?,
                None => component(node, given)?,
            };
            components.push(text);
        }
        Some(Key::from_components(components.iter().map(Vec::as_slice)))
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
