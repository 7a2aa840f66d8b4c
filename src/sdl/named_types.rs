//! Types that are named and that no file defines.

use std::collections::BTreeSet;

use apollo_compiler::Name;
use apollo_compiler::ast::{Definition, Document, FieldDefinition, InputValueDefinition};

use super::problem::said_names;
use super::problem::{Problem, nearest};
use super::reader::Reader;
use super::source_text::Place;

const BUILT_IN: [&str; 5] = ["ID", "Int", "Float", "String", "Boolean"];
const ROOTS: [&str; 3] = ["Query", "Mutation", "Subscription"];

/// Notes each unknown name once per place, and extensions of what nobody defines; the places of unknown names.
pub(super) fn check(documents: &[Document], supplied: &[Document], reader: &mut Reader<'_, '_>) -> BTreeSet<Place> {
    let definitions = || documents.iter().chain(supplied).flat_map(|document| &document.definitions);
    let mut defined = BTreeSet::from(BUILT_IN);
    let mut extended = BTreeSet::new();
    for definition in definitions().filter(|definition| is_type(definition)) {
        let names = if definition.is_extension_definition() { &mut extended } else { &mut defined };
        names.extend(definition.name().map(Name::as_str));
    }
    let mut unknown = BTreeSet::new();
    for definition in definitions() {
        for name in names_in(definition) {
            if defined.contains(name.as_str()) || extended.contains(name.as_str()) || name.starts_with("__") {
                continue;
            }
            let place = reader.files.place(name.location());
            unknown.insert(place);
            let message = format!("no type is called {name}");
            say_known(reader.problems.error("MISSING_SCHEMA_TYPE", place, message), name, &defined);
        }
    }
    for definition in definitions().filter(|definition| definition.is_extension_definition() && is_type(definition)) {
        let Some(name) = definition.name().filter(|name| !defined.contains(name.as_str())) else { continue };
        if ROOTS.contains(&name.as_str()) {
            continue;
        }
        let place = reader.files.place(name.location());
        let message = format!("{name} is extended here, and no file defines it: this makes a new type");
        let near = nearest(name, defined.iter().copied());
        reader.problems.warning("MISSING_SCHEMA_TYPE", place, message).help(match near {
            Some(near) => format!("did you mean `{near}`? If not, leave out `extend`"),
            None => "leave out `extend` where it is written first".to_owned(),
        });
    }
    unknown
}

fn say_known(problem: &mut Problem, name: &str, defined: &BTreeSet<&str>) {
    let own = defined.iter().copied().filter(|name| !BUILT_IN.contains(name) && !ROOTS.contains(name));
    problem.help(match nearest(name, defined.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("define it: `type {name} {{ … }}` or `scalar {name}`; defined are {}", said_names(own)),
    });
}

fn is_type(definition: &Definition) -> bool {
    !matches!(
        definition,
        Definition::SchemaDefinition(_)
            | Definition::SchemaExtension(_)
            | Definition::DirectiveDefinition(_)
            | Definition::OperationDefinition(_)
            | Definition::FragmentDefinition(_)
    )
}

/// The types that a definition names.
fn names_in(definition: &Definition) -> Vec<&Name> {
    match definition {
        Definition::ObjectTypeDefinition(def) => fielded(&def.implements_interfaces, &def.fields),
        Definition::ObjectTypeExtension(def) => fielded(&def.implements_interfaces, &def.fields),
        Definition::InterfaceTypeDefinition(def) => fielded(&def.implements_interfaces, &def.fields),
        Definition::InterfaceTypeExtension(def) => fielded(&def.implements_interfaces, &def.fields),
        Definition::InputObjectTypeDefinition(def) => inputs(&def.fields).collect(),
        Definition::InputObjectTypeExtension(def) => inputs(&def.fields).collect(),
        Definition::UnionTypeDefinition(def) => def.members.iter().collect(),
        Definition::UnionTypeExtension(def) => def.members.iter().collect(),
        _ => Vec::new(),
    }
}

fn fielded<'d>(interfaces: &'d [Name], fields: &'d [apollo_compiler::Node<FieldDefinition>]) -> Vec<&'d Name> {
    let of_fields =
        fields.iter().flat_map(|field| std::iter::once(field.ty.inner_named_type()).chain(inputs(&field.arguments)));
    interfaces.iter().chain(of_fields).collect()
}

fn inputs(inputs: &[apollo_compiler::Node<InputValueDefinition>]) -> impl Iterator<Item = &Name> {
    inputs.iter().map(|input| input.ty.inner_named_type())
}
