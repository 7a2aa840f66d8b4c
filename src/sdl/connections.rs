//! Whether `@connection` fits the fields on which it stands.

use super::assemble::Assembly;
use super::reader::Reader;
use crate::catalog::{Connection, Site, TypeKind};

/// A connection is of a list of objects; one that is paged by its source has a connector that hands the page on.
pub(super) fn check(assembly: &Assembly<'_>, reader: &mut Reader<'_, '_>) {
    let catalog = &assembly.catalog;
    let mut connections: Vec<_> = assembly.written.connections.iter().collect();
    connections.sort_by_key(|(_, directive)| directive.place);
    for ((type_name, field_name), directive) in connections {
        let Some((on, _)) = catalog.named(type_name) else { continue };
        // Fields of interfaces are checked on the objects that have them.
        let Some(field) = catalog.object(on).and_then(|object| object.fields.get(field_name)) else { continue };
        let coordinate = format!("{type_name}.{field_name}");
        let item = field.ty.item().filter(|item| item.item().is_none()).map(|item| item.base());
        let items = item.map(|item| match &catalog.ty(item).kind {
            TypeKind::Object(object) => vec![object],
            TypeKind::Abstract(possible) => possible.iter().filter_map(|item| catalog.object(*item)).collect(),
            _ => Vec::new(),
        });
        let Some(items) = items.filter(|items| !items.is_empty()) else {
            let message = format!("@connection pages a list of objects, and {coordinate} is none");
            reader
                .problems
                .error("CONNECTION_WITHOUT_LIST", directive.place, message)
                .help("leave @connection out: the field is shown as it is declared");
            continue;
        };
        let Connection::Source { cursor, .. } = &directive.connection else { continue };
        if let Some(item) = items.iter().find(|item| !item.fields.contains_key(cursor)) {
            let message = format!("the cursor `{cursor}` is no field of the items of {coordinate}");
            let known = item.fields.keys().map(String::as_str);
            reader.problems.error("UNDEFINED_FIELD", directive.place, message).nearest(cursor, known);
        }
        let site = Site::Field { on, field: field_name.clone() };
        for connector in catalog.connectors.iter().filter(|connector| connector.site == site) {
            if !["first", "after"].iter().all(|argument| connector.args.iter().any(|read| read == argument)) {
                let message = format!("{} does not read $args.first and $args.after", connector.id);
                reader
                    .problems
                    .error("CONNECTION_NOT_PAGED", directive.place, message)
                    .help("with `by: SOURCE` the connector hands both on to its source");
            }
        }
    }
}
