//! All directives of all files as read, in tables by what they stand on.

use std::collections::{HashMap, HashSet};

use super::directives::Word;
use super::directives::cache::CacheDirective;
use super::directives::call::CallDirective;
use super::directives::connect::ConnectDirective;
use super::directives::connection::ConnectionDirective;
use super::directives::department::DepartmentDirective;
use super::directives::failure::FailureDirective;
use super::directives::key::KeyDirective;
use super::directives::lookup::LookupDirective;
use super::directives::normalize::NormalizeDirective;
use super::directives::paginate::PaginateDirective;
use super::directives::prefer::PreferDirective;
use super::directives::source::SourceDirective;
use super::directives::webhook::WebhookDirective;
use super::gather::{Applied, Block, Gathered, Site};
use super::reader::Reader;
use crate::catalog::{Connection, Freshness};
use crate::mapping::Dialect;

/// Type and field.
pub(super) type Coordinate = (String, String);

/// The directives of a schema.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub sources: Vec<SourceDirective>,
    pub connects: Vec<ConnectDirective>,
    pub keys: Vec<KeyDirective>,
    pub lookups: Vec<LookupDirective>,
    pub connections: HashMap<Coordinate, ConnectionDirective>,
    pub failures: Vec<FailureDirective>,
    pub webhooks: Vec<WebhookDirective>,
    pub calls: Vec<CallDirective>,
    pub paginates: Vec<PaginateDirective>,
    pub normalizes: HashMap<Coordinate, NormalizeDirective>,
    pub prefers: HashMap<Coordinate, PreferDirective>,
    pub departments: Nearest<DepartmentDirective>,
    pub caches: Nearest<CacheDirective>,
    /// Coordinates of what is hidden: `Customer.supportId`, `Internal`, `Status.DRAFT`.
    pub hidden: HashSet<String>,
    /// Where `@connect` stands, also those that could not be read.
    pub connected: HashSet<Site>,
    /// How many of them could not be read.
    pub unread: usize,
    pub blocks: Vec<Block>,
    pub field_blocks: HashMap<Coordinate, usize>,
    /// Per file how its mappings are read.
    pub dialects: Vec<Dialect>,
    /// Directives that stand in files that do not link them, which has been told.
    pub unlinked: HashSet<String>,
}

/// Directives that hold for everything inside what they stand on, the nearest first.
#[derive(Debug)]
pub(super) struct Nearest<T> {
    pub fields: HashMap<Coordinate, T>,
    pub blocks: HashMap<usize, T>,
    /// What stands on a type's definition, for those of its fields that are written in extensions.
    pub types: HashMap<String, usize>,
    pub files: HashMap<usize, T>,
}

impl<T> Default for Nearest<T> {
    fn default() -> Self {
        Nearest { fields: HashMap::new(), blocks: HashMap::new(), types: HashMap::new(), files: HashMap::new() }
    }
}

impl<T> Nearest<T> {
    fn put(&mut self, applied: &Applied, blocks: &[Block], value: T) {
        match &applied.site {
            Site::Schema => _ = self.files.insert(applied.place.file, value),
            Site::Type(name) => {
                if blocks.get(applied.block).is_some_and(|block| !block.extension) {
                    self.types.insert(name.clone(), applied.block);
                }
                self.blocks.insert(applied.block, value);
            }
            Site::Field(name, field) => _ = self.fields.insert((name.clone(), field.clone()), value),
            Site::Detail(_) => {}
        }
    }
}

impl Written {
    pub fn read(gathered: Gathered, reader: &mut Reader<'_, '_>) -> Written {
        let mut written = Written {
            blocks: gathered.blocks,
            field_blocks: gathered.field_blocks,
            dialects: gathered.links.iter().map(|links| links.dialect).collect(),
            unlinked: gathered.unlinked,
            ..Written::default()
        };
        let mut counts: HashMap<Site, usize> = HashMap::new();
        for applied in &gathered.applied {
            written.add(applied, &mut counts, reader);
        }
        written
    }

    fn add(&mut self, applied: &Applied, counts: &mut HashMap<Site, usize>, reader: &mut Reader<'_, '_>) {
        let dialect = self.dialects.get(applied.place.file).copied().unwrap_or_default();
        let coordinate = applied.field().map(|(name, field)| (name.to_owned(), field.to_owned()));
        match applied.word {
            Word::Source => self.sources.extend(SourceDirective::read(applied, reader)),
            Word::Connect => {
                let count = counts.entry(applied.site.clone()).or_default();
                let index = *count;
                *count += 1;
                self.connected.insert(applied.site.clone());
                self.unread += 1;
                let read = ConnectDirective::read(applied, index, reader);
                self.unread -= usize::from(read.is_some());
                self.connects.extend(read);
            }
            Word::Key => self.keys.extend(KeyDirective::read(applied, reader)),
            Word::Lookup => self.lookups.extend(LookupDirective::read(applied, reader)),
            Word::Failure => self.failures.extend(FailureDirective::read(applied, dialect, reader)),
            Word::Webhook => self.webhooks.extend(WebhookDirective::read(applied, dialect, reader)),
            Word::Call => self.calls.extend(CallDirective::read(applied, reader)),
            Word::Paginate => self.paginates.extend(PaginateDirective::read(applied, dialect, reader)),
            Word::Connection => {
                if let (Some(connection), Some(at)) = (ConnectionDirective::read(applied, reader), coordinate) {
                    self.connections.insert(at, connection);
                }
            }
            Word::Normalize => {
                if let (Some(normalize), Some(at)) = (NormalizeDirective::read(applied, dialect, reader), coordinate) {
                    self.normalizes.insert(at, normalize);
                }
            }
            Word::Prefer => {
                if let Some(at) = coordinate {
                    self.prefers.insert(at, PreferDirective::read(applied, reader));
                }
            }
            Word::Department => {
                if let Some(department) = DepartmentDirective::read(applied, reader) {
                    self.departments.put(applied, &self.blocks, department);
                }
            }
            Word::Cache => self.caches.put(applied, &self.blocks, CacheDirective::read(applied, reader)),
            Word::Inaccessible => {
                reader.arguments("@inaccessible", &applied.node, &[], &[]);
                self.hidden.extend(match &applied.site {
                    Site::Schema => None,
                    Site::Type(name) => Some(name.clone()),
                    Site::Field(name, field) => Some(format!("{name}.{field}")),
                    Site::Detail(coordinate) => Some(coordinate.clone()),
                });
            }
            Word::Link | Word::Ignored | Word::Refused => {}
        }
    }

    pub fn dialect(&self, file: usize) -> Dialect {
        self.dialects.get(file).copied().unwrap_or_default()
    }

    pub fn connection(&self, type_name: &str, field: &str) -> Option<&Connection> {
        self.connections.get(&coordinate(type_name, field)).map(|directive| &directive.connection)
    }

    /// The `@cache` that holds for a field: its own, its extension's, its type's.
    pub fn cache(&self, type_name: &str, field: &str) -> Option<&CacheDirective> {
        let at = coordinate(type_name, field);
        self.caches.fields.get(&at).or_else(|| self.caches.blocks.get(self.field_blocks.get(&at)?)).or_else(|| {
            let block = self.caches.types.get(type_name)?;
            self.caches.blocks.get(block)
        })
    }

    pub fn freshness(&self, type_name: &str, field: &str) -> Freshness {
        self.cache(type_name, field).map(|cache| cache.freshness).unwrap_or_default()
    }

    pub fn is_hidden(&self, type_name: &str, field: &str) -> bool {
        self.hidden.contains(&format!("{type_name}.{field}"))
    }
}

fn coordinate(type_name: &str, field: &str) -> Coordinate {
    (type_name.to_owned(), field.to_owned())
}
