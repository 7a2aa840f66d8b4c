//! The selection language of `@connect`: text → checked program → values.
//!
//! Owns the language's grammar, its methods, the JSON it reads and writes, and what a connector says about its HTTP call.
//! Never knows: I/O, GraphQL types, who calls it. The environment, headers and settings come in as [`Variables`].
//! Start reading at `program.rs`; `parse.rs` makes the tree of `syntax.rs`, which `run.rs` walks,
//! `needs.rs` and `shape.rs` walk without data. `methods/` has one file per family.

mod clean;
mod cursor;
mod held;
mod lexer;
mod methods;
mod needs;
mod outline;
mod parse;
mod print;
mod problem;
mod program;
mod quick;
mod read;
mod request;
mod run;
mod shape;
mod straight;
mod syntax;
mod template;
#[cfg(test)]
mod tests;
mod trail;
mod value;
mod variables;
mod version;

pub use cursor::{Cursor, Token};
pub use methods::{MethodDoc, method_docs};
pub use needs::Needs;
pub use outline::{Constant, Outline};
pub use problem::Problem;
pub use program::{Outcome, Program};
pub use read::{MAX_DEPTH, MAX_VALUES, ReadError, ReadNotes, body_value, json_text};
pub(crate) use request::walks;
pub use request::{CallSide, HeaderText, Method, Part, Request, RequestTemplate, SourceSide};
pub use shape::Shape;
pub use straight::{Groups, Picked, PickedField, Straight};
pub use template::Template;
pub use trail::{Branch, Trail};
pub use value::{Object, Value};
pub use variables::{ReadEnv, Variables};
pub use version::{Dialect, Version};
