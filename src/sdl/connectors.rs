//! From `@connect` as read to a [`Connector`]: request, selection, needs, gives.

use std::collections::HashMap;

use apollo_compiler::Schema;
use md5::{Digest, Md5};

use super::departments::Departments;
use super::directives::connect::ConnectDirective;
use super::directives::source::SourceDirective;
use super::fits::{always, is_scalar};
use super::gather::Site as Stands;
use super::layouts::Layouts;
use super::needs::NeedsOf;
use super::reader::{Reader, Text};
use super::requests;
use super::source_text::Place;
use super::written::Written;
use super::{versions, yields};
use crate::catalog::{
    Batch, CallBounds, Catalog, Connector, ErrorMapping, Freshness, Layout, Site, SourceId, TypeId, TypeKind,
};
use crate::mapping::{Dialect, Program, Shape, Version};

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
        let gives =
            self.gives(&site, needs_as_args, needs.batch, &connect.selection, &selection, dialect.version, reader);
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

    /// For `entity: true`: the entity and the key fields that the field's arguments name. The outer `None` where
    /// something is wrong with it.
    #[expect(clippy::option_option, reason = "wrong, not an entity resolver, and one are three cases")]
    fn entity(
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

    fn gives(
        &self,
        site: &Site,
        is_entity: bool,
        is_batch: bool,
        selection: &Text,
        program: &Program,
        version: Version,
        reader: &mut Reader<'_, '_>,
    ) -> Layout {
        let outline = program.outline();
        let mut layouts = Layouts {
            schema: self.schema,
            catalog: self.catalog,
            problems: reader.problems,
            selection,
            outline: &outline,
            path: Vec::new(),
            version,
        };
        let shape = program.gives();
        match site {
            Site::Type(ty) => {
                if is_batch && always(shape, |shape| matches!(shape, Shape::Object { .. }) || is_scalar(shape)) {
                    let message = "a connector that reads $batch must yield a list, one element per key";
                    layouts
                        .problems
                        .error("BATCH_RESULT_NOT_A_LIST", selection.inside(), message)
                        .help("begin with the path to the list in the answer: `$.data { … }`");
                } else if !is_batch && !is_entity && always(shape, |shape| matches!(shape, Shape::List(_))) {
                    let message = "a connector that reads $this must yield one object, found a list";
                    layouts
                        .problems
                        .error("SELECTED_TYPE_MISMATCH", selection.inside(), message)
                        .help("take one element: `->first`, or read $batch for many entities in one call");
                }
                layouts.object(*ty, shape)
            }
            Site::Field { on, field } => Layout { ty: *on, slots: vec![layouts.slot(*on, field, shape)] },
        }
    }
}

/// Elements of a batch's answer find their keys through the fields that the connector needs.
fn check_batch_keys(
    needs: &[String],
    gives: &Layout,
    connect: &ConnectDirective,
    is_scan: bool,
    reader: &mut Reader<'_, '_>,
) {
    for need in needs {
        if !gives.gives(need) {
            reader
                .problems
                .error(
                    "CONNECTORS_BATCH_KEY_NOT_IN_SELECTION",
                    connect.selection.inside(),
                    match is_scan {
                        true => format!("`scan` names `{need}`, which is not selected"),
                        false => format!("$batch.{need} is read, but `{need}` is not selected"),
                    },
                )
                .help(match is_scan {
                    true => "elements find their keys by the fields that `scan` names: select them too",
                    false => "answers are matched to their keys by the fields that $batch reads: select them too",
                });
        }
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
