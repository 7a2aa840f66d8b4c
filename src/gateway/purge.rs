//! What operators have the gateway forget, and how it is forgotten.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Gateway;
use super::known::Known;
use crate::cache::Target;
use crate::catalog::{Connector, TypeId, TypeKind};
use crate::mapping::{Object, Value};
use crate::record::Key;

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
    /// Forgets what an operator names. Of one entity: what connectors gave that are asked by the fields given, and by
    /// those that kept records have beside them; every record in memory is looked at then. What only the shared tier leads
    /// to is forgotten a little later.
    ///
    /// Errors: what is not there.
    pub fn purge(self: &Arc<Self>, purge: &Purge) -> Result<Forgotten, &'static str> {
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
                let is_its = |one: &Connector| one.source.is_some_and(|id| usize::from(id.0) == position);
                self.forget_where(&is_its, &mut forgotten);
            }
            Purge::Connector(id) => {
                let known = catalog.connectors.iter().find(|connector| connector.id == *id);
                self.forget_whole(known.ok_or("no connector has this id")?, &mut forgotten);
            }
            Purge::Entity(name, None) => {
                let serving = self.serving(self.entity(name)?);
                serving.into_iter().for_each(|id| self.forget_whole(catalog.connector(id), &mut forgotten));
            }
            Purge::Entity(name, Some(key)) => {
                let mut known = [self.known(self.entity(name)?, key)];
                self.recall_keys(&mut known, &|_| true);
                self.forget_known(&known[0], &|_| true, &mut forgotten);
                self.pursue(None, known.into(), Arc::new(|_| true));
            }
        }
        Ok(forgotten)
    }

    /// The object type of this name.
    ///
    /// Errors: there is none.
    pub(super) fn entity(&self, name: &str) -> Result<TypeId, &'static str> {
        let known = self.catalog().named(name).filter(|(_, ty)| matches!(ty.kind, TypeKind::Object(_)));
        known.map(|(id, _)| id).ok_or("no object type of the schema has this name")
    }

    pub(super) fn forget_whole(&self, connector: &Connector, forgotten: &mut Forgotten) {
        self.cache().forget(Target::Connector(connector.definition));
        forgotten.whole.insert(connector.id.clone());
    }

    pub(super) fn forget_where(&self, which: &dyn Fn(&Connector) -> bool, forgotten: &mut Forgotten) {
        self.catalog().connectors.iter().filter(|connector| which(connector)).for_each(|connector| {
            self.forget_whole(connector, forgotten);
        });
    }

    /// Forgets what connectors hold of one object: those that are asked by what is known of it.
    pub(super) fn forget_known(&self, known: &Known, which: &dyn Fn(&Connector) -> bool, forgotten: &mut Forgotten) {
        let catalog = self.catalog();
        for connector in self.serving(known.ty).into_iter().map(|id| catalog.connector(id)).filter(|one| which(one)) {
            if self.forget_keys(known, connector) > 0 {
                forgotten.keys.insert(connector.id.clone());
            } else if self.is_meant(known, connector) {
                self.forget_whole(connector, forgotten);
            }
        }
    }

    /// The keys of an object that connectors are asked by, each with the connector's definition.
    pub(super) fn keys_of(&self, known: &Known, which: &dyn Fn(&Connector) -> bool) -> Vec<(u64, Key)> {
        let catalog = self.catalog();
        let serving = self.serving(known.ty).into_iter().map(|id| catalog.connector(id)).filter(|one| which(one));
        let keys = |one: &Connector| {
            let definition = one.definition;
            known.keys(&one.needs).into_iter().map(move |key| (definition, key))
        };
        serving.flat_map(keys).collect()
    }

    /// Forgets what a connector holds of one object; under how many keys.
    pub(super) fn forget_keys(&self, known: &Known, connector: &Connector) -> usize {
        let keys = known.keys(&connector.needs);
        keys.iter().for_each(|key| self.cache().forget(Target::Key { definition: connector.definition, key }));
        keys.len()
    }

    /// Whether something was said of all that a connector is asked by, and a part of it is of no form that can be.
    fn is_meant(&self, known: &Known, connector: &Connector) -> bool {
        let is_said = |need: &String| known.has(need) || known.is_unfit(need);
        !connector.needs.is_empty() && connector.needs.iter().all(is_said)
    }
}
