//! What a vendor tells by webhook: whether it is the vendor who speaks, and of which keys.
//!
//! Owns the vendors' ways of signing, the memory of what was heard already, and the mapping from a payload to keys of
//! entities. Never knows who is told, or what is forgotten because of it. Start reading at [`Hook::hear`].

mod hook;
mod payload;
mod replay;
mod scheme;
mod settings;
#[cfg(test)]
mod tests;

pub use hook::{Delivery, Denied, Hook, Told};
pub use settings::{Algorithm, Encoding, Forget, Hmac, Scheme, Settings};
