//! Shape + records → JSON: order, nulls, errors, coverage, in one pass.
//!
//! Owns the form of the answer. Never knows: fetching, HTTP status.
//! Start reading at [`write()`], then `writer.rs`.

mod connection;
mod coverage;
mod errors;
mod refusal;
mod writer;

pub use coverage::{COVERAGE_FIELDS, CoverageStatus};
pub use errors::Blamed;
pub use refusal::{give_up, refuse};

use crate::catalog::Catalog;
use crate::fetch::{Bindings, Group};
use crate::operation::Twins;
use crate::plan::Plan;

/// What the writer needs beside the shape and the records.
#[derive(Clone, Copy)]
pub struct Paper<'w> {
    /// The contract.
    pub catalog: &'w Catalog,
    /// Variables and arguments.
    pub bindings: &'w Bindings,
    /// The time of day at which the request came: ages are counted from it.
    pub now: std::time::SystemTime,
    /// Introspection fields answered elsewhere: response key and JSON text.
    pub introspection: &'w [(String, Vec<u8>)],
    /// Set where the plan was drawn for another text of the same form: errors name places in the one that was asked.
    pub twins: Option<Twins<'w>>,
    /// Whether `extensions.coverage` is wanted.
    pub wants_coverage: bool,
    /// How long the answer may be, in bytes.
    pub most_bytes: usize,
    /// How many bytes are set aside for the answer; it grows where they do not suffice.
    pub room_bytes: usize,
}

/// An answer as it is sent, and what is to be counted of it.
#[derive(Clone, Debug)]
pub struct Written {
    /// JSON.
    pub body: Vec<u8>,
    /// One for each of its errors.
    pub errors: Vec<Blamed>,
}

/// Writes the whole answer: `{"data":…}`, with `errors` and `extensions` where there are any.
///
/// Errors: none. What failed is null, carried up to the nearest place that allows it, and listed with path and code.
/// Nothing where the answer would be longer than it may be.
pub fn write<'w>(paper: Paper<'w>, plan: &'w Plan, group: &Group<'_>) -> Option<Written> {
    let mut writer = writer::Writer::new(paper);
    writer.out.extend_from_slice(b"{\"data\":");
    if writer.object(&plan.root, Some(group), 0, None).is_err() {
        writer.out.extend_from_slice(b"null");
    }
    writer.errors.write(&mut writer.out);
    if paper.wants_coverage {
        coverage::extension(&mut writer.out, paper, &plan.root, group);
    }
    writer.out.push(b'}');
    (!writer.is_full()).then_some(Written { body: writer.out, errors: writer.errors.blamed })
}

#[cfg(test)]
mod tests;
