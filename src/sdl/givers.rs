//! Who gives each field: one connector, or several in the order of `@prefer`.

use super::assemble::Assembly;
use super::directives::prefer::PreferDirective;
use super::gather::Site;
use super::keys::object_mut;
use super::reader::Reader;
use super::source_text::Place;
use crate::catalog::{ConnectorId, Role, TypeId, TypeKind};

/// Fills the givers of every field; two of them without `@prefer` are a problem.
pub(super) fn link(assembly: &mut Assembly<'_>, reader: &mut Reader<'_, '_>) {
    let given: Vec<(TypeId, String, ConnectorId)> = assembly
        .connector_ids()
        .flat_map(|id| {
            let connector = assembly.catalog.connector(id);
            let news = connector.gives.slots.iter().filter(|slot| !connector.needs.contains(&slot.field));
            news.map(move |slot| (connector.site.ty(), slot.field.clone(), id)).collect::<Vec<_>>()
        })
        .collect();
    for (ty, field, id) in given {
        if let Some(object) = object_mut(&mut assembly.catalog, ty)
            && let Some(field) = object.fields.get_mut(&field)
            && !field.givers.contains(&id)
        {
            field.givers.push(id);
        }
    }
    for ((type_name, field), prefer) in sorted(assembly) {
        if let Some(order) = preferred(assembly, &type_name, &field, prefer, reader)
            && let Some(ty) = assembly.catalog.names.get(&type_name).copied()
            && let Some(object) = object_mut(&mut assembly.catalog, ty)
            && let Some(field) = object.fields.get_mut(&field)
        {
            field.givers = order;
            field.preferred = true;
        }
    }
    check_single(assembly, reader);
}

fn sorted<'a>(assembly: &Assembly<'a>) -> Vec<((String, String), &'a PreferDirective)> {
    let mut prefers: Vec<_> = assembly.written.prefers.iter().map(|(at, prefer)| (at.clone(), prefer)).collect();
    prefers.sort_by_key(|(_, prefer)| prefer.place);
    prefers
}

/// The givers in the order declared. All of them must be named, and only they.
fn preferred(
    assembly: &Assembly<'_>,
    type_name: &str,
    field: &str,
    prefer: &PreferDirective,
    reader: &mut Reader<'_, '_>,
) -> Option<Vec<ConnectorId>> {
    let catalog = &assembly.catalog;
    let (ty, _) = catalog.named(type_name)?;
    let givers = &catalog.object(ty)?.fields.get(field)?.givers;
    if prefer.order.iter().any(|name| assembly.is_unread(&name.text)) {
        return None;
    }
    let known: Vec<&str> = givers.iter().map(|id| catalog.connector(*id).id.as_str()).collect();
    let mut order = Vec::new();
    for name in &prefer.order {
        match assembly.connector_named(&name.text).filter(|id| givers.contains(id)) {
            Some(id) => order.push(id),
            None => {
                let message = format!("`{}` does not give {type_name}.{field}", name.text);
                reader
                    .problems
                    .error("PREFER_NOT_A_GIVER", name.inside(), message)
                    .help(format!("those that do: {}", known.join(", ")));
            }
        }
    }
    let missing: Vec<&str> =
        givers.iter().filter(|id| !order.contains(id)).map(|id| catalog.connector(*id).id.as_str()).collect();
    if !missing.is_empty() {
        let message = format!("{type_name}.{field} is also given by {}: the order must name all", missing.join(", "));
        reader.problems.error("PREFER_INCOMPLETE", prefer.place, message);
    }
    Some(order)
}

fn check_single(assembly: &Assembly<'_>, reader: &mut Reader<'_, '_>) {
    let catalog = &assembly.catalog;
    for ty in &catalog.types {
        let TypeKind::Object(object) = &ty.kind else { continue };
        for (name, field) in &object.fields {
            if field.preferred || object.is_key(name) || alternatives(assembly, &field.givers) {
                continue;
            }
            let place = assembly.field_place(reader, &ty.name, name);
            let ids: Vec<&str> = field.givers.iter().map(|id| catalog.connector(*id).id.as_str()).collect();
            let related: Vec<(Place, String)> = field
                .givers
                .iter()
                .map(|id| (assembly.connector_place(*id), format!("{} gives it", catalog.connector(*id).id)))
                .collect();
            let message = format!("{}.{name} is given by {}", ty.name, ids.join(" and by "));
            reader
                .problems
                .error_with("FIELD_GIVEN_TWICE", place, message, related)
                .help(format!("select it once, or write @prefer(order: {ids:?})"));
        }
    }
    check_roots(assembly, reader);
}

/// Whether at most one of them is meant at a time: one alone, or several of one source that start from different
/// keys, as files written for entities with several keys have them.
fn alternatives(assembly: &Assembly<'_>, givers: &[ConnectorId]) -> bool {
    givers.iter().enumerate().all(|(index, id)| {
        let connector = assembly.catalog.connector(*id);
        givers[..index].iter().all(|other| {
            let other = assembly.catalog.connector(*other);
            connector.source == other.source && connector.source.is_some() && connector.needs != other.needs
        })
    })
}

/// Every root field needs somebody, and a lookup nobody else.
fn check_roots(assembly: &Assembly<'_>, reader: &mut Reader<'_, '_>) {
    let catalog = &assembly.catalog;
    let is_unlinked = ["connect", "lookup"].iter().any(|name| assembly.written.unlinked.contains(*name));
    for root in [catalog.query, catalog.mutation].into_iter().flatten() {
        let name = &catalog.ty(root).name;
        for (field_name, field) in catalog.object(root).into_iter().flat_map(|object| &object.fields) {
            let place = assembly.field_place(reader, name, field_name);
            let is_connected = assembly.written.connected.contains(&Site::Field(name.clone(), field_name.clone()));
            let is_written =
                assembly.written.lookups.iter().any(|lookup| (&lookup.type_name, &lookup.field) == (name, field_name));
            match field.role {
                Role::Lookup(_) if is_written && !field.givers.is_empty() => {
                    let message = format!("{name}.{field_name} has both @lookup and a connector");
                    reader.problems.error("LOOKUP_WITH_CONNECTOR", place, message);
                }
                Role::Given if field.givers.is_empty() && !is_written && !is_connected && !is_unlinked => {
                    let message = format!("{name}.{field_name} has neither a connector nor @lookup");
                    reader
                        .problems
                        .error("CONNECTORS_UNRESOLVED_FIELD", place, message)
                        .help("write @connect on the field, or @lookup where it finds an entity by its key");
                }
                _ => {}
            }
        }
    }
}
