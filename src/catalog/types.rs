//! The catalog's types, fields, sources and departments.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::{Connector, FailureRule, Freshness};
use crate::mapping::Program;

/// Index of a type in [`Catalog::types`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub u32);

/// Index of a connector in [`Catalog::connectors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectorId(pub u32);

/// Index of a source in [`Catalog::sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u16);

/// Index of a department in [`Catalog::departments`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DepartmentId(pub u16);

/// The whole of what may be asked. Built once by `sdl`, then only read.
#[derive(Debug, Default)]
pub struct Catalog {
    /// Every type of the contract and every type only connectors see, by [`TypeId`].
    pub types: Vec<Type>,
    /// Every source, by [`SourceId`].
    pub sources: Vec<Source>,
    /// Every department in order of declaration, by [`DepartmentId`].
    pub departments: Vec<Department>,
    /// Every connector in order of declaration, by [`ConnectorId`].
    pub connectors: Vec<Connector>,
    /// Type names to ids.
    pub names: HashMap<String, TypeId>,
    /// The query root.
    pub query: Option<TypeId>,
    /// The mutation root, where the contract has one.
    pub mutation: Option<TypeId>,
    /// A digest of the texts that it was read from; empty where nobody has to tell them from others.
    pub texts: Vec<u8>,
}

impl Catalog {
    /// The type with this id.
    pub fn ty(&self, id: TypeId) -> &Type {
        &self.types[id.0 as usize]
    }

    /// The type with this name.
    pub fn named(&self, name: &str) -> Option<(TypeId, &Type)> {
        let id = *self.names.get(name)?;
        Some((id, self.ty(id)))
    }

    /// The object type with this id; `None` for every other kind.
    pub fn object(&self, id: TypeId) -> Option<&Object> {
        match &self.ty(id).kind {
            TypeKind::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The connector with this id.
    pub fn connector(&self, id: ConnectorId) -> &Connector {
        &self.connectors[id.0 as usize]
    }

    /// The source with this id.
    pub fn source(&self, id: SourceId) -> &Source {
        &self.sources[id.0 as usize]
    }

    /// The department with this id.
    pub fn department(&self, id: DepartmentId) -> &Department {
        &self.departments[id.0 as usize]
    }

    /// The name of a connector's source; its own id, where its address is its own.
    pub fn origin(&self, connector: &Connector) -> String {
        connector.source.map_or_else(|| connector.id.clone(), |source| self.source(source).name.clone())
    }
}

/// One named type.
#[derive(Debug)]
pub struct Type {
    /// Its name in the contract.
    pub name: String,
    /// What it is.
    pub kind: TypeKind,
}

/// What a type is.
#[derive(Debug)]
pub enum TypeKind {
    /// An object with fields.
    Object(Object),
    /// An interface or union: the object types it may be, in order of declaration.
    Abstract(Vec<TypeId>),
    /// An enum: its value names.
    Enum(Vec<String>),
    /// A scalar.
    Scalar(Scalar),
    /// An input object; `operation` knows its fields from the contract.
    Input,
}

/// How the values of a scalar are checked and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// `ID`: text or whole number in, text out.
    Id,
    /// `Int`: whole number within 32 bits.
    Int,
    /// `Float`: any finite number.
    Float,
    /// `String`: text.
    Text,
    /// `Boolean`.
    Boolean,
    /// `DateTime`: RFC 3339 text, written in UTC.
    DateTime,
    /// `Date`: `YYYY-MM-DD`.
    Date,
    /// `Decimal`: decimal text, or a number that is turned into it.
    Decimal,
    /// Any other scalar: passed on as the JSON that came.
    Other,
}

/// An object type.
#[derive(Debug, Default)]
pub struct Object {
    /// Its fields in order of declaration, `@inaccessible` ones included.
    pub fields: IndexMap<String, Field>,
    /// Its keys, declared (`@key`) or implicit (what its connectors need); each a list of field names.
    pub keys: Vec<Vec<String>>,
    /// Connectors that stand on the type, and `entity: true` root connectors that resolve it, in order of declaration.
    pub connectors: Vec<ConnectorId>,
    /// The connectors that decide whether one of these exists: those named by any `@lookup(exists:)` of this type.
    pub exists: Vec<ConnectorId>,
}

impl Object {
    /// Whether it is an entity: an object type with a key.
    pub fn is_entity(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Whether `field` is part of any key.
    pub fn is_key(&self, field: &str) -> bool {
        self.keys.iter().flatten().any(|key| key == field)
    }
}

/// One field of an object type.
#[derive(Debug)]
pub struct Field {
    /// Its type as the connectors give it: a list where the contract shows a connection.
    pub ty: Ty,
    /// The department that answers for it.
    pub department: DepartmentId,
    /// False for `@inaccessible`: known to connectors, hidden from clients.
    pub visible: bool,
    /// How the list is paged, where the contract shows a connection.
    pub connection: Option<Connection>,
    /// Its freshness, inherited from its type where it says nothing itself.
    pub freshness: Freshness,
    /// The connectors that give it, in the order of `@prefer`, else one (key fields: any number).
    pub givers: Vec<ConnectorId>,
    /// Whether the order of `givers` was declared by `@prefer`: later ones are fallbacks.
    pub preferred: bool,
    /// `@normalize(with:)`: applied to every value of the field, needed or given.
    pub normalize: Option<Arc<Program>>,
    /// Who fills it.
    pub role: Role,
}

/// Who fills a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// A connector, or the object the field stands on.
    Given,
    /// A root field that finds entities by the key in its arguments.
    Lookup(Lookup),
    /// `coverage: [Coverage!]!`: filled by the gateway.
    Coverage,
}

/// A root field that finds entities by key: `@lookup`, or a root connector with `entity: true`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The entity's type.
    pub entity: TypeId,
    /// Argument name → key field name.
    pub keys: Vec<(String, String)>,
    /// True where the argument is a list of keys and the field a list of entities in the same order.
    pub many: bool,
    /// The connectors that decide existence.
    pub exists: Vec<ConnectorId>,
}

/// A type reference, wrappers included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ty {
    /// A named type.
    Named {
        /// The type.
        id: TypeId,
        /// False where the contract says `!`.
        nullable: bool,
    },
    /// A list.
    List {
        /// The type of its items.
        of: Box<Ty>,
        /// False where the contract says `!`.
        nullable: bool,
    },
}

impl Ty {
    /// The named type inside all lists.
    pub fn base(&self) -> TypeId {
        match self {
            Ty::Named { id, .. } => *id,
            Ty::List { of, .. } => of.base(),
        }
    }

    /// Whether null is allowed here.
    pub fn nullable(&self) -> bool {
        match self {
            Ty::Named { nullable, .. } | Ty::List { nullable, .. } => *nullable,
        }
    }

    /// The item type of a list.
    pub fn item(&self) -> Option<&Ty> {
        match self {
            Ty::List { of, .. } => Some(of),
            Ty::Named { .. } => None,
        }
    }
}

/// How a list field is shown as a Relay connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// Pages are cut by the gateway from what was fetched.
    Gateway {
        /// Most items kept per parent; a longer list is cut and says so.
        max: usize,
    },
    /// Pages come from the source, asked for `first + 1`.
    Source {
        /// The item's field whose value is the cursor.
        cursor: String,
        /// Most items asked for at once.
        max: usize,
    },
}

/// One departmental system that can be called.
#[derive(Debug)]
pub struct Source {
    /// `@source(name:)`.
    pub name: String,
    /// `baseURL` as written (a template over `$config` and `$env`).
    pub base_url: String,
    /// `@failure(source:, when:)`, in order.
    pub failures: Vec<FailureRule>,
    /// `@failure(source:, keys:)`: each yields rows of `{ key, class }` for single keys that an answer failed for.
    pub failed_keys: Vec<Program>,
    /// `@webhook(source:)`: of whom its deliveries speak, in order.
    pub webhooks: Vec<Webhook>,
}

/// `@webhook`: of which objects of one type a delivery speaks.
#[derive(Debug)]
pub struct Webhook {
    /// An object type.
    pub ty: TypeId,
    /// Yields an object of fields of it, or a list of them. It reads the payload and `$config`.
    pub keys: Program,
    /// After how long the same is forgotten once more.
    pub again: Option<Duration>,
}

/// A department, as clients see it in coverage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Department {
    /// `support`.
    pub name: String,
    /// `Support`.
    pub title: String,
}
