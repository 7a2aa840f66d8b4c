//! The whole story of a request in one short function: [`Gateway::answer`].
//!
//! Owns the order of the steps and the memory of plans. Never knows the details of any step.

mod answer;
mod plans;
mod protocol;

pub use answer::{Answer, Ask, Gateway, Parts, Settings};
pub use protocol::Protocol;
