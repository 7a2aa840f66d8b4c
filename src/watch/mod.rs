//! Eyes on files: what they hold now, told apart by digests, and how often one looks.
//!
//! Owns looking and coming to rest. Never knows what the files mean, or what is done when they change.
//! Start reading at [`Watch::look`].

mod look;
mod settings;

pub use look::{Look, Watch};
pub use settings::Settings;

#[cfg(test)]
mod tests;
