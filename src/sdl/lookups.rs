//! Root fields that find entities by their key: `@lookup`, and root connectors with `entity: true`.

use std::collections::BTreeSet;

use apollo_compiler::schema::FieldDefinition;

use super::assemble::Assembly;
use super::directives::lookup::LookupDirective;
use super::gather::Site as Stands;
use super::keys::object_mut;
use super::reader::Reader;
use crate::catalog::{ConnectorId, Lookup, Object, Role, TypeId};

/// Gives root fields their roles and entities the connectors that decide existence.
pub(super) fn link(assembly: &mut Assembly<'_>, reader: &mut Reader<'_, '_>) {
    for directive in &assembly.written.lookups {
        if let Some(lookup) = declared(assembly, directive, reader) {
            settle(assembly, &directive.type_name, &directive.field, lookup);
        }
    }
    for id in assembly.connector_ids() {
        let connector = assembly.catalog.connector(id);
        if !connector.needs_as_args {
            continue;
        }
        let entity = connector.site.ty();
        let keys = connector.needs.iter().map(|need| (need.clone(), need.clone())).collect();
        let place = assembly.connector_place(id);
        let found = assembly.written.connects.iter().find(|connect| connect.place == place);
        let Some(Stands::Field(root, field)) = found.map(|connect| connect.site.clone()) else { continue };
        settle(assembly, &root, &field, Lookup { entity, keys, many: false, exists: vec![id] });
    }
}

fn settle(assembly: &mut Assembly<'_>, root: &str, field: &str, lookup: Lookup) {
    if let Some(object) = object_mut(&mut assembly.catalog, lookup.entity) {
        for id in &lookup.exists {
            if !object.exists.contains(id) {
                object.exists.push(*id);
            }
        }
    }
    let Some(root) = assembly.catalog.names.get(root).copied() else { return };
    if let Some(object) = object_mut(&mut assembly.catalog, root)
        && let Some(field) = object.fields.get_mut(field)
    {
        field.role = match &field.role {
            // A second `entity: true` connector on one field decides with the first.
            Role::Lookup(first) if first.keys == lookup.keys && first.many == lookup.many => {
                let more = lookup.exists.into_iter().filter(|id| !first.exists.contains(id));
                Role::Lookup(Lookup { exists: first.exists.iter().copied().chain(more).collect(), ..first.clone() })
            }
            _ => Role::Lookup(lookup),
        };
    }
}

fn declared(assembly: &Assembly<'_>, directive: &LookupDirective, reader: &mut Reader<'_, '_>) -> Option<Lookup> {
    let (root, field) = (&directive.type_name, &directive.field);
    let catalog = &assembly.catalog;
    let (root_id, _) = catalog.named(root)?;
    if Some(root_id) != catalog.query {
        let message = format!("@lookup belongs to fields of the query root, found on {root}.{field}");
        reader.problems.error("LOOKUP_NOT_ON_QUERY", directive.place, message);
        return None;
    }
    let def = assembly.schema.type_field(root, field).ok()?;
    let entity = catalog.object(root_id)?.fields.get(field)?.ty.base();
    let Some(object) = catalog.object(entity) else {
        let message = format!("@lookup finds entities, but {} is not an object type", catalog.ty(entity).name);
        reader.problems.error("LOOKUP_WITHOUT_ENTITY", directive.place, message);
        return None;
    };
    let keys = keys(assembly, directive, def, entity, object, reader);
    let many = check_lists(directive, def, reader);
    let exists = exists(assembly, directive, object, keys.as_deref(), reader);
    let (keys, many, exists) = (keys?, many?, exists?);
    Some(Lookup { entity, keys, many, exists })
}

/// Which key field each argument stands for; together they must be a key.
fn keys(
    assembly: &Assembly<'_>,
    directive: &LookupDirective,
    def: &FieldDefinition,
    entity: TypeId,
    object: &Object,
    reader: &mut Reader<'_, '_>,
) -> Option<Vec<(String, String)>> {
    let name = &assembly.catalog.ty(entity).name;
    let mut keys = Vec::new();
    for argument in &def.arguments {
        let written = argument.name.as_str();
        let key = [Some(written), written.strip_suffix("es"), written.strip_suffix('s')]
            .into_iter()
            .flatten()
            .find(|candidate| object.is_key(candidate));
        let Some(key) = key else {
            // The key may be what a connector needs that could not be read.
            if object.keys.is_empty() && !assembly.is_complete() {
                return None;
            }
            let place = reader.files.place(argument.name.location());
            let known: BTreeSet<&str> = object.keys.iter().flatten().map(String::as_str).collect();
            let known: Vec<&str> = known.into_iter().collect();
            let message = format!("the argument `{written}` names no key field of {name}");
            let help = match known[..] {
                [] => format!("{name} has no key: give it connectors, or declare @key"),
                _ => format!(
                    "its key fields are {}; a connector of {name} that reads `$this.{written}` makes that one, too",
                    known.join(", ")
                ),
            };
            reader.problems.error("LOOKUP_KEY_NOT_FOUND", place, message).help(help);
            return None;
        };
        keys.push((written.to_owned(), key.to_owned()));
    }
    let found: BTreeSet<&String> = keys.iter().map(|(_, key)| key).collect();
    let is_key = object.keys.iter().any(|key| key.iter().collect::<BTreeSet<_>>() == found);
    if !is_key {
        let keys: Vec<String> = object.keys.iter().map(|key| key.join(" ")).collect();
        let message = format!("the arguments are no key of {name}");
        reader
            .problems
            .error("LOOKUP_KEY_NOT_FOUND", directive.place, message)
            .help(format!("its keys are: {}", keys.join("; ")));
        return None;
    }
    Some(keys)
}

/// A list of keys finds a list of entities, one key finds one.
fn check_lists(directive: &LookupDirective, def: &FieldDefinition, reader: &mut Reader<'_, '_>) -> Option<bool> {
    let lists = def.arguments.iter().filter(|argument| argument.ty.is_list()).count();
    let many = def.ty.is_list();
    let fits = if many { lists == 1 && def.arguments.len() == 1 } else { lists == 0 };
    if !fits {
        let message = "a lookup takes one key and finds one entity, or takes one list of keys and finds a list";
        reader.problems.error("LOOKUP_LIST_MISMATCH", directive.place, message);
        return None;
    }
    if many && def.ty.item_type().is_non_null() {
        let message = format!("what is absent is null in the list, but the type is {}", def.ty);
        reader
            .problems
            .error("LOOKUP_LIST_MISMATCH", directive.place, message)
            .help(format!("write [{}]", def.ty.inner_named_type()));
        return None;
    }
    Some(many)
}

/// The connectors that decide existence: those named, else all whose needs are exactly the key.
fn exists(
    assembly: &Assembly<'_>,
    directive: &LookupDirective,
    object: &Object,
    keys: Option<&[(String, String)]>,
    reader: &mut Reader<'_, '_>,
) -> Option<Vec<ConnectorId>> {
    let catalog = &assembly.catalog;
    let mut found = Vec::new();
    let mut complete = true;
    for name in &directive.exists {
        match assembly.connector_named(&name.text).filter(|id| object.connectors.contains(id)) {
            Some(id) => found.push(id),
            None if assembly.is_unread(&name.text) => complete = false,
            None => {
                complete = false;
                let message = format!("`{}` is no connector of this type", name.text);
                let known = object.connectors.iter().map(|id| catalog.connector(*id).id.as_str());
                reader.problems.error("UNKNOWN_CONNECTOR", name.inside(), message).nearest(&name.text, known);
            }
        }
    }
    if directive.exists.is_empty()
        && let Some(keys) = keys
    {
        let key: BTreeSet<&String> = keys.iter().map(|(_, key)| key).collect();
        let needs_key = |id: &ConnectorId| catalog.connector(*id).needs.iter().collect::<BTreeSet<_>>() == key;
        found = object.connectors.iter().copied().filter(needs_key).collect();
        if found.is_empty() && assembly.is_complete() {
            let message = "no connector of this type needs exactly this key: nobody can say whether one exists";
            reader.problems.error("LOOKUP_WITHOUT_CONNECTOR", directive.place, message);
            return None;
        }
    }
    complete.then_some(found)
}
