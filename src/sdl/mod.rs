//! Schema text → [`Catalog`](crate::catalog::Catalog) and the contract; every problem at once, with its place.
//!
//! Owns the directives (`directives/`: one file each, its text is the manual), positions inside mapping strings,
//! and what directives mean together: who gives what, by which chain of needs.
//! Never knows: sources at run time, requests.
//! Start reading at [`read()`], then `written.rs`, `connectors.rs`, `givers.rs`, `reach.rs`, `contract.rs`.

mod arguments;
mod assemble;
mod connections;
mod connectors;
mod contract;
mod departments;
mod directives;
mod doubts;
mod draw;
mod entity;
mod fits;
mod freshness;
mod gather;
mod givers;
mod gives;
mod keys;
mod layouts;
mod literal;
mod lookups;
mod named_types;
mod needs;
mod origin;
mod portable;
mod problem;
mod reach;
mod read;
mod reader;
mod requests;
mod source_text;
#[cfg(test)]
mod tests;
mod types;
mod versions;
mod webhooks;
mod written;
mod yields;

pub use draw::draw;
pub use origin::Origin;
pub use portable::portability;
pub use problem::{Problem, Related, Severity};
pub use read::{Reading, read};
pub use source_text::SourceText;

/// The definitions of every directive that is read, as GraphQL SDL: for editors; nothing here reads them.
pub const DIRECTIVES: &str = include_str!("../../directives.graphql");
