//! `gateway.toml` and the environment → everyone's settings, or every problem at once: [`read()`].
//!
//! Owns the file's grammar: references to variables and secret files, places, nearest keys. Each room owns what its
//! settings mean; this room only composes them. Start reading at `read.rs`.

mod deserialize;
mod fault;
mod json_schema;
mod key_path;
mod places;
mod problem;
mod read;
mod resolve;
mod secret_file;
mod settings;
mod tree;
mod written;

pub use json_schema::json_schema;
pub use places::Places;
pub use problem::Problem;
pub use read::{FILE_NAME, read, read_text, secret_files, variable};
pub use settings::{Connector, Settings};

#[cfg(test)]
mod tests;
