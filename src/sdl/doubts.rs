//! What may be served and is probably not as meant: keys that lead nowhere, `!` that one failure turns into a loss.

use super::assemble::Assembly;
use super::reach::is_made_here;
use super::reader::Reader;
use crate::catalog::{Role, Routes, Site, TypeKind};

/// Every key that is written should lead somewhere.
pub(super) fn keys(assembly: &Assembly<'_>, reader: &mut Reader<'_, '_>) {
    let catalog = &assembly.catalog;
    for key in assembly.written.keys.iter().filter(|key| key.resolvable) {
        let Some(ty) = catalog.names.get(&key.type_name).copied() else { continue };
        let routes = Routes::find(catalog, ty, key.fields.iter().cloned());
        let is_asked = assembly.connector_ids().any(|id| {
            let connector = catalog.connector(id);
            connector.site == Site::Type(ty) && routes.route(id).is_some()
        });
        if !is_asked {
            let (name, fields) = (&key.type_name, key.fields.join(" "));
            let message = format!("no connector finds {name} by `{fields}` alone");
            reader.problems.warning("MISSING_ENTITY_CONNECTOR", key.text.inside(), message).help(format!(
                "give {name} a connector that reads {}, or add `resolvable: false`",
                this_of(&key.fields)
            ));
        }
    }
}

/// `!` on a field lets one department's failure take its neighbours away.
pub(super) fn non_null(assembly: &Assembly<'_>, reader: &mut Reader<'_, '_>) {
    for ty in &assembly.catalog.types {
        let TypeKind::Object(object) = &ty.kind else { continue };
        if is_made_here(&ty.name) {
            continue;
        }
        for (name, field) in &object.fields {
            let may = field.ty.nullable() || field.role == Role::Coverage || object.is_key(name) || name == "id";
            if may || !field.visible {
                continue;
            }
            let place = assembly.field_place(reader, &ty.name, name);
            let source = field.givers.first().and_then(|giver| {
                let source = assembly.catalog.connector(*giver).source?;
                assembly.catalog.sources.get(usize::from(source.0))
            });
            let when = source.map_or("where it is missing".to_owned(), |source| format!("when {} fails", source.name));
            let message = format!("{}.{name} is non-null: {when}, the whole {} is null", ty.name, ty.name);
            reader
                .problems
                .warning("NON_NULL_FIELD", place, message)
                .help("only keys should be non-null; leave the `!` out");
        }
    }
}

/// `$this.id and $this.region`.
fn this_of(fields: &[String]) -> String {
    fields.iter().map(|field| format!("$this.{field}")).collect::<Vec<_>>().join(" and ")
}
