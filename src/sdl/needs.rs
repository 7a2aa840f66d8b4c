//! What a connector reads of its surroundings, checked against them.

use std::collections::BTreeSet;

use apollo_compiler::Schema;

use super::connectors::Programs;
use super::directives::connect::ConnectDirective;
use super::directives::source::{Header, HeaderSide};
use super::layouts::word;
use super::problem::Problems;
use super::reader::Text;
use super::source_text::Place;
use super::versions;
use crate::catalog::{Catalog, Connection, Scalar, Site, TypeId, TypeKind};
use crate::mapping::{Needs, RequestTemplate, Version};

/// Reads and checks the needs of one connector.
#[derive(Debug)]
pub(super) struct NeedsOf<'a, 'p, 'f> {
    pub schema: &'a Schema,
    pub catalog: &'a Catalog,
    pub connect: &'a ConnectDirective,
    pub site: &'a Site,
    pub problems: &'p mut Problems<'f>,
    pub connection: Option<&'a Connection>,
    pub version: Version,
    /// The fields that `@call(scan:)` names.
    pub scan: &'a [Text],
    /// Whether all that may need something could be read.
    pub complete: bool,
}

/// What a connector reads.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// Fields of the entity or parent.
    pub parent: Vec<String>,
    /// Arguments of the field.
    pub args: Vec<String>,
    pub batch: bool,
    /// The client's headers or `$context` are read: the answer is for this caller.
    pub reads_caller: bool,
}

impl NeedsOf<'_, '_, '_> {
    /// `None` where something is read that is not there.
    pub fn read(mut self, request: Option<&RequestTemplate>, programs: &Programs) -> Option<Read> {
        let mut needs = Needs::default();
        if let Some(request) = request {
            needs.merge(request.needs());
        }
        let of_errors = programs.errors.iter().flat_map(|errors| errors.message.iter().chain(&errors.extensions));
        for program in programs.selection.iter().chain(&programs.is_success).chain(of_errors) {
            needs.merge(program.needs());
        }
        let before = self.problems.errors();
        self.versions(&needs);
        let read = match self.site {
            Site::Type(ty) => self.of_type(*ty, &needs),
            Site::Field { on, field } => self.of_field(*on, field, &needs),
        };
        (self.problems.errors() == before).then_some(Read {
            reads_caller: !needs.request_headers.is_empty() || needs.all_request_headers || !needs.context.is_empty(),
            ..read
        })
    }

    /// Variables that came later than the version that the file links.
    fn versions(&mut self, needs: &Needs) {
        let reads = [
            ("$batch", Version::V0_2, !needs.batch.is_empty()),
            // `from:` reads them too, in every version.
            ("$request.headers", Version::V0_2, self.texts().any(|text| word(&text.text, "$request").is_some())),
            ("$response.headers", Version::V0_2, needs.response_headers),
            ("$env", Version::V0_3, self.texts().any(|text| word(&text.text, "$env").is_some())),
        ];
        for (variable, since, is_read) in reads {
            if is_read {
                let place = self.mention(variable, &[]);
                versions::tell(variable, since, self.version, place, self.problems);
            }
        }
    }

    fn of_type(&mut self, ty: TypeId, needs: &Needs) -> Read {
        if let Some(path) = needs.args.first() {
            let place = self.mention("$args", path);
            self.problems
                .error("UNDEFINED_ARGUMENT", place, "$args is read on a type, which has no arguments")
                .help("read the entity's own fields: $this.id, or $batch.id for many at once");
        }
        if !needs.this.is_empty() && !needs.batch.is_empty() {
            let message = "$batch and $this are both read: a call is for many keys or for one";
            let place = self.mention("$this", needs.this.first().map_or(&[][..], Vec::as_slice));
            self.problems
                .error("CONNECT_BATCH_AND_THIS", place, message)
                .help("read all of it from $batch, or write two connectors");
        } else if !self.scan.is_empty() {
            if self.connect.batch.is_some() {
                let message = "`batch` is written, but `scan` says that one call lists everything";
                self.problems.warning("BATCH_WITHOUT_BATCH_VARIABLE", self.connect.place, message);
            }
            return self.of_scan(ty, needs);
        } else if needs.this.is_empty() && needs.batch.is_empty() && needs.args.is_empty() && self.complete {
            let message = "this connector reads neither $this nor $batch: no entity can be asked for";
            self.problems
                .error("CONNECT_ON_TYPE_MUST_BE_ENTITY", self.connect.place, message)
                .help("read the entity's key in the request, `{$this.id}` or `$batch.id`; or say by which field a call lists everything: @call(connect: …, scan: \"id\")");
        }
        if self.connect.batch.is_some() && needs.batch.is_empty() && self.complete {
            let message = "`batch` is written, but $batch is not read: each call is for one entity";
            self.problems
                .warning("BATCH_WITHOUT_BATCH_VARIABLE", self.connect.place, message)
                .help("read the keys of many entities from $batch, or leave `batch` out");
        }
        let parent = self.fields(ty, "$this", &needs.this);
        let batch = self.fields(ty, "$batch", &needs.batch);
        Read { parent: parent.into_iter().chain(batch).collect(), batch: !needs.batch.is_empty(), ..Read::default() }
    }

    /// A listing needs what its elements are found by, and reads nothing of whom it is asked for.
    fn of_scan(&mut self, ty: TypeId, needs: &Needs) -> Read {
        if let Some((variable, path)) =
            needs.this.first().map(|path| ("$this", path)).or_else(|| needs.batch.first().map(|path| ("$batch", path)))
        {
            let place = self.mention(variable, path);
            let message = format!("{variable} is read, but `scan` says that the call lists everything");
            self.problems.error("INVALID_CALL", place, message).help("leave out one of the two");
        }
        let catalog = self.catalog;
        let mut parent: Vec<String> = Vec::new();
        for text in self.scan {
            let name = &text.text;
            let field = catalog.object(ty).and_then(|object| object.fields.get(name));
            let is_leaf = field.is_some_and(|field| {
                let kind = &catalog.ty(field.ty.base()).kind;
                matches!(kind, TypeKind::Scalar(_) | TypeKind::Enum(_)) && field.ty.item().is_none()
            });
            if !is_leaf {
                let message = format!("`scan` names `{name}`, which is no scalar field of {}", catalog.ty(ty).name);
                let known = catalog.object(ty).into_iter().flat_map(|object| object.fields.keys().map(String::as_str));
                self.problems.error("INVALID_CALL", text.inside(), message).nearest(name, known);
            } else if !parent.contains(name) {
                parent.push(name.clone());
            }
        }
        Read { parent, batch: true, ..Read::default() }
    }

    fn of_field(&mut self, on: TypeId, field: &str, needs: &Needs) -> Read {
        if let Some(scan) = self.scan.first() {
            let message = "`scan` belongs to a connector on a type: elements are found by its fields";
            self.problems.error("INVALID_CALL", scan.inside(), message);
        }
        if let Some(path) = needs.batch.first() {
            let place = self.mention("$batch", path);
            self.problems
                .error("CONNECTORS_NON_ROOT_BATCH_KEY", place, "$batch is read on a field; it belongs to types")
                .help("move the connector to the type, or read $this");
        }
        let is_root = Some(on) == self.catalog.query || Some(on) == self.catalog.mutation;
        let parent = match needs.this.first() {
            Some(path) if is_root => {
                let place = self.mention("$this", path);
                self.problems
                    .error("UNDEFINED_FIELD", place, "$this is read on a root field, which has no parent")
                    .help("read an argument of the field: `$args.id`");
                Vec::new()
            }
            _ => self.fields(on, "$this", &needs.this),
        };
        Read { parent, args: self.arguments(on, field, &needs.args), ..Read::default() }
    }

    /// The first keys of paths into a variable, each a leaf field of the type.
    fn fields(&mut self, ty: TypeId, variable: &str, paths: &BTreeSet<Vec<String>>) -> Vec<String> {
        let catalog = self.catalog;
        let Some(object) = catalog.object(ty) else { return Vec::new() };
        let name = &catalog.ty(ty).name;
        let mut found: Vec<(Place, String)> = Vec::new();
        for path in paths {
            let place = self.mention(variable, path);
            let Some(first) = path.first() else {
                let message =
                    format!("{variable} is read as a whole; which fields of {name} are needed cannot be told");
                self.problems.error("UNSUPPORTED_VARIABLE_TYPE", place, message).help(format!("read {variable}.id"));
                continue;
            };
            let Some(field) = object.fields.get(first) else {
                let message = format!("{variable}.{first} is read, but {name} has no field `{first}`");
                let known = object.fields.keys().map(String::as_str);
                self.problems.error("UNDEFINED_FIELD", place, message).nearest(first, known);
                continue;
            };
            let is_leaf = matches!(catalog.ty(field.ty.base()).kind, TypeKind::Scalar(_) | TypeKind::Enum(_));
            if !is_leaf || field.ty.item().is_some() {
                let message = format!("{variable}.{first} is read, but only scalar fields can serve as a key");
                self.problems
                    .error("CONNECTORS_CANNOT_RESOLVE_KEY", place, message)
                    .help("let another connector give a scalar field of this type, and read that");
                continue;
            }
            if let [_, deeper, ..] = path.as_slice()
                && !matches!(catalog.ty(field.ty.base()).kind, TypeKind::Scalar(Scalar::Other))
            {
                let of = &catalog.ty(field.ty.base()).name;
                let message = format!("{variable}.{first} is of type {of}, which has no field `{deeper}`");
                self.problems.error("UNDEFINED_FIELD", place, message);
                continue;
            }
            if !found.iter().any(|(_, known)| known == first) {
                found.push((place, first.clone()));
            }
        }
        found.sort();
        found.into_iter().map(|(_, name)| name).collect()
    }

    fn arguments(&mut self, on: TypeId, field: &str, paths: &BTreeSet<Vec<String>>) -> Vec<String> {
        let type_name = &self.catalog.ty(on).name;
        let mut declared: Vec<String> = self
            .schema
            .type_field(type_name, field)
            .map(|field| field.arguments.iter().map(|argument| argument.name.to_string()).collect())
            .unwrap_or_default();
        if matches!(self.connection, Some(Connection::Source { .. })) {
            declared.extend(["first", "after"].map(str::to_owned));
        }
        if paths.contains(&Vec::new()) {
            return declared;
        }
        let mut read: Vec<String> = Vec::new();
        for path in paths {
            let Some(first) = path.first() else { continue };
            if !declared.contains(first) {
                let place = self.mention("$args", path);
                let message = format!("$args.{first} is read, but {type_name}.{field} has no argument `{first}`");
                let known = declared.iter().map(String::as_str);
                self.problems.error("UNDEFINED_ARGUMENT", place, message).nearest(first, known);
                continue;
            }
            if !read.contains(first) {
                read.push(first.clone());
            }
            self.within_argument(on, field, path);
        }
        read
    }

    /// Where a variable is read: its first mention in any text of the connector.
    pub(super) fn mention(&self, variable: &str, path: &[String]) -> Place {
        for depth in (0..=path.len()).rev() {
            let keys = path[..depth].iter().map(|key| format!(".{key}"));
            let wanted = std::iter::once(variable.to_owned()).chain(keys).collect::<String>();
            for text in self.texts() {
                // A variable that is read as a whole is not one of which a field is read.
                let is_whole = |start: usize| !path.is_empty() || !text.text[start + wanted.len()..].starts_with('.');
                if let Some(start) = word(&text.text, &wanted).filter(|start| is_whole(*start)) {
                    return text.at(start..start + wanted.len());
                }
            }
        }
        self.connect.place
    }

    fn texts(&self) -> impl Iterator<Item = &Text> {
        let connect = self.connect;
        let headers = connect.http.headers.iter().map(|Header { value, .. }| match value {
            HeaderSide::From(text) | HeaderSide::Value(text) => text,
        });
        std::iter::once(&connect.url)
            .chain(&connect.http.path)
            .chain(&connect.http.query_params)
            .chain(headers)
            .chain(&connect.body)
            .chain(std::iter::once(&connect.selection))
            .chain(&connect.is_success)
            .chain(&connect.errors.message)
            .chain(&connect.errors.extensions)
    }
}
