//! The shipped contract: conventions that no single directive can check.

mod answers;
mod live;

use std::path::Path;

use apollo_compiler::ast::{Definition, Directive, DirectiveList, Document, FieldDefinition, Value};
use c360::mapping::{Dialect, Program, Template};

fn files() -> Vec<(String, Document)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "graphql"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let document = Document::parse(text, &name).unwrap_or_else(|bad| panic!("{}", bad.errors));
            (name, document)
        })
        .collect();
    files.sort_by(|left, right| left.0.cmp(&right.0));
    files
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
fn every_mapping_and_url_parses() {
    let dialect = Dialect::default();
    let mut problems = Vec::new();
    for (file, document) in files() {
        for directive in document.definitions.iter().flat_map(directives) {
            let mut found = Vec::new();
            for argument in &directive.arguments {
                strings(&argument.name, &argument.value, &mut found);
            }
            for (name, text) in found {
                let refused = match name {
                    "selection" | "isSuccess" | "if" | "items" | "next" | "while" | "body" | "queryParams" | "with" => {
                        Program::parse(text, dialect).err()
                    }
                    "GET" | "POST" | "baseURL" => Template::parse(text, dialect).err(),
                    _ => None,
                };
                for problem in refused.into_iter().flatten() {
                    problems.push(format!("{file}, {name}: {} in {text}", problem.message));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
