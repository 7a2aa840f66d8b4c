//! Keys: declared by `@key`, and implied by what connectors need.

use std::collections::BTreeSet;

use super::assemble::Assembly;
use super::reader::Reader;
use crate::catalog::{Catalog, ConnectorId, Object, Site, TypeId, TypeKind};

/// Fills the keys and connectors of every object type.
pub(super) fn link(assembly: &mut Assembly<'_>, reader: &mut Reader<'_, '_>) {
    declared(assembly, reader);
    let ids: Vec<ConnectorId> = assembly.connector_ids().collect();
    for id in ids {
        let connector = assembly.catalog.connector(id);
        let Site::Type(ty) = connector.site else { continue };
        let needs = connector.needs.clone();
        let Some(object) = object_mut(&mut assembly.catalog, ty) else { continue };
        object.connectors.push(id);
        if !needs.is_empty() {
            add(object, needs);
        }
    }
}

fn declared(assembly: &mut Assembly<'_>, reader: &mut Reader<'_, '_>) {
    for key in &assembly.written.keys {
        let Some(ty) = assembly.catalog.names.get(&key.type_name).copied() else { continue };
        let catalog = &assembly.catalog;
        let Some(object) = catalog.object(ty) else { continue };
        let mut complete = true;
        for name in &key.fields {
            let field = object.fields.get(name);
            let is_leaf = field.is_some_and(|field| {
                field.ty.item().is_none()
                    && matches!(catalog.ty(field.ty.base()).kind, TypeKind::Scalar(_) | TypeKind::Enum(_))
            });
            complete &= is_leaf;
            if field.is_none() {
                let message = format!("{} has no field `{name}`", key.type_name);
                let known = object.fields.keys().map(String::as_str);
                reader.problems.error("UNDEFINED_FIELD", key.text.inside(), message).nearest(name, known);
            } else if !is_leaf {
                let message = format!("{}.{name} is no scalar field, so it cannot serve as a key", key.type_name);
                reader.problems.error("CONNECTORS_CANNOT_RESOLVE_KEY", key.text.inside(), message);
            }
        }
        if complete && let Some(object) = object_mut(&mut assembly.catalog, ty) {
            add(object, key.fields.clone());
        }
    }
}

/// Adds a key that is not there yet in any order.
fn add(object: &mut Object, key: Vec<String>) {
    let same = |other: &Vec<String>| other.iter().collect::<BTreeSet<_>>() == key.iter().collect();
    if !object.keys.iter().any(same) {
        object.keys.push(key);
    }
}

pub(super) fn object_mut(catalog: &mut Catalog, ty: TypeId) -> Option<&mut Object> {
    match &mut catalog.types[ty.0 as usize].kind {
        TypeKind::Object(object) => Some(object),
        _ => None,
    }
}
