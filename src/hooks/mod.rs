//! What a vendor tells by webhook: whether it is the vendor who speaks, and of which keys.
//!
//! Owns the vendors' ways of signing (`scheme.rs` names them), the memory of what was heard already, here and, by way of
//! [`Others`], elsewhere, and payloads read for the mappings that `@webhook` gives. Never knows who is told, what is
//! forgotten because of it, or how other gateways are asked. Start reading at [`Hook::hear`].

mod hook;
mod others;
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
pub use others::Others;
pub use payload::read as payload;
pub use settings::{Algorithm, Encoding, Flaw, Hmac, Scheme, Settings};
