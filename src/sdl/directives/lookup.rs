//! `@lookup(exists:)` on a root field: finds entities by the key in its arguments.
//!
//! ```graphql
//! type Query {
//!   customer(id: ID!): Customer @lookup(exists: ["people"])
//!   customers(ids: [ID!]!): [Customer] @lookup(exists: ["people"])
//! }
//! ```
//!
//! The field has no connector of its own: what is asked of the entity is read through the type's connectors, by
//! the key. An argument is named like the key field it stands for, or its plural where it is a list; then the
//! field is a list, in the order of the argument, null for what is absent. `exists` names the connectors that
//! decide whether an entity exists; without it, all connectors of the type whose needs are exactly the key.

use crate::sdl::gather::Applied;
use crate::sdl::reader::{Reader, Text};
use crate::sdl::source_text::Place;

/// `@lookup` as read.
#[derive(Debug)]
pub(crate) struct LookupDirective {
    pub type_name: String,
    pub field: String,
    pub exists: Vec<Text>,
    pub place: Place,
}

impl LookupDirective {
    pub fn read(applied: &Applied, reader: &mut Reader<'_, '_>) -> Option<LookupDirective> {
        let members = reader.arguments("@lookup", &applied.node, &["exists"], &[]);
        let exists = reader.texts_of(&members, "exists");
        let (type_name, field) = applied.field()?;
        Some(LookupDirective { type_name: type_name.to_owned(), field: field.to_owned(), exists, place: applied.place })
    }
}
