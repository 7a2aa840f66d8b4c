//! The whole story of a request in one short function: [`Gateway::answer`].
//!
//! Owns the order of the steps, the memory of plans and that of whole answers, and the place of the gateway that answers
//! now. Never knows the details of any step.

mod answer;
mod answers;
mod hear;
mod live;
mod plans;
mod protocol;
mod shelf;
mod sight;

pub use crate::hooks::{Delivery, Denied};
pub use answer::{Answer, Ask, Gateway, Parts, Settings};
pub use hear::{Forgotten, Purge};
pub use live::{Attempt, History, Live};
pub use protocol::Protocol;
pub use sight::Sight;

#[cfg(test)]
mod tests;
