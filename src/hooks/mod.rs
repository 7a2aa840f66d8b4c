//! What a vendor tells by webhook: whether it is the vendor who speaks, and of which keys.
//!
//! Owns the vendors' ways of signing (`scheme.rs` names them), the memory of what was heard already, and payloads read for
//! the mappings that `@webhook` gives. Never knows who is told, or what is forgotten because of it. Start reading at
//! [`Hook::hear`].

mod hook;
mod payload;
mod replay;
mod scheme;
mod settings;
mod shown;
mod signed;
#[cfg(test)]
mod tests;
mod xml;

pub use hook::{Delivery, Denied, Hook, Told};
pub use payload::read as payload;
pub use settings::{Algorithm, Encoding, Flaw, Hmac, Scheme, Settings};
