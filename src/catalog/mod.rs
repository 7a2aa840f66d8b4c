//! What may be asked: the checked contract with all its connectors, linked and frozen.
//!
//! Owns types, fields, departments, sources, connectors with their needs and gives, freshness,
//! and the chains of needs that lead to a field. Never knows: SDL text, I/O, the GraphQL library.
//! Start reading at [`Catalog`], then [`Connector`], then [`Routes`].

mod connector;
mod freshness;
mod layout;
mod route;
mod types;

pub use connector::{
    Batch, CallBounds, Connector, ErrorMapping, FailureClass, FailureRule, Next, PageTarget, Paginate, Site,
};
pub use freshness::{Freshness, Scope};
pub use layout::{Layout, Node, Slot};
pub use route::{Route, Routes, Unreachable};
pub use types::{
    Catalog, Connection, ConnectorId, Department, DepartmentId, Field, Lookup, Object, Role, Scalar, Source, SourceId,
    Ty, Type, TypeId, TypeKind, Webhook,
};

#[cfg(test)]
mod tests;
