//! What deliveries speak of: types, and fields by which their objects are told apart.

use std::collections::BTreeSet;
use std::time::Duration;

use super::assemble::Assembly;
use super::directives::webhook::WebhookDirective;
use super::fits::{always, is_scalar, said};
use super::problem::said_names;
use super::reader::Reader;
use super::source_text::Place;
use crate::catalog::{Catalog, Connector, Object, Site, TypeId, TypeKind, Webhook};
use crate::mapping::{Program, Shape};

const CODE: &str = "INVALID_WEBHOOK";

/// Gives each source what its deliveries speak of.
pub(super) fn link(assembly: &mut Assembly<'_>, webhooks: Vec<WebhookDirective>, reader: &mut Reader<'_, '_>) {
    for webhook in webhooks {
        let source = source(&assembly.catalog, &webhook, reader);
        let ty = entity(&assembly.catalog, &webhook, reader);
        if let Some(program) = &webhook.program {
            check_variables(&webhook, program, reader);
        }
        let (Some(source), Some(ty), Some(keys)) = (source, ty, &webhook.program) else { continue };
        if assembly.is_complete() {
            Judge { catalog: &assembly.catalog, webhook: &webhook, source, ty, keys }.check(reader);
        }
        if let Some(keys) = webhook.program {
            let again = webhook.again.map(|seconds| Duration::from_secs(seconds as u64));
            assembly.catalog.sources[source].webhooks.push(Webhook { ty, keys, again });
        }
    }
}

fn source(catalog: &Catalog, webhook: &WebhookDirective, reader: &mut Reader<'_, '_>) -> Option<usize> {
    let name = &webhook.source;
    let found = catalog.sources.iter().position(|source| source.name == name.text);
    if found.is_none() {
        let known = catalog.sources.iter().map(|source| source.name.as_str());
        let message = format!("no @source is called `{}`", name.text);
        reader.problems.error("SOURCE_NAME_MISMATCH", name.inside(), message).nearest(&name.text, known);
    }
    found
}

fn entity(catalog: &Catalog, webhook: &WebhookDirective, reader: &mut Reader<'_, '_>) -> Option<TypeId> {
    let name = &webhook.type_name;
    let found = catalog.named(&name.text).filter(|(_, ty)| matches!(ty.kind, TypeKind::Object(_))).map(|(id, _)| id);
    if found.is_none() {
        let objects = catalog.types.iter().filter(|ty| matches!(ty.kind, TypeKind::Object(_)));
        let known = objects.map(|ty| ty.name.as_str()).filter(|name| !name.starts_with("__"));
        let message = format!("no object type is called {}", name.text);
        reader.problems.error(CODE, name.inside(), message).nearest(&name.text, known);
    }
    found
}

/// Only the payload is there, and what the operator has set for the source.
fn check_variables(webhook: &WebhookDirective, keys: &Program, reader: &mut Reader<'_, '_>) {
    for (written, span) in &keys.needs().spans {
        if written != "$config" && !written.starts_with("$config.") {
            let message = format!("`{written}` is unknown when a delivery comes");
            let place = webhook.keys.at(span.clone());
            reader.problems.error(CODE, place, message).help("read the payload, or `$config` of the source");
        }
    }
}

/// One directive whose names are known.
struct Judge<'a> {
    catalog: &'a Catalog,
    webhook: &'a WebhookDirective,
    source: usize,
    ty: TypeId,
    keys: &'a Program,
}

impl<'a> Judge<'a> {
    fn check(&self, reader: &mut Reader<'_, '_>) {
        let (name, source) = (&self.webhook.type_name, &self.webhook.source.text);
        let connectors: Vec<&Connector> = self.connectors().collect();
        if connectors.is_empty() {
            let message = format!("no connector of {source} gives anything of {}", name.text);
            let types = self.types_of_source();
            let help = format!("its connectors stand on {}", said_names(types.iter().copied()));
            let problem = reader.problems.error(CODE, name.inside(), message);
            problem.help = (!types.is_empty()).then_some(help);
            return;
        }
        if always(self.keys.gives(), is_scalar) {
            let found = said(self.keys.gives());
            let message = format!("`keys` must yield an object of fields of {}, but it yields {found}", name.text);
            let help = "name the field: `$.customer { id }`, or `id: $.customer`";
            reader.problems.error(CODE, self.webhook.keys.inside(), message).help(help);
            return;
        }
        let known = self.telling(&connectors);
        let mut is_known = true;
        for key in self.keys.gives().keys() {
            is_known &= self.check_key(key, &known, reader);
        }
        if is_known {
            self.check_reach(&connectors, reader);
        }
    }

    /// Connectors of the source that stand on the type, on its fields, or find its entities.
    fn connectors(&self) -> impl Iterator<Item = &'a Connector> {
        let object = self.object();
        let finds = move |index: usize| object.connectors.iter().any(|id| id.0 as usize == index);
        self.catalog.connectors.iter().enumerate().filter_map(move |(index, connector)| {
            let is_ours = connector.source.is_some_and(|id| usize::from(id.0) == self.source);
            (is_ours && (connector.site.ty() == self.ty || finds(index))).then_some(connector)
        })
    }

    fn object(&self) -> &'a Object {
        self.catalog.object(self.ty).expect("only object types come so far")
    }

    fn types_of_source(&self) -> BTreeSet<&'a str> {
        let own = self.catalog.connectors.iter().filter(|connector| {
            connector.source.is_some_and(|id| usize::from(id.0) == self.source) && !connector.needs.is_empty()
        });
        own.map(|connector| self.catalog.ty(connector.site.ty()).name.as_str()).collect()
    }

    /// The fields by which an object can be told: what its connectors are asked by, and plain values that they give.
    fn telling(&self, connectors: &[&'a Connector]) -> BTreeSet<&'a str> {
        let asked = connectors.iter().flat_map(|connector| connector.needs.iter().map(String::as_str));
        let whole = connectors.iter().filter(|connector| matches!(connector.site, Site::Type(_)));
        let given = whole.flat_map(|connector| connector.gives.slots.iter().map(|slot| slot.field.as_str()));
        asked.chain(given.filter(|field| self.is_leaf(field))).collect()
    }

    fn is_leaf(&self, field: &str) -> bool {
        self.object().fields.get(field).is_some_and(|field| {
            let kind = &self.catalog.ty(field.ty.base()).kind;
            field.ty.item().is_none() && matches!(kind, TypeKind::Scalar(_) | TypeKind::Enum(_))
        })
    }

    fn check_key(&self, key: &str, known: &BTreeSet<&str>, reader: &mut Reader<'_, '_>) -> bool {
        let (ty, source) = (&self.webhook.type_name.text, &self.webhook.source.text);
        if known.contains(key) {
            return self.check_value(key, reader);
        }
        let message = match self.object().fields.contains_key(key) {
            true => format!("`{key}` tells nobody: no connector of {source} is asked by {ty}.{key}, and none gives it"),
            false => format!("{ty} has no field `{key}`"),
        };
        let place = self.place_of(key);
        reader.problems.error(CODE, place, message).nearest(key, known.iter().copied());
        false
    }

    /// A key is one plain value.
    fn check_value(&self, key: &str, reader: &mut Reader<'_, '_>) -> bool {
        let composite = |shape: &Shape| matches!(shape, Shape::List(_) | Shape::Object { .. });
        let Some(shape) = self.keys.gives().field(key).filter(|shape| always(shape, composite)) else { return true };
        let message = format!("`{key}` must be one value, but the mapping yields {}", said(&shape));
        let help = match shape {
            Shape::List(_) => format!("make an object of each: `->map({{ {key}: @ }})`"),
            _ => "take one value of it: `.id`".to_owned(),
        };
        reader.problems.error(CODE, self.place_of(key), message).help(help);
        false
    }

    /// Whether anything is found by what may be yielded.
    fn check_reach(&self, connectors: &[&Connector], reader: &mut Reader<'_, '_>) {
        let gives = self.keys.gives();
        let is_told = |field: &String| gives.field(field).is_some();
        let is_asked = |connector: &&Connector| !connector.needs.is_empty() && connector.needs.iter().all(is_told);
        let holds = |connector: &&Connector| {
            matches!(connector.site, Site::Type(_))
                && connector.gives.slots.iter().any(|slot| is_told(&slot.field) && self.is_leaf(&slot.field))
        };
        if connectors.iter().any(|connector| is_asked(connector) || holds(connector)) {
            return;
        }
        let (ty, source) = (&self.webhook.type_name.text, &self.webhook.source.text);
        let message = format!("nothing of {ty} is found by what `keys` yields");
        let wanted: BTreeSet<String> = connectors
            .iter()
            .map(|connector| connector.needs.join(" and "))
            .filter(|needs| !needs.is_empty())
            .collect();
        let help = format!("connectors of {source} are asked by {}", said_names(wanted.iter().map(String::as_str)));
        reader.problems.error(CODE, self.webhook.keys.inside(), message).help(help);
    }

    /// Where the mapping names a field.
    fn place_of(&self, key: &str) -> Place {
        let named = self.keys.outline().key(&[key.to_owned()]);
        named.map_or_else(|| self.webhook.keys.inside(), |span| self.webhook.keys.at(span))
    }
}
