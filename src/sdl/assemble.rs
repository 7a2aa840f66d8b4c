//! Puts the catalog together from the plain schema and the directives.

use std::collections::HashMap;

use apollo_compiler::Schema;

use super::connectors::{Builder, Made, stable_hash};
use super::departments::Departments;
use super::reader::{Reader, Text};
use super::source_text::Place;
use super::written::Written;
use super::{connections, freshness, givers, keys, lookups, reach, types, versions, webhooks, yields};
use crate::catalog::{Catalog, ConnectorId, Source, TypeKind};

/// The catalog under construction, with the places of what it holds.
#[derive(Debug)]
pub(super) struct Assembly<'a> {
    pub schema: &'a Schema,
    pub written: &'a Written,
    pub catalog: Catalog,
    /// Where each connector is written, by its id.
    pub places: Vec<Place>,
}

impl Assembly<'_> {
    /// Where a type's field is written.
    pub fn field_place(&self, reader: &Reader<'_, '_>, type_name: &str, field: &str) -> Place {
        let location = self.schema.type_field(type_name, field).ok().and_then(|field| field.name.location());
        reader.files.place(location)
    }

    /// Where a type is written first.
    pub fn type_place(&self, reader: &Reader<'_, '_>, type_name: &str) -> Place {
        reader.files.place(self.schema.types.get(type_name).and_then(|ty| ty.name().location()))
    }

    pub fn connector_ids(&self) -> impl Iterator<Item = ConnectorId> + use<> {
        (0..self.catalog.connectors.len()).map(connector_id)
    }

    pub fn connector_place(&self, id: ConnectorId) -> Place {
        self.places.get(id.0 as usize).copied().unwrap_or_default()
    }

    /// Whether every `@connect` became a connector: else much would be missing that is written.
    pub fn is_complete(&self) -> bool {
        self.written.unread == 0 && self.written.connects.len() == self.catalog.connectors.len()
    }

    /// Whether a connector with this `id:` is written and could not be read, which has been said.
    pub fn is_unread(&self, name: &str) -> bool {
        let is_written =
            self.written.connects.iter().any(|connect| connect.id.as_ref().is_some_and(|id| id.text == name));
        is_written && self.connector_named(name).is_none()
    }

    /// The connector with this `id:`.
    pub fn connector_named(&self, name: &str) -> Option<ConnectorId> {
        self.catalog.connectors.iter().position(|connector| connector.id == name).map(connector_id)
    }
}

pub(super) fn connector_id(index: usize) -> ConnectorId {
    ConnectorId(u32::try_from(index).expect("fewer than four thousand million connectors"))
}

/// The whole catalog; what is wrong is noted. The catalog of a schema with errors is not to be served.
pub(super) fn assemble(schema: &Schema, mut written: Written, reader: &mut Reader<'_, '_>) -> (Catalog, Written) {
    let mut catalog = types::build(schema, &mut written);
    let mut departments = Departments::declared(&written, reader);
    let failures: Vec<(String, u64)> =
        written.failures.iter().map(|failure| (failure.source.text.clone(), failure.hash)).collect();
    let sources = sources(&mut catalog, &mut written, reader);
    let builder = Builder { schema, catalog: &catalog, written: &written, sources: &sources };
    let mut made = builder.all(&mut departments, reader);
    place_beside(&mut made, &mut written, reader);
    judge_by(&failures, &mut made, &sources);
    let told = std::mem::take(&mut written.webhooks);
    let places = made.iter().map(|made| written.connects[made.directive].place).collect();
    catalog.connectors = made.into_iter().map(|made| made.connector).collect();
    let mut assembly = Assembly { schema, written: &written, catalog, places };
    keys::link(&mut assembly, reader);
    webhooks::link(&mut assembly, told, reader);
    lookups::link(&mut assembly, reader);
    connections::check(&assembly, reader);
    givers::link(&mut assembly, reader);
    freshness::link(&mut assembly, reader);
    departments_of_fields(&mut assembly, departments);
    // Nobody gives a field whose connector could not be read: that would be said of every such field.
    if reader.problems.errors() == 0 {
        reach::check(&assembly, reader);
    }
    let catalog = assembly.catalog;
    (catalog, written)
}

/// Fills the catalog's sources; names to their position.
fn sources(catalog: &mut Catalog, written: &mut Written, reader: &mut Reader<'_, '_>) -> HashMap<String, usize> {
    let mut names: HashMap<String, usize> = HashMap::new();
    if let Some(source) = written.sources.get(usize::from(u16::MAX)) {
        reader.problems.error("TOO_MANY_SOURCES", source.name.place, "no more than 65,535 sources are possible");
    }
    for (index, source) in written.sources.iter().enumerate() {
        if let Some(first) = names.get(&source.name.text) {
            let related = [(written.sources[*first].name.inside(), "first declared here".to_owned())];
            let message = format!("two sources are called {}", source.name.text);
            reader
                .problems
                .error_with("DUPLICATE_SOURCE_NAME", source.name.inside(), message, related)
                .help("sources are shared by all files: declare it once, or give this one another name");
        } else {
            names.insert(source.name.text.clone(), index);
        }
        versions::check_source(source, written.dialect(source.file).version, reader);
        yields::check_source(source, written.dialect(source.file), reader);
        let (name, base_url) = (source.name.text.clone(), source.base_url.text.clone());
        catalog.sources.push(Source {
            name,
            base_url,
            failures: Vec::new(),
            failed_keys: Vec::new(),
            webhooks: Vec::new(),
        });
    }
    for failure in std::mem::take(&mut written.failures) {
        match names.get(&failure.source.text) {
            Some(index) => {
                catalog.sources[*index].failures.extend(failure.rules);
                catalog.sources[*index].failed_keys.extend(failure.keys);
            }
            None => {
                let message = format!("no @source is called `{}`", failure.source.text);
                let known = names.keys().map(String::as_str);
                reader
                    .problems
                    .error("SOURCE_NAME_MISMATCH", failure.source.inside(), message)
                    .nearest(&failure.source.text, known);
            }
        }
    }
    names
}

/// Gives `@paginate` and `@call` to the connectors beside which they stand.
fn place_beside(made: &mut [Made], written: &mut Written, reader: &mut Reader<'_, '_>) {
    let written_ids: Vec<String> =
        written.connects.iter().filter_map(|connect| Some(connect.id.as_ref()?.text.clone())).collect();
    let find = |name: &Text, made: &[Made], reader: &mut Reader<'_, '_>| {
        let found = made.iter().position(|made| made.connector.id == name.text);
        if found.is_none() && !written_ids.contains(&name.text) {
            let message = format!("no connector has the id `{}`", name.text);
            let known = written_ids.iter().map(String::as_str);
            reader.problems.error("UNKNOWN_CONNECTOR", name.inside(), message).nearest(&name.text, known);
        }
        found
    };
    for call in std::mem::take(&mut written.calls) {
        if let Some(index) = find(&call.connect, made, reader) {
            let connector = &mut made[index].connector;
            // Records are kept by the values of what a listing is searched by.
            for field in &call.scan {
                connector.definition = connector.definition.rotate_left(1) ^ stable_hash(["scan", &field.text]);
            }
            connector.call = call.bounds;
        }
    }
    for paginate in std::mem::take(&mut written.paginates) {
        if let Some(index) = find(&paginate.connect, made, reader) {
            let connector = &mut made[index].connector;
            if connector.paginate.is_some() {
                let message = format!("a second @paginate for {}", connector.id);
                reader.problems.error("INVALID_PAGINATE", paginate.connect.inside(), message);
            }
            connector.definition = connector.definition.rotate_left(1) ^ paginate.hash;
            connector.paginate = Some(paginate.paginate);
        }
    }
}

/// What a source's answers are taken for is part of what its connectors give.
fn judge_by(failures: &[(String, u64)], made: &mut [Made], sources: &HashMap<String, usize>) {
    for (source, hash) in failures {
        let Some(index) = sources.get(source) else { continue };
        let of_source = |made: &&mut Made| made.connector.source.is_some_and(|own| usize::from(own.0) == *index);
        for made in made.iter_mut().filter(of_source) {
            made.connector.definition = made.connector.definition.rotate_left(1) ^ hash;
        }
    }
}

/// The department of each field: declared nearest to it, else that of its first giver.
fn departments_of_fields(assembly: &mut Assembly<'_>, mut departments: Departments) {
    let written = assembly.written;
    let of_connector: Vec<_> = assembly.catalog.connectors.iter().map(|connector| connector.department).collect();
    let default = departments.fallback();
    for ty in &mut assembly.catalog.types {
        let TypeKind::Object(object) = &mut ty.kind else { continue };
        for (name, field) in &mut object.fields {
            let given = || field.givers.first().map(|giver| of_connector[giver.0 as usize]);
            field.department = departments.of_field(written, &ty.name, name).or_else(given).unwrap_or(default);
        }
    }
    assembly.catalog.departments = departments.list;
}
