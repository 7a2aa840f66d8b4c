//! The story of reading a schema.

use std::collections::BTreeSet;

use apollo_compiler::ast::{Definition, Document};
use apollo_compiler::diagnostic::ToCliReport;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::DiagnosticList;
use apollo_compiler::{Schema, parser::Parser};

use super::assemble::assemble;
use super::contract;
use super::gather::Gathered;
use super::named_types;
use super::problem::{Problem, Problems, Severity};
use super::reader::Reader;
use super::source_text::{Files, Place, SourceText};
use super::written::Written;
use crate::catalog::Catalog;

/// A schema that may be served.
#[derive(Debug)]
pub struct Reading {
    /// Types, fields, connectors, linked.
    pub catalog: Catalog,
    /// The contract as GraphQL SDL: what clients see. The same for the same files.
    pub contract: String,
    /// What looks wrong and may be served nevertheless.
    pub warnings: Vec<Problem>,
}

/// Reads the files of a schema, in the order given, which is the order of declaration.
///
/// Shape: one catalog and one contract for all files together; types may be defined in one and extended in others.
/// Errors: every problem that can be told, warnings among them, in the order of files and lines. What can only be
/// judged of a whole schema (who gives a field, by which chain) is not judged where a part could not be read.
pub fn read(files: &[SourceText]) -> Result<Reading, Vec<Problem>> {
    let (mut known, parsed) = parse(files);
    for (index, (document, _)) in parsed.iter().enumerate() {
        for id in document.sources.keys() {
            known.learn(*id, index);
        }
    }
    let mut problems = Problems::new(&known);
    let read = judge(parsed, &known, &mut problems);
    let problems = problems.into_sorted();
    match read {
        Some((catalog, contract)) if problems.iter().all(|problem| problem.severity == Severity::Warning) => {
            Ok(Reading { catalog, contract, warnings: problems })
        }
        _ => Err(problems),
    }
}

type Parsed = Vec<(Document, Option<DiagnosticList>)>;

fn parse(files: &[SourceText]) -> (Files, Parsed) {
    let parsed = files.iter().map(|file| {
        match Parser::new().recursion_limit(200).parse_ast(file.text.as_str(), file.name.as_str()) {
            Ok(document) => (document, None),
            Err(invalid) => (invalid.partial, Some(invalid.errors)),
        }
    });
    (Files::new(files), parsed.collect())
}

fn judge<'f>(parsed: Parsed, files: &'f Files, problems: &mut Problems<'f>) -> Option<(Catalog, String)> {
    let mut gathered = Gathered::default();
    let mut builder = Schema::builder().adopt_orphan_extensions();
    let mut documents = Vec::with_capacity(parsed.len());
    let mut complete = true;
    for (file, (mut document, errors)) in parsed.into_iter().enumerate() {
        if let Some(errors) = errors {
            complete = false;
            note_first(&errors, files, problems);
        }
        gathered.take(&mut document, file, &mut Reader { files, problems });
        documents.push(document);
    }
    let supplied = supplied(&documents);
    // A file that could not be read to its end may define them.
    let unknown = match complete {
        true => named_types::check(&documents, &supplied, &mut Reader { files, problems }),
        false => BTreeSet::new(),
    };
    for document in documents.iter().chain(&supplied) {
        builder = builder.add_ast(document);
    }
    let written = Written::read(gathered, &mut Reader { files, problems });
    let mut schema = match builder.build() {
        Ok(schema) => schema,
        Err(invalid) => {
            note(&invalid.errors, &unknown, files, problems);
            // What was built tells of further mistakes, unless a file could not be read to its end.
            if let (true, Err(further)) = (complete, invalid.partial.validate()) {
                note(&further.errors, &unknown, files, problems);
            }
            return None;
        }
    };
    refuse_subscriptions(&mut schema, files, problems);
    let schema = match schema.validate() {
        Ok(schema) => schema.into_inner(),
        Err(invalid) => {
            note(&invalid.errors, &unknown, files, problems);
            return None;
        }
    };
    if refuse_introspection_types(&schema, files, problems) {
        return None;
    }
    let mut reader = Reader { files, problems };
    let (catalog, written) = assemble(&schema, written, &mut reader);
    let contract = contract::print(schema, &written, &mut reader)?;
    Some((catalog, contract))
}

/// Without a `schema { … }` a type called Subscription is taken for the root of subscriptions. Billing departments
/// have another idea of a subscription: a type that some field yields is an ordinary one.
fn refuse_subscriptions(schema: &mut Schema, files: &Files, problems: &mut Problems<'_>) {
    let Some(root) = &schema.schema_definition.subscription else { return };
    let is_implied = root.name.location().is_none();
    let yields_it = schema.types.values().any(|ty| match ty {
        ExtendedType::Object(def) => def.fields.values().any(|field| field.ty.inner_named_type() == &root.name),
        ExtendedType::Interface(def) => def.fields.values().any(|field| field.ty.inner_named_type() == &root.name),
        ExtendedType::Union(def) => def.members.contains(&root.name),
        _ => false,
    });
    if is_implied && yields_it {
        schema.schema_definition.make_mut().subscription = None;
        return;
    }
    let written = root.name.location().or_else(|| schema.types.get(&root.name)?.name().location());
    let message = "subscriptions cannot be supplied by connectors";
    problems
        .error("SUBSCRIPTION_IN_CONNECTORS", files.place(written), message)
        .help("leave the type out; a type of your own may have the name where a field yields it");
}

/// GraphQL allows a field to yield `__Type`; no connector could give one. True where a field does.
fn refuse_introspection_types(schema: &Schema, files: &Files, problems: &mut Problems<'_>) -> bool {
    let mut found = false;
    for ty in schema.types.values().filter(|ty| !ty.is_built_in()) {
        let fields = match ty {
            ExtendedType::Object(def) => &def.fields,
            ExtendedType::Interface(def) => &def.fields,
            _ => continue,
        };
        for field in fields.values().filter(|field| field.ty.inner_named_type().starts_with("__")) {
            let message = format!("{}.{} is of a type of introspection", ty.name(), field.name);
            problems.error("GRAPHQL_ERROR", files.place(field.name.location()), message);
            found = true;
        }
    }
    found
}

/// Types that are named and left to us.
fn supplied(documents: &[Document]) -> Vec<Document> {
    let definitions = || documents.iter().flat_map(|document| &document.definitions);
    let is_defined = |name: &str| {
        definitions().any(|definition| {
            !definition.is_extension_definition() && definition.name().is_some_and(|known| known == name)
        })
    };
    let names_coverage = definitions().any(|definition| {
        let fields = match definition {
            Definition::ObjectTypeDefinition(def) => &def.fields,
            Definition::ObjectTypeExtension(def) => &def.fields,
            Definition::InterfaceTypeDefinition(def) => &def.fields,
            _ => return false,
        };
        fields.iter().any(|field| field.ty.inner_named_type() == "Coverage")
    });
    if !names_coverage || is_defined("Coverage") {
        return Vec::new();
    }
    let mut texts = vec![contract::COVERAGE.to_owned()];
    if !is_defined("DateTime") {
        texts.push(contract::DATE_TIME.to_owned());
    }
    texts.into_iter().filter_map(|text| Document::parse(text, "coverage").ok()).collect()
}

/// Behind the first mistake of syntax the parser stumbles over words that are right.
fn note_first(errors: &DiagnosticList, files: &Files, problems: &mut Problems<'_>) {
    if let Some(first) = errors.iter().min_by_key(|diagnostic| files.place(diagnostic.error.location())) {
        problems.error("GRAPHQL_ERROR", files.place(first.error.location()), plain(first.error.to_string()));
    }
}

/// The parser's names of its tokens as they are written.
fn plain(message: String) -> String {
    let tokens = [("PAREN", "()"), ("CURLY", "{}"), ("BRACK", "[]")];
    tokens.iter().fold(message, |message, (name, written)| {
        let (left, right) = written.split_at(1);
        message.replace(&format!("L_{name}"), &format!("`{left}`")).replace(&format!("R_{name}"), &format!("`{right}`"))
    })
}

/// Takes over what the GraphQL library found, unknown types aside: they have been told.
fn note(errors: &DiagnosticList, unknown: &BTreeSet<Place>, files: &Files, problems: &mut Problems<'_>) {
    for diagnostic in errors.iter() {
        let place = files.place(diagnostic.error.location());
        if unknown.contains(&place) {
            continue;
        }
        problems.error("GRAPHQL_ERROR", place, diagnostic.error.to_string());
    }
}
