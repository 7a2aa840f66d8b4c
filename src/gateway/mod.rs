//! The whole story of a request in one short function: [`Gateway::answer`].
//!
//! Owns the order of the steps, the memory of plans and that of whole answers, and the place of the gateway that answers
//! now; and what is forgotten: by vendors (`hear.rs`), by operators (`purge.rs`), of a customer (`farewell.rs`). Never knows the details of any step.

mod answer;
mod answers;
mod clues;
mod farewell;
mod hear;
mod known;
mod live;
mod others;
mod planning;
mod plans;
mod protocol;
mod purge;
mod seen;
mod shelf;
mod sight;

pub use crate::hooks::{Delivery, Denied};
pub use answer::{Answer, Ask, Gateway, Parts, Settings};
pub use answers::Lasting;
pub use farewell::{Farewell, Gone, Said, What};
pub use live::{Attempt, History, Live};
pub use protocol::Protocol;
pub use purge::{Forgotten, Purge};
pub use sight::Sight;

#[cfg(test)]
mod tests;
