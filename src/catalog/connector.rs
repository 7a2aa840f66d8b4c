//! One `@connect`: how one source supplies one field, or part of an entity.

use super::{DepartmentId, Freshness, Layout, SourceId, TypeId};
use crate::mapping::{Program, RequestTemplate};

/// A connector with everything that is known of it before any request.
#[derive(Debug)]
pub struct Connector {
    /// `id:` of the directive, else its coordinate.
    pub id: String,
    /// Where it stands: `Customer[1]`, `Query.user[0]`.
    pub coordinate: String,
    /// The source it calls; `None` for an absolute URL without `source:`.
    pub source: Option<SourceId>,
    /// The department that answers for it.
    pub department: DepartmentId,
    /// What it stands on.
    pub site: Site,
    /// The request it sends.
    pub request: RequestTemplate,
    /// The selection it applies to the answer.
    pub selection: Program,
    /// `isSuccess` of the connector, else of its source.
    pub is_success: Option<Program>,
    /// `errors` of the source, then of the connector, which overlays it.
    pub errors: Vec<ErrorMapping>,
    /// Fields of the entity or parent that it needs (`$this.x`, `$batch.x`; for `entity: true`, the
    /// arguments' key fields), in order of first use. A key of this connector has one component per entry.
    pub needs: Vec<String>,
    /// Names of the field's arguments that it reads (`$args.x`); empty for a resolver of entities.
    pub args: Vec<String>,
    /// True for an `entity: true` root connector: its needs reach the request as `$args`, not `$this`.
    pub needs_as_args: bool,
    /// Set where it reads `$batch`: many keys travel in one call.
    pub batch: Option<Batch>,
    /// What it gives: the fields of [`Site`]'s type. For a field connector one slot, that field.
    pub gives: Layout,
    /// The strictest freshness over the fields it gives.
    pub freshness: Freshness,
    /// Hash of the whole definition, so that a changed connector never reads its predecessor's records.
    pub definition: u64,
    /// Bounds beside `batch.maxSize`.
    pub call: CallBounds,
    /// How to get the rest of an answer.
    pub paginate: Option<Paginate>,
    /// False where the configuration switches it off: its fields are `NOT_LINKED`.
    pub enabled: bool,
    /// Where it is written: `schema/support.graphql:12`.
    pub place: String,
}

impl Connector {
    /// The most keys one call may carry.
    pub fn width(&self) -> usize {
        match &self.batch {
            Some(batch) => batch.max_size.unwrap_or(usize::MAX).max(1),
            None => 1,
        }
    }
}

/// What a connector stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Site {
    /// An entity type.
    Type(TypeId),
    /// A field: of a root type, or of an object type.
    Field {
        /// The type the field belongs to.
        on: TypeId,
        /// The field's name.
        field: String,
    },
}

impl Site {
    /// The type it stands on, or whose field it stands on.
    pub fn ty(&self) -> TypeId {
        match self {
            Site::Type(ty) | Site::Field { on: ty, .. } => *ty,
        }
    }
}

/// `batch:` of a connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// `maxSize`: most keys per call; `None`: all in one.
    pub max_size: Option<usize>,
}

/// `errors:` of a source or connector.
#[derive(Debug)]
pub struct ErrorMapping {
    /// Yields the public message.
    pub message: Option<Program>,
    /// Yields an object laid over the error's extensions.
    pub extensions: Option<Program>,
}

/// `@call`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallBounds {
    /// Longest URL in bytes: keys are spread over more calls when it would grow longer.
    pub max_url_bytes: Option<usize>,
    /// Most calls of this connector in flight at once.
    pub max_parallel: Option<usize>,
    /// The call lists everything, whichever keys are asked for.
    pub scan: bool,
    /// A POST that only reads.
    pub safe: bool,
    /// The quota bucket it draws from.
    pub bucket: Option<String>,
}

/// `@paginate`.
#[derive(Debug)]
pub struct Paginate {
    /// Yields the list of raw items of one page.
    pub items: Program,
    /// Where the items stand in the answer, as keys from the root: where the joined list is put back.
    pub items_path: Vec<String>,
    /// What leads to the next page.
    pub next: Next,
    /// Yields true while there are more pages; absent: until nothing leads on.
    pub while_more: Option<Program>,
    /// Yields how many items there are in all: reading ends when as many were read.
    pub total: Option<Program>,
    /// Where the next value goes.
    pub into: PageTarget,
    /// Most pages of one call, the first included.
    pub max_pages: usize,
}

/// What leads from one page to the next.
#[derive(Debug)]
pub enum Next {
    /// A mapping over the page; null or missing: there is no further one.
    Given(Box<Program>),
    /// How many items were read so far, counted on from the first request's own offset, or 0.
    Offset,
    /// The number of the next page, counted on from the first request's own, or 1.
    Page,
    /// The address that the page's `Link` header calls `next` (RFC 8288).
    Link,
}

/// Where the value that leads to the next page goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageTarget {
    /// A query parameter.
    Query(String),
    /// A member of the JSON or form body, dotted for a nested one.
    Body(String),
    /// It is the next URL itself, absolute or relative, on the source's origin.
    Url,
    /// A request header.
    Header(String),
}

/// One row of `@failure(when:)`.
#[derive(Debug)]
pub struct FailureRule {
    /// What kind of failure it is.
    pub class: FailureClass,
    /// Yields true where the rule holds. It reads `$status`, `$response.headers` and the body.
    pub when: Program,
}

/// What kind of failure an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// Not a failure: the keys are not there.
    Absent,
    /// Our credential was refused: it is refreshed once.
    Auth,
    /// A long quota is used up: not retried.
    Quota,
    /// Too many calls for the moment.
    Rate,
    /// Worth another try.
    Retryable,
    /// Not worth another try.
    Fatal,
}

impl FailureClass {
    /// Every class by the name that schemas and mappings use.
    pub const NAMES: [(&'static str, FailureClass); 6] = [
        ("ABSENT", FailureClass::Absent),
        ("AUTH", FailureClass::Auth),
        ("QUOTA", FailureClass::Quota),
        ("RATE", FailureClass::Rate),
        ("RETRYABLE", FailureClass::Retryable),
        ("FATAL", FailureClass::Fatal),
    ];

    /// The class of this name.
    pub fn named(name: &str) -> Option<FailureClass> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, class)| *class)
    }
}
