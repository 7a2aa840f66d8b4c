//! What clients may ask for: the printed contract, read.

use std::collections::HashMap;
use std::sync::Arc;

use apollo_compiler::schema::{Component, DirectiveDefinition, DirectiveLocation, ExtendedType, FieldDefinition};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Node, Schema, name, ty};
use indexmap::IndexSet;

use super::input::Inputs;

/// The client-visible contract. Immutable; built once per change of the schema.
#[derive(Clone, Debug)]
pub struct Contract {
    pub(super) schema: Valid<Schema>,
    pub(super) inputs: Arc<Inputs>,
    /// Interface or union → its object types, in order of declaration.
    possible: HashMap<Name, IndexSet<Name>>,
}

impl Contract {
    /// Reads a printed contract. Errors: everything that is wrong with it, as one text.
    pub fn read(sdl: &str) -> Result<Contract, String> {
        let mut schema = Schema::parse(sdl, "contract.graphql").map_err(|wrong| wrong.errors.to_string())?;
        know_one_of(&mut schema);
        let schema = schema.validate().map_err(|wrong| wrong.errors.to_string())?;
        let inputs = Arc::new(Inputs::read(&schema)?);
        let possible = possible_types(&schema);
        Ok(Contract { schema, inputs, possible })
    }

    /// The object types a value of this type may be: itself for an object type.
    pub(super) fn possible_types<'a>(&'a self, name: &'a Name) -> Vec<&'a Name> {
        match self.possible.get(name) {
            Some(types) => types.iter().collect(),
            None => vec![name],
        }
    }

    /// Whether an object of type `object` is also a `condition`.
    pub(super) fn is(&self, object: &Name, condition: &Name) -> bool {
        object == condition || self.possible.get(condition).is_some_and(|types| types.contains(object))
    }
}

/// The compiler does not know `@oneOf` and `__Type.isOneOf` yet; clients' tools ask for them.
fn know_one_of(schema: &mut Schema) {
    let one_of = name!("oneOf");
    if !schema.directive_definitions.contains_key(&one_of) {
        let definition = DirectiveDefinition {
            description: Some(Node::new_str(
                "Indicates exactly one field must be supplied and this field must not be `null`.",
            )),
            name: one_of.clone(),
            arguments: Vec::new(),
            repeatable: false,
            locations: vec![DirectiveLocation::InputObject],
        };
        schema.directive_definitions.insert(one_of, Node::new(definition));
    }
    if let Some(ExtendedType::Object(meta)) = schema.types.get_mut("__Type") {
        let field = FieldDefinition {
            description: None,
            name: name!("isOneOf"),
            arguments: Vec::new(),
            ty: ty!(Boolean),
            directives: Default::default(),
        };
        meta.make_mut().fields.insert(name!("isOneOf"), Component::new(field));
    }
    // The compiler declares these two last in their types; the specification's order is what tools print.
    for (meta, field, place) in [("__Directive", "isRepeatable", 2), ("__Type", "specifiedByURL", 3)] {
        if let Some(ExtendedType::Object(meta)) = schema.types.get_mut(meta) {
            let fields = &mut meta.make_mut().fields;
            if let Some(at) = fields.get_index_of(field) {
                fields.move_index(at, place);
            }
        }
    }
}

fn possible_types(schema: &Schema) -> HashMap<Name, IndexSet<Name>> {
    let mut possible: HashMap<Name, IndexSet<Name>> = HashMap::new();
    for (name, ty) in &schema.types {
        match ty {
            ExtendedType::Object(object) => {
                for interface in &object.implements_interfaces {
                    possible.entry(interface.name.clone()).or_default().insert(name.clone());
                }
            }
            ExtendedType::Union(union) => {
                possible
                    .entry(name.clone())
                    .or_default()
                    .extend(union.members.iter().map(|member| member.name.clone()));
            }
            // An interface that nobody implements is still no object.
            ExtendedType::Interface(_) => drop(possible.entry(name.clone()).or_default()),
            _ => {}
        }
    }
    possible
}
