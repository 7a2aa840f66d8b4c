//! `@inaccessible` on a field: it exists for connectors and is hidden from clients.
//!
//! ```graphql
//! extend type Customer { supportId: ID @inaccessible }
//! ```
//!
//! Typically a foreign id: one connector gives it, another needs it, no client asks for it. It stands in the
//! catalog and not in the contract. On a type, the type and every field of that type are hidden; on an enum
//! value or argument, that value or argument. A key made of hidden fields is internal.
