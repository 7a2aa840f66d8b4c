//! The types of the plain GraphQL schema as the catalog's types.

use std::collections::HashMap;
use std::sync::Arc;

use apollo_compiler::Schema;
use apollo_compiler::ast::Type as AstType;
use apollo_compiler::schema::{ExtendedType, FieldDefinition};
use indexmap::IndexMap;

use super::written::Written;
use crate::catalog::{Catalog, DepartmentId, Field, Object, Role, Scalar, Ty, Type, TypeId, TypeKind};

/// A catalog with all types and fields, and nothing yet of who gives what. Takes the normalising programs out of
/// what was written.
pub(super) fn build(schema: &Schema, written: &mut Written) -> Catalog {
    let named = schema.types.iter().filter(|(name, _)| !name.starts_with("__"));
    let names: HashMap<String, TypeId> =
        named.clone().zip(0..).map(|((name, _), index)| (name.to_string(), TypeId(index))).collect();
    let possible = possible_types(schema, &names);
    let types = named
        .map(|(name, ty)| Type { name: name.to_string(), kind: kind(name, ty, &names, &possible, written) })
        .collect();
    let root = |name: &Option<apollo_compiler::schema::ComponentName>| {
        name.as_ref().and_then(|name| names.get(name.as_str()).copied())
    };
    let (query, mutation) = (root(&schema.schema_definition.query), root(&schema.schema_definition.mutation));
    Catalog { types, names, query, mutation, ..Catalog::default() }
}

fn kind(
    name: &str,
    ty: &ExtendedType,
    names: &HashMap<String, TypeId>,
    possible: &HashMap<String, Vec<TypeId>>,
    written: &mut Written,
) -> TypeKind {
    match ty {
        ExtendedType::Scalar(_) => TypeKind::Scalar(scalar(name)),
        ExtendedType::Enum(def) => TypeKind::Enum(def.values.keys().map(ToString::to_string).collect()),
        ExtendedType::InputObject(_) => TypeKind::Input,
        ExtendedType::Interface(_) | ExtendedType::Union(_) => {
            TypeKind::Abstract(possible.get(name).cloned().unwrap_or_default())
        }
        ExtendedType::Object(def) => {
            let fields: IndexMap<String, Field> = def
                .fields
                .iter()
                .map(|(field_name, def)| (field_name.to_string(), field(name, def, names, written)))
                .collect();
            TypeKind::Object(Object { fields, ..Object::default() })
        }
    }
}

fn field(type_name: &str, def: &FieldDefinition, names: &HashMap<String, TypeId>, written: &mut Written) -> Field {
    let is_coverage = def.ty.inner_named_type() == "Coverage" && def.ty.is_list();
    let at = (type_name.to_owned(), def.name.to_string());
    Field {
        ty: self::ty(&def.ty, names),
        department: DepartmentId(0),
        visible: !written.is_hidden(type_name, &def.name) && !written.hidden.contains(type_name),
        connection: written.connection(type_name, &def.name).cloned(),
        freshness: written.freshness(type_name, &def.name),
        givers: Vec::new(),
        preferred: false,
        normalize: written.normalizes.remove(&at).map(|normalize| Arc::new(normalize.program)),
        role: if is_coverage { Role::Coverage } else { Role::Given },
    }
}

fn ty(ty: &AstType, names: &HashMap<String, TypeId>) -> Ty {
    let nullable = !ty.is_non_null();
    match ty {
        AstType::Named(name) | AstType::NonNullNamed(name) => {
            let id = *names.get(name.as_str()).expect("the schema is valid: every type it names is defined");
            Ty::Named { id, nullable }
        }
        AstType::List(of) | AstType::NonNullList(of) => Ty::List { of: Box::new(self::ty(of, names)), nullable },
    }
}

fn scalar(name: &str) -> Scalar {
    match name {
        "ID" => Scalar::Id,
        "Int" => Scalar::Int,
        "Float" => Scalar::Float,
        "String" => Scalar::Text,
        "Boolean" => Scalar::Boolean,
        "DateTime" => Scalar::DateTime,
        "Date" => Scalar::Date,
        "Decimal" => Scalar::Decimal,
        _ => Scalar::Other,
    }
}

/// For every interface and union the object types it may be.
fn possible_types(schema: &Schema, names: &HashMap<String, TypeId>) -> HashMap<String, Vec<TypeId>> {
    let mut possible: HashMap<String, Vec<TypeId>> = HashMap::new();
    for (name, ty) in &schema.types {
        match ty {
            ExtendedType::Object(def) => {
                for interface in &def.implements_interfaces {
                    possible.entry(interface.to_string()).or_default().extend(names.get(name.as_str()));
                }
            }
            ExtendedType::Union(def) => {
                let members = def.members.iter().filter_map(|member| names.get(member.as_str()).copied());
                possible.entry(name.to_string()).or_default().extend(members);
            }
            _ => {}
        }
    }
    possible
}
