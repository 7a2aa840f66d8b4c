//! From `@connect` as read to a [`Connector`]: request, selection, needs, gives.

use std::collections::HashMap;

use apollo_compiler::Schema;
use md5::{Digest, Md5};

use super::departments::Departments;
use super::directives::connect::ConnectDirective;
use super::directives::source::SourceDirective;
use super::gather::Site as Stands;
use super::gives::check_batch_keys;
use super::needs::NeedsOf;
use super::reader::{Reader, Text};
use super::requests;
use super::source_text::Place;
use super::written::Written;
use super::{versions, yields};
use crate::catalog::{
    Batch, CallBounds, Catalog, Connector, ErrorMapping, Freshness, Layout, Site, SourceId, TypeId, TypeKind,
};
use crate::mapping::{Dialect, Program};

/// A connector as built, with the directive it came from.
#[derive(Debug)]
pub(super) struct Made {
    pub connector: Connector,
    /// Index in [`Written::connects`].
    pub directive: usize,
}

/// Builds the connectors, one after another.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    pub schema: &'a Schema,
    pub catalog: &'a Catalog,
    pub written: &'a Written,
    pub sources: &'a HashMap<String, usize>,
}

/// The programs of a connector beside its request, as far as they could be read.
#[derive(Debug)]
pub(super) struct Programs {
    pub selection: Option<Program>,
    pub is_success: Option<Program>,
    pub errors: Vec<ErrorMapping>,
}

impl<'a> Builder<'a> {
    /// All connectors that can be understood; what is wrong with the others is noted.
    pub fn all(&self, departments: &mut Departments, reader: &mut Reader<'_, '_>) -> Vec<Made> {
        let mut made: Vec<Made> = Vec::with_capacity(self.written.connects.len());
        let mut ids: HashMap<String, Place> = HashMap::new();
        for (directive, connect) in self.written.connects.iter().enumerate() {
            let place = connect.id.as_ref().map_or(connect.place, Text::inside);
            if let Some(id) = &connect.id
                && let Some(first) = ids.insert(id.text.clone(), place)
            {
                let related = [(first, "first used here".to_owned())];
                let message = format!("two connectors have the id {}", id.text);
                reader
                    .problems
                    .error_with("DUPLICATE_ID_NAME", place, message, related)
                    .help("ids are unique over all files: give each its own");
            }
            let connector = self.connector(connect, departments, reader);
            made.extend(connector.map(|connector| Made { connector, directive }));
        }
        made
    }

    fn connector(
        &self,
        connect: &'a ConnectDirective,
        departments: &mut Departments,
        reader: &mut Reader<'_, '_>,
    ) -> Option<Connector> {
        let dialect = self.written.dialect(connect.place.file);
        let before = reader.problems.errors();
        let site = self.site(connect, reader);
        let source = self.source(connect, reader);
        let source_directive = source.as_ref().and_then(|source| *source).map(|index| &self.written.sources[index]);
        let request = requests::request(connect, source_directive, source.is_some(), dialect, reader);
        let programs = self.programs(connect, source_directive, dialect, reader);
        versions::check_connect(connect, dialect.version, reader);
        yields::check_connect(connect, dialect, reader);
        let site = site?;
        let read = NeedsOf {
            schema: self.schema,
            catalog: self.catalog,
            connect,
            site: &site,
            problems: reader.problems,
            connection: self.connection(&site),
            version: dialect.version,
            scan: self.scan(connect),
            complete: request.is_some() && programs.selection.is_some(),
        }
        .read(request.as_ref(), &programs);
        let entity = self.entity(connect, &site, reader)?;
        let (request, mut needs) = (request?, read?);
        let selection = programs.selection?;
        let (site, needs_as_args) = match entity {
            Some((ty, arguments)) => {
                needs.parent = arguments;
                needs.args.clear();
                (Site::Type(ty), true)
            }
            None => (site, false),
        };
        let gives = self.gives(&site, needs_as_args, needs.batch, connect, &selection, reader);
        if needs.batch {
            check_batch_keys(&needs.parent, &gives, connect, !self.scan(connect).is_empty(), reader);
        }
        if reader.problems.errors() > before {
            return None;
        }
        let coordinate = coordinate(connect);
        let is_caller_bound = needs.reads_caller || requests::reads_client_headers(connect, source_directive);
        Some(Connector {
            id: connect.id.as_ref().map_or_else(|| coordinate.clone(), |id| id.text.clone()),
            coordinate,
            source: source.flatten().map(|index| SourceId(u16::try_from(index).unwrap_or(u16::MAX))),
            department: departments.of_connector(self.written, connect),
            site,
            request,
            selection,
            is_success: programs.is_success,
            errors: programs.errors,
            needs: needs.parent,
            args: needs.args,
            needs_as_args,
            batch: needs
                .batch
                .then(|| Batch { max_size: connect.batch.flatten().filter(|_| self.scan(connect).is_empty()) }),
            definition: definition(connect, source_directive, dialect, &gives),
            gives,
            freshness: Freshness {
                scope: if is_caller_bound { crate::catalog::Scope::Caller } else { crate::catalog::Scope::Public },
                ..Freshness::default()
            },
            call: CallBounds::default(),
            paginate: None,
            enabled: true,
            place: reader.files.name_and_line(connect.place),
        })
    }

    fn site(&self, connect: &ConnectDirective, reader: &mut Reader<'_, '_>) -> Option<Site> {
        let (name, field) = match &connect.site {
            Stands::Type(name) => (name, None),
            Stands::Field(name, field) => (name, Some(field)),
            _ => return None,
        };
        let (ty, def) = self.catalog.named(name)?;
        if !matches!(def.kind, TypeKind::Object(_)) {
            let message = format!("{name} is not an object type: its connectors stand on the types that it may be");
            reader.problems.error("CONNECTORS_UNSUPPORTED_ABSTRACT_TYPE", connect.place, message);
            return None;
        }
        match field {
            Some(field) => Some(Site::Field { on: ty, field: field.clone() }),
            None if self.is_root(ty) => {
                let message = format!("@connect cannot stand on {name} itself");
                reader.problems.error("CONNECT_ON_ROOT", connect.place, message).help("put it on a field of the type");
                None
            }
            None => Some(Site::Type(ty)),
        }
    }

    fn is_root(&self, ty: TypeId) -> bool {
        Some(ty) == self.catalog.query || Some(ty) == self.catalog.mutation
    }

    /// The fields that `@call(scan:)` beside a connector names.
    fn scan(&self, connect: &ConnectDirective) -> &'a [Text] {
        let Some(id) = &connect.id else { return &[] };
        let call = self.written.calls.iter().find(|call| call.connect.text == id.text);
        call.map_or(&[][..], |call| call.scan.as_slice())
    }

    fn connection(&self, site: &Site) -> Option<&crate::catalog::Connection> {
        match site {
            Site::Field { on, field } => self.catalog.object(*on)?.fields.get(field)?.connection.as_ref(),
            Site::Type(_) => None,
        }
    }

    /// The source's index; the outer `None` where its name leads nowhere.
    fn source(&self, connect: &ConnectDirective, reader: &mut Reader<'_, '_>) -> Option<Option<usize>> {
        let Some(source) = &connect.source else { return Some(None) };
        if let Some(index) = self.sources.get(&source.text) {
            return Some(Some(*index));
        }
        if self.sources.is_empty() && self.written.unlinked.contains("source") {
            return None;
        }
        let code = if self.sources.is_empty() { "NO_SOURCES_DEFINED" } else { "SOURCE_NAME_MISMATCH" };
        let message = format!("no @source is called `{}`", source.text);
        let known = self.written.sources.iter().map(|source| source.name.text.as_str());
        let problem = reader.problems.error(code, source.inside(), message).nearest(&source.text, known);
        if self.sources.is_empty() {
            let name = &source.text;
            problem.help(format!(
                "declare it: `extend schema @source(name: \"{name}\", http: {{ baseURL: \"https://…\" }})`"
            ));
        }
        None
    }

    fn programs(
        &self,
        connect: &ConnectDirective,
        source: Option<&SourceDirective>,
        dialect: Dialect,
        reader: &mut Reader<'_, '_>,
    ) -> Programs {
        let selection = connect.selection.program(reader, dialect, "INVALID_SELECTION");
        let is_success = match (&connect.is_success, source.and_then(|source| source.is_success.as_ref())) {
            (Some(own), _) => own.program(reader, dialect, "INVALID_IS_SUCCESS"),
            (None, Some(shared)) => {
                let dialect = source.map_or(dialect, |source| self.written.dialect(source.file));
                shared.program(reader, dialect, "INVALID_IS_SUCCESS")
            }
            (None, None) => None,
        };
        let mut errors = Vec::new();
        let sides = [
            source.map(|source| (&source.errors, self.written.dialect(source.file))),
            Some((&connect.errors, dialect)),
        ];
        for (written, dialect) in sides.into_iter().flatten() {
            let mut program = |text: &Option<Text>| text.as_ref()?.program(reader, dialect, "INVALID_ERRORS_MESSAGE");
            let mapping = ErrorMapping { message: program(&written.message), extensions: program(&written.extensions) };
            if mapping.message.is_some() || mapping.extensions.is_some() {
                errors.push(mapping);
            }
        }
        Programs { selection, is_success, errors }
    }
}

fn coordinate(connect: &ConnectDirective) -> String {
    match &connect.site {
        Stands::Field(name, field) => format!("{name}.{field}[{}]", connect.index),
        Stands::Type(name) => format!("{name}[{}]", connect.index),
        Stands::Schema | Stands::Detail(_) => format!("[{}]", connect.index),
    }
}

/// A hash of everything that a record of this connector depends on. It must be the same in every process, so that
/// replicas share what they cache.
fn definition(connect: &ConnectDirective, source: Option<&SourceDirective>, dialect: Dialect, gives: &Layout) -> u64 {
    let source = source.map_or("", |source| source.printed.as_str());
    let (dialect, gives) = (format!("{dialect:?}"), format!("{gives:?}"));
    stable_hash([coordinate(connect).as_str(), &connect.printed, source, &dialect, &gives])
}

/// A hash that is the same in every process and release.
pub(super) fn stable_hash<'t>(parts: impl IntoIterator<Item = &'t str>) -> u64 {
    let mut hash = Md5::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_le_bytes(first)
}
