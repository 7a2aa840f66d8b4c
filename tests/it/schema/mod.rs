//! The shipped contract: conventions that no single directive can check.

mod answers;
mod live;

use std::path::Path;

use apollo_compiler::ast::{Definition, Directive, DirectiveList, Document, FieldDefinition, Value};
use c360::sdl::{SourceText, draw, read};

/// Name and text of every file, by name.
fn texts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut texts: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ext| ext == "graphql"))
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    texts.sort();
    texts
}

fn files() -> Vec<(String, Document)> {
    let parsed = texts().into_iter().map(|(name, text)| match Document::parse(text, &name) {
        Ok(document) => (name, document),
        Err(bad) => panic!("{}", bad.errors),
    });
    parsed.collect()
}

/// The fields of an object or interface type or of an extension of one, with the type's name.
fn fields(definition: &Definition) -> (&str, Vec<&FieldDefinition>) {
    let (name, fields) = match definition {
        Definition::ObjectTypeDefinition(ty) => (&ty.name, &ty.fields),
        Definition::ObjectTypeExtension(ty) => (&ty.name, &ty.fields),
        Definition::InterfaceTypeDefinition(ty) => (&ty.name, &ty.fields),
        Definition::InterfaceTypeExtension(ty) => (&ty.name, &ty.fields),
        _ => return ("", Vec::new()),
    };
    (name, fields.iter().map(AsRef::as_ref).collect())
}

fn directives(definition: &Definition) -> Vec<&Directive> {
    let mut lists: Vec<&DirectiveList> = vec![definition.directives()];
    lists.extend(fields(definition).1.into_iter().map(|field| &field.directives));
    lists.into_iter().flatten().map(AsRef::as_ref).collect()
}

/// Every string below an argument, with the name that stands nearest.
fn strings<'a>(name: &'a str, value: &'a Value, found: &mut Vec<(&'a str, &'a str)>) {
    match value {
        Value::String(text) => found.push((name, text)),
        Value::List(items) => items.iter().for_each(|item| strings(name, item, found)),
        Value::Object(members) => members.iter().for_each(|(name, value)| strings(name, value, found)),
        _ => {}
    }
}

#[test]
fn every_type_field_argument_and_enum_value_is_described() {
    let mut silent = Vec::new();
    for (_, document) in files() {
        for definition in &document.definitions {
            let described = match definition {
                Definition::ObjectTypeDefinition(ty) => ty.description.is_some(),
                Definition::InterfaceTypeDefinition(ty) => ty.description.is_some(),
                Definition::ScalarTypeDefinition(ty) => ty.description.is_some(),
                Definition::EnumTypeDefinition(ty) => {
                    let values = ty.values.iter().filter(|value| value.description.is_none());
                    silent.extend(values.map(|value| format!("{}.{}", ty.name, value.value)));
                    ty.description.is_some()
                }
                _ => true,
            };
            if !described {
                silent.push(definition.name().map(ToString::to_string).unwrap_or_default());
            }
            let (ty, fields) = fields(definition);
            for field in fields {
                if field.description.is_none() {
                    silent.push(format!("{ty}.{}", field.name));
                }
                let arguments = field.arguments.iter().filter(|argument| argument.description.is_none());
                silent.extend(arguments.map(|argument| format!("{ty}.{}({}:)", field.name, argument.name)));
            }
        }
    }
    assert!(silent.is_empty(), "without a description: {silent:?}");
}

#[test]
fn every_enum_has_a_value_for_what_nobody_foresaw() {
    for (name, document) in files() {
        for definition in &document.definitions {
            if let Definition::EnumTypeDefinition(ty) = definition {
                assert!(ty.values.iter().any(|value| value.value == "OTHER"), "{name}: enum {} lacks OTHER", ty.name);
            }
        }
    }
}

#[test]
fn only_keys_and_coverage_are_non_null() {
    for (name, document) in files() {
        for definition in &document.definitions {
            let (ty, fields) = fields(definition);
            for field in fields.iter().filter(|field| field.ty.is_non_null()) {
                assert!(matches!(field.name.as_str(), "id" | "coverage"), "{name}: {ty}.{} is non-null", field.name);
            }
        }
    }
}

#[test]
fn every_type_that_stands_in_a_connection_says_where_it_comes_from() {
    let files = files();
    let definitions = || files.iter().flat_map(|(_, document)| &document.definitions);
    for definition in definitions() {
        for field in fields(definition).1 {
            if field.directives.get("connection").is_none() {
                continue;
            }
            let listed = field.ty.inner_named_type();
            let told = definitions()
                .map(fields)
                .any(|(ty, fields)| ty == listed.as_str() && fields.iter().any(|field| field.name == "origin"));
            assert!(told, "{listed} stands in `{}` and has no origin", field.name);
        }
    }
}

#[test]
fn the_shipped_schema_reads_without_a_problem() {
    let sources: Vec<SourceText> =
        texts().into_iter().map(|(name, text)| SourceText { name: format!("schema/{name}"), text }).collect();
    match read(&sources) {
        Ok(reading) => assert!(reading.warnings.is_empty(), "{}", draw(&reading.warnings, &sources, false)),
        Err(problems) => panic!("{}", draw(&problems, &sources, false)),
    }
}
