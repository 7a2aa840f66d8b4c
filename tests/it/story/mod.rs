//! Stories: one markdown file says what a schema, its upstreams and a question add up to.
//!
//! Owns the form of the files (`tests/specs/README.md` is their manual), the mock upstreams and the comparison.
//! Start reading at [`tell`], then `page.rs`, `script.rs`.

mod diff;
mod exchange;
mod json;
mod page;
mod script;
mod stage;
mod tell;
mod upstream;

pub use tell::{Mode, tell};
