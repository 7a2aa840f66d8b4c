//! Root connectors with `entity: true`: their arguments are the fields of a key.

use super::connectors::Builder;
use super::directives::connect::ConnectDirective;
use super::reader::Reader;
use crate::catalog::{Site, TypeId};

impl Builder<'_> {
    /// For `entity: true`: the entity and the key fields that the field's arguments name. The outer `None` where
    /// something is wrong with it.
    #[expect(clippy::option_option, reason = "wrong, not an entity resolver, and one are three cases")]
    pub(super) fn entity(
        &self,
        connect: &ConnectDirective,
        site: &Site,
        reader: &mut Reader<'_, '_>,
    ) -> Option<Option<(TypeId, Vec<String>)>> {
        if connect.entity != Some(true) {
            return Some(None);
        }
        let Site::Field { on, field } = site else { return Some(None) };
        if Some(*on) != self.catalog.query {
            let message = "`entity: true` belongs to a field of the query root";
            reader.problems.error("ENTITY_NOT_ON_ROOT_QUERY", connect.place, message).help("leave `entity` out");
            return None;
        }
        let def = self.catalog.object(*on)?.fields.get(field)?;
        let entity = def.ty.base();
        let Some(object) = self.catalog.object(entity).filter(|_| def.ty.item().is_none() && def.ty.nullable()) else {
            let message = format!("`entity: true` needs a nullable object type, and {field} is none");
            reader.problems.error("ENTITY_TYPE_INVALID", connect.place, message);
            return None;
        };
        let root = &self.catalog.ty(*on).name;
        let arguments: Vec<String> = self
            .schema
            .type_field(root, field)
            .map(|field| field.arguments.iter().map(|argument| argument.name.to_string()).collect())
            .unwrap_or_default();
        let stranger = arguments.iter().find(|argument| !object.fields.contains_key(*argument));
        if arguments.is_empty() || stranger.is_some() {
            let name = &self.catalog.ty(entity).name;
            let message = match stranger {
                Some(stranger) => format!("the argument `{stranger}` names no field of {name}"),
                None => format!("the field has no arguments that name the key of {name}"),
            };
            reader
                .problems
                .error("ENTITY_RESOLVER_ARGUMENT_MISMATCH", connect.place, message)
                .help("with `entity: true` the arguments are the fields of a key");
            return None;
        }
        for argument in &arguments {
            self.check_key_type(on, field, argument, entity, reader);
        }
        Some(Some((entity, arguments)))
    }

    /// An argument of an entity resolver is of the type of the key field that it is named after.
    fn check_key_type(&self, on: &TypeId, field: &str, name: &str, entity: TypeId, reader: &mut Reader<'_, '_>) {
        let of = |ty: TypeId, field: &str| self.schema.type_field(&self.catalog.ty(ty).name, field).ok();
        let argument = of(*on, field).and_then(|def| def.argument_by_name(name));
        let (Some(argument), Some(key)) = (argument, of(entity, name)) else { return };
        let (given, wanted) = (argument.ty.inner_named_type(), key.ty.inner_named_type());
        let is_text = |name: &apollo_compiler::Name| name == "ID" || name == "String";
        if !argument.ty.is_list() && (given == wanted || is_text(given) && is_text(wanted)) {
            return;
        }
        let entity = &self.catalog.ty(entity).name;
        let message = format!("the argument `{name}` is {}, but {entity}.{name} is {}", argument.ty, key.ty);
        let place = reader.files.place(argument.name.location());
        reader
            .problems
            .error("ENTITY_RESOLVER_ARGUMENT_MISMATCH", place, message)
            .help("with `entity: true` the arguments are the fields of a key, of the same types");
    }
}
